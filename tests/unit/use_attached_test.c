// SPDX-License-Identifier: GPL-2.0-or-later
/* use/: whatever hangs off a function by any class or bus of sysfs; and a sysfs that is broken. */
#include "base/cleanup.h"
#include "tests/unit/user_host.h"
#include "use/graph.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define BELOW "devices/pci0000:00/"

/* A device of a class, or of a bus with a driver, at a path below a function; place is "class/x" or "bus/x". */
static void attach(
	struct fake_sysfs *fake, const char *place, const char *function, const char *path, const char *driver)
{
	const char *name = strrchr(path, '/') + 1;
	bool on_bus = !strncmp(place, "bus/", 4);
	char target[256];

	fake_dir(fake, "sys/" BELOW "%s%s", function, path);
	snprintf(target, sizeof(target), "%s" BELOW "%s%s", on_bus ? "../../../" : "../../", function, path);
	fake_link(fake, target, "sys/%s%s/%s", place, on_bus ? "/devices" : "", name);
	if (!driver)
		return;
	snprintf(target, sizeof(target), "../../../../../../../../sys/%s/drivers/%s", place, driver);
	fake_link(fake, target, "sys/" BELOW "%s%s/driver", function, path);
}

static void says_unknown_classes_and_buses(void **state)
{
	struct fake_sysfs *fake = *state;

	attach(fake, "class/quux", USB, "/quux/quux0", NULL);
	expect_user(fake, USB, "quux", "a device of class quux hangs off it (quux0)", NOTE);
	attach(fake, "bus/thing", DISPLAY, "/a/b/c/thing7", "thing_drv");
	attach(fake, "bus/thing", DISPLAY, "/a/b/c/thing10", "other_drv");
	attach(fake, "bus/thing", DISPLAY, "/a/thing8", NULL);
	expect_user(fake, DISPLAY, "thing",
		"2 devices of bus thing hang off it (thing7, driver thing_drv, thing10, driver", NOTE);
	expect_no_user(fake, USB, "thing");
}

static void counts_many_of_one_class(void **state)
{
	struct fake_sysfs *fake = *state;
	char path[32];

	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "/quux/quux%d", i);
		attach(fake, "class/quux", USB, path, NULL);
	}
	expect_user(fake, USB, "quux", "40 devices of class quux hang off it (quux0, quux1, quux2, ...)", NOTE);
}

/* The way to a network device, a disk or a USB device, and what is behind that, is no use of its own. */
static void says_only_what_nothing_known_explains(void **state)
{
	struct fake_sysfs *fake = *state;

	attach(fake, "bus/virtual-bus", NIC, "/vb0", "vb_net");
	fake_dir(fake, "sys/" BELOW NIC "/vb0/net/eth7");
	fake_link(fake, "../../" BELOW NIC "/vb0/net/eth7", "sys/class/net/eth7");
	expect_no_user(fake, NIC, "virtual-bus");
	attach(fake, "bus/usb", USB, "/usb1/1-4", NULL);
	attach(fake, "class/quux", USB, "/usb1/1-4/1-4:1.0/quux/quux0", NULL);
	expect_no_user(fake, USB, "quux");
	expect_user(fake, USB, "usb", "USB device 1-4 is plugged into it", NOTE);
	/* The topmost of several unknown ones; a name that only starts alike is not below it. */
	attach(fake, "bus/upper-bus", DISPLAY, "/u1", "u_drv");
	attach(fake, "class/lower-class", DISPLAY, "/u1/lower/l1", NULL);
	attach(fake, "class/lower-class", DISPLAY, "/u1-2/lower/l2", NULL);
	expect_user(fake, DISPLAY, "upper-bus", "(u1, driver u_drv)", NOTE);
	expect_user(fake, DISPLAY, "lower-class", "a device of class lower-class hangs off it (l2)", NOTE);
}

static void an_open_node_of_an_unknown_class_blocks(void **state)
{
	struct fake_sysfs *fake = *state;

	attach(fake, "class/quux", USB, "/quux/quux0", NULL);
	fake_file(fake, "MAJOR=240\nMINOR=3\nDEVNAME=quux/zero\n", "sys/" BELOW USB "/quux/quux0/uevent");
	expect_no_user(fake, USB, "process");
	fake_file(fake, "quuxd\n", "proc/300/comm");
	fake_link(fake, "/dev/quux/zero", "proc/300/fd/4");
	expect_user(fake, USB, "process", "process 300 (quuxd) has /dev/quux/zero open", BLOCKS);
}

