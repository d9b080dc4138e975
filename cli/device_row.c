// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands against giving a device away, found by looking only: the same questions as `bind` and `run` ask, answered
 * for all devices at once and without stopping at the first.
 */
#include "cli/device_row.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

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

/* Others of the group that the host drives; the device itself would leave its driver. */
static bool others_block(const struct host *host, const struct pci_device *device, const struct iommu_group *group)
{
	struct iommu_group others = *group;

	others.device_count = 0;
	for (size_t i = 0; i < group->device_count; i++)
		if (pci_addr_compare(group->device[i], device->addr))
			others.device[others.device_count++] = group->device[i];
	return iommu_group_check_viable(&host->root, &host->pci, &others, NULL) < 0;
}

static bool has_direct_region(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->reserved_count; i++)
		if (!strcmp(group->reserved[i].kind, "direct"))
			return true;
	return false;
}

static void judge_group(const struct host *host, struct device_row *row)
{
	const struct pci_device *device = row->device;
	struct iommu_group group;

	if (!host->iommu.translating) {
		add_blocker(row, CODE_IOMMU_OFF);
		return;
	}
	if (host->iommu.interrupt_remapping == IOMMU_NO)
		add_blocker(row, CODE_IOMMU_NO_INTREMAP);
	if (device->iommu_group < 0) {
		add_blocker(row, CODE_NO_GROUP);
		return;
	}
	if (iommu_group_read(&host->root, device->iommu_group, &group, NULL) < 0)
		return;
	if (others_block(host, device, &group))
		add_blocker(row, CODE_GROUP_NOT_VIABLE);
	if (has_direct_region(&group))
		add_blocker(row, CODE_DEV_RESERVED_MEMORY);
}

static void judge(const struct host *host, struct device_row *row)
{
	const struct pci_device *device = row->device;

	if (device->is_bridge) {
		add_blocker(row, CODE_DEV_BRIDGE);
		return;
	}
	if (is_blocked_by_users(row))
		add_blocker(row, CODE_DEV_IN_USE);
	judge_group(host, row);
	if (pci_msix_vectors(&host->root, device->addr) == 0)
		add_blocker(row, CODE_DEV_NO_MSIX);
	if (device->reset_known && !device->reset_count)
		add_blocker(row, CODE_NO_RESET);
}

static void find_owner(const struct host *host, struct device_row *row)
{
	const struct pci_device *device = row->device;
	char guest[GUEST_NAME_SIZE];
	struct lease lease;

	if (lease_guest(&host->root, device->addr, guest))
		snprintf(row->owner, sizeof(row->owner), "guest %s", guest);
	else if (lease_read(&host->root, device->addr, &lease, NULL) == 1 && lease.bound)
		text_copy(row->owner, sizeof(row->owner), "operator");
	else if (device->driver[0] && !pci_driver_is_vfio(device->driver))
		text_copy(row->owner, sizeof(row->owner), "host");
}

int device_row_read(
	const struct host *host, const struct pci_device *device, struct device_row *ret_row, struct error *err)
{
	struct device_row row = { .device = device };
	int ret = host_users(host, device, &row.users, err);

	if (ret < 0)
		return ret;
	find_owner(host, &row);
	judge(host, &row);
	*ret_row = row;
	return 0;
}

void device_row_done(struct device_row *row)
{
	if (row)
		pci_users_done(&row->users);
}
