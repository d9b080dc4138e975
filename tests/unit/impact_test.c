// SPDX-License-Identifier: GPL-2.0-or-later
/* host/impact*.c: what is lost, what goes on with less, and what is untouched, when functions of a made-up host go. */
#include "base/cleanup.h"
#include "guest/uses.h"
#include "tests/unit/expect_users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NIC "0000:01:00.0"
#define OTHER_NIC "0000:01:00.1"
#define DISK "0000:03:00.0"
#define OTHER_DISK "0000:04:00.0"
#define THIRD_DISK "0000:05:00.0"
#define USB "0000:00:14.0"

static const char *const both_links[] = { "eth0", "eth1", NULL };
static const char *const three_disks[] = { "nvme0n1", "nvme1n1", "nvme2n1", NULL };

struct bed {
	struct fake_sysfs *fake;
	struct host host;
	struct impact impact;
};

static void add_function(struct bed *bed, const char *address, uint32_t class, const char *driver, int group)
{
	const struct fake_device device = { address, 0x8086, 0x10c9, class, driver, group, 0 };

	fake_pci(bed->fake, &device);
}

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	const struct fake_device pf = { NIC, 0x8086, 0x10c9, 0x020000, "igb", 6, 7 };

	assert_non_null(bed);
	bed->fake = fake_sysfs_new(true);
	fake_pci(bed->fake, &pf);
	add_function(bed, OTHER_NIC, 0x020000, "igb", 7);
	add_function(bed, DISK, 0x010802, "nvme", 9);
	add_function(bed, OTHER_DISK, 0x010802, "nvme", 10);
	add_function(bed, THIRD_DISK, 0x010802, "nvme", 11);
	add_function(bed, USB, 0x0c0330, "xhci_hcd", 3);
	fake_child(bed->fake, NIC, "net", "eth0");
	fake_child(bed->fake, OTHER_NIC, "net", "eth1");
	fake_child(bed->fake, DISK, "block", "nvme0n1");
	fake_child(bed->fake, OTHER_DISK, "block", "nvme1n1");
	fake_child(bed->fake, THIRD_DISK, "block", "nvme2n1");
	fake_file(bed->fake, " 259 0 1 nvme0n1\n 259 4 1 nvme1n1\n 259 5 1 nvme2n1\n", "proc/partitions");
	fake_file(bed->fake, "eth0 10.0.2.15/24\n", "capture/addresses");
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	impact_done(&bed->impact);
	host_close(&bed->host);
	fake_sysfs_free(bed->fake);
	free(bed);
	return 0;
}

/* Ask about up to two devices; second may be NULL. */
static int try_ask(
	struct bed *bed, enum impact_purpose purpose, const char *first, const char *second, struct error *err)
{
	const struct pci_device *devices[2];
	size_t count = second ? 2 : 1;

