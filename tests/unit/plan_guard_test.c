// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a plan may not take away (plan/guard.h): a mounted disk, the device that policy keeps; who names it may, and
 * nothing else goes with that name.
 */
#include "plan/guard.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/kind.h"
#include "tests/unit/user_host.h"

static const struct pci_addr disk = { 0, 3, 0, 0 }, other_disk = { 0, 4, 0, 0 };

/* The guard's answer to a plan that binds both disks to VFIO. */
static int check(const struct fake_sysfs *fake, const struct guard *guard, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	struct step_list steps = { 0 };
	struct look look;
	int ret;

	assert_int_equal(host_open_at(&host, &fake->root, 0, NULL), 0);
	assert_int_equal(step_list_add(&steps, &kind_driver, DISK, "nvme", "vfio-pci", "a:1:1", NULL), 0);
	assert_int_equal(step_list_add(&steps, &kind_driver, OTHER_DISK, "nvme", "vfio-pci", "a:2:1", NULL), 0);
	look_begin(&look, &host);
	*err = (struct error){ .errnum = 0 };
	ret = guard_check(guard, &look, &steps, err);
	look_end(&look);
	step_list_done(&steps);
	return ret;
}

static void test_nothing_is_lost(void **state)
{
	const struct guard guard = { .lose = NULL };
	struct error err;

	assert_int_equal(check(*state, &guard, &err), 0);
}

static void test_a_mounted_disk(void **state)
{
	struct guard guard = { .lose = NULL };
	struct error err;

	user_host_mount(*state, "40 1 259:4 / /srv rw - ext4 /dev/nvme1n1 rw\n");
	assert_true(check(*state, &guard, &err) < 0);
	assert_int_equal(err.code, CODE_WOULD_LOSE);
	assert_non_null(strstr(err.msg, "/srv"));
	assert_non_null(strstr(err.hint, "--lose nvme1n1"));
	/* Naming another one gives that one up, and no more. */
	guard = (struct guard){ .lose = &disk, .lose_count = 1 };
	assert_true(check(*state, &guard, &err) < 0);
	guard = (struct guard){ .lose = &other_disk, .lose_count = 1 };
	assert_int_equal(check(*state, &guard, &err), 0);
}

static void test_what_policy_keeps(void **state)
{
	const struct guard guard = { .keep = &disk, .keep_count = 1, .lose = &disk, .lose_count = 1 };
	struct error err;

	assert_true(check(*state, &guard, &err) < 0);
	assert_int_equal(err.code, CODE_WOULD_LOSE);
	assert_non_null(strstr(err.msg, DISK));
	assert_non_null(strstr(err.hint, "policy: keep"));
}

/* Who keeps a PF keeps its VFs. */
static void test_a_vf_of_what_policy_keeps(void **state)
{
	const struct pci_addr nic = { 0, 1, 0, 0 };
	const struct guard guard = { .keep = &nic, .keep_count = 1 };
	struct error err;

	fake_file(*state, "1\n", "sys/devices/pci0000:00/%s/sriov_totalvfs", NIC);
	fake_link(*state, "../" OTHER_DISK, "sys/devices/pci0000:00/%s/virtfn0", NIC);
	assert_true(check(*state, &guard, &err) < 0);
	assert_int_equal(err.code, CODE_WOULD_LOSE);
	assert_non_null(strstr(err.msg, OTHER_DISK));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, user_host_set_up, user_host_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_lost),
		TEST(a_mounted_disk),
		TEST(what_policy_keeps),
		TEST(a_vf_of_what_policy_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
