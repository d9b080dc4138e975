// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice down`: guests of the configuration, ended against their order. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/config_text.h"
#include "cli/guest_results.h"
#include "guest/guest.h"
#include "plan/audit.h"
#include "plan/guest_up.h"

struct down_options {
	struct option_list files;
	bool force;
};

#define DOWN(member) offsetof(struct down_options, member)
static const struct option_row rows[] = {
	{ "file", 'f', "FILE",
		"this file in place of the host's; '-' is standard input; repeatable, later ones add to earlier ones",
		OPTION_LIST, DOWN(files), 0, 0, NULL },
	{ "force", 0, NULL, "switch them off, without asking them", OPTION_FLAG, DOWN(force), 0, 0, NULL },
	{ NULL },
};

struct stopping {
	const struct cli *cli;
	struct guest_down down;
};

static void stop_one(void *context, const struct desired_guest *guest, struct guest_result *ret_result)
{
	const struct stopping *stopping = context;

	guest_down(&stopping->down, guest, ret_result);
}

static void say_one(void *context, const struct desired_guest *guest, const struct guest_result *result)
{
	static const struct guest_words words = {
		.nothing = "is down already",
		.did = "is down",
		.by_force = "is down; it was switched off",
	};
	const struct stopping *stopping = context;

	guest_result_say(stopping->cli, &words, guest, result);
}

static int stop(const struct cli *cli, const struct down_options *given, const struct sysroot *root,
	const struct desired *desired, char *const *names, size_t count, struct error *err)
{
	cleanup_free struct guest_result *result = calloc(desired->guest_count + 1, sizeof(*result));
	char user[64];
	struct stopping stopping = { .cli = cli, .down = { root, given->force, user, "down" } };
	const struct guest_flow flow = { desired, GUEST_FLOW_DOWN, stop_one, say_one, &stopping };
	int ret;

	if (!result)
		return fail(err, ENOMEM, "end guests");
	audit_user(root, user, sizeof(user));
	ret = guest_flow_choose(desired, GUEST_FLOW_DOWN, names, count, result, err);
	if (ret < 0)
		return ret;
	if (!desired->guest_count)
		cli_say(cli, "the configuration has no guests");
	ret = guest_flow_run(&flow, result, err);
	return ret < 0 ? ret : guest_results_end(cli, desired, result, err);
}

static int run_down(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct down_options *given = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup_desired struct desired *desired = NULL;
	int ret = sysroot_open(&root, cli->sysroot, err);

	if (!ret)
		ret = guest_reachable(&root, err);
	if (!ret)
		ret = config_load_or_say(cli, &root, &given->files, &desired, err);
	return ret < 0 ? ret : stop(cli, given, &root, desired, args, count, err);
}

static const char *const details[] = {
	"Ends the guests of the configuration that are named and those that require them, or all, for good: none is "
	"started again. Those that come after others end first; those that have no order among them at the same time.",
	"Each has its power button pressed; one that has not ended by its 'stop_timeout' is switched off, which is "
	"said. "
	"Guests that the file does not have are ended by 'sluice stop'.",
	NULL,
};

static const char *const examples[] = {
	"sluice down",
	"sluice down web1",
	"sluice down --force web1",
	NULL,
};

const struct command cmd_down = {
	.name = "down",
	.summary = "end guests of the configuration",
	.arguments = "[GUEST...]",
	.max_args = ARGS_MANY,
	.options = rows,
	.options_size = sizeof(struct down_options),
	.details = details,
	.examples = examples,
	.run = run_down,
};
