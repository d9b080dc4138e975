// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Taking devices; see assign.h. Order of every change: check, lease, change, read back (in assign/binding.c); of every
 * return: change, read back, lease. So a lease can be too much, never too little.
 */
#include "assign/assign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assign/clean.h"
#include "assign/left.h"
#include "assign/node.h"
#include "assign/reset.h"
#include "assign/variant.h"
#include "assign/verdict.h"
#include "assign/vf_lease.h"
#include "base/cleanup.h"
#include "base/text.h"

/* One device of the transaction, as it was before. */
struct step {
	const struct pci_device *device; /* of the change's host */
	int had_lease;                   /* as lease_read() says it */
	struct lease lease;              /* when that is 1 */
	struct binding was;
};

static bool wants_vfio(const struct assign_wish *wish)
{
	return !wish->driver || pci_driver_is_vfio(wish->driver);
}

static int check_verdict(
	struct judge *judge, const struct assign_wish *wish, const struct verdict *verdict, struct error *err)
{
	const enum code given_up[] = { CODE_DEV_IN_USE };
	bool is_lost = assign_is_lost(wish->lose, wish->lose_count, verdict->device->addr);
	int ret = is_lost ? assign_check_guest(judge->host, verdict->device, err) : 0;

	return ret < 0 ? ret
		       : verdict_check(judge, verdict, wants_vfio(wish) ? VERDICT_BIND : VERDICT_TAKE, given_up,
				 is_lost, err);
}

static int check_one(
	struct judge *judge, const struct assign_wish *wish, size_t index, struct step *step, struct error *err)
{
	const struct host *host = judge->host;
	const struct pci_device *device = pci_inventory_find(&host->pci, wish->addr[index]);
	cleanup(verdict_done) struct verdict verdict = { 0 };
	char name[PCI_ADDR_TEXT_SIZE];
	int ret;

	pci_addr_text(wish->addr[index], name);
	if (!device)
		return fail_code(err, CODE_DEV_LOST, ENODEV, "%s is gone", name);
	for (size_t i = 0; i < index; i++)
		if (!pci_addr_compare(wish->addr[i], device->addr))
			return fail_code(err, CODE_USAGE, EINVAL, "%s is given twice", name);
	ret = verdict_read(judge, device, &verdict, err);
	if (ret < 0)
		return ret;
	ret = check_verdict(judge, wish, &verdict, err);
	if (ret < 0)
		return ret;
	ret = wants_vfio(wish) ? unclean_check(host, device, wish->unclean_ok, wish->unclean_ok_count, err) : 0;
	if (ret < 0)
		return ret;
	step->device = device;
	step->had_lease = lease_read(&host->root, device->addr, &step->lease, NULL);
	return binding_read(&host->root, device->addr, &step->was, err);
}

/*
 * All questions first: nothing is changed while one of the devices cannot be had. A driver of the host needs no IOMMU
 * group.
 */
static int check_all(const struct host *host, const struct assign_wish *wish, struct step *steps, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	int ret;

	if (wish->uid >= 0 && !wants_vfio(wish)) {
		fail_code(err, CODE_USAGE, EINVAL, "a user can be given what VFIO has, and %s is no driver of VFIO",
			wish->driver);
		return fail_hint(err, "leave --driver out: --user goes with a driver of VFIO, which is the default");
	}
	ret = judge_open(&judge, host, JUDGE_THOROUGHLY | JUDGE_AFRESH, wish->addr, wish->count, err);
	for (size_t i = 0; ret >= 0 && i < wish->count; i++)
		ret = check_one(&judge, wish, i, &steps[i], err);
	return ret;
}

/* Vital product data are slow to read, and wanted only where nothing else tells the card from others. */
static void read_identity(const struct host *host, const struct pci_device *device, struct pci_identity *ret_identity)
{
	pci_identity_read(&host->root, &host->pci, device, false, ret_identity);
	if (!pci_identity_is_certain(ret_identity))
		pci_identity_read(&host->root, &host->pci, device, true, ret_identity);
}

/* The lease that is there knows what the device had in the beginning; one that makes no sense is replaced. */
static struct lease make_lease(const struct change *change, const struct step *step, const struct assign_wish *wish)
{
	struct lease lease = { .addr = step->device->addr, .before = step->was };

	if (step->had_lease == 1)
		lease = step->lease;
	else
		read_identity(change_host(change), step->device, &lease.identity);
	text_copy(lease.guest, sizeof(lease.guest), wish->guest ? wish->guest : "");
	lease.generation = wish->guest ? wish->generation : 0;
	lease.bound = lease.bound || !wish->guest;
	if (!wish->guest) {
		lease.has_user = wish->uid >= 0;
		lease.user = lease.has_user ? (uint32_t)wish->uid : 0;
	}
	return lease;
}

/* The lease as it was before. */
static int put_lease_back(const struct change *change, const struct step *step, struct error *err)
{
	return step->had_lease == 1 ? lease_write(change_lock(change), &step->lease, err)
				    : lease_remove(change_lock(change), step->device->addr, err);
}

