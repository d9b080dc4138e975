// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * assign/clean.c: a device whose reset failed after its guest is marked, and goes to nobody until a reset works or it
 * is accepted by name; the mark outlives the lease.
 */
#include "assign/clean.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "assign/request.h"
#include "base/cleanup.h"
#include "tests/unit/fake_sysfs.h"

#define DEVICE "0000:01:00.0"
#define RESET "sys/bus/pci/devices/" DEVICE "/reset"

static const struct pci_addr addr = { .bus = 1 };
static char *name[] = { DEVICE };

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device device = { DEVICE, 0x8086, 0x10ca, 0x118000, "other", 6, 0 };

	fake_pci(fake, &device);
	fake_driver(fake, "vfio-pci");
	fake_dir(fake, "run");
	fake_file(fake, "", RESET);
	fake->native_driver = "other";
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static int take(struct fake_sysfs *fake, const struct pci_addr *accepted, struct error *err)
{
	const struct assign_wish wish = { .addr = &addr,
		.count = 1,
		.driver = "vfio-pci",
		.guest = "web1",
		.unclean_ok = accepted,
		.unclean_ok_count = accepted != NULL,
		.uid = -1 };
	cleanup_change struct change *change = NULL;

	assert_int_equal(change_begin(&fake->root, &change, NULL), 0);
	return assign_take_all(change, &wish, err);
}

/* A guest ends, with a reset that ends so. */
static void end(struct fake_sysfs *fake, int reset_errno)
{
	cleanup_change struct change *change = NULL;
	struct error err;

	fake->reset_errno = reset_errno;
	fake->log_count = 0;
	assert_int_equal(change_begin(&fake->root, &change, NULL), 0);
	assert_int_equal(assign_end_all(change, &addr, 1, &err), 0);
}

static bool is_marked(const struct fake_sysfs *fake, struct unclean *ret_unclean)
{
	struct host host;
	int ret;

	assert_int_equal(host_open_at(&host, &fake->root, 0, NULL), 0);
	ret = unclean_read(&host, pci_inventory_find(&host.pci, addr), ret_unclean);
	host_close(&host);
	return ret == 1;
}

static int bind(struct fake_sysfs *fake, const struct request_bind *how, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;

	return request_bind(&fake->root, name, 1, how, &done, err);
}

static void release(struct fake_sysfs *fake)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	struct error err;

	assert_int_equal(request_release(&fake->root, name, 1, &done, &err), 0);
}

static void a_reset_that_works_leaves_nothing(void **state)
{
	struct fake_sysfs *fake = *state;
	struct unclean unclean;
	struct error err;
	char driver[64];

	assert_int_equal(take(fake, NULL, &err), 0);
	end(fake, 0);
	/* While no driver of the host has it. */
	assert_true(fake_log_find(fake, "reset", "1") >= 0);
	assert_true(fake_log_find(fake, "reset", "1") < fake_log_find(fake, "unbind", DEVICE));
	assert_string_equal(fake_driver_of(fake, DEVICE, driver), "other");
	assert_false(is_marked(fake, &unclean));
	assert_int_equal(take(fake, NULL, &err), 0);
}

