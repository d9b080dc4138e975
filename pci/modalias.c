// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Module aliases as depmod(8) writes them: "alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb", patterns of fnmatch(3).
 * Drivers that are built in have no line there.
 */
#include "pci/modalias.h"

#include <ctype.h>
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
	ALIAS_FILE_MAX = 32 << 20,
	PATTERN_MAX = 256, /* longer lines are no patterns for PCI devices */
	MATCH_MAX = 32,
};

/* Eight digits, or "*" for any. Moves *at behind it; false for anything else. */
static bool take_number(const char **at, uint32_t *ret_value)
{
	uint32_t value = 0;

	*ret_value = UINT32_MAX;
	if (**at == '*') {
		(*at)++;
		return true;
	}
	for (int i = 0; i < 8; i++, (*at)++) {
		if (!isxdigit((unsigned char)**at))
			return false;
		value = value << 4 | (uint32_t)(isdigit((unsigned char)**at) ? **at - '0' : (**at | 0x20) - 'a' + 10);
	}
	*ret_value = value;
	return true;
}

/* A pattern that is not of the usual form is tried for every device. */
static uint64_t key_of(const char *pattern)
{
	const char *at = pattern + strlen("pci:");
	uint32_t vendor;
	uint32_t device;

	if (*at++ != 'v' || !take_number(&at, &vendor) || *at++ != 'd' || !take_number(&at, &device))
		return UINT64_MAX;
	return (uint64_t)vendor << 32 | device;
}

static bool parse_line(const char *text, const char *line, size_t length, struct pci_modalias *ret_alias)
{
	static const char start[] = "alias ";
	const char *pattern = line + strlen(start);
	const char *space = length > strlen(start) ? memchr(pattern, ' ', length - strlen(start)) : NULL;

	if (!text_starts_with(line, "alias pci:") || !space || length >= PATTERN_MAX)
		return false;
	*ret_alias = (struct pci_modalias){
		.key = key_of(pattern),
		.line = (uint32_t)(pattern - text),
		.module = (uint16_t)(space + 1 - pattern),
		.end = (uint16_t)(line + length - pattern),
	};
	return true;
}

static int compare_aliases(const void *a, const void *b)
{
	const struct pci_modalias *one = a;
	const struct pci_modalias *other = b;

	if (one->key != other->key)
		return one->key < other->key ? -1 : 1;
	return one->line < other->line ? -1 : one->line > other->line;
}

static size_t count_lines(const char *text)
{
	size_t count = 1;

	while ((text = strchr(text, '\n')))
		count++, text++;
	return count;
}

static void index_lines(struct pci_modaliases *aliases)
{
	uint32_t number = 0;

	aliases->alias = calloc(count_lines(aliases->text), sizeof(*aliases->alias));
	for (const char *line = aliases->text; aliases->alias && *line;) {
		size_t length = strcspn(line, "\n");
		struct pci_modalias *next = &aliases->alias[aliases->count];

		number++;
		if (parse_line(aliases->text, line, length, next)) {
			next->number = number;
			aliases->count++;
		}
		line += length + (line[length] == '\n');
	}
	if (aliases->count)
		qsort(aliases->alias, aliases->count, sizeof(*aliases->alias), compare_aliases);
}

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
	index_lines(ret_aliases);
}

void pci_modaliases_done(struct pci_modaliases *aliases)
{
	free(aliases->alias);
	free(aliases->text);
	*aliases = (struct pci_modaliases){ 0 };
}

