// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * assign/assign.c against a kernel that binds and refuses: leases are there whenever something has to be given back, and
 * release brings the device back from wherever a killed sluice left it.
 */
#include "assign/assign.h"
#include "tests/unit/expect_users.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/guest.h"

#define DEVICE "0000:01:10.0"

static const struct pci_addr addr = { .bus = 1, .device = 0x10 };

struct fixture {
	struct fake_sysfs *fake;
	struct host host;
};

static int set_up(void **state)
{
	/* A kind of device that no check for users knows. */
	const struct fake_device device = { DEVICE, 0x8086, 0x10ca, 0x118000, "other", 6, 0 };
	struct fixture *f = calloc(1, sizeof(*f));

	f->fake = fake_sysfs_new(false);
	fake_pci(f->fake, &device);
	fake_driver(f->fake, "vfio-pci");
	fake_dir(f->fake, "run");
	f->fake->native_driver = "other";
	f->host.root = f->fake->root;
	f->host.pci = fake_inventory(f->fake);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pci_inventory_done(&f->host.pci);
	fake_sysfs_free(f->fake);
	free(f);
	return 0;
}

/* The device as it is now. */
static const struct pci_device *device(struct fixture *f)
{
	pci_inventory_done(&f->host.pci);
	f->host.pci = fake_inventory(f->fake);
	return pci_inventory_find(&f->host.pci, addr);
}

static void expect(struct fixture *f, const char *driver, const char *override, int leases)
{
	struct binding now;
	struct lease lease;

	assert_int_equal(binding_read(&f->host.root, addr, &now, NULL), 0);
	assert_string_equal(now.driver, driver);
	assert_string_equal(now.override, override);
	assert_int_equal(lease_read(&f->host.root, addr, &lease, NULL), leases);
}

