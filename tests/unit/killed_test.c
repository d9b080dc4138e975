// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kill -9 at every write to the kernel of every command that changes the host, before the write and after it, with the
 * process that writes for it: afterwards release and vf destroy bring everything back that was there, whoever made it
 * and wherever it is written.
 */
#include "assign/request.h"
#include "sriov/autoprobe.h"
#include "tests/unit/fake_sysfs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

#define PF "0000:01:00.0"
#define CARD "0000:02:00.0"
#define SIBLING "0000:02:00.1"
#define NODE "dev/vfio/8"
#define CDEV "dev/vfio/devices/vfio0"

enum {
	USER = 4711,
	WRITES_MAX = 40,
};

static char *card_names[] = { CARD, SIBLING };

static struct fake_sysfs *make_host(void)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device devices[] = {
		{ PF, 0x8086, 0x10c9, 0x118000, "igb", 6, 7 },
		/* Both are of one group, whose node is there since udev gave it to a group of users. */
		{ CARD, 0x8086, 1, 0x118000, "other", 8, 0 },
		{ SIBLING, 0x8086, 1, 0x118000, "other", 8, 0 },
	};

	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(fake, &devices[i]);
	fake_driver(fake, "vfio-pci");
	fake_dir(fake, "run");
	fake_file(fake, "", NODE);
	fake_file(fake, "", CDEV);
	fake_dir(fake, "sys/bus/pci/devices/" CARD "/vfio-dev/vfio0");
	assert_int_equal(fchownat(fake->root.fd, NODE, 0, 7, 0), 0);
	assert_int_equal(fchmodat(fake->root.fd, NODE, 0660, 0), 0);
	assert_int_equal(fchmodat(fake->root.fd, CDEV, 0600, 0), 0);
	fake->native_driver = "other";
	return fake;
}

static int bind_for_user(struct fake_sysfs *fake)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;
	int ret = request_bind(&fake->root, card_names, 2,
		&(struct request_bind){ .driver = "vfio-pci", .has_user = true, .user = USER }, &done, &err);

	request_done_free(&done);
	return ret;
}

static int bind_for_root(struct fake_sysfs *fake)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;
	int ret = request_bind(&fake->root, card_names, 2, &(struct request_bind){ .driver = "vfio-pci" }, &done, &err);

	request_done_free(&done);
	return ret;
}

static int release(struct fake_sysfs *fake)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;
	int ret = request_release(&fake->root, card_names, 2, &done, &err);

	request_done_free(&done);
	return ret;
}

static int create(struct fake_sysfs *fake)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;
	const char *name = PF;
	const struct request_vf_create create = { &name, &(const unsigned int){ 2 }, 1, NULL };
	int ret = request_vf_create(&fake->root, &create, &done, &err);

	request_done_free(&done);
	return ret;
}

static int destroy(struct fake_sysfs *fake)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;
	int ret = request_vf_destroy(&fake->root, PF, &done, &err);

	request_done_free(&done);
	return ret;
}

/* As `run` does it with its devices, and its end. */
static int take_and_end(struct fake_sysfs *fake)
{
	const struct pci_addr addr[] = { { .bus = 2 }, { .bus = 2, .function = 1 } };
	const struct assign_wish wish = { .addr = addr, .count = 2, .driver = "vfio-pci", .guest = "web1", .uid = -1 };
	cleanup_change struct change *change = NULL;
	struct error err;
	int ret = change_begin(&fake->root, &change, &err);

	if (ret < 0)
		return ret;
	ret = assign_take_all(change, &wish, &err);
	return ret < 0 ? ret : assign_end_all(change, addr, 2, &err);
}

static void expect_node(
	const struct fake_sysfs *fake, const char *path, unsigned int uid, unsigned int gid, unsigned int mode)
{
	struct stat info;

	assert_int_equal(fstatat(fake->root.fd, path, &info, 0), 0);
	assert_int_equal(info.st_uid, uid);
	assert_int_equal(info.st_gid, gid);
	assert_int_equal(info.st_mode & 07777, mode);
}

static void expect_binding(const struct fake_sysfs *fake, struct pci_addr addr, const char *driver)
{
	struct binding now;
	struct lease lease;

	assert_int_equal(binding_read(&fake->root, addr, &now, NULL), 0);
	assert_string_equal(now.driver, driver);
	assert_string_equal(now.override, "");
	assert_int_equal(lease_read(&fake->root, addr, &lease, NULL), 0);
}

/* All as make_host() made it. */
static void expect_as_before(const struct fake_sysfs *fake)
{
	uint64_t value = 99;

	expect_binding(fake, (struct pci_addr){ .bus = 2 }, "other");
	expect_binding(fake, (struct pci_addr){ .bus = 2, .function = 1 }, "other");
	expect_node(fake, NODE, 0, 7, 0660);
	expect_node(fake, CDEV, 0, 0, 0600);
	assert_int_equal(
		sysroot_read_u64(&fake->root, &value, "sys/bus/pci/devices/" PF "/sriov_drivers_autoprobe"), 0);
	assert_int_equal(value, 1);
	assert_int_equal(sysroot_read_u64(&fake->root, &value, "sys/bus/pci/devices/" PF "/sriov_numvfs"), 0);
	assert_int_equal(value, 0);
	assert_false(sysroot_exists(&fake->root, "run/sluice/autoprobe/" PF));
}