static void the_next_tenant_is_refused(void **state)
{
	static const char *const accepted[] = { DEVICE };
	struct fake_sysfs *fake = *state;
	struct unclean unclean;
	struct error err;
	char driver[64];

	assert_int_equal(take(fake, NULL, &err), 0);
	end(fake, ETIMEDOUT);
	/* The host has it back all the same, and no lease is left. */
	assert_string_equal(fake_driver_of(fake, DEVICE, driver), "other");
	assert_false(sysroot_exists(&fake->root, "run/sluice/devices/" DEVICE));
	assert_true(is_marked(fake, &unclean));
	assert_string_equal(unclean.guest, "web1");
	assert_non_null(strstr(unclean.why, strerror(ETIMEDOUT)));

	assert_true(take(fake, NULL, &err) < 0);
	assert_int_equal(err.code, CODE_DEV_NOT_CLEAN);
	assert_int_equal(code_info(err.code)->status, STATUS_REFUSED);
	assert_non_null(strstr(err.msg, "guest 'web1'"));
	assert_non_null(strstr(err.hint, "--allow-unclean " DEVICE));
	assert_true(bind(fake, &(struct request_bind){ .driver = "vfio-pci" }, &err) < 0);
	assert_int_equal(err.code, CODE_DEV_NOT_CLEAN);
	assert_string_equal(fake_driver_of(fake, DEVICE, driver), "other");

	/* Accepted by name, and no other name. */
	assert_true(take(fake, &(struct pci_addr){ .bus = 7 }, &err) < 0);
	assert_int_equal(take(fake, &addr, &err), 0);
	end(fake, ETIMEDOUT);
	assert_true(is_marked(fake, &unclean));
	/* A reset that works ends it, as release tries one. */
	assert_int_equal(
		bind(fake, &(struct request_bind){ .driver = "vfio-pci", .unclean = accepted, .unclean_count = 1 },
			&err),
		0);
	assert_true(is_marked(fake, &unclean));
	release(fake);
	assert_true(is_marked(fake, &unclean));
	assert_string_equal(unclean.guest, "web1");
	fake->reset_errno = 0;
	assert_int_equal(take(fake, &addr, &err), 0);
	end(fake, 0);
	assert_false(is_marked(fake, &unclean));
	assert_int_equal(take(fake, NULL, &err), 0);
}

/* The guest's sluice was killed: release resets in its place. And a guest on what the operator bound. */
static void whoever_gives_back_asks(void **state)
{
	struct fake_sysfs *fake = *state;
	struct unclean unclean;
	struct error err;

	assert_int_equal(take(fake, NULL, &err), 0);
	fake->reset_errno = EIO;
	release(fake);
	assert_true(is_marked(fake, &unclean));
	tear_down(state);

	set_up(state);
	fake = *state;
	assert_int_equal(bind(fake, &(struct request_bind){ .driver = "vfio-pci" }, &err), 0);
	assert_int_equal(take(fake, NULL, &err), 0);
	end(fake, EIO);
	assert_true(is_marked(fake, &unclean));
	assert_int_equal(take(fake, NULL, &err), -EUCLEAN);
}

static void what_is_not_asked(void **state)
{
	struct fake_sysfs *fake = *state;
	struct unclean unclean;
	struct error err;

	/* The operator's device was no guest's of ours: the kernel resets what another program closes. */
	fake->reset_errno = EIO;
	assert_int_equal(bind(fake, &(struct request_bind){ .driver = "vfio-pci" }, &err), 0);
	fake->log_count = 0;
	release(fake);
	assert_int_equal(fake_log_find(fake, "reset", "1"), -1);
	assert_false(is_marked(fake, &unclean));
	/* One that cannot be reset at all was accepted as such. */
	unlinkat(fake->root.fd, RESET, 0);
	assert_int_equal(take(fake, NULL, &err), 0);
	end(fake, 0);
	assert_int_equal(fake_log_find(fake, "reset", "1"), -1);
	assert_false(is_marked(fake, &unclean));
}

static void a_torn_mark_is_one(void **state)
{
	struct fake_sysfs *fake = *state;
	struct unclean unclean;

	/* Torn, it still is one. */
	fake_file(fake, "sluice-uncl", "run/sluice/unclean/" DEVICE);
	assert_true(is_marked(fake, &unclean));
	assert_non_null(strstr(unclean.why, "makes no sense"));
	fake_file(fake, "sluice-unclean 1\nguest=../x\nwhy=y\n", "run/sluice/unclean/" DEVICE);
	assert_true(is_marked(fake, &unclean));
	assert_string_equal(unclean.guest, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reset_that_works_leaves_nothing),
		TEST(the_next_tenant_is_refused),
		TEST(whoever_gives_back_asks),
		TEST(what_is_not_asked),
		TEST(a_torn_mark_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
