// SPDX-License-Identifier: GPL-2.0-or-later
/* A device of devlink behind a channel, for tests; see fake_devlink.h. */
#include "tests/unit/fake_devlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sriov/devlink_abi.h"
#include "sriov/devlink_message.h"

enum {
	FAMILY = 0x1c,
	VF_PORT_BASE = 128, /* as netdevsim numbers them */
};

struct request {
	const struct nlmsghdr *header;
	int command;
	struct nlattr *attrs[DL_ATTR_MAX + 1];
};

static unsigned int vf_count(const struct fake_devlink *fake)
{
	unsigned int count = fake->vfs ? fake->vfs(fake->context) : 0;

	return count < FAKE_VFS_MAX ? count : FAKE_VFS_MAX;
}

static unsigned int port_count(const struct fake_devlink *fake)
{
	return fake->eswitch.mode == ESWITCH_LEGACY ? 0 : vf_count(fake);
}

/* Takes the message. */
static void queue(struct fake_devlink *fake, struct nl_msg *message)
{
	const struct nlmsghdr *header = nlmsg_hdr(message);

	if (fake->reply_count < FAKE_REPLIES_MAX) {
		unsigned char *bytes = malloc(header->nlmsg_len);

		memcpy(bytes, header, header->nlmsg_len);
		fake->reply[fake->reply_count].bytes = bytes;
		fake->reply[fake->reply_count++].size = header->nlmsg_len;
	}
	nlmsg_free(message);
}

static void queue_verdict(struct fake_devlink *fake, const struct request *request, int errnum, const char *words)
{
	struct nl_msg *message = nlmsg_alloc();
	struct nlmsghdr *header = nlmsg_put(message, 0, request->header->nlmsg_seq, NLMSG_ERROR, 0, NLM_F_CAPPED);
	struct nlmsgerr error = { .error = -errnum, .msg = *request->header };

	nlmsg_append(message, &error, sizeof(error), NLMSG_ALIGNTO);
	if (words) {
		nla_put_string(message, NLMSGERR_ATTR_MSG, words);
		header->nlmsg_flags |= NLM_F_ACK_TLVS;
	}
	queue(fake, message);
}

static void queue_done(struct fake_devlink *fake, const struct request *request)
{
	struct nl_msg *message = nlmsg_alloc();
	const int result = 0;

	nlmsg_put(message, 0, request->header->nlmsg_seq, NLMSG_DONE, 0, NLM_F_MULTI);
	nlmsg_append(message, (void *)&result, sizeof(result), NLMSG_ALIGNTO);
	queue(fake, message);
}

static struct nl_msg *answer(const struct fake_devlink *fake, const struct request *request, int command)
{
	const struct genlmsghdr generic = { .cmd = (uint8_t)command, .version = 1 };
	struct nl_msg *message = nlmsg_alloc();

	nlmsg_put(message, 0, request->header->nlmsg_seq, FAMILY, 0,
		fake->damage == FAKE_DISTURBED ? NLM_F_MULTI | NLM_F_DUMP_INTR : NLM_F_MULTI);
	nlmsg_append(message, (void *)&generic, sizeof(generic), NLMSG_ALIGNTO);
	nla_put_string(message, DEVLINK_ATTR_BUS_NAME, fake->handle.bus);
	nla_put_string(message, DEVLINK_ATTR_DEV_NAME, fake->handle.name);
	return message;
}

static void answer_family(struct fake_devlink *fake, const struct request *request)
{
	const struct genlmsghdr generic = { .cmd = CTRL_CMD_NEWFAMILY, .version = 2 };
	struct nl_msg *message = nlmsg_alloc();

	if (fake->damage == FAKE_NO_FAMILY) {
		nlmsg_free(message);
		queue_verdict(fake, request, ENOENT, NULL);
		return;
	}
	nlmsg_put(message, 0, request->header->nlmsg_seq, GENL_ID_CTRL, 0, 0);
	nlmsg_append(message, (void *)&generic, sizeof(generic), NLMSG_ALIGNTO);
	nla_put_u16(message, CTRL_ATTR_FAMILY_ID, FAMILY);
	queue(fake, message);
	queue_verdict(fake, request, 0, NULL);
}

