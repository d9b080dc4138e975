// SPDX-License-Identifier: GPL-2.0-or-later
/* sriov/pf.c against a kernel that makes VFs, or does not: counts, refusals, what errno means, autoprobe put back. */
#include "base/cleanup.h"
#include "sriov/sriov.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PF "0000:01:00.0"

static const struct pci_device pf = { .addr = { 0, 1, 0, 0 } };

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device card = { PF, 0x8086, 0x10c9, 0x020000, "igb", 6, 7 };
	const struct fake_device plain = { "0000:02:00.0", 0x8086, 0x100e, 0x020000, "e1000", 7, 0 };

	fake_pci(fake, &card);
	fake_pci(fake, &plain);
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static uint64_t attribute(const struct fake_sysfs *fake, const char *name)
{
	uint64_t value = 99;

	assert_int_equal(sysroot_read_u64(&fake->root, &value, "sys/bus/pci/devices/" PF "/%s", name), 0);
	return value;
}

/* A driver that makes VFs by its module's parameter alone: refused with that parameter, and nothing is written. */
static void refuses_by_rule(void **state)
{
	struct pci_device mlx4 = { .addr = { 0, 1, 0, 0 }, .driver = "mlx4_core" };
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };

	fake->log_count = 0;
	assert_int_equal(pf_create_vfs(fake_lock(fake), &mlx4, 3, &err), -EOPNOTSUPP);
	assert_int_equal(err.code, CODE_PF_RULE);
	assert_non_null(strstr(err.msg, "num_vfs"));
	assert_non_null(strstr(err.hint, "options mlx4_core num_vfs=8"));
	assert_int_equal(fake->log_count, 0);
}

static void makes_and_removes(void **state)
{
	struct fake_sysfs *fake = *state;
	char text[PCI_ADDR_TEXT_SIZE], name[PCI_ADDR_TEXT_SIZE];
	int off;

	assert_int_equal(pf_create_vfs(fake_lock(fake), &pf, 3, NULL), 0);
	assert_int_equal(attribute(fake, "sriov_numvfs"), 3);
	assert_int_equal(attribute(fake, "sriov_drivers_autoprobe"), 1);
	off = fake_log_find(fake, "sriov_drivers_autoprobe", "0");
	assert_true(off >= 0 && off < fake_log_find(fake, "sriov_numvfs", "3"));
	assert_true(fake_log_find(fake, "sriov_numvfs", "3") < fake_log_find(fake, "sriov_drivers_autoprobe", "1"));
	assert_true(sysroot_read_link_name(&fake->root, text, sizeof(text), "sys/bus/pci/devices/%s/virtfn2",
			    pci_addr_text(pf.addr, name)) == 0);
	assert_string_equal(text, "0000:01:10.2");

	/* The number it has already: nothing is written. */
	fake->log_count = 0;
	assert_int_equal(pf_create_vfs(fake_lock(fake), &pf, 3, NULL), 0);
	assert_int_equal(fake->log_count, 0);

	assert_int_equal(pf_destroy_vfs(fake_lock(fake), &pf, NULL), 0);
	assert_int_equal(attribute(fake, "sriov_numvfs"), 0);
	fake->log_count = 0;
	assert_int_equal(pf_destroy_vfs(fake_lock(fake), &pf, NULL), 0);
	assert_int_equal(fake->log_count, 0);
}

/* Somebody switched autoprobe off on purpose: it stays off. */
static void leaves_autoprobe_as_it_was(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "0\n", "sys/bus/pci/devices/" PF "/sriov_drivers_autoprobe");
	assert_int_equal(pf_create_vfs(fake_lock(fake), &pf, 1, NULL), 0);
	assert_int_equal(attribute(fake, "sriov_drivers_autoprobe"), 0);
}

static void refuses_before_anything_is_changed(void **state)
{
	struct fake_sysfs *fake = *state;
	static const struct {
		uint8_t bus;
		unsigned int had, count;
		enum code code;
	} cases[] = {
		{ 1, 0, 0, CODE_USAGE },
		{ 1, 0, 8, CODE_VF_TOO_MANY },
		{ 1, 2, 3, CODE_VF_BUSY },
		{ 1, 2, 1, CODE_VF_BUSY },
		{ 2, 0, 1, CODE_NOT_A_PF },
		{ 9, 0, 1, CODE_NO_SUCH_DEVICE },
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		const struct pci_device device = { .addr = { 0, cases[i].bus, 0, 0 } };
		struct error err = { 0 };

		assert_int_equal(pf_destroy_vfs(fake_lock(fake), &pf, NULL), 0);
		if (cases[i].had)
			assert_int_equal(pf_create_vfs(fake_lock(fake), &pf, cases[i].had, NULL), 0);
		fake->log_count = 0;
		assert_true(pf_create_vfs(fake_lock(fake), &device, cases[i].count, &err) < 0);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(fake->log_count, 0);
		assert_int_equal(attribute(fake, "sriov_numvfs"), cases[i].had);
	}
}

