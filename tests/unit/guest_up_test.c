// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan/guest_up.c and plan/guest_down.c with this program in sluice-vmm's place (fake_guest.h): a guest that is up, one
 * whose keeper is about to go, one that is ended by force, one whose keeper is killed while it is to end it.
 */
#include "plan/guest_up.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/keeper.h"
#include "plan/config.h"
#include "tests/unit/fake_guest.h"

enum {
	PATIENCE_MS = 60000,
};

struct fixture {
	struct temp_tree tree;
	struct desired *desired;
	struct host host;
	struct step_list found;
	struct guest_up up;
	struct guest_down down;
};

static void load(struct fixture *f, const char *kernel)
{
	struct config_findings findings = { 0 };
	char path[96], text[1024];
	const char *const file = path;
	struct error err;

	snprintf(text, sizeof(text),
		"version: 1\nguests:\n  web: {kernel: %s, memory: 64M, cmdline: run, stop_timeout: 1s}\n"
		"  off: {kernel: %s, memory: 64M, cmdline: poweroff}\n"
		"  loop: {kernel: %s, memory: 64M, cmdline: crash, restart: always, restart_delay: 1h}\n"
		"  gone: {kernel: /srv/gone/kernel, memory: 64M}\n",
		kernel, kernel, kernel);
	temp_tree_file(&f->tree, "file.yaml", text);
	snprintf(path, sizeof(path), "%s/file.yaml", f->tree.path);
	if (config_load(&f->tree.root, &file, 1, &f->desired, &findings, &err) < 0)
		fail_msg("%s", err.msg);
	config_findings_done(&findings);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char kernel[96];
	struct error err;

	temp_tree_init(&f->tree);
	temp_tree_link(&f->tree, "proc", "/proc");
	fake_guest_host(&f->tree, kernel, sizeof(kernel));
	load(f, kernel);
	assert_int_equal(host_open_at(&f->host, &f->tree.root, 0, &err), 0);
	f->up = (struct guest_up){ f->desired, &f->host, &f->found, false, "alice", "up" };
	f->down = (struct guest_down){ &f->tree.root, false, "alice", "down" };
	*state = f;
	return 0;
}

