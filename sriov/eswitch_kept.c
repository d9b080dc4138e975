// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of VFs and rates over a change of their eswitch's mode; see eswitch_kept.h. */
#include "sriov/eswitch_kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sriov/sriov.h"

struct eswitch_kept {
	char netdev[16];
	bool legacy;
	unsigned int count;
	unsigned int readable;        /* in legacy mode: of so many VFs the driver tells settings */
	struct vf_settings *settings; /* of legacy mode; owned */
	struct mac_addr *mac;         /* of switchdev mode; owned */
	bool *has_mac;                /* owned */
};

static void take_functions(const struct eswitch *before, struct eswitch_kept *kept)
{
	for (unsigned int i = 0; i < kept->count; i++) {
		const struct devlink_port *port = eswitch_vf_port(before, i);

		kept->has_mac[i] = port && port->function.has_hw_addr && !mac_is_zero(&port->function.hw_addr);
		if (kept->has_mac[i])
			kept->mac[i] = port->function.hw_addr;
	}
}

static void take_settings(const struct eswitch *before, struct eswitch_kept *kept)
{
	size_t found = 0;

	if (!before->netdev[0] || vf_settings_read_all(before->netdev, kept->settings, kept->count, &found, NULL) < 0)
		found = 0;
	for (size_t i = found; i < kept->count; i++)
		vf_settings_init(&kept->settings[i]);
	kept->readable = (unsigned int)found;
	for (size_t i = 0; i < kept->count; i++) {
		kept->has_mac[i] = kept->settings[i].has_mac && !mac_is_zero(&kept->settings[i].mac);
		kept->mac[i] = kept->settings[i].mac;
	}
}

int eswitch_kept_read(const struct eswitch *before, struct eswitch_kept **ret_kept, struct error *err)
{
	cleanup(eswitch_kept_free) struct eswitch_kept *kept = calloc(1, sizeof(*kept));
	size_t room = before->vf_count + 1;

	if (!kept)
		return fail(err, ENOMEM, "read the settings of VFs");
	kept->count = before->vf_count;
	kept->legacy = before->is.mode == ESWITCH_LEGACY;
	text_copy(kept->netdev, sizeof(kept->netdev), before->netdev);
	kept->settings = calloc(room, sizeof(*kept->settings));
	kept->mac = calloc(room, sizeof(*kept->mac));
	kept->has_mac = calloc(room, sizeof(*kept->has_mac));
	if (!kept->settings || !kept->mac || !kept->has_mac)
		return fail(err, ENOMEM, "read the settings of VFs");
	if (kept->legacy)
		take_settings(before, kept);
	else
		take_functions(before, kept);
	*ret_kept = take_ptr(kept);
	return 0;
}

void eswitch_kept_free(struct eswitch_kept **kept)
{
	if (!*kept)
		return;
	free((*kept)->settings);
	free((*kept)->mac);
	free((*kept)->has_mac);
	free(*kept);
	*kept = NULL;
}

/* In legacy mode everything that the PF's driver had said; from switchdev there is the address alone. */
static int restore_legacy(struct eswitch_kept *kept, unsigned int vf, const struct host_lock *lock, struct error *err)
{
	struct vf_settings settings = kept->settings[vf];
	int ret;

	if (!kept->netdev[0] || (kept->legacy ? vf >= kept->readable : !kept->has_mac[vf]))
		return 0;
	if (!kept->legacy) {
		vf_settings_init(&settings);
		settings.has_mac = true;
		settings.mac = kept->mac[vf];
	}
	ret = vf_settings_restore(lock, kept->netdev, vf, &settings, err);
	return ret < 0 ? ret : 0;
}

/* A driver whose ports have no function, as netdevsim's, takes the address from its own tables. */
static int restore_switchdev(struct eswitch_kept *kept, unsigned int vf, struct devlink *devlink,
	const struct devlink_port *port, struct error *err)
{
	struct devlink_function function;

	if (!kept->has_mac[vf] || !port->function.has_hw_addr ||
		!memcmp(&port->function.hw_addr, &kept->mac[vf], sizeof(kept->mac[vf])))
		return 0;
	devlink_function_init(&function);
	function.has_hw_addr = true;
	function.hw_addr = kept->mac[vf];
	return devlink_function_write(devlink, port, &function, err);
}