static void answer_eswitch(struct fake_devlink *fake, const struct request *request)
{
	struct nl_msg *message = answer(fake, request, DEVLINK_CMD_ESWITCH_GET);

	nla_put_u16(message, DEVLINK_ATTR_ESWITCH_MODE, (uint16_t)fake->eswitch.mode);
	if (fake->eswitch.inline_mode != DEVLINK_UNKNOWN)
		nla_put_u8(message, DEVLINK_ATTR_ESWITCH_INLINE_MODE, (uint8_t)fake->eswitch.inline_mode);
	if (fake->eswitch.encap_mode != DEVLINK_UNKNOWN)
		nla_put_u8(message, DEVLINK_ATTR_ESWITCH_ENCAP_MODE, (uint8_t)fake->eswitch.encap_mode);
	queue(fake, message);
}

static void answer_port(struct fake_devlink *fake, const struct request *request, unsigned int vf)
{
	struct nl_msg *message = answer(fake, request, DEVLINK_CMD_PORT_NEW);
	struct devlink_function function = fake->function[vf];

	nla_put_u32(message, DEVLINK_ATTR_PORT_INDEX, VF_PORT_BASE + vf);
	nla_put_u16(message, DEVLINK_ATTR_PORT_TYPE, DEVLINK_PORT_TYPE_ETH);
	nla_put_u16(message, DEVLINK_ATTR_PORT_FLAVOUR, DEVLINK_PORT_FLAVOUR_PCI_VF);
	nla_put_u32(message, DEVLINK_ATTR_PORT_CONTROLLER_NUMBER, 0);
	nla_put_u16(message, DEVLINK_ATTR_PORT_PCI_PF_NUMBER, 0);
	nla_put_u16(message, DEVLINK_ATTR_PORT_PCI_VF_NUMBER, (uint16_t)vf);
	nla_put_u8(message, DEVLINK_ATTR_PORT_EXTERNAL, 0);
	if (fake->has_functions)
		devlink_put_function(message, &function);
	queue(fake, message);
}

static void answer_rate(struct fake_devlink *fake, const struct request *request, const struct devlink_rate *rate)
{
	struct nl_msg *message = answer(fake, request, DEVLINK_CMD_RATE_NEW);
	struct devlink_rate told = *rate;

	nla_put_u16(message, DEVLINK_ATTR_RATE_TYPE, rate->is_node ? DEVLINK_RATE_TYPE_NODE : DEVLINK_RATE_TYPE_LEAF);
	told.has_parent = told.parent[0];
	devlink_put_rate(message, &told);
	queue(fake, message);
}

static void answer_param(struct fake_devlink *fake, const struct request *request)
{
	struct nl_msg *message = answer(fake, request, DEVLINK_CMD_PARAM_GET);
	struct nlattr *param = nla_nest_start(message, DEVLINK_ATTR_PARAM), *list, *value;

	nla_put_string(message, DEVLINK_ATTR_PARAM_NAME, "flow_steering_mode");
	nla_put_u8(message, DEVLINK_ATTR_PARAM_TYPE, NLA_STRING);
	list = nla_nest_start(message, DEVLINK_ATTR_PARAM_VALUES_LIST);
	value = nla_nest_start(message, DEVLINK_ATTR_PARAM_VALUE);
	nla_put_u8(message, DEVLINK_ATTR_PARAM_VALUE_CMODE, DEVLINK_PARAM_CMODE_RUNTIME);
	nla_put_string(message, DEVLINK_ATTR_PARAM_VALUE_DATA, fake->param);
	nla_nest_end(message, value);
	nla_nest_end(message, list);
	nla_nest_end(message, param);
	queue(fake, message);
}

/* The port that the request names; -1 for none. */
static int port_of(const struct fake_devlink *fake, const struct request *request)
{
	int64_t index = devlink_take_u32(request->attrs[DEVLINK_ATTR_PORT_INDEX]);

	return index >= VF_PORT_BASE && index < VF_PORT_BASE + port_count(fake) ? (int)(index - VF_PORT_BASE) : -1;
}

static struct devlink_rate *node_of(struct fake_devlink *fake, const struct nlattr *attr)
{
	char name[DEVLINK_NAME_MAX];

