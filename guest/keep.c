// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a guest that is kept, over its restarts; see keep.h. */
#include "guest/keep.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guest/end.h"
#include "guest/force.h"
#include "guest/supervise.h"
#include "guest/vmm_process.h"
#include "os/notify.h"

enum {
	FORCE_SECONDS = 30, /* what ending by force and giving devices back may take */
};

struct keeping {
	struct keeper *keeper;
	const struct sysroot *root;
	const struct guest_spec *spec;
	const struct keep_how *how;
	int vmm_fd;    /* the program of sluice-vmm as it was when the guest was first started */
	int caller_fd; /* 0: nobody waits any more */
};

/* One life of the guest. */
struct life {
	bool ran, asked;
	uint64_t ran_seconds;
	enum keeper_end end;
};

static uint64_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

static void enter(struct keeping *self, enum keeper_phase phase)
{
	self->keeper->state.phase = phase;
	self->keeper->state.since = time(NULL);
	keeper_write(self->keeper);
}

static void tell(struct keeping *self, const char *from, const char *to, const struct error *why)
{
	if (self->how->tell)
		self->how->tell(self->how->context, self->keeper, from, to, why);
}

/* Whoever waits for the start reads the state now. */
static void let_caller_go(struct keeping *self)
{
	if (self->caller_fd > 0)
		close(self->caller_fd);
	self->caller_fd = 0;
}

/* systemd would run out of patience sooner than the guest's own time. */
static void say_ending(const struct supervisor *supervisor)
{
	char text[128];

	snprintf(text, sizeof(text), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu\nSTATUS=asked to power off",
		(supervisor->button_ms / 1000 + FORCE_SECONDS) * 1000000ull);
	notify_send(text);
}

static void say_running(struct keeping *self)
{
	self->keeper->state.end = KEEPER_END_NONE;
	self->keeper->state.error.errnum = 0;
	enter(self, KEEPER_RUNNING);
	tell(self, "down", "running", NULL);
	notify_send("READY=1\nSTATUS=running");
	let_caller_go(self);
}

/* A start that took too long is ended by the supervisor itself: nobody asked for that, and it is a failed start. */
enum keeper_end keep_end_of(const struct supervisor *supervisor, const struct launch_ended *ended, bool *ret_asked)
{
	*ret_asked = supervisor->asked || guest_was_stopped(&supervisor->run.dir);
	if (ended->how == VM_END_POWEROFF)
		return *ret_asked ? KEEPER_END_ASKED : KEEPER_END_POWEROFF;
	if (supervisor->late || ended->how == VM_END_FAILED)
		return KEEPER_END_NOT_STARTED;
	if (ended->how == VM_END_KILLED || supervisor->end_step > 1)
		return KEEPER_END_FORCED;
	return KEEPER_END_CRASHED;
}

/* The guest has ended; what it held is given back. The guest's own error is the one to report. */
static int end_life(
	struct supervisor *supervisor, const struct launch_ended *ended, int ret, struct life *life, struct error *err)
{
	struct error giving_back = { 0 };
	int finished;

	life->end = keep_end_of(supervisor, ended, &life->asked);
	if (ret < 0)
		life->end = KEEPER_END_CRASHED;
	finished = guest_finish(&supervisor->run, &giving_back);
	if (ret >= 0 && !(life->asked && life->end == KEEPER_END_FORCED))
		ret = guest_end_judge(supervisor->run.dir.name, supervisor->run.spec, ended, err);
	if (ret >= 0 && finished < 0) {
		*err = giving_back;
		ret = fail_in(err, "guest '%s' has ended, but", supervisor->run.dir.name);
	}
	return ret;
}

