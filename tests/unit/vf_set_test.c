// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * assign/request_vf_set.c: several VFs of a made-up card whose settings are files, as Intel's xe has them: all or none,
 * and what is said when one of them cannot be as it was.
 */
#include "assign/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#define PF "0000:01:00.0"
#define PROFILE(vf) "sys/bus/pci/devices/" PF "/sriov_admin/vf" vf "/profile/"

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device card = { PF, 0x8086, 0x56c0, 0x030000, "xe", 6, 7 };

	fake_pci(fake, &card);
	fake_dir(fake, "run");
	assert_int_equal(sysroot_write_text(&fake->root, "3", "sys/bus/pci/devices/" PF "/sriov_numvfs"), 0);
	fake_file(fake, "10\n", PROFILE("1") "exec_quantum_ms");
	fake_file(fake, "20\n", PROFILE("2") "exec_quantum_ms");
	fake_file(fake, "500\n", PROFILE("1") "preempt_timeout_us");
	fake_file(fake, "600\n", PROFILE("2") "preempt_timeout_us");
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static int set(struct fake_sysfs *fake, char *vfs, const char *one, const char *other, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	struct vf_settings settings;
	const struct request_vf_set wish = { .vf = (char *[]){ vfs }, .vf_count = 1, .settings = &settings };
	int ret;

	vf_settings_init(&settings);
	assert_int_equal(vf_settings_parse(&settings, one, NULL), 0);
	assert_int_equal(vf_settings_parse(&settings, other, NULL), 0);
	ret = request_vf_set(&fake->root, &wish, &done, err);
	request_done_free(&done);
	return ret;
}

static void expect_file(struct fake_sysfs *fake, const char *path, const char *wanted)
{
	char text[64];

	assert_true(sysroot_read_text(&fake->root, text, sizeof(text), "%s", path) > 0);
	assert_string_equal(text, wanted);
}

static void all_of_them(void **state)
{
	struct error err = { 0 };

	assert_int_equal(set(*state, PF "/0-1", "exec_quantum_ms=5", "preempt_timeout_us=7", &err), 0);
	expect_file(*state, PROFILE("1") "exec_quantum_ms", "5");
	expect_file(*state, PROFILE("2") "preempt_timeout_us", "7");
}

/* The third has no such file. */
static void none_of_them(void **state)
{
	struct error err = { 0 };

	assert_true(set(*state, PF "/0-2", "exec_quantum_ms=5", "preempt_timeout_us=7", &err) < 0);
	assert_int_equal(err.code, CODE_ROLLED_BACK);
	assert_non_null(strstr(err.msg, "none of 3 VFs was changed"));
	expect_file(*state, PROFILE("1") "exec_quantum_ms", "10");
	expect_file(*state, PROFILE("1") "preempt_timeout_us", "500");
	expect_file(*state, PROFILE("2") "exec_quantum_ms", "20");
}

/* What was not to be read before the change cannot be put back, and nobody is told that it was. */
static void one_that_nobody_knows(void **state)
{
	struct error err = { 0 };

	fake_file(*state, "what it likes\n", PROFILE("1") "exec_quantum_ms");
	assert_true(set(*state, PF "/0-2", "exec_quantum_ms=5", "preempt_timeout_us=7", &err) < 0);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_non_null(strstr(err.hint, "what exec_quantum_ms of 0000:01:"));
	expect_file(*state, PROFILE("1") "preempt_timeout_us", "500");
	expect_file(*state, PROFILE("2") "exec_quantum_ms", "20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_of_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none_of_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_nobody_knows, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
