// SPDX-License-Identifier: GPL-2.0-or-later
/* One poll() loop over a guest's socket, signals and console; see supervise.h. */
#include "guest/supervise.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wire/control.h"

enum {
	DRAIN_MS = 2000,
	START_MS = 120000,
	NOTICE_FIRST_MS = 3000,
	NOTICE_EACH_MS = 30000,
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int supervisor_init(struct supervisor *supervisor, struct error *err)
{
	sigset_t set;

	*supervisor = (struct supervisor){
		.signal_fd = -1,
		.input = { .from = -1, .to = -1 },
		.output = { .from = -1, .to = -1 },
	};
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return fail(err, errno, "block signals");
	supervisor->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return supervisor->signal_fd < 0 ? fail(err, errno, "make a signal descriptor") : 0;
}

void supervisor_done(struct supervisor *supervisor)
{
	close_fd(&supervisor->signal_fd);
	hotplug_close(&supervisor->hotplug);
}

static void press_button(struct supervisor *supervisor)
{
	struct control_answer answer;
	cleanup_close int control = -1;

	if (!guest_connect(
		    &supervisor->run.host->root, supervisor->run.dir.name, "control", SOCK_SEQPACKET, &control, NULL))
		control_call(control, CONTROL_POWER_BUTTON, 1000, &answer, NULL);
}

static void terminate(struct supervisor *supervisor)
{
	if (supervisor->run.vmm > 0)
		kill(supervisor->run.vmm, SIGTERM);
}

static void kill_vmm(struct supervisor *supervisor)
{
	if (supervisor->run.vmm > 0)
		kill(supervisor->run.vmm, SIGKILL);
}

static const struct {
	void (*act)(struct supervisor *supervisor);
	int patience_ms;
	bool needs_system; /* only something that runs can hear it */
} steps[] = {
	{ press_button, 10000, true },
	{ terminate, 5000, false },
	{ kill_vmm, 5000, false },
};

static int64_t patience_ms(const struct supervisor *supervisor)
{
	bool is_button = steps[supervisor->end_step].needs_system;

	return is_button && supervisor->button_ms ? (int64_t)supervisor->button_ms
						  : steps[supervisor->end_step].patience_ms;
}

void supervisor_end_guest(struct supervisor *supervisor)
{
	if (supervisor->end_step < array_size(steps) && steps[supervisor->end_step].needs_system &&
		!supervisor->running)
		supervisor->end_step++;
	if (supervisor->end_step == array_size(steps)) {
		supervisor->deadline_ms = 0;
		return;
	}
	if (!supervisor->end_step && supervisor->on_end)
		supervisor->on_end(supervisor);
	steps[supervisor->end_step].act(supervisor);
	supervisor->deadline_ms = now_ms() + patience_ms(supervisor);
	supervisor->end_step++;
}

static void end_as_asked(struct supervisor *supervisor)
{
	if (supervisor->asked && supervisor->patient)
		return;
	supervisor->asked = true;
	supervisor_end_guest(supervisor);
}

static void hear_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signal_fd, &info, sizeof(info)) == sizeof(info))
		end_as_asked(supervisor);
}

static void hear_console(struct supervisor *supervisor, const struct pollfd *polled)
{
	channel_move(&supervisor->input, polled[0].revents);
	channel_move(&supervisor->output, polled[1].revents);
	while (supervisor->input.escape_count) {
		supervisor->input.escape_count--;
		end_as_asked(supervisor);
	}
	if (channel_is_done(&supervisor->input))
		close_fd(&supervisor->input.to);
}

/* 0: there is no deadline. */
static bool is_over(int64_t deadline_ms)
{
	return deadline_ms && deadline_ms <= now_ms();
}

/* Until whatever is due first; -1: nothing is. */
static int timeout_ms(const struct supervisor *supervisor)
{
	const int64_t due[] = { supervisor->deadline_ms, supervisor->notice_ms,
		hotplug_deadline_ms(&supervisor->hotplug) };
	int64_t first = 0, left;

	for (size_t i = 0; i < array_size(due); i++)
		if (due[i] && (!first || due[i] < first))
			first = due[i];
	left = first - now_ms();
	if (!first)
		return -1;
	return left < 0 ? 0 : (int)left;
}

static void time_is_up(struct supervisor *supervisor)
{
	int64_t now = now_ms();

	if (supervisor->notice_ms && now >= supervisor->notice_ms) {
		supervisor->notice_ms = now + NOTICE_EACH_MS;
		if (supervisor->on_wait)
			supervisor->on_wait(supervisor, (unsigned int)((now - supervisor->step_ms) / 1000));
	}
	if (supervisor->deadline_ms && now >= supervisor->deadline_ms) {
		supervisor->late = supervisor->late || (!supervisor->running && !supervisor->end_step);
		supervisor_end_guest(supervisor);
	}
}

