// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest/start.c and guest/vmm_process.c with other programs in sluice-vmm's place: one that is missing, one that dies
 * at once, one that says last words, one that shows what it was given. Nothing of a failed start is left.
 */
#include "guest/start.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/force.h"
#include "guest/supervise.h"
#include "guest/vmm_process.h"
#include "tests/unit/temp_tree.h"

#define FAULT "fault"

struct fixture {
	struct temp_tree tree;
	struct guest_spec spec;
	char kernel[96], program[96];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	temp_tree_dir(&f->tree, "run");
	temp_tree_dir(&f->tree, "sys/bus/pci/devices");
	temp_tree_file(&f->tree, "dev/kvm", "");
	temp_tree_file(&f->tree, "kernel", "");
	snprintf(f->kernel, sizeof(f->kernel), "%s/kernel", f->tree.path);
	snprintf(f->program, sizeof(f->program), "%s/program", f->tree.path);
	f->spec = (struct guest_spec){
		.name = "web1",
		.kernel = f->kernel,
		.cmdline = "",
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

	unsetenv("SLUICE_VMM");
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

/* A shell script in sluice-vmm's place. */
static void put_program(const struct fixture *f, const char *script)
{
	temp_tree_file(&f->tree, "program", script);
	assert_int_equal(chmod(f->program, 0755), 0);
	setenv("SLUICE_VMM", f->program, 1);
}

static void expect_nothing_left(const struct fixture *f)
{
	assert_false(sysroot_exists(&f->tree.root, "run/sluice/guests/web1"));
}

static void a_missing_program(void **state)
{
	struct fixture *f = *state;
	struct guest_run run;
	struct error err;

	setenv("SLUICE_VMM", "/nonexistent/sluice-vmm", 1);
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/sluice-vmm"));
	expect_nothing_left(f);
}

static void a_program_that_cannot_run(void **state)
{
	struct fixture *f = *state;
	struct guest_run run;
	struct error err;

	put_program(f, "no interpreter, no format");
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), -ENOEXEC);
	expect_nothing_left(f);
}

static void a_missing_kernel(void **state)
{
	struct fixture *f = *state;
	struct guest_run run;
	struct error err;

	put_program(f, "#!/bin/sh\nexec sleep 60\n");
	f->spec.kernel = "/nonexistent/kernel";
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/kernel"));
	expect_nothing_left(f);
}

/*
 * It takes the messages and dies: told as a crash, with its last words. Whoever prints them cleans them
 * (cli/printer.h).
 */
static void last_words(void **state)
{
	struct fixture *f = *state;
	struct guest_run run;
	struct launch_ended ended;
	enum guest_event event;
	char self[PATH_MAX] = "", script[PATH_MAX + 128];
	struct error err;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(script, sizeof(script),
		"#!/bin/sh\nsleep 0.3\necho first >&2\nprintf 'bad \\033[31mnews\\n'\nexec %s " FAULT "\n", self);
	put_program(f, script);
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), 0);
	assert_true(guest_is_alive(&f->tree.root, "web1"));
	assert_int_equal(guest_event(&run, &event, &ended, &err), 0);
	assert_int_equal(event, GUEST_EVENT_ENDED);
	assert_int_equal(ended.how, VM_END_CRASH);
	assert_int_equal(ended.error.code, CODE_GUEST_CRASHED);
	assert_non_null(strstr(ended.error.msg, "killed by signal 11"));
	assert_string_equal(ended.error.hint, "its last words: bad \033[31mnews");
	assert_int_equal(guest_finish(&run, &err), 0);
	expect_nothing_left(f);
}

/* The words that a sluice-vmm says to its sluice, by hand: this test is at the other end of run->socket. */
static int take_over(struct guest_run *run)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	close_fd(&run->socket);
	run->socket = pair[0];
	return pair[1];
}

static void expect_killed(struct fixture *f, struct guest_run *run, const char *why)
{
	struct launch_ended ended = { 0 };
	enum guest_event event = GUEST_EVENT_RUNNING;
	pid_t vmm = run->vmm;
	struct error err;

	alarm(30);
	assert_int_equal(guest_event(run, &event, &ended, &err), 0);
	assert_int_equal(event, GUEST_EVENT_ENDED);
	assert_int_equal(ended.how, VM_END_CRASH);
	assert_int_equal(ended.error.code, CODE_GUEST_CRASHED);
	assert_non_null(strstr(ended.error.msg, why));
	assert_int_equal(kill(vmm, 0), -1);
	assert_int_equal(guest_finish(run, &err), 0);
	expect_nothing_left(f);
	alarm(0);
}

