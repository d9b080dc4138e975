// SPDX-License-Identifier: GPL-2.0-or-later
/* os/sysroot.c: reading below a root, and never writing to a captured one. */
#include "os/sysroot.h"

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
#include <unistd.h>

#include <cmocka.h>

struct tree {
	char dir[64];
	struct sysroot root;
};

static void put(const struct tree *tree, const char *name, const char *text)
{
	int fd = openat(tree->root.fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int set_up(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	strcpy(tree->dir, "/tmp/sysroot-test-XXXXXX");
	if (!mkdtemp(tree->dir))
		return -1;
	*state = tree;
	return sysroot_open(&tree->root, tree->dir, NULL);
}

static int tear_down(void **state)
{
	struct tree *tree = *state;

	unlinkat(tree->root.fd, "file", 0);
	unlinkat(tree->root.fd, "link", 0);
	unlinkat(tree->root.fd, "fd", 0);
	unlinkat(tree->root.fd, "dir/link", 0);
	unlinkat(tree->root.fd, "dir", AT_REMOVEDIR);
	sysroot_close(&tree->root);
	rmdir(tree->dir);
	free(tree);
	return 0;
}

static void reads_text(void **state)
{
	struct tree *tree = *state;
	char buf[8];

	put(tree, "file", "vfio-pci \n\n");
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "fi%s", "le"), 7);
	assert_string_equal(buf, "vfio-pc");
	put(tree, "file", "igb\n");
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "file"), 3);
	assert_string_equal(buf, "igb");
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "missing"), -ENOENT);
}

static void reads_numbers(void **state)
{
	struct tree *tree = *state;
	uint64_t value = 9;

	put(tree, "file", "7\n");
	assert_int_equal(sysroot_read_u64(&tree->root, &value, "file"), 0);
	assert_int_equal(value, 7);
	put(tree, "file", "0x8086\n");
	assert_int_equal(sysroot_read_u64(&tree->root, &value, "file"), 0);
	assert_int_equal(value, 0x8086);
	put(tree, "file", "-1\n");
	assert_int_equal(sysroot_read_u64(&tree->root, &value, "file"), -ERANGE);
	put(tree, "file", "");
	assert_int_equal(sysroot_read_u64(&tree->root, &value, "file"), -EINVAL);
	assert_int_equal(value, 0x8086);
}

static void reads_link_names(void **state)
{
	struct tree *tree = *state;
	char buf[8];

	assert_int_equal(symlinkat("../../../bus/pci/drivers/igb", tree->root.fd, "link"), 0);
	assert_int_equal(sysroot_read_link_name(&tree->root, buf, sizeof(buf), "link"), 0);
	assert_string_equal(buf, "igb");
	assert_int_equal(sysroot_read_link_name(&tree->root, buf, 3, "link"), -ENAMETOOLONG);
	assert_int_equal(sysroot_read_link_name(&tree->root, buf, sizeof(buf), "file"), -ENOENT);
}

static void captured_is_read_only(void **state)
{
	struct tree *tree = *state;
	char buf[8];

	put(tree, "file", "old");
	assert_int_equal(sysroot_write_text(&tree->root, "new", "file"), -EROFS);
	assert_int_equal(sysroot_open_file(&tree->root, O_RDWR, "file"), -EROFS);
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "file"), 3);
	assert_string_equal(buf, "old");
	tree->root.captured = false;
	assert_int_equal(sysroot_write_text(&tree->root, "new", "file"), 0);
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "file"), 3);
	assert_string_equal(buf, "new");
}

static void long_paths_are_refused(void **state)
{
	struct tree *tree = *state;
	char path[8192];
	char buf[8];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "%s", path), -ENAMETOOLONG);
	assert_false(sysroot_exists(&tree->root, "%s", path));
}

/* All that can be done with a path, of a captured root: nothing of this machine is seen. */
static void expect_not_left(const struct tree *tree, const char *path, int because)
{
	char buf[PATH_MAX];
	DIR *dir;

	assert_int_equal(sysroot_open_file(&tree->root, O_RDONLY, "%s", path), because);
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "%s", path), because);
	assert_int_equal(sysroot_read_bytes(&tree->root, buf, sizeof(buf), "%s", path), because);
	assert_false(sysroot_exists(&tree->root, "%s", path));
	dir = sysroot_open_dir(&tree->root, "%s", path);
	assert_null(dir);
	assert_int_equal(errno, -because);
	assert_int_equal(sysroot_read_link(&tree->root, buf, sizeof(buf), "%s/exe", path), because);
	assert_int_equal(sysroot_read_link_name(&tree->root, buf, sizeof(buf), "%s/exe", path), because);
}

