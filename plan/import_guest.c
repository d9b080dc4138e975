// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proxmox VE: resource mappings (/etc/pve/mapping/pci.cfg: a name, then a line "map" for each alternative, with what
 * the device must be) become pools; hostpciN of guests become devices that are with VFIO. The guests stay Proxmox'.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/import_scan.h"

struct mapping {
	struct import_scan *scan;
	char name[40], node[64]; /* of the mapping; of this host, "" unknown */
};

/* "0000:01:00.0", or "0000:01:00": all functions of a slot. Calls take for each that is there; returns how many. */
static size_t each_function(struct import_scan *scan, const char *text,
	void (*take)(struct import_scan *scan, const struct pci_device *device, void *context), void *context)
{
	bool slot = !strchr(text, '.');
	struct pci_addr addr;
	char whole[32];
	size_t count = 0;

	snprintf(whole, sizeof(whole), "%.20s%s", text, slot ? ".0" : "");
	if (pci_addr_parse(whole, &addr) < 0)
		return 0;
	for (size_t i = 0; i < scan->host->pci.count; i++) {
		struct pci_addr at = scan->host->pci.devices[i].addr;

		at.function = slot ? 0 : at.function;
		if (pci_addr_compare(at, addr) != 0)
			continue;
		take(scan, &scan->host->pci.devices[i], context);
		count++;
	}
	return count;
}

/* What one line "map" says. */
struct map {
	const char *place, *name;
	char path[200], id[12], node[64];
	bool is_slot; /* the part of path that is being taken has no function */
};

static void take_member(struct import_scan *scan, const struct pci_device *device, void *context)
{
	const struct map *map = context;
	char id[12], addr[PCI_ADDR_TEXT_SIZE];

	snprintf(id, sizeof(id), "%04x:%04x", device->vendor_id, device->device_id);
	if (map->id[0] && device->addr.function == 0 && strcasecmp(map->id, id) != 0) {
		import_left(scan, map->place, "%s is %s now, not %s: another card, which is not taken for it",
			pci_addr_text(device->addr, addr), id, map->id);
		return;
	}
	import_fact(scan, IMPORT_DRIVER, device, IMPORT_ITSELF, map->place, "vfio");
	/* A slot's functions are one device there, and a pool's member is one function here. */
	if (device->addr.function && map->is_slot)
		import_left(scan, map->place, "%s is part of '%s' there: give it to the guest that gets function 0",
			pci_addr_text(device->addr, addr), map->name);
	else
		import_fact(scan, IMPORT_POOL, device, IMPORT_ITSELF, map->place, "%s", map->name);
}

static void take_map(struct mapping *mapping, const struct conf_line *line, char *text)
{
	static const struct {
		const char *key;
		size_t offset, size;
	} parts[] = {
		{ "path=", offsetof(struct map, path), sizeof(((struct map *)0)->path) },
		{ "id=", offsetof(struct map, id), sizeof(((struct map *)0)->id) },
		{ "node=", offsetof(struct map, node), sizeof(((struct map *)0)->node) },
	};
	struct map map = { .name = mapping->name };
	char place[176], *word, *rest;

	map.place = import_place(line, place, sizeof(place));
	while ((word = strsep(&text, ",")))
		for (size_t i = 0; i < array_size(parts); i++)
			if (text_starts_with(word, parts[i].key))
				text_copy((char *)&map + parts[i].offset, parts[i].size, word + strlen(parts[i].key));
	if (map.node[0] && mapping->node[0] && strcmp(map.node, mapping->node) != 0) {
		import_left(
			mapping->scan, place, "mapping '%s' of node '%s', which is another host", map.name, map.node);
		return;
	}
	for (rest = map.path; (word = strsep(&rest, ";"));) {
		map.is_slot = !strchr(word, '.');
		if (*word && !each_function(mapping->scan, word, take_member, &map))
			import_left(mapping->scan, place, "mapping '%s': there is no device at %s", map.name, word);
	}
}

static bool mapping_line(const struct conf_line *line, void *context)
{
	struct mapping *mapping = context;
	char *text = line->text + strspn(line->text, " \t");
	char place[176];

	text_chomp(text);
	if (!*text || *text == '#')
		return true;
	if (text == line->text) {
		text_copy(mapping->name, sizeof(mapping->name), text);
		return true;
	}
	if (text_starts_with(text, "map "))
		take_map(mapping, line, text + 4 + strspn(text + 4, " "));
	else if (text_starts_with(text, "mdev 1"))
		import_left(mapping->scan, import_place(line, place, sizeof(place)),
			"mapping '%s' makes mediated devices, which sluice has none of", mapping->name);
	return true;
}

static void take_hostpci(struct import_scan *scan, const struct pci_device *device, void *context)
{
	import_fact(scan, IMPORT_DRIVER, device, IMPORT_ITSELF, context, "vfio");
}

static bool guest_line(const struct conf_line *line, void *context)
{
	struct import_scan *scan = context;
	const char *guest = strrchr(line->file, '/') + 1;
	char *colon = strchr(line->text, ':'), place[176];
	char *text, *word;

	/* Snapshots follow, which are what the guest was. */
	if (line->text[0] == '[')
		return false;
	if (!text_starts_with(line->text, "hostpci") || !colon)
		return true;
	import_place(line, place, sizeof(place));
	text = colon + 1 + strspn(colon + 1, " \t");
	text[strcspn(text, ",")] = '\0';
	text_chomp(text);
	if (text_starts_with(text, "mapping=")) {
		import_left(scan, place, "guest %.*s stays Proxmox'; it takes a device of '%s', which is a pool here",
			(int)strcspn(guest, "."), guest, text + strlen("mapping="));
		return true;
	}
	text = text_starts_with(text, "host=") ? text + strlen("host=") : text;
	import_left(scan, place, "guest %.*s stays Proxmox'; %s is kept with VFIO for it", (int)strcspn(guest, "."),
		guest, text);
	while ((word = strsep(&text, ";")))
		if (*word && !each_function(scan, word, take_hostpci, place))
			import_left(scan, place, "there is no device at %s", word);
	return true;
}

void import_scan_proxmox(struct import_scan *scan)
{
	static const char *const guests[] = { "etc/pve/qemu-server", NULL };
	struct mapping mapping = { .scan = scan };

	if (sysroot_read_text(&scan->host->root, mapping.node, sizeof(mapping.node), "proc/sys/kernel/hostname") < 0)
		mapping.node[0] = '\0';
	if (conf_file_each(&scan->host->root, "etc/pve/mapping/pci.cfg", mapping_line, &mapping) == -EACCES ||
		!conf_dirs_each(&scan->host->root, guests, ".conf", guest_line, scan))
		scan->import->incomplete = true;
}
