/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a change of an eswitch, in the order that its driver's rule wants (eswitch_rule.h). Pure: from what is,
 * what is wanted and the rule. eswitch_change.h does the steps, and walks them backwards where one fails.
 */
#ifndef SRIOV_ESWITCH_PLAN_H
#define SRIOV_ESWITCH_PLAN_H

#include "base/error.h"
#include "sriov/eswitch.h"
#include "sriov/eswitch_rule.h"

enum eswitch_verb {
	ESWITCH_SET_PARAM,  /* a devlink parameter */
	ESWITCH_RATES_AWAY, /* rate nodes: the kernel changes no mode while there are any */
	ESWITCH_OFFLOAD_ON, /* hw-tc-offload */
	ESWITCH_VFS_UNBIND, /* VFs lose their drivers */
	ESWITCH_VFS_AWAY,   /* VFs are destroyed */
	ESWITCH_SET_INLINE,
	ESWITCH_SET_ENCAP,
	ESWITCH_SET_MODE,
	ESWITCH_VFS_MAKE,      /* as many VFs as there were, or as are wanted */
	ESWITCH_WAIT,          /* for representors */
	ESWITCH_KEEP_SETTINGS, /* VFs have the addresses, and in legacy mode all settings, that they had */
	ESWITCH_RATES_BACK,
	ESWITCH_VFS_BIND, /* VFs get the drivers back that they had */
	ESWITCH_VERB_COUNT
};

enum {
	ESWITCH_STEPS_MAX = 16,
};

struct eswitch_step {
	enum eswitch_verb verb;
	char from[64], to[64]; /* "" where there is no value */
	const char *why;       /* static, or the rule's source, which lives as long as the plan */
};

struct eswitch_plan {
	struct eswitch_rule rule;
	struct devlink_eswitch to; /* unknown: as it is */
	unsigned int vfs;          /* how many there are afterwards */
	struct eswitch_step step[ESWITCH_STEPS_MAX];
	size_t count;
};

/* "mode", "vfs", "representors": what a step is about, for people and JSON. */
const char *eswitch_verb_name(enum eswitch_verb verb);

/*
 * No steps when it is as wanted already. CODE_ESWITCH_REFUSED for what the rule says that the driver cannot do.
 * ret_plan's steps point into it: it is not to be copied.
 */
int eswitch_plan_make(const struct eswitch *now, const struct eswitch_rule *rule, const struct devlink_eswitch *wish,
	unsigned int vfs, struct eswitch_plan *ret_plan, struct error *err);

/* The mode will be another one. */
bool eswitch_plan_changes_mode(const struct eswitch_plan *plan, const struct eswitch *now);

#endif
