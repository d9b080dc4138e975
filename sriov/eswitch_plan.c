// SPDX-License-Identifier: GPL-2.0-or-later
/* From a wish and a rule to steps; see eswitch_plan.h. */
#include "sriov/eswitch_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const verbs[] = {
	[ESWITCH_SET_PARAM] = "param",
	[ESWITCH_RATES_AWAY] = "rate-nodes-remove",
	[ESWITCH_OFFLOAD_ON] = "hw-tc-offload",
	[ESWITCH_VFS_UNBIND] = "vfs-unbind",
	[ESWITCH_VFS_AWAY] = "vfs-destroy",
	[ESWITCH_SET_INLINE] = "inline_mode",
	[ESWITCH_SET_ENCAP] = "encap_mode",
	[ESWITCH_SET_MODE] = "mode",
	[ESWITCH_VFS_MAKE] = "vfs-create",
	[ESWITCH_WAIT] = "representors",
	[ESWITCH_KEEP_SETTINGS] = "vf-settings",
	[ESWITCH_RATES_BACK] = "rate-nodes-add",
	[ESWITCH_VFS_BIND] = "vfs-bind",
};

const char *eswitch_verb_name(enum eswitch_verb verb)
{
	return (unsigned int)verb < ESWITCH_VERB_COUNT ? verbs[verb] : "?";
}

static bool is_switchdev(int mode)
{
	return mode == ESWITCH_SWITCHDEV || mode == ESWITCH_SWITCHDEV_INACTIVE;
}

bool eswitch_plan_changes_mode(const struct eswitch_plan *plan, const struct eswitch *now)
{
	return plan->to.mode != DEVLINK_UNKNOWN && plan->to.mode != now->is.mode;
}

/* Adds a step; from and to are printed by fmt, "FROM>TO". */
__attribute__((format(printf, 4, 5))) static void add(
	struct eswitch_plan *plan, enum eswitch_verb verb, const char *why, const char *fmt, ...)
{
	struct eswitch_step *step = &plan->step[plan->count];
	char values[sizeof(step->from) + sizeof(step->to)], *split;
	va_list args;

