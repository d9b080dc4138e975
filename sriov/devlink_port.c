// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports of an eswitch, and the settings of the functions behind them
 * (Documentation/networking/devlink/devlink-port.rst): keys, ranges, and changing them so that either all hold or
 * nothing has changed. The kernel applies the attributes of one request one after the other, and stops at the first
 * that the driver refuses.
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

int devlink_ports_read(struct devlink *devlink, const struct devlink_handle *handle, struct devlink_port **ret_ports,
	size_t *ret_count, struct error *err)
{
	struct devlink_list list = {
		.size = sizeof(**ret_ports),
		.max = DEVLINK_PORTS_MAX,
		.parse = devlink_take_port,
		.handle = handle,
	};
	char text[DEVLINK_HANDLE_TEXT_SIZE], what[DEVLINK_HANDLE_TEXT_SIZE + 24];
	int ret;

	if (devlink->captured)
		return devlink_text_ports(devlink->captured, handle, ret_ports, ret_count, err);
	snprintf(what, sizeof(what), "the ports of %s", devlink_handle_text(handle, text));
	ret = devlink_dump(devlink, DEVLINK_CMD_PORT_GET, &list, what, err);
	if (ret < 0) {
		free(list.items);
		return ret;
	}
	*ret_ports = list.items;
	*ret_count = list.count;
	return 0;
}

static const char *const state_names[] = { "inactive", "active", NULL };
static const char *const switch_names[] = { "off", "on", "disable", "enable", NULL };

/* Settings but the address: name, place, words (in pairs of 0 and 1) or a number. */
static const struct key {
	const char *name;
	size_t offset;
	const char *const *words; /* NULL: a number, int64_t */
	const char *range;
} keys[] = {
#define PLACE(member) offsetof(struct devlink_function, member)
	{ "state", PLACE(state), state_names, "active or inactive" },
	{ "roce", PLACE(roce), switch_names, "on or off" },
	{ "migratable", PLACE(migratable), switch_names, "on or off" },
	{ "ipsec_crypto", PLACE(ipsec_crypto), switch_names, "on or off" },
	{ "ipsec_packet", PLACE(ipsec_packet), switch_names, "on or off" },
	{ "max_io_eqs", PLACE(max_io_eqs), NULL, "the number of event queues, 0 to 4294967295" },
#undef PLACE
};

static int parse_value(const struct key *key, const char *text, struct devlink_function *function)
{
	void *place = (char *)function + key->offset;
	uint64_t number;

	for (size_t i = 0; key->words && key->words[i]; i++)
		if (!strcmp(key->words[i], text)) {
			*(int *)place = (int)(i % 2);
			return 0;
		}
	if (key->words || text_to_u64(text, UINT32_MAX, &number) < 0)
		return -EINVAL;
	*(int64_t *)place = (int64_t)number;
	return 0;
}

static int parse_address(const char *text, struct devlink_function *function, struct error *err)
{
	if (!text_to_mac(text, &function->hw_addr) && !mac_is_multicast(&function->hw_addr) &&
		!mac_is_zero(&function->hw_addr)) {
		function->has_hw_addr = true;
		return 0;
	}
	fail_code(err, CODE_USAGE, EINVAL, "hw_addr cannot be '%s'", text);
	return fail_hint(err, "hw_addr is the address of one station, such as 02:00:00:00:00:01");
}

int devlink_function_parse(struct devlink_function *function, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');
	size_t length = equals ? (size_t)(equals - assignment) : 0;

	if (length == strlen("hw_addr") && text_starts_with(assignment, "hw_addr"))
		return parse_address(equals + 1, function, err);
	for (size_t i = 0; equals && i < array_size(keys); i++) {
		if (strlen(keys[i].name) != length || !text_starts_with(assignment, keys[i].name))
			continue;
		if (!parse_value(&keys[i], equals + 1, function))
			return 0;
		fail_code(err, CODE_USAGE, EINVAL, "%s cannot be '%s'", keys[i].name, equals + 1);
		return fail_hint(err, "%s is %s", keys[i].name, keys[i].range);
	}
	fail_code(err, CODE_USAGE, EINVAL, "a port's function has no setting '%s'", assignment);
	return fail_hint(err, "the settings are hw_addr, state, roce, migratable, ipsec_crypto, ipsec_packet, "
			      "max_io_eqs; trust is no setting of the kernel's devlink");
}

