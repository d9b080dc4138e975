// SPDX-License-Identifier: GPL-2.0-or-later
/* One eswitch, and the steps of a plan, for people and programs; see eswitch_print.h. */
#include "cli/eswitch_print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum {
	BYTES_PER_MBIT = 1000 * 1000 / 8,
};

static void say_head(const struct cli *cli, const struct eswitch *eswitch)
{
	char handle[DEVLINK_HANDLE_TEXT_SIZE];

	cli_say(cli, "%s (%s%s%s): mode %s%s%s%s%s%s", devlink_handle_text(&eswitch->handle, handle), eswitch->netdev,
		eswitch->netdev[0] ? ", " : "", eswitch->driver[0] ? eswitch->driver : "no driver",
		eswitch_mode_name(eswitch->is.mode), eswitch->is.inline_mode >= 0 ? ", inline_mode " : "",
		eswitch->is.inline_mode >= 0 ? eswitch_inline_name(eswitch->is.inline_mode) : "",
		eswitch->is.encap_mode >= 0 ? ", encap_mode " : "",
		eswitch->is.encap_mode >= 0 ? eswitch_encap_name(eswitch->is.encap_mode) : "",
		eswitch->tc_offload < 0 ? ""
		: eswitch->tc_offload   ? ", hw-tc-offload on"
					: ", hw-tc-offload off");
}

static void say_nodes(const struct cli *cli, const struct eswitch *eswitch)
{
	for (size_t i = 0; i < eswitch->rate_count; i++) {
		const struct devlink_rate *rate = &eswitch->rates[i];

		if (rate->is_node)
			cli_say(cli, "rate node %s: tx_share %lld, tx_max %lld Mbit/s%s%s", rate->node,
				(long long)rate->tx_share / BYTES_PER_MBIT, (long long)rate->tx_max / BYTES_PER_MBIT,
				rate->parent[0] ? ", below " : "", rate->parent);
	}
}

static int print_json(const struct cli *cli, const struct eswitch *eswitch, const struct eswitch_plan *plan,
	json_t *extra, struct error *err)
{
	json_t *object = cli_json_new(), *one = eswitch_json(eswitch), *steps = plan ? eswitch_plan_json(plan) : NULL;

	if (extra)
		json_object_update(one, extra);
	json_object_set_new(object, "eswitch", one);
	if (steps)
		json_object_update(object, steps);
	json_decref(extra);
	json_decref(steps);
	return cli_json_print(cli, object, err);
}

int eswitch_print(const struct cli *cli, const struct eswitch *eswitch, const struct eswitch_plan *plan, json_t *extra,
	struct error *err)
{
	cleanup_free struct eswitch_vf_row *rows = NULL;
	cleanup_free struct table_row *lines = NULL;

	if (cli->json)
		return print_json(cli, eswitch, plan, extra, err);
	json_decref(extra);
	say_head(cli, eswitch);
	say_nodes(cli, eswitch);
	if (!eswitch->vf_count)
		return 0;
	if (eswitch_vf_rows(eswitch, &rows, &lines) < 0)
		return fail(err, ENOMEM, "show VFs");
	return table_print(cli, &eswitch_vf_table, lines, eswitch->vf_count, err);
}

void eswitch_print_steps(const struct cli *cli, const struct eswitch_plan *plan, bool did)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct eswitch_step *step = &plan->step[i];

		cli_say(cli, "%s %zu. %s %s%s%s (%s)", did ? "done" : "step", i + 1, eswitch_verb_name(step->verb),
			step->from, step->from[0] ? " -> " : "", step->to, step->why);
	}
	if (!plan->count)
		cli_say(cli, "nothing to do: it is so already");
}