typedef int (*command_fn)(struct fake_sysfs *fake);

/* Was it killed, or had it come to its end? */
static bool is_killed(struct fake_sysfs *fake, command_fn command, unsigned int at, bool before)
{
	pid_t pid;
	int status;

	pid = fork();
	if (!pid) {
		fake->killed_at = at;
		fake->killed_before = before;
		_exit(command(fake) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return true;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* Each command with what has to be there before it. */
static const struct {
	const char *name;
	command_fn before, command;
	unsigned int writes; /* at least so many */
} commands[] = {
	{ "bind --user", NULL, bind_for_user, 6 },
	{ "bind --user, after bind", bind_for_root, bind_for_user, 0 },
	{ "bind, after bind --user", bind_for_user, bind_for_root, 0 },
	{ "release, after bind --user", bind_for_user, release, 6 },
	{ "a guest", NULL, take_and_end, 12 },
	{ "a guest, after bind --user", bind_for_user, take_and_end, 0 },
	{ "vf create", NULL, create, 3 },
	{ "vf destroy", create, destroy, 1 },
};

static void killed_at_every_write(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	for (size_t i = 0; i < array_size(commands); i++) {
		unsigned int writes = 0;
		bool killed = true;

		for (unsigned int at = 2; killed; at++) {
			struct fake_sysfs *fake = make_host();

			if (commands[i].before)
				assert_int_equal(commands[i].before(fake), 0);
			killed = is_killed(fake, commands[i].command, at / 2, at % 2);
			fake->log_count = 0;
			if (release(fake) < 0 || destroy(fake) < 0)
				fail_msg("%s, killed at write %u: it cannot be put back", commands[i].name, at / 2);
			expect_as_before(fake);
			fake_sysfs_free(fake);
			writes = at / 2;
			assert_true(writes < WRITES_MAX);
		}
		if (writes <= commands[i].writes)
			fail_msg("%s: only %u writes were seen", commands[i].name, writes - 1);
	}
}

/* What a killed vf create has left is told while it lasts, and mended by any command that takes the lock. */
static void autoprobe_is_put_back_by_the_next(void **state)
{
	struct fake_sysfs *fake = make_host();
	struct change *change = NULL;
	const struct pci_addr pf = { .bus = 1 };
	uint64_t value = 99;

	(void)state;
	assert_false(autoprobe_is_left(&fake->root, pf));
	assert_true(is_killed(fake, create, 2, false));
	assert_true(autoprobe_is_left(&fake->root, pf));
	assert_int_equal(change_begin(&fake->root, &change, NULL), 0);
	assert_false(autoprobe_is_left(&fake->root, pf));
	assert_int_equal(
		sysroot_read_u64(&fake->root, &value, "sys/bus/pci/devices/" PF "/sriov_drivers_autoprobe"), 0);
	assert_int_equal(value, 1);
	change_end(change, NULL);
	fake_sysfs_free(fake);
}

/*
 * While a guest has the device its nodes are root's; they are the user's again when it ends, and go back with the last
 * lease.
 */
static void nodes_go_where_the_lease_says(void **state)
{
	struct fake_sysfs *fake = make_host();
	const struct pci_addr addr = { .bus = 2 };
	const struct assign_wish wish = { .addr = &addr, .count = 1, .driver = "vfio-pci", .guest = "web1", .uid = -1 };
	struct request_done done = REQUEST_NOTHING_DONE;
	struct change *change = NULL;
	struct error err;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(bind_for_user(fake), 0);
	expect_node(fake, NODE, USER, 7, 0600);
	expect_node(fake, CDEV, USER, 0, 0600);
	assert_int_equal(change_begin(&fake->root, &change, NULL), 0);
	assert_int_equal(assign_take_all(change, &wish, &err), 0);
	expect_node(fake, CDEV, 0, 0, 0600);
	assert_int_equal(assign_end_all(change, &addr, 1, &err), 0);
	expect_node(fake, CDEV, USER, 0, 0600);
	change_end(change, NULL);
	/* The sibling's lease still gives the group's node to the user. */
	assert_int_equal(request_release(&fake->root, card_names, 1, &done, &err), 0);
	request_done_free(&done);
	expect_node(fake, NODE, USER, 7, 0600);
	expect_node(fake, CDEV, 0, 0, 0600);
	assert_int_equal(request_release(&fake->root, card_names + 1, 1, &done, &err), 0);
	request_done_free(&done);
	expect_as_before(fake);
	fake_sysfs_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_write),
		cmocka_unit_test(autoprobe_is_put_back_by_the_next),
		cmocka_unit_test(nodes_go_where_the_lease_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
