// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands against giving a device away, found by looking only: the same questions as `bind` and `run` ask, answered
 * for all devices at once and without stopping at the first.
 */
#include "view/device_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "guest/guest.h"

static void add_blocker(struct device_row *row, enum code code)
{
	if (row->blocker_count < BLOCKER_MAX)
		row->blocker[row->blocker_count++] = code;
}

static bool is_blocked_by_users(const struct device_row *row)
{
	for (size_t i = 0; i < row->users.count; i++)
		if (row->users.user[i].severity == PCI_USER_BLOCKS)
			return true;
	return row->owner[0] == 'g';
}

static int compare_groups(const void *a, const void *b)
{
	const struct pci_device *const *one = a;
	const struct pci_device *const *other = b;

	if ((*one)->iommu_group != (*other)->iommu_group)
		return (*one)->iommu_group < (*other)->iommu_group ? -1 : 1;
	return pci_addr_compare((*one)->addr, (*other)->addr);
}

int device_view_open(struct device_view *view, const struct host *host, bool thorough, struct error *err)
{
	*view = (struct device_view){ .host = host, .thorough = thorough, .vf_vectors = -1 };
	view->member = calloc(host->pci.count + 1, sizeof(*view->member));
	if (!view->member)
		return fail(err, ENOMEM, "look at the devices");
	for (size_t i = 0; i < host->pci.count; i++)
		if (host->pci.devices[i].iommu_group >= 0)
			view->member[view->member_count++] = &host->pci.devices[i];
	if (view->member_count)
		qsort(view->member, view->member_count, sizeof(*view->member), compare_groups);
	/* Leases that may not be read are none that can be shown. */
	if (lease_list(&host->root, &view->lease, &view->lease_count, NULL) < 0)
		view->lease_count = 0;
	return 0;
}

void device_view_close(struct device_view *view)
{
	free(view->lease);
	free(view->member);
	*view = (struct device_view){ 0 };
}

/* The first in the group; view->member goes on with the others. */
static size_t find_group(const struct device_view *view, int group)
{
	size_t low = 0;
	size_t high = view->member_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (view->member[middle]->iommu_group < group)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Others of the group that the host drives; the device itself would leave its driver. */
static bool others_block(const struct device_view *view, const struct pci_device *device)
{
	struct iommu_group others = { .id = device->iommu_group };

	for (size_t i = find_group(view, device->iommu_group);
		i < view->member_count && view->member[i]->iommu_group == device->iommu_group; i++)
		if (view->member[i] != device && others.device_count < IOMMU_GROUP_DEVICE_MAX)
			others.device[others.device_count++] = view->member[i]->addr;
	return iommu_group_check_viable(&view->host->root, &view->host->pci, &others, NULL) < 0;
}

static bool has_direct_region(const struct device_view *view, const struct pci_device *device)
{
	struct iommu_group group = { .id = device->iommu_group };

	if (iommu_group_read_reserved(&view->host->root, &group, NULL) < 0)
		return false;
	for (size_t i = 0; i < group.reserved_count; i++)
		if (!strcmp(group.reserved[i].kind, "direct"))
			return true;
	return false;
}

static int msix_vectors(struct device_view *view, const struct pci_device *device)
{
	if (!device->is_vf)
		return pci_msix_vectors(&view->host->root, device->addr);
	if (view->vf_vectors < 0 || pci_addr_compare(view->vf_pf, device->pf)) {
		view->vf_pf = device->pf;
		view->vf_vectors = pci_msix_vectors(&view->host->root, device->addr);
	}
	return view->vf_vectors;
}

static void judge_group(const struct device_view *view, struct device_row *row)
{
	const struct host *host = view->host;

	if (!host->iommu.translating) {
		add_blocker(row, CODE_IOMMU_OFF);
		return;
	}
	if (host->iommu.interrupt_remapping == IOMMU_NO)
		add_blocker(row, CODE_IOMMU_NO_INTREMAP);
	if (row->device->iommu_group < 0)
		add_blocker(row, CODE_NO_GROUP);
	else if (others_block(view, row->device))
		add_blocker(row, CODE_GROUP_NOT_VIABLE);
}

/* Firmware reserves memory for functions that are there when the machine starts, and VFs are not. */
static void judge_with_effort(struct device_view *view, struct device_row *row)
{
	const struct pci_device *device = row->device;

	if (view->host->iommu.translating && device->iommu_group >= 0 && (view->thorough || !device->is_vf) &&
		has_direct_region(view, device))
		add_blocker(row, CODE_DEV_RESERVED_MEMORY);
	if (!msix_vectors(view, device))
		add_blocker(row, CODE_DEV_NO_MSIX);
}

static void judge(struct device_view *view, struct device_row *row)
{
	const struct pci_device *device = row->device;

	if (device->is_bridge) {
		add_blocker(row, CODE_DEV_BRIDGE);
		return;
	}
	if (is_blocked_by_users(row))
		add_blocker(row, CODE_DEV_IN_USE);
	judge_group(view, row);
	if (device->reset_known && !device->reset_count)
		add_blocker(row, CODE_NO_RESET);
	if (view->thorough || !row->blocker_count)
		judge_with_effort(view, row);
}

static const struct lease *find_lease(const struct device_view *view, struct pci_addr addr)
{
	for (size_t i = 0; i < view->lease_count; i++)
		if (!pci_addr_compare(view->lease[i].addr, addr))
			return &view->lease[i];
	return NULL;
}

static void find_owner(const struct device_view *view, struct device_row *row)
{
	const struct pci_device *device = row->device;
	const struct lease *lease = find_lease(view, device->addr);

	if (lease && lease->guest[0] && guest_is_alive(&view->host->root, lease->guest))
		snprintf(row->owner, sizeof(row->owner), "guest %s", lease->guest);
	else if (lease && lease->bound)
		text_copy(row->owner, sizeof(row->owner), "operator");
	else if (device->driver[0] && !pci_driver_is_vfio(device->driver))
		text_copy(row->owner, sizeof(row->owner), "host");
}

int device_row_read(
	struct device_view *view, const struct pci_device *device, struct device_row *ret_row, struct error *err)
{
	struct device_row row = { .device = device };
	int ret = host_users(view->host, device, &row.users, err);

	if (ret < 0)
		return ret;
	find_owner(view, &row);
	judge(view, &row);
	*ret_row = row;
	return 0;
}

void device_row_done(struct device_row *row)
{
	if (row)
		pci_users_done(&row->users);
}
