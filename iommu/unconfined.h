/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that VFIO gives away with nothing that confines them: its module's enable_unsafe_noiommu_mode. sluice counts
 * their groups as none (pci/function.c), so that every rule about groups refuses them; here is how they are recognized
 * and told.
 */
#ifndef IOMMU_UNCONFINED_H
#define IOMMU_UNCONFINED_H

#include "pci/pci.h"

/* The node through which the device can be opened, "/dev/vfio/devices/noiommu-vfio0"; false for one that has none. */
bool iommu_unconfined_node(const struct sysroot *root, struct pci_addr addr, char *buf, size_t size);

#endif
