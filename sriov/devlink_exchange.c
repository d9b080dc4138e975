// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Generic netlink from a request to its verdict (include/uapi/linux/netlink.h, genetlink.h; NETLINK_EXT_ACK for the
 * kernel's own words). Messages are walked here, not by libnl, whose receiving loop cannot be given bytes.
 */
#include "sriov/devlink_exchange.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sriov/devlink_abi.h"
#include "sriov/devlink_message.h"

enum {
	DATAGRAM_SIZE = 65536, /* the kernel's dumps have 32 KiB at the most */
	DATAGRAMS_MAX = 16384, /* 65535 VFs, at least four ports in each */
	TRIES = 4,             /* of a dump that is disturbed by a change */
};

struct answers {
	const struct devlink *devlink;
	uint32_t sequence;
	devlink_answer_fn answer;
	void *context;
	struct devlink_reply *reply;
	bool stopped, disturbed;
};

/* The attributes of an acknowledgement, behind as much of the request as it repeats. */
static void take_reason(struct devlink_reply *reply, const struct nlmsghdr *header, size_t skip)
{
	struct nlattr *table[NLMSGERR_ATTR_MAX + 1];

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || header->nlmsg_len < NLMSG_HDRLEN + skip)
		return;
	if (nla_parse(table, NLMSGERR_ATTR_MAX, (struct nlattr *)((char *)header + NLMSG_HDRLEN + skip),
		    (int)(header->nlmsg_len - NLMSG_HDRLEN - skip), NULL) == 0 &&
		table[NLMSGERR_ATTR_MSG])
		nla_strlcpy(reply->reason, table[NLMSGERR_ATTR_MSG], sizeof(reply->reason));
}

