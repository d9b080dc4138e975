/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which order a driver wants its eswitch changed: rules as data, ours in a table (eswitch_rule.c), each with its
 * source, and a user's in a file before them. A rule in a file is a line:
 *
 *	DRIVER [VENDOR:DEVICE]  KEY=VALUE...
 *
 *	# this card's firmware wants switchdev before it has VFs
 *	mlx5_core 15b3:101f  vfs=after
 *	netdevsim            tc_offload=before wait=5
 *
 * Keys:	vfs=keep|after		are there VFs while the mode changes, or are they made after it
 *		unbind=yes|no		VFs have no driver meanwhile
 *		mode=settable|fixed	fixed: the card's firmware decides
 *		inline=before|after|never	inline_mode is written before, or after the mode
 *		encap=before|after|never	the same of encap_mode
 *		tc_offload=before|after|no	hw-tc-offload of the PF's network device is switched on
 *		param=NAME:VALUE	a devlink parameter, at run time, before the mode
 *		wait=SECONDS		how long representors may take to appear
 *
 * What a line leaves out is as in the rule that would have been without it. The first line that fits a device counts.
 */
#ifndef SRIOV_ESWITCH_RULE_H
#define SRIOV_ESWITCH_RULE_H

#include <stdint.h>

#include "os/sysroot.h"
#include "sriov/devlink.h"

struct eswitch;

enum {
	ESWITCH_RULES_MAX = 256,
	ESWITCH_RULE_TEXT = 160,
};

#define ESWITCH_RULES_PATH "etc/sluice/eswitch-rules" /* below the root */

enum eswitch_when {
	ESWITCH_BEFORE,
	ESWITCH_AFTER,
	ESWITCH_NEVER,
};

struct eswitch_rule {
	char driver[32];
	int32_t vendor, device; /* -1: any */
	bool vfs_after;         /* no VFs while the mode changes */
	bool unbind;
	bool fixed;
	enum eswitch_when inline_mode, encap_mode, tc_offload;
	char param[DEVLINK_NAME_MAX], param_value[32]; /* "" for none */
	unsigned int wait_seconds;
	char source[ESWITCH_RULE_TEXT]; /* why it is so, or FILE:LINE */
};

/* A user's rules, as lines that override: which members a line sets. */
struct eswitch_override {
	struct eswitch_rule rule;
	uint32_t set; /* bits by number of the key in the parser's table */
};

struct eswitch_rules {
	struct eswitch_override *list; /* owned */
	size_t count;
};

/*
 * The rule file path (of this machine), or that of the host below root where path is NULL, which may be missing.
 * CODE_USAGE names FILE:LINE:COL.
 */
int eswitch_rules_read(
	const struct sysroot *root, const char *path, struct eswitch_rules *ret_rules, struct error *err);

/* The same from text, which is changed; path is for messages. */
int eswitch_rules_parse(char *text, const char *path, struct eswitch_rules *ret_rules, struct error *err);
void eswitch_rules_done(struct eswitch_rules *rules);

/* The user's member values over those of *rule. */
void eswitch_override_apply(const struct eswitch_override *override, struct eswitch_rule *rule);

/* The rule for a device: ours for its driver, or the one for drivers that nobody knows, with the user's over it. */
struct eswitch_rule eswitch_rule_for(const struct eswitch_rules *rules, const struct eswitch *eswitch);

#endif
