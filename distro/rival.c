// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of other managers, sorted by when they act; the files beside this one fill it. */
#include "distro/rival.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/rival_scan.h"
#include "pci/detail.h"

enum {
	MANAGERS_MAX = 4096
};

void manager_add(
	struct manager_scan *scan, const struct manager *manager, const struct pci_device *device, const char *fmt, ...)
{
	struct managers *managers = &scan->managers;
	struct manager *grown, *added;
	va_list args;

	if (managers->count == MANAGERS_MAX || scan->out_of_memory)
		return;
	grown = reallocarray(managers->item, managers->count + 1, sizeof(*grown));
	if (!grown) {
		scan->out_of_memory = true;
		return;
	}
	managers->item = grown;
	added = &grown[managers->count++];
	*added = *manager;
	added->device = device->addr;
	va_start(args, fmt);
	vsnprintf(added->what, sizeof(added->what), fmt, args);
	va_end(args);
}

void manager_at(struct manager *manager, const struct conf_line *line)
{
	snprintf(manager->file, sizeof(manager->file), "/%.140s:%u", line->file, line->number);
}

static bool has_mac(const struct manager_scan *scan, const char *netdev, const char *mac)
{
	char address[32];

	if (sysroot_read_text(scan->root, address, sizeof(address), "sys/class/net/%s/address", netdev) > 0 &&
		!strcasecmp(address, mac))
		return true;
	return pci_permanent_mac(scan->root, netdev, address, sizeof(address)) && !strcasecmp(address, mac);
}

static bool is_netdev(
	const struct manager_scan *scan, const struct pci_device *device, const char *name, const char *mac)
{
	for (size_t i = 0; i < device->netdev_count; i++)
		if ((!name[0] || !fnmatch(name, device->netdevs[i].text, 0)) &&
			(!mac[0] || has_mac(scan, device->netdevs[i].text, mac)))
			return true;
	return false;
}

const struct pci_device *manager_next_netdev(
	const struct manager_scan *scan, const struct pci_device *previous, const char *name, const char *mac)
{
	const struct pci_inventory *all = scan->inventory;

	if (!name[0] && !mac[0])
		return NULL;
	for (size_t i = previous ? (size_t)(previous - all->devices) + 1 : 0; i < all->count; i++)
		if (is_netdev(scan, &all->devices[i], name, mac))
			return &all->devices[i];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct manager *one = a, *other = b;

	if (one->stage != other->stage)
		return one->stage < other->stage ? -1 : 1;
	return strcmp(one->file, other->file);
}

int managers_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct modprobe_conf *conf,
	struct managers *ret_managers, struct error *err)
{
	struct manager_scan scan = { .root = root, .inventory = inventory, .conf = conf };

	manager_scan_driver(&scan);
	manager_scan_network(&scan);
	manager_scan_guest(&scan);
	if (scan.out_of_memory) {
		managers_done(&scan.managers);
		return fail(err, ENOMEM, "look for other managers of this host's devices");
	}
	if (scan.managers.count)
		qsort(scan.managers.item, scan.managers.count, sizeof(*scan.managers.item), compare);
	*ret_managers = scan.managers;
	return 0;
}

void managers_done(struct managers *managers)
{
	if (!managers)
		return;
	free(managers->item);
	*managers = (struct managers){ 0 };
}

const struct manager *manager_next(
	const struct managers *managers, const struct manager *previous, struct pci_addr device)
{
	for (size_t i = previous ? (size_t)(previous - managers->item) + 1 : 0; i < managers->count; i++)
		if (!pci_addr_compare(managers->item[i].device, device))
			return &managers->item[i];
	return NULL;
}

const struct manager *manager_winner(const struct managers *managers, struct pci_addr device, enum manager_aim aim)
{
	const struct manager *winner = NULL;

	for (const struct manager *at = NULL; (at = manager_next(managers, at, device));)
		if (at->aim == aim && at->stage < MANAGER_ON_DEMAND && (aim != MANAGER_VFS || at->vfs >= 0))
			winner = at;
	return winner;
}
