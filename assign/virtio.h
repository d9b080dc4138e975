/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a virtio function's DMA go through the IOMMU? Virtual I/O Device 1.2, 6: without the feature
 * VIRTIO_F_ACCESS_PLATFORM a device reaches memory by the addresses that its driver writes, neither limited nor
 * translated. Where a hypervisor makes the device, that is past the IOMMU: a guest that has it reads and writes this
 * host's memory. A physical device sends all it does through the IOMMU, whatever it offers, but nothing tells it from
 * the other kind.
 */
#ifndef ASSIGN_VIRTIO_H
#define ASSIGN_VIRTIO_H

#include "assign/vfio.h"

/* What comes after such a device's address. */
#define VIRTIO_UNCONFINED_TEXT                                                                                         \
	"is a virtio device that does not offer VIRTIO_F_ACCESS_PLATFORM: its DMA goes past the IOMMU, to any memory " \
	"of this host"

enum virtio_dma {
	VIRTIO_DMA_CONFINED,
	VIRTIO_DMA_UNCONFINED, /* the feature is not offered */
	VIRTIO_DMA_UNKNOWN,
};

/* Any other function is confined. What is known is what the host's driver of it has found (sysfs: features). */
enum virtio_dma virtio_dma_read(const struct sysroot *root, const struct pci_device *device);

/*
 * Asks the device itself, which has been opened through VFIO and is nobody's yet: its feature bits (4.1.4.3), with
 * memory decoding on meanwhile. 0: confined, or no virtio function. CODE_DEV_IOMMU_BYPASS; CODE_DEV_LOST where its
 * registers cannot be read.
 */
int virtio_check_opened(
	const struct vfio_host *vfio, const struct pci_device *device, int device_fd, struct error *err);

#endif
