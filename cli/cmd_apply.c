// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice apply`: the plan, done. What comes afterwards (confirm, undo, recover) is cmd_undo.c's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/apply_text.h"
#include "cli/commands.h"
#include "cli/config_text.h"
#include "cli/plan_text.h"
#include "plan/audit.h"
#include "plan/boot_apply.h"
#include "plan/prepare.h"
#include "plan/saved.h"
#include "plan/watch.h"

struct apply_options {
	struct option_list files, lose;
	bool yes, dry_run, boot;
	uint64_t confirm_seconds;
};

#define APPLY(member) offsetof(struct apply_options, member)
static const struct option_row rows[] = {
	{ "file", 'f', "FILE",
		"this file in place of the host's; '-' is standard input; repeatable, later ones add to earlier ones",
		OPTION_LIST, APPLY(files), 0, 0, NULL },
	{ "yes", 'y', NULL, "do not ask", OPTION_FLAG, APPLY(yes), 0, 0, NULL },
	{ "dry-run", 0, NULL, "show the plan, and what would refuse it, and do nothing", OPTION_FLAG, APPLY(dry_run), 0,
		0, NULL },
	{ "confirm", 0, "SECONDS", "undo all unless 'sluice confirm' is given in that time", OPTION_NUMBER,
		APPLY(confirm_seconds), 1, 86400, NULL },
	{ "boot", 0, NULL, "do again what was last applied (sluice.service starts this)", OPTION_FLAG, APPLY(boot), 0,
		0, NULL },
	{ "lose", 0, "DEVICE", "take this device although the host uses it; repeatable", OPTION_LIST, APPLY(lose), 0, 0,
		NULL },
	{ NULL },
};

/* One apply, from the command line to its end. */
struct run {
	const struct cli *cli;
	const struct apply_options *given;
	const char *saved; /* a plan's file; NULL: of the configuration */
	struct desired *desired;
	struct plan plan;
	struct guard guard;
};

static void run_done(struct run *run)
{
	desired_free(run->desired);
	plan_done(&run->plan);
	guard_done(&run->guard);
}

static int make_plan(struct run *run, const struct host *host, struct error *err)
{
	int ret = 0;

	if (!run->saved)
		ret = config_load_or_say(run->cli, &host->root, &run->given->files, &run->desired, err);
	if (ret < 0)
		return ret;
	ret = run->saved ? saved_read(run->saved, host, &run->plan, err)
			 : plan_prepare(host, run->desired, &run->plan, err);
	if (ret < 0)
		return ret;
	return plan_prepare_guard(host, run->desired, run->given->lose.item, run->given->lose.count, &run->guard, err);
}

static int try_only(struct run *run, const struct host *host, struct error *err)
{
	struct look look;
	json_t *object;
	int ret;

	plan_print(run->cli, &run->plan, host);
	look_begin(&look, host);
	ret = guard_check(&run->guard, &look, &run->plan.steps, err);
	look_end(&look);
	if (ret < 0 || !run->cli->json)
		return ret;
	object = cli_json_new();
	plan_add_json(object, &run->plan);
	return cli_json_print(run->cli, object, err);
}

static int dry_run(struct run *run, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	int ret = host_open(&host, run->cli->sysroot, PCI_LOOK_VFS_ALIKE, err);

	if (!ret)
		ret = make_plan(run, &host, err);
	return ret < 0 ? ret : try_only(run, &host, err);
}

static int ask(const struct run *run, struct error *err)
{
	char answer[16];

	if (run->given->yes || !run->plan.steps.count)
		return 0;
	if (!isatty(STDIN_FILENO) || run->cli->json) {
		fail_code(err, CODE_USAGE, EINVAL, "nobody is here to be asked whether to do this");
		return fail_hint(
			err, "say --yes; or look first: 'sluice plan -o FILE', then 'sluice apply --yes FILE'");
	}
	fprintf(run->cli->out, "Do this? [y/N] ");
	fflush(run->cli->out);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return fail_code(err, CODE_FAILED, ECANCELED, "nothing was done");
}

static int report(const struct run *run, const struct apply_done *done, unsigned int confirm, struct error *err)
{
	const struct cli *cli = run->cli;
	bool waits = done->reboot || run->plan.waiting;
	json_t *object;
	int ret = 0;

	if (done->generation && confirm)
		cli_say(cli, "done, for %u s: keep it with 'sluice confirm', else it is undone", confirm);
	else if (done->generation)
		cli_say(cli, "done; 'sluice undo' takes it back");
	if (run->saved && done->generation)
		cli_say(cli, "boots still do what was last applied from files: 'sluice apply' makes this theirs, too");
	if (waits && done->generation)
		cli_say(cli, "some of it takes effect at the next boot (REBOOT-NEEDED)");
	if (cli->json) {
		object = cli_json_new();
		plan_add_json(object, &run->plan);
		json_object_set_new(
			object, "generation", done->generation ? json_integer(done->generation) : json_null());
		json_object_set_new(
			object, "confirm_seconds", done->generation && confirm ? json_integer(confirm) : json_null());
		ret = cli_json_print(cli, object, err);
	}
	return ret < 0 ? ret : waits ? STATUS_REBOOT : STATUS_DONE;
}

