/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-blk (virtio 1.2, 5.2): a disk's requests, and what is said of them. One queue, whose requests go to the back
 * end (disk.h) as they come; the guest orders its own.
 *
 * A write is done when the host's page cache has it, as on a disk with a write cache, and FLUSH puts it onto stable
 * storage. A driver that does not know FLUSH gets each write on stable storage (5.2.6.2). What goes wrong below, a full
 * file system or a device that is gone, is an I/O error to the guest and nothing else.
 */
#ifndef VMM_CORE_VIRTIO_BLK_H
#define VMM_CORE_VIRTIO_BLK_H

#include "vmm-core/virtio/virtio.h"
#include "wire/launch.h"

/* Takes over fd, of a regular file or block device, also on failure. */
int virtio_blk_new(struct virtio_device **ret_device, const struct launch_virtio *launch, int fd, struct error *err);

#endif
