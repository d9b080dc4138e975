// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of the structs of devlink.h: what is unknown at first, and what flavours, types and handles are called. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sriov/devlink.h"

const char *devlink_handle_text(const struct devlink_handle *handle, char buf[static DEVLINK_HANDLE_TEXT_SIZE])
{
	snprintf(buf, DEVLINK_HANDLE_TEXT_SIZE, "%s/%s", handle->bus, handle->name);
	return buf;
}

bool devlink_handle_same(const struct devlink_handle *one, const struct devlink_handle *other)
{
	return !strcmp(one->bus, other->bus) && !strcmp(one->name, other->name);
}

void devlink_eswitch_init(struct devlink_eswitch *eswitch)
{
	*eswitch = (struct devlink_eswitch){ DEVLINK_UNKNOWN, DEVLINK_UNKNOWN, DEVLINK_UNKNOWN };
}

void devlink_function_init(struct devlink_function *function)
{
	*function = (struct devlink_function){
		.state = DEVLINK_UNKNOWN,
		.opstate = DEVLINK_UNKNOWN,
		.roce = DEVLINK_UNKNOWN,
		.migratable = DEVLINK_UNKNOWN,
		.ipsec_crypto = DEVLINK_UNKNOWN,
		.ipsec_packet = DEVLINK_UNKNOWN,
		.max_io_eqs = DEVLINK_UNKNOWN,
	};
}

static const char *const flavours[] = {
	[DEVLINK_FLAVOUR_PHYSICAL] = "physical",
	[1] = "cpu",
	[2] = "dsa",
	[DEVLINK_FLAVOUR_PCI_PF] = "pcipf",
	[DEVLINK_FLAVOUR_PCI_VF] = "pcivf",
	[5] = "virtual",
	[6] = "unused",
	[DEVLINK_FLAVOUR_PCI_SF] = "pcisf",
};

static const char *const types[] = { "notset", "auto", "eth", "ib" };

const char *devlink_flavour_name(int flavour)
{
	return flavour >= 0 && (size_t)flavour < array_size(flavours) ? flavours[flavour] : "?";
}

const char *devlink_port_type_name(int type)
{
	return type >= 0 && (size_t)type < array_size(types) ? types[type] : "?";
}

void devlink_rate_init(struct devlink_rate *rate)
{
	*rate = (struct devlink_rate){
		.tx_share = DEVLINK_UNKNOWN,
		.tx_max = DEVLINK_UNKNOWN,
		.tx_priority = DEVLINK_UNKNOWN,
		.tx_weight = DEVLINK_UNKNOWN,
	};
}
