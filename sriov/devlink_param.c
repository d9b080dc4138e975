// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parameters of a device (Documentation/networking/devlink/devlink-params.rst): mlx5's flow_steering_mode, bnxt's
 * enable_sriov, ice's msix_vec_per_pf_max; and its resources (devlink-resource.rst), which are looked at only.
 */
#include <errno.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sriov/devlink_abi.h"
#include "sriov/devlink_exchange.h"
#include "sriov/devlink_message.h"

enum {
	PARAMS_MAX = 1024,
	RESOURCES_MAX = 256,
};

static const char *const mode_names[] = { "runtime", "driverinit", "permanent" };

int devlink_params_read(struct devlink *devlink, const struct devlink_handle *handle, struct devlink_param **ret_params,
	size_t *ret_count, struct error *err)
{
	struct devlink_list list = {
		.size = sizeof(**ret_params),
		.max = PARAMS_MAX,
		.parse = devlink_take_param,
		.handle = handle,
	};
	char text[DEVLINK_HANDLE_TEXT_SIZE], what[DEVLINK_HANDLE_TEXT_SIZE + 24];
	int ret;

	snprintf(what, sizeof(what), "the parameters of %s", devlink_handle_text(handle, text));
	ret = devlink_dump(devlink, DEVLINK_CMD_PARAM_GET, &list, what, err);
	if (ret < 0) {
		free(list.items);
		return ret;
	}
	*ret_params = list.items;
	*ret_count = list.count;
	return 0;
}

static int take_param(struct nlattr **attrs, void *context)
{
	struct devlink_param param = { 0 };

	if (devlink_take_param(attrs, &param))
		*(struct devlink_param *)context = param;
	return 0;
}

static struct nl_msg *look_request(struct devlink *devlink, const struct devlink_handle *handle, const char *name)
{
	struct nl_msg *request = devlink_request(devlink, DEVLINK_CMD_PARAM_GET, false, handle);

	if (request && nla_put_string(request, DEVLINK_ATTR_PARAM_NAME, name) == 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

int devlink_param_read(struct devlink *devlink, const struct devlink_handle *handle, const char *name,
	struct devlink_param *ret_param, struct error *err)
{
	struct devlink_param param = { 0 };
	char text[DEVLINK_HANDLE_TEXT_SIZE], what[2 * DEVLINK_HANDLE_TEXT_SIZE];
	int ret;

	snprintf(what, sizeof(what), "the parameter %s of %s", name, devlink_handle_text(handle, text));
	ret = devlink_look(devlink, look_request(devlink, handle, name), take_param, &param, what, err);
	if (ret < 0)
		return ret;
	if (strcmp(param.name, name) != 0)
		return fail_code(err, CODE_ESWITCH_NONE, ENOENT, "%s has no parameter %s", text, name);
	*ret_param = param;
	return 0;
}

/* A value that cannot be one of the parameter's type, or is longer than the kernel takes. */
static int refuse_value(const char *name, const char *value, struct error *err)
{
	fail_code(err, CODE_USAGE, EINVAL, "%s cannot be '%s'", name, value);
	return fail_hint(err, "a switch is true or false, a number decimal, a text has at most 31 characters");
}

static int check_taken(struct devlink *devlink, const struct devlink_handle *handle, const struct devlink_param *wanted,
	enum devlink_param_mode mode, const char *target, struct error *err)
{
	struct devlink_param now;
	int ret = devlink_param_read(devlink, handle, wanted->name, &now, err);

	if (ret < 0 || !now.has[mode] || !strcmp(now.value[mode], wanted->value[mode]))
		return ret;
	fail_code(err, CODE_ESWITCH_REFUSED, EOPNOTSUPP, "%s: the driver accepted %s=%s, and is at %s", target,
		wanted->name, wanted->value[mode], now.value[mode]);
	return fail_hint(err, "this driver cannot set %s that way", wanted->name);
}

int devlink_param_write(struct devlink *devlink, const struct devlink_handle *handle, const char *name,
	enum devlink_param_mode mode, const char *value, struct error *err)
{
	char target[DEVLINK_HANDLE_TEXT_SIZE], what[160];
	struct devlink_param param;
	struct nl_msg *request;
	int ret = devlink_param_read(devlink, handle, name, &param, err);

	if (ret < 0)
		return ret;
	if (!text_copy(param.value[mode], 32, value))
		return refuse_value(name, value, err);
	request = devlink_request(devlink, DEVLINK_CMD_PARAM_SET, false, handle);
	if (request && devlink_put_param(request, &param, mode) < 0) {
		nlmsg_free(request);
		return refuse_value(name, value, err);
	}
	snprintf(what, sizeof(what), "parameter %s=%s (%s)", name, param.value[mode], mode_names[mode]);
	ret = devlink_change(devlink, request, devlink_handle_text(handle, target), what, err);
	return ret < 0 ? ret : check_taken(devlink, handle, &param, mode, target, err);
}

struct found {
	struct devlink_resource *list;
	size_t count;
};

/* The kernel spreads a long list over several answers. */
static int take_resources(struct nlattr **attrs, void *context)
{
	struct found *found = context;

	found->count += devlink_take_resources(attrs, found->list + found->count, RESOURCES_MAX - found->count);
	return 0;
}

int devlink_resources_read(struct devlink *devlink, const struct devlink_handle *handle,
	struct devlink_resource **ret_resources, size_t *ret_count, struct error *err)
{
	cleanup_free struct devlink_resource *list = calloc(RESOURCES_MAX, sizeof(*list));
	struct found found = { .list = list };
	char text[DEVLINK_HANDLE_TEXT_SIZE], what[DEVLINK_HANDLE_TEXT_SIZE + 24];
	struct error none = { 0 };
	int ret;

	if (!list)
		return fail(err, ENOMEM, "read resources");
	snprintf(what, sizeof(what), "the resources of %s", devlink_handle_text(handle, text));
	ret = devlink_look(devlink, devlink_request(devlink, DEVLINK_CMD_RESOURCE_DUMP, false, handle), take_resources,
		&found, what, &none);
	if (ret < 0 && none.errnum != EOPNOTSUPP) {
		if (err)
			*err = none;
		return ret;
	}
	*ret_resources = take_ptr(list);
	*ret_count = found.count;
	return 0;
}
