// SPDX-License-Identifier: GPL-2.0-or-later
/* virtio-net (virtio 1.2, 5.1): what both ways to move frames have in common; see net.h. */
#include "vmm-core/virtio/net.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	TYPE_NETWORK = 1,
	CLASS_ETHERNET = 0x020000,
	CONFIG_SIZE = 8, /* MAC and status: what is behind them belongs to features that are not offered */
};

#define BIT(feature) (1ull << (feature))

/* What a tap with a header does for its user: it takes large frames, and leaves checksums out. */
#define TAP_FEATURES                                                                                                   \
	(BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) | BIT(VIRTIO_NET_F_HOST_TSO6) |                          \
		BIT(VIRTIO_NET_F_HOST_ECN) | BIT(VIRTIO_NET_F_GUEST_CSUM))

static struct virtio_net *net_of(struct virtio_device *device)
{
	return (struct virtio_net *)device;
}

static const struct net_mover *mover_of(const struct virtio_net *net)
{
	return net->vhost >= 0 ? &net_by_vhost : &net_by_thread;
}

static const struct {
	unsigned int feature, flag;
} offloads[] = {
	{ VIRTIO_NET_F_GUEST_CSUM, TUN_F_CSUM },
	{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
	{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
	{ VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN },
};

/* What frames to the guest may look like is what its driver agreed to. */
static int set_offloads(const struct virtio_net *net, struct error *err)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < array_size(offloads); i++)
		if (virtio_device_has(&net->device, offloads[i].feature))
			flags |= offloads[i].flag;
	/* Without checksums the kernel refuses segments. */
	if (!(flags & TUN_F_CSUM))
		flags = 0;
	if (ioctl(net->tap, TUNSETOFFLOAD, flags) < 0)
		return fail(err, errno, "set up tap '%s'", net->label);
	return 0;
}

static int net_power_on(struct virtio_device *device, struct vm *vm, struct error *err)
{
	return mover_of(net_of(device))->power_on(net_of(device), vm, err);
}

static void net_stop(struct virtio_device *device)
{
	mover_of(net_of(device))->stop(net_of(device));
}

static bool net_is_stopped(struct virtio_device *device)
{
	return mover_of(net_of(device))->is_stopped(net_of(device));
}

static void net_power_off(struct virtio_device *device)
{
	net_stop(device);
	while (!net_is_stopped(device))
		;
}

static int net_start(struct virtio_device *device, struct error *err)
{
	struct virtio_net *net = net_of(device);
	int ret;

	if (!device->queue[NET_RX].enabled || !device->queue[NET_TX].enabled)
		return fail_code(err, CODE_FAILED, EINVAL, "a network card without both of its queues");
	ret = set_offloads(net, err);
	return ret < 0 ? ret : mover_of(net)->start(net, err);
}

static void net_status(const struct virtio_device *device, struct control_virtio *ret_status)
{
	const struct virtio_net *net = (const struct virtio_net *)device;

	text_copy(ret_status->label, sizeof(ret_status->label), net->label);
	text_copy(ret_status->backend, sizeof(ret_status->backend), mover_of(net)->name);
	memcpy(ret_status->mac, device->config, sizeof(ret_status->mac));
	ret_status->requests = net->frames_in + net->frames_out;
	ret_status->bytes_in = net->bytes_in;
	ret_status->bytes_out = net->bytes_out;
	ret_status->errors = net->errors;
	if (net->lost)
		text_copy(ret_status->trouble, sizeof(ret_status->trouble), "its tap is gone");
}

static void net_free(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);

	mover_of(net)->close(net);
	virtio_device_done(device);
	close_fd(&net->tap);
	close_fd(&net->vhost);
	free(net);
}

static const struct virtio_ops net_ops = {
	.kind = "net",
	.id = TYPE_NETWORK,
	.class_code = CLASS_ETHERNET,
	.power_on = net_power_on,
	.power_off = net_power_off,
	.start = net_start,
	.stop = net_stop,
	.is_stopped = net_is_stopped,
	.status = net_status,
	.free = net_free,
};

static void describe(struct virtio_net *net, const struct launch_virtio *launch)
{
	struct virtio_net_config config = { .status = VIRTIO_NET_S_LINK_UP };

	memcpy(config.mac, launch->mac, sizeof(config.mac));
	memcpy(net->device.config, &config, CONFIG_SIZE);
	net->device.ops = &net_ops;
	net->device.config_size = CONFIG_SIZE;
	net->device.offered = TAP_FEATURES | BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) | mover_of(net)->features;
	net->device.queue_count = NET_QUEUES;
	for (unsigned int i = 0; i < NET_QUEUES; i++)
		net->device.queue[i].size_max = NET_QUEUE_SIZE;
}

int virtio_net_new(
	struct virtio_device **ret_device, const struct launch_virtio *launch, int tap, int vhost, struct error *err)
{
	struct virtio_net *net = calloc(1, sizeof(*net));
	int ret;

	if (!net) {
		close_fd(&tap);
		close_fd(&vhost);
		return fail(err, ENOMEM, "create the network card on '%s'", launch->label);
	}
	net->tap = tap;
	net->vhost = vhost;
	text_copy(net->label, sizeof(net->label), launch->label);
	describe(net, launch);
	ret = virtio_device_init(&net->device, "network card", err);
	if (ret == 0)
		ret = mover_of(net)->open(net, err);
	if (ret < 0) {
		net_free(&net->device);
		return ret;
	}
	*ret_device = &net->device;
	return 0;
}
