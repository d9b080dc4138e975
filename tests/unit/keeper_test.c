// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/keeper.c: one keeper a guest, what it writes down, what is made of a file that makes no sense. */
#include "guest/keeper.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

static int set_up(void **state)
{
	struct temp_tree *tree = calloc(1, sizeof(*tree));

	temp_tree_init(tree);
	temp_tree_dir(tree, "run");
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	temp_tree_done(*state);
	free(*state);
	return 0;
}

static void one_at_a_time(void **state)
{
	const struct sysroot *root = &((struct temp_tree *)*state)->root;
	struct keeper one, other;
	struct error err;

	assert_false(keeper_is_alive(root, "web"));
	assert_int_equal(keeper_open(root, "web", &one, &err), 0);
	assert_true(keeper_is_alive(root, "web"));
	assert_int_equal(keeper_open(root, "web", &other, &err), -EEXIST);
	assert_int_equal(err.code, CODE_GUEST_EXISTS);
	assert_int_equal(keeper_open(root, "db", &other, &err), 0);
	keeper_close(&other);
	keeper_close(&one);
	assert_false(keeper_is_alive(root, "web"));
	assert_int_equal(keeper_open(root, "web", &one, &err), 0);
	keeper_close(&one);
}

static void bad_names(void **state)
{
	const struct sysroot *root = &((struct temp_tree *)*state)->root;
	struct keeper keeper;
	struct error err;

	assert_int_equal(keeper_open(root, "../x", &keeper, &err), -ENOENT);
	assert_false(keeper_is_alive(root, ".."));
}

static void what_is_written_is_read(void **state)
{
	const struct sysroot *root = &((struct temp_tree *)*state)->root;
	struct keeper keeper;
	struct keeper_state seen;
	bool alive;

	assert_int_equal(keeper_read(root, "web", &seen, &alive), 0);
	assert_int_equal(keeper_open(root, "web", &keeper, NULL), 0);
	keeper.state.phase = KEEPER_WAITING;
	keeper.state.until = 1234;
	keeper.state.restarts = (struct restart_count){ 3, 7 };
	keeper.state.rule = RESTART_ALWAYS;
	keeper.state.stop_seconds = 45;
	keeper.state.is_unit = true;
	keeper.state.end = KEEPER_END_CRASHED;
	fail_code(&keeper.state.error, CODE_GUEST_CRASHED, EIO, "a \"bad\" end");
	fail_hint(&keeper.state.error, "look");
	keeper_write(&keeper);
	assert_int_equal(keeper_read(root, "web", &seen, &alive), 1);
	assert_true(alive);
	assert_int_equal(seen.pid, getpid());
	assert_int_equal(seen.phase, KEEPER_WAITING);
	assert_int_equal(seen.until, 1234);
	assert_int_equal(seen.restarts.in_a_row, 3);
	assert_int_equal(seen.restarts.total, 7);
	assert_int_equal(seen.rule, RESTART_ALWAYS);
	assert_int_equal(seen.stop_seconds, 45);
	assert_true(seen.is_unit);
	assert_int_equal(seen.end, KEEPER_END_CRASHED);
	assert_int_equal(seen.error.code, CODE_GUEST_CRASHED);
	assert_string_equal(seen.error.msg, "a \"bad\" end");
	assert_string_equal(seen.error.hint, "look");
	keeper_forget(root, "web");
	assert_int_equal(keeper_read(root, "web", &seen, &alive), 1);
	assert_int_equal(seen.restarts.total, 7);
	keeper_close(&keeper);
	keeper_forget(root, "web");
	assert_int_equal(keeper_read(root, "web", &seen, &alive), 0);
}

/* A guest that has taken its process over says how it ended: the state can be written, and read, whatever it says. */
static void what_a_guest_says(void **state)
{
	static const unsigned char bytes[] = { 0xff, 0x01, '"', '\\', 0xc3 };
	const struct sysroot *root = &((struct temp_tree *)*state)->root;
	struct keeper keeper;
	struct keeper_state seen;
	bool alive;

	assert_int_equal(keeper_open(root, "web", &keeper, NULL), 0);
	for (size_t i = 0; i < array_size(bytes); i++) {
		struct error *error = &keeper.state.error;

		keeper.state.phase = i % 2 ? KEEPER_ENDED : KEEPER_WAITING;
		*error = (struct error){ .errnum = EIO, .code = CODE_GUEST_CRASHED };
		memset(error->msg, bytes[i], sizeof(error->msg) - 1);
		memset(error->hint, bytes[i], sizeof(error->hint) - 1);
		memset(error->excerpt, bytes[i], sizeof(error->excerpt) - 1);
		keeper_write(&keeper);
		assert_int_equal(keeper_read(root, "web", &seen, &alive), 1);
		assert_int_equal(seen.phase, keeper.state.phase);
		assert_int_equal(seen.pid, getpid());
		assert_int_equal(seen.error.code, CODE_GUEST_CRASHED);
		assert_in_range(strlen(seen.error.msg), 500, sizeof(seen.error.msg) - 1);
	}
	keeper_close(&keeper);
}

