// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/PID/smaps, a mapping at a time; see smaps.h. */
#include "guest/smaps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static void take_field(struct smaps_mapping *mapping, const char *line)
{
	const struct {
		const char *key;
		uint64_t *sum;
	} fields[] = {
		{ "Rss", &mapping->resident },
		{ "AnonHugePages", &mapping->transparent },
		{ "ShmemPmdMapped", &mapping->transparent },
		{ "FilePmdMapped", &mapping->transparent },
		{ "Shared_Hugetlb", &mapping->hugetlb },
		{ "Private_Hugetlb", &mapping->hugetlb },
		{ "KernelPageSize", &mapping->page },
	};
	uint64_t kib;
	char key[32];

	if (sscanf(line, "%31[A-Za-z_]: %" SCNu64 " kB", key, &kib) != 2)
		return;
	for (size_t i = 0; i < array_size(fields); i++)
		if (!strcmp(fields[i].key, key))
			*fields[i].sum += kib * 1024;
}

static bool read_first_line(const char *line, struct smaps_mapping *ret_mapping)
{
	struct smaps_mapping mapping = { 0 };

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &mapping.from, &mapping.to, mapping.permissions) != 3)
		return false;
	*ret_mapping = mapping;
	return true;
}

static void read_mappings(FILE *file, smaps_fn fn, void *context)
{
	struct smaps_mapping mapping = { 0 }, next;
	char line[512];

	while (fgets(line, sizeof(line), file)) {
		if (!read_first_line(line, &next)) {
			take_field(&mapping, line);
			continue;
		}
		if (mapping.to && !fn(&mapping, context))
			return;
		mapping = next;
	}
	if (mapping.to)
		fn(&mapping, context);
}

int smaps_each(const struct sysroot *root, pid_t pid, smaps_fn fn, void *context)
{
	int fd = sysroot_open_file(root, O_RDONLY, "proc/%d/smaps", (int)pid);
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd < 0)
		return fd;
	if (!file) {
		close_fd(&fd);
		return -ENOMEM;
	}
	read_mappings(file, fn, context);
	return ferror(file) ? -EIO : 0;
}
