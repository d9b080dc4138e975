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
	RIVALS_MAX = 4096
};

void rival_add(
	struct rival_scan *scan, const struct rival *rival, const struct pci_device *device, const char *fmt, ...)
{
	struct rivals *rivals = &scan->rivals;
	struct rival *grown, *added;
	va_list args;

	if (rivals->count == RIVALS_MAX || scan->out_of_memory)
		return;
	grown = reallocarray(rivals->item, rivals->count + 1, sizeof(*grown));
	if (!grown) {
		scan->out_of_memory = true;
		return;
	}
	rivals->item = grown;
	added = &grown[rivals->count++];
	*added = *rival;
	added->device = device->addr;
	va_start(args, fmt);
	vsnprintf(added->what, sizeof(added->what), fmt, args);
	va_end(args);
}

void rival_at(struct rival *rival, const struct conf_line *line)
{
	snprintf(rival->file, sizeof(rival->file), "/%.140s:%u", line->file, line->number);
}

static bool has_mac(const struct rival_scan *scan, const char *netdev, const char *mac)
{
	char address[32];

	if (sysroot_read_text(scan->root, address, sizeof(address), "sys/class/net/%s/address", netdev) > 0 &&
		!strcasecmp(address, mac))
		return true;
	return pci_permanent_mac(scan->root, netdev, address, sizeof(address)) && !strcasecmp(address, mac);
}

static bool is_netdev(const struct rival_scan *scan, const struct pci_device *device, const char *name, const char *mac)
{
	for (size_t i = 0; i < device->netdev_count; i++)
		if ((!name[0] || !fnmatch(name, device->netdevs[i].text, 0)) &&
			(!mac[0] || has_mac(scan, device->netdevs[i].text, mac)))
			return true;
	return false;
}

const struct pci_device *rival_next_netdev(
	const struct rival_scan *scan, const struct pci_device *previous, const char *name, const char *mac)
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
	const struct rival *one = a, *other = b;

	if (one->stage != other->stage)
		return one->stage < other->stage ? -1 : 1;
	return strcmp(one->file, other->file);
}

int rivals_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct modprobe_conf *conf,
	struct rivals *ret_rivals, struct error *err)
{
	struct rival_scan scan = { .root = root, .inventory = inventory, .conf = conf };

	rival_scan_driver(&scan);
	rival_scan_network(&scan);
	rival_scan_guest(&scan);
	if (scan.out_of_memory) {
		rivals_done(&scan.rivals);
		return fail(err, ENOMEM, "look for other managers of this host's devices");
	}
	if (scan.rivals.count)
		qsort(scan.rivals.item, scan.rivals.count, sizeof(*scan.rivals.item), compare);
	*ret_rivals = scan.rivals;
	return 0;
}

void rivals_done(struct rivals *rivals)
{
	if (!rivals)
		return;
	free(rivals->item);
	*rivals = (struct rivals){ 0 };
}

const struct rival *rival_next(const struct rivals *rivals, const struct rival *previous, struct pci_addr device)
{
	for (size_t i = previous ? (size_t)(previous - rivals->item) + 1 : 0; i < rivals->count; i++)
		if (!pci_addr_compare(rivals->item[i].device, device))
			return &rivals->item[i];
	return NULL;
}

const struct rival *rival_winner(const struct rivals *rivals, struct pci_addr device, enum rival_aim aim)
{
	const struct rival *winner = NULL;

	for (const struct rival *at = NULL; (at = rival_next(rivals, at, device));)
		if (at->aim == aim && at->stage < RIVAL_ON_DEMAND && (aim != RIVAL_VFS || at->vfs >= 0))
			winner = at;
	return winner;
}
