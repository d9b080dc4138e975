// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of other managers, sorted by when they act; the files beside this one fill it. */
#include "distro/rival.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "distro/rival_scan.h"

static int compare(const void *a, const void *b)
{
	const struct rival *one = a, *other = b;

	int order = pci_addr_compare(one->device, other->device);

	if (order)
		return order;
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
	size_t first = previous ? (size_t)(previous - rivals->item) + 1 : 0, end = rivals->count;

	/* The first of the device: they are sorted, and there may be as many as devices. */
	while (!previous && first < end) {
		size_t middle = first + (end - first) / 2;

		if (pci_addr_compare(rivals->item[middle].device, device) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first < rivals->count && !pci_addr_compare(rivals->item[first].device, device) ? &rivals->item[first]
											      : NULL;
}

const struct rival *rival_winner(const struct rivals *rivals, struct pci_addr device, enum rival_aim aim)
{
	const struct rival *winner = NULL;

	for (const struct rival *at = NULL; (at = rival_next(rivals, at, device));)
		if (at->aim == aim && at->stage < RIVAL_ON_DEMAND && (aim != RIVAL_VFS || at->vfs >= 0))
			winner = at;
	return winner;
}
