/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors of VFIO's nodes that whoever started this program has opened: so a user has a guest with devices whose
 * nodes that user may not open. What a descriptor is, is asked of the kernel: its node's number (st_rdev) has to be
 * that of the device, of its IOMMU group, or of the address space, and it has to be open for reading and writing.
 */
#ifndef ASSIGN_VFIO_GIVEN_H
#define ASSIGN_VFIO_GIVEN_H

#include "assign/vfio.h"

/*
 * The descriptor given for the device of that number in vfio, if it is of the character device whose number stands in
 * the file `path` of sysfs ("sys/class/vfio/7/dev"): it is *ret_fd's owner from now on. *ret_fd -1: none was given.
 * CODE_USAGE when it is something else.
 */
int vfio_given_device(
	struct vfio_host *vfio, size_t index, const char *name, const char *path, int *ret_fd, struct error *err);

/* The same of the address space: a container, or an iommufd. */
int vfio_given_space(struct vfio_host *vfio, const char *path, int *ret_fd, struct error *err);

/* Of what kind the first given one is; AUTO: none was given, or it is of no kind. */
enum vfio_choice vfio_given_choice(const struct vfio_host *vfio);

#endif
