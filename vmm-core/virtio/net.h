/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-net (virtio 1.2, 5.1) on a tap interface of the host: one pair of queues, no control queue. Frames are moved
 * by the kernel (vhost-net, net_vhost.c), which has the queues then, or by the device's own thread (net_tap.c), where
 * the host has no vhost-net. The guest is offered what the tap can do of checksums and segments.
 */
#ifndef VMM_CORE_VIRTIO_NET_H
#define VMM_CORE_VIRTIO_NET_H

#include "vmm-core/virtio/virtio.h"
#include "vmm-core/virtio/worker.h"
#include "wire/control.h"
#include "wire/launch.h"

enum {
	NET_RX, /* queues */
	NET_TX,
	NET_QUEUES,
	NET_QUEUE_SIZE = 256,
	NET_HEADER_SIZE = 12, /* struct virtio_net_hdr_v1, also the tap's */
};

struct virtio_net {
	struct virtio_device device;
	int tap, vhost; /* vhost -1: by a thread */
	char label[CONTROL_LABEL_MAX];
	/* net_vhost.c */
	uint64_t vhost_features;
	/* net_tap.c */
	struct worker worker;
	struct virtq_chain chain[NET_QUEUES];
	bool has_room;     /* chain[NET_RX] waits for a frame */
	bool busy;         /* there was more than is moved in one go */
	_Atomic bool lost; /* the tap is gone */
	_Atomic uint64_t frames_in, frames_out, bytes_in, bytes_out, errors; /* as the guest sees them */
};

/* Takes over both descriptors, also on failure; vhost -1: none. */
int virtio_net_new(
	struct virtio_device **ret_device, const struct launch_virtio *launch, int tap, int vhost, struct error *err);

/* How frames are moved: the device's operations that differ. */
struct net_mover {
	const char *name;
	uint64_t features; /* beyond those of the tap */
	int (*open)(struct virtio_net *net, struct error *err);
	void (*close)(struct virtio_net *net);
	int (*power_on)(struct virtio_net *net, struct vm *vm, struct error *err);
	int (*start)(struct virtio_net *net, struct error *err);
	void (*stop)(struct virtio_net *net);
	bool (*is_stopped)(struct virtio_net *net);
};

extern const struct net_mover net_by_vhost, net_by_thread;

#endif