int eswitch_kept_restore(struct eswitch_kept *kept, const struct host_lock *lock, struct devlink *devlink,
	const struct devlink_handle *handle, struct error *err)
{
	struct eswitch now;
	int first = eswitch_read(host_lock_root(lock), devlink, handle, &now, err);

	if (first < 0)
		return first;
	for (unsigned int i = 0; i < kept->count && i < now.vf_count; i++) {
		const struct devlink_port *port = eswitch_vf_port(&now, i);
		struct error *to = first ? NULL : err;
		int ret = 0;

		if (now.is.mode == ESWITCH_LEGACY)
			ret = restore_legacy(kept, i, lock, to);
		else if (port)
			ret = restore_switchdev(kept, i, devlink, port, to);
		first = first ? first : ret;
	}
	eswitch_done(&now);
	return first;
}

/* The rate of that name or port as it is now; NULL for none. */
static const struct devlink_rate *find(
	const struct devlink_rate *rates, size_t count, const struct devlink_rate *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (rates[i].is_node == wanted->is_node &&
			(wanted->is_node ? !strcmp(rates[i].node, wanted->node) : rates[i].port == wanted->port))
			return &rates[i];
	return NULL;
}

/* A rate by its name alone. */
static struct devlink_rate bare(const struct devlink_rate *rate)
{
	struct devlink_rate name;

	devlink_rate_init(&name);
	name.handle = rate->handle;
	name.is_node = rate->is_node;
	name.port = rate->port;
	memcpy(name.node, rate->node, sizeof(name.node));
	return name;
}

/* Nobody's parent any more: then the kernel lets it go. */
static int release_children(struct devlink *devlink, const struct devlink_rate *rates, size_t count, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < count; i++) {
		struct devlink_rate alone = bare(&rates[i]);

		alone.has_parent = true;
		if (rates[i].parent[0])
			ret = devlink_rate_write(devlink, &alone, err);
	}
	return ret;
}

int eswitch_rates_remove(struct devlink *devlink, const struct eswitch *before, struct error *err)
{
	cleanup_free struct devlink_rate *now = NULL;
	size_t count = 0;
	int ret = devlink_rates_read(devlink, &before->handle, &now, &count, err);

	if (!ret)
		ret = release_children(devlink, now, count, err);
	for (size_t i = 0; !ret && i < count; i++)
		if (now[i].is_node)
			ret = devlink_rate_remove(devlink, &now[i], err);
	return ret;
}

/* Nodes first as they are made, without rates and parents: those may come later in the list. */
static int add_nodes(struct devlink *devlink, const struct eswitch *before, const struct devlink_rate *now,
	size_t count, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < before->rate_count; i++) {
		const struct devlink_rate node = bare(&before->rates[i]);

		if (node.is_node && !find(now, count, &node))
			ret = devlink_rate_add(devlink, &node, err);
	}
	return ret;
}

static const size_t rate_values[] = {
	offsetof(struct devlink_rate, tx_share),
	offsetof(struct devlink_rate, tx_max),
	offsetof(struct devlink_rate, tx_priority),
	offsetof(struct devlink_rate, tx_weight),
};

/* What of wanted is not so now; false: nothing. */
static bool pick_difference(
	const struct devlink_rate *wanted, const struct devlink_rate *now, struct devlink_rate *ret_difference)
{
	struct devlink_rate difference = *wanted;
	bool any;

	difference.has_parent = any = strcmp(wanted->parent, now->parent) != 0;
	for (size_t i = 0; i < array_size(rate_values); i++) {
		int64_t *value = (int64_t *)((char *)&difference + rate_values[i]);

		if (*value == *(const int64_t *)((const char *)now + rate_values[i]))
			*value = DEVLINK_UNKNOWN;
		any |= *value != DEVLINK_UNKNOWN;
	}
	*ret_difference = difference;
	return any;
}

int eswitch_rates_restore(struct devlink *devlink, const struct eswitch *before, struct error *err)
{
	cleanup_free struct devlink_rate *now = NULL, *then = NULL;
	size_t count = 0, then_count = 0;
	int ret = devlink_rates_read(devlink, &before->handle, &now, &count, err);

	if (!ret)
		ret = add_nodes(devlink, before, now, count, err);
	if (!ret)
		ret = devlink_rates_read(devlink, &before->handle, &then, &then_count, err);
	for (size_t i = 0; !ret && i < before->rate_count; i++) {
		const struct devlink_rate *is = find(then, then_count, &before->rates[i]);
		struct devlink_rate difference;

		if (is && pick_difference(&before->rates[i], is, &difference))
			ret = devlink_rate_write(devlink, &difference, err);
	}
	return ret;
}
