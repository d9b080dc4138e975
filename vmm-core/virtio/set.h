/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtio devices of one guest: vm->virtio, in the order of the launch protocol's messages. */
#ifndef VMM_CORE_VIRTIO_SET_H
#define VMM_CORE_VIRTIO_SET_H

#include "base/error.h"
#include "wire/control.h"
#include "wire/launch.h"

struct vm;

/* From LAUNCH_VIRTIO, whose descriptors are taken over. */
int virtio_set_add(struct vm *vm, struct launch_message *message, struct error *err);

/* All that were added, onto the guest's bus. */
int virtio_set_plug(struct vm *vm, struct error *err);

/* With vm->lock held. */
void virtio_set_status(const struct vm *vm, struct control_status *status);

/* After the bus is done. */
void virtio_set_done(struct vm *vm);

#endif
