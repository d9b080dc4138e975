// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice stop`, `pause`, `resume`, `reset`: one request to a running guest, and for stop the wait for its end. */
#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "guest/control.h"
#include "guest/force.h"
#include "guest/guest.h"
#include "guest/keeper.h"

enum {
	STEP_MS = 100,
	FORCE_WAIT_S = 15,
};

struct stop_options {
	bool force;
	uint64_t timeout_s;
};

#define STOP(member) offsetof(struct stop_options, member)
static const struct option_row stop_rows[] = {
	{ "force", 'f', NULL, "kill its process, without asking it", OPTION_FLAG, STOP(force), 0, 0, NULL },
	{ "timeout", 't', "SECONDS", "wait this long for the guest to switch itself off (default: 30)", OPTION_NUMBER,
		STOP(timeout_s), 0, 86400, NULL },
	{ NULL },
};

/* Until the guest has ended and given its devices back: its directory is gone by then, or is another guest's. */
static bool wait_ended(const struct sysroot *root, const struct guest_info *guest, uint64_t timeout_s)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	struct guest_info now;

	for (uint64_t waited_ms = 0; waited_ms <= timeout_s * 1000; waited_ms += STEP_MS) {
		if (!guest_is_alive(root, guest->name))
			return true;
		if (!guest_read(root, guest->name, &now, NULL) && now.pid != guest->pid)
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

static int still_there(const struct guest_info *guest, const struct stop_options *stop, struct error *err)
{
	if (stop->force) {
		fail_code(err, CODE_FAILED, ETIMEDOUT, "guest '%s' was switched off, but its devices are not back yet",
			guest->name);
		return fail_hint(err, "process %d is giving them back; wait, or kill it and 'sluice release' them",
			(int)guest->pid);
	}
	fail_code(err, CODE_GUEST_DEAF, ETIMEDOUT, "guest '%s' did not switch itself off within %llu s", guest->name,
		(unsigned long long)stop->timeout_s);
	return fail_hint(err, "'sluice stop --force %s' pulls the plug", guest->name);
}

static int stop_one(const struct sysroot *root, const char *name, const struct stop_options *stop, struct error *err)
{
	struct guest_info guest;
	int ret = guest_read(root, name, &guest, err);

	/* It has crashed, and waits for its restart: of one that is in no file any more 'down' knows nothing. */
	if (ret < 0 && keeper_is_alive(root, name))
		return keeper_stop(root, name, stop->force ? FORCE_WAIT_S : (unsigned int)stop->timeout_s, err);
	if (!ret)
		guest_mark_stopped(root, name);
	if (!ret && stop->force)
		ret = guest_force_end(root, &guest, err);
	else if (!ret)
		ret = guest_control(root, name, CONTROL_POWER_BUTTON, NULL, err);
	/* It may have ended between the two. */
	if (ret < 0 && guest_is_alive(root, name))
		return ret;
	if (ret < 0 && err->code == CODE_NO_SUCH_GUEST)
		return ret;
	return wait_ended(root, &guest, stop->force ? FORCE_WAIT_S : stop->timeout_s) ? 0
										      : still_there(&guest, stop, err);
}

static int run_stop(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	json_t *names = json_array();
	json_t *object = cli_json_new();
	int ret = sysroot_open(&root, cli->sysroot, err);

	if (!ret)
		ret = guest_reachable(&root, err);
	json_object_set_new(object, "stopped", names);
	for (size_t i = 0; !ret && i < count; i++) {
		ret = stop_one(&root, args[i], values, err);
		if (!ret) {
			cli_say(cli, "%s has ended", args[i]);
			json_array_append_new(names, json_text(args[i]));
		}
	}
	if (ret < 0) {
		json_decref(object);
		return ret;
	}
	return cli_json_print(cli, object, err);
}

static const char *const stop_details[] = {
	"Presses the guest's power button and waits until the guest has switched itself off and its devices are back. "
	"One that waits to be started again ('restart') is given up.",
	NULL,
};

const struct command cmd_stop = {
	.name = "stop",
	.summary = "switch guests off",
	.arguments = "NAME...",
	.min_args = 1,
	.max_args = ARGS_MANY,
	.options = stop_rows,
	.options_size = sizeof(struct stop_options),
	.defaults = &(const struct stop_options){ .timeout_s = 30 },
	.details = stop_details,
	.run = run_stop,
};

static int steer(const struct cli *cli, const char *name, enum control_op op, const char *done, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	int ret = sysroot_open(&root, cli->sysroot, err);

	if (!ret)
		ret = guest_control(&root, name, op, NULL, err);
	if (ret < 0)
		return ret;
	cli_say(cli, "%s %s", name, done);
	return cli_json_print(cli,
		json_pack("{s:s, s:{s:s, s:s}}", "format_version", "1.0", "guest", "name", name, "did", done), err);
}

static int run_pause(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	(void)values;
	(void)count;
	return steer(cli, args[0], CONTROL_PAUSE, "paused", err);
}

static int run_resume(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	(void)values;
	(void)count;
	return steer(cli, args[0], CONTROL_RESUME, "resumed", err);
}

static int run_reset(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	(void)values;
	(void)count;
	return steer(cli, args[0], CONTROL_RESET, "reset", err);
}

const struct command cmd_pause = {
	.name = "pause",
	.summary = "stop a guest's vCPUs; its devices go on",
	.arguments = "NAME",
	.min_args = 1,
	.max_args = 1,
	.run = run_pause,
};

const struct command cmd_resume = {
	.name = "resume",
	.summary = "let a paused guest go on",
	.arguments = "NAME",
	.min_args = 1,
	.max_args = 1,
	.run = run_resume,
};

const struct command cmd_reset = {
	.name = "reset",
	.summary = "restart a guest, as its reset button would",
	.arguments = "NAME",
	.min_args = 1,
	.max_args = 1,
	.run = run_reset,
};
