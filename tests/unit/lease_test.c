// SPDX-License-Identifier: GPL-2.0-or-later
/* assign/lease.c and os/run_dir.c: what is written is read back; what is torn or false is recognised, never used. */
#include "assign/lease.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"
#include "tests/unit/temp_tree.h"

static const struct pci_addr addr = { .bus = 1, .device = 0x10, .function = 2 };
static const char lease_file[] = "run/sluice/devices/0000:01:10.2";

struct fixture {
	struct temp_tree tree; /* the first, so that a test can take the fixture for its tree */
	struct host_lock *lock;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	temp_tree_dir(&f->tree, "run");
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

static const struct host_lock *tree_lock(void *state)
{
	return ((struct fixture *)state)->lock;
}

static void round_trips(void **state)
{
	static const struct lease leases[] = {
		{ .addr = { .bus = 1, .device = 0x10, .function = 2 }, .before = { "igbvf", "" }, .bound = true },
		{ .addr = { .bus = 1, .device = 0x10, .function = 2 }, .before = { "", "" }, .guest = "web1" },
		{ .addr = { .bus = 1, .device = 0x10, .function = 2 },
			.before = { "vfio-pci", "vfio-pci" },
			.bound = true,
			.guest = "a.b-c_9",
			.vf_before = "mac=02:00:00:00:00:01 vlan=0",
			.vf_guest = "mac=02:00:00:00:00:01 vlan=7 trust=1",
			.identity = { .path = "0000:00/01.0/00.0/vf1",
				.vendor_id = 0x8086,
				.device_id = 0x10ca,
				.vf_index = 1,
				.serial = "00-1b-21-ff-ff-0a-0b-0c",
				.vpd = "a b%c",
				.mac = "00:1b:21:0a:0b:0c" } },
	};
	const struct temp_tree *tree = *state;

	for (size_t i = 0; i < array_size(leases); i++) {
		struct lease lease;
		struct error err;

		assert_int_equal(lease_write(tree_lock(*state), &leases[i], &err), 0);
		assert_int_equal(lease_read(&tree->root, addr, &lease, &err), 1);
		assert_string_equal(lease.before.driver, leases[i].before.driver);
		assert_string_equal(lease.before.override, leases[i].before.override);
		assert_string_equal(lease.guest, leases[i].guest);
		assert_string_equal(lease.vf_before, leases[i].vf_before);
		assert_string_equal(lease.vf_guest, leases[i].vf_guest);
		assert_int_equal(lease.bound, leases[i].bound);
		assert_string_equal(lease.identity.path, leases[i].identity.path);
		assert_string_equal(lease.identity.serial, leases[i].identity.serial);
		assert_string_equal(lease.identity.vpd, leases[i].identity.vpd);
		assert_string_equal(lease.identity.mac, leases[i].identity.mac);
	}
}

static void absent_is_no_error(void **state)
{
	const struct temp_tree *tree = *state;
	struct lease lease;
	struct lease *list;
	struct error err;
	size_t count = 7;

	assert_int_equal(lease_read(&tree->root, addr, &lease, &err), 0);
	assert_int_equal(lease_remove(tree_lock(*state), addr, &err), 0);
	assert_int_equal(lease_list(&tree->root, &list, &count, &err), 0);
	assert_int_equal(count, 0);
	free(list);
}

/* Every prefix of a good file is a file that a crash could have left on a bad file system. */
static void every_torn_file_is_recognised(void **state)
{
	static const char good[] = "sluice-lease 1\ndriver=igbvf\noverride=\nbound=no\nguest=web1\nend";
	const struct temp_tree *tree = *state;
	struct lease lease;
	struct error err;

	temp_tree_file(tree, lease_file, good);
	assert_int_equal(lease_read(&tree->root, addr, &lease, &err), 1);
	for (size_t length = 0; length < sizeof(good) - 1; length++) {
		char torn[sizeof(good)];

		memcpy(torn, good, length);
		torn[length] = '\0';
		temp_tree_file(tree, lease_file, torn);
		assert_int_equal(lease_read(&tree->root, addr, &lease, &err), -EBADMSG);
		assert_non_null(strstr(err.hint, "sluice release 0000:01:10.2"));
	}
}

static void false_files_are_refused(void **state)
{
	static const char *const texts[] = {
		"sluice-lease 2\ndriver=x\nend\n",
		"sluice-lease 1\ndriver=../../x\nend\n",
		"sluice-lease 1\ndriver=..\nend\n",
		"sluice-lease 1\noverride=a b\nend\n",
		"sluice-lease 1\nguest=../etc\nend\n",
		"sluice-lease 1\nbound=maybe\nend\n",
		"sluice-lease 1\nidentity=\nend\n",
		"sluice-lease 1\nidentity=ids=8086:10ca:0000:0000\nend\n",
		"sluice-lease 1\nidentity=path=0000:00/01.0 ids=8086:10ca:0000:00000\nend\n",
		"sluice-lease 1\nidentity=path=0000:00/01.0 ids=8086:10ca:0000:0000 serial=a%zz\nend\n",
		"sluice-lease 1\nwhat=x\nend\n",
		"sluice-lease 1\nnonsense\nend\n",
		"sluice-lease "
		"1\ndriver=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nend\n",
	};
	const struct temp_tree *tree = *state;

	for (size_t i = 0; i < array_size(texts); i++) {
		struct lease lease = { .bound = true };
		struct error err;

		temp_tree_file(tree, lease_file, texts[i]);
		assert_int_equal(lease_read(&tree->root, addr, &lease, &err), -EBADMSG);
		assert_true(lease.bound);
	}
}

static void lists_what_makes_sense(void **state)
{
	const struct temp_tree *tree = *state;
	cleanup_free struct lease *leases = NULL;
	size_t count;
	struct error err;

	temp_tree_file(tree, "run/sluice/devices/0000:02:00.0", "sluice-lease 1\ndriver=nvme\nend\n");
	temp_tree_file(tree, "run/sluice/devices/0000:01:10.2", "sluice-lease 1\ndriver=igbvf\nend\n");
	temp_tree_file(tree, "run/sluice/devices/0000:01:10.4", "torn");
	temp_tree_file(tree, "run/sluice/devices/.0000:01:10.6.new", "sluice-lease 1\ndriver=igbvf\nend\n");
	assert_int_equal(lease_list(&tree->root, &leases, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(leases[0].before.driver, "igbvf");
	assert_string_equal(leases[1].before.driver, "nvme");
}

/* The name of a guest whose sluice is dead (nobody holds the lock) is not the name of a running guest. */
static void dead_guests_hold_nothing(void **state)
{
	const struct temp_tree *tree = *state;
	const struct lease lease = { .addr = addr, .guest = "web1" };
	char name[GUEST_NAME_SIZE] = "untouched";
	struct error err;

	assert_int_equal(lease_write(tree_lock(*state), &lease, &err), 0);
	assert_false(lease_guest(&tree->root, addr, name));
	temp_tree_file(tree, "run/sluice/guests/web1/lock", "");
	assert_false(lease_guest(&tree->root, addr, name));
	assert_string_equal(name, "untouched");
}

static void captured_hosts_are_read_only(void **state)
{
	struct temp_tree *tree = *state;
	struct host_lock *lock = NULL;
	struct error err;

	tree->root.captured = true;
	assert_int_equal(host_lock_take(&tree->root, &lock, &err), -EROFS);
	assert_null(lock);
	assert_int_equal(err.code, CODE_READ_ONLY);
}

static void files_are_replaced_whole(void **state)
{
	const struct temp_tree *tree = *state;
	cleanup_close int dir = -1;
	char text[32];
	struct error err;

	assert_int_equal(run_dir_open(&tree->root, "a/b", false, &dir, &err), -ENOENT);
	assert_int_equal(run_dir_open(&tree->root, "a/b", true, &dir, &err), 0);
	assert_int_equal(run_dir_write(dir, "file", "a long first text", &err), 0);
	assert_int_equal(run_dir_write(dir, "file", "short", &err), 0);
	assert_int_equal(run_dir_read(dir, "file", text, sizeof(text)), 5);
	assert_string_equal(text, "short");
	assert_int_equal(run_dir_read(dir, ".file.new", text, sizeof(text)), -ENOENT);
	assert_int_equal(run_dir_remove(dir, "file", &err), 0);
	assert_int_equal(run_dir_remove(dir, "file", &err), 0);
	assert_int_equal(run_dir_read(dir, "file", text, sizeof(text)), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trips),
		TEST(absent_is_no_error),
		TEST(every_torn_file_is_recognised),
		TEST(false_files_are_refused),
		TEST(lists_what_makes_sense),
		TEST(dead_guests_hold_nothing),
		TEST(captured_hosts_are_read_only),
		TEST(files_are_replaced_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