static bool is_of_devices(enum guest_event event)
{
	return event == GUEST_EVENT_PLUGGED || event == GUEST_EVENT_UNPLUGGED || event == GUEST_EVENT_WANTED;
}

/* The guest's next event, with signals and console served meanwhile. */
static int wait_event(
	struct supervisor *supervisor, enum guest_event *ret_event, struct launch_ended *ret_ended, struct error *err)
{
	int ret;

	for (;;) {
		struct pollfd polled[5 + HOTPLUG_POLL_COUNT] = {
			{ .fd = supervisor->run.socket, .events = POLLIN },
			{ .fd = supervisor->signal_fd, .events = POLLIN },
			{ .fd = supervisor->caller_fd > 0 ? supervisor->caller_fd : -1 },
			channel_poll(&supervisor->input),
			channel_poll(&supervisor->output),
		};
		int ready;

		hotplug_poll(&supervisor->hotplug, &polled[5]);
		ready = poll(polled, array_size(polled), timeout_ms(supervisor));
		if (ready < 0 && errno != EINTR)
			return fail(err, errno, "wait for guest '%s'", supervisor->run.dir.name);
		if (ready < 0)
			continue;
		if (is_over(supervisor->deadline_ms) || is_over(supervisor->notice_ms))
			time_is_up(supervisor);
		if (is_over(hotplug_deadline_ms(&supervisor->hotplug)))
			hotplug_expired(&supervisor->hotplug);
		if (polled[1].revents)
			hear_signals(supervisor);
		if (polled[2].revents) {
			supervisor->caller_fd = 0;
			end_as_asked(supervisor);
		}
		hear_console(supervisor, &polled[3]);
		hotplug_ready(&supervisor->hotplug, &polled[5]);
		if (!polled[0].revents)
			continue;
		ret = guest_event(&supervisor->run, ret_event, ret_ended, err);
		if (ret < 0 || !is_of_devices(*ret_event))
			return ret;
		hotplug_event(&supervisor->hotplug, *ret_event);
	}
}

/* How long the kernel takes for these, nobody can know: it depends on the size and fragmentation of memory. */
static bool takes_its_time(enum start_step step)
{
	return step == STEP_POPULATE || step == STEP_MAP;
}

static void begin_step(struct supervisor *supervisor)
{
	supervisor->step_ms = now_ms();
	supervisor->notice_ms = supervisor->step_ms + NOTICE_FIRST_MS;
	if (!supervisor->end_step)
		supervisor->deadline_ms =
			takes_its_time(supervisor->run.info.step) ? 0 : supervisor->step_ms + START_MS;
}

int supervisor_wait_running(struct supervisor *supervisor, struct launch_ended *ret_ended, struct error *err)
{
	enum guest_event event = GUEST_EVENT_STEP;
	int ret = 0;

	while (event == GUEST_EVENT_STEP || event == GUEST_EVENT_CAGED) {
		begin_step(supervisor);
		ret = wait_event(supervisor, &event, ret_ended, err);
		if (ret < 0)
			return ret;
	}
	supervisor->notice_ms = 0;
	supervisor->running = event == GUEST_EVENT_RUNNING;
	if (supervisor->running && !supervisor->end_step)
		supervisor->deadline_ms = 0;
	if (supervisor->running)
		ret = hotplug_open(&supervisor->hotplug, &supervisor->run, err);
	if (ret < 0)
		return ret;
	/* One that hangs dies without a word, of a signal that is ours. */
	if (!supervisor->running && ret_ended->how != VM_END_FAILED && supervisor->late) {
		ret_ended->how = VM_END_FAILED;
		fail_code(&ret_ended->error, CODE_GUEST_DEAF, ETIMEDOUT, "%s took more than %d s",
			guest_step_text(supervisor->run.info.step), START_MS / 1000);
	}
	return 0;
}

/* The pipe ends with sluice-vmm, which has said that it ends. */
static void drain_output(struct supervisor *supervisor)
{
	int64_t deadline = now_ms() + DRAIN_MS;

	while (!channel_is_done(&supervisor->output)) {
		struct pollfd polled = channel_poll(&supervisor->output);
		int64_t left = deadline - now_ms();
		int ready = left > 0 ? poll(&polled, 1, (int)left) : 0;

		if (!ready || (ready < 0 && errno != EINTR))
			break;
		if (ready > 0)
			channel_move(&supervisor->output, polled.revents);
	}
}

int supervisor_wait_ended(struct supervisor *supervisor, struct launch_ended *ret_ended, struct error *err)
{
	enum guest_event event = GUEST_EVENT_RUNNING;

	while (event != GUEST_EVENT_ENDED) {
		int ret = wait_event(supervisor, &event, ret_ended, err);

		if (ret < 0)
			return ret;
	}
	supervisor->running = false;
	hotplug_close(&supervisor->hotplug);
	drain_output(supervisor);
	return 0;
}
