/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The netlink peer: rtnetlink's messages about network devices and the VFs of their PFs, over a Unix socket that the
 * library preloaded into the program under test (preload.c) puts in a netlink socket's place.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <stddef.h>

struct kernel;

/* Attributes by name, separated by commas, as bits for struct driver's lacks. */
unsigned int vf_attributes_named(const char *names);

/* One datagram of a client. The answers, acknowledgement included, are put into buf. Returns their size. */
size_t netlink_answer(struct kernel *kernel, const void *message, size_t length, void *buf, size_t size);

#endif
