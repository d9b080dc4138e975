// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * assign/assign.c, release.c and left.c against a kernel that binds and refuses: leases are there whenever something
 * has to be given back, release brings a device back from wherever a killed sluice left it, and what a failed change
 * leaves is told by name.
 */
#include "assign/request.h"
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
#define SECOND "0000:01:10.1"

static const struct pci_addr addr = { .bus = 1, .device = 0x10 };
static const struct pci_addr second = { .bus = 1, .device = 0x10, .function = 1 };
static char *names[] = { DEVICE, SECOND };

struct fixture {
	struct fake_sysfs *fake;
	const struct sysroot *root;
};

static int set_up(void **state)
{
	/* A kind of device that no check for users knows. */
	const struct fake_device devices[] = {
		{ DEVICE, 0x8086, 0x10ca, 0x118000, "other", 6, 0 },
		{ SECOND, 0x8086, 0x10ca, 0x118000, "other", 7, 0 },
	};
	struct fixture *f = calloc(1, sizeof(*f));

	f->fake = fake_sysfs_new(false);
	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(f->fake, &devices[i]);
	fake_driver(f->fake, "vfio-pci");
	fake_dir(f->fake, "run");
	f->fake->native_driver = "other";
	f->root = &f->fake->root;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fake_sysfs_free(f->fake);
	free(f);
	return 0;
}

static void expect_at(struct fixture *f, struct pci_addr at, const char *driver, const char *override, int leases)
{
	struct binding now;
	struct lease lease;

	assert_int_equal(binding_read(f->root, at, &now, NULL), 0);
	assert_string_equal(now.driver, driver);
	assert_string_equal(now.override, override);
	assert_int_equal(lease_read(f->root, at, &lease, NULL), leases);
}

static void expect(struct fixture *f, const char *driver, const char *override, int leases)
{
	expect_at(f, addr, driver, override, leases);
}

static int take(struct fixture *f, const char *guest, struct error *err)
{
	const struct assign_wish wish = { .addr = &addr, .count = 1, .driver = "vfio-pci", .guest = guest, .uid = -1 };
	cleanup_change struct change *change = NULL;

	assert_int_equal(change_begin(f->root, &change, NULL), 0);
	return assign_take_all(change, &wish, err);
}

static void end(struct fixture *f)
{
	cleanup_change struct change *change = NULL;

	assert_int_equal(change_begin(f->root, &change, NULL), 0);
	assert_int_equal(assign_end_all(change, &addr, 1, NULL), 0);
}

static int bind_to(struct fixture *f, const char *driver, size_t count, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;

	return request_bind(f->root, names, count, &(struct request_bind){ .driver = driver }, &done, err);
}

static int bind(struct fixture *f, size_t count, struct error *err)
{
	return bind_to(f, "vfio-pci", count, err);
}

static enum assign_result release(struct fixture *f)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	struct error err = { 0 };

	assert_int_equal(request_release(f->root, names, 1, &done, &err), 0);
	return done.result[0];
}

static int release_fails(struct fixture *f, size_t count, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	int ret = request_release(f->root, names, count, &done, err);

	assert_true(ret < 0);
	return ret;
}

