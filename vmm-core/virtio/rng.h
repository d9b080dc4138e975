/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-rng (virtio 1.2, 5.4): random bytes of the host's kernel, as many at a time as one request may have. */
#ifndef VMM_CORE_VIRTIO_RNG_H
#define VMM_CORE_VIRTIO_RNG_H

#include "vmm-core/virtio/virtio.h"

int virtio_rng_new(struct virtio_device **ret_device, struct error *err);

#endif
