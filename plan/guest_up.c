// SPDX-License-Identifier: GPL-2.0-or-later
/* One guest started; see guest_up.h. */
#include "plan/guest_up.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/keep.h"
#include "plan/audit.h"
#include "plan/guest_spec.h"
#include "plan/guest_unit.h"

enum {
	STEP_MS = 100,
	LAST_WAIT_MS = 30000,
	RESTART_IS_NEAR_SECONDS = 10,
};

/* Logs ------------------------------------------------------------------------------------------------------------- */

/* For whom a keeper's next change is, where nobody has said it. */
struct asker {
	const struct sysroot *root;
	char user[64], command[256];
	/* What its next start is judged by. */
	const struct guest_up *up;
	const struct desired_guest *guest;
};

static void write_log(
	void *context, const struct keeper *keeper, const char *from, const char *to, const struct error *why)
{
	const struct asker *asker = context;
	struct asker now = *asker;
	struct audit *audit;

	keeper_take_request(keeper, now.user, sizeof(now.user), now.command, sizeof(now.command));
	audit = audit_open(asker->root, now.command, now.user);
	audit_change(audit, "guest", keeper->name, from, to, why ? AUDIT_FAILED : AUDIT_DONE, why ? why->msg : NULL);
	audit_close(audit);
}

/* Keeping ---------------------------------------------------------------------------------------------------------- */

static int check_and_plan(
	const struct guest_up *up, const struct desired_guest *guest, struct guest_plan *ret_plan, struct error *err)
{
	int ret = guest_plan_make(up->desired, guest, up->host, ret_plan, err);

	return ret < 0 ? ret : guest_plan_check_host(up->desired, guest, up->host, up->found, err);
}

/* The host as it is now: since the first start somebody may have given its VF another VLAN. */
static int check_again(void *context, struct error *err)
{
	const struct asker *asker = context;
	struct host host = { .root = { .fd = -1 } };
	int ret = host_open_at(&host, asker->root, PCI_LOOK_VFS_ALIKE, err);

	if (!ret)
		ret = guest_plan_check_host(asker->up->desired, asker->guest, &host, asker->up->found, err);
	host_close(&host);
	/* The file may say by now what the host is: `plan` finds nothing to do then. */
	if (ret < 0 && err->code == CODE_GUEST_UNPREPARED)
		fail_hint(err,
			"'sluice apply' makes it so again; where the file says otherwise since 'sluice up', "
			"'sluice down %s' and 'sluice up %s' take it as it is now",
			asker->guest->name, asker->guest->name);
	return ret;
}

static int keep(const struct guest_up *up, struct keeper *keeper, const struct sysroot *root,
	const struct desired_guest *guest, const struct guest_plan *plan, int caller_fd, struct error *err)
{
	struct asker asker = { .root = root, .user = "root", .up = up, .guest = guest };
	const struct keep_how how = {
		.rule = plan->restart,
		.stop_seconds = guest->stop_seconds,
		.caller_fd = caller_fd,
		.tell = write_log,
		.check = check_again,
		.context = &asker,
	};

	snprintf(asker.command, sizeof(asker.command), "keeper of %s", guest->name);
	keeper->state.rule = plan->restart.when;
	keeper->state.stop_seconds = guest->stop_seconds;
	return guest_keep(keeper, root, &plan->spec, &how, err);
}

int guest_up_here(
	const struct guest_up *up, const struct desired_guest *guest, struct keeper *keeper, struct error *err)
{
	struct guest_plan plan;
	int ret = check_and_plan(up, guest, &plan, err);

	if (!ret)
		ret = keep(up, keeper, &up->host->root, guest, &plan, 0, err);
	guest_plan_done(&plan);
	return ret;
}

/* A process left behind -------------------------------------------------------------------------------------------- */

/* Nothing of the parent's is left open but the root and the pipe that tells it of the start. */
static void leave_parent(struct sysroot *root, int *told)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int safe_root = fcntl(root->fd, F_DUPFD_CLOEXEC, 64), safe_told = fcntl(*told, F_DUPFD_CLOEXEC, 64);

	setsid();
	/* A service that calls `up` does not stop when this guest does. */
	unsetenv("NOTIFY_SOCKET");
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	root->fd = dup3(safe_root, 3, O_CLOEXEC);
	*told = dup3(safe_told, 4, O_CLOEXEC);
	close_range(5, ~0U, 0);
	if (chdir("/"))
		_exit(1);
}

/* Without a keeper's directory there is nowhere to say why. */
static void __attribute__((noreturn))
become_keeper(const struct guest_up *up, const struct desired_guest *guest, const struct guest_plan *plan, int told)
{
	struct sysroot root = up->host->root;
	struct keeper keeper;
	struct error err = { 0 };

	leave_parent(&root, &told);
	if (keeper_open(&root, guest->name, &keeper, &err) < 0)
		_exit(1);
	keep(up, &keeper, &root, guest, plan, told, &err);
	_exit(0);
}

/* Two forks, so that init is its parent. What it has to say is in its state when the pipe ends. */
static int leave_keeper(const struct guest_up *up, const struct desired_guest *guest, struct error *err)
{
	struct guest_plan plan;
	int told[2] = { -1, -1 };
	char byte;
	pid_t pid;
	int ret = check_and_plan(up, guest, &plan, err);

	if (!ret && pipe2(told, O_CLOEXEC))
		ret = fail(err, errno, "start the process that looks after guest '%s'", guest->name);
	if (ret < 0) {
		guest_plan_done(&plan);
		return ret;
	}
	keeper_request(&up->host->root, guest->name, up->user, up->command);
	pid = fork();
	if (!pid) {
		close(told[0]);
		if (!fork())
			become_keeper(up, guest, &plan, told[1]);
		_exit(0);
	}
	close(told[1]);
	if (pid < 0)
		ret = fail(err, errno, "start the process that looks after guest '%s'", guest->name);
	else
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	while (!ret && read(told[0], &byte, 1) < 0 && errno == EINTR)
		;
	close(told[0]);
	guest_plan_done(&plan);
	return ret;
}

