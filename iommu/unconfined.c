// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two faces of the same option. A group that VFIO makes up for a device without IOMMU (since 4.5,
 * vfio_noiommu_group_alloc() in drivers/vfio/group.c): its name is "vfio-noiommu", its node /dev/vfio/noiommu-GROUP.
 * And a node of the device itself (7.3, vfio_device_set_noiommu_and_name() in drivers/vfio/vfio_main.c;
 * CONFIG_VFIO_NOIOMMU with CONFIG_VFIO_DEVICE_CDEV): sys/class/vfio-dev/noiommu-vfioN, /dev/vfio/devices/noiommu-vfioN,
 * which iommufd opens with physical addresses; it needs no group at all.
 */
#include "iommu/unconfined.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

bool iommu_unconfined_node(const struct sysroot *root, struct pci_addr addr, char *buf, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/class/vfio-dev");
	char name[PCI_ADDR_TEXT_SIZE], group[24], kind[32], target[512];
	struct dirent *entry;
	struct pci_addr owner;

	while (dir && (entry = readdir(dir)))
		if (text_starts_with(entry->d_name, "noiommu-") &&
			sysroot_read_link(root, target, sizeof(target), "sys/class/vfio-dev/%s", entry->d_name) > 0 &&
			!pci_addr_in_path(target, &owner) && !pci_addr_compare(owner, addr)) {
			snprintf(buf, size, "/dev/vfio/devices/%.40s", entry->d_name);
			return true;
		}
	pci_addr_text(addr, name);
	if (sysroot_read_link_name(root, group, sizeof(group), "sys/bus/pci/devices/%s/iommu_group", name) < 0 ||
		sysroot_read_text(root, kind, sizeof(kind), "sys/kernel/iommu_groups/%s/name", group) <= 0 ||
		strcmp(kind, PCI_GROUP_UNCONFINED) != 0)
		return false;
	snprintf(buf, size, "/dev/vfio/noiommu-%s", group);
	return true;
}