static void end_guest(struct fixture *f, const char *name)
{
	struct guest_result result = { 0 };

	f->down.force = true;
	guest_down(&f->down, desired_guest(f->desired, name), &result);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	alarm(0);
	end_guest(f, "web");
	end_guest(f, "loop");
	host_close(&f->host);
	desired_free(f->desired);
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

static enum guest_did up(struct fixture *f, const char *name)
{
	struct guest_result result = { 0 };

	alarm(120);
	guest_up(&f->up, desired_guest(f->desired, name), &result);
	if (result.did == GUEST_DID_FAIL)
		fail_msg("%s", result.error.msg);
	return result.did;
}

static enum guest_did down(struct fixture *f, const char *name, struct error *err)
{
	struct guest_result result = { 0 };

	alarm(120);
	guest_down(&f->down, desired_guest(f->desired, name), &result);
	*err = result.error;
	return result.did;
}

static void up_and_down(void **state)
{
	struct fixture *f = *state;
	struct keeper_state seen;
	struct error err;
	bool alive = false;

	assert_int_equal(up(f, "web"), GUEST_DID_IT);
	assert_int_equal(keeper_read(&f->tree.root, "web", &seen, &alive), 1);
	assert_true(alive);
	assert_int_equal(seen.phase, KEEPER_RUNNING);
	assert_int_equal(up(f, "web"), GUEST_DID_NOTHING);
	assert_int_equal(down(f, "web", &err), GUEST_DID_BY_FORCE);
	assert_int_equal(down(f, "web", &err), GUEST_DID_NOTHING);
	assert_false(sysroot_exists(&f->tree.root, "run/sluice/guests/web"));
}

/* It has ended, and its keeper has said so and not gone yet: it is not up. */
static void a_keeper_that_is_about_to_go(void **state)
{
	struct fixture *f = *state;
	const struct timespec moment = { .tv_nsec = 300000000 };
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct keeper keeper;

		if (keeper_open(&f->tree.root, "web", &keeper, NULL) < 0)
			_exit(1);
		keeper.state.phase = KEEPER_ENDED;
		keeper.state.end = KEEPER_END_POWEROFF;
		keeper_write(&keeper);
		if (write(ready[1], "", 1) == 1)
			nanosleep(&moment, NULL);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(up(f, "web"), GUEST_DID_IT);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

/* The process that looks after it is killed while it is asked to end it: what the guest held is not back. */
static void a_keeper_that_is_killed(void **state)
{
	struct fixture *f = *state;
	const struct timespec step = { .tv_nsec = 10000000 };
	struct keeper_state seen;
	struct error err = { 0 };
	bool alive;
	int status;
	pid_t pid;

	assert_int_equal(up(f, "web"), GUEST_DID_IT);
	assert_int_equal(keeper_read(&f->tree.root, "web", &seen, &alive), 1);
	assert_int_equal(kill(seen.pid, SIGSTOP), 0);
	pid = fork();
	if (!pid)
		_exit(down(f, "web", &err) == GUEST_DID_FAIL && strstr(err.hint, "sluice gc") ? 0 : 1);
	for (int i = 0; i < PATIENCE_MS / 10 && !sysroot_exists(&f->tree.root, "run/sluice/kept/web/request"); i++)
		nanosleep(&step, NULL);
	assert_int_equal(kill(seen.pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(sysroot_exists(&f->tree.root, "run/sluice/guests/web"));
	/* It is recoverable: the next start takes over what is left. */
	assert_int_equal(up(f, "web"), GUEST_DID_IT);
}

/* It has crashed and is to be started again in an hour: that is not up, and nothing that requires it is started. */
static void one_that_waits_for_its_restart(void **state)
{
	struct fixture *f = *state;
	const struct timespec step = { .tv_nsec = 10000000 };
	struct guest_result result = { 0 };
	struct keeper_state seen = { .phase = KEEPER_STARTING };
	struct error err;
	bool alive;

	alarm(120);
	guest_up(&f->up, desired_guest(f->desired, "loop"), &result);
	while (!keeper_read(&f->tree.root, "loop", &seen, &alive) || seen.phase != KEEPER_WAITING)
		nanosleep(&step, NULL);
	result = (struct guest_result){ 0 };
	guest_up(&f->up, desired_guest(f->desired, "loop"), &result);
	assert_int_equal(result.did, GUEST_DID_FAIL);
	assert_int_equal(result.error.code, CODE_GUEST_CRASHED);
	assert_non_null(strstr(result.error.msg, "'loop' is not up, and is started again in "));
	assert_true(keeper_is_alive(&f->tree.root, "loop"));
	assert_int_equal(down(f, "loop", &err), GUEST_DID_IT);
	assert_false(keeper_is_alive(&f->tree.root, "loop"));
}

/* Which guest it was is said, also where its name is in the path of what is missing. */
static void an_image_that_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct guest_result result = { 0 };

	alarm(120);
	guest_up(&f->up, desired_guest(f->desired, "gone"), &result);
	assert_int_equal(result.did, GUEST_DID_FAIL);
	assert_non_null(strstr(result.error.msg, "guest 'gone': "));
	assert_non_null(strstr(result.error.msg, "/gone/kernel"));
}

static void one_that_switches_itself_off(void **state)
{
	struct fixture *f = *state;
	struct error err;

	assert_int_equal(up(f, "off"), GUEST_DID_IT);
	while (keeper_is_alive(&f->tree.root, "off"))
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(down(f, "off", &err), GUEST_DID_NOTHING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(up_and_down),
		TEST(a_keeper_that_is_about_to_go),
		TEST(a_keeper_that_is_killed),
		TEST(one_that_waits_for_its_restart),
		TEST(an_image_that_is_not_there),
		TEST(one_that_switches_itself_off),
	};

	if (fake_guest_is_wanted(argc, argv))
		return fake_guest_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
