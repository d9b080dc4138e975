// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases that nobody holds any more: of guests whose sluice is dead, which the kernel says by the lock of their
 * directory (guest_dir.h), and of devices that are gone. Inside the host's lock, where no guest begins or ends
 * meanwhile.
 */
#include <errno.h>
#include <stdlib.h>

#include "assign/assign.h"
#include "assign/guest_dir.h"
#include "base/cleanup.h"

/* Does a living sluice answer for it, or the operator by `bind` alone? */
static bool is_held(const struct host *host, const struct lease *lease)
{
	return !lease->guest[0] || guest_is_alive(&host->root, lease->guest);
}

/* What a dead guest's sluice-vmm still has open is waited for. */
static int end_dead(
	const struct change *change, const struct pci_device *device, const struct lease *lease, struct error *err)
{
	int ret = assign_check_card(change_host(change), device, lease, err);

	if (ret >= 0 && pci_driver_is_vfio(device->driver))
		ret = assign_check_when_dead(change_host(change), device, assign_check_users, err);
	return ret < 0 ? ret : assign_end_all(change, &lease->addr, 1, err);
}

static int collect(const struct change *change, const struct lease *lease, struct assign_gc *gc, struct error *err)
{
	const struct host *host = change_host(change);
	const struct pci_device *device = pci_inventory_find(&host->pci, lease->addr);
	int ret;

	if (is_held(host, lease) && device)
		return 0;
	if (is_held(host, lease) && lease->guest[0])
		return 0; /* pulled from under a running guest, which ends its lease itself */
	if (!device) {
		ret = assign_forget(change, lease->addr, err);
		if (ret >= 0)
			gc->dropped[gc->dropped_count++] = lease->addr;
		return ret;
	}
	ret = end_dead(change, device, lease, err);
	if (ret >= 0)
		gc->ended[gc->ended_count++] = lease->addr;
	return ret;
}

int assign_gc_all(const struct change *change, struct assign_gc *ret_gc, struct error *err)
{
	cleanup_free struct lease *leases = NULL;
	struct error first = { 0 };
	size_t count = 0;
	int ret;

	*ret_gc = (struct assign_gc){ .ended = NULL };
	ret = lease_list(&change_host(change)->root, &leases, &count, err);
	if (ret < 0)
		return ret;
	ret_gc->ended = calloc(count + 1, sizeof(*ret_gc->ended));
	ret_gc->dropped = calloc(count + 1, sizeof(*ret_gc->dropped));
	if (!ret_gc->ended || !ret_gc->dropped)
		return fail(err, ENOMEM, "collect leases");
	for (size_t i = 0; i < count; i++) {
		struct error here = { 0 };
		int result = collect(change, &leases[i], ret_gc, &here);

		if (result < 0 && !ret) {
			ret = result;
			first = here;
		}
	}
	guest_dir_remove_all_stale(change_lock(change));
	if (ret < 0 && err)
		*err = first;
	return ret;
}

void assign_gc_done(struct assign_gc *gc)
{
	free(gc->ended);
	free(gc->dropped);
	*gc = (struct assign_gc){ .ended = NULL };
}
