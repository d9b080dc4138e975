// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes of devlink (include/uapi/linux/devlink.h), both ways; see devlink_message.h. Numbers that a driver
 * reports are not believed beyond their type: who uses one as an index checks it.
 */
#include "sriov/devlink_message.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sriov/devlink_abi.h"

enum {
	RESOURCE_DEPTH = 4, /* no driver has more than two levels */
};

static bool has_size(const struct nlattr *attr, size_t size)
{
	return attr && nla_len(attr) == (int)size;
}

int devlink_take_u8(const struct nlattr *attr)
{
	return has_size(attr, sizeof(uint8_t)) ? nla_get_u8(attr) : DEVLINK_UNKNOWN;
}

int devlink_take_u16(const struct nlattr *attr)
{
	return has_size(attr, sizeof(uint16_t)) ? nla_get_u16(attr) : DEVLINK_UNKNOWN;
}

int64_t devlink_take_u32(const struct nlattr *attr)
{
	return has_size(attr, sizeof(uint32_t)) ? (int64_t)nla_get_u32(attr) : DEVLINK_UNKNOWN;
}

int64_t devlink_take_u64(const struct nlattr *attr)
{
	uint64_t value = has_size(attr, sizeof(value)) ? nla_get_u64((struct nlattr *)attr) : UINT64_MAX;

	return value <= INT64_MAX ? (int64_t)value : DEVLINK_UNKNOWN;
}

bool devlink_take_text(const struct nlattr *attr, char *buf, size_t size)
{
	size_t length = attr && nla_len(attr) > 0 ? strnlen(nla_data(attr), (size_t)nla_len(attr)) : 0;

	if (length >= size)
		length = size - 1;
	if (length)
		memcpy(buf, nla_data(attr), length);
	buf[length] = '\0';
	return length > 0;
}

/* A name that was cut would be another device's. */
static bool take_name(const struct nlattr *attr, char *buf, size_t size)
{
	return attr && nla_len(attr) <= (int)size && devlink_take_text(attr, buf, size);
}

bool devlink_take_handle(struct nlattr **attrs, struct devlink_handle *ret_handle)
{
	struct devlink_handle handle = { 0 };

	if (!take_name(attrs[DEVLINK_ATTR_BUS_NAME], handle.bus, sizeof(handle.bus)) ||
		!take_name(attrs[DEVLINK_ATTR_DEV_NAME], handle.name, sizeof(handle.name)))
		return false;
	*ret_handle = handle;
	return true;
}

void devlink_take_eswitch(struct nlattr **attrs, struct devlink_eswitch *ret_eswitch)
{
	ret_eswitch->mode = devlink_take_u16(attrs[DEVLINK_ATTR_ESWITCH_MODE]);
	ret_eswitch->inline_mode = devlink_take_u8(attrs[DEVLINK_ATTR_ESWITCH_INLINE_MODE]);
	ret_eswitch->encap_mode = devlink_take_u8(attrs[DEVLINK_ATTR_ESWITCH_ENCAP_MODE]);
}

/* Switches of a function: their bit, and where they are kept. */
static const struct {
	uint32_t bit;
	size_t member; /* int, in struct devlink_function */
} caps[] = {
	{ DL_CAP_ROCE, offsetof(struct devlink_function, roce) },
	{ DL_CAP_MIGRATABLE, offsetof(struct devlink_function, migratable) },
	{ DL_CAP_IPSEC_CRYPTO, offsetof(struct devlink_function, ipsec_crypto) },
	{ DL_CAP_IPSEC_PACKET, offsetof(struct devlink_function, ipsec_packet) },
};

static void take_caps(const struct nlattr *attr, struct devlink_function *function)
{
	struct nla_bitfield32 field;

	if (!has_size(attr, sizeof(field)))
		return;
	memcpy(&field, nla_data(attr), sizeof(field));
	for (size_t i = 0; i < array_size(caps); i++)
		if (field.selector & caps[i].bit)
			*(int *)((char *)function + caps[i].member) = !!(field.value & caps[i].bit);
}