	devlink_take_text(attr, name, sizeof(name));
	for (size_t i = 0; i < fake->node_count; i++)
		if (!strcmp(fake->node[i].node, name))
			return &fake->node[i];
	return NULL;
}

static struct devlink_rate *rate_of(struct fake_devlink *fake, const struct request *request)
{
	int port = port_of(fake, request);

	if (request->attrs[DEVLINK_ATTR_RATE_NODE_NAME])
		return node_of(fake, request->attrs[DEVLINK_ATTR_RATE_NODE_NAME]);
	return port >= 0 ? &fake->leaf[port] : NULL;
}

/* Leafs begin anew with each representor. */
static int set_eswitch(struct fake_devlink *fake, const struct request *request)
{
	struct devlink_eswitch to;

	devlink_take_eswitch((struct nlattr **)request->attrs, &to);
	if (to.mode != DEVLINK_UNKNOWN && fake->node_count)
		return EBUSY;
	if (to.mode != DEVLINK_UNKNOWN && fake->no_vfs_while_changing && vf_count(fake))
		return EOPNOTSUPP;
	if ((to.inline_mode != DEVLINK_UNKNOWN && fake->eswitch.inline_mode == DEVLINK_UNKNOWN) ||
		(to.encap_mode != DEVLINK_UNKNOWN && fake->eswitch.encap_mode == DEVLINK_UNKNOWN))
		return EOPNOTSUPP;
	if (to.mode != DEVLINK_UNKNOWN) {
		fake->eswitch.mode = to.mode;
		for (size_t i = 0; i < FAKE_VFS_MAX; i++)
			fake->leaf[i] = (struct devlink_rate){ .port = (uint32_t)(VF_PORT_BASE + i) };
	}
	if (to.inline_mode != DEVLINK_UNKNOWN)
		fake->eswitch.inline_mode = to.inline_mode;
	if (to.encap_mode != DEVLINK_UNKNOWN)
		fake->eswitch.encap_mode = to.encap_mode;
	return 0;
}

#define TAKE(to, from, member)                                                                                         \
	do {                                                                                                           \
		if ((from)->member != DEVLINK_UNKNOWN)                                                                 \
			(to)->member = (from)->member;                                                                 \
	} while (0)

static int set_port(struct fake_devlink *fake, const struct request *request)
{
	int port = port_of(fake, request);
	struct devlink_port wanted = { 0 };

	if (port < 0)
		return ENODEV;
	if (!fake->has_functions)
		return EOPNOTSUPP;
	devlink_take_port((struct nlattr **)request->attrs, &wanted);
	if (wanted.function.has_hw_addr) {
		fake->function[port].has_hw_addr = true;
		fake->function[port].hw_addr = wanted.function.hw_addr;
	}
	TAKE(&fake->function[port], &wanted.function, state);
	TAKE(&fake->function[port], &wanted.function, roce);
	TAKE(&fake->function[port], &wanted.function, migratable);
	TAKE(&fake->function[port], &wanted.function, max_io_eqs);
	return 0;
}

static int set_rate(struct fake_devlink *fake, const struct request *request, struct devlink_rate *rate)
{
	const struct nlattr *parent = request->attrs[DEVLINK_ATTR_RATE_PARENT_NODE_NAME];
	struct devlink_rate wanted = {
		.tx_share = devlink_take_u64(request->attrs[DEVLINK_ATTR_RATE_TX_SHARE]),
		.tx_max = devlink_take_u64(request->attrs[DEVLINK_ATTR_RATE_TX_MAX]),
		.tx_priority = devlink_take_u32(request->attrs[DL_ATTR_RATE_TX_PRIORITY]),
		.tx_weight = devlink_take_u32(request->attrs[DL_ATTR_RATE_TX_WEIGHT]),
	};

	if (!rate)
		return ENODEV;
	TAKE(rate, &wanted, tx_share);
	TAKE(rate, &wanted, tx_max);
	TAKE(rate, &wanted, tx_priority);
	TAKE(rate, &wanted, tx_weight);
	if (parent && !devlink_take_text(parent, wanted.parent, sizeof(wanted.parent)))
		rate->parent[0] = '\0';
	else if (parent && !node_of(fake, parent))
		return ENODEV;
	else if (parent)
		memcpy(rate->parent, wanted.parent, sizeof(rate->parent));
	return 0;
}

