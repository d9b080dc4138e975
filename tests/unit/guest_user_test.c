// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/guest_user.c: a guest's user is nobody else's, whoever it might be that has the number. */
#include "guest/guest_user.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/guest.h"
#include "tests/unit/temp_tree.h"

#undef fail /* cmocka's hides ours */

struct fixture {
	struct temp_tree tree;
	struct host_lock *lock;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	temp_tree_dir(&f->tree, "run");
	temp_tree_dir(&f->tree, "proc");
	assert_int_equal(host_lock_take(&f->tree.root, &f->lock, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	host_lock_drop(f->lock);
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

static uint32_t take(const struct fixture *f)
{
	struct error err = { 0 };
	uint32_t user = 1;

	assert_int_equal(guest_user_take(f->lock, &user, &err), 0);
	return user;
}

static void the_first_is_free(void **state)
{
	assert_int_equal(take(*state), GUEST_USER_FIRST);
}

/* Who has the first number, or the first three: in a file, as a process, as a range for a container. */
static void what_others_have(void **state)
{
	static const struct {
		const char *path, *text;
		uint32_t next;
	} others[] = {
		{ "etc/passwd", "root:x:0:0::/:/bin/sh\nann:x:2113929216:100::/:/bin/sh\n", 1 },
		{ "etc/passwd", "ann:x:1000:2113929216::/:/bin/sh\n", 1 },
		{ "etc/group", "root:x:0:\nstaff:x:2113929216:ann\n", 1 },
		{ "etc/group", "staff:x:2113929217:ann\n", 0 },
		{ "etc/subuid", "ann:100000:65536\nbob:2113929200:19\n", 3 },
		{ "etc/subgid", "bob:2113929216:3\n", 3 },
		{ "etc/subuid", "bob:2113929200:16\n", 0 },
		{ "etc/subuid", "no number here\n::\nbob:2113929216\n", 0 },
		{ "proc/77/status", "Name:\tx\nUid:\t2113929216\t0\t0\t0\nGid:\t0\t0\t0\t0\n", 1 },
		{ "proc/77/status", "Name:\tx\nUid:\t0\t0\t2113929216\t2113929217\nGid:\t0\t0\t0\t2113929218\n", 3 },
		{ "proc/77/status", "Name:\tUid: 2113929216 0 0 0\nUid:\t5\t5\t5\t5\nGid:\t5\t5\t5\t5\n", 0 },
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < array_size(others); i++) {
		temp_tree_file(&f->tree, others[i].path, others[i].text);
		assert_int_equal(take(f), GUEST_USER_FIRST + others[i].next);
		temp_tree_file(&f->tree, others[i].path, "");
	}
}

/* One that was taken, but has no process yet; when it has ended, its number is free again. */
static void another_guest(void **state)
{
	const struct fixture *f = *state;
	struct guest_info info = { .name = "one", .step = STEP_COUNT, .cpus = 1, .user = GUEST_USER_FIRST };
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };

	assert_int_equal(guest_dir_create(f->lock, "one", &dir, NULL), 0);
	assert_int_equal(guest_dir_write(&dir, &info, NULL), 0);
	assert_int_equal(take(f), GUEST_USER_FIRST + 1);
	guest_dir_remove(f->lock, &dir);
	assert_int_equal(take(f), GUEST_USER_FIRST);
}

static void none_is_left(void **state)
{
	const struct fixture *f = *state;
	struct error err = { 0 };
	uint32_t user;

	temp_tree_file(&f->tree, "etc/subuid", "bob:2000000000:200000000\n");
	assert_int_equal(guest_user_take(f->lock, &user, &err), -EUSERS);
	assert_non_null(strstr(err.msg, "2113929216 to 2113933311"));
	assert_non_null(strstr(err.hint, "subuid"));
}

/* Root of a container that has some users of the host: none of these, or some. */
static void in_a_container(void **state)
{
	const struct fixture *f = *state;

	temp_tree_file(&f->tree, "proc/self/uid_map", "         0     100000      65536\n");
	assert_int_equal(take(f), 0);
	temp_tree_file(&f->tree, "proc/self/uid_map", "0 100000 65536\n2113929226 300000 10\n");
	assert_int_equal(take(f), GUEST_USER_FIRST + 10);
	temp_tree_file(&f->tree, "proc/self/gid_map", "0 100000 65536\n2113929228 300000 10\n");
	assert_int_equal(take(f), GUEST_USER_FIRST + 12);
	temp_tree_file(&f->tree, "proc/self/uid_map", "0 0 4294967295\n");
	temp_tree_file(&f->tree, "proc/self/gid_map", "0 0 4294967295\n");
	assert_int_equal(take(f), GUEST_USER_FIRST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_is_free),
		TEST(what_others_have),
		TEST(another_guest),
		TEST(none_is_left),
		TEST(in_a_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
