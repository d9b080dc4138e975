// SPDX-License-Identifier: GPL-2.0-or-later
/* base/sysroot.c: reading below a root, and never writing to a captured one. */
#include "base/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

	strcpy(tree->dir, "sysroot-test-XXXXXX");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_link_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(captured_is_read_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_paths_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