static void a_watchdog_blocks_while_it_counts(void **state)
{
	struct fake_sysfs *fake = *state;

	attach(fake, "class/watchdog", USB, "/iTCO_wdt/watchdog/watchdog0", NULL);
	fake_file(fake, "inactive\n", "sys/" BELOW USB "/iTCO_wdt/watchdog/watchdog0/state");
	expect_nobody(fake, USB);
	fake_file(fake, "active\n", "sys/" BELOW USB "/iTCO_wdt/watchdog/watchdog0/state");
	expect_user(fake, USB, "watchdog", "the watchdog watchdog0 on it is counting", BLOCKS);
}

static void knows_parts_that_were_given_away(void **state)
{
	struct fake_sysfs *fake = *state;

	attach(fake, "bus/vdpa", NIC, "/vdpa0", "vhost_vdpa");
	expect_user(fake, NIC, "vdpa", "the vDPA device vdpa0 is a part of it (driver vhost_vdpa)", BLOCKS);
}

static void sees_ports_and_channels(void **state)
{
	struct fake_sysfs *fake = *state;

	attach(fake, "class/infiniband", NIC, "/infiniband/mlx5_0", NULL);
	fake_file(fake, "4: ACTIVE\n", "sys/" BELOW NIC "/infiniband/mlx5_0/ports/1/state");
	fake_file(fake, "Ethernet\n", "sys/" BELOW NIC "/infiniband/mlx5_0/ports/1/link_layer");
	expect_no_user(fake, NIC, "rdma");
	fake_file(fake, "InfiniBand\n", "sys/" BELOW NIC "/infiniband/mlx5_0/ports/1/link_layer");
	expect_user(fake, NIC, "rdma", "its InfiniBand port mlx5_0/1 is active", NOTE);
	attach(fake, "class/fc_host", OTHER_NIC, "/host5/fc_host/host5", NULL);
	fake_file(fake, "Online\n", "sys/" BELOW OTHER_NIC "/host5/fc_host/host5/port_state");
	expect_user(fake, OTHER_NIC, "fc", "its Fibre Channel port host5 is online", NOTE);
	attach(fake, "class/dma", DISPLAY, "/dma/dma0chan0", NULL);
	fake_file(fake, "0\n", "sys/" BELOW DISPLAY "/dma/dma0chan0/in_use");
	expect_no_user(fake, DISPLAY, "dma");
	fake_file(fake, "2\n", "sys/" BELOW DISPLAY "/dma/dma0chan0/in_use");
	expect_user(fake, DISPLAY, "dma", "the kernel uses its DMA channel dma0chan0", NOTE);
}

/* Links without an address are used too: by sockets that are bound to their number, and by the kernel's log. */
static void sees_uses_of_a_link_without_address(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "2\n", "sys/class/net/eth0/ifindex");
	fake_file(fake, "3\n", "sys/class/net/eth1/ifindex");
	fake_file(fake,
		"sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
		"0000000000000000 3      3    0003   3     1 0      0      11\n"
		"0000000000000000 3      3    0003   0     1 0      0      12\n"
		"0000000000000000 3      3    88cc   3     1 0      0      13\n",
		"proc/net/packet");
	expect_user(fake, OTHER_NIC, "packet", "2 raw sockets on eth1", NOTE);
	expect_no_user(fake, NIC, "packet");
	fake_file(fake, "eth0\n", "sys/kernel/config/netconsole/one/dev_name");
	fake_file(fake, "0\n", "sys/kernel/config/netconsole/one/enabled");
	expect_no_user(fake, NIC, "netconsole");
	fake_file(fake, "1\n", "sys/kernel/config/netconsole/one/enabled");
	expect_user(fake, NIC, "netconsole", "the kernel sends its log through eth0", NOTE);
}

/* A bus that a function makes, in a domain of any number: not VMD's alone. */
static void follows_a_bus_that_a_function_makes(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device maker = { "0000:00:0e.0", 0x8086, 0x467f, 0x010400, "maker", 14, 0 };
	const struct fake_device disk = { "0002:01:00.0", 0x8086, 0xa80a, 0x010802, "nvme", 14, 0 };
	const char *const path = BELOW "0000:00:0e.0/pci0002:00/0002:00:00.0/0002:01:00.0";
	char target[192];

	fake_pci(fake, &maker);
	fake_pci(fake, &disk);
	snprintf(target, sizeof(target), "../../../%s", path);
	fake_dir(fake, "sys/%s", path);
	fake_link(fake, target, "sys/bus/pci/devices/0002:01:00.0");
	snprintf(target, sizeof(target), "../../%s/nvme/nvme4/nvme4n1", path);
	fake_link(fake, target, "sys/class/block/nvme4n1");
	fake_file(fake, " 259 8 100 nvme4n1\n", "proc/partitions");
	user_host_mount(fake, "40 1 259:8 / / rw - ext4 /dev/nvme4n1 rw\n");
	expect_user(fake, "0000:00:0e.0", "mount", "0002:01:00.0: /dev/nvme4n1 is mounted on /", BLOCKS);
	expect_no_user(fake, USB, "mount");
}

