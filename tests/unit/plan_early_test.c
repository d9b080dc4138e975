// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices kept from their own driver from the initramfs on (plan/kind_early.c): the file, what is refused, what waits
 * for a boot.
 */
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "assign/change.h"
#include "base/cleanup.h"
#include "pci/identity.h"
#include "plan/kind.h"

#define CARD "0000:02:00.0"
#define STATE "8086:10c9:8086:a03c vfio-pci"

struct bed {
	struct fake_sysfs *fake;
	struct change *change;
	char place[160];
};

static int set_up(void **state)
{
	static const struct fake_device card = { CARD, 0x8086, 0x10c9, 0x20000, "igb", 8, 0 };
	struct bed *bed = calloc(1, sizeof(*bed));
	const struct host *host;

	bed->fake = fake_sysfs_new(false);
	fake_pci(bed->fake, &card);
	fake_dir(bed->fake, "run");
	assert_int_equal(change_begin(&bed->fake->root, &bed->change, NULL), 0);
	host = change_host(bed->change);
	pci_identity_path(&host->root, &host->pci.devices[0], bed->place, sizeof(bed->place));
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	change_end(bed->change, NULL);
	fake_sysfs_free(bed->fake);
	free(bed);
	return 0;
}

static int set(struct bed *bed, const char *target, const char *to, struct error *err)
{
	const struct doing doing = { .change = bed->change };

	return kind_early.set(&doing, target, to, err);
}

static void expect_state(struct bed *bed, const char *target, const char *wanted)
{
	char state[WORDS_SIZE];
	struct look look;

	look_begin(&look, change_host(bed->change));
	assert_int_equal(kind_early.look(&look, target, state, NULL), 0);
	assert_string_equal(state, wanted);
	look_end(&look);
}

static void with_hook(struct bed *bed)
{
	fake_file(bed->fake, "", "usr/sbin/update-initramfs");
	fake_file(bed->fake, "", "usr/share/initramfs-tools/hooks/sluice");
}

static void test_written_and_removed(void **state)
{
	struct bed *bed = *state;

	with_hook(bed);
	expect_state(bed, "0000:00/1c.0/00.0", "");
	assert_int_equal(set(bed, "0000:00/1c.0/00.0", STATE, NULL), 0);
	assert_int_equal(set(bed, "0000:00/1c.0/00.1", STATE, NULL), 0);
	expect_state(bed, "0000:00/1c.0/00.0", STATE);
	assert_int_equal(set(bed, "0000:00/1c.0/00.0", "", NULL), 0);
	expect_state(bed, "0000:00/1c.0/00.0", "");
	expect_state(bed, "0000:00/1c.0/00.1", STATE);
	assert_int_equal(set(bed, "0000:00/1c.0/00.1", "", NULL), 0);
	assert_false(sysroot_exists(&bed->fake->root, "etc/sluice/early.conf"));
}

/* Without a hook in the initramfs the line would do nothing, and nobody would know. */
static void test_no_hook(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };

	assert_int_equal(set(bed, "0000:00/1c.0/00.0", STATE, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "initramfs"));
	assert_false(sysroot_exists(&bed->fake->root, "etc/sluice/early.conf"));
	assert_int_equal(set(bed, "0000:00/1c.0/00.0", "", NULL), 0); /* the way back is open */
}

static void test_what_a_shell_reads(void **state)
{
	static const char *const targets[] = { "", "$(reboot)", "0000:00/1c.0 x", "0000:00/1c.0;x", "a\nb" };
	static const char *const states[] = { "8086:10c9 $(reboot)", "8086:10c9 a;b", "8086:10c9 a\nb", "\"" };
	struct bed *bed = *state;

	with_hook(bed);
	for (size_t i = 0; i < array_size(targets); i++)
		assert_int_equal(set(bed, targets[i], STATE, NULL), -EINVAL);
	for (size_t i = 0; i < array_size(states); i++)
		assert_int_equal(set(bed, "0000:00/1c.0/00.0", states[i], NULL), -EINVAL);
	assert_false(sysroot_exists(&bed->fake->root, "etc/sluice/early.conf"));
}

static bool waits(struct bed *bed, const char *target, const char *to)
{
	struct look look;
	bool ret;

	look_begin(&look, change_host(bed->change));
	ret = kind_early.waits(&look, target, "", to);
	look_end(&look);
	return ret;
}

static void test_waits_for_a_boot(void **state)
{
	struct bed *bed = *state;

	assert_true(waits(bed, bed->place, STATE));           /* igb has it */
	assert_false(waits(bed, bed->place, ""));             /* nothing is kept from anybody any more */
	assert_false(waits(bed, "0000:00/1f.0/00.0", STATE)); /* nothing is there */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(written_and_removed),
		TEST(no_hook),
		TEST(what_a_shell_reads),
		TEST(waits_for_a_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
