// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOMMU groups: the functions whose DMA cannot be told apart, and so the unit that is given away
 * (Documentation/ABI/testing/sysfs-kernel-iommu_groups). Why a group is as large as it is, is not asked here.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/iommu.h"

enum {
	CLASS_PCI_BRIDGE = 0x0604
};

static int compare_addrs(const void *a, const void *b)
{
	return pci_addr_compare(*(const struct pci_addr *)a, *(const struct pci_addr *)b);
}

static int read_members(const struct sysroot *root, struct iommu_group *group, struct error *err)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/kernel/iommu_groups/%d/devices", group->id);
	struct dirent *entry;

	if (!dir)
		return fail_code(err, CODE_NO_GROUP, ENOENT, "there is no IOMMU group %d", group->id);
	while ((entry = readdir(dir))) {
		struct pci_addr addr;

		/* Platform devices have no address; VFIO PCI has nothing to do with them. */
		if (pci_addr_parse(entry->d_name, &addr) < 0)
			continue;
		if (group->device_count == IOMMU_GROUP_DEVICE_MAX)
			return fail_code(err, CODE_GROUP_SHARED, E2BIG, "IOMMU group %d has more than %d devices",
				group->id, IOMMU_GROUP_DEVICE_MAX);
		group->device[group->device_count++] = addr;
	}
	qsort(group->device, group->device_count, sizeof(group->device[0]), compare_addrs);
	return 0;
}

/* "0x00000000fee00000 0x00000000feefffff msi" */
int iommu_group_read_reserved(const struct sysroot *root, struct iommu_group *group, struct error *err)
{
	cleanup_close int fd =
		sysroot_open_file(root, O_RDONLY, "sys/kernel/iommu_groups/%d/reserved_regions", group->id);
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[128];

	if (!file)
		return 0;
	take_fd(&fd);
	while (fgets(line, sizeof(line), file)) {
		struct iommu_reserved *region = &group->reserved[group->reserved_count];

		if (group->reserved_count == IOMMU_RESERVED_MAX)
			return fail_code(err, CODE_DEV_RESERVED_MEMORY, E2BIG,
				"IOMMU group %d has more than %d reserved regions", group->id, IOMMU_RESERVED_MAX);
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %23s", &region->start, &region->end, region->kind) == 3)
			group->reserved_count++;
	}
	return 0;
}

int iommu_group_read(const struct sysroot *root, int id, struct iommu_group *ret_group, struct error *err)
{
	struct iommu_group group = { .id = id };
	int ret = read_members(root, &group, err);

	if (ret < 0)
		return ret;
	ret = iommu_group_read_reserved(root, &group, err);
	if (ret < 0)
		return ret;
	sysroot_read_text(root, group.type, sizeof(group.type), "sys/kernel/iommu_groups/%d/type", id);
	*ret_group = group;
	return 0;
}

/* Drivers that leave DMA to whoever owns the group: the kernel's driver_managed_dma. */
bool iommu_group_tolerates(const struct pci_device *device)
{
	return !device->driver[0] || device->class >> 8 == CLASS_PCI_BRIDGE || pci_driver_is_vfio(device->driver) ||
	       !strcmp(device->driver, "pcieport") || !strcmp(device->driver, "pci-stub");
}

/* The member that is to be given away, for the message: one that VFIO has, else the first that is not the culprit. */
static const struct pci_device *wanted_member(
	const struct pci_inventory *inventory, const struct iommu_group *group, const struct pci_device *culprit)
{
	const struct pci_device *other = NULL;

	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *device = pci_inventory_find(inventory, group->device[i]);

		if (!device || device == culprit)
			continue;
		if (pci_driver_is_vfio(device->driver))
			return device;
		if (!other && iommu_group_tolerates(device))
			other = device;
	}
	return other;
}

static int not_viable(const struct pci_inventory *inventory, const struct iommu_group *group,
	const struct pci_device *culprit, size_t culprits, struct error *err)
{
	const struct pci_device *wanted = wanted_member(inventory, group, culprit);
	char wanted_name[PCI_ADDR_TEXT_SIZE];
	char culprit_name[PCI_ADDR_TEXT_SIZE];
	char more[32] = "";

	pci_addr_text(culprit->addr, culprit_name);
	if (culprits > 1)
		snprintf(more, sizeof(more), " and %zu more", culprits - 1);
	if (wanted)
		fail_code(err, CODE_GROUP_NOT_VIABLE, EPERM,
			"%s cannot be given away: IOMMU group %d also holds %s (driver %s)%s",
			pci_addr_text(wanted->addr, wanted_name), group->id, culprit_name, culprit->driver, more);
	else
		fail_code(err, CODE_GROUP_NOT_VIABLE, EPERM, "IOMMU group %d cannot be given away: %s has driver %s%s",
			group->id, culprit_name, culprit->driver, more);
	/* What could be done about it depends on who needs what: assign/remedy.h. */
	return fail_hint(err, "'sluice groups %d' shows all of it; 'sluice why %s' says what would help", group->id,
		wanted ? pci_addr_text(wanted->addr, wanted_name) : culprit_name);
}

/* A member that came after the inventory was read: nothing is known of it but what sysfs says now. */
static int check_newcomer(
	const struct sysroot *root, const struct iommu_group *group, struct pci_addr addr, struct error *err)
{
	struct pci_device device = { .addr = addr };
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(addr, name);
	sysroot_read_link_name(root, device.driver, sizeof(device.driver), "sys/bus/pci/devices/%s/driver", name);
	if (iommu_group_tolerates(&device))
		return 0;
	fail_code(err, CODE_GROUP_NOT_VIABLE, EPERM, "IOMMU group %d also holds the new device %s (driver %s)",
		group->id, name, device.driver);
	return fail_hint(err, "'sluice groups %d' shows all of it", group->id);
}

int iommu_group_check_viable(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct iommu_group *group, struct error *err)
{
	const struct pci_device *culprit = NULL;
	size_t culprits = 0;

	for (size_t i = 0; i < group->device_count; i++) {
		const struct pci_device *device = pci_inventory_find(inventory, group->device[i]);

		if (!device) {
			int ret = check_newcomer(root, group, group->device[i], err);

			if (ret < 0)
				return ret;
			continue;
		}
		if (iommu_group_tolerates(device))
			continue;
		if (!culprit)
			culprit = device;
		culprits++;
	}
	return culprit ? not_viable(inventory, group, culprit, culprits, err) : 0;
}