/* An address of InfiniBand, 20 octets, is none of Ethernet. */
static void take_function(const struct nlattr *nest, struct devlink_function *function)
{
	struct nlattr *attrs[DL_FUNCTION_MAX + 1];
	const struct nlattr *address;

	devlink_function_init(function);
	nla_parse(attrs, DL_FUNCTION_MAX, nla_data(nest), nla_len(nest), NULL);
	address = attrs[DL_FUNCTION_HW_ADDR];
	if (has_size(address, sizeof(function->hw_addr))) {
		memcpy(&function->hw_addr, nla_data(address), sizeof(function->hw_addr));
		function->has_hw_addr = true;
	}
	function->state = devlink_take_u8(attrs[DL_FUNCTION_STATE]);
	function->opstate = devlink_take_u8(attrs[DL_FUNCTION_OPSTATE]);
	function->max_io_eqs = devlink_take_u32(attrs[DL_FUNCTION_MAX_IO_EQS]);
	take_caps(attrs[DL_FUNCTION_CAPS], function);
}

bool devlink_take_port(struct nlattr **attrs, void *ret_port)
{
	struct devlink_port *port = ret_port;
	int64_t index = devlink_take_u32(attrs[DEVLINK_ATTR_PORT_INDEX]);
	int64_t ifindex = devlink_take_u32(attrs[DEVLINK_ATTR_PORT_NETDEV_IFINDEX]);
	int64_t sf = devlink_take_u32(attrs[DEVLINK_ATTR_PORT_PCI_SF_NUMBER]);
	int64_t number = devlink_take_u32(attrs[DEVLINK_ATTR_PORT_NUMBER]);
	int64_t controller = devlink_take_u32(attrs[DEVLINK_ATTR_PORT_CONTROLLER_NUMBER]);

	if (index < 0 || !devlink_take_handle(attrs, &port->handle))
		return false;
	port->index = (uint32_t)index;
	port->type = devlink_take_u16(attrs[DEVLINK_ATTR_PORT_TYPE]);
	port->flavour = devlink_take_u16(attrs[DEVLINK_ATTR_PORT_FLAVOUR]);
	port->controller = controller <= INT32_MAX ? (int)controller : DEVLINK_UNKNOWN;
	port->external = devlink_take_u8(attrs[DEVLINK_ATTR_PORT_EXTERNAL]);
	port->pf = devlink_take_u16(attrs[DEVLINK_ATTR_PORT_PCI_PF_NUMBER]);
	port->vf = devlink_take_u16(attrs[DEVLINK_ATTR_PORT_PCI_VF_NUMBER]);
	port->sf = sf <= INT32_MAX ? (int)sf : DEVLINK_UNKNOWN;
	port->number = number <= INT32_MAX ? (int)number : DEVLINK_UNKNOWN;
	port->ifindex = ifindex > 0 ? (uint32_t)ifindex : 0;
	devlink_take_text(attrs[DEVLINK_ATTR_PORT_NETDEV_NAME], port->netdev, sizeof(port->netdev));
	devlink_function_init(&port->function);
	port->has_function = attrs[DEVLINK_ATTR_PORT_FUNCTION];
	if (port->has_function)
		take_function(attrs[DEVLINK_ATTR_PORT_FUNCTION], &port->function);
	return true;
}

bool devlink_take_rate(struct nlattr **attrs, void *ret_rate)
{
	struct devlink_rate *rate = ret_rate;
	int type = devlink_take_u16(attrs[DEVLINK_ATTR_RATE_TYPE]);
	int64_t port = devlink_take_u32(attrs[DEVLINK_ATTR_PORT_INDEX]);

	devlink_rate_init(rate);
	if (!devlink_take_handle(attrs, &rate->handle))
		return false;
	rate->is_node = type == DEVLINK_RATE_TYPE_NODE;
	rate->port = port >= 0 ? (uint32_t)port : 0;
	rate->has_parent = true;
	devlink_take_text(attrs[DEVLINK_ATTR_RATE_PARENT_NODE_NAME], rate->parent, sizeof(rate->parent));
	rate->tx_share = devlink_take_u64(attrs[DEVLINK_ATTR_RATE_TX_SHARE]);
	rate->tx_max = devlink_take_u64(attrs[DEVLINK_ATTR_RATE_TX_MAX]);
	rate->tx_priority = devlink_take_u32(attrs[DL_ATTR_RATE_TX_PRIORITY]);
	rate->tx_weight = devlink_take_u32(attrs[DL_ATTR_RATE_TX_WEIGHT]);
	if (rate->is_node)
		return take_name(attrs[DEVLINK_ATTR_RATE_NODE_NAME], rate->node, sizeof(rate->node));
	return type == DEVLINK_RATE_TYPE_LEAF && port >= 0;
}

