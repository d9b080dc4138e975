// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files that look for other managers share: the list that grows, and which network device a line means. */
#include "distro/rival_scan.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
