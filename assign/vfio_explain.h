/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why VFIO said no. Each function fills err with the cause, found by looking at the host again, and returns -errno; the
 * message names the group or the node, not the device.
 */
#ifndef ASSIGN_VFIO_EXPLAIN_H
#define ASSIGN_VFIO_EXPLAIN_H

#include "os/sysroot.h"
#include "pci/pci.h"

/* path: "/dev/vfio/12". CODE_VFIO_PERM. */
int vfio_no_permission(const char *path, int errnum, struct error *err);

/* Another process has the group, or just had it: opening is exclusive. CODE_GROUP_BUSY. */
int vfio_group_busy(const struct sysroot *root, int group, struct error *err);

/* CODE_GROUP_NOT_VIABLE, with the device that makes it so where the host shows it. */
int vfio_not_viable(const struct sysroot *root, int group, struct error *err);

/*
 * Giving a group to a container, a device to an iommufd or to an address space: the moments when the IOMMU is asked.
 * CODE_IOMMU_NO_INTREMAP, CODE_DEV_RESERVED_MEMORY, CODE_GROUP_NOT_VIABLE, CODE_GROUP_BUSY.
 */
int vfio_explain_attach(const struct sysroot *root, int group, int errnum, struct error *err);

/* Opening the device itself; name is its address. */
int vfio_explain_device(const char *name, int errnum, struct error *err);

#endif
