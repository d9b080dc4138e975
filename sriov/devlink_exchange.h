/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request of generic netlink and its answers, up to the acknowledgement. What arrives is bounded before it is
 * looked at: lengths, number of messages, type of each attribute (devlink_message.h). Used by sriov/devlink*.c and
 * their tests only.
 */
#ifndef SRIOV_DEVLINK_EXCHANGE_H
#define SRIOV_DEVLINK_EXCHANGE_H

#include <netlink/msg.h>

#include "sriov/devlink.h"

/* One answer, from its generic netlink header on: attributes by number up to DL_ATTR_MAX, NULL for missing ones. */
typedef int (*devlink_answer_fn)(struct nlattr **attrs, void *context);

struct devlink_reply {
	int errnum;       /* the kernel's verdict; 0: done */
	char reason[160]; /* its own words, "" for none */
};

/*
 * Sends the request, which it frees (NULL: there was no memory for it), and hands each answer to answer until that says
 * non-zero; without answer it is a change, which may hang. 0 when the kernel has given its verdict, in *ret_reply; else
 * -errno of the exchange itself: -ETIMEDOUT, -EBADMSG for what is no netlink, -EMSGSIZE, -E2BIG for more than can be,
 * -EAGAIN for a dump during which something changed.
 */
int devlink_exchange(struct devlink *devlink, struct nl_msg *request, devlink_answer_fn answer, void *context,
	struct devlink_reply *ret_reply);

/* A request of the devlink family: one that is acknowledged, or a dump. NULL without memory. */
struct nl_msg *devlink_request(struct devlink *devlink, int command, bool dump, const struct devlink_handle *handle);

/*
 * One look: the request's answer goes to answer. what is "the eswitch of pci/0000:01:00.0". CODE_NO_SUCH_DEVICE,
 * CODE_ESWITCH_NONE where the driver has no such thing.
 */
int devlink_look(struct devlink *devlink, struct nl_msg *request, devlink_answer_fn answer, void *context,
	const char *what, struct error *err);

/* What a dump brings, one item an answer. */
struct devlink_list {
	void *items; /* owned */
	size_t size; /* of an item */
	size_t count, room, max;
	/* False: this answer is none of ours. item is zeroed. */
	bool (*parse)(struct nlattr **attrs, void *item);
	const struct devlink_handle *handle; /* only of this device; NULL: of all */
};

/* Fills the list anew; repeated while something changes meanwhile. Errors as devlink_look()'s. */
int devlink_dump(struct devlink *devlink, int command, struct devlink_list *list, const char *what, struct error *err);

/*
 * One change of target ("pci/0000:01:00.0"), told as what ("mode=switchdev"), under a deadline. CODE_ESWITCH_REFUSED
 * with the kernel's own words, CODE_NOT_ROOT, CODE_NO_SUCH_DEVICE; -EINPROGRESS and CODE_DRIVER_STUCK
 * for one that hangs, which the kernel may still do.
 */
int devlink_change(
	struct devlink *devlink, struct nl_msg *request, const char *target, const char *what, struct error *err);

#endif
