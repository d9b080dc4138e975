// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice up`: guests of the configuration, started in their order; and the process of a guest's unit. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/config_text.h"
#include "cli/guest_results.h"
#include "guest/end.h"
#include "guest/keeper.h"
#include "os/notify.h"
#include "plan/audit.h"
#include "plan/guest_unit.h"
#include "plan/guest_up.h"
#include "plan/journal.h"

struct up_options {
	struct option_list files;
	bool supervise;
};

#define UP(member) offsetof(struct up_options, member)
static const struct option_row rows[] = {
	{ "file", 'f', "FILE",
		"this file in place of the host's; '-' is standard input; repeatable, later ones add to earlier ones",
		OPTION_LIST, UP(files), 0, 0, NULL },
	{ "supervise", 0, NULL,
		"stay, and look after the one GUEST until it has ended for good (sluice-guest@.service does this)",
		OPTION_FLAG, UP(supervise), 0, 0, NULL },
	{ NULL },
};

/* What both ways begin with. */
struct host_and_file {
	struct host host;
	struct desired *desired;
	struct step_list found;
};

static int look(const struct cli *cli, const struct option_list *files, struct host_and_file *ret, struct error *err)
{
	int status = host_open(&ret->host, cli->sysroot, PCI_LOOK_VFS_ALIKE, err);

	if (!status && ret->host.root.captured)
		return fail_code(err, CODE_READ_ONLY, EROFS, "%s shows another machine: no guest can run there",
			ret->host.root.path);
	if (!status)
		status = config_load_or_say(cli, &ret->host.root, files, &ret->desired, err);
	return status < 0 ? status : journal_found(&ret->host.root, &ret->found, err);
}

static void host_and_file_done(struct host_and_file *given)
{
	step_list_done(&given->found);
	desired_free(given->desired);
	host_close(&given->host);
}

/* Starting --------------------------------------------------------------------------------------------------------- */

struct starting {
	const struct cli *cli;
	struct guest_up up;
};

static void start_one(void *context, const struct desired_guest *guest, struct guest_result *ret_result)
{
	const struct starting *starting = context;

	guest_up(&starting->up, guest, ret_result);
}

static void say_one(void *context, const struct desired_guest *guest, const struct guest_result *result)
{
	static const struct guest_words words = { .nothing = "is up already", .did = "is up" };
	const struct starting *starting = context;

	guest_result_say(starting->cli, &words, guest, result);
}

static int start(
	const struct cli *cli, const struct option_list *files, char *const *names, size_t count, struct error *err)
{
	cleanup(host_and_file_done) struct host_and_file given = { .host = { .root = { .fd = -1 } } };
	cleanup_free struct guest_result *result = NULL;
	struct starting starting = { .cli = cli };
	struct guest_flow flow = {
		.direction = GUEST_FLOW_UP, .work = start_one, .tell = say_one, .context = &starting
	};
	char user[64];
	int ret = look(cli, files, &given, err);

	if (ret < 0)
		return ret;
	result = calloc(given.desired->guest_count + 1, sizeof(*result));
	if (!result)
		return fail(err, ENOMEM, "start guests");
	audit_user(&given.host.root, user, sizeof(user));
	starting.up = (struct guest_up){ given.desired, &given.host, &given.found,
		!files->count && guest_unit_is_used(&given.host.root), user, "up" };
	flow.desired = given.desired;
	ret = guest_flow_choose(given.desired, GUEST_FLOW_UP, names, count, result, err);
	if (ret < 0)
		return ret;
	if (!given.desired->guest_count)
		cli_say(cli, "the configuration has no guests");
	ret = guest_flow_run(&flow, result, err);
	return ret < 0 ? ret : guest_results_end(cli, given.desired, result, err);
}

/* Keeping ---------------------------------------------------------------------------------------------------------- */

static int keep(const struct cli *cli, const struct option_list *files, const char *name, struct keeper *keeper,
	struct error *err)
{
	cleanup(host_and_file_done) struct host_and_file given = { .host = { .root = { .fd = -1 } } };
	const struct desired_guest *guest;
	struct guest_up up;
	int ret = look(cli, files, &given, err);

	if (ret < 0)
		return ret;
	guest = desired_guest(given.desired, name);
	if (!guest) {
		fail_code(err, CODE_NO_SUCH_GUEST, ENOENT, "the configuration has no guest '%s'", name);
		return fail_hint(
			err, "write it below 'guests:' (docs/config.md); 'sluice up' starts those that are there");
	}
	up = (struct guest_up){ .desired = given.desired, .host = &given.host, .found = &given.found };
	return guest_up_here(&up, guest, keeper, err);
}

/* Whoever asked for the guest reads in the keeper's state why it is not there. */
static int supervise(const struct cli *cli, const struct option_list *files, const char *name, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	struct keeper keeper;
	int ret = sysroot_open(&root, cli->sysroot, err);

	if (!ret)
		ret = keeper_open(&root, name, &keeper, err);
	if (ret < 0)
		return ret;
	keeper.state.is_unit = notify_is_wanted();
	keeper_write(&keeper);
	ret = keep(cli, files, name, &keeper, err);
	if (ret < 0 && keeper.state.phase != KEEPER_ENDED) {
		keeper.state.phase = KEEPER_ENDED;
		keeper.state.end = KEEPER_END_NOT_STARTED;
		keeper.state.error = *err;
		keeper_write(&keeper);
	}
	keeper_close(&keeper);
	return ret;
}

static int run_up(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct up_options *given = values;

	if (!given->supervise)
		return start(cli, &given->files, args, count, err);
	if (count != 1)
		return fail_code(err, CODE_USAGE, EINVAL, "--supervise looks after one guest: name it");
	return supervise(cli, &given->files, args[0], err);
}

static const char *const details[] = {
	"Starts the guests of the configuration (/etc/sluice/sluice.yaml and conf.d, or -f) that are named, or those "
	"with 'autostart', and what they require. Guests that have no order among them start at the same time; one "
	"that is up is left alone, and one that cannot be started leaves the others.",
	"A guest whose VFs are not as the file says is not started: 'sluice apply' sees to them.",
	"Each guest is looked after by a process of its own, which starts it again as its 'restart' says and gives its "
	"devices back in the end: a unit of systemd (sluice-guest@NAME.service) where it runs the host and the guest "
	"is "
	"of the host's own files.",
	NULL,
};

static const char *const examples[] = {
	"sluice up",
	"sluice up web1 web2",
	"sluice up -f lab.yaml",
	NULL,
};

const struct command cmd_up = {
	.name = "up",
	.summary = "start guests of the configuration",
	.arguments = "[GUEST...]",
	.max_args = ARGS_MANY,
	.options = rows,
	.options_size = sizeof(struct up_options),
	.details = details,
	.examples = examples,
	.run = run_up,
};
