// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving devices back: after a guest's end, at the operator's word, and after whoever died on the way; see assign.h. A
 * lease goes when the device is back, not before.
 */
#include <errno.h>
#include <string.h>

#include "assign/assign.h"
#include "assign/clean.h"
#include "assign/guest_dir.h"
#include "assign/left.h"
#include "assign/node.h"
#include "assign/verdict.h"
#include "assign/vf_lease.h"
#include "base/cleanup.h"

static int restore(const struct change *change, const struct lease *lease, struct error *err)
{
	int ret = nodes_take_back(change_lock(change), lease, err);

	if (ret < 0)
		return ret;
	ret = unclean_settle(change, lease->addr, lease->guest, err);
	if (ret < 0)
		return ret;
	ret = vf_lease_end(change, lease, err);
	if (ret < 0)
		return ret;
	ret = binding_restore(change_lock(change), lease->addr, &lease->before, err);
	return ret < 0 ? ret : lease_remove(change_lock(change), lease->addr, err);
}

/* owner NULL: whose lease it is has been looked at. */
static int end_one(
	const struct change *change, const struct lease_owner *owner, struct pci_addr addr, struct error *err)
{
	struct lease lease;
	int ret = lease_read(&change_host(change)->root, addr, &lease, err);

	if (ret <= 0)
		return ret;
	if (owner && !lease_is_of(&lease, owner))
		return 0;
	if (!lease.bound)
		return restore(change, &lease, err);
	ret = unclean_settle(change, addr, lease.guest, err);
	if (ret < 0)
		return ret;
	ret = vf_lease_end_guest(change, &lease, err);
	if (ret < 0)
		return ret;
	lease.guest[0] = '\0';
	ret = lease_write(change_lock(change), &lease, err);
	if (ret < 0 || !lease.has_user)
		return ret;
	return nodes_give(change_lock(change), &lease, err);
}

/* Of several failures the first is told, and what is left of all. */
static void keep_first(struct error *first, const struct error *here)
{
	if (!first->errnum)
		*first = *here;
}

int assign_end_own(const struct change *change, const struct lease_owner *owner, const struct pci_addr *addr,
	size_t count, struct error *err)
{
	struct left left = { 0 };
	struct error first = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct error here = { 0 };

		if (end_one(change, owner, addr[i], &here) >= 0)
			continue;
		keep_first(&first, &here);
		left_remaining(&left, change, addr[i]);
	}
	if (!left.remaining)
		return 0;
	*err = first;
	return left_judge(&left, err);
}

int assign_end_all(const struct change *change, const struct pci_addr *addr, size_t count, struct error *err)
{
	return assign_end_own(change, NULL, addr, count, err);
}

/* No driver and no override, then a probe: whatever the kernel would choose at boot. */
static int restore_kernels_choice(const struct change *change, struct pci_addr addr, struct error *err)
{
	const struct binding none = { .driver = "", .override = "" };
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = binding_restore(change_lock(change), addr, &none, err);

	if (ret < 0)
		return ret;
	ret = sysroot_write_text(
		host_lock_root(change_lock(change)), pci_addr_text(addr, name), "sys/bus/pci/drivers_probe");
	return ret < 0 ? fail(err, -ret, "probe drivers for %s", name) : 0;
}

static int release_without_lease(
	const struct change *change, struct pci_addr addr, enum assign_result *ret_result, struct error *err)
{
	struct binding now;
	int ret = binding_read(&change_host(change)->root, addr, &now, err);

	if (ret < 0)
		return ret;
	if (!pci_driver_is_vfio(now.driver) && !pci_driver_is_vfio(now.override)) {
		*ret_result = ASSIGN_UNTOUCHED;
		return 0;
	}
	*ret_result = ASSIGN_NO_LEASE;
	return restore_kernels_choice(change, addr, err);
}

static int check_one(struct judge *judge, struct pci_addr addr, struct error *err)
{
	const struct host *host = judge->host;
	const struct pci_device *device = pci_inventory_find(&host->pci, addr);
	char name[PCI_ADDR_TEXT_SIZE];
	struct lease lease;
	int found, ret;

	if (!device)
		return fail_code(err, CODE_DEV_LOST, ENODEV, "%s is gone", pci_addr_text(addr, name));
	found = lease_read(&host->root, addr, &lease, err);
	if (found < 0 && found != -EBADMSG)
		return found;
	ret = assign_check_guest(host, device, err);
	if (ret < 0)
		return ret;
	ret = found == 1 ? assign_check_card(host, device, &lease, err) : 0;
	if (ret < 0)
		return ret;
	return pci_driver_is_vfio(device->driver) ? assign_check_users_by(judge, device, err) : 0;
}

/* All questions first, and one look at the host for all of them. */
static int check_all(const struct host *host, const struct pci_addr *addr, size_t count, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	int ret = judge_open(&judge, host, JUDGE_AFRESH, NULL, 0, err);

	for (size_t i = 0; ret >= 0 && i < count; i++)
		ret = check_one(&judge, addr[i], err);
	return ret;
}

static int release_one(
	const struct change *change, struct pci_addr addr, enum assign_result *ret_result, struct error *err)
{
	struct lease lease = { 0 };
	int found = lease_read(&change_host(change)->root, addr, &lease, NULL);
	int ret;

	if (found != 1) {
		ret = release_without_lease(change, addr, ret_result, err);
		return ret < 0 || !found ? ret : lease_remove(change_lock(change), addr, err);
	}
	*ret_result = ASSIGN_RESTORED;
	ret = restore(change, &lease, err);
	if (ret >= 0 && lease.guest[0])
		guest_dir_remove_stale(change_lock(change), lease.guest);
	return ret;
}

/* Did the failure leave the device as it was? What could not even be begun is no half change. */
static bool is_unchanged(const struct change *change, struct pci_addr addr)
{
	const struct pci_device *device = pci_inventory_find(&change_host(change)->pci, addr);
	struct binding now;

	return device && binding_read(&change_host(change)->root, addr, &now, NULL) >= 0 &&
	       !strcmp(now.driver, device->driver);
}

int assign_release_all(const struct change *change, const struct pci_addr *addr, size_t count,
	enum assign_result *ret_results, struct error *err)
{
	struct left left = { 0 };
	struct error first = { 0 };
	int ret = check_all(change_host(change), addr, count, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < count; i++) {
		struct error here = { 0 };

		if (release_one(change, addr[i], &ret_results[i], &here) >= 0) {
			if (ret_results[i] != ASSIGN_UNTOUCHED)
				left_done(&left, addr[i]);
			continue;
		}
		keep_first(&first, &here);
		if (here.code == CODE_DRIVER_STUCK || !is_unchanged(change, addr[i]))
			left_remaining(&left, change, addr[i]);
	}
	if (!first.errnum)
		return 0;
	*err = first;
	return left_judge(&left, err);
}

int assign_forget(const struct change *change, struct pci_addr addr, struct error *err)
{
	const struct pci_device device = { .addr = addr };
	struct lease lease;
	int ret = assign_check_guest(change_host(change), &device, err);

	if (ret < 0)
		return ret;
	ret = lease_read(&change_host(change)->root, addr, &lease, NULL) == 1
		      ? nodes_take_back(change_lock(change), &lease, err)
		      : 0;
	return ret < 0 ? ret : lease_remove(change_lock(change), addr, err);
}
