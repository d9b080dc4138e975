// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice confirm`, `undo` and `recover`: what becomes of a plan that was applied, or was killed on the way. */
#include <errno.h>

#include "base/cleanup.h"
#include "cli/apply_text.h"
#include "cli/commands.h"
#include "plan/audit.h"
#include "plan/boot.h"
#include "plan/prepare.h"
#include "plan/watch.h"

/* What all of them begin with. */
struct run {
	struct sysroot root;
	struct change *change;
	struct teller teller;
	char user[64];
	struct apply_how how;
};

static void run_done(struct run *run)
{
	change_end(run->change, NULL);
	sysroot_close(&run->root);
}

static int begin(struct run *run, const struct cli *cli, const char *command, bool lock, struct error *err)
{
	int ret = sysroot_open(&run->root, cli->sysroot, err);

	run->teller = (struct teller){ .cli = cli };
	run->how = (struct apply_how){
		.command = command,
		.user = run->user,
		.listener = { .tell = teller_tell, .context = &run->teller },
	};
	if (ret < 0)
		return ret;
	audit_user(&run->root, run->user, sizeof(run->user));
	return lock ? change_begin(&run->root, &run->change, err) : 0;
}

static int print_result(const struct cli *cli, const char *result, unsigned int generation, struct error *err)
{
	return cli_json_print(cli,
		json_pack("{s:s, s:s, s:o}", "format_version", "1.0", "result", result, "generation",
			generation ? json_integer(generation) : json_null()),
		err);
}

/* confirm ---------------------------------------------------------------------------------------------------------- */

struct confirm_options {
	bool boot, no_route;
};

#define CONFIRM(member) offsetof(struct confirm_options, member)
static const struct option_row confirm_rows[] = {
	{ "boot", 0, NULL, "this boot is a good one: the next does the same (sluice-good.service starts this)",
		OPTION_FLAG, CONFIRM(boot), 0, 0, NULL },
	{ "no-route", 0, NULL, "with --boot: although this host has no default route any more", OPTION_FLAG,
		CONFIRM(no_route), 0, 0, NULL },
	{ NULL },
};

static int confirm_boot(const struct cli *cli, struct run *run, bool no_route, struct error *err)
{
	bool noted;
	int ret = boot_good(change_lock(run->change), no_route, &noted, err);

	if (ret < 0)
		return ret;
	cli_say(cli, noted ? "this boot is a good one" : "nothing of this boot waits to be confirmed");
	return print_result(cli, noted ? "boot-confirmed" : "nothing", 0, err);
}

static int run_confirm(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct confirm_options *given = values;
	cleanup(run_done) struct run run = { .root = { .fd = -1 } };
	unsigned int generation = 0;
	int ret;

	(void)args;
	(void)count;
	if (given->no_route && !given->boot)
		return fail_code(err, CODE_USAGE, EINVAL, "--no-route is about a boot: say --boot, too");
	ret = begin(&run, cli, "confirm", true, err);
	if (!ret && given->boot)
		return confirm_boot(cli, &run, given->no_route, err);
	if (!ret)
		ret = apply_confirm(run.change, &generation, err);
	if (ret < 0)
		return ret;
	cli_say(cli, "it stays; 'sluice undo' takes it back");
	return print_result(cli, "confirmed", generation, err);
}

static const char *const confirm_details[] = {
	"Keeps what 'sluice apply --confirm SECONDS' did, which is undone otherwise.",
	"With --boot it notes that this boot is a good one. One that nobody has found good is not repeated: the next "
	"boot "
	"does what the last good one did.",
	NULL,
};

const struct command cmd_confirm = {
	.name = "confirm",
	.summary = "keep what was applied with --confirm",
	.options = confirm_rows,
	.options_size = sizeof(struct confirm_options),
	.details = confirm_details,
	.examples = (const char *const[]){ "sluice confirm", NULL },
	.run = run_confirm,
};

