// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest/keep.c with this program in sluice-vmm's place (fake_guest.h): which ends are started again, and what the
 * keeper's state says of them. What a start that lasts too long is taken for.
 */
#include "guest/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/fake_guest.h"

struct fixture {
	struct temp_tree tree;
	struct guest_spec spec;
	char kernel[96];
	unsigned int checks, lives, refuse; /* refuse: that check, from 1 */
	uint32_t delay_seconds;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	fake_guest_host(&f->tree, f->kernel, sizeof(f->kernel));
	f->delay_seconds = 1;
	f->spec = (struct guest_spec){
		.name = "web",
		.kernel = f->kernel,
		.memory_bytes = 64 << 20,
		.page_bytes = 4096,
		.cpus = 1,
		.console_socket = true,
	};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

/* Keeping ---------------------------------------------------------------------------------------------------- */

static int check(void *context, struct error *err)
{
	struct fixture *f = context;

	if (++f->checks == f->refuse)
		return fail_code(err, CODE_GUEST_UNPREPARED, ENODEV, "not now");
	return 0;
}

static void count_lives(
	void *context, const struct keeper *keeper, const char *from, const char *to, const struct error *why)
{
	struct fixture *f = context;

	(void)keeper;
	(void)from;
	(void)why;
	f->lives += !strcmp(to, "running");
}

static size_t count_open(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int keep(struct fixture *f, enum restart_when when, struct keeper_state *ret_state, struct error *err)
{
	struct keep_how how = {
		.rule = { .when = when, .delay_seconds = f->delay_seconds, .limit = 1 },
		.stop_seconds = 1,
		.tell = count_lives,
		.check = check,
		.context = f,
	};
	struct keeper keeper;
	size_t open_before = count_open();
	bool alive = false;
	int ret;

	f->lives = f->checks = 0;
	alarm(120);
	assert_int_equal(keeper_open(&f->tree.root, "web", &keeper, err), 0);
	ret = guest_keep(&keeper, &f->tree.root, &f->spec, &how, err);
	assert_int_equal(keeper_read(&f->tree.root, "web", ret_state, &alive), 1);
	assert_true(alive);
	assert_int_equal(ret_state->phase, KEEPER_ENDED);
	keeper_close(&keeper);
	assert_int_equal(count_open(), open_before);
	assert_false(sysroot_exists(&f->tree.root, "run/sluice/guests/web"));
	alarm(0);
	return ret;
}

static void a_crash_with_bad_words(void **state)
{
	struct fixture *f = *state;
	struct keeper_state seen;
	struct error err = { 0 };

	f->spec.cmdline = "crash";
	assert_int_equal(keep(f, RESTART_ON_FAILURE, &seen, &err), -EIO);
	assert_int_equal(f->lives, 2);
	assert_int_equal(f->checks, 1);
	assert_int_equal(seen.end, KEEPER_END_CRASHED);
	assert_int_equal(seen.error.code, CODE_GUEST_CRASHED);
	assert_non_null(strstr(seen.error.msg, "restarted 1 times in a row"));
	assert_non_null(strstr(seen.error.msg, "\\xff\\x1b[31m"));
}

static void a_guest_that_switches_itself_off(void **state)
{
	struct fixture *f = *state;
	struct keeper_state seen;
	struct error err = { 0 };

	f->spec.cmdline = "poweroff";
	assert_int_equal(keep(f, RESTART_ON_FAILURE, &seen, &err), 0);
	assert_int_equal(f->lives, 1);
	assert_int_equal(seen.end, KEEPER_END_POWEROFF);
	assert_int_equal(seen.error.errnum, 0);
	assert_int_equal(keep(f, RESTART_ALWAYS, &seen, &err), 0);
	assert_int_equal(f->lives, 2);
}

/* What may not be started again now counts as a failed start, and is told as what it is. */
static void a_check_that_refuses(void **state)
{
	struct fixture *f = *state;
	struct keeper_state seen;
	struct error err = { 0 };

	f->spec.cmdline = "crash";
	f->refuse = 1;
	assert_int_equal(keep(f, RESTART_ON_FAILURE, &seen, &err), -ENODEV);
	assert_int_equal(f->lives, 1);
	assert_int_equal(seen.end, KEEPER_END_NOT_STARTED);
	assert_int_equal(seen.error.code, CODE_GUEST_UNPREPARED);
}

/* It waits for its restart when somebody wants it to end for good: it is not started again. */
static void ended_while_it_waits(void **state)
{
	struct fixture *f = *state;
	const struct timespec step = { .tv_nsec = 10000000 };
	struct keeper_state seen = { .phase = KEEPER_STARTING };
	struct error err = { 0 };
	bool alive = false;
	int status;
	pid_t pid;

	f->spec.cmdline = "crash";
	f->delay_seconds = 3600;
	pid = fork();
	if (!pid)
		_exit(keep(f, RESTART_ALWAYS, &seen, &err) == 0 && f->lives == 1 ? 0 : 1);
	alarm(120);
	while (!keeper_read(&f->tree.root, "web", &seen, &alive) || seen.phase != KEEPER_WAITING)
		nanosleep(&step, NULL);
	assert_int_equal(keeper_stop(&f->tree.root, "web", 60, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	alarm(0);
}

/* Judging ---------------------------------------------------------------------------------------------------- */

/* One that hangs on its way is started again; one that somebody ended on its way is not, late or not. */
static void what_ended_it(void **state)
{
	static const struct {
		unsigned int end_step;
		bool asked, late;
		enum vm_end how;
		enum keeper_end end;
	} cases[] = {
		{ 0, false, false, VM_END_POWEROFF, KEEPER_END_POWEROFF },
		{ 1, true, false, VM_END_POWEROFF, KEEPER_END_ASKED },
		{ 2, true, false, VM_END_KILLED, KEEPER_END_FORCED },
		{ 3, true, false, VM_END_CRASH, KEEPER_END_FORCED },
		{ 0, false, false, VM_END_CRASH, KEEPER_END_CRASHED },
		{ 0, false, false, VM_END_FAILED, KEEPER_END_NOT_STARTED },
		{ 2, false, true, VM_END_FAILED, KEEPER_END_NOT_STARTED },
		{ 3, true, true, VM_END_FAILED, KEEPER_END_NOT_STARTED },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		const struct supervisor supervisor = {
			.run.dir = { .dir_fd = -1, .lock_fd = -1 },
			.end_step = cases[i].end_step,
			.asked = cases[i].asked,
			.late = cases[i].late,
		};
		const struct launch_ended ended = { .how = cases[i].how };
		bool asked = !cases[i].asked;

		assert_int_equal(keep_end_of(&supervisor, &ended, &asked), cases[i].end);
		assert_int_equal(asked, cases[i].asked);
	}
}

/* The first signal is acted upon: another comes, and the guest switches itself off. */
static void ask_again(const struct supervisor *supervisor)
{
	const struct launch_message off = { .type = LAUNCH_ENDED, .ended.how = VM_END_POWEROFF };

	raise(SIGTERM);
	launch_send(supervisor->output.to, &off, NULL); /* a place for the guest's end: there is no console here */
}

/* Two that ask for its end, `down` and systemd say, take nothing of its time from it; of `run`, ^C twice is a hurry. */
static void asked_twice(void **state)
{
	struct fixture *f = *state;

	for (int patient = 0; patient < 2; patient++) {
		struct supervisor supervisor;
		struct launch_ended ended = { 0 };
		struct error err;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		assert_int_equal(supervisor_init(&supervisor, &err), 0);
		supervisor.run.host = &supervisor.run.own_host;
		supervisor.run.own_host.root = f->tree.root;
		supervisor.run.dir = (struct guest_dir){ .dir_fd = -1, .lock_fd = -1, .name = "web" };
		supervisor.run.socket = pair[0];
		supervisor.run.running = supervisor.running = true;
		supervisor.output.to = pair[1];
		supervisor.patient = patient;
		supervisor.on_end = ask_again;
		raise(SIGTERM);
		alarm(60);
		assert_int_equal(supervisor_wait_ended(&supervisor, &ended, &err), 0);
		alarm(0);
		assert_int_equal(ended.how, VM_END_POWEROFF);
		assert_int_equal(supervisor.end_step, patient ? 1 : 2);
		supervisor_done(&supervisor);
		close(pair[0]);
		close(pair[1]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_crash_with_bad_words),
		TEST(a_guest_that_switches_itself_off),
		TEST(a_check_that_refuses),
		TEST(ended_while_it_waits),
		TEST(asked_twice),
		TEST(what_ended_it),
	};

	if (fake_guest_is_wanted(argc, argv))
		return fake_guest_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
