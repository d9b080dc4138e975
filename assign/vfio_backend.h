/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How VFIO is opened: by groups in a container (vfio_group.c), or by each device's own node and an iommufd
 * (vfio_cdev.c). vfio.c chooses, and has what both share.
 */
#ifndef ASSIGN_VFIO_BACKEND_H
#define ASSIGN_VFIO_BACKEND_H

#include "assign/vfio.h"

struct vfio_backend {
	const char *name; /* as --dma-backend has it */
	/* Make the address space: vfio->space_fd. */
	int (*open)(struct vfio_host *vfio, struct error *err);
	/* Device number index, with nothing done to it yet. */
	int (*add_device)(struct vfio_host *vfio, size_t index, const char *name, struct error *err);
	/* The device, reset, its DMA in the space. Several at once. The caller owns *ret_fd. */
	int (*open_device)(struct vfio_host *vfio, size_t index, const char *name, int *ret_fd, struct error *err);
};

extern const struct vfio_backend vfio_backend_group, vfio_backend_cdev;

#endif
