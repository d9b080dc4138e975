// SPDX-License-Identifier: GPL-2.0-or-later
/* assign/binding.c against a kernel that binds, refuses and hangs: what is read back, undone, and said. */
#include "assign/binding.h"
#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NIC "0000:01:00.0"

static const struct pci_addr nic_addr = { 0, 1, 0, 0 };

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device nic = { NIC, 0x8086, 0x10c9, 0x020000, "igb", 6, 0 };

	fake_pci(fake, &nic);
	fake_driver(fake, "vfio-pci");
	fake->native_driver = "igb";
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static void expect_state(const struct fake_sysfs *fake, const char *driver, const char *override)
{
	struct binding now;

	assert_int_equal(binding_read(&fake->root, nic_addr, &now, NULL), 0);
	assert_string_equal(now.driver, driver);
	assert_string_equal(now.override, override);
}

static void binds_and_gives_back(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before;

	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, NULL), 0);
	assert_string_equal(before.driver, "igb");
	assert_string_equal(before.override, "");
	expect_state(fake, "vfio-pci", "vfio-pci");
	/* The override is there before the old driver goes: nobody can come in between. */
	assert_true(fake_log_find(fake, "driver_override", "vfio-pci") < fake_log_find(fake, "unbind", NIC));
	assert_true(fake_log_find(fake, "unbind", NIC) < fake_log_find(fake, "drivers_probe", NIC));

	assert_int_equal(binding_restore(fake_lock(fake), nic_addr, &before, NULL), 0);
	expect_state(fake, "igb", "");
	fake->log_count = 0;
	assert_int_equal(binding_restore(fake_lock(fake), nic_addr, &before, NULL), 0);
	assert_int_equal(fake_log_find(fake, "unbind", NIC), -1);
	expect_state(fake, "igb", "");
}

static void binding_twice_changes_nothing(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before;

	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, NULL), 0);
	fake->log_count = 0;
	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, NULL), 0);
	assert_int_equal(fake->log_count, 0);
	assert_string_equal(before.driver, "vfio-pci");
}

/* On offer is what nobody drives; it is offered again when nobody took it, since a module may have come. */
static void what_has_no_driver_is_offered(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before;

	assert_int_equal(binding_offer(fake_lock(fake), nic_addr, NULL), 0);
	assert_int_equal(fake->log_count, 0);
	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "", &before, NULL), 0);
	assert_int_equal(binding_offer(fake_lock(fake), nic_addr, NULL), 0);
	expect_state(fake, "igb", "");

	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "", &before, NULL), 0);
	fake->native_driver = NULL;
	fake->log_count = 0;
	assert_int_equal(binding_offer(fake_lock(fake), nic_addr, NULL), 0);
	assert_int_equal(fake->log_count, 2);
	expect_state(fake, "", "");
}

/* A VF that had no driver gets none back, although a driver would take it. */
static void no_driver_is_given_back_too(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct binding none = { .driver = "", .override = "" };
	struct binding before;

	assert_int_equal(binding_restore(fake_lock(fake), nic_addr, &none, NULL), 0);
	expect_state(fake, "", "");
	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, NULL), 0);
	assert_string_equal(before.driver, "");
	assert_int_equal(binding_restore(fake_lock(fake), nic_addr, &before, NULL), 0);
	expect_state(fake, "", "");
}

/* The kernel answers a probe with success even when no driver took the device. */
static void a_refused_probe_is_undone(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before = { .driver = "untouched" };
	struct error err = { 0 };

	fake->refused_driver = "vfio-pci";
	assert_true(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, &err) < 0);
	assert_int_equal(err.code, CODE_PROBE_NOT_TAKEN);
	assert_non_null(strstr(err.msg, NIC));
	assert_string_equal(before.driver, "untouched");
	expect_state(fake, "igb", "");
}

