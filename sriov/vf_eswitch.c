// SPDX-License-Identifier: GPL-2.0-or-later
/* A carrier of VFs' settings over devlink where that has them, over the PF's network device else; see vf_eswitch.h. */
#include "sriov/vf_eswitch.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sriov/eswitch.h"

enum {
	BYTES_PER_MBIT = 1000 * 1000 / 8,
};

struct view {
	struct devlink devlink;
	struct eswitch now;
};

static void end_view(struct view *view)
{
	eswitch_done(&view->now);
	devlink_close(&view->devlink);
}

static int begin_view(const struct vf_eswitch *vf, struct view *view, struct error *err)
{
	int ret = vf->open(vf->root, &view->devlink, err);

	return ret < 0 ? ret : eswitch_read(vf->root, &view->devlink, &vf->handle, &view->now, err);
}

#define NO_VIEW                                                                                                        \
	{                                                                                                              \
		.devlink.channel.fd = -1                                                                               \
	}

static int64_t to_mbit(int64_t bytes)
{
	return bytes < 0 ? VF_UNSET : bytes / BYTES_PER_MBIT;
}

/* What the port says is what holds. */
static void look_at_vf(const struct eswitch *now, unsigned int index, struct vf_settings *settings)
{
	const struct devlink_port *port = eswitch_vf_port(now, index);
	const struct devlink_rate *rate = eswitch_vf_rate(now, index);

	if (port && port->function.has_hw_addr) {
		settings->has_mac = true;
		settings->mac = port->function.hw_addr;
	}
	if (rate) {
		settings->min_tx_rate = to_mbit(rate->tx_share);
		settings->max_tx_rate = to_mbit(rate->tx_max);
	}
}

/* A driver may tell of no VF by its network device in this mode: then there are as many as the eswitch has. */
static int read_all(const struct vf_carrier *carrier, struct vf_settings *ret_settings, size_t max, size_t *ret_count,
	struct error *err)
{
	const struct vf_eswitch *vf = carrier->context;
	cleanup(end_view) struct view view = NO_VIEW;
	size_t count = 0;
	int ret = vf->below.read_all(&vf->below, ret_settings, max, &count, err);

	if (!ret)
		ret = begin_view(vf, &view, err);
	if (ret < 0)
		return ret;
	for (; count < view.now.vf_count && count < max; count++)
		vf_settings_init(&ret_settings[count]);
	for (unsigned int i = 0; i < count; i++)
		look_at_vf(&view.now, i, &ret_settings[i]);
	*ret_count = count;
	return 0;
}

static int write_mac(struct view *view, unsigned int index, struct vf_settings *rest, struct error *err)
{
	const struct devlink_port *port = eswitch_vf_port(&view->now, index);
	struct devlink_function function;

	if (!rest->has_mac || !port || !port->function.has_hw_addr)
		return 0;
	devlink_function_init(&function);
	function.has_hw_addr = true;
	function.hw_addr = rest->mac;
	rest->has_mac = false;
	return devlink_function_write(&view->devlink, port, &function, err);
}

static int write_rates(struct view *view, unsigned int index, struct vf_settings *rest, struct error *err)
{
	const struct devlink_rate *now = eswitch_vf_rate(&view->now, index);
	struct devlink_rate rate;

	if (!now || (rest->min_tx_rate == VF_UNSET && rest->max_tx_rate == VF_UNSET))
		return 0;
	devlink_rate_init(&rate);
	rate.handle = now->handle;
	rate.port = now->port;
	if (rest->min_tx_rate != VF_UNSET)
		rate.tx_share = rest->min_tx_rate * BYTES_PER_MBIT;
	if (rest->max_tx_rate != VF_UNSET)
		rate.tx_max = rest->max_tx_rate * BYTES_PER_MBIT;
	rest->min_tx_rate = rest->max_tx_rate = VF_UNSET;
	return devlink_rate_write(&view->devlink, &rate, err);
}

static bool is_empty(const struct vf_settings *settings)
{
	return !settings->has_mac && !settings->has_node_guid && !settings->has_port_guid &&
	       settings->vlan == VF_UNSET && settings->qos == VF_UNSET && settings->vlan_proto == VF_UNSET &&
	       settings->min_tx_rate == VF_UNSET && settings->max_tx_rate == VF_UNSET &&
	       settings->spoofchk == VF_UNSET && settings->trust == VF_UNSET && settings->query_rss == VF_UNSET &&
	       settings->link_state == VF_UNSET;
}

/* The network device's refusal in this mode is mostly about the mode. */
static int write_below(const struct vf_eswitch *vf, const struct eswitch *now, unsigned int index,
	const struct vf_settings *rest, struct error *err)
{
	const struct representor *representor = eswitch_vf_representor(now, index);
	int ret = is_empty(rest) ? 0 : vf->below.write(&vf->below, index, rest, err);

	if (ret < 0 && err && err->code == CODE_VF_REJECTED)
		fail_hint(err,
			"%s is in switchdev mode: VLANs are rules on the representor %s there, and its link is the "
			"VF's "
			"link; `sluice eswitch show %s`",
			vf->below.ifname, representor ? representor->netdev : "of the VF", vf->below.ifname);
	return ret;
}

/* The parts in the order in which a failure leaves least: what was written before it is undone by vf.c. */
static int write_one(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err)
{
	const struct vf_eswitch *vf = carrier->context;
	cleanup(end_view) struct view view = NO_VIEW;
	struct vf_settings rest = *settings;
	int ret = begin_view(vf, &view, err);

	if (!ret)
		ret = write_mac(&view, index, &rest, err);
	if (!ret)
		ret = write_rates(&view, index, &rest, err);
	return ret < 0 ? ret : write_below(vf, &view.now, index, &rest, err);
}

bool vf_eswitch_carrier(struct vf_eswitch *vf, const struct sysroot *root, const struct vf_carrier *below,
	int (*open)(const struct sysroot *root, struct devlink *ret_devlink, struct error *err),
	struct vf_carrier *ret_carrier)
{
	cleanup(devlink_close) struct devlink devlink = { .channel.fd = -1 };
	struct devlink_eswitch is;

	*vf = (struct vf_eswitch){ .below = *below, .root = root, .open = open ? open : devlink_open };
	if (!eswitch_handle_netdev(root, below->ifname, &vf->handle) || vf->open(root, &devlink, NULL) < 0 ||
		devlink_eswitch_read(&devlink, &vf->handle, &is, NULL) < 0 || is.mode == ESWITCH_LEGACY)
		return false;
	*ret_carrier = *below;
	ret_carrier->read_all = read_all;
	ret_carrier->write = write_one;
	ret_carrier->context = vf;
	return true;
}