static int64_t value_of(const struct key *key, const struct devlink_function *function)
{
	const void *place = (const char *)function + key->offset;

	return key->words ? *(const int *)place : *(const int64_t *)place;
}

/* The first setting that is wanted, can be read, and is not so. */
static const char *first_difference(const struct devlink_function *wanted, const struct devlink_function *now)
{
	if (wanted->has_hw_addr && now->has_hw_addr && memcmp(&wanted->hw_addr, &now->hw_addr, sizeof(now->hw_addr)))
		return "hw_addr";
	for (size_t i = 0; i < array_size(keys); i++) {
		int64_t is = value_of(&keys[i], now), should = value_of(&keys[i], wanted);

		if (should != DEVLINK_UNKNOWN && is != DEVLINK_UNKNOWN && is != should)
			return keys[i].name;
	}
	return NULL;
}

/* What of before was changed by a write of wanted. */
static void pick_old(
	const struct devlink_function *wanted, const struct devlink_function *before, struct devlink_function *ret_old)
{
	*ret_old = *before;
	ret_old->has_hw_addr = wanted->has_hw_addr && before->has_hw_addr;
	for (size_t i = 0; i < array_size(keys); i++) {
		void *place = (char *)ret_old + keys[i].offset;

		if (value_of(&keys[i], wanted) != DEVLINK_UNKNOWN)
			continue;
		if (keys[i].words)
			*(int *)place = DEVLINK_UNKNOWN;
		else
			*(int64_t *)place = DEVLINK_UNKNOWN;
	}
}

static struct nl_msg *port_request(struct devlink *devlink, int command, const struct devlink_port *port)
{
	struct nl_msg *request = devlink_request(devlink, command, false, &port->handle);

	if (request && nla_put_u32(request, DEVLINK_ATTR_PORT_INDEX, port->index) == 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

static int take_port(struct nlattr **attrs, void *context)
{
	struct devlink_port port = { 0 };

	if (devlink_take_port(attrs, &port))
		*(struct devlink_port *)context = port;
	return 0;
}

static const char *port_text(const struct devlink_port *port, char *buf, size_t size)
{
	char handle[DEVLINK_HANDLE_TEXT_SIZE];

	snprintf(buf, size, "%s port %" PRIu32, devlink_handle_text(&port->handle, handle), port->index);
	return buf;
}

static int write_function(struct devlink *devlink, const struct devlink_port *port,
	const struct devlink_function *function, const char *target, struct error *err)
{
	struct nl_msg *request = port_request(devlink, DEVLINK_CMD_PORT_SET, port);

	if (request && devlink_put_function(request, function) < 0) {
		nlmsg_free(request);
		request = NULL;
	}
	return devlink_change(devlink, request, target, "settings of its function", err);
}

static int check_taken(struct devlink *devlink, const struct devlink_port *port, const struct devlink_function *wanted,
	const char *target, struct error *err)
{
	struct devlink_port now = *port;
	const char *different;
	int ret =
		devlink_look(devlink, port_request(devlink, DEVLINK_CMD_PORT_GET, port), take_port, &now, target, err);

	if (ret < 0)
		return ret;
	different = first_difference(wanted, &now.function);
	if (!different)
		return 0;
	fail_code(err, CODE_ESWITCH_REFUSED, EOPNOTSUPP, "%s: the driver accepted %s, and did not do it", target,
		different);
	return fail_hint(err, "this driver cannot set %s that way", different);
}

static void undo(struct devlink *devlink, const struct devlink_port *port, const struct devlink_function *wanted,
	const char *target, struct error *err)
{
	struct devlink_function old;
	struct error second = { 0 };

	pick_old(wanted, &port->function, &old);
	/* A driver that refuses a value mostly refuses its old one too; what counts is how the function is now. */
	if (first_difference(wanted, &old))
		write_function(devlink, port, &old, target, &second);
	if (check_taken(devlink, port, &old, target, &second) < 0 && err) {
		err->code = CODE_HALF_DONE;
		fail_hint(err, "what had been set before that could not be undone: %s", second.msg);
	}
}

int devlink_function_write(struct devlink *devlink, const struct devlink_port *port,
	const struct devlink_function *function, struct error *err)
{
	char target[DEVLINK_HANDLE_TEXT_SIZE + 24];
	int ret = write_function(devlink, port, function, port_text(port, target, sizeof(target)), err);

	if (!ret)
		ret = check_taken(devlink, port, function, target, err);
	if (ret < 0 && ret != -EINPROGRESS)
		undo(devlink, port, function, target, err);
	return ret;
}
