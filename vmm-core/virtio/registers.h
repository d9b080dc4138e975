/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver and a device agree on: status, features, the queues' registers, and the interrupts of a device. For
 * transport.c alone, which is how a guest reaches them; all with vm->lock held.
 */
#ifndef VMM_CORE_VIRTIO_REGISTERS_H
#define VMM_CORE_VIRTIO_REGISTERS_H

#include "vmm-core/virtio/virtio.h"

enum {
	VIRTIO_COMMON_SIZE = 0x38 /* without notification data and queue reset, which are not offered */
};

/* As after a reset. Nobody serves the device. */
void virtio_registers_reset(struct virtio_device *device);

/* A reset that could not be finished at once may be by now: then it is. Before each access. */
void virtio_registers_settle(struct virtio_device *device);

/* The common configuration (4.1.4.3). size 1, 2 or 4. */
uint32_t virtio_common_read(struct virtio_device *device, uint64_t offset, unsigned int size);
void virtio_common_write(struct virtio_device *device, uint64_t offset, unsigned int size, uint32_t value);

#endif