/* Each message that is well formed, at a time when it is not due: none may be waited behind. */
static void unexpected_messages(void **state)
{
	static const uint32_t types[] = { LAUNCH_START, LAUNCH_STEP, LAUNCH_DMA, LAUNCH_DEVICE, LAUNCH_MACHINE,
		LAUNCH_RUNNING };
	struct fixture *f = *state;

	put_program(f, "#!/bin/sh\nexec sleep 600\n");
	for (size_t i = 0; i < array_size(types); i++) {
		struct launch_message message = { .type = types[i], .dma.kind = LAUNCH_DMA_TYPE1 };
		const struct launch_message running = { .type = LAUNCH_RUNNING };
		cleanup_close int other = -1;
		struct launch_ended ended;
		enum guest_event event;
		struct guest_run run;
		struct error err;

		if (types[i] == LAUNCH_MACHINE)
			message.machine = (struct launch_machine){
				.version = LAUNCH_VERSION, .cpus = 1, .cpu.shape = { 1, 1, 1 }
			};
		if (types[i] == LAUNCH_MACHINE)
			message.fd_count = LAUNCH_FD_CONSOLE_IN + 1;
		if (types[i] == LAUNCH_DMA || types[i] == LAUNCH_DEVICE)
			message.fd_count = types[i] == LAUNCH_DMA ? 2 : 1;
		assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), 0);
		other = take_over(&run);
		assert_int_equal(launch_send(other, &running, &err), 0);
		assert_int_equal(guest_event(&run, &event, &ended, &err), 0);
		assert_int_equal(event, GUEST_EVENT_RUNNING);
		assert_int_equal(launch_send(other, &message, &err), 0);
		expect_killed(f, &run, "is not due");
	}
}

/* What the supervisor says while a step lasts, the last time; the function has no other place for it. */
static struct {
	unsigned int count, seconds;
	int64_t deadline_ms;
	enum start_step step;
	int other; /* the guest's end of the socket: what lasts is over once it was told */
} told;

static void say_wait(const struct supervisor *supervisor, unsigned int seconds)
{
	const struct launch_message running = { .type = LAUNCH_RUNNING };

	told.count++;
	told.seconds = seconds;
	told.deadline_ms = supervisor->deadline_ms;
	told.step = supervisor->run.info.step;
	launch_send(told.other, &running, NULL);
}

/* How long the kernel needs to map memory nobody knows: it is told, here and to others, and waited for. */
static void a_step_that_lasts(void **state)
{
	static const enum start_step steps[] = { STEP_MAP, STEP_POWER_ON };
	struct fixture *f = *state;

	put_program(f, "#!/bin/sh\nexec sleep 600\n");
	for (size_t i = 0; i < array_size(steps); i++) {
		const struct launch_message step = { .type = LAUNCH_STEP, .step.step = steps[i] };
		struct supervisor supervisor;
		cleanup_close int other = -1;
		struct launch_ended ended;
		struct guest_info info;
		struct error err;

		assert_int_equal(supervisor_init(&supervisor, &err), 0);
		assert_int_equal(guest_start(&supervisor.run, &f->tree.root, &f->spec, &err), 0);
		assert_int_equal(guest_read(&f->tree.root, "web1", &info, &err), 0);
		assert_int_equal(info.step, STEP_POWER_ON);
		told.count = 0;
		told.other = other = take_over(&supervisor.run);
		supervisor.on_wait = say_wait;
		assert_int_equal(launch_send(other, &step, &err), 0);
		assert_int_equal(supervisor_wait_running(&supervisor, &ended, &err), 0);
		assert_true(supervisor.running);
		assert_int_equal(told.count, 1);
		assert_int_equal(told.step, steps[i]);
		assert_in_range(told.seconds, 3, 60);
		assert_int_equal(told.deadline_ms != 0, steps[i] == STEP_POWER_ON);
		assert_int_equal(supervisor.deadline_ms, 0);
		assert_int_equal(guest_read(&f->tree.root, "web1", &info, &err), 0);
		assert_int_equal(info.step, STEP_COUNT);
		kill(supervisor.run.vmm, SIGKILL);
		assert_int_equal(guest_finish(&supervisor.run, &err), 0);
		supervisor_done(&supervisor);
		expect_nothing_left(f);
	}
}

static void a_message_that_makes_no_sense(void **state)
{
	struct fixture *f = *state;
	cleanup_close int other = -1;
	struct guest_run run;
	struct error err;

	put_program(f, "#!/bin/sh\nexec sleep 600\n");
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), 0);
	other = take_over(&run);
	assert_int_equal(send(other, "??", 2, 0), 2);
	expect_killed(f, &run, "is not valid");
}

