// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests in their order, each in a process of its own; see guest_flow.h. */
#include "plan/guest_flow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wire/limits.h"

/* Choosing --------------------------------------------------------------------------------------------------------- */

static bool needs(const struct desired_guest *guest, size_t other)
{
	for (size_t i = 0; i < guest->needs_count; i++)
		if (guest->needs[i] == other)
			return true;
	return false;
}

/* Does choosing one bring this other one along? */
static bool brings(const struct desired *desired, enum guest_direction direction, size_t one, size_t other)
{
	return direction == GUEST_FLOW_UP ? needs(&desired->guest[one], other) : needs(&desired->guest[other], one);
}

static void choose(const struct desired *desired, enum guest_direction direction, struct guest_result *result)
{
	bool grows = true;

	while (grows) {
		grows = false;
		for (size_t i = 0; i < desired->guest_count; i++)
			for (size_t j = 0; result[i].chosen && j < desired->guest_count; j++)
				if (!result[j].chosen && brings(desired, direction, i, j))
					result[j].chosen = grows = true;
	}
}

static int no_such_guest(const struct desired *desired, const char *name, struct error *err)
{
	char names[256] = "";
	size_t used = 0;

	fail_code(err, CODE_NO_SUCH_GUEST, ENOENT, "the configuration has no guest '%s'", name);
	if (!desired->guest_count)
		return fail_hint(err, "it has none at all; 'guests:' of docs/config.md says how they are written");
	for (size_t i = 0; i < desired->guest_count && used < sizeof(names); i++)
		used += (size_t)snprintf(
			names + used, sizeof(names) - used, "%s%s", i ? ", " : "", desired->guest[i].name);
	return fail_hint(err, "it has: %s", names);
}

int guest_flow_choose(const struct desired *desired, enum guest_direction direction, char *const *names,
	size_t name_count, struct guest_result *result, struct error *err)
{
	for (size_t i = 0; i < name_count; i++) {
		const struct desired_guest *guest = desired_guest(desired, names[i]);

		if (!guest)
			return no_such_guest(desired, names[i], err);
		result[guest - desired->guest].chosen = true;
	}
	for (size_t i = 0; !name_count && i < desired->guest_count; i++)
		result[i].chosen = direction == GUEST_FLOW_DOWN || desired->guest[i].autostart;
	choose(desired, direction, result);
	return 0;
}

/* Doing ------------------------------------------------------------------------------------------------------------ */

enum progress {
	FLOW_WAITS,
	FLOW_RUNS,
	FLOW_DONE,
};

struct worker {
	enum progress progress;
	int fd; /* what it has to say; owned; -1 */
	pid_t pid;
};

struct flowing {
	const struct guest_flow *flow;
	struct guest_result *result;
	struct worker *worker; /* one a guest; owned */
	size_t running;
};

static bool comes_after(const struct desired_guest *guest, size_t other)
{
	for (size_t i = 0; i < guest->after_count; i++)
		if (guest->after[i] == other)
			return true;
	return false;
}

/* Is `other` before `one` in the direction of the flow? */
static bool is_before(const struct flowing *self, size_t other, size_t one)
{
	const struct desired_guest *guest = self->flow->desired->guest;

	return self->flow->direction == GUEST_FLOW_UP ? comes_after(&guest[one], other)
						      : comes_after(&guest[other], one);
}

/* Nobody before it is still to come. */
static bool is_due(const struct flowing *self, size_t one)
{
	for (size_t i = 0; i < self->flow->desired->guest_count; i++)
		if (self->result[i].chosen && self->worker[i].progress != FLOW_DONE && is_before(self, i, one))
			return false;
	return true;
}

static bool has_failed(const struct guest_result *result)
{
	return result->chosen && (result->did == GUEST_DID_FAIL || result->did == GUEST_DID_SKIP);
}

/* The guest that is in its way, or NULL: starting without what it requires, stopping under who requires it. */
static const struct desired_guest *find_obstacle(const struct flowing *self, size_t one)
{
	const struct desired *desired = self->flow->desired;

	for (size_t i = 0; i < desired->guest_count; i++)
		if (has_failed(&self->result[i]) && brings(desired, self->flow->direction, one, i))
			return &desired->guest[i];
	return NULL;
}