/* ENOMEM has two causes; with no bus number for the VFs it is that one, and the error says what to do about it. */
static void explains_missing_buses(void **state)
{
	const struct fake_device last = { "0000:ff:00.0", 0x8086, 0x1521, 0x020000, "igb", 8, 7 };
	const struct pci_device device = { .addr = { 0, 0xff, 0, 0 } };
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };

	fake_pci(fake, &last);
	fake_file(fake, "256\n", "sys/bus/pci/devices/0000:ff:00.0/sriov_offset");
	fake_file(fake, "1\n", "sys/bus/pci/devices/0000:ff:00.0/sriov_stride");
	fake->numvfs_errno = ENOMEM;
	assert_int_equal(pf_create_vfs(fake_lock(fake), &device, 4, &err), -ENOMEM);
	assert_int_equal(err.code, CODE_VF_BUS_RANGE);
	assert_non_null(strstr(err.msg, "0 of 4 VFs have a bus number"));
	assert_non_null(strstr(err.hint, "assign-busses, which gives buses other numbers"));
	fake_file(fake, "1\n", "sys/bus/pci/devices/0000:ff:00.0/sriov_offset");
	assert_int_equal(pf_create_vfs(fake_lock(fake), &device, 4, &err), -ENOMEM);
	assert_int_equal(err.code, CODE_VF_NOMEM);
	fake->numvfs_errno = 0;
}

static void explains_errno(void **state)
{
	static const struct {
		int errnum;
		enum code code;
		const char *said;
	} cases[] = {
		{ ENOMEM, CODE_VF_NOMEM, "windows" },
		{ ENOSPC, CODE_VF_NOSPC, "bus numbers" },
		{ ENOENT, CODE_VF_NO_DRIVER, "driver" },
		{ ERANGE, CODE_VF_TOO_MANY, "fewer" },
		{ EBUSY, CODE_VF_BUSY, "already" },
		{ EINVAL, CODE_FAILED, "state" },
		{ EIO, CODE_FAILED, "firmware" },
		{ ETIMEDOUT, CODE_DRIVER_STUCK, "within" },
	};
	struct fake_sysfs *fake = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		struct error err = { 0 };

		fake->numvfs_errno = cases[i].errnum;
		assert_int_equal(pf_create_vfs(fake_lock(fake), &pf, 2, &err), -cases[i].errnum);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.msg, PF));
		assert_non_null(strstr(err.msg, cases[i].said));
		assert_true(err.hint[0]);
		assert_int_equal(attribute(fake, "sriov_numvfs"), 0);
		assert_int_equal(attribute(fake, "sriov_drivers_autoprobe"), 1);
	}
}

static void a_pf_without_driver_cannot_be_split(void **state)
{
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };

	assert_int_equal(sysroot_write_text(&fake->root, PF, "sys/bus/pci/devices/" PF "/driver/unbind"), 0);
	assert_true(pf_create_vfs(fake_lock(fake), &pf, 2, &err) < 0);
	assert_int_equal(err.code, CODE_VF_NO_DRIVER);
}

/* Several PFs are one change: when one cannot be split, those that could are not either. tests/fake splits several. */
static void several_are_all_or_none(void **state)
{
	const struct fake_device second = { "0000:03:00.0", 0x8086, 0x10c9, 0x020000, "igb", 9, 7 };
	const struct pci_device other = { .addr = { 0, 3, 0, 0 } };
	const struct pf_wish too_many[] = { { &pf, 2 }, { &other, 8 } };
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };

	fake_pci(fake, &second);
	assert_int_equal(pf_create_all(fake_lock(fake), too_many, 2, &err), -ERANGE);
	assert_int_equal(fake->log_count, 0);
}

/* The write succeeded, and one VF never came: back to none, as it was. */
static void missing_vfs_are_undone(void **state)
{
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };

	fake->missing_vfs = 1;
	assert_int_equal(pf_create_vfs(fake_lock(fake), &pf, 2, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.msg, "VF 1 of 2"));
	assert_int_equal(attribute(fake, "sriov_numvfs"), 0);
	assert_int_equal(attribute(fake, "sriov_drivers_autoprobe"), 1);
}

static void vfs_that_stay_are_told(void **state)
{
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };

	assert_int_equal(pf_create_vfs(fake_lock(fake), &pf, 2, NULL), 0);
	fake->keeps_vfs = true;
	assert_int_equal(pf_destroy_vfs(fake_lock(fake), &pf, &err), -EBUSY);
	assert_int_equal(err.code, CODE_VF_BUSY);
	assert_non_null(strstr(err.msg, "2 VFs"));
}

static void a_captured_host_is_not_changed(void **state)
{
	struct fake_sysfs *fake = *state;
	struct error err = { 0 };

	struct host_lock *lock = NULL;

	/* What makes and removes VFs asks for the lock, and there is none of a captured host. */
	fake->root.captured = true;
	assert_int_equal(host_lock_take(&fake->root, &lock, &err), -EROFS);
	assert_int_equal(err.code, CODE_READ_ONLY);
	assert_null(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses_by_rule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(makes_and_removes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(leaves_autoprobe_as_it_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_before_anything_is_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(explains_missing_buses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(explains_errno, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pf_without_driver_cannot_be_split, set_up, tear_down),
		cmocka_unit_test_setup_teardown(several_are_all_or_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_vfs_are_undone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(vfs_that_stay_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_captured_host_is_not_changed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