	impact_done(&bed->impact);
	host_close(&bed->host);
	assert_int_equal(host_open(&bed->host, bed->fake->dir, 0, NULL), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(pci_select(&bed->host.root, &bed->host.pci, i ? second : first, &devices[i], NULL), 0);
	return guest_impact_read(&bed->host, devices, count, purpose, &bed->impact, err);
}

static void ask(struct bed *bed, enum impact_purpose purpose, const char *first, const char *second)
{
	assert_int_equal(try_ask(bed, purpose, first, second, NULL), 0);
}

/* "none", "note", "degraded" or "lost". */
static void expect_loss(struct bed *bed, const char *id, const char *severity)
{
	uint32_t node = use_find(bed->impact.graph, "%s", id);
	char branch[256];

	if (node == USE_NONE || strcmp(impact_severity_name(bed->impact.node[node].severity), severity) != 0) {
		print_error("%s is %s, not %s, among:\n", id,
			node == USE_NONE ? "not there" : impact_severity_name(bed->impact.node[node].severity),
			severity);
		for (size_t i = 0; i < bed->impact.loss_count; i++)
			print_error("  %s (%s): %s\n", bed->impact.graph->node[bed->impact.loss[i]].id,
				impact_severity_name(bed->impact.node[bed->impact.loss[i]].severity),
				impact_branch(&bed->impact, bed->impact.loss[i], branch, sizeof(branch)));
	}
	assert_int_not_equal(node, USE_NONE);
	assert_string_equal(impact_severity_name(bed->impact.node[node].severity), severity);
}

static void expect_verdict(struct bed *bed, const char *wanted)
{
	char text[1024];

	assert_string_equal(impact_verdict(&bed->impact, text, sizeof(text)), wanted);
}

static void expect_branch(struct bed *bed, const char *id, const char *wanted)
{
	char text[256];

	assert_string_equal(
		impact_branch(&bed->impact, use_find(bed->impact.graph, "%s", id), text, sizeof(text)), wanted);
}

static void an_unused_device_costs_nothing(void **state)
{
	struct bed *bed = *state;

	ask(bed, IMPACT_BIND, USB, NULL);
	assert_int_equal(bed->impact.loss_count, 0);
	assert_true(bed->impact.complete);
	expect_verdict(bed, "This host would lose nothing that it uses.");
	ask(bed, IMPACT_BIND, DISK, NULL);
	expect_loss(bed, "block:nvme0n1", "note");
	expect_verdict(bed, "This host would lose nothing that it uses.");
}

static void make_bond(struct bed *bed, const char *second_state)
{
	static const char *const on_bond[] = { "bond0", NULL };

	fake_upper(bed->fake, "bond0", "bond", both_links);
	fake_file(bed->fake, "up\n", "sys/class/net/eth0/bonding_slave/mii_status");
	fake_file(bed->fake, second_state, "sys/class/net/eth1/bonding_slave/mii_status");
	fake_upper(bed->fake, "br0", "bridge", on_bond);
	fake_file(bed->fake, "br0 10.0.2.15/24\n", "capture/addresses");
	fake_file(bed->fake,
		"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		"br0 00000000 0202000A 0003 0 0 0 00000000 0 0 0\n",
		"proc/net/route");
	fake_file(bed->fake, "0: 0F02000A:0016 0302000A:D431 01 0:0 0:0 0 0 0 4711 1\n", "proc/net/tcp");
}

/* One of two living slaves: all goes on with the other. Both, or the only living one: all is lost. */
static void a_bond_survives_one_of_two(void **state)
{
	struct bed *bed = *state;

	make_bond(bed, "up\n");
	ask(bed, IMPACT_BIND, NIC, NULL);
	expect_loss(bed, "net:bond0", "degraded");
	expect_loss(bed, "net:br0", "degraded");
	expect_loss(bed, "route:0.0.0.0/0", "degraded");
	expect_branch(bed, "net:bond0", "bond0 carries eth0: goes on with eth1");
	expect_branch(bed, "route:0.0.0.0/0", "default route via 10.0.2.2");
	expect_verdict(bed, "This host would lose nothing that it uses. It would go on without a spare: bond0.");
	ask(bed, IMPACT_BIND, NIC, OTHER_NIC);
	expect_loss(bed, "net:bond0", "lost");
	expect_loss(bed, "ssh:10.0.2.3:54321", "lost");
	expect_verdict(bed, "This host would lose 1 ssh session (from 10.0.2.3), 1 route (default route), "
			    "1 address (10.0.2.15/24).");
}

/* The session that this command runs in is named, and so is what its loss means. */
static void the_own_session_is_told(void **state)
{
	struct bed *bed = *state;
	const struct pci_addr nic = { 0, 1, 0, 0 }, other = { 0, 1, 0, 1 };
	struct use_graph *graph;
	struct impact impact;
	char text[512];

	make_bond(bed, "up\n");
	ask(bed, IMPACT_BIND, NIC, OTHER_NIC);
	assert_false(bed->impact.locked_out);
	/* A captured host has nobody's session; so the flag is put by hand. */
	graph = bed->impact.graph;
	graph->node[use_find(graph, "ssh:10.0.2.3:54321")].flags |= USE_OWN;
	for (size_t count = 1; count <= 2; count++) {
		const struct pci_device *devices[] = { pci_inventory_find(&bed->host.pci, nic),
			pci_inventory_find(&bed->host.pci, other) };

		assert_int_equal(
			impact_read(&bed->host.root, &bed->host.pci, graph, devices, count, IMPACT_BIND, &impact, NULL),
			0);
		assert_int_equal(impact.locked_out, count == 2);
		assert_int_equal(strstr(impact_verdict(&impact, text, sizeof(text)), "you would be locked out") != NULL,
			count == 2);
		impact_done(&impact);
	}
}

static void a_bond_needs_a_living_slave(void **state)
{
	struct bed *bed = *state;

	make_bond(bed, "down\n");
	ask(bed, IMPACT_BIND, NIC, NULL);
	expect_loss(bed, "net:bond0", "lost");
	expect_loss(bed, "address:br0:10.0.2.15", "lost");
	ask(bed, IMPACT_BIND, OTHER_NIC, NULL);
	expect_loss(bed, "net:bond0", "degraded");
}

/* A second default route stands in for the first. */
static void routes_stand_in_for_each_other(void **state)
{
	struct bed *bed = *state;

	fake_file(bed->fake, "eth0 10.0.2.15/24\neth1 192.0.2.1/24\n", "capture/addresses");
	fake_file(bed->fake,
		"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		"eth0 00000000 0202000A 0003 0 0 0 00000000 0 0 0\neth1 00000000 FE0200C0 0003 0 0 100 00000000 0 0 "
		"0\n",
		"proc/net/route");
	ask(bed, IMPACT_BIND, NIC, NULL);
	expect_loss(bed, "route:0.0.0.0/0", "degraded");
	expect_loss(bed, "address:eth0:10.0.2.15", "lost");
	ask(bed, IMPACT_BIND, NIC, OTHER_NIC);
	expect_loss(bed, "route:0.0.0.0/0", "lost");
}

static void make_array(struct bed *bed, const char *level, const char *third_state)
{
	fake_stacked(bed->fake, "md0", "9:0\n", three_disks);
	fake_file(bed->fake, level, "sys/class/block/md0/md/level");
	fake_file(bed->fake, "3\n", "sys/class/block/md0/md/raid_disks");
	fake_file(bed->fake, third_state, "sys/class/block/md0/md/dev-nvme2n1/state");
	fake_file(bed->fake, "40 1 9:0 / /srv rw - ext4 /dev/md0 rw\n", "proc/self/mountinfo");
}

static void arrays_lose_what_their_level_allows(void **state)
{
	static const struct {
		const char *level, *third, *one, *two;
	} cases[] = {
		{ "raid0\n", "in_sync\n", "lost", "lost" },
		{ "linear\n", "in_sync\n", "lost", "lost" },
		{ "raid1\n", "in_sync\n", "degraded", "degraded" },
		{ "raid1\n", "spare\n", "degraded", "lost" },
		{ "raid5\n", "in_sync\n", "degraded", "lost" },
		{ "raid5\n", "faulty\n", "lost", "lost" },
		{ "raid6\n", "in_sync\n", "degraded", "degraded" },
		{ "raid10\n", "in_sync\n", "degraded", "lost" },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		char unlinked[128];

		make_array(bed, cases[i].level, cases[i].third);
		ask(bed, IMPACT_BIND, DISK, NULL);
		expect_loss(bed, "mount:/srv", cases[i].one);
		ask(bed, IMPACT_BIND, DISK, OTHER_DISK);
		expect_loss(bed, "mount:/srv", cases[i].two);
		for (const char *const *at = three_disks; *at; at++) {
			snprintf(unlinked, sizeof(unlinked), "sys/class/block/md0/slaves/%s", *at);
			unlinkat(bed->fake->root.fd, unlinked, 0);
			snprintf(unlinked, sizeof(unlinked), "sys/class/block/%s/holders/md0", *at);
			unlinkat(bed->fake->root.fd, unlinked, 0);
		}
		unlinkat(bed->fake->root.fd, "sys/class/block/md0", 0);
	}
}

/* LVM's own mirror: an image and its metadata on each disk. */
static void an_lvm_mirror_survives_one_disk(void **state)
{
	struct bed *bed = *state;
	static const char *const parts[] = { "dm-0", "dm-1", "dm-2", "dm-3", NULL };
	static const char *const names[] = { "vg-m_rmeta_0", "vg-m_rimage_0", "vg-m_rmeta_1", "vg-m_rimage_1" };
	static const char *const first[] = { "nvme0n1", NULL };
	static const char *const second[] = { "nvme1n1", NULL };

	for (size_t i = 0; i < array_size(names); i++) {
		char device[16];

		snprintf(device, sizeof(device), "253:%zu\n", i);
		fake_stacked(bed->fake, parts[i], device, i < 2 ? first : second);
		fake_file(bed->fake, names[i], "sys/class/block/dm-%zu/dm/name", i);
		fake_file(bed->fake, "LVM-x", "sys/class/block/dm-%zu/dm/uuid", i);
	}
	fake_stacked(bed->fake, "dm-4", "253:4\n", parts);
	fake_file(bed->fake, "vg-m", "sys/class/block/dm-4/dm/name");
	fake_file(bed->fake, "LVM-y", "sys/class/block/dm-4/dm/uuid");
	fake_file(bed->fake, "40 1 253:4 / /srv rw - ext4 /dev/mapper/vg-m rw\n", "proc/self/mountinfo");
	ask(bed, IMPACT_BIND, DISK, NULL);
	expect_loss(bed, "mount:/srv", "degraded");
	ask(bed, IMPACT_BIND, DISK, OTHER_DISK);
	expect_loss(bed, "mount:/srv", "lost");
}

/* A disk with two controllers goes on with one, while that one is live and its path usable. */
static void a_disk_with_two_paths_survives_one(void **state)
{
	struct bed *bed = *state;

	fake_link(bed->fake, "../../devices/virtual/nvme-subsystem/nvme-subsys7/nvme7n1", "sys/class/block/nvme7n1");
	fake_link(bed->fake, "../../devices/pci0000:00/" DISK "/nvme/nvme7/nvme7c7n1", "sys/class/block/nvme7c7n1");
	fake_link(
		bed->fake, "../../devices/pci0000:00/" OTHER_DISK "/nvme/nvme8/nvme7c8n1", "sys/class/block/nvme7c8n1");
	fake_file(bed->fake, " 259 9 100 nvme7n1\n", "proc/partitions");
	fake_file(bed->fake, "40 1 259:9 / /srv rw - ext4 /dev/nvme7n1 rw\n", "proc/self/mountinfo");
	ask(bed, IMPACT_BIND, DISK, NULL);
	expect_loss(bed, "mount:/srv", "degraded");
	expect_branch(bed, "block:nvme7n1", "nvme7n1: goes on with nvme7c8n1");
	fake_file(bed->fake, "connecting\n", "sys/class/nvme/nvme8/state");
	ask(bed, IMPACT_BIND, DISK, NULL);
	expect_loss(bed, "mount:/srv", "lost");
	ask(bed, IMPACT_BIND, OTHER_DISK, NULL);
	expect_loss(bed, "mount:/srv", "degraded");
}

static void only_the_last_keyboard_counts(void **state)
{
	struct bed *bed = *state;
	static const char ours[] = "S: Sysfs=/devices/pci0000:00/" USB "/usb1/1-1/1-1.2/input/input3\n"
				   "H: Handlers=sysrq kbd event3\nB: EV=120013\n\n";
	static const char other[] = "S: Sysfs=/devices/platform/i8042/serio0/input/input1\n"
				    "H: Handlers=sysrq kbd event1\nB: EV=120013\n\n";
	char both[512];

	fake_file(bed->fake, ours, "proc/bus/input/devices");
	ask(bed, IMPACT_BIND, USB, NULL);
	expect_loss(bed, "keyboard", "lost");
	snprintf(both, sizeof(both), "%s%s", ours, other);
	fake_file(bed->fake, both, "proc/bus/input/devices");
	ask(bed, IMPACT_BIND, USB, NULL);
	expect_loss(bed, "keyboard", "note");
}

/* VFIO takes the group whole: a mate's mount is lost as well. */
static void group_mates_go_along(void **state)
{
	struct bed *bed = *state;

	add_function(bed, "0000:00:1c.0", 0x060400, "pcieport", 9);
	add_function(bed, "0000:03:00.1", 0x040300, "snd_hda_intel", 9);
	fake_file(bed->fake, "40 1 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n", "proc/self/mountinfo");
	ask(bed, IMPACT_BIND, "0000:03:00.1", NULL);
	assert_int_equal(bed->impact.device_count, 2);
	assert_int_equal(bed->impact.device[1].role, IMPACT_GROUP);
	assert_non_null(strstr(bed->impact.device[1].reason, "IOMMU group 9, as 0000:03:00.1 is"));
	expect_loss(bed, "mount:/srv", "lost");
	ask(bed, IMPACT_RESET, "0000:03:00.1", NULL);
	assert_int_equal(bed->impact.device_count, 1);
	expect_loss(bed, "mount:/srv", "none");
}

static void without_groups_the_answer_is_incomplete(void **state)
{
	struct bed *bed = *state;
	char text[256];

	add_function(bed, "0000:06:00.0", 0x020000, "e1000e", -1);
	ask(bed, IMPACT_BIND, "0000:06:00.0", NULL);
	assert_false(bed->impact.complete);
	assert_non_null(strstr(impact_unseen(&bed->impact, text, sizeof(text)), "There are no IOMMU groups"));
}

/* A process of another user that shows nothing but its state: what could not be read is a link to itself. */
static void add_closed_process(struct bed *bed, const char *pid, const char *state_and_parent)
{
	char stat[64];

	snprintf(stat, sizeof(stat), "%s (other) %s 1 1\n", pid, state_and_parent);
	fake_file(bed->fake, stat, "proc/%s/stat", pid);
	fake_link(bed->fake, "fd", "proc/%s/fd", pid);
}

/* Only what can have files open is missing from the answer: no thread of the kernel, none that has ended. */
static void counts_processes_that_may_hide_something(void **state)
{
	struct bed *bed = *state;
	char text[256];

	add_closed_process(bed, "2", "S 0");
	add_closed_process(bed, "31", "I 2");
	add_closed_process(bed, "902", "Z 1");
	ask(bed, IMPACT_BIND, DISK, NULL);
	assert_int_equal(bed->impact.graph->unseen.processes, 0);
	add_closed_process(bed, "903", "S 902");
	fake_link(bed->fake, "fd", "proc/904/fd");
	ask(bed, IMPACT_BIND, DISK, NULL);
	assert_int_equal(bed->impact.graph->unseen.processes, 2);
	assert_non_null(strstr(impact_unseen(&bed->impact, text, sizeof(text)), "2 processes of other users"));
}

static void make_vfs(struct bed *bed)
{
	bed->fake->root.captured = false;
	assert_int_equal(sysroot_write_text(&bed->fake->root, "2", "sys/bus/pci/devices/" NIC "/sriov_numvfs"), 0);
	bed->fake->root.captured = true;
	fake_child(bed->fake, "0000:01:10.1", "net", "eth7");
	fake_file(bed->fake, "eth0 10.0.2.15/24\neth7 10.7.0.1/16\n", "capture/addresses");
}

/* Another number of VFs: theirs is lost, the PF's own is interrupted; the PF given away: both are lost. */
static void vfs_go_with_their_number_and_their_pf(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };

