// SPDX-License-Identifier: GPL-2.0-or-later
/* os/run_dir.c: a user to whom root gave devices writes in its own place, and nowhere else. Needs root to be one. */
#include "os/run_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "os/host_lock.h"
#include "tests/unit/temp_tree.h"

enum {
	USER = 65534,
	OTHER = 65533
};

static int set_up(void **state)
{
	struct temp_tree *tree = calloc(1, sizeof(*tree));

	temp_tree_init(tree);
	temp_tree_dir(tree, "run");
	chmod(tree->path, 0755);
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	temp_tree_done(*state);
	free(*state);
	return 0;
}

/* What a user gets who opens a folder to write in it: 0 with the user that the folder is of, or -errno. */
static int try_open(const struct sysroot *root, const char *sub)
{
	cleanup_close int fd = -1;
	struct error err = { 0 };
	struct stat info;
	int ret = run_dir_open(root, sub, true, &fd, &err);

	if (ret < 0)
		return err.code == CODE_NOT_ROOT ? -ret : 200;
	return fstat(fd, &info) == 0 && info.st_uid == geteuid() ? 0 : 201;
}

static int try_lock(const struct sysroot *root, bool guests)
{
	struct host_lock *lock = NULL;
	struct error err = { 0 };
	int ret = guests ? host_lock_take_guests(root, &lock, &err) : host_lock_take(root, &lock, &err);

	host_lock_drop(lock);
	return -ret;
}

/* sub NULL: the lock, of the user's guests or of the host. */
static int as_user(const struct sysroot *root, uid_t uid, const char *sub, bool guests)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (!pid)
		_exit(setresuid(uid, uid, uid) ? 250 : sub ? try_open(root, sub) : try_lock(root, guests));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_place_of_ones_own(void **state)
{
	struct temp_tree *tree = *state;
	cleanup_close int fd = -1;

	if (geteuid()) {
		print_message("skipped: not root\n");
		skip();
	}
	assert_int_equal(run_dir_open(&tree->root, "devices", true, &fd, NULL), 0);
	assert_int_equal(as_user(&tree->root, USER, "guests", false), EACCES);
	assert_int_equal(as_user(&tree->root, USER, NULL, true), EACCES);
	assert_int_equal(run_dir_give(&tree->root, USER, NULL), 0);
	assert_int_equal(run_dir_give(&tree->root, USER, NULL), 0);
	assert_int_equal(as_user(&tree->root, USER, "guests", false), 0);
	assert_int_equal(as_user(&tree->root, USER, "guests/web1", false), 0);
	assert_int_equal(as_user(&tree->root, USER, "ended", false), 0);
	assert_int_equal(as_user(&tree->root, USER, NULL, true), 0);
	assert_int_equal(as_user(&tree->root, USER, NULL, false), EACCES);
	assert_true(sysroot_exists(&tree->root, "run/sluice/users/65534/guests/web1"));
	/* what the host's devices had, and their marks, stay root's */
	assert_int_equal(as_user(&tree->root, USER, "devices/x", false), EACCES);
	assert_int_equal(as_user(&tree->root, USER, "unclean", false), EACCES);
	assert_int_equal(as_user(&tree->root, OTHER, "guests", false), EACCES);
	assert_false(sysroot_exists(&tree->root, "run/sluice/guests"));
}

/* A place that somebody else made is not gone into. */
static void nobody_elses_place(void **state)
{
	struct temp_tree *tree = *state;

	if (geteuid()) {
		print_message("skipped: not root\n");
		skip();
	}
	assert_int_equal(run_dir_give(&tree->root, OTHER, NULL), 0);
	temp_tree_link(tree, "run/sluice/users/65534", "65533");
	assert_int_equal(fchmodat(tree->root.fd, "run/sluice/users/65533", 0777, 0), 0);
	assert_int_equal(as_user(&tree->root, USER, "guests", false), EACCES);
	assert_true(run_dir_give(&tree->root, USER, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_place_of_ones_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_elses_place, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