/* undo ------------------------------------------------------------------------------------------------------------- */

struct undo_options {
	struct option_list lose;
};

static const struct option_row undo_rows[] = {
	{ "lose", 0, "DEVICE", "take this device although the host uses it; repeatable", OPTION_LIST,
		offsetof(struct undo_options, lose), 0, 0, NULL },
	{ NULL },
};

static int run_undo(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct undo_options *given = values;
	cleanup(run_done) struct run run = { .root = { .fd = -1 } };
	cleanup(guard_done) struct guard guard = { 0 };
	struct apply_done done = { 0 };
	int ret = begin(&run, cli, "undo", true, err);

	(void)args;
	(void)count;
	if (!ret)
		ret = plan_prepare_guard(
			change_host(run.change), NULL, given->lose.item, given->lose.count, &guard, err);
	if (ret < 0)
		return ret;
	run.how.guard = guard;
	ret = apply_undo(run.change, &run.how, &done, err);
	if (ret < 0)
		return ret;
	cli_say(cli, "the host is as before%s", done.reboot ? ", once it has rebooted (REBOOT-NEEDED)" : "");
	ret = print_result(cli, "undone", done.generation, err);
	return ret < 0 ? ret : done.reboot ? STATUS_REBOOT : STATUS_DONE;
}

static const char *const undo_details[] = {
	"Takes back the last plan that was applied, step by step, backwards; the next 'undo' the one before that. One "
	"that waits to be confirmed is undone first. Things are put back whatever they are by now.",
	NULL,
};

const struct command cmd_undo = {
	.name = "undo",
	.summary = "take back the last plan that was applied",
	.options = undo_rows,
	.options_size = sizeof(struct undo_options),
	.details = undo_details,
	.examples = (const char *const[]){ "sluice undo", NULL },
	.run = run_undo,
};

/* recover ---------------------------------------------------------------------------------------------------------- */

struct recover_options {
	const char *watch;
};

static const struct option_row recover_rows[] = {
	{ "watch", 0, "ID", "wait for the end of that apply's time, and undo it then ('apply --confirm' starts this)",
		OPTION_TEXT, offsetof(struct recover_options, watch), 0, 0, NULL },
	{ NULL },
};

static const struct {
	const char *word, *text;
} recovered_words[] = {
	[RECOVER_NOTHING] = { "nothing", "nothing was left on the way" },
	[RECOVER_UNDONE] = { "undone", "what was begun is undone: the host is as before" },
	[RECOVER_KEPT] = { "kept", "all of it was done already, and stays" },
	[RECOVER_WAITS] = { "waits", "it is done, and waits: 'sluice confirm' keeps it, 'sluice undo' takes it back" },
};

static int run_recover(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct recover_options *given = values;
	cleanup(run_done) struct run run = { .root = { .fd = -1 } };
	enum apply_recovered recovered = RECOVER_NOTHING;
	int ret = begin(&run, cli, given->watch ? "apply --confirm" : "recover", !given->watch, err);

	(void)args;
	(void)count;
	if (ret < 0)
		return ret;
	if (given->watch)
		return watch_run(&run.root, given->watch, &run.how, err);
	ret = apply_recover(run.change, &run.how, false, &recovered, err);
	if (ret < 0)
		return ret;
	cli_say(cli, "%s", recovered_words[recovered].text);
	return print_result(cli, recovered_words[recovered].word, 0, err);
}

static const char *const recover_details[] = {
	"After a kill or a cut of power in the middle of 'apply', 'undo' or 'release --all': undoes what was begun, "
	"backwards, and may be repeated. What cannot be undone is named, and the exit status is 8.",
	NULL,
};

const struct command cmd_recover = {
	.name = "recover",
	.summary = "undo what a killed apply has left",
	.options = recover_rows,
	.options_size = sizeof(struct recover_options),
	.details = recover_details,
	.examples = (const char *const[]){ "sluice recover", NULL },
	.run = run_recover,
};
