// SPDX-License-Identifier: GPL-2.0-or-later
/* VFs made and removed, with what is written down about them; see vfs.h. */
#include "assign/vfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/clean.h"
#include "assign/guest_dir.h"
#include "assign/lease.h"
#include "assign/verdict.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "distro/kernel_explain.h"
#include "os/kmsg.h"
#include "sriov/sriov.h"

static const struct pci_device *next_vf(const struct host *host, struct pci_addr pf, size_t *at)
{
	while (*at < host->pci.count) {
		const struct pci_device *device = &host->pci.devices[(*at)++];

		if (device->is_vf && !pci_addr_compare(device->pf, pf))
			return device;
	}
	return NULL;
}

static unsigned int routing_id(struct pci_addr addr)
{
	return (unsigned int)addr.bus << 8 | (unsigned int)addr.device << 3 | addr.function;
}

/* Is this the address of one of the PF's VFs, whether it is there or not (PCIe 6.0, 9.3.3.9)? */
static bool is_vf_address(const struct sysroot *root, const struct pci_device *pf, struct pci_addr addr)
{
	char name[PCI_ADDR_TEXT_SIZE];
	unsigned int first, at = routing_id(addr);
	uint64_t offset, stride;

	pci_addr_text(pf->addr, name);
	if (addr.domain != pf->addr.domain ||
		sysroot_read_u64(root, &offset, "sys/bus/pci/devices/%s/sriov_offset", name) < 0 ||
		sysroot_read_u64(root, &stride, "sys/bus/pci/devices/%s/sriov_stride", name) < 0)
		return false;
	first = routing_id(pf->addr) + (unsigned int)offset;
	return at >= first && at <= first + (pf->sriov.total_vfs - 1u) * (unsigned int)stride &&
	       (stride < 2 || (at - first) % stride == 0);
}

/* Leases of VFs that somebody removed before it could remove these. */
static int drop_absent(const struct change *change, struct pci_addr addr, struct error *err)
{
	const struct host *host = change_host(change);
	const struct pci_device *pf = pci_inventory_find(&host->pci, addr);
	cleanup_free struct lease *leases = NULL;
	size_t count = 0;
	int ret = pf ? lease_list(&host->root, &leases, &count, err) : 0;

	for (size_t i = 0; ret >= 0 && i < count; i++) {
		if (pci_inventory_find(&host->pci, leases[i].addr) || !is_vf_address(&host->root, pf, leases[i].addr))
			continue;
		unclean_forget(change_lock(change), leases[i].addr);
		ret = lease_remove(change_lock(change), leases[i].addr, err);
	}
	return ret < 0 ? ret : 0;
}

/* What was written down about VFs that do not exist any more, or did not exist before, is nobody's. */
static int drop_leases(const struct change *change, struct pci_addr pf, struct error *err)
{
	const struct host *host = change_host(change);
	const struct pci_device *vf;
	size_t at = 0;

	while ((vf = next_vf(host, pf, &at))) {
		struct lease lease;
		int ret = 0;

		unclean_forget(change_lock(change), vf->addr);
		if (lease_read(&host->root, vf->addr, &lease, NULL))
			ret = lease_remove(change_lock(change), vf->addr, err);
		if (ret < 0)
			return ret;
	}
	return drop_absent(change, pf, err);
}

/* The kernel's own words say more than an errno. */
static void explain(struct kmsg *kmsg, const struct vfs_wish *wishes, size_t count, struct error *err)
{
	char fix[256];

	for (size_t i = 0; i < count; i++)
		if (kernel_explain(&kmsg[i], wishes[i].pf, fix, sizeof(fix))) {
			fail_hint(err, "%s", fix);
			return;
		}
}

static int find_pfs(const struct host *host, const struct vfs_wish *wishes, size_t count, struct pf_wish *ret_pfs,
	struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		ret_pfs[i] = (struct pf_wish){ pci_inventory_find(&host->pci, wishes[i].pf), wishes[i].count };
		if (!ret_pfs[i].pf)
			return fail_code(err, CODE_DEV_LOST, ENODEV, "%s is gone", pci_addr_text(wishes[i].pf, name));
	}
	return 0;
}

