// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * os/temp_dir.c: private, and gone whatever ends the command: a return, a signal, or SIGKILL to it and its keeper,
 * after which the next command tidies up. Real processes, real signals.
 */
#include "os/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

enum {
	WAIT_MS = 30000,
};

static int set_up(void **state)
{
	struct temp_tree *tree = calloc(1, sizeof(*tree));

	temp_tree_init(tree);
	setenv("TMPDIR", tree->path, 1);
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	unsetenv("TMPDIR");
	temp_tree_done(*state);
	free(*state);
	return 0;
}

/* Files, a deep directory, and a link to what must stay. */
static void fill(const struct temp_dir *dir, const char *link)
{
	assert_int_equal(mkdirat(dir->fd, "a", 0700), 0);
	assert_int_equal(mkdirat(dir->fd, "a/b", 0700), 0);
	assert_int_equal(symlinkat(link, dir->fd, "a/link"), 0);
	close(openat(dir->fd, "a/b/file", O_WRONLY | O_CREAT, 0600));
}

static bool is_there(const struct temp_tree *tree, const char *name)
{
	return !faccessat(tree->root.fd, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

static bool is_gone_soon(const struct temp_tree *tree, const char *name)
{
	const struct timespec step = { .tv_nsec = 10000000 };

	for (int waited = 0; waited < WAIT_MS && is_there(tree, name); waited += 10)
		nanosleep(&step, NULL);
	return !is_there(tree, name);
}

static void is_private_and_goes(void **state)
{
	struct temp_tree *tree = *state;
	struct temp_dir dir;
	struct stat info;

	temp_tree_file(tree, "kept/file", "text");
	assert_int_equal(temp_dir_make(&dir, NULL), 0);
	assert_int_equal(fstat(dir.fd, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	assert_true(is_there(tree, dir.name));
	fill(&dir, "../../kept");
	temp_dir_remove(&dir);
	assert_false(is_there(tree, dir.name));
	assert_true(is_there(tree, "kept/file"));
	temp_dir_remove(&dir);
}

/* A command that waits for its end. Tells what it has made, and never returns. */
static pid_t start_command(struct temp_dir *ret_dir, const char *link)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		struct temp_dir dir;

		/* Not even a failed test leaves it behind. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || temp_dir_make(&dir, NULL) < 0)
			_exit(1);
		fill(&dir, link);
		if (write(ends[1], &dir, sizeof(dir)) != sizeof(dir))
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], ret_dir, sizeof(*ret_dir)), sizeof(*ret_dir));
	close(ends[0]);
	return pid;
}

static void goes_with_every_signal(void **state)
{
	const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGKILL };
	struct temp_tree *tree = *state;

	temp_tree_file(tree, "kept/file", "text");
	for (size_t i = 0; i < array_size(signals); i++) {
		struct temp_dir dir;
		pid_t pid = start_command(&dir, "../../kept");

		assert_true(is_there(tree, dir.name));
		kill(pid, signals[i]);
		waitpid(pid, NULL, 0);
		if (!is_gone_soon(tree, dir.name))
			fail_msg("still there after signal %d", signals[i]);
	}
	assert_true(is_there(tree, "kept/file"));
}

/* It takes its session when it runs for the first time. */
static bool has_own_session(pid_t keeper)
{
	const struct timespec step = { .tv_nsec = 10000000 };

	for (int waited = 0; waited < WAIT_MS && getsid(keeper) == getsid(0); waited += 10)
		nanosleep(&step, NULL);
	return getsid(keeper) == keeper;
}

/* What ends a terminal's programs or a service's must leave the keeper its time. */
static void the_keeper_is_deaf(void **state)
{
	struct temp_tree *tree = *state;
	struct temp_dir dir;
	pid_t pid = start_command(&dir, "x");

	kill(dir.keeper, SIGINT);
	kill(dir.keeper, SIGTERM);
	kill(dir.keeper, SIGHUP);
	assert_true(has_own_session(dir.keeper));
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	assert_true(is_gone_soon(tree, dir.name));
}

static void the_next_command_tidies_up(void **state)
{
	struct temp_tree *tree = *state;
	struct temp_dir dir, next, live;
	pid_t other = start_command(&live, "x");
	pid_t pid = start_command(&dir, "x");

	kill(dir.keeper, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(is_there(tree, dir.name));
	/* Not ours to remove: another name, another mode. */
	temp_tree_dir(tree, "sluice-unpacked-mine");
	temp_tree_dir(tree, "sluice-unpacked-00000000");
	temp_tree_link(tree, "sluice-unpacked-00000001", "sluice-unpacked-mine");
	/* The lock goes with the last of the two killed, which is the keeper, and that is nobody's child here. */
	for (int waited = 0; waited < WAIT_MS && is_there(tree, dir.name); waited += 10) {
		assert_int_equal(temp_dir_make(&next, NULL), 0);
		temp_dir_remove(&next);
	}
	assert_false(is_there(tree, dir.name));
	assert_true(is_there(tree, live.name));
	assert_true(is_there(tree, "sluice-unpacked-mine"));
	assert_true(is_there(tree, "sluice-unpacked-00000000"));
	assert_true(is_there(tree, "sluice-unpacked-00000001"));
	kill(other, SIGTERM);
	waitpid(other, NULL, 0);
	assert_true(is_gone_soon(tree, live.name));
}

/* Somebody killed the keeper alone. */
static void without_its_keeper_the_command_tidies_up(void **state)
{
	struct temp_tree *tree = *state;
	struct temp_dir dir;

	assert_int_equal(temp_dir_make(&dir, NULL), 0);
	fill(&dir, "x");
	kill(dir.keeper, SIGKILL);
	temp_dir_remove(&dir);
	assert_false(is_there(tree, dir.name));
}

static void a_base_that_is_not_there_is_named(void **state)
{
	struct temp_dir dir;
	struct error err = { 0 };

	(void)state;
	setenv("TMPDIR", "/nowhere/at/all", 1);
	assert_int_equal(temp_dir_make(&dir, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nowhere/at/all"));
	assert_non_null(strstr(err.hint, "TMPDIR"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_private_and_goes),
		TEST(goes_with_every_signal),
		TEST(the_keeper_is_deaf),
		TEST(the_next_command_tidies_up),
		TEST(without_its_keeper_the_command_tidies_up),
		TEST(a_base_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
