/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's network card on a tap interface of the host, which somebody has made and set up (`ip tuntap`): sluice opens
 * it, and vhost-net where the host has that, and sluice-vmm serves it (virtio-net).
 */
#ifndef GUEST_NET_H
#define GUEST_NET_H

#include <net/if.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "os/sysroot.h"

struct guest_net {
	char tap[IFNAMSIZ];
	struct mac_addr mac; /* zero: one that this host and the guest's name make, always the same */
	bool no_vhost;
};

/* tap=IF[,mac=M][,vhost=on|off], as in `run --net`. CODE_USAGE. */
int guest_net_parse(const char *text, struct guest_net *ret_net, struct error *err);

/* The address that the guest has: net->mac, or the one that is made. index: which of its cards it is. */
struct mac_addr guest_net_mac(
	const struct sysroot *root, const struct guest_net *net, const char *guest, unsigned int index);

/*
 * Open the tap, for the caller to own. CODE_NO_SUCH_DEVICE: there is no such tap; CODE_DEV_IN_USE: somebody has it.
 */
int guest_net_open(const struct sysroot *root, const struct guest_net *net, int *ret_fd, struct error *err);

/* vhost-net, or -1: it is not wanted, or not to be had, and the guest's own process moves the frames. */
int guest_net_open_vhost(const struct sysroot *root, const struct guest_net *net);

#endif