static void follows_a_mount_to_all_of_its_disks(void **state)
{
	struct fake_sysfs *fake = *state;

	user_host_mount(fake, "40 1 0:50 / /srv rw - bcachefs /dev/nvme0n1:/dev/nvme1n1 rw\n");
	expect_user(fake, DISK, "mount", "/dev/nvme0n1 is mounted on /srv", BLOCKS);
	expect_user(fake, OTHER_DISK, "mount", "/dev/nvme1n1 is a part of what is mounted on /srv", BLOCKS);
	user_host_mount(fake, "40 1 259:0 / /srv rw - xfs /dev/nvme0n1 rw,attr2,logdev=/dev/nvme1n1,noquota\n");
	expect_user(fake, OTHER_DISK, "mount", "/dev/nvme1n1 is a part of what is mounted on /srv", BLOCKS);
}

/* bcache: the kernel links a volume with the disk behind it, and with its cache by sys/fs/bcache alone. */
static void follows_a_cache(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char *const backing[] = { "nvme0n1", NULL };
	const char *const set = "sys/fs/bcache/0b1c2d3e-0000-4000-8000-000000000001";

	fake_stacked(fake, "bcache0", "252:0", backing);
	fake_link(fake, "../../../" BELOW DISK "/block/nvme0n1/bcache", "%s/bdev0", set);
	fake_link(fake, "../../../../../virtual/block/bcache0", "sys/" BELOW DISK "/block/nvme0n1/bcache/dev");
	fake_link(fake, "../../../" BELOW OTHER_DISK "/block/nvme1n1/bcache", "%s/cache0", set);
	expect_user(fake, DISK, "bcache", "/dev/nvme0n1 belongs to the bcache volume bcache0", BLOCKS);
	expect_user(fake, OTHER_DISK, "bcache", "/dev/nvme1n1 is the cache of the bcache volume bcache0", BLOCKS);
}

/* Persistent memory of a CXL device: its path leads through an NVDIMM bus, whose region 0 is not the CXL region 0. */
static void follows_persistent_memory(void **state)
{
	struct fake_sysfs *fake = *state;
	const char *const bus = "sys/devices/platform/ACPI0017:00/root0/nvdimm-bridge0/ndbus0";

	fake_file(fake, "pmem0\n", "%s/nmem0/cxl/provider", bus);
	fake_file(fake, "nmem0,0,1073741824,0\n", "%s/region0/mapping0", bus);
	fake_link(fake, "../../../devices/platform/ACPI0017:00/root0/nvdimm-bridge0/ndbus0/nmem0",
		"sys/bus/nd/devices/nmem0");
	fake_link(fake, "../../../devices/platform/ACPI0017:00/root0/nvdimm-bridge0/ndbus0/region0",
		"sys/bus/nd/devices/region0");
	fake_link(fake, "../../../" BELOW NIC "/mem0/pmem0", "sys/bus/cxl/devices/pmem0");
	fake_link(fake,
		"../../devices/platform/ACPI0017:00/root0/nvdimm-bridge0/ndbus0/region0/namespace0.0/block/pmem0",
		"sys/class/block/pmem0");
	fake_file(fake, " 259 9 100 pmem0\n", "proc/partitions");
	user_host_mount(fake, "40 1 259:9 / /pmem rw - ext4 /dev/pmem0 rw,dax=always\n");
	expect_user(fake, NIC, "mount", "/dev/pmem0 is mounted on /pmem", BLOCKS);
	expect_no_user(fake, OTHER_NIC, "mount");
}

/*
 * Broken hosts ------------------------------------------------------------------------------------------------------
 */

