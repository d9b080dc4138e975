// SPDX-License-Identifier: GPL-2.0-or-later
/* `vf create` as one call: several PFs, and a driver for their VFs; see request.h. */
#include <errno.h>
#include <stdlib.h>

#include "assign/request.h"
#include "assign/vfs_change.h"
#include "base/cleanup.h"

static int select_pfs(const struct host *host, const struct request_vf_create *create, struct request_done *done,
	struct vfs_wish *ret_wishes, bool *ret_are_new, struct error *err)
{
	for (size_t i = 0; i < create->pf_count; i++) {
		const struct pci_device *pf;
		int ret = request_select_pf(host, create->pf[i], &pf, err);

		if (ret < 0)
			return ret;
		for (size_t k = 0; k < i; k++)
			if (!pci_addr_compare(done->addr[k], pf->addr))
				return fail_code(err, CODE_USAGE, EINVAL, "'%s' and '%s' are the same device",
					create->pf[k], create->pf[i]);
		done->addr[i] = pf->addr;
		ret_wishes[i] = (struct vfs_wish){ pf->addr, create->count[i] };
		ret_are_new[i] = !pf->sriov.num_vfs;
	}
	return 0;
}

static bool is_of(const struct pci_device *device, const struct request_done *done)
{
	for (size_t i = 0; device->is_vf && i < done->count; i++)
		if (!pci_addr_compare(device->pf, done->addr[i]))
			return true;
	return false;
}

static int bind_all(const struct change *change, const struct request_done *done, const char *driver, struct error *err)
{
	const struct pci_inventory *pci = &change_host(change)->pci;
	cleanup_free struct pci_addr *vfs = calloc(pci->count + 1, sizeof(*vfs));
	struct assign_wish wish = { .addr = vfs, .driver = driver, .uid = -1 };

	if (!vfs)
		return fail(err, ENOMEM, "bind VFs");
	for (size_t i = 0; i < pci->count; i++)
		if (is_of(&pci->devices[i], done))
			vfs[wish.count++] = pci->devices[i].addr;
	return assign_take_all(change, &wish, err);
}

/*
 * VFs that could not be bound are not left: those that this call made go again, and with them whatever the binding has
 * left.
 */
static void undo_create(struct change *change, const struct request_done *done, const bool *are_new, struct error *err)
{
	struct error second = { 0 };
	bool is_all = true, is_left = false;

	for (size_t i = 0; i < done->count; i++) {
		const struct pci_device *pf = pci_inventory_find(&change_host(change)->pci, done->addr[i]);

		is_all &= are_new[i];
		if (are_new[i] && pf && vfs_destroy(change, pf, NULL, 0, &second) < 0)
			is_left = true;
	}
	if (!err || (!is_left && !is_all))
		return;
	err->code = is_left ? CODE_HALF_DONE : CODE_ROLLED_BACK;
	if (is_left)
		fail_hint(err, "the VFs that were made could not be removed: %s", second.msg);
	else
		fail_in(err, "no VF is left of those that were made");
}

static int create_and_bind(
	struct change *change, const struct request_vf_create *create, struct request_done *done, struct error *err)
{
	cleanup_free struct vfs_wish *wishes = calloc(create->pf_count + 1, sizeof(*wishes));
	cleanup_free bool *are_new = calloc(create->pf_count + 1, sizeof(*are_new));
	int ret = wishes && are_new ? select_pfs(change_host(change), create, done, wishes, are_new, err)
				    : fail(err, ENOMEM, "make VFs");

	if (!ret)
		ret = vfs_change_all(change, wishes, create->pf_count, &done->away_ms, err);
	if (ret < 0 || !create->driver)
		return ret;
	ret = bind_all(change, done, create->driver, err);
	if (ret >= 0)
		return change_look_again(change, err);
	if (change_look_again(change, NULL) >= 0)
		undo_create(change, done, are_new, err);
	return ret;
}

int request_vf_create(const struct sysroot *root, const struct request_vf_create *create, struct request_done *ret_done,
	struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_change struct change *change = NULL;
	int ret;

	done.addr = calloc(create->pf_count + 1, sizeof(*done.addr));
	done.count = create->pf_count;
	ret = done.addr ? change_begin(root, &change, err) : fail(err, ENOMEM, "change VFs");
	if (!ret)
		ret = create_and_bind(change, create, &done, err);
	if (ret < 0)
		return ret;
	request_done_hand_over(&change, &done, ret_done);
	return 0;
}