static void bind_and_release(void **state)
{
	struct fixture *f = *state;
	enum assign_result result;
	struct error err;

	assert_int_equal(assign_check(&f->host, device(f), &err), 0);
	assert_int_equal(assign_take(&f->host, device(f), "vfio-pci", NULL, &err), 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	/* Again: what it had in the beginning is not forgotten. */
	assert_int_equal(assign_take(&f->host, device(f), "vfio-pci", NULL, &err), 0);
	assert_int_equal(assign_release(&f->host, device(f), &result, &err), 0);
	assert_int_equal(result, ASSIGN_RESTORED);
	expect(f, "other", "", 0);
	assert_int_equal(assign_release(&f->host, device(f), &result, &err), 0);
	assert_int_equal(result, ASSIGN_UNTOUCHED);
}

static void a_guest_gives_back(void **state)
{
	struct fixture *f = *state;
	enum assign_result result;
	struct error err;

	assert_int_equal(assign_take(&f->host, device(f), "vfio-pci", "web1", &err), 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	assert_int_equal(assign_end(&f->host, addr, &result, &err), 0);
	assert_int_equal(result, ASSIGN_RESTORED);
	expect(f, "other", "", 0);
	assert_int_equal(assign_end(&f->host, addr, &result, &err), 0);
	assert_int_equal(result, ASSIGN_UNTOUCHED);
}

/* bind, run, the guest ends, release: in the end the driver of before bind. */
static void a_guest_borrows_what_is_bound(void **state)
{
	struct fixture *f = *state;
	enum assign_result result;
	struct lease lease;
	struct error err;

	assert_int_equal(assign_take(&f->host, device(f), "vfio-pci", NULL, &err), 0);
	assert_int_equal(assign_take(&f->host, device(f), "vfio-pci", "web1", &err), 0);
	assert_int_equal(lease_read(&f->host.root, addr, &lease, &err), 1);
	assert_true(lease.bound);
	assert_string_equal(lease.guest, "web1");
	assert_string_equal(lease.before.driver, "other");
	assert_int_equal(assign_end(&f->host, addr, &result, &err), 0);
	assert_int_equal(result, ASSIGN_STILL_BOUND);
	expect(f, "vfio-pci", "vfio-pci", 1);
	assert_int_equal(assign_release(&f->host, device(f), &result, &err), 0);
	expect(f, "other", "", 0);
}

static void a_running_guest_keeps_its_device(void **state)
{
	struct fixture *f = *state;
	struct guest_dir dir = { -1, -1, "" };
	enum assign_result result;
	struct error err;

	assert_int_equal(guest_dir_create(&f->host.root, "web1", &dir, &err), 0);
	assert_int_equal(assign_take(&f->host, device(f), "vfio-pci", "web1", &err), 0);
	assert_int_equal(assign_check(&f->host, device(f), &err), -EBUSY);
	assert_int_equal(err.code, CODE_DEV_IN_USE);
	assert_non_null(strstr(err.msg, "running guest 'web1'"));
	assert_int_equal(assign_release(&f->host, device(f), &result, &err), -EBUSY);
	expect(f, "vfio-pci", "vfio-pci", 1);
	/* It dies without giving back: anybody may. */
	close_fd(&dir.lock_fd);
	close_fd(&dir.dir_fd);
	assert_int_equal(assign_check(&f->host, device(f), &err), 0);
	assert_int_equal(assign_release(&f->host, device(f), &result, &err), 0);
	expect(f, "other", "", 0);
	assert_false(sysroot_exists(&f->host.root, "run/sluice/guests/web1"));
}

/* The states in which a kill -9 between two writes leaves the device. */
static void killed_anywhere(void **state)
{
	static const struct {
		bool override, unbound, probed;
	} points[] = {
		{ false, false, false },
		{ true, false, false },
		{ true, true, false },
		{ true, true, true },
	};
	const struct lease lease = { .addr = addr, .before = { "other", "" }, .guest = "web1" };

	for (size_t i = 0; i < array_size(points); i++) {
		struct fixture *f;
		enum assign_result result;
		struct error err;

		set_up(state);
		f = *state;
		assert_int_equal(lease_write(&f->host.root, &lease, &err), 0);
		if (points[i].override)
			assert_int_equal(sysroot_write_text(&f->host.root, "vfio-pci",
						 "sys/bus/pci/devices/" DEVICE "/driver_override"),
				0);
		if (points[i].unbound)
			assert_int_equal(sysroot_write_text(
						 &f->host.root, DEVICE, "sys/bus/pci/devices/" DEVICE "/driver/unbind"),
				0);
		if (points[i].probed)
			assert_int_equal(sysroot_write_text(&f->host.root, DEVICE, "sys/bus/pci/drivers_probe"), 0);
		assert_int_equal(assign_release(&f->host, device(f), &result, &err), 0);
		expect(f, "other", "", 0);
		tear_down(state);
	}
}

static void without_a_lease_the_kernel_chooses(void **state)
{
	struct fixture *f = *state;
	enum assign_result result;
	struct binding before;
	struct error err;

	assert_int_equal(binding_set(&f->host.root, addr, "vfio-pci", &before, &err), 0);
	assert_int_equal(assign_release(&f->host, device(f), &result, &err), 0);
	assert_int_equal(result, ASSIGN_NO_LEASE);
	expect(f, "other", "", 0);
	/* A lease that makes no sense is as good as none, and is gone afterwards. */
	assert_int_equal(binding_set(&f->host.root, addr, "vfio-pci", &before, &err), 0);
	fake_file(f->fake, "torn", "run/sluice/devices/" DEVICE);
	assert_int_equal(assign_release(&f->host, device(f), &result, &err), 0);
	assert_int_equal(result, ASSIGN_NO_LEASE);
	expect(f, "other", "", 0);
}

/* A bind that fails and is undone leaves no lease, or the one that was there. */
static void a_refused_bind_leaves_no_lease(void **state)
{
	struct fixture *f = *state;
	struct error err;

	f->fake->refused_driver = "vfio-pci";
	assert_true(assign_take(&f->host, device(f), "vfio-pci", "web1", &err) < 0);
	assert_int_equal(err.code, CODE_PROBE_NOT_TAKEN);
	expect(f, "other", "", 0);
}

/* Uses that came after the command began are seen; a long list of them names the dearest, and counts the rest. */
static void a_refusal_looks_afresh_and_names_the_dearest(void **state)
{
	struct fixture *f = *state;
	static const char *const lowers[] = { "eth0", NULL };
	struct error err;

	assert_int_equal(assign_check(&f->host, device(f), &err), 0);
	fake_child(f->fake, DEVICE, "net", "eth0");
	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "eth0.%d", i);
		fake_upper(f->fake, name, "vlan", lowers);
	}
	fake_file(f->fake, "eth0 10.0.2.15/24\n", "capture/addresses");
	fake_file(f->fake, "0: 0F02000A:0016 0302000A:D431 01 0:0 0:0 0 0 0 4711 1\n", "proc/net/tcp");
	f->host.root.captured = true;
	assert_int_equal(assign_check(&f->host, device(f), &err), -EBUSY);
	f->host.root.captured = false;
	assert_non_null(
		strstr(err.msg, "is in use: an ssh session from 10.0.2.3 comes in through eth0; eth0 carries eth0.0"));
	assert_non_null(strstr(err.msg, "; and "));
	assert_string_equal(err.msg + strlen(err.msg) - strlen(" more"), " more");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bind_and_release),
		TEST(a_guest_gives_back),
		TEST(a_guest_borrows_what_is_bound),
		TEST(a_running_guest_keeps_its_device),
		cmocka_unit_test(killed_anywhere),
		TEST(without_a_lease_the_kernel_chooses),
		TEST(a_refused_bind_leaves_no_lease),
		TEST(a_refusal_looks_afresh_and_names_the_dearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
