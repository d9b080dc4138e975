// SPDX-License-Identifier: GPL-2.0-or-later
/* Counting the host's interrupt vectors; see vectors.h. */
#include "doctor/vectors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* "Global available:    187" of debugfs, where root may read it; -1 otherwise. */
static int64_t vectors_known(const struct sysroot *root)
{
	char text[4096];
	const char *at;

	if (sysroot_read_text(root, text, sizeof(text), "sys/kernel/debug/irq/domains/VECTOR") <= 0)
		return -1;
	at = strstr(text, "Global available:");
	return at ? strtoll(at + strlen("Global available:"), NULL, 10) : -1;
}

/* The caller closes it; NULL where it cannot be read. */
static FILE *open_interrupts(const struct sysroot *root)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/interrupts");
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (file)
		take_fd(&fd);
	return file;
}

/* Interrupts and processors of proc/interrupts: a heading of CPUs, a line for each interrupt. False: not readable. */
static bool count_interrupts(const struct sysroot *root, size_t *ret_cpus, size_t *ret_interrupts)
{
	cleanup_file FILE *file = open_interrupts(root);
	cleanup_free char *line = NULL;
	size_t space = 0;

	*ret_cpus = *ret_interrupts = 0;
	if (!file)
		return false;
	while (getline(&line, &space, file) > 0) {
		const char *at = line;

		if (!*ret_cpus) {
			for (; (at = strstr(at, "CPU")); at++)
				(*ret_cpus)++;
			continue;
		}
		*ret_interrupts += strspn(line + strspn(line, " "), "0123456789") > 0;
	}
	return *ret_cpus > 0;
}

/* "  16:  0  4711  IO-APIC  16-fasteoi   i801_smbus": behind the colon and the processors' counts. */
static const char *skip_counts(const char *at)
{
	const char *end;

	for (;; at = end) {
		at += strspn(at, " ");
		end = at + strspn(at, "0123456789");
		if (end == at || *end != ' ')
			return at;
	}
}

bool vectors_users(const struct sysroot *root, unsigned int number, char *buf, size_t size)
{
	cleanup_file FILE *file = open_interrupts(root);
	cleanup_free char *line = NULL;
	size_t space = 0;

	while (file && getline(&line, &space, file) > 0) {
		char *end;

		if (strtoul(line, &end, 10) != number || *end != ':' || end == line)
			continue;
		text_chomp(line);
		text_copy(buf, size, skip_counts(end + 1));
		return true;
	}
	return false;
}

void vectors_read(const struct sysroot *root, struct vectors *ret_vectors)
{
	*ret_vectors = (struct vectors){ .unused = vectors_known(root) };
	if (ret_vectors->unused >= 0) {
		ret_vectors->known = ret_vectors->exact = true;
		return;
	}
	ret_vectors->known = count_interrupts(root, &ret_vectors->cpus, &ret_vectors->interrupts);
	ret_vectors->unused = (int64_t)(ret_vectors->cpus * VECTORS_PER_CPU) - (int64_t)ret_vectors->interrupts;
}
