// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Module aliases as depmod(8) writes them: "alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb", patterns of fnmatch(3). Drivers
 * that are built in have no line there.
 */
#include "pci/modalias.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	ALIAS_FILE_MAX = 32 << 20
};

void pci_modaliases_read(const struct sysroot *root, struct pci_modaliases *ret_aliases)
{
	char release[128];
	cleanup_close int fd = -1;
	cleanup_free char *text = NULL;
	struct stat stat;
	ssize_t got = 0;

	*ret_aliases = (struct pci_modaliases){ 0 };
	if (sysroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") <= 0)
		return;
	fd = sysroot_open_file(root, O_RDONLY, "lib/modules/%s/modules.alias", release);
	if (fd < 0 || fstat(fd, &stat) || stat.st_size <= 0 || stat.st_size > ALIAS_FILE_MAX)
		return;
	text = malloc((size_t)stat.st_size + 1);
	if (text)
		got = read(fd, text, (size_t)stat.st_size);
	if (got <= 0)
		return;
	text[got] = '\0';
	ret_aliases->size = (size_t)got;
	ret_aliases->text = take_ptr(text);
}

void pci_modaliases_done(struct pci_modaliases *aliases)
{
	free(aliases->text);
	*aliases = (struct pci_modaliases){ 0 };
}

static void modalias_of(const struct pci_device *device, char *buf, size_t size)
{
	snprintf(buf, size, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", device->vendor_id, device->device_id,
		device->subsystem_vendor_id, device->subsystem_id, device->class >> 16 & 0xff,
		device->class >> 8 & 0xff, device->class & 0xff);
}

/* The pattern names another vendor: most lines do, and a comparison is cheaper than a match. */
static bool other_vendor(const char *pattern, const char *modalias)
{
	size_t vendor = strlen("pci:v00000000");

	return pattern[strlen("pci:v")] != '*' && strncmp(pattern, modalias, vendor);
}

static void add_module(const char *module, size_t length, struct pci_name *names, size_t max, size_t *count)
{
	struct pci_name name;

	snprintf(name.text, sizeof(name.text), "%.*s", (int)length, module);
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(names[i].text, name.text))
			return;
	if (*count < max)
		names[(*count)++] = name;
}

static void match_line(
	const char *line, size_t length, const char *modalias, struct pci_name *names, size_t max, size_t *count)
{
	const char *space = memchr(line, ' ', length);
	char pattern[256];

	if (!space || (size_t)(space - line) >= sizeof(pattern) || other_vendor(line, modalias))
		return;
	memcpy(pattern, line, (size_t)(space - line));
	pattern[space - line] = '\0';
	if (!fnmatch(pattern, modalias, 0))
		add_module(space + 1, length - (size_t)(space + 1 - line), names, max, count);
}

int pci_modaliases_find(
	const struct pci_modaliases *aliases, const struct pci_device *device, struct pci_name *ret_names, size_t max)
{
	static const char start[] = "alias pci:";
	char modalias[80];
	size_t count = 0;

	if (!aliases->text)
		return -ENOENT;
	modalias_of(device, modalias, sizeof(modalias));
	for (const char *line = aliases->text; *line;) {
		size_t length = strcspn(line, "\n");

		if (text_starts_with(line, start))
			match_line(
				line + strlen("alias "), length - strlen("alias "), modalias, ret_names, max, &count);
		line += length + (line[length] == '\n');
	}
	return (int)count;
}