/* A value as text, by the type that the parameter says it has; a flag is there or not. */
static bool take_value(int type, const struct nlattr *attr, char *buf, size_t size)
{
	const int64_t number = type == NLA_U8    ? devlink_take_u8(attr)
			       : type == NLA_U16 ? devlink_take_u16(attr)
			       : type == NLA_U32 ? devlink_take_u32(attr)
			       : type == NLA_U64 ? devlink_take_u64(attr)
						 : DEVLINK_UNKNOWN;

	if (type == NLA_FLAG)
		return text_copy(buf, size, attr ? "true" : "false");
	if (type == NLA_STRING)
		return attr && (devlink_take_text(attr, buf, size), true);
	if (number < 0)
		return false;
	snprintf(buf, size, "%" PRId64, number);
	return true;
}

static void take_values(const struct nlattr *list, struct devlink_param *param)
{
	struct nlattr *attrs[DL_ATTR_MAX + 1];
	const struct nlattr *value;
	int left;

	nla_for_each_nested(value, list, left)
	{
		int mode;

		if (nla_type(value) != DEVLINK_ATTR_PARAM_VALUE)
			continue;
		nla_parse(attrs, DL_ATTR_MAX, nla_data(value), nla_len(value), NULL);
		mode = devlink_take_u8(attrs[DEVLINK_ATTR_PARAM_VALUE_CMODE]);
		if (mode >= 0 && mode < DEVLINK_PARAM_MODE_COUNT)
			param->has[mode] = take_value(param->type, attrs[DEVLINK_ATTR_PARAM_VALUE_DATA],
				param->value[mode], sizeof(param->value[mode]));
	}
}

bool devlink_take_param(struct nlattr **attrs, void *ret_param)
{
	struct devlink_param *param = ret_param;
	struct nlattr *nest[DL_ATTR_MAX + 1];

	if (!devlink_take_handle(attrs, &param->handle) || !attrs[DEVLINK_ATTR_PARAM])
		return false;
	nla_parse(nest, DL_ATTR_MAX, nla_data(attrs[DEVLINK_ATTR_PARAM]), nla_len(attrs[DEVLINK_ATTR_PARAM]), NULL);
	if (!take_name(nest[DEVLINK_ATTR_PARAM_NAME], param->name, sizeof(param->name)))
		return false;
	param->type = devlink_take_u8(nest[DEVLINK_ATTR_PARAM_TYPE]);
	if (nest[DEVLINK_ATTR_PARAM_VALUES_LIST])
		take_values(nest[DEVLINK_ATTR_PARAM_VALUES_LIST], param);
	return true;
}

struct resources {
	struct devlink_resource *list;
	size_t count, max;
};

static void take_resource_list(const struct nlattr *list, const char *above, int depth, struct resources *to)
{
	struct nlattr *attrs[DL_ATTR_MAX + 1];
	const struct nlattr *one;
	int left;

	nla_for_each_nested(one, list, left)
	{
		struct devlink_resource *resource = &to->list[to->count];
		char name[24];

		if (to->count == to->max || nla_type(one) != DEVLINK_ATTR_RESOURCE)
			continue;
		nla_parse(attrs, DL_ATTR_MAX, nla_data(one), nla_len(one), NULL);
		if (!devlink_take_text(attrs[DEVLINK_ATTR_RESOURCE_NAME], name, sizeof(name)))
			continue;
		snprintf(resource->name, sizeof(resource->name), "%.*s%s%s", 36, above, above[0] ? "/" : "", name);
		resource->size = devlink_take_u64(attrs[DEVLINK_ATTR_RESOURCE_SIZE]);
		resource->occupied = devlink_take_u64(attrs[DEVLINK_ATTR_RESOURCE_OCC]);
		to->count++;
		if (depth < RESOURCE_DEPTH && attrs[DEVLINK_ATTR_RESOURCE_LIST])
			take_resource_list(attrs[DEVLINK_ATTR_RESOURCE_LIST], resource->name, depth + 1, to);
	}
}

size_t devlink_take_resources(struct nlattr **attrs, struct devlink_resource *ret_resources, size_t max)
{
	struct resources to = { .list = ret_resources, .max = max };

	if (attrs[DEVLINK_ATTR_RESOURCE_LIST])
		take_resource_list(attrs[DEVLINK_ATTR_RESOURCE_LIST], "", 1, &to);
	return to.count;
}

static int put_caps(struct nl_msg *request, const struct devlink_function *function)
{
	struct nla_bitfield32 field = { 0 };

	for (size_t i = 0; i < array_size(caps); i++) {
		int value = *(const int *)((const char *)function + caps[i].member);

		if (value == DEVLINK_UNKNOWN)
			continue;
		field.selector |= caps[i].bit;
		field.value |= value ? caps[i].bit : 0;
	}
	return field.selector ? nla_put(request, DL_FUNCTION_CAPS, sizeof(field), &field) : 0;
}

