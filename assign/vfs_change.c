// SPDX-License-Identifier: GPL-2.0-or-later
/* VFs that go and come again, as they were; see vfs_change.h. */
#include "assign/vfs_change.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "assign/lease.h"
#include "assign/node.h"
#include "base/cleanup.h"
#include "sriov/sriov.h"
#include "sriov/vf_target.h"

/* One VF as it was. */
struct remembered {
	struct pci_addr addr;
	struct binding binding;
	bool has_lease, has_settings;
	struct lease lease;
	struct vf_settings settings;
};

/* A PF whose VFs go. */
struct going {
	struct vfs_wish before, wanted;
	bool is_gone;
	struct remembered *vf; /* before.count; owned */
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Of every kind of card. */
static int remember_settings(const struct host *host, struct going *going, struct error *err)
{
	const struct pci_device *pf = pci_inventory_find(&host->pci, going->before.pf);
	cleanup_free struct vf_settings *all = calloc(going->before.count + 1, sizeof(*all));
	size_t count = pf && all ? vf_target_read_all(&host->root, pf, all, going->before.count) : 0;

	for (size_t i = 0; i < count; i++) {
		going->vf[i].settings = all[i];
		going->vf[i].settings.has_stats = false;
		going->vf[i].has_settings = true;
	}
	return all ? 0 : fail(err, ENOMEM, "remember settings of VFs");
}

static int remember(const struct host *host, struct going *going, struct error *err)
{
	going->vf = calloc(going->before.count, sizeof(*going->vf));
	if (!going->vf)
		return fail(err, ENOMEM, "remember VFs");
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_device *device = &host->pci.devices[i];
		struct remembered *vf;
		int ret;

		if (!device->is_vf || pci_addr_compare(device->pf, going->before.pf) ||
			(unsigned int)device->vf_index >= going->before.count)
			continue;
		vf = &going->vf[device->vf_index];
		vf->addr = device->addr;
		vf->has_lease = lease_read(&host->root, device->addr, &vf->lease, NULL) == 1;
		ret = binding_read(&host->root, device->addr, &vf->binding, err);
		if (ret < 0)
			return ret;
	}
	return remember_settings(host, going, err);
}

/* The lease first: whoever dies now leaves what `release` needs. */
static int put_back_driver(const struct change *change, const struct remembered *vf, struct error *err)
{
	struct lease lease = vf->lease;
	int ret = vf->has_lease ? lease_write(change_lock(change), &lease, err) : 0;

	if (!ret && (vf->binding.driver[0] || vf->binding.override[0]))
		ret = binding_restore(change_lock(change), vf->addr, &vf->binding, err);
	if (!ret && vf->has_lease && vf->lease.has_user)
		ret = nodes_give(change_lock(change), &lease, err);
	return ret;
}

/* Those that are there now. The first error is told, the others are tried all the same. */
static int put_back_vfs(struct change *change, const struct going *going, unsigned int there, struct error *err)
{
	const struct host *host = change_host(change);
	const struct pci_device *pf = pci_inventory_find(&host->pci, going->before.pf);
	unsigned int count = there < going->before.count ? there : going->before.count;
	int first = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct remembered *vf = &going->vf[i];
		const struct vf_target target = { &host->root, pf, (int)i };
		int ret = pf && vf->has_settings
				  ? vf_target_restore(change_lock(change), &target, &vf->settings, first ? NULL : err)
				  : 0;

		if (ret >= 0)
			ret = put_back_driver(change, vf, first ? NULL : err);
		if (ret < 0 && !first)
			first = ret;
	}
	return first;
}

/* After a failure: the old numbers, and all that was remembered. Keeps the error, unless something is left. */
static void undo(struct change *change, struct going *all, size_t count, struct error *err)
{
	struct error second = { 0 };
	bool is_left = false;

	for (size_t i = 0; i < count; i++) {
		if (!all[i].is_gone)
			continue;
		if (vfs_create_all(change, &all[i].before, 1, &second) < 0 ||
			put_back_vfs(change, &all[i], all[i].before.count, &second) < 0)
			is_left = true;
	}
	if (!is_left || !err)
		return;
	err->code = CODE_HALF_DONE;
	fail_hint(err, "the VFs that were there are not all back as they were: %s", second.msg);
}

static int destroy_all(struct change *change, struct going *all, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct pci_device *pf = pci_inventory_find(&change_host(change)->pci, all[i].before.pf);
		int ret = pf ? vfs_destroy(change, pf, NULL, 0, err)
			     : fail_code(err, CODE_DEV_LOST, ENODEV, "the physical function went away meanwhile");

		if (ret < 0)
			return ret;
		all[i].is_gone = true;
	}
	return 0;
}

