// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames moved by vhost-net (linux/vhost.h): a thread of the kernel reads and writes the guest's queues and the tap. It
 * is woken by the notifications' eventfds, which KVM signals, and it signals the vectors' eventfds, from which KVM
 * interrupts: this process sees nothing of it, and counts nothing. The kernel checks the rings as it goes; that they
 * and all buffers are the guest's memory follows from the table of memory that it is given.
 */
#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "vmm-core/virtio/net.h"
#include "vmm-core/vm.h"

#define BIT(feature) (1ull << (feature))
/* Large frames come in as many buffers as they need, which is how Linux's driver gives them. */
#define FEATURES                                                                                                       \
	(BIT(VIRTIO_NET_F_GUEST_TSO4) | BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_ECN) |                   \
		BIT(VIRTIO_NET_F_MRG_RXBUF))

static int request(
	const struct virtio_net *net, unsigned long what, const void *with, const char *for_what, struct error *err)
{
	if (ioctl(net->vhost, what, with) < 0)
		return fail(err, errno, "%s of '%s' by vhost-net", for_what, net->label);
	return 0;
}

static int vhost_open(struct virtio_net *net, struct error *err)
{
	int ret = request(net, VHOST_SET_OWNER, NULL, "take the queues", err);

	return ret < 0 ? ret : request(net, VHOST_GET_FEATURES, &net->vhost_features, "read the features", err);
}

static void vhost_close(struct virtio_net *net)
{
	(void)net;
}

static int set_memory(const struct virtio_net *net, const struct vm *vm, struct error *err)
{
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region[LAYOUT_RAM_MAX];
	} table = { .head.nregions = (uint32_t)vm->layout.ram_count };

	for (size_t i = 0; i < vm->layout.ram_count; i++)
		table.region[i] = (struct vhost_memory_region){
			.guest_phys_addr = vm->layout.ram[i].at.start,
			.memory_size = range_size(vm->layout.ram[i].at),
			.userspace_addr = (uintptr_t)guest_ram_region(&vm->ram, i),
		};
	return request(net, VHOST_SET_MEM_TABLE, &table, "show the guest's memory", err);
}

static int vhost_power_on(struct virtio_net *net, struct vm *vm, struct error *err)
{
	return set_memory(net, vm, err);
}

static int set_queue(const struct virtio_net *net, unsigned int index, struct error *err)
{
	const struct virtqueue *queue = &net->device.queue[index];
	const struct vhost_vring_state size = { index, queue->size }, base = { index, 0 };
	const struct vhost_vring_addr rings = {
		.index = index,
		.desc_user_addr = (uintptr_t)queue->desc,
		.avail_user_addr = (uintptr_t)queue->avail,
		.used_user_addr = (uintptr_t)queue->used,
	};
	const struct vhost_vring_file kick = { index, net->device.kick[index] };
	const struct vhost_vring_file call = {
		.index = index,
		.fd = queue->vector == VIRTQ_NO_VECTOR ? -1 : net->device.msix.vector[queue->vector].eventfd,
	};
	const struct {
		unsigned long what;
		const void *with;
	} rows[] = {
		{ VHOST_SET_VRING_NUM, &size },
		{ VHOST_SET_VRING_BASE, &base },
		{ VHOST_SET_VRING_ADDR, &rings },
		{ VHOST_SET_VRING_KICK, &kick },
		{ VHOST_SET_VRING_CALL, &call },
	};
	int ret = 0;

	for (size_t i = 0; i < array_size(rows) && ret == 0; i++)
		ret = request(net, rows[i].what, rows[i].with, "set up a queue", err);
	return ret;
}

static int set_backend(const struct virtio_net *net, int tap, struct error *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < NET_QUEUES && ret == 0; i++) {
		const struct vhost_vring_file file = { i, tap };

		ret = request(net, VHOST_NET_SET_BACKEND, &file, tap < 0 ? "stop a queue" : "start a queue", err);
	}
	return ret;
}

static int vhost_start(struct virtio_net *net, struct error *err)
{
	uint64_t features = net->device.features & net->vhost_features;
	int ret = request(net, VHOST_SET_FEATURES, &features, "set the features", err);

	for (unsigned int i = 0; i < NET_QUEUES && ret == 0; i++)
		ret = set_queue(net, i, err);
	return ret < 0 ? ret : set_backend(net, net->tap, err);
}

/* The kernel has let go of the queues when this returns. */
static void vhost_stop(struct virtio_net *net)
{
	set_backend(net, -1, NULL);
}

static bool vhost_is_stopped(struct virtio_net *net)
{
	(void)net;
	return true;
}

const struct net_mover net_by_vhost = {
	.name = "vhost",
	.features = FEATURES,
	.open = vhost_open,
	.close = vhost_close,
	.power_on = vhost_power_on,
	.start = vhost_start,
	.stop = vhost_stop,
	.is_stopped = vhost_is_stopped,
};