/* From its start to its end. */
static int live(struct keeping *self, bool again, struct life *ret_life, struct error *err)
{
	cleanup(supervisor_done) struct supervisor supervisor;
	struct guest_spec spec = *self->spec;
	struct launch_ended ended = { .how = VM_END_CRASH };
	uint64_t began;
	int ret = supervisor_init(&supervisor, err);

	*ret_life = (struct life){ .end = KEEPER_END_NOT_STARTED };
	supervisor.button_ms = self->how->stop_seconds * 1000;
	supervisor.on_end = say_ending;
	supervisor.patient = true;
	supervisor.caller_fd = spec.caller_fd = self->caller_fd;
	spec.vmm_fd = self->vmm_fd;
	enter(self, KEEPER_STARTING);
	if (!ret && again && self->how->check)
		ret = self->how->check(self->how->context, err);
	if (!ret)
		ret = guest_start(&supervisor.run, self->root, &spec, err);
	if (ret < 0)
		return ret;
	ret = supervisor_wait_running(&supervisor, &ended, err);
	ret_life->ran = !ret && supervisor.running;
	if (ret_life->ran) {
		supervisor.caller_fd = 0;
		say_running(self);
		began = now_seconds();
		ret = supervisor_wait_ended(&supervisor, &ended, err);
		ret_life->ran_seconds = now_seconds() - began;
	}
	return end_life(&supervisor, &ended, ret, ret_life, err);
}

/* Until it is time, or a signal says that there is no next time: false. */
static bool wait_for_restart(struct keeping *self, int64_t seconds)
{
	cleanup(supervisor_done) struct supervisor idle;
	uint64_t until = now_seconds() + (uint64_t)seconds;
	char text[64];

	if (supervisor_init(&idle, NULL) < 0)
		return false;
	self->keeper->state.until = time(NULL) + seconds;
	enter(self, KEEPER_WAITING);
	snprintf(text, sizeof(text), "STATUS=ended; started again in %lld s", (long long)seconds);
	notify_send(text);
	for (uint64_t now = now_seconds(); now < until; now = now_seconds()) {
		struct pollfd polled = { .fd = idle.signal_fd, .events = POLLIN };

		if (poll(&polled, 1, (int)((until - now) * 1000)) > 0)
			return false;
	}
	return true;
}

/* How a life ended, written down and told. */
static void note_end(struct keeping *self, const struct life *life, int ret, const struct error *err)
{
	struct keeper_state *state = &self->keeper->state;

	state->end = life->end;
	state->error = ret < 0 ? *err : (struct error){ .errnum = 0 };
	tell(self, life->ran ? "running" : "down", keeper_end_name(life->end), ret < 0 ? err : NULL);
	if (ret < 0)
		guest_end_note(self->root, self->keeper->name, err);
}

static void note_given_up(struct keeping *self, struct error *err)
{
	if (!restart_gave_up(&self->how->rule, &self->keeper->state.restarts, true))
		return;
	fail_in(err, "restarted %u times in a row, and given up", self->how->rule.limit);
	self->keeper->state.error = *err;
}

/* Its first life, and those after it. */
static int live_again(struct keeping *self, struct life *life, struct error *err)
{
	bool first = true;

	for (;;) {
		int ret = live(self, !first, life, err);
		int64_t delay = -1;
		bool failed;

		note_end(self, life, ret, err);
		if (life->asked || (first && !life->ran))
			return ret;
		first = false;
		/* A device that could not be given back is no reason to start a guest that switched itself off. */
		failed = ret < 0 && life->end != KEEPER_END_POWEROFF;
		delay = restart_after(&self->how->rule, &self->keeper->state.restarts, failed, life->ran_seconds);
		if (delay < 0 && failed)
			note_given_up(self, err);
		if (delay < 0)
			return ret;
		if (!wait_for_restart(self, delay)) {
			tell(self, "waiting", "down", NULL);
			return 0;
		}
	}
}

int guest_keep(struct keeper *keeper, const struct sysroot *root, const struct guest_spec *spec,
	const struct keep_how *how, struct error *err)
{
	struct keeping self = { keeper, root, spec, how, 0, how->caller_fd };
	struct life life;
	int ret = vmm_process_find(&self.vmm_fd, err);

	if (ret >= 0) {
		ret = live_again(&self, &life, err);
		close(self.vmm_fd);
	} else {
		life = (struct life){ .end = KEEPER_END_NOT_STARTED };
		note_end(&self, &life, ret, err);
	}
	enter(&self, KEEPER_ENDED);
	let_caller_go(&self);
	return ret;
}