static int put_back_all(struct change *change, const struct going *all, size_t count, struct error *err)
{
	int first = 0;

	for (size_t i = 0; i < count; i++) {
		int ret = put_back_vfs(change, &all[i], all[i].wanted.count, first ? NULL : err);

		if (!first)
			first = ret;
	}
	if (first < 0 && err) {
		err->code = CODE_HALF_DONE;
		fail_in(err, "the number is changed, but not all is back that a VF had");
	}
	return first;
}

/* What a call has to do: PFs whose VFs go and come again, and the others. */
struct plan {
	struct going *going;
	struct vfs_wish *others;
	bool *are_new; /* of others: there were none */
	size_t going_count, other_count;
};

static void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->going_count; i++)
		free(plan->going[i].vf);
	free(plan->going);
	free(plan->others);
	free(plan->are_new);
}

static int plan_one(struct change *change, struct plan *plan, const struct vfs_wish *wish, struct error *err)
{
	const struct host *host = change_host(change);
	const struct pci_device *pf = pci_inventory_find(&host->pci, wish->pf);
	struct going *going = &plan->going[plan->going_count];
	bool is_possible = pf && wish->count && wish->count <= pf->sriov.total_vfs;
	int ret;

	/* Who makes them says why not, and changes nothing. */
	if (!is_possible || !pf->sriov.num_vfs || pf->sriov.num_vfs == wish->count) {
		plan->are_new[plan->other_count] = pf && !pf->sriov.num_vfs;
		plan->others[plan->other_count++] = *wish;
		return is_possible ? 0 : vfs_create_all(change, wish, 1, err);
	}
	ret = vfs_check_unused(host, pf->addr, err);
	if (ret < 0)
		return ret;
	*going = (struct going){ .before = { pf->addr, pf->sriov.num_vfs }, .wanted = *wish };
	plan->going_count++;
	return remember(host, going, err);
}

static int plan_all(
	struct change *change, const struct vfs_wish *wishes, size_t count, struct plan *plan, struct error *err)
{
	plan->going = calloc(count + 1, sizeof(*plan->going));
	plan->others = calloc(count + 1, sizeof(*plan->others));
	plan->are_new = calloc(count + 1, sizeof(*plan->are_new));
	if (!plan->going || !plan->others || !plan->are_new)
		return fail(err, ENOMEM, "change VFs");
	for (size_t i = 0; i < count; i++) {
		int ret = plan_one(change, plan, &wishes[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int create_going(struct change *change, const struct plan *plan, struct error *err)
{
	cleanup_free struct vfs_wish *wanted = calloc(plan->going_count + 1, sizeof(*wanted));

	if (!wanted)
		return fail(err, ENOMEM, "change VFs");
	for (size_t i = 0; i < plan->going_count; i++)
		wanted[i] = plan->going[i].wanted;
	return vfs_create_all(change, wanted, plan->going_count, err);
}

/* The others' VFs were made first: nobody loses VFs for a change that cannot be. */
static void undo_others(struct change *change, const struct plan *plan, struct error *err)
{
	struct error second = { 0 };

	for (size_t i = 0; i < plan->other_count; i++) {
		const struct pci_device *pf = pci_inventory_find(&change_host(change)->pci, plan->others[i].pf);

		if (!plan->are_new[i] || !pf || vfs_destroy(change, pf, NULL, 0, &second) >= 0 || !err)
			continue;
		err->code = CODE_HALF_DONE;
		fail_hint(err, "VFs that were made are left: %s", second.msg);
	}
}

static int change_numbers(struct change *change, struct plan *plan, unsigned int *ret_away_ms, struct error *err)
{
	int ret = plan->other_count ? vfs_create_all(change, plan->others, plan->other_count, err) : 0;
	uint64_t began = now_ms();

	*ret_away_ms = 0;
	if (ret < 0 || !plan->going_count)
		return ret;
	ret = destroy_all(change, plan->going, plan->going_count, err);
	if (!ret)
		ret = create_going(change, plan, err);
	if (ret < 0) {
		undo(change, plan->going, plan->going_count, err);
		undo_others(change, plan, err);
		return ret;
	}
	ret = put_back_all(change, plan->going, plan->going_count, err);
	*ret_away_ms = (unsigned int)(now_ms() - began) + 1;
	return ret < 0 ? ret : change_look_again(change, err);
}

int vfs_change_all(struct change *change, const struct vfs_wish *wishes, size_t count, unsigned int *ret_away_ms,
	struct error *err)
{
	struct plan plan = { 0 };
	int ret = plan_all(change, wishes, count, &plan, err);

	if (!ret)
		ret = change_numbers(change, &plan, ret_away_ms, err);
	plan_done(&plan);
	return ret;
}