	make_vfs(bed);
	ask(bed, IMPACT_VFS, NIC, NULL);
	expect_loss(bed, "address:eth7:10.7.0.1", "lost");
	expect_loss(bed, "address:eth0:10.0.2.15", "note");
	expect_loss(bed, "net:eth1", "none");
	ask(bed, IMPACT_BIND, NIC, NULL);
	expect_loss(bed, "address:eth7:10.7.0.1", "lost");
	expect_loss(bed, "address:eth0:10.0.2.15", "lost");
	expect_branch(bed, "pci:0000:01:10.1", "VF 1 (0000:01:10.1)");
	ask(bed, IMPACT_BIND, "0000:01:10.0", NULL);
	expect_loss(bed, "address:eth7:10.7.0.1", "none");
	assert_int_equal(try_ask(bed, IMPACT_VFS, OTHER_NIC, NULL, &err), -ENODEV);
	assert_int_equal(err.code, CODE_NOT_A_PF);
}

/* A function where sysfs has it: below a port, with its reset methods. */
static void move_below_port(struct bed *bed, const char *address, const char *methods)
{
	char target[128];

	fake_file(bed->fake, methods, "sys/devices/pci0000:00/%s/reset_method", address);
	snprintf(target, sizeof(target), "../%s", address);
	fake_link(bed->fake, target, "sys/devices/pci0000:00/0000:00:01.0/%s", address);
	snprintf(target, sizeof(target), "../../../devices/pci0000:00/0000:00:01.0/%s", address);
	fake_link(bed->fake, target, "sys/bus/pci/devices/%s", address);
}