/* Neither the new nor the old driver takes it: the error says that it is half done. */
static void a_failed_undo_is_half_done(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before;
	struct error err = { 0 };

	assert_int_equal(sysroot_write_text(&fake->root, "igb\n", "sys/bus/pci/devices/" NIC "/driver_override"), 0);
	fake->refused_driver = "igb";
	fake_file(fake, "", "sys/bus/pci/drivers/other/unbind");
	/* "other" is a driver that the kernel knows, and refuses as well by having the override taken away. */
	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "other", &before, &err), 0);
	assert_true(binding_restore(fake_lock(fake), nic_addr, &before, &err) < 0);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_non_null(strstr(err.msg, "igb"));
}

static void a_hanging_driver_is_reported(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before;
	struct error err = { 0 };

	fake->unbind_errno = ETIMEDOUT;
	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, &err), -ETIMEDOUT);
	assert_int_equal(err.code, CODE_DRIVER_STUCK);
	assert_non_null(strstr(err.msg, "igb"));
	assert_int_equal(fake_log_find(fake, "drivers_probe", NIC), -1);
}

static void a_failed_unbind_is_rolled_back(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before;
	struct error err = { 0 };

	fake->unbind_errno = EPERM;
	assert_true(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, &err) < 0);
	assert_int_equal(err.code, CODE_ROLLED_BACK);
	expect_state(fake, "igb", "");
}

/* The write succeeds and changes nothing: who has the device now is what counts. */
static void a_driver_that_keeps_the_device_is_told(void **state)
{
	struct fake_sysfs *fake = *state;
	struct binding before;
	struct error err = { 0 };

	fake->unbind_errno = ENODEV;
	assert_true(binding_set(fake_lock(fake), (struct pci_addr){ 0, 1, 0, 0 }, "vfio-pci", &before, &err) < 0);
	assert_non_null(strstr(err.msg, "igb has it"));
	expect_state(fake, "igb", "");
}

static void says_no_before_anything_is_changed(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device ungrouped = { "0000:09:00.0", 0x8086, 0x10c9, 0x020000, "igb", -1, 0 };
	static const struct {
		struct pci_addr addr;
		const char *driver;
		enum code code;
	} cases[] = {
		{ { 0, 0xfe, 0, 0 }, "vfio-pci", CODE_NO_SUCH_DEVICE },
		{ { 0, 9, 0, 0 }, "vfio-pci", CODE_NO_GROUP },
		{ { 0, 1, 0, 0 }, "mlx5_vfio_pci", CODE_VFIO_NO_MODULE },
		{ { 0, 1, 0, 0 }, "nosuchdriver", CODE_FAILED },
		{ { 0, 1, 0, 0 }, "../igb", CODE_USAGE },
		{ { 0, 1, 0, 0 }, "vfio-pci/../igb", CODE_USAGE }, /* though such a path is there */
		{ { 0, 1, 0, 0 }, "-f", CODE_USAGE },
	};

	fake_pci(fake, &ungrouped);
	fake_dir(fake, "sys/kernel/iommu_groups/0");
	for (size_t i = 0; i < array_size(cases); i++) {
		struct binding before;
		struct error err = { 0 };

		assert_true(binding_set(fake_lock(fake), cases[i].addr, cases[i].driver, &before, &err) < 0);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(fake->log_count, 0);
	}
	expect_state(fake, "igb", "");
}

/* The driver it had is gone from this kernel: it is not left with vfio-pci for that. */
static void a_vanished_driver_leaves_the_choice_to_the_kernel(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct binding gone = { .driver = "oldigb", .override = "" };
	struct binding before;

	assert_int_equal(binding_set(fake_lock(fake), nic_addr, "vfio-pci", &before, NULL), 0);
	assert_int_equal(binding_restore(fake_lock(fake), nic_addr, &gone, NULL), 0);
	expect_state(fake, "igb", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(binds_and_gives_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(binding_twice_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_has_no_driver_is_offered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_driver_is_given_back_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refused_probe_is_undone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failed_undo_is_half_done, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hanging_driver_is_reported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failed_unbind_is_rolled_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_driver_that_keeps_the_device_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_no_before_anything_is_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_vanished_driver_leaves_the_choice_to_the_kernel, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