static void files_that_make_no_sense(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"pid\": -4, \"phase\": \"dancing\", \"end\": 7}",
		"{\"pid\": 1e99, \"restarts\": 99999999999999, \"error\": []}", "{\"pid\": 1, \"pid\": 2}" };
	const struct temp_tree *tree = *state;

	for (size_t i = 0; i < array_size(texts); i++) {
		struct keeper_state seen = { 0 };
		bool alive = true;

		temp_tree_file(tree, "run/sluice/kept/web/state.json", texts[i]);
		if (!keeper_read(&tree->root, "web", &seen, &alive))
			continue;
		assert_false(alive);
		assert_int_equal(seen.pid, 0);
		assert_int_equal(seen.phase, KEEPER_ENDED);
		assert_int_equal(seen.restarts.total, 0);
		assert_int_equal(seen.error.errnum, 0);
	}
}

/* The process of a keeper, to be signalled and waited for; none once it is dead, whatever its file says. */
static void the_process_itself(void **state)
{
	const struct temp_tree *tree = *state;
	const struct sysroot *root = &tree->root;
	int ready[2], process = -1, status;
	char last[64];
	struct pollfd polled = { .events = POLLIN };
	struct error err;
	char byte;
	pid_t pid;

	assert_int_equal(keeper_process(root, "web", &process, &err), -ESRCH);
	/* The last keeper was killed, and its number is a bystander's now. */
	snprintf(last, sizeof(last), "{\"pid\": %d, \"phase\": \"running\"}", getpid());
	temp_tree_file(tree, "run/sluice/kept/web/state.json", last);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct keeper keeper;

		if (!keeper_open(root, "web", &keeper, NULL) && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(keeper_process(root, "web", &process, &err), 0);
	kill(pid, SIGKILL);
	polled.fd = process;
	assert_int_equal(poll(&polled, 1, 60000), 1);
	waitpid(pid, &status, 0);
	close(process);
	assert_int_equal(keeper_process(root, "web", &process, &err), -ESRCH);
	close(ready[0]);
	close(ready[1]);
}

static void one_that_waits_is_ended(void **state)
{
	const struct sysroot *root = &((struct temp_tree *)*state)->root;
	int ready[2], status;
	struct error err;
	char byte;
	pid_t pid;

	assert_int_equal(keeper_stop(root, "web", 1, &err), -ESRCH);
	assert_int_equal(err.code, CODE_NO_SUCH_GUEST);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct keeper keeper;

		if (keeper_open(root, "web", &keeper, NULL) < 0)
			_exit(1);
		keeper.state.phase = KEEPER_WAITING;
		keeper_write(&keeper);
		signal(SIGTERM, SIG_IGN);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(keeper_stop(root, "web", 0, &err), -ETIMEDOUT);
	assert_int_equal(err.code, CODE_GUEST_DEAF);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
}

/* A new keeper has the lock, and has not written yet: the number in the file is a bystander's, here this process's. */
static void the_number_of_a_bystander(void **state)
{
	const struct temp_tree *tree = *state;
	struct keeper keeper;
	struct error err;
	int process = -1;
	char last[96];

	temp_tree_link(tree, "proc", "/proc");
	assert_int_equal(keeper_open(&tree->root, "web", &keeper, &err), 0);
	assert_true(keeper.state.born > 0);
	assert_int_equal(keeper_process(&tree->root, "web", &process, &err), 0);
	close(process);
	snprintf(last, sizeof(last), "{\"pid\": %d, \"born\": %llu, \"phase\": \"running\"}", getpid(),
		(unsigned long long)keeper.state.born - 1);
	temp_tree_file(tree, "run/sluice/kept/web/state.json", last);
	assert_int_equal(keeper_process(&tree->root, "web", &process, &err), -ESRCH);
	keeper_close(&keeper);
}

static void requests(void **state)
{
	const struct sysroot *root = &((struct temp_tree *)*state)->root;
	char user[8] = "nobody", command[8] = "none";
	struct keeper keeper;

	keeper_request(root, "web", "alice", "up");
	assert_int_equal(keeper_open(root, "web", &keeper, NULL), 0);
	assert_true(keeper_take_request(&keeper, user, sizeof(user), command, sizeof(command)));
	assert_string_equal(user, "alice");
	assert_string_equal(command, "up");
	assert_false(keeper_take_request(&keeper, user, sizeof(user), command, sizeof(command)));
	assert_string_equal(user, "alice");
	keeper_close(&keeper);
}

static void the_list(void **state)
{
	const struct sysroot *root = &((struct temp_tree *)*state)->root;
	char(*names)[GUEST_NAME_SIZE];
	size_t count;

	assert_int_equal(keeper_list(root, &names, &count, NULL), 0);
	assert_int_equal(count, 0);
	keeper_request(root, "web", "a", "up");
	keeper_request(root, "db", "a", "up");
	assert_int_equal(keeper_list(root, &names, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "db");
	assert_string_equal(names[1], "web");
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_guest_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_that_make_no_sense, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_process_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_waits_is_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_number_of_a_bystander, set_up, tear_down),
		cmocka_unit_test_setup_teardown(requests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_list, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
