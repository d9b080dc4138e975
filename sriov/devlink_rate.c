// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transmit rates of an eswitch (Documentation/networking/devlink/devlink-port.rst, "Rate objects"): leafs, which are
 * functions, and nodes, which group them. The kernel has bytes a second; people here write Mbit/s, as for a VF.
 */
#include <errno.h>
#include <inttypes.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sriov/devlink_abi.h"
#include "sriov/devlink_exchange.h"
#include "sriov/devlink_message.h"
#include "sriov/devlink_text.h"

enum {
	BYTES_PER_MBIT = 1000 * 1000 / 8,
	RATE_MAX_MBIT = 100 * 1000 * 1000,
};

int devlink_rates_read(struct devlink *devlink, const struct devlink_handle *handle, struct devlink_rate **ret_rates,
	size_t *ret_count, struct error *err)
{
	struct devlink_list list = {
		.size = sizeof(**ret_rates),
		.max = DEVLINK_RATES_MAX,
		.parse = devlink_take_rate,
		.handle = handle,
	};
	char text[DEVLINK_HANDLE_TEXT_SIZE], what[DEVLINK_HANDLE_TEXT_SIZE + 24];
	int ret;

	if (devlink->captured)
		return devlink_text_rates(devlink->captured, handle, ret_rates, ret_count, err);
	snprintf(what, sizeof(what), "the rates of %s", devlink_handle_text(handle, text));
	ret = devlink_dump(devlink, DEVLINK_CMD_RATE_GET, &list, what, err);
	if (ret < 0) {
		free(list.items);
		return ret;
	}
	*ret_rates = list.items;
	*ret_count = list.count;
	return 0;
}

/* Settings that are numbers: name, place, factor to the kernel's unit, range. */
static const struct key {
	const char *name;
	size_t offset; /* int64_t, in struct devlink_rate */
	int64_t factor;
	uint64_t max;
	const char *range;
} keys[] = {
#define PLACE(member) offsetof(struct devlink_rate, member)
	{ "tx_share", PLACE(tx_share), BYTES_PER_MBIT, RATE_MAX_MBIT, "Mbit/s, 0 for none" },
	{ "tx_max", PLACE(tx_max), BYTES_PER_MBIT, RATE_MAX_MBIT, "Mbit/s, 0 for no limit" },
	{ "tx_priority", PLACE(tx_priority), 1, UINT32_MAX, "0 to 4294967295; what the driver takes is less" },
	{ "tx_weight", PLACE(tx_weight), 1, UINT32_MAX, "0 to 4294967295; what the driver takes is less" },
#undef PLACE
};

static int64_t value_of(const struct key *key, const struct devlink_rate *rate)
{
	return *(const int64_t *)((const char *)rate + key->offset);
}

static void set_value(const struct key *key, struct devlink_rate *rate, int64_t value)
{
	*(int64_t *)((char *)rate + key->offset) = value;
}

/* The kernel takes no name that could be a port's index. */
int devlink_rate_check_name(const char *name, struct error *err)
{
	size_t length = strlen(name);

	if (length && length < DEVLINK_NAME_MAX && strspn(name, "0123456789") != length && !strpbrk(name, "/ \t\n"))
		return 0;
	fail_code(err, CODE_USAGE, EINVAL, "'%s' is no name of a rate node", name);
	return fail_hint(err, "up to %d characters without '/' and blanks, not a number: for example tenant-a",
		DEVLINK_NAME_MAX - 1);
}

static int parse_parent(const char *name, struct devlink_rate *rate, struct error *err)
{
	int ret = name[0] ? devlink_rate_check_name(name, err) : 0;

	if (ret < 0)
		return ret;
	rate->has_parent = true;
	text_copy(rate->parent, sizeof(rate->parent), name);
	return 0;
}

int devlink_rate_parse(struct devlink_rate *rate, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');
	size_t length = equals ? (size_t)(equals - assignment) : 0;
	uint64_t number;

	if (length == strlen("parent") && text_starts_with(assignment, "parent"))
		return parse_parent(equals + 1, rate, err);
	for (size_t i = 0; equals && i < array_size(keys); i++) {
		if (strlen(keys[i].name) != length || !text_starts_with(assignment, keys[i].name))
			continue;
		if (!text_to_u64(equals + 1, keys[i].max, &number)) {
			set_value(&keys[i], rate, (int64_t)number * keys[i].factor);
			return 0;
		}
		fail_code(err, CODE_USAGE, EINVAL, "%s cannot be '%s'", keys[i].name, equals + 1);
		return fail_hint(err, "%s is %s", keys[i].name, keys[i].range);
	}
	fail_code(err, CODE_USAGE, EINVAL, "a rate has no setting '%s'", assignment);
	return fail_hint(err, "the settings are tx_share, tx_max (Mbit/s), tx_priority, tx_weight, parent");
}

static const char *rate_text(const struct devlink_rate *rate, char *buf, size_t size)
{
	char handle[DEVLINK_HANDLE_TEXT_SIZE];

	devlink_handle_text(&rate->handle, handle);
	if (rate->is_node)
		snprintf(buf, size, "%s rate node %s", handle, rate->node);
	else
		snprintf(buf, size, "%s rate of port %" PRIu32, handle, rate->port);
	return buf;
}