/* flr hits the function alone; a reset of the bus hits whatever is behind the same port. */
static void a_reset_of_the_bus_hits_the_neighbour(void **state)
{
	struct bed *bed = *state;

	add_function(bed, "0000:00:01.0", 0x060400, "pcieport", 1);
	move_below_port(bed, NIC, "flr bus\n");
	move_below_port(bed, OTHER_NIC, "bus\n");
	ask(bed, IMPACT_RESET, NIC, NULL);
	expect_loss(bed, "address:eth0:10.0.2.15", "lost");
	expect_loss(bed, "net:eth1", "none");
	ask(bed, IMPACT_RESET, OTHER_NIC, NULL);
	expect_loss(bed, "address:eth0:10.0.2.15", "lost");
	assert_int_equal(bed->impact.device[1].role, IMPACT_BUS);
	/* The whole bridge: all behind it. */
	ask(bed, IMPACT_RESET, "0000:00:01.0", NULL);
	assert_int_equal(bed->impact.device_count, 3);
	expect_loss(bed, "address:eth0:10.0.2.15", "lost");
	expect_loss(bed, "block:nvme0n1", "none");
	/* On a root bus nothing resets the bus. */
	fake_file(bed->fake, "\n", "sys/devices/pci0000:00/" DISK "/reset_method");
	ask(bed, IMPACT_RESET, DISK, NULL);
	assert_int_equal(bed->impact.device_count, 1);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_unused_device_costs_nothing),
		test(a_bond_survives_one_of_two),
		test(the_own_session_is_told),
		test(a_bond_needs_a_living_slave),
		test(routes_stand_in_for_each_other),
		test(arrays_lose_what_their_level_allows),
		test(an_lvm_mirror_survives_one_disk),
		test(a_disk_with_two_paths_survives_one),
		test(only_the_last_keyboard_counts),
		test(group_mates_go_along),
		test(without_groups_the_answer_is_incomplete),
		test(counts_processes_that_may_hide_something),
		test(vfs_go_with_their_number_and_their_pf),
		test(a_reset_of_the_bus_hits_the_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