/* Links that lead to themselves, to each other, upwards, nowhere, and very far. */
static void ends_on_links_that_lead_astray(void **state)
{
	struct fake_sysfs *fake = *state;
	char far[4000];

	memset(far, 'x', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	fake_link(fake, "self", "sys/class/quux/self");
	fake_link(fake, "two", "sys/class/quux/one");
	fake_link(fake, "one", "sys/class/quux/two");
	fake_link(fake, "../../" BELOW USB, "sys/class/quux/function");
	fake_link(fake, "../../" BELOW USB "/", "sys/class/quux/slash");
	fake_link(fake, "../quux", "sys/class/quux/up");
	fake_link(fake, USB, "sys/class/quux/short");
	fake_link(fake, far, "sys/class/quux/far");
	fake_link(fake, "../../class", "sys/bus/class");
	fake_link(fake, "..", "sys/class/loop");
	fake_link(fake, "../" BELOW DISK "/nowhere", "sys/fs/bcache/0b1c2d3e-0000-4000-8000-000000000001/bdev0");
	fake_link(fake, "cache0", "sys/fs/bcache/0b1c2d3e-0000-4000-8000-000000000001/cache0");
	expect_user(fake, USB, "quux", "2 devices of class quux hang off it (function, short)", NOTE);
}

/*
 * What a seed makes of one file of a host: empty, huge, a directory, a link that leads to something else, gone. False:
 * the file is a directory, or below something that was broken before.
 */
static bool break_one(const struct fake_sysfs *fake, unsigned int *seed)
{
	static const char *const files[] = { "proc/self/mountinfo", "proc/partitions", "proc/swaps",
		"capture/addresses", "sys/class/block/nvme0n1", "sys/class/net/eth0", "sys/class/net",
		"sys/class/block", "sys/bus/usb/devices/1-4", "sys/bus/usb/devices/1-4/product",
		"sys/class/watchdog/watchdog0", "sys/class/watchdog/watchdog0/state", "sys/class/quux/quux0",
		"sys/class/quux/quux0/uevent", "sys/bus/thing/devices/thing7/driver", "sys/block/nvme0n1",
		"proc/300/fd/4", "proc/300/comm", "sys/bus/thing/devices/thing7" };
	static const char *const targets[] = { "../../../" BELOW OTHER_DISK "/block/nvme1n1", ".", "../..", "/", "" };
	static char huge[300000];
	const char *file = files[rand_r(seed) % array_size(files)];
	cleanup_close int fd = -1;

	memset(huge, "/:,\n0"[rand_r(seed) % 5], sizeof(huge));
	if (unlinkat(fake->root.fd, file, 0) && errno != ENOENT)
		return false;
	switch (rand_r(seed) % 5) {
	case 0:
		return true;
	case 1:
		return !mkdirat(fake->root.fd, file, 0755);
	case 2:
		return !symlinkat(targets[rand_r(seed) % array_size(targets)], fake->root.fd, file);
	default:
		fd = openat(fake->root.fd, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		return fd >= 0 && write(fd, huge, rand_r(seed) % 2 ? sizeof(huge) : 0) >= 0;
	}
}

static void expect_users_to_have_words(const struct fake_sysfs *fake, const char *address)
{
	struct pci_users users = users_of(fake, address);

	for (size_t j = 0; j < users.count; j++) {
		assert_true(users.user[j].kind[0]);
		assert_true(users.user[j].what[0]);
	}
	pci_users_done(&users);
}

static void lives_through_broken_hosts(void **state)
{
	unsigned int seed = 7;
	size_t broken = 0;

	(void)state;
	for (int round = 0; round < 60; round++) {
		void *host = NULL;
		struct fake_sysfs *fake;

		user_host_set_up(&host);
		fake = host;
		attach(fake, "class/quux", USB, "/quux/quux0", NULL);
		attach(fake, "bus/thing", DISPLAY, "/a/b/c/thing7", "thing_drv");
		attach(fake, "bus/usb", USB, "/usb1/1-4", NULL);
		attach(fake, "class/watchdog", USB, "/iTCO_wdt/watchdog/watchdog0", NULL);
		user_host_mount(fake, "40 1 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n");
		fake_link(fake, "/dev/quux/zero", "proc/300/fd/4");
		for (int i = 0; i < 6; i++)
			broken += break_one(fake, &seed);
		expect_users_to_have_words(fake, NIC);
		expect_users_to_have_words(fake, USB);
		expect_users_to_have_words(fake, OTHER_DISK);
		user_host_tear_down(&host);
	}
	assert_true(broken > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_unknown_classes_and_buses, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(counts_many_of_one_class, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(
			says_only_what_nothing_known_explains, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(
			an_open_node_of_an_unknown_class_blocks, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(
			a_watchdog_blocks_while_it_counts, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(
			knows_parts_that_were_given_away, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(sees_ports_and_channels, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(
			follows_a_bus_that_a_function_makes, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(
			follows_a_mount_to_all_of_its_disks, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(follows_a_cache, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(follows_persistent_memory, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(ends_on_links_that_lead_astray, user_host_set_up, user_host_tear_down),
		cmocka_unit_test_setup_teardown(
			sees_uses_of_a_link_without_address, user_host_set_up, user_host_tear_down),
		cmocka_unit_test(lives_through_broken_hosts),
	};

	return cmocka_run_group_tests_name("use: attached", tests, NULL, NULL);
}