/* are_new[i]: the PF had no VFs before. */
static int create_pfs(
	struct change *change, const struct vfs_wish *wishes, size_t count, bool *are_new, struct error *err)
{
	cleanup_free struct pf_wish *pfs = calloc(count + 1, sizeof(*pfs));
	cleanup_free struct kmsg *kmsg = calloc(count + 1, sizeof(*kmsg));
	int ret = pfs && kmsg ? find_pfs(change_host(change), wishes, count, pfs, err) : fail(err, ENOMEM, "make VFs");

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < count; i++) {
		are_new[i] = !pfs[i].pf->sriov.num_vfs;
		kmsg_open(&kmsg[i], &change_host(change)->root, true);
	}
	ret = pf_create_all(change_lock(change), pfs, count, err);
	if (ret < 0)
		explain(kmsg, wishes, count, err);
	for (size_t i = 0; i < count; i++)
		kmsg_close(&kmsg[i]);
	return ret;
}

int vfs_create_all(struct change *change, const struct vfs_wish *wishes, size_t count, struct error *err)
{
	cleanup_free bool *are_new = calloc(count + 1, sizeof(*are_new));
	int ret = are_new ? create_pfs(change, wishes, count, are_new, err) : fail(err, ENOMEM, "make VFs");

	if (ret < 0)
		return ret;
	ret = change_look_again(change, err);
	for (size_t i = 0; i < count && !ret; i++) {
		if (!pci_inventory_find(&change_host(change)->pci, wishes[i].pf))
			ret = fail_code(err, CODE_DEV_LOST, ENODEV, "the physical function went away meanwhile");
		else if (are_new[i])
			ret = drop_leases(change, wishes[i].pf, err);
	}
	return ret;
}

int vfs_create(struct change *change, const struct pci_device *pf, unsigned int count, struct error *err)
{
	return vfs_create_all(change, &(const struct vfs_wish){ pf->addr, count }, 1, err);
}

int vfs_check_unused(const struct host *host, struct pci_addr pf, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE], users[400] = "";
	cleanup(judge_close) struct judge judge = { 0 };
	const struct pci_device *vf;
	size_t at = 0, used = 0, total = 0;
	int ret = judge_open(&judge, host, JUDGE_AFRESH, NULL, 0, err);

	if (ret < 0)
		return ret;
	for (; (vf = next_vf(host, pf, &at)); total++) {
		struct error one = { 0 };
		size_t length = strlen(users);

		if (assign_check_by(&judge, vf, &one) >= 0)
			continue;
		if (one.code != CODE_DEV_IN_USE) {
			if (err)
				*err = one;
			return one.errnum ? -one.errnum : -EIO;
		}
		text_copy(users + length, sizeof(users) - length, used++ ? "; " : "");
		length = strlen(users);
		text_copy(users + length, sizeof(users) - length, one.msg);
	}
	if (!used)
		return 0;
	pci_addr_text(pf, name);
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "%s: %zu of its %zu VFs %s in use, and another number takes all: %s",
		name, used, total, used == 1 ? "is" : "are", users);
	return fail_hint(err,
		"end those uses first ('sluice impact %s --for vfs' shows all); '--drain' asks guests to give theirs "
		"back",
		name);
}

static int check_destroy(const struct host *host, const struct pci_device *pf, const struct pci_addr *lose,
	size_t lose_count, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	const struct pci_device *vf;
	size_t at = 0;
	int ret = judge_open(&judge, host, JUDGE_AFRESH, NULL, 0, err);

	while (ret >= 0 && (vf = next_vf(host, pf->addr, &at))) {
		bool is_lost = assign_is_lost(lose, lose_count, vf->addr) || assign_is_lost(lose, lose_count, pf->addr);

		ret = is_lost ? assign_check_when_dead(host, vf, assign_check_guest, err)
			      : assign_check_by(&judge, vf, err);
	}
	return ret;
}

int vfs_destroy(struct change *change, const struct pci_device *pf, const struct pci_addr *lose, size_t lose_count,
	struct error *err)
{
	int ret = check_destroy(change_host(change), pf, lose, lose_count, err);

	if (ret < 0)
		return ret;
	ret = pf_destroy_vfs(change_lock(change), pf, err);
	if (ret < 0)
		return ret;
	ret = drop_leases(change, pf->addr, err);
	if (ret < 0)
		return ret;
	guest_dir_remove_all_stale(change_lock(change));
	return change_look_again(change, err);
}