static void captured_is_never_left(void **state)
{
	static const char *const hostile[] = { "/proc/self", "../../../../../../../../../../proc/self",
		"dir/../../../../../../../../../../../proc/self", "/../proc/self" };
	struct tree *tree = *state;
	char buf[PATH_MAX];

	assert_int_equal(mkdirat(tree->root.fd, "dir", 0700), 0);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		assert_int_equal(symlinkat(hostile[i], tree->root.fd, "link"), 0);
		expect_not_left(tree, "link", -ENOENT);
		assert_int_equal(sysroot_read_link(&tree->root, buf, sizeof(buf), "link"), strlen(hostile[i]));
		unlinkat(tree->root.fd, "link", 0);
	}
	expect_not_left(tree, "../../../../../../../../../../proc/self", -ENOENT);
}

/*
 * What could not be read when the host was captured is a link to itself: there, and closed; also with what lies below
 * it.
 */
static void captured_denials_are_kept(void **state)
{
	struct tree *tree = *state;
	char buf[16];

	assert_int_equal(symlinkat("fd", tree->root.fd, "fd"), 0);
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "fd"), -EACCES);
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "fd/1"), -EACCES);
	assert_null(sysroot_open_dir(&tree->root, "fd"));
	assert_int_equal(errno, EACCES);
	assert_true(sysroot_exists(&tree->root, "fd"));
	assert_int_equal(sysroot_read_link(&tree->root, buf, sizeof(buf), "fd"), 2);
	put(tree, "file", "igb\n");
	assert_int_equal(sysroot_read_link(&tree->root, buf, sizeof(buf), "file"), -EINVAL);
	assert_int_equal(sysroot_read_link(&tree->root, buf, sizeof(buf), "none"), -ENOENT);
}

/* An absolute link of the captured machine is one in its own tree. */
static void captured_links_lead_inside(void **state)
{
	struct tree *tree = *state;
	char buf[16];

	put(tree, "file", "igb\n");
	assert_int_equal(mkdirat(tree->root.fd, "dir", 0700), 0);
	assert_int_equal(symlinkat("/file", tree->root.fd, "dir/link"), 0);
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "dir/link"), 3);
	assert_string_equal(buf, "igb");
	assert_true(sysroot_exists(&tree->root, "dir/link"));
	assert_int_equal(sysroot_read_link_name(&tree->root, buf, sizeof(buf), "dir/link"), 0);
	assert_string_equal(buf, "file");
}

/* Nor by a folder on the way to a link: /proc/self/exe is one that this machine has. */
static void captured_folders_of_links_lead_inside(void **state)
{
	struct tree *tree = *state;
	char buf[PATH_MAX];

	assert_int_equal(symlinkat("/proc/self", tree->root.fd, "dir"), 0);
	assert_int_equal(sysroot_read_link(&tree->root, buf, sizeof(buf), "dir/exe"), -ENOENT);
	assert_int_equal(sysroot_read_link_name(&tree->root, buf, sizeof(buf), "dir/exe"), -ENOENT);
}

/* Renames as fast as memory allows; any of the machine counts. */
static _Noreturn void rename_for_ever(const char *directory)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(directory) || mkdir("one", 0700))
		_exit(1);
	for (;;)
		if (rename("one", "two") || rename("two", "one"))
			_exit(1);
}

/* openat2(2) gives up on ".." while something is renamed anywhere: that is not what the captured host says. */
static void captured_links_stand_renames(void **state)
{
	char elsewhere[] = "/dev/shm/sluice-unit-XXXXXX", buf[64];
	struct tree *tree = *state;
	pid_t pid;

	put(tree, "file", "igb\n");
	assert_int_equal(mkdirat(tree->root.fd, "dir", 0700), 0);
	assert_int_equal(symlinkat("../file", tree->root.fd, "dir/link"), 0);
	assert_non_null(mkdtemp(elsewhere));
	pid = fork();
	if (!pid)
		rename_for_ever(elsewhere);
	for (int i = 0; i < 50000; i++)
		assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "dir/link"), 3);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (const char *name = "one\0two\0"; *name; name += strlen(name) + 1) {
		snprintf(buf, sizeof(buf), "%s/%s", elsewhere, name);
		rmdir(buf);
	}
	assert_int_equal(rmdir(elsewhere), 0);
}

static void captured_fifo_holds_nobody_up(void **state)
{
	struct tree *tree = *state;
	char buf[8];

	assert_int_equal(mkfifoat(tree->root.fd, "file", 0600), 0);
	assert_int_equal(sysroot_read_text(&tree->root, buf, sizeof(buf), "file"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_link_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_is_read_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_paths_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_is_never_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_denials_are_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_links_lead_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_folders_of_links_lead_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_links_stand_renames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_fifo_holds_nobody_up, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
