// SPDX-License-Identifier: GPL-2.0-or-later
/* One guest ended; see guest_up.h. Its keeper does it, or, of one that `run` started, this process. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guest/control.h"
#include "guest/force.h"
#include "guest/guest.h"
#include "guest/keeper.h"
#include "plan/guest_up.h"

enum {
	STEP_MS = 100,
	GRACE_SECONDS = 60, /* for force, and devices that are given back */
};

static int still_there(const struct desired_guest *guest, struct error *err)
{
	fail_code(
		err, CODE_GUEST_DEAF, ETIMEDOUT, "guest '%s' has not ended, although it was switched off", guest->name);
	return fail_hint(err, "its devices are not back yet: 'sluice guest %s' says what it waits for", guest->name);
}

/* Who ran it was killed: sluice-vmm died with it, and nobody has given back what it held. */
static bool was_left(const struct sysroot *root, const char *name)
{
	cleanup_close int dir = -1;

	return !guest_dir_open(root, name, &dir, NULL) && !guest_dir_is_locked(root, dir);
}

static int left_behind(const struct desired_guest *guest, struct error *err)
{
	fail_code(err, CODE_FAILED, EOWNERDEAD,
		"guest '%s' has ended, but the process that looked after it was killed before it gave its devices back",
		guest->name);
	return fail_hint(err, "'sluice gc' gives back what dead guests held");
}

/* Kept guests ------------------------------------------------------------------------------------------------------ */

/* The guest's sluice-vmm is killed first: the keeper sees it end, and a guest that was stopped is not started again. */
static void force(const struct sysroot *root, const char *name)
{
	struct guest_info info;

	guest_mark_stopped(root, name);
	if (!guest_read(root, name, &info, NULL))
		guest_force_end(root, &info, NULL);
}

/* As it should at `down`: an error is then about what it could not give back. */
static bool ended_well(const struct keeper_state *state)
{
	return state->end == KEEPER_END_POWEROFF || state->end == KEEPER_END_ASKED || state->end == KEEPER_END_FORCED;
}

static int end_keeper(const struct guest_down *down, const struct desired_guest *guest, int process, bool *ret_forced,
	struct error *err)
{
	struct pollfd polled = { .fd = process, .events = POLLIN };
	struct keeper_state state = { 0 };
	bool alive;

	keeper_read(down->root, guest->name, &state, &alive);
	/* It has not got so far as to say it. */
	if (!state.stop_seconds)
		state.stop_seconds = guest->stop_seconds;
	keeper_request(down->root, guest->name, down->user, down->command);
	if (down->force)
		force(down->root, guest->name);
	if (syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0) && errno != ESRCH)
		return fail(err, errno, "end guest '%s'", guest->name);
	if (poll(&polled, 1, (int)(state.stop_seconds + GRACE_SECONDS) * 1000) <= 0)
		return still_there(guest, err);
	if (!keeper_read(down->root, guest->name, &state, &alive))
		return 0;
	*ret_forced = state.end == KEEPER_END_FORCED;
	if (state.phase != KEEPER_ENDED && was_left(down->root, guest->name))
		return left_behind(guest, err);
	if (!state.error.errnum || !ended_well(&state))
		return 0;
	*err = state.error;
	return -state.error.errnum;
}

/* Guests of `sluice run` ------------------------------------------------------------------------------------------- */

static bool wait_gone(const struct sysroot *root, const struct guest_info *info, uint64_t seconds)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	struct guest_info now;

	for (uint64_t waited_ms = 0; waited_ms <= seconds * 1000; waited_ms += STEP_MS) {
		if (!guest_is_alive(root, info->name))
			return true;
		if (!guest_read(root, info->name, &now, NULL) && now.pid != info->pid)
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

static int end_run(
	const struct guest_down *down, const struct desired_guest *guest, bool *ret_forced, struct error *err)
{
	struct guest_info info;
	int ret = guest_read(down->root, guest->name, &info, err);

	if (ret < 0)
		return guest_is_alive(down->root, guest->name) ? ret : 0;
	guest_mark_stopped(down->root, guest->name);
	if (!down->force && !guest_control(down->root, guest->name, CONTROL_POWER_BUTTON, NULL, NULL) &&
		wait_gone(down->root, &info, guest->stop_seconds))
		return 0;
	ret = guest_force_end(down->root, &info, err);
	if (ret < 0 && ret != -ESRCH && guest_is_alive(down->root, guest->name))
		return ret;
	/* It may have ended in between; its devices are not back because of that. */
	*ret_forced = ret >= 0;
	return wait_gone(down->root, &info, GRACE_SECONDS) ? 0 : still_there(guest, err);
}

void guest_down(const struct guest_down *down, const struct desired_guest *guest, struct guest_result *ret_result)
{
	struct error *err = &ret_result->error;
	cleanup_close int process = -1;
	bool forced = false;
	int ret;

	ret_result->did = GUEST_DID_NOTHING;
	if (!keeper_process(down->root, guest->name, &process, NULL))
		ret = end_keeper(down, guest, process, &forced, err);
	else if (guest_is_alive(down->root, guest->name))
		ret = end_run(down, guest, &forced, err);
	else
		return;
	ret_result->did = ret < 0 ? GUEST_DID_FAIL : forced ? GUEST_DID_BY_FORCE : GUEST_DID_IT;
}
