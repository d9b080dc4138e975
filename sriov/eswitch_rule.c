// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of drivers for a change of their eswitch's mode, with their sources: what the kernel's drivers check and do
 * (paths below drivers/net, Linux 6.12 and 7.3), and what others found out.
 */
#include "sriov/eswitch_rule.h"

#include <string.h>

#include "base/cleanup.h"
#include "sriov/eswitch.h"

enum {
	ANY = -1,
	WAIT_SECONDS = 30, /* mlx5 with 127 VFs makes a representor in some 100 ms */
};

static const struct eswitch_rule rules[] = {
	{ .driver = "mlx5_core",
		.vendor = ANY,
		.device = ANY,
		.unbind = true,
		.inline_mode = ESWITCH_BEFORE,
		.encap_mode = ESWITCH_BEFORE,
		.tc_offload = ESWITCH_BEFORE,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/mellanox/mlx5/core/eswitch_offloads.c: encap_mode is only stored in legacy mode; "
			  "sriov-network-operator 1015, 1019: all VFs there, none bound" },
	{ .driver = "ice",
		.vendor = ANY,
		.device = ANY,
		.vfs_after = true,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_AFTER,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/intel/ice/ice_eswitch.c: the mode changes only while there are no VFs" },
	{ .driver = "bnxt_en",
		.vendor = ANY,
		.device = ANY,
		.unbind = false,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_AFTER,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/broadcom/bnxt/bnxt_vfr.c: representors of the VFs that exist, and of those made "
			  "later" },
	{ .driver = "nfp",
		.vendor = ANY,
		.device = ANY,
		.fixed = true,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_AFTER,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/netronome/nfp/flower/main.c: the firmware application decides; only abm's can be "
			  "switched" },
	{ .driver = "sfc_ef100",
		.vendor = ANY,
		.device = ANY,
		.fixed = true,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_AFTER,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/sfc/ef100_rep.c: representors come with the VFs, there is no mode" },
	{ .driver = "rvu_rep",
		.vendor = ANY,
		.device = ANY,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_NEVER,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/marvell/octeontx2/nic/rep.c: the VFs that there were when its driver was loaded" },
	{ .driver = "rvu_af",
		.vendor = ANY,
		.device = ANY,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_NEVER,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/marvell/octeontx2/af/rvu_devlink.c: the mode changes at any time" },
	{ .driver = "LiquidIO",
		.vendor = ANY,
		.device = ANY,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_AFTER,
		.wait_seconds = WAIT_SECONDS,
		.source = "ethernet/cavium/liquidio/lio_main.c: its firmware must have switchdev; representors at the "
			  "change, and with new VFs" },
	{ .driver = "netdevsim",
		.vendor = ANY,
		.device = ANY,
		.inline_mode = ESWITCH_NEVER,
		.encap_mode = ESWITCH_NEVER,
		.tc_offload = ESWITCH_NEVER,
		.wait_seconds = 5,
		.source = "netdevsim/dev.c: representors of the VFs that exist, and of those made later" },
};

/* A driver that nobody here knows: with the least surprise for VFs, and what was asked for last. */
static const struct eswitch_rule unknown = {
	.driver = "*",
	.vendor = ANY,
	.device = ANY,
	.unbind = true,
	.inline_mode = ESWITCH_AFTER,
	.encap_mode = ESWITCH_AFTER,
	.tc_offload = ESWITCH_AFTER,
	.wait_seconds = WAIT_SECONDS,
	.source = "no rule is known for this driver: VFs stay, without driver while the mode changes",
};

static bool fits(const struct eswitch_rule *rule, const struct eswitch *eswitch)
{
	return (!strcmp(rule->driver, "*") || !strcmp(rule->driver, eswitch->driver)) &&
	       (rule->vendor == ANY || rule->vendor == eswitch->vendor_id) &&
	       (rule->device == ANY || rule->device == eswitch->device_id);
}

struct eswitch_rule eswitch_rule_for(const struct eswitch_rules *users, const struct eswitch *eswitch)
{
	struct eswitch_rule rule = unknown;
	bool found = false;

	for (size_t i = 0; !found && i < array_size(rules); i++)
		if (fits(&rules[i], eswitch)) {
			rule = rules[i];
			found = true;
		}
	for (size_t i = 0; users && i < users->count; i++)
		if (fits(&users->list[i].rule, eswitch)) {
			eswitch_override_apply(&users->list[i], &rule);
			break;
		}
	return rule;
}