/* NLMSG_ERROR: errno, the request's header, the request itself unless NLM_F_CAPPED, attributes. */
static int take_error(struct answers *answers, const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = (const struct nlmsgerr *)((const char *)header + NLMSG_HDRLEN);
	size_t skip = sizeof(*error);

	if (header->nlmsg_len < NLMSG_HDRLEN + sizeof(*error) || error->error > 0 || error->error < -4095)
		return -EBADMSG;
	answers->reply->errnum = -error->error;
	if (!(header->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len > sizeof(error->msg))
		skip += NLMSG_ALIGN(error->msg.nlmsg_len - sizeof(error->msg));
	take_reason(answers->reply, header, skip);
	return 1;
}

/* NLMSG_DONE: the end of a dump, with the errno of one that failed. */
static int take_done(struct answers *answers, const struct nlmsghdr *header)
{
	int32_t result = 0;

	if (header->nlmsg_len >= NLMSG_HDRLEN + sizeof(result)) {
		memcpy(&result, (const char *)header + NLMSG_HDRLEN, sizeof(result));
		take_reason(answers->reply, header, sizeof(result));
	}
	if (result < -4095)
		return -EBADMSG;
	answers->reply->errnum = result < 0 ? -result : 0;
	return 1;
}

static int take_answer(struct answers *answers, const struct nlmsghdr *header)
{
	struct nlattr *attrs[DL_ATTR_MAX + 1];

	if (header->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EBADMSG;
	if (answers->stopped || !answers->answer)
		return 0;
	nla_parse(attrs, DL_ATTR_MAX, (struct nlattr *)((char *)header + NLMSG_HDRLEN + GENL_HDRLEN),
		(int)(header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN), NULL);
	answers->stopped = answers->answer(attrs, answers->context) != 0;
	return 0;
}

/* 1: that was the verdict; 0: go on. */
static int take_message(struct answers *answers, const struct nlmsghdr *header)
{
	if (header->nlmsg_seq != answers->sequence)
		return 0;
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		answers->disturbed = true;
	switch (header->nlmsg_type) {
	case NLMSG_ERROR:
		return take_error(answers, header);
	case NLMSG_DONE:
		return take_done(answers, header);
	case NLMSG_NOOP:
	case NLMSG_OVERRUN:
		return 0;
	default:
		return take_answer(answers, header);
	}
}

static int take_datagram(struct answers *answers, struct nlmsghdr *header, size_t length)
{
	int left = (int)length;
	int ret = 0;

	for (; !ret && nlmsg_ok(header, left); header = nlmsg_next(header, &left))
		ret = take_message(answers, header);
	return ret || left < NLMSG_HDRLEN ? ret : -EBADMSG;
}

static int receive_all(struct devlink_channel *channel, struct answers *answers)
{
	cleanup_free void *buffer = malloc(DATAGRAM_SIZE);
	int ret = buffer ? 0 : -ENOMEM;

	for (unsigned int n = 0; !ret; n++) {
		ssize_t length = n < DATAGRAMS_MAX ? channel->receive(channel, buffer, DATAGRAM_SIZE) : -E2BIG;

		if (length < 0)
			return (int)length;
		if (length > DATAGRAM_SIZE)
			return -EMSGSIZE;
		ret = take_datagram(answers, buffer, (size_t)length);
	}
	return ret < 0 ? ret : 0;
}

static int exchange_once(struct devlink *devlink, struct nl_msg *request, struct answers *answers)
{
	struct nlmsghdr *header = nlmsg_hdr(request);
	bool dump = (header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int ret;

	answers->sequence = ++devlink->sequence;
	answers->stopped = answers->disturbed = false;
	*answers->reply = (struct devlink_reply){ 0 };
	header->nlmsg_seq = answers->sequence;
	header->nlmsg_pid = 0;
	ret = devlink->channel.send(&devlink->channel, header, header->nlmsg_len, !dump && !answers->answer);
	return ret < 0 ? ret : receive_all(&devlink->channel, answers);
}

int devlink_exchange(struct devlink *devlink, struct nl_msg *request, devlink_answer_fn answer, void *context,
	struct devlink_reply *ret_reply)
{
	struct answers answers = {
		.devlink = devlink,
		.answer = answer,
		.context = context,
		.reply = ret_reply,
	};
	int ret;

	if (!request)
		return -ENOMEM;
	if (devlink->captured) {
		nlmsg_free(request);
		return -EOPNOTSUPP;
	}
	ret = exchange_once(devlink, request, &answers);
	nlmsg_free(request);
	return !ret && answers.disturbed && !ret_reply->errnum ? -EAGAIN : ret;
}

struct nl_msg *devlink_request(struct devlink *devlink, int command, bool dump, const struct devlink_handle *handle)
{
	const struct genlmsghdr generic = { .cmd = (uint8_t)command, .version = DEVLINK_GENL_VERSION };
	struct nl_msg *request = nlmsg_alloc_simple(devlink->family, NLM_F_REQUEST | (dump ? NLM_F_DUMP : NLM_F_ACK));

	if (request && nlmsg_append(request, (void *)&generic, sizeof(generic), NLMSG_ALIGNTO) == 0 &&
		(!handle || (nla_put_string(request, DEVLINK_ATTR_BUS_NAME, handle->bus) == 0 &&
				    nla_put_string(request, DEVLINK_ATTR_DEV_NAME, handle->name) == 0)))
		return request;
	nlmsg_free(request);
	return NULL;
}

/* Who asks in the middle of a change asks again. */
static const struct {
	int errnum;
	enum code code;
	const char *says, *hint;
} look_errors[] = {
	{ ENODEV, CODE_NO_SUCH_DEVICE, "there is no such device", "`sluice eswitch list` shows those that there are" },
	{ EOPNOTSUPP, CODE_ESWITCH_NONE, "its driver has no such thing",
		"`sluice eswitch list` shows the devices with an eswitch; drivers with one are mlx5_core, ice, "
		"bnxt_en, "
		"nfp, liquidio, octeontx2" },
	{ EPERM, CODE_NOT_ROOT, "not permitted", "run as root" },
	{ EACCES, CODE_NOT_ROOT, "not permitted", "run as root" },
};

static const struct {
	int errnum;
	const char *says;
} exchange_errors[] = {
	{ EBADMSG, "the kernel's answer is no netlink" },
	{ EMSGSIZE, "the kernel's answer is longer than it can be" },
	{ E2BIG, "the kernel's answer does not end" },
	{ ETIMEDOUT, "the kernel does not answer" },
	{ EAGAIN, "it changes all the time" },
};

static int fail_exchange(struct error *err, int errnum, const char *what)
{
	for (size_t i = 0; i < array_size(exchange_errors); i++)
		if (exchange_errors[i].errnum == errnum)
			return fail_code(err, CODE_FAILED, errnum, "read %s: %s", what, exchange_errors[i].says);
	return fail(err, errnum, "read %s", what);
}

static int fail_look(struct error *err, const struct devlink_reply *reply, const char *what)
{
	for (size_t i = 0; i < array_size(look_errors); i++) {
		if (look_errors[i].errnum != reply->errnum)
			continue;
		fail_code(err, look_errors[i].code, reply->errnum, "read %s: %s", what,
			reply->reason[0] ? reply->reason : look_errors[i].says);
		return fail_hint(err, "%s", look_errors[i].hint);
	}
	if (reply->reason[0])
		return fail_code(err, CODE_FAILED, reply->errnum, "read %s: %s", what, reply->reason);
	return fail(err, reply->errnum, "read %s", what);
}

int devlink_look(struct devlink *devlink, struct nl_msg *request, devlink_answer_fn answer, void *context,
	const char *what, struct error *err)
{
	struct devlink_reply reply = { 0 };
	int ret = devlink_exchange(devlink, request, answer, context, &reply);

	if (ret < 0)
		return fail_exchange(err, -ret, what);
	return reply.errnum ? fail_look(err, &reply, what) : 0;
}

static int take_item(struct nlattr **attrs, void *context)
{
	struct devlink_list *list = context;
	struct devlink_handle handle = { 0 };
	char *item;

	if (list->handle && (!devlink_take_handle(attrs, &handle) || !devlink_handle_same(&handle, list->handle)))
		return 0;
	if (list->count == list->max)
		return -E2BIG;
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		void *grown = reallocarray(list->items, room, list->size);

		if (!grown)
			return -ENOMEM;
		list->items = grown;
		list->room = room;
	}
	item = (char *)list->items + list->count * list->size;
	memset(item, 0, list->size);
	list->count += list->parse(attrs, item);
	return 0;
}

int devlink_dump(struct devlink *devlink, int command, struct devlink_list *list, const char *what, struct error *err)
{
	struct devlink_reply reply = { 0 };
	int ret = -EAGAIN;

	for (int n = 0; n < TRIES && ret == -EAGAIN; n++) {
		list->count = 0;
		ret = devlink_exchange(
			devlink, devlink_request(devlink, command, true, list->handle), take_item, list, &reply);
	}
	if (ret < 0)
		return fail_exchange(err, -ret, what);
	/* A kernel too old for the command, or without the device: as little as a driver without it. */
	if (reply.errnum == EOPNOTSUPP || !reply.errnum)
		return 0;
	return fail_look(err, &reply, what);
}

/* What the errno of a change means where the kernel gives no words of its own. */
static const struct {
	int errnum;
	enum code code;
	const char *says, *hint;
} change_errors[] = {
	{ EPERM, CODE_NOT_ROOT, "this user may not change it", "run as root" },
	{ EACCES, CODE_NOT_ROOT, "this user may not change it", "run as root" },
	{ ENODEV, CODE_NO_SUCH_DEVICE, "there is no such device, port or rate node",
		"`sluice eswitch show` lists what there is" },
	{ EOPNOTSUPP, CODE_ESWITCH_REFUSED, "its driver cannot do that, or not now",
		"`sluice eswitch explain DEVICE` shows what the driver wants before it" },
	{ EBUSY, CODE_ESWITCH_REFUSED, "the eswitch is busy: rules are offloaded, VFs are in use, or rate nodes exist",
		"take away tc rules, bonds and rate nodes of this card, then try again" },
	{ EINVAL, CODE_ESWITCH_REFUSED, "its driver refuses the value in its present state",
		"some drivers want no VFs, or VFs without driver: `sluice eswitch explain DEVICE`" },
	{ ENOSPC, CODE_ESWITCH_REFUSED, "the card has no room for it", "ask for less, or for fewer VFs" },
	{ ENOMEM, CODE_ESWITCH_REFUSED, "the kernel or the card has no memory for it", "ask for fewer VFs" },
	{ EEXIST, CODE_ESWITCH_REFUSED, "it exists already", "`sluice eswitch show` lists what there is" },
	{ ERANGE, CODE_ESWITCH_REFUSED, "the value is out of the driver's range", "ask for less" },
	{ EIO, CODE_ESWITCH_REFUSED, "the card's firmware failed",
		"`dmesg` has what it said; the card may need a reset" },
	{ ETIMEDOUT, CODE_ESWITCH_REFUSED, "the card's firmware did not answer",
		"`dmesg` has what the driver says of it; the card may need a reset" },
};

static int refused(struct error *err, const struct devlink_reply *reply, const char *target, const char *what)
{
	size_t i = 0;

	while (i < array_size(change_errors) && change_errors[i].errnum != reply->errnum)
		i++;
	if (i == array_size(change_errors)) {
		fail_code(err, CODE_ESWITCH_REFUSED, reply->errnum, "%s: %s: %s", target, what,
			reply->reason[0] ? reply->reason : strerror(reply->errnum));
		return fail_hint(err, "`dmesg` may have what the driver says of it");
	}
	fail_code(err, change_errors[i].code, reply->errnum, "%s: %s: %s", target, what,
		reply->reason[0] ? reply->reason : change_errors[i].says);
	return fail_hint(err, "%s", change_errors[i].hint);
}

int devlink_change(
	struct devlink *devlink, struct nl_msg *request, const char *target, const char *what, struct error *err)
{
	struct devlink_reply reply = { 0 };
	int ret = devlink_exchange(devlink, request, NULL, NULL, &reply);

	if (!ret)
		return reply.errnum ? refused(err, &reply, target, what) : 0;
	if (ret != -ETIMEDOUT)
		return fail(err, -ret, "%s: %s", target, what);
	fail_code(err, CODE_DRIVER_STUCK, EINPROGRESS, "%s: %s: its driver has not answered for minutes", target, what);
	fail_hint(err, "the driver or the card's firmware hangs; `dmesg` may show where; the host may have to be "
		       "rebooted");
	return -EINPROGRESS;
}