static int apply(struct run *run, struct change *change, struct error *err)
{
	char command[JOURNAL_TEXT_SIZE], user[64];
	struct teller teller = { .cli = run->cli };
	struct apply_how how = {
		.command = command,
		.user = user,
		.listener = { .tell = teller_tell, .context = &teller },
		.watch = watch_start,
	};
	struct apply_done done = { 0 };
	int ret = make_plan(run, change_host(change), err);

	if (ret < 0)
		return ret;
	how.guard = run->guard;
	how.sources = run->desired ? run->desired->sources : NULL;
	how.confirm_seconds = run->given->confirm_seconds ? (unsigned int)run->given->confirm_seconds
			      : run->desired              ? run->desired->policy.confirm_seconds
							  : 0;
	plan_print(run->cli, &run->plan, change_host(change));
	ret = ask(run, err);
	if (ret < 0)
		return ret;
	audit_user(host_lock_root(change_lock(change)), user, sizeof(user));
	snprintf(command, sizeof(command), "apply%s%s", run->saved ? " " : "", run->saved ? run->saved : "");
	ret = apply_plan(change, &run->plan, &how, &done, err);
	return ret < 0 ? ret : report(run, &done, how.confirm_seconds, err);
}

static const char *const boot_words[] = {
	[BOOT_NOTHING] = "nothing was applied that a boot should do",
	[BOOT_NEXT] = "as last applied",
	[BOOT_FALLBACK] = "the boot that did what was last applied was never found good: as at the last good one",
	[BOOT_REFUSED] = "",
};

static int apply_at_boot(struct run *run, struct change *change, struct error *err)
{
	struct teller teller = { .cli = run->cli };
	struct apply_how how = {
		.command = "apply --boot",
		.user = "boot",
		.listener = { .tell = teller_tell, .context = &teller },
	};
	struct apply_done done = { 0 };
	enum boot_choice choice = BOOT_NOTHING;
	int ret = boot_apply(change, &how, &choice, &run->plan, &done, err);

	if (ret < 0)
		return ret;
	cli_say(run->cli, "%s", boot_words[choice]);
	return report(run, &done, 0, err);
}

static int run_apply(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(run_done) struct run run = { .cli = cli, .given = values, .saved = arg_count ? args[0] : NULL };
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup_change struct change *change = NULL;
	int ret;

	if (run.saved && run.given->files.count)
		return fail_code(err, CODE_USAGE, EINVAL, "a saved plan, or files: not both");
	if (run.given->boot && (run.saved || run.given->files.count || run.given->dry_run ||
				       run.given->confirm_seconds || run.given->lose.count))
		return fail_code(
			err, CODE_USAGE, EINVAL, "--boot does again what was applied: no more is said beside it");
	if (run.given->dry_run)
		return dry_run(&run, err);
	ret = sysroot_open(&root, cli->sysroot, err);
	if (!ret)
		ret = change_begin(&root, &change, err);
	if (ret < 0)
		return ret;
	return run.given->boot ? apply_at_boot(&run, change, err) : apply(&run, change, err);
}

static const char *const details[] = {
	"Shows the plan, asks (--yes: does not), and does it: each step is written down before it is done, and read "
	"back "
	"afterwards. When one fails, all are undone, backwards: exit status 7; what could not be undone is named: 8. A "
	"kill or a cut of power leaves what 'sluice recover' undoes. 9: done, and some of it waits for a reboot.",
	"With --confirm SECONDS a process of its own undoes everything unless 'sluice confirm' comes in that time, "
	"also "
	"when the ssh session went with the network device that the plan takes.",
	"What carries this host (the session's network device, a mounted disk, the only console, a running guest's "
	"device) is not taken: exit status 6. Who means it names the device: --lose eth0.",
	"What was applied from files is done again by each boot (sluice.service; --boot). When a boot was never found "
	"good "
	"('sluice confirm --boot', by sluice-good.service), the next one does what the last good one did.",
	NULL,
};

static const char *const examples[] = {
	"sluice apply",
	"sluice apply --yes --confirm 60",
	"sluice apply --dry-run -f new.yaml",
	"sluice apply --yes tonight.plan",
	NULL,
};

const struct command cmd_apply = {
	.name = "apply",
	.summary = "make this host what the file says",
	.arguments = "[PLAN]",
	.max_args = 1,
	.options = rows,
	.options_size = sizeof(struct apply_options),
	.details = details,
	.examples = examples,
	.run = run_apply,
};
