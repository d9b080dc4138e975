/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of one netlink datagram to the kernel and back. The kernel does what a request asks for inside send(2), where
 * a driver or a card's firmware may hang: that call has a deadline, and tests put a peer with a script in its place.
 */
#ifndef SRIOV_DEVLINK_CHANNEL_H
#define SRIOV_DEVLINK_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct devlink_channel {
	/*
	 * A whole request; may_hang: it changes something. 0, or -errno; -ETIMEDOUT: it is still being done, or will be
	 * when the driver wakes up.
	 */
	int (*send)(struct devlink_channel *channel, const void *bytes, size_t size, bool may_hang);

	/* The next datagram, cut at size. Its whole length, or -errno: -ETIMEDOUT when none comes. */
	ssize_t (*receive)(struct devlink_channel *channel, void *buf, size_t size);

	void (*close)(struct devlink_channel *channel);
	int fd;
	void *context; /* the peer's */
};

/* A generic netlink socket. 0, or -errno. */
int devlink_channel_open(struct devlink_channel *ret_channel);

#endif