/* Starting --------------------------------------------------------------------------------------------------------- */

static int start_unit(const struct guest_up *up, const struct desired_guest *guest, struct error *err)
{
	struct guest_plan plan;
	int ret = check_and_plan(up, guest, &plan, err);

	guest_plan_done(&plan);
	if (ret < 0)
		return ret;
	keeper_request(&up->host->root, guest->name, up->user, up->command);
	return guest_unit_start(guest->name, err);
}

/* It ran, and has switched itself off already. */
static bool is_over(const struct keeper_state *state)
{
	return state->phase == KEEPER_ENDED && state->end == KEEPER_END_POWEROFF;
}

static int64_t seconds_to_restart(const struct keeper_state *state)
{
	int64_t left = state->until - (int64_t)time(NULL);

	return left < 0 ? 0 : left;
}

/* A restart that is near is waited for; delays double, so that no guest that crashes and crashes is waited for long. */
static bool is_settled(const struct keeper_state *state)
{
	if (state->phase == KEEPER_WAITING)
		return seconds_to_restart(state) > RESTART_IS_NEAR_SECONDS;
	return state->phase != KEEPER_STARTING;
}

/* Its state, once it has started the guest or failed to: another `up` may have been the one that began. */
static bool read_started(const struct sysroot *root, const char *name, struct keeper_state *ret_state, bool *ret_alive)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	while (keeper_read(root, name, ret_state, ret_alive)) {
		if (!*ret_alive || is_settled(ret_state))
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

/* It has crashed, and its keeper will start it again: what requires it may not count on it now. */
static int waits_for_restart(const struct keeper_state *state, const char *name, struct error *err)
{
	long long left = seconds_to_restart(state);

	if (state->error.errnum) {
		*err = state->error;
		fail_in(err, "guest '%s' is not up, and is started again in %lld s", name, left);
	} else {
		fail_code(err, CODE_FAILED, EAGAIN, "guest '%s' is not up, and is started again in %lld s: %s", name,
			left, keeper_end_text(state->end));
	}
	return fail_hint(err, "'sluice down %s' and 'sluice up %s' start it now", name, name);
}

/* What came of it is in the keeper's state, which it writes before it lets anybody know. */
static int judge_start(const struct sysroot *root, const struct desired_guest *guest, int ret, struct error *err)
{
	struct keeper_state state;
	bool alive;

	if (!read_started(root, guest->name, &state, &alive)) {
		if (ret < 0)
			return ret;
		fail_code(err, CODE_FAILED, ECHILD, "the process that looks after guest '%s' died", guest->name);
		return fail_hint(err, "'sluice ps' shows what runs; 'sluice gc' takes back what dead guests left");
	}
	if ((alive && state.phase == KEEPER_RUNNING) || is_over(&state))
		return 0;
	if (alive && state.phase == KEEPER_WAITING)
		return waits_for_restart(&state, guest->name, err);
	if (state.error.errnum) {
		*err = state.error;
		return -state.error.errnum;
	}
	if (ret < 0)
		return ret;
	return fail_code(err, CODE_FAILED, ECHILD, "guest '%s' was started, and %s", guest->name,
		state.end == KEEPER_END_NONE ? "the process that looks after it died" : keeper_end_text(state.end));
}

/* A keeper whose guest has ended for good, and that is about to go: the guest is not up, and has no keeper soon. */
static void wait_for_the_last(const struct sysroot *root, const char *name)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	struct keeper_state state;
	bool alive = false;

	for (int waited_ms = 0; waited_ms < LAST_WAIT_MS; waited_ms += STEP_MS) {
		if (!keeper_read(root, name, &state, &alive) || !alive || state.phase != KEEPER_ENDED)
			return;
		nanosleep(&step, NULL);
	}
}

/* As a guest's, that is: the paths of its images have its name too. */
static bool names_guest(const struct error *err, const char *name)
{
	char quoted[GUEST_NAME_SIZE + 2];

	snprintf(quoted, sizeof(quoted), "'%s'", name);
	return strstr(err->msg, quoted);
}

void guest_up(const struct guest_up *up, const struct desired_guest *guest, struct guest_result *ret_result)
{
	const struct sysroot *root = &up->host->root;
	struct error *err = &ret_result->error;
	int ret;

	wait_for_the_last(root, guest->name);
	ret_result->did = GUEST_DID_NOTHING;
	if (keeper_is_alive(root, guest->name)) {
		if (judge_start(root, guest, 0, err) < 0)
			ret_result->did = GUEST_DID_FAIL;
		return;
	}
	if (guest_is_alive(root, guest->name))
		return;
	keeper_forget(root, guest->name);
	ret = up->by_unit ? start_unit(up, guest, err) : leave_keeper(up, guest, err);
	/* Before there was a keeper, nobody else knows why. */
	if (ret == 0 || up->by_unit)
		ret = judge_start(root, guest, ret, err);
	if (ret < 0 && !names_guest(err, guest->name))
		fail_in(err, "guest '%s'", guest->name);
	ret_result->did = ret < 0 ? GUEST_DID_FAIL : GUEST_DID_IT;
}
