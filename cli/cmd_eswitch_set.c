// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch set`: change the mode of an embedded switch, as a transaction in the order that its driver wants. */
#include <errno.h>

#include "assign/request_eswitch.h"
#include "base/cleanup.h"
#include "cli/commands_eswitch.h"
#include "cli/eswitch_print.h"

struct options {
	const char *rules;
	bool dry_run;
};

static int run_set(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct options *options = values;
	struct request_eswitch request = { .rules = options->rules, .dry_run = options->dry_run };
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(eswitch_done) struct eswitch after = { 0 };
	struct eswitch_plan plan;
	int ret = 0;

	devlink_eswitch_init(&request.wish);
	for (size_t i = 1; !ret && i < arg_count; i++)
		ret = devlink_eswitch_parse(&request.wish, args[i], err);
	if (!ret)
		ret = sysroot_open(&root, cli->sysroot, err);
	if (!ret)
		ret = request_eswitch_set(&root, args[0], &request, &plan, &after, err);
	if (ret < 0)
		return ret;
	eswitch_print_steps(cli, &plan, !options->dry_run);
	return eswitch_print(cli, &after, &plan, NULL, err);
}

static const struct option_row rows[] = {
	{ "rules", 0, "FILE", "rules of drivers, in place of /etc/sluice/eswitch-rules", OPTION_TEXT,
		offsetof(struct options, rules), 0, 0, NULL },
	{ "dry-run", 0, NULL, "show the steps, change nothing", OPTION_FLAG, offsetof(struct options, dry_run), 0, 0,
		NULL },
	{ NULL },
};

static const char *const details[] = {
	"KEY is mode (legacy, switchdev, switchdev_inactive), inline_mode (none, link, network, transport) or "
	"encap_mode "
	"(none, basic).",
	"The steps and their order are the driver's: `sluice eswitch explain` shows them, and why. Each is read back; "
	"where "
	"one fails, all before it are undone. VFs keep their addresses, rates and drivers.",
	"Refused while a guest or this host uses one of the VFs, or a representor that would go away.",
	NULL,
};

const struct command cmd_eswitch_set = {
	.name = "set",
	.summary = "change the mode of an eswitch",
	.arguments = "DEVICE KEY=VALUE...",
	.min_args = 2,
	.max_args = 4,
	.options = rows,
	.options_size = sizeof(struct options),
	.columns = eswitch_vf_columns,
	.details = details,
	.examples = (const char *const[]){ "sluice eswitch set eth0 mode=switchdev",
		"sluice eswitch set eth0 mode=switchdev inline_mode=transport encap_mode=basic --dry-run", NULL },
	.run = run_set,
};
