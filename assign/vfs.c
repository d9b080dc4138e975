// SPDX-License-Identifier: GPL-2.0-or-later
/* VFs made and removed, with what is written down about them; see vfs.h. */
#include "assign/vfs.h"

#include <errno.h>

#include "assign/clean.h"
#include "assign/guest_dir.h"
#include "assign/lease.h"
#include "base/cleanup.h"
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
	return 0;
}

/* The kernel's own words say more than an errno. */
static int create_vfs(const struct change *change, const struct pci_device *pf, unsigned int count, struct error *err)
{
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	char fix[256];
	int ret;

	kmsg_open(&kmsg, &change_host(change)->root, true);
	ret = pf_create_vfs(change_lock(change), pf, count, err);
	if (ret < 0 && kernel_explain(&kmsg, pf->addr, fix, sizeof(fix)))
		fail_hint(err, "%s", fix);
	return ret;
}

int vfs_create(struct change *change, const struct pci_device *pf, unsigned int count, struct error *err)
{
	const struct pci_addr addr = pf->addr;
	bool are_new = !pf->sriov.num_vfs;
	int ret = create_vfs(change, pf, count, err);

	if (ret < 0)
		return ret;
	ret = change_look_again(change, err);
	if (ret < 0)
		return ret;
	if (!pci_inventory_find(&change_host(change)->pci, addr))
		return fail_code(err, CODE_DEV_LOST, ENODEV, "the physical function went away meanwhile");
	return are_new ? drop_leases(change, addr, err) : 0;
}

int vfs_destroy(struct change *change, const struct pci_device *pf, const struct pci_addr *lose, size_t lose_count,
	struct error *err)
{
	const struct host *host = change_host(change);
	const struct pci_device *vf;
	size_t at = 0;
	int ret;

	while ((vf = next_vf(host, pf->addr, &at))) {
		bool is_lost = assign_is_lost(lose, lose_count, vf->addr) || assign_is_lost(lose, lose_count, pf->addr);

		ret = assign_check_when_dead(host, vf, is_lost ? assign_check_guest : assign_check, err);
		if (ret < 0)
			return ret;
	}
	ret = pf_destroy_vfs(change_lock(change), pf, err);
	if (ret < 0)
		return ret;
	ret = drop_leases(change, pf->addr, err);
	if (ret < 0)
		return ret;
	guest_dir_remove_all_stale(change_lock(change));
	return change_look_again(change, err);
}
