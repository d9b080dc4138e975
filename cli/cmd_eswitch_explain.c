// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch explain`: in which order a driver wants its eswitch changed, and who says so. */
#include <errno.h>

#include "assign/request_eswitch.h"
#include "base/cleanup.h"
#include "cli/commands_eswitch.h"
#include "cli/eswitch_print.h"

struct options {
	const char *rules;
};

static const char *const when_names[] = {
	[ESWITCH_BEFORE] = "before the mode",
	[ESWITCH_AFTER] = "after the mode",
	[ESWITCH_NEVER] = "not",
};

static void say_rule(const struct cli *cli, const struct eswitch *now, const struct eswitch_rule *rule)
{
	cli_say(cli, "rule for driver %s: %s", rule->driver, rule->source);
	cli_say(cli, "  mode: %s", rule->fixed ? "the card's firmware decides" : "can be set");
	cli_say(cli, "  VFs: %s%s", rule->vfs_after ? "made after the mode has changed" : "may exist while it changes",
		rule->unbind ? ", without driver meanwhile" : "");
	cli_say(cli, "  inline_mode: set %s; encap_mode: set %s; hw-tc-offload: switched on %s",
		when_names[rule->inline_mode], when_names[rule->encap_mode], when_names[rule->tc_offload]);
	if (rule->param[0])
		cli_say(cli, "  parameter before it: %s=%s", rule->param, rule->param_value);
	cli_say(cli, "  representors: waited for up to %u s", rule->wait_seconds);
	cli_say(cli, "now: mode %s, %u VFs", eswitch_mode_name(now->is.mode), now->vf_count);
}

/* Without a wish: what going to the other mode would take. */
static int make_wish(char *const *args, size_t count, struct devlink_eswitch *ret_wish, struct error *err)
{
	int ret = 0;

	devlink_eswitch_init(ret_wish);
	for (size_t i = 0; !ret && i < count; i++)
		ret = devlink_eswitch_parse(ret_wish, args[i], err);
	return ret;
}

static int explain(const struct cli *cli, const struct host *host, const char *name, struct request_eswitch *request,
	bool other_mode, struct error *err)
{
	cleanup(eswitch_done) struct eswitch now = { 0 };
	struct eswitch_plan plan;
	json_t *object;
	int ret = request_eswitch_explain(host, name, request, &plan, &now, err);

	if (!ret && other_mode && !plan.rule.fixed) {
		request->wish.mode = now.is.mode == ESWITCH_LEGACY ? ESWITCH_SWITCHDEV : ESWITCH_LEGACY;
		eswitch_done(&now);
		ret = request_eswitch_explain(host, name, request, &plan, &now, err);
	}
	if (ret < 0)
		return ret;
	say_rule(cli, &now, &plan.rule);
	eswitch_print_steps(cli, &plan, false);
	object = cli_json_new();
	json_object_update_new(object, eswitch_plan_json(&plan));
	json_object_set_new(object, "mode", json_text(eswitch_mode_name(now.is.mode)));
	return cli_json_print(cli, object, err);
}

static int run_explain(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct options *options = values;
	struct request_eswitch request = { .rules = options->rules };
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	int ret = make_wish(args + 1, arg_count - 1, &request.wish, err);

	if (!ret)
		ret = host_open(&host, cli->sysroot, 0, err);
	return ret < 0 ? ret : explain(cli, &host, args[0], &request, arg_count == 1, err);
}

static const struct option_row rows[] = {
	{ "rules", 0, "FILE", "rules of drivers, in place of /etc/sluice/eswitch-rules", OPTION_TEXT,
		offsetof(struct options, rules), 0, 0, NULL },
	{ NULL },
};

static const char *const details[] = {
	"Without KEY=VALUE: the steps to the other mode. A rule of yours is a line in /etc/sluice/eswitch-rules:",
	"DRIVER [VENDOR:DEVICE] vfs=keep|after unbind=yes|no mode=settable|fixed inline=before|after|never "
	"encap=before|after|never tc_offload=before|after|no param=NAME:VALUE wait=SECONDS",
	"What a line leaves out is as it would be without it; the first line that fits counts.",
	NULL,
};

const struct command cmd_eswitch_explain = {
	.name = "explain",
	.summary = "show the order in which a driver wants its eswitch changed, and why",
	.arguments = "DEVICE [KEY=VALUE...]",
	.min_args = 1,
	.max_args = 4,
	.options = rows,
	.options_size = sizeof(struct options),
	.details = details,
	.examples = (const char *const[]){ "sluice eswitch explain eth0",
		"sluice eswitch explain eth0 mode=switchdev --rules FILE", NULL },
	.run = run_explain,
};