static void bind_and_release(void **state)
{
	struct fixture *f = *state;
	struct error err;

	assert_int_equal(bind(f, 1, &err), 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	/* Again: what it had in the beginning is not forgotten. */
	assert_int_equal(bind(f, 1, &err), 0);
	assert_int_equal(release(f), ASSIGN_RESTORED);
	expect(f, "other", "", 0);
	assert_int_equal(release(f), ASSIGN_UNTOUCHED);
}

static void a_guest_gives_back(void **state)
{
	struct fixture *f = *state;
	struct error err;

	assert_int_equal(take(f, "web1", &err), 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	end(f);
	expect(f, "other", "", 0);
	end(f);
	expect(f, "other", "", 0);
}

/* bind, run, the guest ends, release: in the end the driver of before bind. */
static void a_guest_borrows_what_is_bound(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct error err;

	assert_int_equal(bind(f, 1, &err), 0);
	assert_int_equal(take(f, "web1", &err), 0);
	assert_int_equal(lease_read(f->root, addr, &lease, &err), 1);
	assert_true(lease.bound);
	assert_string_equal(lease.guest, "web1");
	assert_string_equal(lease.before.driver, "other");
	end(f);
	expect(f, "vfio-pci", "vfio-pci", 1);
	assert_int_equal(release(f), ASSIGN_RESTORED);
	expect(f, "other", "", 0);
}

static void a_running_guest_keeps_its_device(void **state)
{
	struct fixture *f = *state;
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	struct error err;

	assert_int_equal(guest_dir_create(fake_lock(f->fake), "web1", &dir, &err), 0);
	fake_unlock(f->fake);
	assert_int_equal(take(f, "web1", &err), 0);
	assert_int_equal(bind(f, 1, &err), -EBUSY);
	assert_int_equal(err.code, CODE_DEV_IN_USE);
	assert_non_null(strstr(err.msg, "running guest 'web1'"));
	assert_int_equal(release_fails(f, 1, &err), -EBUSY);
	expect(f, "vfio-pci", "vfio-pci", 1);
	/* It dies without giving back: anybody may. */
	close_fd(&dir.lock_fd);
	close_fd(&dir.dir_fd);
	assert_int_equal(release(f), ASSIGN_RESTORED);
	expect(f, "other", "", 0);
	assert_false(sysroot_exists(f->root, "run/sluice/guests/web1"));
}

static int take_as(struct fixture *f, const char *guest, uint64_t generation)
{
	const struct assign_wish wish = {
		.addr = &addr, .count = 1, .driver = "vfio-pci", .guest = guest, .generation = generation, .uid = -1
	};
	cleanup_change struct change *change = NULL;

	assert_int_equal(change_begin(f->root, &change, NULL), 0);
	return assign_take_all(change, &wish, NULL);
}

static void end_as(struct fixture *f, const char *guest, uint64_t generation)
{
	const struct lease_owner owner = { guest, generation };
	cleanup_change struct change *change = NULL;

	assert_int_equal(change_begin(f->root, &change, NULL), 0);
	assert_int_equal(assign_end_own(change, &owner, &addr, 1, NULL), 0);
}

/* Whoever comes late with his release finds the device another's: of the same name, of another, the operator's. */
static void a_late_release_touches_no_new_owner(void **state)
{
	struct fixture *f = *state;
	struct lease lease;

	assert_int_equal(take_as(f, "web1", 100), 0);
	assert_int_equal(lease_read(f->root, addr, &lease, NULL), 1);
	assert_int_equal(lease.generation, 100);
	/* The first web1 was killed, another took over. */
	assert_int_equal(take_as(f, "web1", 200), 0);
	end_as(f, "web1", 100);
	expect(f, "vfio-pci", "vfio-pci", 1);
	assert_int_equal(take_as(f, "web2", 300), 0);
	end_as(f, "web1", 200);
	expect(f, "vfio-pci", "vfio-pci", 1);
	end_as(f, "web2", 300);
	expect(f, "other", "", 0);
	/* Nothing is anybody's now. */
	end_as(f, "web2", 300);
	expect(f, "other", "", 0);
}

static void gc(struct fixture *f, size_t ended, size_t dropped)
{
	cleanup_change struct change *change = NULL;
	struct assign_gc done;

	assert_int_equal(change_begin(f->root, &change, NULL), 0);
	assert_int_equal(assign_gc_all(change, &done, NULL), 0);
	assert_int_equal(done.ended_count, ended);
	assert_int_equal(done.dropped_count, dropped);
	assign_gc_done(&done);
}

static void gc_takes_what_nobody_holds(void **state)
{
	const struct lease gone = { .addr = { .bus = 0x77 }, .before = { "other", "" }, .guest = "web9" };
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	struct fixture *f = *state;
	struct error err;

	gc(f, 0, 0);
	assert_int_equal(bind(f, 1, &err), 0);
	gc(f, 0, 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	/* A living guest's, then a dead one's, of a device that the operator has bound: it stays bound. */
	assert_int_equal(guest_dir_create(fake_lock(f->fake), "web1", &dir, &err), 0);
	assert_int_equal(lease_write(fake_lock(f->fake), &gone, &err), 0);
	fake_unlock(f->fake);
	assert_int_equal(take_as(f, "web1", dir.generation), 0);
	gc(f, 0, 1);
	close_fd(&dir.lock_fd);
	close_fd(&dir.dir_fd);
	gc(f, 1, 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	assert_int_equal(release(f), ASSIGN_RESTORED);
	/* One that a guest alone had goes back. */
	assert_int_equal(take_as(f, "web1", 1), 0);
	gc(f, 1, 0);
	expect(f, "other", "", 0);
	gc(f, 0, 0);
}

/* What is behind it would go with it. */
static void a_bridge_is_nobodys(void **state)
{
	const struct fake_device bridge = { "0000:00:1c.0", 0x8086, 0x10ca, 0x060400, "pcieport", 9, 0 };
	const struct request_bind bind = { .driver = "vfio-pci" };
	struct request_done done = REQUEST_NOTHING_DONE;
	char *name = "0000:00:1c.0";
	struct fixture *f = *state;
	struct error err = { 0 };

	fake_pci(f->fake, &bridge);
	f->fake->log_count = 0;
	assert_int_equal(request_bind(f->root, &name, 1, &bind, &done, &err), -EINVAL);
	assert_int_equal(err.code, CODE_DEV_BRIDGE);
	assert_int_equal(f->fake->log_count, 0);
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
		struct error err;

		set_up(state);
		f = *state;
		assert_int_equal(lease_write(fake_lock(f->fake), &lease, &err), 0);
		fake_unlock(f->fake);
		if (points[i].override)
			assert_int_equal(sysroot_write_text(
						 f->root, "vfio-pci", "sys/bus/pci/devices/" DEVICE "/driver_override"),
				0);
		if (points[i].unbound)
			assert_int_equal(
				sysroot_write_text(f->root, DEVICE, "sys/bus/pci/devices/" DEVICE "/driver/unbind"), 0);
		if (points[i].probed)
			assert_int_equal(sysroot_write_text(f->root, DEVICE, "sys/bus/pci/drivers_probe"), 0);
		release(f);
		expect(f, "other", "", 0);
		tear_down(state);
	}
}

static void without_a_lease_the_kernel_chooses(void **state)
{
	struct fixture *f = *state;
	struct binding before;
	struct error err;

	assert_int_equal(binding_set(fake_lock(f->fake), addr, "vfio-pci", &before, &err), 0);
	fake_unlock(f->fake);
	assert_int_equal(release(f), ASSIGN_NO_LEASE);
	expect(f, "other", "", 0);
	/* A lease that makes no sense is as good as none, and is gone afterwards. */
	assert_int_equal(binding_set(fake_lock(f->fake), addr, "vfio-pci", &before, &err), 0);
	fake_unlock(f->fake);
	fake_file(f->fake, "torn", "run/sluice/devices/" DEVICE);
	assert_int_equal(release(f), ASSIGN_NO_LEASE);
	expect(f, "other", "", 0);
}

/* A bind that fails and is undone leaves no lease, or the one that was there. */
static void a_refused_bind_leaves_no_lease(void **state)
{
	struct fixture *f = *state;
	struct error err;

	f->fake->refused_driver = "vfio-pci";
	assert_true(take(f, "web1", &err) < 0);
	assert_int_equal(err.code, CODE_PROBE_NOT_TAKEN);
	expect(f, "other", "", 0);
}

/* The second of two is refused: the first is as before again, which is said; exit status 7. */
static void all_are_taken_or_none(void **state)
{
	struct fixture *f = *state;
	struct error err;

	f->fake->refusal[0].address = SECOND;
	f->fake->refusal[0].driver = "vfio-pci";
	assert_true(bind(f, 2, &err) < 0);
	assert_int_equal(code_info(err.code)->status, STATUS_ROLLED_BACK);
	assert_non_null(strstr(err.msg, "did not take " SECOND));
	assert_non_null(strstr(err.msg, "undone: " DEVICE " is as before"));
	expect_at(f, addr, "other", "", 0);
	expect_at(f, second, "other", "", 0);

	/* One that had a lease and another driver has them again. */
	assert_int_equal(take(f, "web1", &err), 0);
	assert_true(bind(f, 2, &err) < 0);
	expect_at(f, addr, "vfio-pci", "vfio-pci", 1);
	expect_at(f, second, "other", "", 0);
	assert_int_equal(release(f), ASSIGN_RESTORED);
}

/* A failure that changed nothing of its own device still undid the first: 7 as well, whatever status its code has. */
static void a_refusal_after_a_change_is_a_roll_back(void **state)
{
	struct fixture *f = *state;
	char *pair[] = { SECOND, DEVICE };
	struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;

	fake_file(f->fake, "", "run/sluice/devices/." DEVICE ".new/in-the-way");
	assert_true(request_bind(f->root, pair, 2, &(struct request_bind){ .driver = "vfio-pci" }, &done, &err) < 0);
	assert_int_equal(err.code, CODE_ROLLED_BACK);
	assert_non_null(strstr(err.msg, "undone: " SECOND " is as before"));
	expect_at(f, addr, "other", "", 0);
	expect_at(f, second, "other", "", 0);
}

/*
 * The second is refused, and the first one's driver does not take it back: exit status 8, with device, driver, lease
 * and remedy.
 */
static void what_is_left_is_told(void **state)
{
	struct fixture *f = *state;
	struct error err;

	f->fake->refusal[0].address = SECOND;
	f->fake->refusal[0].driver = "vfio-pci";
	f->fake->refusal[1].address = DEVICE;
	f->fake->refusal[1].driver = "other";
	assert_true(bind(f, 2, &err) < 0);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_non_null(strstr(err.msg, "did not take " SECOND));
	assert_non_null(strstr(err.msg, "left: " DEVICE " has no driver (it had other), its lease is kept"));
	assert_non_null(strstr(err.hint, "sluice release " DEVICE));
	expect_at(f, addr, "", "", 1);
	expect_at(f, second, "other", "", 0);
	/* The remedy is right: when the driver takes it, release brings it back. */
	f->fake->refusal[1].address = NULL;
	assert_int_equal(release(f), ASSIGN_RESTORED);
	expect_at(f, addr, "other", "", 0);
}

/* A guest's end gives back what it can, and tells what it could not: of every device, not of the first alone. */
static void an_end_tries_all(void **state)
{
	struct fixture *f = *state;
	const struct pci_addr both[] = { addr, second };
	const struct assign_wish wish = { .addr = both, .count = 2, .driver = "vfio-pci", .guest = "web1", .uid = -1 };
	cleanup_change struct change *change = NULL;
	struct error err;

	assert_int_equal(change_begin(f->root, &change, NULL), 0);
	assert_int_equal(assign_take_all(change, &wish, &err), 0);
	f->fake->refusal[0].address = DEVICE;
	f->fake->refusal[0].driver = "other";
	assert_true(assign_end_all(change, both, 2, &err) < 0);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_non_null(strstr(err.msg, "left: " DEVICE " has no driver"));
	assert_null(strstr(err.msg, SECOND));
	expect_at(f, second, "other", "", 0);
	expect_at(f, addr, "", "", 1);
}

/* release of two: refused before the first is touched, or told what was done when the second fails on the way. */
static void a_release_of_several(void **state)
{
	struct fixture *f = *state;
	struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
	struct lease lease;
	struct error err;

	assert_int_equal(bind(f, 2, &err), 0);
	assert_int_equal(lease_read(f->root, second, &lease, NULL), 1);
	snprintf(lease.guest, sizeof(lease.guest), "web1");
	assert_int_equal(lease_write(fake_lock(f->fake), &lease, NULL), 0);
	assert_int_equal(guest_dir_create(fake_lock(f->fake), "web1", &dir, &err), 0);
	fake_unlock(f->fake);
	release_fails(f, 2, &err);
	assert_int_equal(err.code, CODE_DEV_IN_USE);
	expect_at(f, addr, "vfio-pci", "vfio-pci", 1);
	close_fd(&dir.lock_fd);
	close_fd(&dir.dir_fd);

	f->fake->refusal[0].address = SECOND;
	f->fake->refusal[0].driver = "other";
	release_fails(f, 2, &err);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_non_null(strstr(err.msg, "done, and not undone: " DEVICE));
	assert_non_null(strstr(err.msg, "left: " SECOND " has no driver (it had other), its lease is kept"));
	expect_at(f, addr, "other", "", 0);
	expect_at(f, second, "", "", 1);
}

/* A device named twice, by two names, is told before anything is touched. */
static void the_same_device_twice(void **state)
{
	struct fixture *f = *state;
	char *twice[] = { DEVICE, "01:10.0" };
	struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;

	assert_true(request_bind(f->root, twice, 2, &(struct request_bind){ .driver = "vfio-pci" }, &done, &err) < 0);
	assert_int_equal(err.code, CODE_USAGE);
	expect(f, "other", "", 0);
}

/* Uses that came after the command began are seen; a long list of them names the dearest, and counts the rest. */
static void a_refusal_looks_afresh_and_names_the_dearest(void **state)
{
	struct fixture *f = *state;
	static const char *const lowers[] = { "eth0", NULL };
	struct host host = { .root = *f->root, .pci = fake_inventory(f->fake) };
	const struct pci_device *device = pci_inventory_find(&host.pci, addr);
	struct error err;

	assert_int_equal(assign_check(&host, device, &err), 0);
	fake_child(f->fake, DEVICE, "net", "eth0");
	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "eth0.%d", i);
		fake_upper(f->fake, name, "vlan", lowers);
	}
	fake_file(f->fake, "eth0 10.0.2.15/24\n", "capture/addresses");
	fake_file(f->fake, "0: 0F02000A:0016 0302000A:D431 01 0:0 0:0 0 0 0 4711 1\n", "proc/net/tcp");
	host.root.captured = true;
	assert_int_equal(assign_check(&host, device, &err), -EBUSY);
	pci_inventory_done(&host.pci);
	assert_non_null(
		strstr(err.msg, "is in use: an ssh session from 10.0.2.3 comes in through eth0; eth0 carries eth0.0"));
	assert_non_null(strstr(err.msg, "; and "));
	assert_string_equal(err.msg + strlen(err.msg) - strlen(" more"), " more");
}

/* Without a name the best of VFIO for each device; what is with VFIO already stays there. */
static void variant_drivers(void **state)
{
	static const char aliases[] = "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
				      "alias pci:v00008086d000010CAsv*sd*bc*sc*i* other\n"
				      "alias vfio_pci:v00008086d000010CAsv*sd*bc*sc*i* odd-vfio-pci\n"
				      "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* wide_vfio_pci\n"
				      "alias vfio_pci:v00008086d000010CBsv*sd*bc*sc*i* stranger_vfio_pci\n";
	struct fixture *f = *state;
	struct error err = { 0 };

	fake_file(f->fake, "6.1.0-test\n", "proc/sys/kernel/osrelease");
	fake_file(f->fake, aliases, "lib/modules/6.1.0-test/modules.alias");
	/* not loaded, and this root cannot load it */
	assert_int_equal(bind_to(f, NULL, 1, &err), 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	/* loaded since, but the device is with VFIO */
	fake_driver(f->fake, "odd-vfio-pci");
	fake_dir(f->fake, "sys/module/odd_vfio_pci/drivers/pci:odd-vfio-pci");
	assert_int_equal(bind_to(f, NULL, 1, &err), 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	release(f);
	assert_int_equal(bind_to(f, NULL, 1, &err), 0);
	expect(f, "odd-vfio-pci", "odd-vfio-pci", 1);
	release(f);
	expect(f, "other", "", 0);
	/* by name */
	assert_int_equal(bind_to(f, "vfio-pci", 1, &err), 0);
	expect(f, "vfio-pci", "vfio-pci", 1);
	release(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bind_and_release),
		TEST(variant_drivers),
		TEST(a_guest_gives_back),
		TEST(a_guest_borrows_what_is_bound),
		TEST(a_running_guest_keeps_its_device),
		TEST(a_late_release_touches_no_new_owner),
		TEST(gc_takes_what_nobody_holds),
		cmocka_unit_test_setup_teardown(a_bridge_is_nobodys, set_up, tear_down),
		cmocka_unit_test(killed_anywhere),
		TEST(without_a_lease_the_kernel_chooses),
		TEST(a_refused_bind_leaves_no_lease),
		TEST(all_are_taken_or_none),
		TEST(a_refusal_after_a_change_is_a_roll_back),
		TEST(what_is_left_is_told),
		TEST(an_end_tries_all),
		TEST(a_release_of_several),
		TEST(the_same_device_twice),
		TEST(a_refusal_looks_afresh_and_names_the_dearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