/* Ended from outside by `sluice stop --force`: no crash. */
static void a_forced_end(void **state)
{
	struct fixture *f = *state;
	struct launch_ended ended;
	enum guest_event event;
	struct guest_info info;
	struct guest_run run;
	struct error err;

	put_program(f, "#!/bin/sh\nexec sleep 600\n");
	temp_tree_link(&f->tree, "proc", "/proc");
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), 0);
	assert_int_equal(guest_read(&f->tree.root, "web1", &info, &err), 0);
	assert_int_equal(guest_force_end(&f->tree.root, &info, &err), 0);
	assert_int_equal(guest_event(&run, &event, &ended, &err), 0);
	assert_int_equal(event, GUEST_EVENT_ENDED);
	assert_int_equal(ended.how, VM_END_KILLED);
	assert_int_equal(guest_finish(&run, &err), 0);
	expect_nothing_left(f);
}

/* Who asked for the guest is gone, before the start or while the guest is being prepared. */
static void nobody_wants_it(void **state)
{
	struct fixture *f = *state;
	struct guest_run run;
	struct error err;
	int ends[2];

	put_program(f, "#!/bin/sh\nexec sleep 600\n");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	f->spec.caller_fd = ends[1];
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), 0);
	assert_int_equal(guest_finish(&run, &err), 0);
	close(ends[0]);
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), -ECANCELED);
	expect_nothing_left(f);
	close(ends[1]);
}

/* It goes away while the guest is on its way to its first instruction: the supervisor ends it. */
static void nobody_waits_any_more(void **state)
{
	struct fixture *f = *state;
	struct supervisor supervisor;
	struct launch_ended ended = { 0 };
	struct error err;
	int ends[2];

	put_program(f, "#!/bin/sh\nexec sleep 600\n");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(supervisor_init(&supervisor, &err), 0);
	supervisor.caller_fd = f->spec.caller_fd = ends[1];
	assert_int_equal(guest_start(&supervisor.run, &f->tree.root, &f->spec, &err), 0);
	close(ends[0]);
	alarm(60);
	assert_int_equal(supervisor_wait_running(&supervisor, &ended, &err), 0);
	alarm(0);
	assert_false(supervisor.running);
	assert_int_equal(guest_finish(&supervisor.run, &err), 0);
	supervisor_done(&supervisor);
	expect_nothing_left(f);
	close(ends[1]);
}

static void finish_ends_what_does_not_end(void **state)
{
	struct fixture *f = *state;
	struct guest_run run;
	struct error err;
	pid_t vmm;

	put_program(f, "#!/bin/sh\nexec sleep 600\n");
	assert_int_equal(guest_start(&run, &f->tree.root, &f->spec, &err), 0);
	vmm = run.vmm;
	assert_int_equal(kill(vmm, SIGTERM), 0);
	assert_int_equal(guest_finish(&run, &err), 0);
	assert_int_equal(kill(vmm, 0), -1);
	expect_nothing_left(f);
}

/* Nothing of sluice's descriptors or environment reaches the guest's process, and it may not dump core. */
static void what_it_is_given(void **state)
{
	struct fixture *f = *state;
	int pair[2];
	cleanup_close int log = open(f->kernel, O_WRONLY | O_APPEND | O_CLOEXEC);
	cleanup_close int stray = open("/dev/null", O_RDONLY); /* without close-on-exec, on purpose */
	struct vmm_process process = { .log = log };
	char text[256];
	char how[64];
	struct error err;
	int missing;
	pid_t pid;

	put_program(f, "#!/bin/sh\nls /proc/self/fd | tr '\\n' ' '\necho home=$HOME limit=$(ulimit -c)\n");
	setenv("HOME", "/somewhere", 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	process.socket = pair[1];
	assert_int_equal(vmm_process_start(&process, &pid, &missing, &err), 0);
	vmm_process_end(pid, 10000, how, sizeof(how));
	assert_string_equal(how, "");
	close(pair[0]);
	close(pair[1]);
	assert_true(sysroot_read_text(&f->tree.root, text, sizeof(text), "kernel") > 0);
	/* 4 is ls's own. */
	assert_string_equal(text, "0 1 2 3 4 home= limit=0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A real one: a signal that the first process of a namespace sends to itself is none (pid_namespaces(7)). */
static void fault(void)
{
	volatile int *volatile nowhere = (volatile int *)16; /* not 0, which a sanitizer checks for */

	signal(SIGSEGV, SIG_DFL); /* a sanitizer's own would end it with a status */
	*nowhere = 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_program),
		TEST(a_program_that_cannot_run),
		TEST(a_missing_kernel),
		TEST(last_words),
		TEST(finish_ends_what_does_not_end),
		TEST(what_it_is_given),
		TEST(unexpected_messages),
		TEST(a_step_that_lasts),
		TEST(a_message_that_makes_no_sense),
		TEST(a_forced_end),
		TEST(nobody_wants_it),
		TEST(nobody_waits_any_more),
	};

	if (argc == 2 && !strcmp(argv[1], FAULT))
		fault();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