	if (plan->count == ESWITCH_STEPS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(values, sizeof(values), fmt, args);
	va_end(args);
	split = strchr(values, '>');
	if (split)
		*split++ = '\0';
	*step = (struct eswitch_step){ .verb = verb, .why = why };
	text_copy(step->from, sizeof(step->from), values);
	text_copy(step->to, sizeof(step->to), split ? split : "");
	plan->count++;
}

static unsigned int count_nodes(const struct eswitch *now)
{
	unsigned int nodes = 0;

	for (size_t i = 0; i < now->rate_count; i++)
		nodes += now->rates[i].is_node;
	return nodes;
}

static unsigned int count_bound(const struct eswitch *now)
{
	unsigned int bound = 0;

	for (unsigned int i = 0; i < now->vf_count; i++)
		bound += now->vfs[i].driver[0] != '\0';
	return bound;
}

static void add_inline(struct eswitch_plan *plan, const struct eswitch *now, enum eswitch_when when)
{
	int to = plan->to.inline_mode;

	if (to != DEVLINK_UNKNOWN && to != now->is.inline_mode && plan->rule.inline_mode == when)
		add(plan, ESWITCH_SET_INLINE, plan->rule.source, "%s>%s", eswitch_inline_name(now->is.inline_mode),
			eswitch_inline_name(to));
}

static void add_encap(struct eswitch_plan *plan, const struct eswitch *now, enum eswitch_when when)
{
	int to = plan->to.encap_mode;

	if (to != DEVLINK_UNKNOWN && to != now->is.encap_mode && plan->rule.encap_mode == when)
		add(plan, ESWITCH_SET_ENCAP, plan->rule.source, "%s>%s", eswitch_encap_name(now->is.encap_mode),
			eswitch_encap_name(to));
}

static void add_offload(struct eswitch_plan *plan, const struct eswitch *now, enum eswitch_when when)
{
	if (is_switchdev(plan->to.mode) && now->tc_offload == 0 && plan->rule.tc_offload == when)
		add(plan, ESWITCH_OFFLOAD_ON, "without it the eswitch forwards nothing by itself", "off>on");
}

static void add_before_mode(struct eswitch_plan *plan, const struct eswitch *now)
{
	unsigned int nodes = count_nodes(now), bound = count_bound(now);

	if (is_switchdev(plan->to.mode) && plan->rule.param[0])
		add(plan, ESWITCH_SET_PARAM, plan->rule.source, ">%s=%s", plan->rule.param, plan->rule.param_value);
	if (nodes)
		add(plan, ESWITCH_RATES_AWAY, "the kernel changes no mode while there are rate nodes", "%u>0", nodes);
	add_offload(plan, now, ESWITCH_BEFORE);
	if (bound && (plan->rule.unbind || plan->rule.vfs_after))
		add(plan, ESWITCH_VFS_UNBIND, plan->rule.source, "%u>0", bound);
	if (now->vf_count && plan->rule.vfs_after)
		add(plan, ESWITCH_VFS_AWAY, plan->rule.source, "%u>0", now->vf_count);
	add_inline(plan, now, ESWITCH_BEFORE);
	add_encap(plan, now, ESWITCH_BEFORE);
}

static void add_after_mode(struct eswitch_plan *plan, const struct eswitch *now)
{
	unsigned int nodes = count_nodes(now), bound = count_bound(now);
	bool made = plan->vfs && (plan->rule.vfs_after || !now->vf_count);

	add_inline(plan, now, ESWITCH_AFTER);
	add_encap(plan, now, ESWITCH_AFTER);
	if (made)
		add(plan, ESWITCH_VFS_MAKE, plan->rule.source, "0>%u", plan->vfs);
	if (plan->vfs && is_switchdev(plan->to.mode))
		add(plan, ESWITCH_WAIT, "each VF has one before anybody uses it", ">%u", plan->vfs);
	if (now->vf_count)
		add(plan, ESWITCH_KEEP_SETTINGS, "a change of the mode is not to change who a VF is", ">%u", plan->vfs);
	if (nodes && is_switchdev(plan->to.mode))
		add(plan, ESWITCH_RATES_BACK, "as they were", "0>%u", nodes);
	add_offload(plan, now, ESWITCH_AFTER);
	if (bound && (plan->rule.unbind || plan->rule.vfs_after))
		add(plan, ESWITCH_VFS_BIND, "the drivers that they had", "0>%u", bound);
}

/* What the rule says that the driver cannot do is not tried: a refusal by the kernel would tell less. */
static int check_rule(const struct eswitch *now, const struct eswitch_plan *plan, struct error *err)
{
	const struct eswitch_rule *rule = &plan->rule;
	const char *what = NULL;

	if (eswitch_plan_changes_mode(plan, now) && rule->fixed)
		what = "mode";
	else if (plan->to.inline_mode != DEVLINK_UNKNOWN && plan->to.inline_mode != now->is.inline_mode &&
		 rule->inline_mode == ESWITCH_NEVER)
		what = "inline_mode";
	else if (plan->to.encap_mode != DEVLINK_UNKNOWN && plan->to.encap_mode != now->is.encap_mode &&
		 rule->encap_mode == ESWITCH_NEVER)
		what = "encap_mode";
	if (!what)
		return 0;
	fail_code(err, CODE_ESWITCH_REFUSED, EOPNOTSUPP, "%s/%s: its driver %s has no %s that can be set (%s)",
		now->handle.bus, now->handle.name, now->driver[0] ? now->driver : "(none)", what, rule->source);
	return fail_hint(err, "where that is not true of this card, a line '%s %s' in /" ESWITCH_RULES_PATH " says so",
		now->driver[0] ? now->driver : "*",
		!strcmp(what, "mode")          ? "mode=settable"
		: !strcmp(what, "inline_mode") ? "inline=after"
					       : "encap=after");
}

int eswitch_plan_make(const struct eswitch *now, const struct eswitch_rule *rule, const struct devlink_eswitch *wish,
	unsigned int vfs, struct eswitch_plan *ret_plan, struct error *err)
{
	int ret;

	*ret_plan = (struct eswitch_plan){ .rule = *rule, .to = *wish, .vfs = vfs };
	ret = check_rule(now, ret_plan, err);
	if (ret < 0)
		return ret;
	if (!eswitch_plan_changes_mode(ret_plan, now)) {
		add_inline(ret_plan, now, ret_plan->rule.inline_mode);
		add_encap(ret_plan, now, ret_plan->rule.encap_mode);
		if (vfs && !now->vf_count)
			add(ret_plan, ESWITCH_VFS_MAKE, "as many as there were before a change that was cut off",
				"0>%u", vfs);
		return 0;
	}
	add_before_mode(ret_plan, now);
	add(ret_plan, ESWITCH_SET_MODE, ret_plan->rule.source, "%s>%s", eswitch_mode_name(now->is.mode),
		eswitch_mode_name(ret_plan->to.mode));
	add_after_mode(ret_plan, now);
	return 0;
}
