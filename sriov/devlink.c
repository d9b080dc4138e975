// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The devlink family (CTRL_CMD_GETFAMILY), its devices, and the eswitch of one
 * (Documentation/networking/devlink/devlink-eswitch-attr.rst); see devlink.h.
 */
#include "sriov/devlink.h"

#include <errno.h>
#include <linux/genetlink.h>
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
	HANDLES_MAX = 4096,
};

static int take_family(struct nlattr **attrs, void *context)
{
	int id = devlink_take_u16(attrs[CTRL_ATTR_FAMILY_ID]);

	if (id > NLMSG_MIN_TYPE)
		*(uint16_t *)context = (uint16_t)id;
	return 0;
}

static struct nl_msg *family_request(void)
{
	const struct genlmsghdr generic = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct nl_msg *request = nlmsg_alloc_simple(GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_ACK);

	if (request && nlmsg_append(request, (void *)&generic, sizeof(generic), NLMSG_ALIGNTO) == 0 &&
		nla_put_string(request, CTRL_ATTR_FAMILY_NAME, DEVLINK_GENL_NAME) == 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

int devlink_open_on(struct devlink *ret_devlink, const struct devlink_channel *channel, struct error *err)
{
	struct devlink_reply reply = { 0 };
	int ret;

	*ret_devlink = (struct devlink){ .channel = *channel };
	ret = devlink_exchange(ret_devlink, family_request(), take_family, &ret_devlink->family, &reply);
	if (!ret && !reply.errnum && ret_devlink->family)
		return 0;
	devlink_close(ret_devlink);
	if (ret < 0)
		return fail(err, -ret, "ask the kernel for devlink");
	fail_code(err, CODE_ESWITCH_NONE, reply.errnum ? reply.errnum : ENOENT,
		"this kernel has no devlink, through which eswitches are managed");
	return fail_hint(err, "drivers of cards with an eswitch bring it (CONFIG_NET_DEVLINK): `modprobe mlx5_core`, "
			      "ice, bnxt_en, nfp");
}

int devlink_open(const struct sysroot *root, struct devlink *ret_devlink, struct error *err)
{
	struct devlink_channel channel;
	int ret;

	if (root->captured && devlink_text_is_there(root)) {
		*ret_devlink = (struct devlink){ .channel.fd = -1, .captured = root };
		return 0;
	}
	if (root->captured) {
		fail_code(err, CODE_ESWITCH_NONE, EOPNOTSUPP, "eswitches of this captured host were not recorded");
		return fail_hint(err, "on that host itself: `sluice eswitch list`");
	}
	ret = devlink_channel_open(&channel);
	return ret < 0 ? fail(err, -ret, "open netlink") : devlink_open_on(ret_devlink, &channel, err);
}

void devlink_close(struct devlink *devlink)
{
	if (devlink->channel.close)
		devlink->channel.close(&devlink->channel);
	*devlink = (struct devlink){ .channel.fd = -1 };
}

static bool take_device(struct nlattr **attrs, void *item)
{
	return devlink_take_handle(attrs, item);
}

int devlink_list_handles(
	struct devlink *devlink, struct devlink_handle **ret_handles, size_t *ret_count, struct error *err)
{
	struct devlink_list list = { .size = sizeof(**ret_handles), .max = HANDLES_MAX, .parse = take_device };
	int ret;

	if (devlink->captured)
		return devlink_text_handles(devlink->captured, ret_handles, ret_count, err);
	ret = devlink_dump(devlink, DEVLINK_CMD_GET, &list, "the devices with devlink", err);
	if (ret < 0) {
		free(list.items);
		return ret;
	}
	*ret_handles = list.items;
	*ret_count = list.count;
	return 0;
}

static const char *const mode_names[] = {
	[ESWITCH_LEGACY] = "legacy",
	[ESWITCH_SWITCHDEV] = "switchdev",
	[ESWITCH_SWITCHDEV_INACTIVE] = "switchdev_inactive",
};
_Static_assert((int)ESWITCH_LEGACY == (int)DEVLINK_ESWITCH_MODE_LEGACY &&
		       (int)ESWITCH_SWITCHDEV == (int)DEVLINK_ESWITCH_MODE_SWITCHDEV &&
		       (int)ESWITCH_SWITCHDEV_INACTIVE == (int)DL_MODE_SWITCHDEV_INACTIVE,
	"our modes are the kernel's");

static const char *const inline_names[] = { "none", "link", "network", "transport" };
static const char *const encap_names[] = { "none", "basic" };

static const char *name_of(const char *const *names, size_t count, int value)
{
	return value >= 0 && (size_t)value < count ? names[value] : "?";
}

const char *eswitch_mode_name(int mode)
{
	return name_of(mode_names, array_size(mode_names), mode);
}

const char *eswitch_inline_name(int mode)
{
	return name_of(inline_names, array_size(inline_names), mode);
}

const char *eswitch_encap_name(int mode)
{
	return name_of(encap_names, array_size(encap_names), mode);
}

/* What of an eswitch can be written: its key, where it is, its attribute. */
static const struct member {
	const char *key;
	size_t offset;
	int attr, bytes;
	const char *const *names;
	size_t name_count;
	const char *range;
} members[] = {
#define PLACE(member) offsetof(struct devlink_eswitch, member)
	{ "mode", PLACE(mode), DEVLINK_ATTR_ESWITCH_MODE, 2, mode_names, array_size(mode_names),
		"legacy, switchdev or switchdev_inactive" },
	{ "inline_mode", PLACE(inline_mode), DEVLINK_ATTR_ESWITCH_INLINE_MODE, 1, inline_names,
		array_size(inline_names), "none, link, network or transport" },
	{ "encap_mode", PLACE(encap_mode), DEVLINK_ATTR_ESWITCH_ENCAP_MODE, 1, encap_names, array_size(encap_names),
		"none or basic" },
#undef PLACE
};

static int value_of(const struct member *member, const struct devlink_eswitch *eswitch)
{
	return *(const int *)((const char *)eswitch + member->offset);
}

static int parse_member(
	const struct member *member, const char *text, struct devlink_eswitch *eswitch, struct error *err)
{
	for (size_t i = 0; i < member->name_count; i++)
		if (!strcmp(member->names[i], text)) {
			*(int *)((char *)eswitch + member->offset) = (int)i;
			return 0;
		}
	fail_code(err, CODE_USAGE, EINVAL, "%s cannot be '%s'", member->key, text);
	return fail_hint(err, "%s is %s", member->key, member->range);
}

int devlink_eswitch_parse(struct devlink_eswitch *eswitch, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');

	for (size_t i = 0; equals && i < array_size(members); i++)
		if (strlen(members[i].key) == (size_t)(equals - assignment) &&
			text_starts_with(assignment, members[i].key))
			return parse_member(&members[i], equals + 1, eswitch, err);
	fail_code(err, CODE_USAGE, EINVAL, "an eswitch has no setting '%s'", assignment);
	return fail_hint(err, "for example mode=switchdev inline_mode=transport encap_mode=basic");
}

static int take_eswitch(struct nlattr **attrs, void *context)
{
	devlink_take_eswitch(attrs, context);
	return 0;
}

int devlink_eswitch_read(struct devlink *devlink, const struct devlink_handle *handle,
	struct devlink_eswitch *ret_eswitch, struct error *err)
{
	struct devlink_eswitch eswitch;
	char text[DEVLINK_HANDLE_TEXT_SIZE], what[DEVLINK_HANDLE_TEXT_SIZE + 24];
	int ret;

	if (devlink->captured)
		return devlink_text_eswitch(devlink->captured, handle, ret_eswitch, err);
	devlink_eswitch_init(&eswitch);
	snprintf(what, sizeof(what), "the eswitch of %s", devlink_handle_text(handle, text));
	ret = devlink_look(devlink, devlink_request(devlink, DEVLINK_CMD_ESWITCH_GET, false, handle), take_eswitch,
		&eswitch, what, err);
	if (ret < 0)
		return ret;
	if (eswitch.mode == DEVLINK_UNKNOWN) {
		fail_code(err, CODE_ESWITCH_NONE, EOPNOTSUPP, "%s has no eswitch that can be managed", text);
		return fail_hint(err, "`sluice eswitch list` shows the devices that have one");
	}
	*ret_eswitch = eswitch;
	return 0;
}

/* The value that the driver has now is the one that was asked for, or there is no such thing to be read. */
static int check_taken(struct devlink *devlink, const struct devlink_handle *handle, const struct member *member,
	int wanted, const char *target, struct error *err)
{
	struct devlink_eswitch now;
	int ret = devlink_eswitch_read(devlink, handle, &now, err);

	if (ret < 0 || value_of(member, &now) == wanted)
		return ret;
	fail_code(err, CODE_ESWITCH_REFUSED, EOPNOTSUPP, "%s: the driver accepted %s=%s, and is at %s", target,
		member->key, member->names[wanted], name_of(member->names, member->name_count, value_of(member, &now)));
	return fail_hint(err, "this driver cannot set %s that way", member->key);
}

static int write_member(struct devlink *devlink, const struct devlink_handle *handle, const struct member *member,
	int value, struct error *err)
{
	struct nl_msg *request = devlink_request(devlink, DEVLINK_CMD_ESWITCH_SET, false, handle);
	char target[DEVLINK_HANDLE_TEXT_SIZE], what[48];
	int ret;

	if (request && (member->bytes == 2 ? nla_put_u16(request, member->attr, (uint16_t)value)
					   : nla_put_u8(request, member->attr, (uint8_t)value)) < 0) {
		nlmsg_free(request);
		request = NULL;
	}
	snprintf(what, sizeof(what), "%s=%s", member->key, member->names[value]);
	ret = devlink_change(devlink, request, devlink_handle_text(handle, target), what, err);
	return ret < 0 ? ret : check_taken(devlink, handle, member, value, target, err);
}

int devlink_eswitch_write(struct devlink *devlink, const struct devlink_handle *handle,
	const struct devlink_eswitch *eswitch, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < array_size(members); i++) {
		int value = value_of(&members[i], eswitch);

		if (value >= 0 && (size_t)value < members[i].name_count)
			ret = write_member(devlink, handle, &members[i], value, err);
	}
	return ret;
}
