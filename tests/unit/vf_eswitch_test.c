// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sriov/vf_eswitch.c: what of a VF's settings goes by devlink while its PF is in switchdev mode, what goes to the PF's
 * network device, and that all of it is undone when one of both refuses.
 */
#include "sriov/vf_eswitch.h"

#include <errno.h>
#include <linux/devlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/fake_devlink.h"
#include "tests/unit/fake_sysfs.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#define PF "0000:01:00.0"
#define NETDEV "no-such-pf0"

/* open() has no context of its own. */
static struct fake_devlink *peer;

static int open_peer(const struct sysroot *root, struct devlink *ret_devlink, struct error *err)
{
	const struct devlink_channel channel = fake_devlink_channel(peer);

	(void)root;
	return devlink_open_on(ret_devlink, &channel, err);
}

struct bed {
	struct fake_sysfs *sysfs;
	struct fake_devlink fake;
	struct vf_settings below[3]; /* what the PF's network device has */
	int below_errno;
	unsigned int below_writes;
	struct vf_carrier plain, carrier;
	struct vf_eswitch vf;
};

static unsigned int three(void *context)
{
	(void)context;
	return 3;
}

static int below_read(const struct vf_carrier *carrier, struct vf_settings *ret_settings, size_t max, size_t *ret_count,
	struct error *err)
{
	const struct bed *bed = carrier->context;

	(void)err;
	for (*ret_count = 0; *ret_count < 3 && *ret_count < max; ++*ret_count)
		ret_settings[*ret_count] = bed->below[*ret_count];
	return 0;
}

static int below_write(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err)
{
	struct bed *bed = carrier->context;

	bed->below_writes++;
	assert_false(settings->has_mac);
	assert_int_equal(settings->max_tx_rate, VF_UNSET);
	if (bed->below_errno)
		return fail_code(err, CODE_VF_REJECTED, bed->below_errno, "the driver refuses");
	if (settings->trust != VF_UNSET)
		bed->below[index].trust = settings->trust;
	return 0;
}

static int set_up(void **state)
{
	const struct fake_device card = { PF, 0x15b3, 0x101d, 0x020000, "mlx5_core", 6, 7 };
	struct bed *bed = calloc(1, sizeof(*bed));

	bed->sysfs = fake_sysfs_new(false);
	fake_pci(bed->sysfs, &card);
	fake_child(bed->sysfs, PF, "net", NETDEV);
	fake_link(bed->sysfs, "../../../" PF, "sys/devices/pci0000:00/" PF "/net/" NETDEV "/device");
	fake_link(bed->sysfs, "../../../bus/pci", "sys/devices/pci0000:00/" PF "/subsystem");
	fake_file(bed->sysfs, "3", "sys/bus/pci/devices/" PF "/sriov_numvfs");
	fake_devlink_init(&bed->fake);
	bed->fake.vfs = three;
	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	peer = &bed->fake;
	for (size_t i = 0; i < 3; i++) {
		vf_settings_init(&bed->below[i]);
		bed->below[i].trust = 0;
	}
	bed->plain =
		(struct vf_carrier){ .read_all = below_read, .write = below_write, .ifname = NETDEV, .context = bed };
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	fake_devlink_done(&bed->fake);
	fake_sysfs_free(bed->sysfs);
	free(bed);
	return 0;
}

static bool wrap(struct bed *bed)
{
	return vf_eswitch_carrier(&bed->vf, &bed->sysfs->root, &bed->plain, open_peer, &bed->carrier);
}

static int set(struct bed *bed, unsigned int index, const char *const *assignments, struct error *err)
{
	struct vf_settings settings;

	vf_settings_init(&settings);
	for (; *assignments; assignments++)
		assert_int_equal(vf_settings_parse(&settings, *assignments, NULL), 0);
	return vf_settings_apply(&bed->carrier, index, &settings, err);
}

static void legacy_mode_is_left_to_the_netdev(void **state)
{
	struct bed *bed = *state;

	bed->fake.eswitch.mode = ESWITCH_LEGACY;
	assert_false(wrap(bed));
	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	bed->fake.damage = FAKE_NO_FAMILY;
	assert_false(wrap(bed));
	bed->fake.damage = FAKE_WHOLE;
	assert_true(wrap(bed));
}

static void address_and_rates_go_by_devlink(void **state)
{
	static const char *const wanted[] = { "mac=02:00:00:00:00:09", "max_tx_rate=100", "trust=on", NULL };
	struct bed *bed = *state;
	struct vf_settings all[4];
	size_t count = 0;

	assert_true(wrap(bed));
	assert_int_equal(set(bed, 1, wanted, NULL), 0);
	assert_int_equal(bed->fake.function[1].hw_addr.octet[5], 9);
	assert_int_equal(bed->fake.leaf[1].tx_max, 100 * 125000);
	assert_int_equal(bed->below[1].trust, 1);
	assert_int_equal(bed->carrier.read_all(&bed->carrier, all, 4, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(all[1].mac.octet[5], 9);
	assert_int_equal(all[1].max_tx_rate, 100);
	assert_int_equal(all[1].min_tx_rate, 0);
	assert_int_equal(all[1].trust, 1);
	assert_int_equal(all[0].trust, 0);
}

static void nothing_for_the_netdev_is_no_write(void **state)
{
	static const char *const wanted[] = { "mac=02:00:00:00:00:09", NULL };
	struct bed *bed = *state;

	assert_true(wrap(bed));
	assert_int_equal(set(bed, 0, wanted, NULL), 0);
	assert_int_equal(bed->below_writes, 0);
}

/* The network device refuses last: what devlink took is taken back, and the hint is about the mode. */
static void a_refusal_undoes_all(void **state)
{
	static const char *const wanted[] = { "mac=02:00:00:00:00:09", "max_tx_rate=100", "vlan=7", NULL };
	struct bed *bed = *state;
	struct error err = { 0 };

	bed->fake.function[2].hw_addr = (struct mac_addr){ { 2, 0, 0, 0, 0, 3 } };
	assert_true(wrap(bed));
	bed->below_errno = EOPNOTSUPP;
	assert_int_equal(set(bed, 2, wanted, &err), -EOPNOTSUPP);
	assert_int_equal(err.code, CODE_VF_REJECTED);
	assert_non_null(strstr(err.hint, "switchdev"));
	assert_int_equal(bed->fake.function[2].hw_addr.octet[5], 3);
	assert_int_equal(bed->fake.leaf[2].tx_max, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(legacy_mode_is_left_to_the_netdev),
		TEST(address_and_rates_go_by_devlink),
		TEST(nothing_for_the_netdev_is_no_write),
		TEST(a_refusal_undoes_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
