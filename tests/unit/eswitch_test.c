// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A change of an eswitch as a transaction, on a made-up sysfs with a made-up devlink: the order of each driver, what
 * VFs keep, and every step failing, after which all is as it was.
 */
#include "sriov/eswitch_change.h"

#include <errno.h>
#include <linux/devlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sriov/eswitch_health.h"
#include "sriov/eswitch_note.h"
#include "sriov/sriov.h"
#include "tests/unit/fake_devlink.h"
#include "tests/unit/fake_sysfs.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#define PF "0000:01:00.0"
#define NETDEV "no-such-pf0" /* not to be met on the machine that runs this */

struct bed {
	struct fake_sysfs *sysfs;
	struct fake_devlink fake;
	struct devlink devlink;
	struct pci_inventory inventory;
};

static unsigned int vfs_now(void *context)
{
	const struct fake_sysfs *sysfs = context;
	uint64_t count = 0;

	sysroot_read_u64(&sysfs->root, &count, "sys/bus/pci/devices/" PF "/sriov_numvfs");
	return (unsigned int)count;
}

static void make_representor(struct bed *bed, const char *name, const char *port)
{
	fake_file(bed->sysfs, "0011223344", "sys/class/net/%s/phys_switch_id", name);
	fake_file(bed->sysfs, port, "sys/class/net/%s/phys_port_name", name);
	fake_file(bed->sysfs, "0x1003", "sys/class/net/%s/flags", name);
}

static void make_bed(struct bed *bed, const char *driver)
{
	const struct fake_device card = { PF, 0x15b3, 0x101d, 0x020000, driver, 6, 7 };
	struct devlink_channel channel;

	bed->sysfs = fake_sysfs_new(false);
	fake_pci(bed->sysfs, &card);
	fake_file(bed->sysfs, "0x15b3", "sys/bus/pci/devices/" PF "/vendor");
	fake_file(bed->sysfs, "0x101d", "sys/bus/pci/devices/" PF "/device");
	fake_child(bed->sysfs, PF, "net", NETDEV);
	make_representor(bed, NETDEV, "p0");
	make_representor(bed, "rep0", "pf0vf0");
	make_representor(bed, "rep1", "pf0vf1");
	make_representor(bed, "rep2", "pf0vf2");
	fake_devlink_init(&bed->fake);
	bed->fake.vfs = vfs_now;
	bed->fake.context = bed->sysfs;
	channel = fake_devlink_channel(&bed->fake);
	assert_int_equal(devlink_open_on(&bed->devlink, &channel, NULL), 0);
	bed->inventory = fake_inventory(bed->sysfs);
}

