// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtio devices of one guest; see set.h. */
#include "vmm-core/virtio/set.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/virtio/blk.h"
#include "vmm-core/virtio/net.h"
#include "vmm-core/virtio/rng.h"
#include "vmm-core/virtio/virtio.h"
#include "vmm-core/vm.h"

static int add_disk(struct launch_message *message, struct virtio_device **ret_device, struct error *err)
{
	return virtio_blk_new(ret_device, &message->virtio, take_fd(&message->fd[0]), err);
}

static int add_net(struct launch_message *message, struct virtio_device **ret_device, struct error *err)
{
	int vhost = message->fd_count > 1 ? take_fd(&message->fd[1]) : -1;

	return virtio_net_new(ret_device, &message->virtio, take_fd(&message->fd[0]), vhost, err);
}

static int add_rng(struct launch_message *message, struct virtio_device **ret_device, struct error *err)
{
	(void)message;
	return virtio_rng_new(ret_device, err);
}

static const struct {
	enum launch_virtio_kind kind;
	int (*add)(struct launch_message *message, struct virtio_device **ret_device, struct error *err);
} kinds[] = {
	{ LAUNCH_VIRTIO_DISK, add_disk },
	{ LAUNCH_VIRTIO_NET, add_net },
	{ LAUNCH_VIRTIO_RNG, add_rng },
};

int virtio_set_add(struct vm *vm, struct launch_message *message, struct error *err)
{
	if (vm->virtio_count == LIMIT_VIRTIO)
		return fail_code(err, CODE_LAYOUT, ENOSPC, "a guest has at most %d virtio devices", LIMIT_VIRTIO);
	for (size_t i = 0; i < array_size(kinds); i++) {
		int ret;

		if (kinds[i].kind != message->virtio.kind)
			continue;
		ret = kinds[i].add(message, &vm->virtio[vm->virtio_count], err);
		if (ret == 0)
			vm->virtio_count++;
		return ret;
	}
	return fail_code(err, CODE_FAILED, EPROTO, "a virtio device of kind %u", message->virtio.kind);
}

int virtio_set_plug(struct vm *vm, struct error *err)
{
	struct pci_function *fns[LIMIT_VIRTIO];

	for (size_t i = 0; i < vm->virtio_count; i++)
		fns[i] = &vm->virtio[i]->fn;
	return pci_bus_add_own(&vm->pci, fns, vm->virtio_count, err);
}

/* What a driver has made of the device. */
static const char *state_of(const struct virtio_device *device)
{
	if (device->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return "needs-reset";
	return device->started ? "runs" : "idle";
}

void virtio_set_status(const struct vm *vm, struct control_status *status)
{
	for (size_t i = 0; i < vm->virtio_count; i++) {
		const struct virtio_device *device = vm->virtio[i];
		struct control_virtio *shown = &status->virtio[status->virtio_count++];

		text_copy(shown->kind, sizeof(shown->kind), device->ops->kind);
		text_copy(shown->state, sizeof(shown->state), state_of(device));
		snprintf(shown->guest_address, sizeof(shown->guest_address), "%02x:%02x.%x", device->fn.bus,
			device->fn.device, device->fn.function);
		for (unsigned int q = 0; q < device->queue_count; q++) {
			const struct virtqueue *queue = &device->queue[q];

			shown->notifications += queue->notifications;
			shown->interrupts += queue->interrupts;
			if (queue->broken)
				text_copy(shown->trouble, sizeof(shown->trouble), queue->broken);
		}
		device->ops->status(device, shown);
	}
}

void virtio_set_done(struct vm *vm)
{
	while (vm->virtio_count > 0) {
		struct virtio_device *device = vm->virtio[--vm->virtio_count];

		device->ops->free(device);
	}
}