static int new_rate(struct fake_devlink *fake, const struct request *request)
{
	struct devlink_rate *node = &fake->node[fake->node_count];

	if (node_of(fake, request->attrs[DEVLINK_ATTR_RATE_NODE_NAME]))
		return EEXIST;
	if (fake->node_count == FAKE_NODES_MAX || fake->eswitch.mode == ESWITCH_LEGACY)
		return EOPNOTSUPP;
	*node = (struct devlink_rate){ .is_node = true };
	devlink_take_text(request->attrs[DEVLINK_ATTR_RATE_NODE_NAME], node->node, sizeof(node->node));
	fake->node_count++;
	return set_rate(fake, request, node);
}

static bool is_parent(const struct fake_devlink *fake, const char *name)
{
	for (size_t i = 0; i < fake->node_count; i++)
		if (!strcmp(fake->node[i].parent, name))
			return true;
	for (size_t i = 0; i < port_count(fake); i++)
		if (!strcmp(fake->leaf[i].parent, name))
			return true;
	return false;
}

static int del_rate(struct fake_devlink *fake, const struct request *request)
{
	struct devlink_rate *node = node_of(fake, request->attrs[DEVLINK_ATTR_RATE_NODE_NAME]);

	if (!node)
		return ENODEV;
	if (is_parent(fake, node->node))
		return EBUSY;
	*node = fake->node[--fake->node_count];
	return 0;
}

static int set_param(struct fake_devlink *fake, const struct request *request)
{
	if (!fake->param[0])
		return EINVAL;
	devlink_take_text(request->attrs[DEVLINK_ATTR_PARAM_VALUE_DATA], fake->param, sizeof(fake->param));
	return 0;
}

/* What the kernel would say; its own words where it has some. */
static int change(struct fake_devlink *fake, const struct request *request, const char **ret_words)
{
	*ret_words = NULL;
	if (fake->command_count < FAKE_COMMANDS_MAX)
		fake->command[fake->command_count++] = request->command;
	if (fake->fail_errno && (!fake->fail_command || fake->fail_command == request->command) && !fake->fail_at--) {
		int errnum = fake->fail_errno;

		fake->fail_errno = 0;
		*ret_words = fake->fail_words;
		return errnum;
	}
	if (fake->ignore_command == request->command)
		return 0;
	switch (request->command) {
	case DEVLINK_CMD_ESWITCH_SET:
		*ret_words = fake->node_count ? "Rate node(s) exists." : NULL;
		return set_eswitch(fake, request);
	case DEVLINK_CMD_PORT_SET:
		return set_port(fake, request);
	case DEVLINK_CMD_RATE_SET:
		return set_rate(fake, request, rate_of(fake, request));
	case DEVLINK_CMD_RATE_NEW:
		return new_rate(fake, request);
	case DEVLINK_CMD_RATE_DEL:
		return del_rate(fake, request);
	case DEVLINK_CMD_PARAM_SET:
		return set_param(fake, request);
	default:
		return EOPNOTSUPP;
	}
}

static void look_ports(struct fake_devlink *fake, const struct request *request)
{
	int port = port_of(fake, request);

	for (unsigned int i = 0; i < port_count(fake); i++)
		if (!request->attrs[DEVLINK_ATTR_PORT_INDEX] || port == (int)i)
			answer_port(fake, request, i);
}

static void look_rates(struct fake_devlink *fake, const struct request *request)
{
	const struct devlink_rate *one = rate_of(fake, request);

	if (request->attrs[DEVLINK_ATTR_RATE_NODE_NAME] || request->attrs[DEVLINK_ATTR_PORT_INDEX]) {
		if (one)
			answer_rate(fake, request, one);
		return;
	}
	for (unsigned int i = 0; fake->has_rates && i < port_count(fake); i++)
		answer_rate(fake, request, &fake->leaf[i]);
	for (size_t i = 0; i < fake->node_count; i++)
		answer_rate(fake, request, &fake->node[i]);
}