int devlink_put_function(struct nl_msg *request, const struct devlink_function *function)
{
	struct nlattr *nest = nla_nest_start(request, DEVLINK_ATTR_PORT_FUNCTION);

	if (!nest ||
		(function->has_hw_addr &&
			nla_put(request, DL_FUNCTION_HW_ADDR, sizeof(function->hw_addr), &function->hw_addr) < 0) ||
		put_caps(request, function) < 0 ||
		(function->max_io_eqs != DEVLINK_UNKNOWN &&
			nla_put_u32(request, DL_FUNCTION_MAX_IO_EQS, (uint32_t)function->max_io_eqs) < 0) ||
		(function->state != DEVLINK_UNKNOWN &&
			nla_put_u8(request, DL_FUNCTION_STATE, (uint8_t)function->state) < 0))
		return -EMSGSIZE;
	/* The function's nest is one of the strictly checked ones. */
	nest->nla_type |= NLA_F_NESTED;
	return nla_nest_end(request, nest);
}

int devlink_put_rate(struct nl_msg *request, const struct devlink_rate *rate)
{
	int ret = rate->is_node ? nla_put_string(request, DEVLINK_ATTR_RATE_NODE_NAME, rate->node)
				: nla_put_u32(request, DEVLINK_ATTR_PORT_INDEX, rate->port);

	if (!ret && rate->tx_share != DEVLINK_UNKNOWN)
		ret = nla_put_u64(request, DEVLINK_ATTR_RATE_TX_SHARE, (uint64_t)rate->tx_share);
	if (!ret && rate->tx_max != DEVLINK_UNKNOWN)
		ret = nla_put_u64(request, DEVLINK_ATTR_RATE_TX_MAX, (uint64_t)rate->tx_max);
	if (!ret && rate->tx_priority != DEVLINK_UNKNOWN)
		ret = nla_put_u32(request, DL_ATTR_RATE_TX_PRIORITY, (uint32_t)rate->tx_priority);
	if (!ret && rate->tx_weight != DEVLINK_UNKNOWN)
		ret = nla_put_u32(request, DL_ATTR_RATE_TX_WEIGHT, (uint32_t)rate->tx_weight);
	if (!ret && rate->has_parent)
		ret = nla_put_string(request, DEVLINK_ATTR_RATE_PARENT_NODE_NAME, rate->parent);
	return ret;
}

static int put_number(struct nl_msg *request, int type, const char *text)
{
	uint64_t value;
	const uint64_t max = type == NLA_U8 ? UINT8_MAX : type == NLA_U16 ? UINT16_MAX : UINT32_MAX;

	if (text_to_u64(text, type == NLA_U64 ? UINT64_MAX : max, &value) < 0)
		return -EINVAL;
	switch (type) {
	case NLA_U8:
		return nla_put_u8(request, DEVLINK_ATTR_PARAM_VALUE_DATA, (uint8_t)value);
	case NLA_U16:
		return nla_put_u16(request, DEVLINK_ATTR_PARAM_VALUE_DATA, (uint16_t)value);
	case NLA_U32:
		return nla_put_u32(request, DEVLINK_ATTR_PARAM_VALUE_DATA, (uint32_t)value);
	case NLA_U64:
		return nla_put_u64(request, DEVLINK_ATTR_PARAM_VALUE_DATA, value);
	default:
		return -EINVAL;
	}
}

static int put_value(struct nl_msg *request, int type, const char *text)
{
	if (type == NLA_FLAG && !strcmp(text, "false"))
		return 0;
	if (type == NLA_FLAG)
		return strcmp(text, "true") != 0 ? -EINVAL : nla_put_flag(request, DEVLINK_ATTR_PARAM_VALUE_DATA);
	if (type == NLA_STRING)
		return nla_put_string(request, DEVLINK_ATTR_PARAM_VALUE_DATA, text);
	return put_number(request, type, text);
}

int devlink_put_param(struct nl_msg *request, const struct devlink_param *param, enum devlink_param_mode mode)
{
	if (nla_put_string(request, DEVLINK_ATTR_PARAM_NAME, param->name) < 0 ||
		nla_put_u8(request, DEVLINK_ATTR_PARAM_TYPE, (uint8_t)param->type) < 0 ||
		nla_put_u8(request, DEVLINK_ATTR_PARAM_VALUE_CMODE, (uint8_t)mode) < 0)
		return -EMSGSIZE;
	return put_value(request, param->type, param->value[mode]);
}