/* Whose the nodes were before this command: nobody's but root's, or the user's of the lease that was there. */
static int put_nodes_back(const struct change *change, const struct step *step, struct error *err)
{
	struct lease now = { 0 };
	struct lease was = step->lease;
	int ret = lease_read(&change_host(change)->root, step->device->addr, &now, NULL);

	ret = ret == 1 ? nodes_take_back(change_lock(change), &now, err) : 0;
	if (ret < 0 || step->had_lease != 1 || !was.has_user || was.guest[0])
		return ret;
	return nodes_give(change_lock(change), &was, err);
}

/* What was set for the guest that does not get it; a lease that is not there has nothing. */
static int put_settings_back(const struct change *change, const struct step *step, struct error *err)
{
	struct lease now;

	if (lease_read(&change_host(change)->root, step->device->addr, &now, NULL) != 1)
		return 0;
	return vf_lease_end_guest(change, &now, err);
}

static int undo_step(const struct change *change, const struct step *step)
{
	struct error err = { 0 };
	int ret = binding_restore(change_lock(change), step->device->addr, &step->was, &err);

	if (ret < 0)
		return ret;
	ret = put_nodes_back(change, step, &err);
	if (ret >= 0)
		ret = put_settings_back(change, step, &err);
	return ret < 0 ? ret : put_lease_back(change, step, &err);
}

/* Half done, or maybe done later by a driver that hangs, keeps its lease: `release` has to know what to give back. */
static bool is_left(const struct error *err)
{
	return code_info(err->code)->status == STATUS_HALF_DONE;
}

/* For the operator's user, or back to root: while a guest has the device, and at the next `bind` without a user. */
static int set_nodes(const struct change *change, struct lease *lease, struct error *err)
{
	if (lease->has_user && !lease->guest[0])
		return nodes_give(change_lock(change), lease, err);
	return nodes_take_back(change_lock(change), lease, err);
}

/* Nothing but the lease and the settings has changed. */
static void forget_step(const struct change *change, const struct step *step, struct error *err)
{
	struct error second = { 0 };

	if (is_left(err))
		return;
	if (put_settings_back(change, step, &second) >= 0 && put_lease_back(change, step, &second) >= 0)
		return;
	err->code = CODE_HALF_DONE;
	fail_hint(err, "what was set before is left: %s", second.msg);
}

static int bind_one(
	const struct change *change, const struct step *step, const struct assign_wish *wish, struct error *err)
{
	char driver[DRIVER_NAME_MAX];
	struct binding ignored;

	if (!wish->driver)
		variant_choose(change_lock(change), step->device, driver);
	return binding_set(
		change_lock(change), step->device->addr, wish->driver ? wish->driver : driver, &ignored, err);
}

/* On failure the device is as it was, unless is_left(). */
static int take_one(const struct change *change, const struct step *step, const struct assign_wish *wish, size_t index,
	struct vf_lease_look *look, struct error *err)
{
	struct lease lease = make_lease(change, step, wish);
	int ret = vf_lease_begin(change, look, &lease, wish->guest != NULL, err);

	if (ret < 0)
		return ret;
	ret = lease_write(change_lock(change), &lease, err);
	if (ret < 0)
		return ret;
	if (wish->guest)
		ret = vf_lease_prepare(change, &lease, wish->vf ? wish->vf[index] : NULL, err);
	if (ret >= 0)
		ret = bind_one(change, step, wish, err);
	if (ret < 0) {
		forget_step(change, step, err);
		return ret;
	}
	ret = wants_vfio(wish) ? reset_quiesce(change_lock(change), lease.addr, err) : 0;
	if (ret >= 0)
		ret = set_nodes(change, &lease, err);
	if (ret < 0)
		err->code = undo_step(change, step) < 0 ? CODE_HALF_DONE : CODE_ROLLED_BACK;
	return ret;
}

/* steps[count] is the one that failed; those before it were taken. */
static int undo_all(const struct change *change, const struct step *steps, size_t count, struct error *err)
{
	struct left left = { 0 };

	if (is_left(err))
		left_remaining(&left, change, steps[count].device->addr);
	while (count--)
		if (undo_step(change, &steps[count]) < 0)
			left_remaining(&left, change, steps[count].device->addr);
		else
			left_back(&left, steps[count].device->addr);
	return left_judge(&left, err);
}

int assign_take_all(const struct change *change, const struct assign_wish *wish, struct error *err)
{
	cleanup_free struct step *steps = calloc(wish->count + 1, sizeof(*steps));
	cleanup(vf_lease_look_done) struct vf_lease_look look = { 0 };
	int ret = steps ? check_all(change_host(change), wish, steps, err) : fail(err, ENOMEM, "take devices");

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < wish->count; i++)
		if (take_one(change, &steps[i], wish, i, &look, err) < 0)
			return undo_all(change, steps, i, err);
	return 0;
}
