// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sriov/vf_target.c and vf_sysfs.c: settings of VFs that are files, on a made-up card as Intel's xe and mlx5_core show
 * one; settings that a VF cannot have; all or none over several carriers.
 */
#include "sriov/vf_target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "sriov/vf_mac.h"
#include "tests/unit/temp_tree.h"

#define DEVICES "sys/bus/pci/devices/"
#define PF "0000:03:00.0"
#define PROFILE(vf) DEVICES PF "/sriov_admin/vf" vf "/profile/"

static const struct pci_device pf = { .addr = { .bus = 3 },
	.class = 0x030000,
	.driver = "xe",
	.vf_index = -1,
	.sriov = { .capable = true, .total_vfs = 7, .num_vfs = 2 } };

struct fixture {
	struct temp_tree tree;
	struct host_lock *lock;
};

static void add_vf(const struct temp_tree *tree, const char *number, const char *address)
{
	char path[128], target[64];

	snprintf(path, sizeof(path), DEVICES "%s/uevent", address);
	temp_tree_file(tree, path, "");
	snprintf(path, sizeof(path), DEVICES PF "/virtfn%s", number);
	snprintf(target, sizeof(target), "../%s", address);
	temp_tree_link(tree, path, target);
}

static int set_up(void **state)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ PROFILE("1") "exec_quantum_ms", "10\n" },
		{ PROFILE("1") "preempt_timeout_us", "0\n" },
		{ PROFILE("1") "sched_priority", "low [normal] high\n" },
		{ PROFILE("2") "exec_quantum_ms", "20\n" },
		{ PROFILE("2") "preempt_timeout_us", "500\n" },
		{ PROFILE("2") "sched_priority", "low [normal] high\n" },
	};
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	temp_tree_dir(&f->tree, "run");
	for (size_t i = 0; i < array_size(files); i++)
		temp_tree_file(&f->tree, files[i].path, files[i].text);
	add_vf(&f->tree, "0", "0000:03:00.1");
	add_vf(&f->tree, "1", "0000:03:00.2");
	assert_int_equal(host_lock_take(&f->tree.root, &f->lock, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	host_lock_drop(f->lock);
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

static int set(struct fixture *f, int index, const char *one, const char *other, struct error *err)
{
	const struct vf_target target = { &f->tree.root, &pf, index };
	struct vf_settings settings;

	vf_settings_init(&settings);
	assert_int_equal(vf_settings_parse(&settings, one, NULL), 0);
	if (other)
		assert_int_equal(vf_settings_parse(&settings, other, NULL), 0);
	return vf_target_write(f->lock, &target, &settings, err);
}

static void expect_file(struct fixture *f, const char *path, const char *wanted)
{
	char text[64];

	assert_true(sysroot_read_text(&f->tree.root, text, sizeof(text), "%s", path) > 0);
	assert_string_equal(text, wanted);
}

/* The kernel counts xe's VFs from 1: VF 0 is vf1. */
static void shares_of_a_graphics_card(void **state)
{
	struct fixture *f = *state;
	const struct vf_target second = { &f->tree.root, &pf, 1 };
	struct vf_settings was, settings;
	struct error err = { 0 };

	assert_true(vf_target_read(&second, &was));
	assert_int_equal(was.exec_quantum_ms, 20);
	assert_int_equal(was.preempt_timeout_us, 500);
	assert_int_equal(was.sched_priority, VF_PRIORITY_NORMAL);
	assert_int_equal(was.vram_quota, VF_UNSET);
	assert_int_equal(was.queues, VF_UNSET);
	assert_int_equal(set(f, 1, "exec_quantum_ms=64", "preempt_timeout_us=900", &err), 0);
	expect_file(f, PROFILE("2") "exec_quantum_ms", "64");
	expect_file(f, PROFILE("2") "preempt_timeout_us", "900");
	expect_file(f, PROFILE("1") "exec_quantum_ms", "10");
	assert_int_equal(vf_target_restore(f->lock, &second, &was, &err), 1);
	expect_file(f, PROFILE("2") "exec_quantum_ms", "20");
	assert_true(vf_target_read(&second, &settings));
	assert_int_equal(settings.preempt_timeout_us, 500);
	assert_int_equal(vf_target_restore(f->lock, &second, &was, &err), 0);
}

static void add_netdev(struct fixture *f, const char *name, const char *address, const char *type)
{
	char path[96];

	snprintf(path, sizeof(path), "sys/class/net/%s/address", name);
	temp_tree_file(&f->tree, path, address);
	snprintf(path, sizeof(path), "sys/class/net/%s/addr_assign_type", name);
	temp_tree_file(&f->tree, path, type);
}

/* The order of names is not the card's: not after a rename, and not beside the ports of a switch in the card. */
static void a_stable_address_whatever_devices_are_called(void **state)
{
	struct fixture *f = *state;
	struct pci_device card = pf;
	const struct mac_addr wanted = vf_mac_from_text("52:54:00:12:34:56", 3);
	struct mac_addr mac;

	add_netdev(f, "eth9", "52:54:00:12:34:56\n", "0\n");
	add_netdev(f, "port1", "52:54:00:12:34:57\n", "0\n");
	add_netdev(f, "eth0", "02:00:00:00:00:07\n", "1\n");
	for (unsigned int i = 0; i < 2; i++) {
		strcpy(card.netdevs[0].text, i ? "port1" : "eth0");
		strcpy(card.netdevs[1].text, "eth9");
		strcpy(card.netdevs[2].text, i ? "eth0" : "port1");
		card.netdev_count = 3;
		assert_int_equal(vf_mac_stable(&f->tree.root, &(struct pci_inventory){ 0 }, &card, 3, &mac), 0);
		assert_memory_equal(&mac, &wanted, sizeof(mac));
	}
	card.netdev_count = 1;
	assert_int_equal(vf_mac_stable(&f->tree.root, &(struct pci_inventory){ 0 }, &card, 3, &mac), 0);
	strcpy(card.netdevs[0].text, "eth0");
	assert_true(vf_mac_stable(&f->tree.root, &(struct pci_inventory){ 0 }, &card, 3, &mac) < 0);
}

/* What the card has no file for, and what is of another kind of card: named, and the rest is not written either. */
static void what_a_vf_has_not(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_true(set(f, 0, "exec_quantum_ms=64", "vram_quota=1000", &err) < 0);
	assert_int_equal(err.code, CODE_VF_REJECTED);
	assert_non_null(strstr(err.msg, "vram_quota"));
	expect_file(f, PROFILE("1") "exec_quantum_ms", "10");
	assert_true(set(f, 0, "exec_quantum_ms=64", "mac=02:00:00:00:00:01", &err) < 0);
	assert_non_null(strstr(err.msg, "no setting 'mac'"));
	expect_file(f, PROFILE("1") "exec_quantum_ms", "10");
	assert_true(set(f, 0, "queues=2", NULL, &err) < 0);
	assert_non_null(strstr(err.msg, "no setting 'queues'"));
	assert_true(set(f, 5, "exec_quantum_ms=64", NULL, &err) < 0);
	assert_int_equal(err.code, CODE_NO_SUCH_VF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares_of_a_graphics_card, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_vf_has_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stable_address_whatever_devices_are_called, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