/* VFs 0 to 2; VF 1 has a driver, and all have addresses. */
static void make_vfs(struct bed *bed)
{
	const struct pci_device *pf = pci_inventory_find(&bed->inventory, (struct pci_addr){ 0, 1, 0, 0 });

	assert_int_equal(pf_create_vfs(fake_lock(bed->sysfs), pf, 3, NULL), 0);
	fake_driver(bed->sysfs, "vfio-pci");
	assert_int_equal(
		sysroot_write_text(&bed->sysfs->root, "vfio-pci", "sys/bus/pci/devices/0000:01:10.1/driver_override"),
		0);
	assert_int_equal(sysroot_write_text(&bed->sysfs->root, "0000:01:10.1", "sys/bus/pci/drivers_probe"), 0);
	for (unsigned int i = 0; i < 3; i++)
		bed->fake.function[i].hw_addr = (struct mac_addr){ { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
	bed->sysfs->log_count = 0;
	bed->fake.command_count = 0;
}

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	make_bed(bed, "mlx5_core");
	make_vfs(bed);
	*state = bed;
	return 0;
}

static int set_up_ice(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	make_bed(bed, "ice");
	bed->fake.no_vfs_while_changing = true;
	make_vfs(bed);
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	pci_inventory_done(&bed->inventory);
	devlink_close(&bed->devlink);
	fake_devlink_done(&bed->fake);
	fake_sysfs_free(bed->sysfs);
	free(bed);
	return 0;
}

static struct eswitch read_now(struct bed *bed)
{
	struct eswitch now;

	assert_int_equal(eswitch_read(&bed->sysfs->root, &bed->devlink, &bed->fake.handle, &now, NULL), 0);
	return now;
}

static int change_to(struct bed *bed, const char *const *wishes, const struct eswitch_rules *rules,
	struct eswitch_plan *ret_plan, struct error *err)
{
	struct eswitch now = read_now(bed);
	const struct pci_device *pf = pci_inventory_find(&bed->inventory, now.addr);
	struct eswitch_rule rule = eswitch_rule_for(rules, &now);
	struct devlink_eswitch wish;
	int ret;

	devlink_eswitch_init(&wish);
	for (; *wishes; wishes++)
		assert_int_equal(devlink_eswitch_parse(&wish, *wishes, NULL), 0);
	rule.wait_seconds = 0;
	ret = eswitch_plan_make(&now, &rule, &wish, now.vf_count, ret_plan, err);
	if (!ret)
		ret = eswitch_change(fake_lock(bed->sysfs), &bed->devlink, &now, ret_plan, pf, err);
	eswitch_done(&now);
	return ret;
}

static const char *const to_switchdev[] = { "mode=switchdev", NULL };
static const char *const to_switchdev_encap[] = { "mode=switchdev", "encap_mode=basic", "inline_mode=network", NULL };
static const char *const to_legacy[] = { "mode=legacy", NULL };
static const char *const to_inactive[] = { "mode=switchdev_inactive", NULL };

static void expect_verbs(const struct eswitch_plan *plan, const enum eswitch_verb *verbs, size_t count)
{
	assert_int_equal(plan->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(plan->step[i].verb, verbs[i]);
}

static void expect_driver(struct bed *bed, const char *vf, const char *driver)
{
	char buf[64];

	assert_string_equal(fake_driver_of(bed->sysfs, vf, buf), driver);
}

static void finds_what_belongs_together(void **state)
{
	struct bed *bed = *state;
	struct eswitch now;

	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	now = read_now(bed);
	assert_int_equal(now.vf_count, 3);
	assert_string_equal(now.netdev, NETDEV);
	assert_string_equal(eswitch_vf_representor(&now, 2)->netdev, "rep2");
	assert_int_equal(eswitch_vf_port(&now, 2)->vf, 2);
	assert_int_equal(eswitch_vf_rate(&now, 2)->port, eswitch_vf_port(&now, 2)->index);
	assert_string_equal(now.vfs[1].driver, "vfio-pci");
	assert_null(eswitch_vf_port(&now, 3));
	eswitch_done(&now);
}

/* mlx5: VFs stay, without driver while the mode changes; encap_mode and inline_mode before it. */
static void mlx5_keeps_vfs_and_unbinds_them(void **state)
{
	static const enum eswitch_verb verbs[] = { ESWITCH_VFS_UNBIND, ESWITCH_SET_INLINE, ESWITCH_SET_ENCAP,
		ESWITCH_SET_MODE, ESWITCH_WAIT, ESWITCH_KEEP_SETTINGS, ESWITCH_VFS_BIND };
	struct bed *bed = *state;
	struct eswitch_plan plan;
	struct eswitch_note note;

	assert_int_equal(change_to(bed, to_switchdev_encap, NULL, &plan, NULL), 0);
	expect_verbs(&plan, verbs, array_size(verbs));
	assert_int_equal(bed->fake.eswitch.mode, ESWITCH_SWITCHDEV);
	assert_int_equal(bed->fake.eswitch.encap_mode, 1);
	assert_int_equal(bed->fake.eswitch.inline_mode, 2);
	assert_int_equal(vfs_now(bed->sysfs), 3);
	assert_int_equal(fake_log_find(bed->sysfs, "sriov_numvfs", "0"), -1);
	assert_true(fake_log_find(bed->sysfs, "driver/unbind", "0000:01:10.1") >= 0);
	expect_driver(bed, "0000:01:10.1", "vfio-pci");
	expect_driver(bed, "0000:01:10.0", "");
	assert_true(eswitch_note_read(&bed->sysfs->root, &bed->fake.handle, &note));
	assert_false(note.changing);
	assert_int_equal(note.mode, ESWITCH_SWITCHDEV);
}

/* ice: no VFs while the mode changes; the new ones have the addresses and drivers of the old. */
static void ice_makes_vfs_anew(void **state)
{
	static const enum eswitch_verb verbs[] = { ESWITCH_VFS_UNBIND, ESWITCH_VFS_AWAY, ESWITCH_SET_MODE,
		ESWITCH_VFS_MAKE, ESWITCH_WAIT, ESWITCH_KEEP_SETTINGS, ESWITCH_VFS_BIND };
	struct bed *bed = *state;
	struct eswitch_plan plan;

	assert_int_equal(change_to(bed, to_switchdev, NULL, &plan, NULL), 0);
	expect_verbs(&plan, verbs, array_size(verbs));
	assert_int_equal(bed->fake.eswitch.mode, ESWITCH_SWITCHDEV);
	assert_true(fake_log_find(bed->sysfs, "sriov_numvfs", "0") < fake_log_find(bed->sysfs, "sriov_numvfs", "3"));
	expect_driver(bed, "0000:01:10.1", "vfio-pci");
}

/* A user's rule for this card alone turns the order round. */
static void a_users_rule_comes_first(void **state)
{
	static const enum eswitch_verb verbs[] = { ESWITCH_VFS_UNBIND, ESWITCH_VFS_AWAY, ESWITCH_SET_MODE,
		ESWITCH_VFS_MAKE, ESWITCH_WAIT, ESWITCH_KEEP_SETTINGS, ESWITCH_VFS_BIND };
	struct bed *bed = *state;
	struct eswitch_rules rules;
	struct eswitch_plan plan;
	char text[] = "# a card\nmlx5_core 15b3:ffff vfs=keep\nmlx5_core 15b3:101d vfs=after\nmlx5_core vfs=keep\n";

	assert_int_equal(eswitch_rules_parse(text, "rules", &rules, NULL), 0);
	assert_int_equal(change_to(bed, to_switchdev, &rules, &plan, NULL), 0);
	expect_verbs(&plan, verbs, array_size(verbs));
	assert_string_equal(plan.rule.source, "rules:3");
	assert_int_equal(plan.rule.encap_mode, ESWITCH_BEFORE); /* what the line leaves out is ours */
	eswitch_rules_done(&rules);
}

static void add_nodes(struct bed *bed)
{
	struct devlink_rate *outer = &bed->fake.node[0], *inner = &bed->fake.node[1];

	*outer = (struct devlink_rate){ .is_node = true, .node = "zone", .tx_max = 8 * 125000 };
	*inner = (struct devlink_rate){ .is_node = true, .node = "area", .parent = "zone", .tx_share = 125000 };
	bed->fake.node_count = 2;
	strcpy(bed->fake.leaf[1].parent, "area");
	bed->fake.leaf[1].tx_max = 4 * 125000;
}

static void expect_nodes(struct bed *bed)
{
	struct eswitch now = read_now(bed);

	assert_int_equal(bed->fake.node_count, 2);
	assert_int_equal(eswitch_node(&now, "zone")->tx_max, 8 * 125000);
	assert_int_equal(eswitch_node(&now, "area")->tx_share, 125000);
	assert_string_equal(eswitch_node(&now, "area")->parent, "zone");
	assert_string_equal(eswitch_vf_rate(&now, 1)->parent, "area");
	assert_int_equal(eswitch_vf_rate(&now, 1)->tx_max, 4 * 125000);
	eswitch_done(&now);
}

/* The kernel changes no mode while there are rate nodes: they go, and come back where the mode has them. */
static void rate_nodes_survive(void **state)
{
	struct bed *bed = *state;
	struct eswitch_plan plan;

	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	add_nodes(bed);
	assert_int_equal(change_to(bed, to_inactive, NULL, &plan, NULL), 0);
	assert_int_equal(bed->fake.eswitch.mode, ESWITCH_SWITCHDEV_INACTIVE);
	expect_nodes(bed);
	for (unsigned int i = 0; i < 3; i++)
		bed->fake.function[i].hw_addr = (struct mac_addr){ { 0 } }; /* else the PF's netdev is to have them */
	assert_int_equal(change_to(bed, to_legacy, NULL, &plan, NULL), 0);
	assert_int_equal(bed->fake.node_count, 0);
}

static void expect_as_before(struct bed *bed, int mode)
{
	struct eswitch_note note;

	assert_int_equal(bed->fake.eswitch.mode, mode);
	assert_int_equal(bed->fake.eswitch.inline_mode, 0);
	assert_int_equal(bed->fake.eswitch.encap_mode, 0);
	assert_int_equal(vfs_now(bed->sysfs), 3);
	expect_driver(bed, "0000:01:10.1", "vfio-pci");
	expect_driver(bed, "0000:01:10.0", "");
	assert_int_equal(bed->fake.function[0].hw_addr.octet[5], 1);
	assert_false(eswitch_note_read(&bed->sysfs->root, &bed->fake.handle, &note));
}

/* The nth message that changes something fails, until none is left to fail. Returns how many did. */
static unsigned int fail_each(struct bed *bed, const char *const *wishes, int mode, int errnum)
{
	unsigned int n;

	for (n = 0; n < 64; n++) {
		struct eswitch_plan plan;
		struct error err = { 0 };
		int ret;

		bed->fake.fail_command = 0;
		bed->fake.fail_at = n;
		bed->fake.fail_errno = errnum;
		ret = change_to(bed, wishes, NULL, &plan, &err);
		if (!ret)
			break;
		assert_int_equal(ret, -errnum);
		assert_true(err.code == CODE_ROLLED_BACK || err.code == CODE_ESWITCH_REFUSED ||
			    err.code == CODE_NOT_ROOT || err.code == CODE_NO_SUCH_DEVICE);
		assert_true(err.hint[0]);
		expect_as_before(bed, mode);
	}
	bed->fake.fail_errno = 0;
	return n;
}

static void every_message_fails_once(void **state)
{
	static const int errnums[] = { EBUSY, EOPNOTSUPP, ETIMEDOUT, EPERM };
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(errnums); i++) {
		bed->fake.eswitch = (struct devlink_eswitch){ ESWITCH_LEGACY, 0, 0 };
		assert_int_equal(fail_each(bed, to_switchdev_encap, ESWITCH_LEGACY, errnums[i]), 3);
	}
}

static void every_message_fails_once_with_nodes(void **state)
{
	struct bed *bed = *state;
	unsigned int n;

	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	add_nodes(bed);
	for (n = 0; n < 64; n++) {
		struct eswitch_plan plan;
		struct error err = { 0 };

		bed->fake.fail_at = n;
		bed->fake.fail_errno = EBUSY;
		if (!change_to(bed, to_inactive, NULL, &plan, &err))
			break;
		expect_as_before(bed, ESWITCH_SWITCHDEV);
		expect_nodes(bed);
	}
	assert_true(n > 8);
}

static void ice_is_undone_wherever_it_fails(void **state)
{
	struct bed *bed = *state;
	struct eswitch_plan plan;
	struct error err = { 0 };

	/* the mode is refused when the VFs are gone already */
	bed->fake.fail_errno = EIO;
	bed->fake.fail_command = DEVLINK_CMD_ESWITCH_SET;
	bed->fake.fail_words = "firmware says no";
	assert_int_equal(change_to(bed, to_switchdev, NULL, &plan, &err), -EIO);
	assert_int_equal(err.code, CODE_ROLLED_BACK);
	assert_non_null(strstr(err.msg, "firmware says no"));
	expect_as_before(bed, ESWITCH_LEGACY);
	/* representors of the new VFs do not come */
	fake_file(bed->sysfs, "pf0vf9", "sys/class/net/rep2/phys_port_name");
	err = (struct error){ 0 };
	assert_int_equal(change_to(bed, to_switchdev, NULL, &plan, &err), -ETIMEDOUT);
	assert_int_equal(err.code, CODE_ROLLED_BACK);
	assert_non_null(strstr(err.msg, "2 of 3"));
	expect_as_before(bed, ESWITCH_LEGACY);
}

/* What cannot be undone is said, with the command that tries again, and stays written down. */
static void an_undoing_that_fails_is_told(void **state)
{
	struct bed *bed = *state;
	struct eswitch_note note;
	struct eswitch_plan plan;
	struct error err = { 0 };

	fake_file(bed->sysfs, "pf0vf9", "sys/class/net/rep2/phys_port_name");
	bed->fake.fail_at = 1; /* the way back to legacy */
	bed->fake.fail_errno = EIO;
	bed->fake.fail_command = DEVLINK_CMD_ESWITCH_SET;
	assert_int_equal(change_to(bed, to_switchdev, NULL, &plan, &err), -ETIMEDOUT);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_non_null(strstr(err.hint, "mode is switchdev, not legacy"));
	assert_non_null(strstr(err.hint, "sluice eswitch set pci/" PF " mode=legacy"));
	assert_true(eswitch_note_read(&bed->sysfs->root, &bed->fake.handle, &note));
	assert_true(note.changing);
	assert_int_equal(note.vfs, 3);
}

static void a_driver_that_hangs_is_left_alone(void **state)
{
	struct bed *bed = *state;
	struct eswitch_plan plan;
	struct error err = { 0 };

	bed->fake.hang_command = DEVLINK_CMD_ESWITCH_SET;
	assert_int_equal(change_to(bed, to_switchdev, NULL, &plan, &err), -EINPROGRESS);
	assert_int_equal(err.code, CODE_DRIVER_STUCK);
}

static void a_representor_in_a_bridge_is_in_use(void **state)
{
	struct bed *bed = *state;
	struct eswitch_rule rule;
	struct devlink_eswitch wish = { ESWITCH_LEGACY, DEVLINK_UNKNOWN, DEVLINK_UNKNOWN };
	struct eswitch_plan plan;
	struct error err = { 0 };
	struct eswitch now;

	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	fake_link(bed->sysfs, "../br7", "sys/class/net/rep1/upper_br7");
	now = read_now(bed);
	rule = eswitch_rule_for(NULL, &now);
	assert_int_equal(eswitch_plan_make(&now, &rule, &wish, now.vf_count, &plan, NULL), 0);
	assert_int_equal(eswitch_check_users(&bed->sysfs->root, &now, &plan, &err), -EBUSY);
	assert_int_equal(err.code, CODE_DEV_IN_USE);
	assert_non_null(strstr(err.msg, "rep1"));
	assert_non_null(strstr(err.msg, "br7"));
	wish.mode = ESWITCH_SWITCHDEV_INACTIVE;
	assert_int_equal(eswitch_plan_make(&now, &rule, &wish, now.vf_count, &plan, NULL), 0);
	assert_int_equal(eswitch_check_users(&bed->sysfs->root, &now, &plan, NULL), 0);
	eswitch_done(&now);
}

static int health(struct bed *bed, enum code code, struct eswitch_trouble *ret_trouble)
{
	struct eswitch now = read_now(bed);
	int ret;

	now.tc_offload = 0;
	ret = eswitch_health(&bed->sysfs->root, &now, code, ret_trouble);
	eswitch_done(&now);
	return ret;
}

/* Each question: does not apply, in order, wrong. */
static void health_is_judged(void **state)
{
	struct bed *bed = *state;
	struct eswitch_trouble trouble = { 0 };
	struct eswitch_note note = { .vfs = 3, .mode = ESWITCH_SWITCHDEV };

	assert_int_equal(health(bed, CODE_ESWITCH_NO_OFFLOAD, &trouble), -1);
	assert_int_equal(health(bed, CODE_REPRESENTOR_DOWN, &trouble), -1);
	assert_int_equal(health(bed, CODE_ESWITCH_LOST, &trouble), -1);
	assert_int_equal(health(bed, CODE_ESWITCH_LEFT, &trouble), -1);
	assert_int_equal(health(bed, CODE_FAILED, &trouble), -1);
	bed->fake.eswitch.mode = ESWITCH_SWITCHDEV;
	assert_int_equal(health(bed, CODE_ESWITCH_NO_OFFLOAD, &trouble), 1);
	assert_string_equal(trouble.fix, "ethtool -K " NETDEV " hw-tc-offload on");
	assert_int_equal(health(bed, CODE_REPRESENTOR_DOWN, &trouble), 0);
	fake_file(bed->sysfs, "0x1002", "sys/class/net/rep0/flags"); /* VF 0 has no driver */
	assert_int_equal(health(bed, CODE_REPRESENTOR_DOWN, &trouble), 0);
	fake_file(bed->sysfs, "0x1002", "sys/class/net/rep1/flags");
	assert_int_equal(health(bed, CODE_REPRESENTOR_DOWN, &trouble), 1);
	assert_string_equal(trouble.fix, "ip link set rep1 up");
	assert_int_equal(eswitch_note_write(fake_lock(bed->sysfs), &bed->fake.handle, &note, NULL), 0);
	assert_int_equal(health(bed, CODE_ESWITCH_LOST, &trouble), 0);
	assert_int_equal(health(bed, CODE_ESWITCH_LEFT, &trouble), 0);
	bed->fake.eswitch.mode = ESWITCH_LEGACY;
	assert_int_equal(health(bed, CODE_ESWITCH_LOST, &trouble), 1);
	assert_string_equal(trouble.fix, "sluice eswitch set pci/" PF " mode=switchdev");
	note.changing = true;
	assert_int_equal(eswitch_note_write(fake_lock(bed->sysfs), &bed->fake.handle, &note, NULL), 0);
	assert_int_equal(health(bed, CODE_ESWITCH_LOST, &trouble), -1);
	assert_int_equal(health(bed, CODE_ESWITCH_LEFT, &trouble), 1);
	assert_string_equal(trouble.fix, "sluice eswitch set pci/" PF " mode=legacy");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define TEST_ICE(function) cmocka_unit_test_setup_teardown(function, set_up_ice, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(finds_what_belongs_together),
		TEST(mlx5_keeps_vfs_and_unbinds_them),
		TEST_ICE(ice_makes_vfs_anew),
		TEST(a_users_rule_comes_first),
		TEST(rate_nodes_survive),
		TEST(every_message_fails_once),
		TEST(every_message_fails_once_with_nodes),
		TEST_ICE(ice_is_undone_wherever_it_fails),
		TEST(an_undoing_that_fails_is_told),
		TEST(a_driver_that_hangs_is_left_alone),
		TEST(a_representor_in_a_bridge_is_in_use),
		TEST(health_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