void pci_modalias_text(const struct pci_device *device, char *buf, size_t size)
{
	snprintf(buf, size, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", device->vendor_id, device->device_id,
		device->subsystem_vendor_id, device->subsystem_id, device->class >> 16 & 0xff,
		device->class >> 8 & 0xff, device->class & 0xff);
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

/* The first alias of that key or a later one. */
static size_t find_key(const struct pci_modaliases *aliases, uint64_t key)
{
	size_t low = 0;
	size_t high = aliases->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (aliases->alias[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool matches(const struct pci_modaliases *aliases, const struct pci_modalias *alias, const char *modalias)
{
	char pattern[PATTERN_MAX];

	snprintf(pattern, sizeof(pattern), "%.*s", alias->module - 1, aliases->text + alias->line);
	return !fnmatch(pattern, modalias, 0);
}

static void match_key(const struct pci_modaliases *aliases, uint64_t key, const char *modalias,
	const struct pci_modalias **found, size_t *count)
{
	for (size_t i = find_key(aliases, key); i < aliases->count && aliases->alias[i].key == key; i++)
		if (*count < MATCH_MAX && matches(aliases, &aliases->alias[i], modalias))
			found[(*count)++] = &aliases->alias[i];
}

static int compare_lines(const void *a, const void *b)
{
	const struct pci_modalias *const *one = a;
	const struct pci_modalias *const *other = b;

	return (*one)->line < (*other)->line ? -1 : (*one)->line > (*other)->line;
}

/* In the file's order. */
static size_t find_all(const struct pci_modaliases *aliases, const struct pci_device *device,
	const struct pci_modalias *found[static MATCH_MAX])
{
	const uint64_t any = UINT32_MAX;
	const uint64_t keys[] = {
		(uint64_t)device->vendor_id << 32 | device->device_id,
		(uint64_t)device->vendor_id << 32 | any,
		any << 32 | device->device_id,
		any << 32 | any,
	};
	char modalias[80];
	size_t count = 0;

	pci_modalias_text(device, modalias, sizeof(modalias));
	for (size_t i = 0; i < array_size(keys); i++)
		match_key(aliases, keys[i], modalias, found, &count);
	if (count)
		qsort(found, count, sizeof(found[0]), compare_lines);
	return count;
}

int pci_modaliases_find(
	const struct pci_modaliases *aliases, const struct pci_device *device, struct pci_name *ret_names, size_t max)
{
	const struct pci_modalias *found[MATCH_MAX];
	size_t matched;
	size_t count = 0;

	if (!aliases->text)
		return -ENOENT;
	matched = find_all(aliases, device, found);
	for (size_t i = 0; i < matched; i++)
		add_module(aliases->text + found[i]->line + found[i]->module, found[i]->end - found[i]->module,
			ret_names, max, &count);
	return (int)count;
}

unsigned int pci_modaliases_line(
	const struct pci_modaliases *aliases, const struct pci_device *device, const char *module)
{
	const struct pci_modalias *found[MATCH_MAX];
	size_t length = strlen(module);
	size_t count = aliases->text ? find_all(aliases, device, found) : 0;

	for (size_t i = 0; i < count; i++)
		if ((size_t)(found[i]->end - found[i]->module) == length &&
			!memcmp(aliases->text + found[i]->line + found[i]->module, module, length))
			return found[i]->number;
	return 0;
}

static unsigned int count_wildcards(const char *pattern)
{
	unsigned int count = 0;

	for (; *pattern; pattern++)
		count += *pattern == '*';
	return count;
}

bool pci_modaliases_vfio(
	const struct pci_modaliases *aliases, const struct pci_device *device, char *ret_module, size_t size)
{
	static const char start[] = "alias vfio_pci:";
	char modalias[96] = "vfio_", pattern[PATTERN_MAX];
	unsigned int fewest = UINT32_MAX;

	pci_modalias_text(device, modalias + strlen(modalias), sizeof(modalias) - strlen(modalias));
	for (const char *line = aliases->text; line && *line;) {
		size_t length = strcspn(line, "\n");
		const char *space = text_starts_with(line, start)
					    ? memchr(line + strlen(start), ' ', length - strlen(start))
					    : NULL;
		const char *from = line + strlen("alias ");

		if (space && length < PATTERN_MAX) {
			snprintf(pattern, sizeof(pattern), "%.*s", (int)(space - from), from);
			if (!fnmatch(pattern, modalias, 0) && count_wildcards(pattern) < fewest) {
				fewest = count_wildcards(pattern);
				snprintf(ret_module, size, "%.*s", (int)(line + length - (space + 1)), space + 1);
			}
		}
		line += length + (line[length] == '\n');
	}
	return fewest != UINT32_MAX;
}