static bool look(struct fake_devlink *fake, const struct request *request)
{
	switch (request->command) {
	case DEVLINK_CMD_GET:
		queue(fake, answer(fake, request, DEVLINK_CMD_NEW));
		return true;
	case DEVLINK_CMD_ESWITCH_GET:
		answer_eswitch(fake, request);
		return true;
	case DEVLINK_CMD_PORT_GET:
		look_ports(fake, request);
		return true;
	case DEVLINK_CMD_RATE_GET:
		look_rates(fake, request);
		return true;
	case DEVLINK_CMD_PARAM_GET:
		if (fake->param[0])
			answer_param(fake, request);
		return true;
	default:
		return false;
	}
}

static bool is_other_device(const struct fake_devlink *fake, const struct request *request)
{
	struct devlink_handle handle;

	return devlink_take_handle((struct nlattr **)request->attrs, &handle) &&
	       !devlink_handle_same(&handle, &fake->handle);
}

static int fake_send(struct devlink_channel *channel, const void *bytes, size_t size, bool may_hang)
{
	struct fake_devlink *fake = channel->context;
	struct request request = { .header = bytes };
	const struct genlmsghdr *generic = (const void *)((const char *)bytes + NLMSG_HDRLEN);
	const char *words = NULL;

	if (size < NLMSG_HDRLEN + GENL_HDRLEN || request.header->nlmsg_len != size)
		abort();
	request.command = generic->cmd;
	nla_parse(request.attrs, DL_ATTR_MAX, (struct nlattr *)((char *)generic + GENL_HDRLEN),
		(int)(size - NLMSG_HDRLEN - GENL_HDRLEN), NULL);
	if (request.header->nlmsg_type == GENL_ID_CTRL) {
		answer_family(fake, &request);
	} else if (may_hang && fake->hang_command == request.command) {
		return -ETIMEDOUT;
	} else if (is_other_device(fake, &request)) {
		queue_verdict(fake, &request, ENODEV, NULL);
	} else if (look(fake, &request)) {
		if ((request.header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
			queue_done(fake, &request);
		else
			queue_verdict(fake, &request, 0, NULL);
	} else {
		int errnum = change(fake, &request, &words);

		queue_verdict(fake, &request, errnum, errnum ? words : NULL);
	}
	return 0;
}

static ssize_t fake_receive(struct devlink_channel *channel, void *buf, size_t size)
{
	struct fake_devlink *fake = channel->context;
	size_t length;

	if (fake->damage == FAKE_SILENT || fake->reply_first == fake->reply_count)
		return -ETIMEDOUT;
	length = fake->reply[fake->reply_first].size;
	memcpy(buf, fake->reply[fake->reply_first].bytes, length < size ? length : size);
	if (fake->damage == FAKE_CUT && fake->damage_at < length)
		length = fake->damage_at;
	if (fake->damage == FAKE_BYTE && fake->damage_at < length)
		((unsigned char *)buf)[fake->damage_at] = fake->damage_with;
	if (fake->damage == FAKE_ENDLESS)
		return (ssize_t)length;
	free(fake->reply[fake->reply_first++].bytes);
	if (fake->reply_first == fake->reply_count)
		fake->reply_first = fake->reply_count = 0;
	return (ssize_t)length;
}

static void fake_close(struct devlink_channel *channel)
{
	(void)channel;
}

void fake_devlink_init(struct fake_devlink *fake)
{
	*fake = (struct fake_devlink){
		.handle = { "pci", "0000:01:00.0" },
		.eswitch = { ESWITCH_LEGACY, 0, 0 },
		.has_functions = true,
		.has_rates = true,
	};
	for (size_t i = 0; i < FAKE_VFS_MAX; i++) {
		devlink_function_init(&fake->function[i]);
		fake->function[i].has_hw_addr = true;
		fake->function[i].state = 1;
		fake->function[i].roce = 1;
		fake->leaf[i] = (struct devlink_rate){ .port = (uint32_t)(VF_PORT_BASE + i) };
	}
}

void fake_devlink_done(struct fake_devlink *fake)
{
	while (fake->reply_first < fake->reply_count)
		free(fake->reply[fake->reply_first++].bytes);
	fake->reply_first = fake->reply_count = 0;
}

struct devlink_channel fake_devlink_channel(struct fake_devlink *fake)
{
	return (struct devlink_channel){
		.send = fake_send, .receive = fake_receive, .close = fake_close, .fd = -1, .context = fake
	};
}