static struct nl_msg *rate_request(struct devlink *devlink, int command, const struct devlink_rate *rate)
{
	struct nl_msg *request = devlink_request(devlink, command, false, &rate->handle);

	if (request && devlink_put_rate(request, rate) == 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

/* The rate by its name alone, for a look or a removal. */
static struct nl_msg *name_request(struct devlink *devlink, int command, const struct devlink_rate *rate)
{
	struct devlink_rate name = *rate;

	devlink_rate_init(&name);
	name.handle = rate->handle;
	name.is_node = rate->is_node;
	name.port = rate->port;
	memcpy(name.node, rate->node, sizeof(name.node));
	return rate_request(devlink, command, &name);
}

static int take_rate(struct nlattr **attrs, void *context)
{
	struct devlink_rate rate;

	if (devlink_take_rate(attrs, &rate))
		*(struct devlink_rate *)context = rate;
	return 0;
}

static int read_one(struct devlink *devlink, const struct devlink_rate *rate, const char *what,
	struct devlink_rate *ret_now, struct error *err)
{
	*ret_now = *rate;
	return devlink_look(devlink, name_request(devlink, DEVLINK_CMD_RATE_GET, rate), take_rate, ret_now, what, err);
}

static const char *first_difference(const struct devlink_rate *wanted, const struct devlink_rate *now)
{
	for (size_t i = 0; i < array_size(keys); i++) {
		int64_t is = value_of(&keys[i], now), should = value_of(&keys[i], wanted);

		if (should != DEVLINK_UNKNOWN && is != DEVLINK_UNKNOWN && is != should)
			return keys[i].name;
	}
	return wanted->has_parent && strcmp(wanted->parent, now->parent) != 0 ? "parent" : NULL;
}

static int check_taken(
	struct devlink *devlink, const struct devlink_rate *wanted, const char *target, struct error *err)
{
	struct devlink_rate now;
	const char *different;
	int ret = read_one(devlink, wanted, target, &now, err);

	if (ret < 0)
		return ret;
	different = first_difference(wanted, &now);
	if (!different)
		return 0;
	fail_code(err, CODE_ESWITCH_REFUSED, EOPNOTSUPP, "%s: the driver accepted %s, and did not do it", target,
		different);
	return fail_hint(err, "this driver cannot set %s that way", different);
}

/* What of before a write of wanted may have changed. */
static struct devlink_rate old_of(const struct devlink_rate *wanted, const struct devlink_rate *before)
{
	struct devlink_rate old = *before;

	for (size_t i = 0; i < array_size(keys); i++)
		if (value_of(&keys[i], wanted) == DEVLINK_UNKNOWN)
			set_value(&keys[i], &old, DEVLINK_UNKNOWN);
	old.has_parent = wanted->has_parent;
	return old;
}

static void undo(struct devlink *devlink, const struct devlink_rate *wanted, const struct devlink_rate *before,
	const char *target, struct error *err)
{
	const struct devlink_rate old = old_of(wanted, before);
	struct error second = { 0 };

	/* What counts is how it is now: a driver that refuses a value mostly refuses its old one too. */
	if (first_difference(wanted, &old))
		devlink_change(devlink, rate_request(devlink, DEVLINK_CMD_RATE_SET, &old), target, "undo", &second);
	if (check_taken(devlink, &old, target, &second) < 0 && err) {
		err->code = CODE_HALF_DONE;
		fail_hint(err, "what had been set before that could not be undone: %s", second.msg);
	}
}

int devlink_rate_write(struct devlink *devlink, const struct devlink_rate *rate, struct error *err)
{
	char target[2 * DEVLINK_HANDLE_TEXT_SIZE];
	struct devlink_rate before;
	int ret = read_one(devlink, rate, rate_text(rate, target, sizeof(target)), &before, err);

	if (ret < 0)
		return ret;
	ret = devlink_change(devlink, rate_request(devlink, DEVLINK_CMD_RATE_SET, rate), target, "set it", err);
	if (!ret)
		ret = check_taken(devlink, rate, target, err);
	if (ret < 0 && ret != -EINPROGRESS)
		undo(devlink, rate, &before, target, err);
	return ret;
}

int devlink_rate_add(struct devlink *devlink, const struct devlink_rate *node, struct error *err)
{
	char target[2 * DEVLINK_HANDLE_TEXT_SIZE];
	int ret = devlink_change(devlink, rate_request(devlink, DEVLINK_CMD_RATE_NEW, node),
		rate_text(node, target, sizeof(target)), "make it", err);

	if (!ret) {
		ret = check_taken(devlink, node, target, err);
		if (ret < 0 && ret != -EINPROGRESS)
			devlink_rate_remove(devlink, node, NULL);
	}
	return ret;
}

int devlink_rate_remove(struct devlink *devlink, const struct devlink_rate *node, struct error *err)
{
	char target[2 * DEVLINK_HANDLE_TEXT_SIZE];

	return devlink_change(devlink, name_request(devlink, DEVLINK_CMD_RATE_DEL, node),
		rate_text(node, target, sizeof(target)), "remove it", err);
}