static void skip(struct guest_result *result, const struct desired_guest *guest, const struct desired_guest *obstacle,
	enum guest_direction direction)
{
	result->did = GUEST_DID_SKIP;
	if (direction == GUEST_FLOW_UP) {
		fail_code(&result->error, CODE_FAILED, ECANCELED,
			"guest '%s' was not started: it requires '%s', which is not up", guest->name, obstacle->name);
		fail_hint(&result->error, "mend '%s', then 'sluice up %s'", obstacle->name, guest->name);
	} else {
		fail_code(&result->error, CODE_FAILED, ECANCELED,
			"guest '%s' was left running: '%s', which requires it, still runs", guest->name,
			obstacle->name);
		fail_hint(
			&result->error, "'sluice stop --force %s', then 'sluice down %s'", obstacle->name, guest->name);
	}
}

static void finish(struct flowing *self, size_t i)
{
	self->worker[i].progress = FLOW_DONE;
	if (self->flow->tell)
		self->flow->tell(self->flow->context, &self->flow->desired->guest[i], &self->result[i]);
}

static void __attribute__((noreturn)) work(const struct flowing *self, size_t i, int out)
{
	struct guest_result result = { .chosen = true, .did = GUEST_DID_FAIL };
	const char *at = (const char *)&result;
	size_t left = sizeof(result);

	self->flow->work(self->flow->context, &self->flow->desired->guest[i], &result);
	while (left) {
		ssize_t written = write(out, at, left);

		if (written < 0 && errno != EINTR)
			break;
		at += written < 0 ? 0 : written;
		left -= written < 0 ? 0 : (size_t)written;
	}
	_exit(0);
}

static int begin(struct flowing *self, size_t i, struct error *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return fail(err, errno, "begin with guest '%s'", self->flow->desired->guest[i].name);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		work(self, i, fds[1]);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return fail(err, errno, "begin with guest '%s'", self->flow->desired->guest[i].name);
	}
	self->worker[i] = (struct worker){ FLOW_RUNS, fds[0], pid };
	self->running++;
	return 0;
}

/* All that can be done now is begun. */
static void begin_due(struct flowing *self)
{
	const struct desired *desired = self->flow->desired;
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < desired->guest_count && self->running < LIMIT_GUESTS_AT_ONCE; i++) {
			const struct desired_guest *obstacle;

			if (!self->result[i].chosen || self->worker[i].progress != FLOW_WAITS || !is_due(self, i))
				continue;
			moved = true;
			obstacle = find_obstacle(self, i);
			if (obstacle)
				skip(&self->result[i], &desired->guest[i], obstacle, self->flow->direction);
			else if (begin(self, i, &self->result[i].error) < 0)
				self->result[i].did = GUEST_DID_FAIL;
			if (self->worker[i].progress == FLOW_WAITS)
				finish(self, i);
		}
	}
}

/* It has said what came of it, or has died. */
static void hear(struct flowing *self, size_t i)
{
	struct worker *worker = &self->worker[i];
	struct guest_result *result = &self->result[i], said;
	size_t got = 0;
	ssize_t more = 1;

	while (got < sizeof(said) && more) {
		more = read(worker->fd, (char *)&said + got, sizeof(said) - got);
		if (more < 0 && errno != EINTR)
			break;
		got += more < 0 ? 0 : (size_t)more;
	}
	close_fd(&worker->fd);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (got == sizeof(said)) {
		*result = said;
		result->chosen = true;
	} else {
		result->did = GUEST_DID_FAIL;
		fail_code(&result->error, CODE_FAILED, ECHILD, "guest '%s': the process that saw to it died",
			self->flow->desired->guest[i].name);
		fail_hint(&result->error, "'sluice ps' shows what runs");
	}
	self->running--;
	finish(self, i);
}

static int hear_one(struct flowing *self, struct error *err)
{
	struct pollfd polled[LIMIT_GUESTS_AT_ONCE];
	size_t which[LIMIT_GUESTS_AT_ONCE], count = 0;

	for (size_t i = 0; i < self->flow->desired->guest_count && count < LIMIT_GUESTS_AT_ONCE; i++)
		if (self->worker[i].progress == FLOW_RUNS) {
			polled[count] = (struct pollfd){ .fd = self->worker[i].fd, .events = POLLIN };
			which[count++] = i;
		}
	if (poll(polled, count, -1) < 0)
		return errno == EINTR ? 0 : fail(err, errno, "wait for guests");
	for (size_t i = 0; i < count; i++)
		if (polled[i].revents)
			hear(self, which[i]);
	return 0;
}

int guest_flow_run(const struct guest_flow *flow, struct guest_result *result, struct error *err)
{
	cleanup_free struct worker *worker = calloc(flow->desired->guest_count + 1, sizeof(*worker));
	struct flowing self = { .flow = flow, .result = result, .worker = worker };
	int ret = 0;

	if (!worker)
		return fail(err, ENOMEM, "see to guests");
	for (begin_due(&self); !ret && self.running; begin_due(&self))
		ret = hear_one(&self, err);
	return ret;
}
