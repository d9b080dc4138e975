// SPDX-License-Identifier: GPL-2.0-or-later
/* An import being filled: facts and notes, and the devices that they are about. */
#include "plan/import_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
	FACTS_MAX = 65536,
	NOTES_MAX = 500,
};

static void add_fact(struct import *import, const struct import_fact *fact)
{
	struct import_fact *grown;

	if (import->fact_count == FACTS_MAX)
		return;
	grown = realloc(import->fact, (import->fact_count + 1) * sizeof(*grown));
	if (!grown) {
		import->out_of_memory = true;
		return;
	}
	import->fact = grown;
	grown[import->fact_count++] = *fact;
}

static void mark_used(struct import *import, const char *source)
{
	for (size_t i = 0; i < import->used_count; i++)
		if (!strcmp(import->used[i], source))
			return;
	if (import->used_count < array_size(import->used))
		text_copy(import->used[import->used_count++], sizeof(import->used[0]), source);
}

void import_fact(struct import_scan *scan, enum import_what what, const struct pci_device *device, int vf,
	const char *place, const char *fmt, ...)
{
	struct import_fact fact = { .what = what,
		.device = device->is_vf ? device->pf : device->addr,
		.vf = device->is_vf ? device->vf_index : vf,
		.stage = scan->stage };
	va_list args;

	va_start(args, fmt);
	vsnprintf(fact.value, sizeof(fact.value), fmt, args);
	va_end(args);
	text_copy(fact.source, sizeof(fact.source), scan->source);
	text_copy(fact.place, sizeof(fact.place), place);
	mark_used(scan->import, scan->source);
	add_fact(scan->import, &fact);
}

static void add_note(struct import *import, struct import_note **list, size_t *count, const char *place,
	const char *fmt, va_list args)
{
	struct import_note *grown;
	char text[sizeof(grown->text)];

	if (*count == NOTES_MAX)
		return;
	grown = realloc(*list, (*count + 1) * sizeof(*grown));
	if (!grown) {
		import->out_of_memory = true;
		return;
	}
	*list = grown;
	grown += (*count)++;
	text_copy(grown->place, sizeof(grown->place), place);
	vsnprintf(text, sizeof(text), fmt, args);
	utf8_clean(text, grown->text, sizeof(grown->text));
}

void import_note_add(
	struct import *import, struct import_note **list, size_t *count, const char *place, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_note(import, list, count, place, fmt, args);
	va_end(args);
}

void import_left(struct import_scan *scan, const char *place, const char *fmt, ...)
{
	va_list args;

	mark_used(scan->import, scan->source);
	va_start(args, fmt);
	add_note(scan->import, &scan->import->left, &scan->import->left_count, place, fmt, args);
	va_end(args);
}

const char *import_place(const struct conf_line *line, char *buf, size_t size)
{
	snprintf(buf, size, "/%s:%u", line->file, line->number);
	return buf;
}

const struct pci_device *import_netdev(const struct import_scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->host->pci.count; i++)
		for (size_t j = 0; j < scan->host->pci.devices[i].netdev_count; j++)
			if (!strcmp(scan->host->pci.devices[i].netdevs[j].text, name))
				return &scan->host->pci.devices[i];
	return NULL;
}

const struct pci_device *import_mac(const struct import_scan *scan, const char *mac)
{
	for (size_t i = 0; i < scan->host->pci.count; i++) {
		const struct pci_device *device = &scan->host->pci.devices[i];

		for (size_t j = 0; j < device->netdev_count && !device->is_vf; j++) {
			char own[32];

			if (sysroot_read_text(&scan->host->root, own, sizeof(own), "sys/class/net/%s/address",
				    device->netdevs[j].text) > 0 &&
				!strcasecmp(own, mac))
				return device;
		}
	}
	return NULL;
}
