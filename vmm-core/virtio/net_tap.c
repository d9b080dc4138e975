// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames moved by the device's own thread, where the host has no vhost-net: readv(2) and writev(2) on the tap
 * (linux/if_tun.h), straight from and to the guest's buffers. A buffer to read into is taken from the guest before a
 * frame is waited for, so that frames wait in the tap's queue, whose length the host bounds, and nowhere else.
 */
#include <errno.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "vmm-core/virtio/net.h"
#include "vmm-core/vm.h"

enum {
	AT_ONCE = 64, /* frames in one direction, before the other has its turn */
	NUM_BUFFERS_AT = offsetof(struct virtio_net_hdr_v1, num_buffers),
};

/* With a header of version 1 the driver reads how many buffers a frame has: one, since merging is not offered. */
static void set_num_buffers(struct virtq_chain *chain)
{
	static const uint8_t one[] = { 1, 0 };
	size_t at = 0;

	for (unsigned int i = 0; i < chain->in_count; i++) {
		uint8_t *bytes = chain->iov[chain->out_count + i].iov_base;

		for (size_t k = 0; k < chain->iov[chain->out_count + i].iov_len; k++, at++) {
			if (at >= NUM_BUFFERS_AT + sizeof(one))
				return;
			if (at >= NUM_BUFFERS_AT)
				bytes[k] = one[at - NUM_BUFFERS_AT];
		}
	}
}

/* 1: there is room for a frame; 0: none; -EPROTO. */
static int make_room(struct virtio_net *net)
{
	struct virtqueue *queue = &net->device.queue[NET_RX];
	int ret;

	if (net->has_room)
		return 1;
	do
		ret = virtqueue_pop(queue, &net->chain[NET_RX]);
	while (ret == 0 && virtqueue_listen(queue));
	if (ret > 0 && net->chain[NET_RX].in_bytes < NET_HEADER_SIZE)
		return virtqueue_break(queue, "a buffer for frames without room for a header");
	net->has_room = ret > 0;
	return ret;
}

/* 1: a frame was moved; 0: none can be; -EPROTO. */
static int receive_one(struct virtio_net *net)
{
	struct virtq_chain *chain = &net->chain[NET_RX];
	int ret = net->lost ? 0 : make_room(net);
	ssize_t got;

	if (ret <= 0)
		return ret;
	got = readv(net->tap, &chain->iov[chain->out_count], chain->in_count);
	if (got < 0) {
		net->lost = errno != EAGAIN && errno != EINTR;
		return 0;
	}
	set_num_buffers(chain);
	net->has_room = false;
	net->frames_in++;
	net->bytes_in += (uint64_t)got;
	virtqueue_push(&net->device.queue[NET_RX], chain->head, (uint32_t)got);
	return 1;
}

static int send_one(struct virtio_net *net)
{
	struct virtqueue *queue = &net->device.queue[NET_TX];
	struct virtq_chain *chain = &net->chain[NET_TX];
	ssize_t done;
	int ret;

	do
		ret = virtqueue_pop(queue, chain);
	while (ret == 0 && virtqueue_listen(queue));
	if (ret <= 0)
		return ret;
	/* What the tap does not take is lost, as on a wire. */
	done = writev(net->tap, chain->iov, chain->out_count);
	if (done < 0)
		net->errors++;
	else
		net->bytes_out += (uint64_t)done;
	net->frames_out++;
	virtqueue_push(queue, chain->head, 0);
	return 1;
}

static void move(struct virtio_net *net, unsigned int queue, int (*one)(struct virtio_net *net))
{
	int ret = 1;

	for (unsigned int i = 0; i < AT_ONCE && ret > 0; i++)
		ret = one(net);
	net->busy |= ret > 0;
	if (ret < 0)
		virtio_device_failed(&net->device);
	else if (virtqueue_wants_interrupt(&net->device.queue[queue]))
		virtio_device_interrupt(&net->device, queue);
}

static void net_work(void *opaque)
{
	struct virtio_net *net = opaque;

	net->busy = false;
	if (net->device.queue[NET_RX].broken || net->device.queue[NET_TX].broken)
		return;
	move(net, NET_RX, receive_one);
	move(net, NET_TX, send_one);
}

static void net_wait(void *opaque)
{
	struct virtio_net *net = opaque;
	struct pollfd polled[] = {
		{ net->worker.wake, POLLIN, 0 },
		{ net->device.kick[NET_RX], POLLIN, 0 },
		{ net->device.kick[NET_TX], POLLIN, 0 },
		{ net->has_room && !net->lost ? net->tap : -1, POLLIN, 0 },
	};
	uint64_t count;

	if (poll(polled, array_size(polled), net->busy ? 0 : -1) <= 0)
		return;
	for (unsigned int i = 0; i <= NET_QUEUES; i++) {
		if (!(polled[i].revents & POLLIN) || read(polled[i].fd, &count, sizeof(count)) != sizeof(count))
			continue;
		if (i > 0)
			net->device.queue[i - 1].notifications += count;
	}
}

static void net_drain(void *opaque)
{
	struct virtio_net *net = opaque;

	net->has_room = net->busy = false;
}

static const struct worker_ops worker_ops = { .wait = net_wait, .work = net_work, .drain = net_drain };

static int tap_open(struct virtio_net *net, struct error *err)
{
	return worker_init(&net->worker, &worker_ops, net, err);
}

static void tap_close(struct virtio_net *net)
{
	worker_done(&net->worker);
}

static int tap_power_on(struct virtio_net *net, struct vm *vm, struct error *err)
{
	return worker_begin(&net->worker, vm->sandbox, err);
}

static int tap_start(struct virtio_net *net, struct error *err)
{
	(void)err;
	worker_want(&net->worker, WORKER_RUNS);
	return 0;
}

static void tap_stop(struct virtio_net *net)
{
	worker_want(&net->worker, WORKER_IDLE);
}

static bool tap_is_stopped(struct virtio_net *net)
{
	return worker_is_idle(&net->worker);
}

const struct net_mover net_by_thread = {
	.name = "thread",
	.open = tap_open,
	.close = tap_close,
	.power_on = tap_power_on,
	.start = tap_start,
	.stop = tap_stop,
	.is_stopped = tap_is_stopped,
};
