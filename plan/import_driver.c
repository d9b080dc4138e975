// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What driverctl's files and modprobe.d say besides what binds devices that are there: files of devices that are gone,
 * ids that no device has, and that ids= takes every card of its kind.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/import_scan.h"

static bool driverctl_line(const struct conf_line *line, void *context)
{
	const char *name = strrchr(line->file, '/') + 1;
	struct import_scan *scan = context;
	struct pci_addr addr;
	char place[176];

	import_place(line, place, sizeof(place));
	if (!text_starts_with(name, "pci-"))
		import_left(scan, place, "'%s' is no PCI device", name);
	else if (pci_addr_parse(name + strlen("pci-"), &addr) < 0)
		import_left(scan, place, "'%s' is no PCI address", name + strlen("pci-"));
	else if (!pci_inventory_find(&scan->host->pci, addr))
		import_left(scan, place, "there is no device at %s now, to which '%s' would go", name + strlen("pci-"),
			line->text);
	return false;
}

void import_scan_driverctl(struct import_scan *scan)
{
	static const char *const dirs[] = { "etc/driverctl.d", NULL };

	if (!conf_dirs_each(&scan->host->root, dirs, "", driverctl_line, scan))
		scan->import->incomplete = true;
}

/* How many devices one of the ids takes; told when it is none, or more than one. */
static void count_taken(struct import_scan *scan, const struct modprobe_line *line, const char *ids)
{
	size_t count = 0;

	for (size_t i = 0; i < scan->host->pci.count; i++)
		count += modprobe_ids_match(ids, &scan->host->pci.devices[i]);
	if (!count)
		import_left(scan, line->place, "ids=%s: this host has no such device", ids);
	else if (count > 1)
		import_left(scan, line->place,
			"ids=%s takes every device of that kind: the %zu that are here are named one by one, and one "
			"that is "
			"added later keeps its own driver",
			ids, count);
}

void import_scan_modprobe(struct import_scan *scan)
{
	cleanup(modprobe_conf_done) struct modprobe_conf conf = { 0 };
	const struct modprobe_line *line = NULL;
	char list[400];

	if (modprobe_conf_read(&scan->host->root, &conf, NULL) < 0) {
		scan->import->out_of_memory = true;
		return;
	}
	while ((line = modprobe_next_ids(&conf, line, list, sizeof(list)))) {
		char *rest = list, *ids;

		while ((ids = strsep(&rest, ",")))
			if (*ids)
				count_taken(scan, line, ids);
	}
}
