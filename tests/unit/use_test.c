// SPDX-License-Identifier: GPL-2.0-or-later
/* pci/user*.c: every use of a device that must stop it from being taken, and those that must not. */
#include "base/cleanup.h"
#include "tests/unit/expect_users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NIC "0000:01:00.0"
#define DISK "0000:03:00.0"

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(true);
	const struct fake_device nic = { NIC, 0x8086, 0x10c9, 0x020000, "igb", 6, 7 };
	const struct fake_device disk = { DISK, 0x1b36, 0x0010, 0x010802, "nvme", 9, 0 };
	const struct fake_device usb = { "0000:00:14.0", 0x8086, 0xa36d, 0x0c0330, "xhci_hcd", 3, 0 };
	const struct fake_device display = { "0000:00:02.0", 0x8086, 0x3e92, 0x030000, "i915", 2, 0 };

	fake_pci(fake, &nic);
	fake_pci(fake, &disk);
	fake_pci(fake, &usb);
	fake_pci(fake, &display);
	fake_child(fake, NIC, "net", "eth0");
	fake_child(fake, DISK, "block", "nvme0n1");
	fake_file(fake, "259:0\n", "sys/class/block/nvme0n1/dev");
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static void unused_devices_have_no_users(void **state)
{
	expect_nobody(*state, NIC);
	expect_nobody(*state, DISK);
	expect_nobody(*state, "0000:00:14.0");
	expect_nobody(*state, "0000:00:02.0");
}

static void finds_mounts_of_partitions(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_partition(fake, DISK, "nvme0n1", "nvme0n1p1", "259:1\n");
	fake_file(fake,
		"21 1 0:20 / /sys rw - sysfs sysfs rw\n"
		"30 1 259:1 / /srv/with\\040space rw,relatime shared:1 - ext4 /dev/nvme0n1p1 rw\n"
		"31 1 8:1 / /other rw - ext4 /dev/sda1 rw\n",
		"proc/self/mountinfo");
	expect_user(fake, DISK, "mount", "/dev/nvme0n1p1 is mounted on /srv/with space", PCI_USER_BLOCKS);
}

static void finds_swap_and_content(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "E:ID_FS_TYPE=ext4\n", "run/udev/data/b259:0");
	expect_user(fake, DISK, "data", "holds ext4", PCI_USER_NOTE);
	fake_file(fake, "Filename Type Size Used Priority\n/dev/nvme0n1 partition 1024 0 -2\n", "proc/swaps");
	expect_user(fake, DISK, "swap", "/dev/nvme0n1", PCI_USER_BLOCKS);
}

/* Partition, dm-crypt on it, LVM on that, mounted: every layer is named, and the mount found at the top. */
static void follows_holders(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_partition(fake, DISK, "nvme0n1", "nvme0n1p2", "259:2\n");
	fake_file(fake, "253:0\n", "sys/class/block/dm-0/dev");
	fake_file(fake, "CRYPT-LUKS2-abc\n", "sys/class/block/dm-0/dm/uuid");
	fake_file(fake, "secret\n", "sys/class/block/dm-0/dm/name");
	fake_link(fake, "../../../../../../virtual/block/dm-0",
		"sys/devices/pci0000:00/" DISK "/block/nvme0n1/nvme0n1p2/holders/dm-0");
	fake_file(fake, "253:1\n", "sys/class/block/dm-1/dev");
	fake_file(fake, "LVM-xyz\n", "sys/class/block/dm-1/dm/uuid");
	fake_file(fake, "vg-root\n", "sys/class/block/dm-1/dm/name");
	fake_link(fake, "../../dm-1", "sys/class/block/dm-0/holders/dm-1");
	/* A loop must not keep the search from ending. */
	fake_link(fake, "../../dm-0", "sys/class/block/dm-1/holders/dm-0");
	fake_file(fake, "30 1 253:1 / / rw - xfs /dev/mapper/vg-root rw\n", "proc/self/mountinfo");
	expect_user(
		fake, DISK, "crypt", "/dev/nvme0n1p2 belongs to the encrypted volume secret (dm-0)", PCI_USER_BLOCKS);
	expect_user(fake, DISK, "lvm", "LVM volume vg-root (dm-1)", PCI_USER_BLOCKS);
	expect_user(fake, DISK, "mount", "/dev/dm-1 is mounted on /", PCI_USER_BLOCKS);
}

static void finds_btrfs_members(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "", "sys/fs/btrfs/01234567-89ab-cdef-0123-456789abcdef/devices/nvme0n1");
	expect_user(fake, DISK, "btrfs", "/dev/nvme0n1", PCI_USER_BLOCKS);
}

static void says_what_it_cannot_see_of_zfs(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "30 1 0:50 / /tank rw - zfs tank rw\n", "proc/self/mountinfo");
	expect_user(fake, DISK, "zfs", "cannot be seen", PCI_USER_NOTE);
}

static void finds_processes(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_link(fake, "/dev/nvme0n1", "proc/812/fd/7");
	fake_file(fake, "pos: 0\nflags:\t0100002\n", "proc/812/fdinfo/7");
	fake_file(fake, "qemu\n", "proc/812/comm");
	fake_link(fake, "/dev/nvme0n1", "proc/813/fd/3");
	fake_file(fake, "pos: 0\nflags:\t0100000\n", "proc/813/fdinfo/3");
	fake_file(fake, "smartd\n", "proc/813/comm");
	fake_link(fake, "/dev/nvme0n10", "proc/814/fd/3");
	expect_user(fake, DISK, "process", "process 812 (qemu) has /dev/nvme0n1 open", PCI_USER_BLOCKS);
	expect_user(fake, DISK, "process", "process 813 (smartd)", PCI_USER_NOTE);
}

static void finds_who_holds_the_group(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device vfio = { "0000:05:00.0", 0x8086, 0x10ca, 0x020000, "vfio-pci", 12, 0 };
	char holder[128];

	fake_pci(fake, &vfio);
	expect_nobody(fake, "0000:05:00.0");
	assert_false(pci_vfio_holder(&fake->root, 12, holder, sizeof(holder)));
	fake_link(fake, "/dev/vfio/12", "proc/900/fd/9");
	fake_link(fake, "/dev/vfio/12", "proc/900/fd/10");
	fake_file(fake, "sluice-vmm\n", "proc/900/comm");
	expect_user(fake, "0000:05:00.0", "vfio", "process 900 (sluice-vmm) has /dev/vfio/12 open", PCI_USER_BLOCKS);
	assert_true(pci_vfio_holder(&fake->root, 12, holder, sizeof(holder)));
	assert_string_equal(holder, "process 900 (sluice-vmm) has /dev/vfio/12 open");
	assert_false(pci_vfio_holder(&fake->root, 2, holder, sizeof(holder)));
}

static void finds_the_display_and_the_keyboard(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char keyboard[] = "I: Bus=0003\nN: Name=\"Keyboard\"\n"
				       "S: Sysfs=/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/input/input3\n"
				       "H: Handlers=sysrq kbd leds event3\nB: EV=120013\n\n";
	static const char button[] = "N: Name=\"Power Button\"\nS: Sysfs=/devices/LNXPWRBN/input/input0\n"
				     "H: Handlers=kbd event0\nB: EV=3\n\n";
	static const char second[] = "S: Sysfs=/devices/platform/i8042/serio0/input/input1\n"
				     "H: Handlers=sysrq kbd event1\nB: EV=120013\n\n";

	fake_file(fake, "1\n", "sys/bus/pci/devices/0000:00:02.0/boot_vga");
	expect_user(fake, "0000:00:02.0", "display", "booted with", PCI_USER_BLOCKS);
	fake_file(fake, "0\n", "sys/bus/pci/devices/0000:00:02.0/boot_vga");
	expect_nobody(fake, "0000:00:02.0");

	fake_file(fake, button, "proc/bus/input/devices");
	expect_nobody(fake, "0000:00:14.0");
	fake_dir(fake, "sys");
	{
		char both[1024];

		snprintf(both, sizeof(both), "%s%s", button, keyboard);
		fake_file(fake, both, "proc/bus/input/devices");
		expect_user(fake, "0000:00:14.0", "keyboard", "only keyboard", PCI_USER_BLOCKS);
		snprintf(both, sizeof(both), "%s%s", second, keyboard);
		fake_file(fake, both, "proc/bus/input/devices");
		expect_nobody(fake, "0000:00:14.0");
	}
}

static const char route_head[] = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n";

/* eth0 in a bond, the bond in a bridge that has address, route and an ssh session: all of it is eth0's. */
static void follows_the_stack_of_links(void **state)
{
	struct fake_sysfs *fake = *state;
	char routes[512];

	fake_link(fake, "../bond0", "sys/class/net/eth0/upper_bond0");
	fake_file(fake, "INTERFACE=bond0\nDEVTYPE=bond\n", "sys/class/net/bond0/uevent");
	fake_link(fake, "../br0", "sys/class/net/bond0/upper_br0");
	fake_file(fake, "INTERFACE=br0\nDEVTYPE=bridge\n", "sys/class/net/br0/uevent");
	snprintf(routes, sizeof(routes),
		"%sbr0 00000000 0202000A 0003 0 0 0 00000000 0 0 0\nbr0 0002000A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
		"br0 0000100A FE02000A 0003 0 0 0 0000FFFF 0 0 0\neth9 00000000 0909090A 0003 0 0 0 00000000 0 0 0\n",
		route_head);
	fake_file(fake, routes, "proc/net/route");
	fake_file(fake,
		"Main:\n     |-- 10.0.2.0\n        /24 link UNICAST\nLocal:\n     |-- 10.0.2.15\n        /32 host "
		"LOCAL\n"
		"     |-- 127.0.0.1\n        /32 host LOCAL\n",
		"proc/net/fib_trie");
	fake_file(fake,
		"  sl  local_address rem_address   st\n"
		"   0: 0F02000A:0016 0202000A:D431 01 00000000\n"
		"   1: 0F02000A:0016 0302000A:D431 06 00000000\n"
		"   2: 0F02000A:0050 0402000A:D431 01 00000000\n"
		"   3: 0100007F:0016 0100007F:D431 01 00000000\n",
		"proc/net/tcp");
	expect_user(fake, NIC, "bond", "eth0 carries bond0", PCI_USER_BLOCKS);
	expect_user(fake, NIC, "bridge", "bond0 carries br0", PCI_USER_BLOCKS);
	expect_user(fake, NIC, "address", "br0 has the address 10.0.2.15/24", PCI_USER_BLOCKS);
	expect_user(fake, NIC, "route", "br0 has the default route via 10.0.2.2", PCI_USER_BLOCKS);
	expect_user(fake, NIC, "route", "br0 has the route to 10.16.0.0/16 via 10.0.2.254", PCI_USER_BLOCKS);
	expect_user(fake, NIC, "ssh", "from 10.0.2.2 comes in through br0", PCI_USER_BLOCKS);
}

static void link_local_is_no_use(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake,
		"fe80000000000000505400fffe123456 02 40 20 80 eth0\n"
		"00000000000000000000000000000001 01 80 10 80 lo\n",
		"proc/net/if_inet6");
	expect_user(fake, NIC, "address", "eth0 has the address fe80::5054:ff:fe12:3456/64", PCI_USER_NOTE);
	fake_file(fake, "20010db8000000000000000000000005 02 40 00 80 eth0\n", "proc/net/if_inet6");
	expect_user(fake, NIC, "address", "2001:db8::5/64", PCI_USER_BLOCKS);
	fake_file(fake,
		"  0: 0000000000000000FFFF00000F02000A:0016 0000000000000000FFFF00000202000A:D431 01\n"
		"  1: B80D0120000000000000000005000000:0016 B80D0120000000000000000007000000:D431 01\n",
		"proc/net/tcp6");
	expect_user(fake, NIC, "ssh", "from 2001:db8::7", PCI_USER_BLOCKS);
}

static void a_card_without_netdev_is_elsewhere(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device other = { "0000:06:00.0", 0x8086, 0x100e, 0x020000, "e1000", 13, 0 };
	const struct fake_device dpdk = { "0000:07:00.0", 0x8086, 0x100e, 0x020000, "uio_pci_generic", 14, 0 };

	fake_pci(fake, &other);
	fake_pci(fake, &dpdk);
	expect_user(fake, "0000:06:00.0", "netns", "network namespace", PCI_USER_BLOCKS);
	expect_user(fake, "0000:07:00.0", "uio", "user space", PCI_USER_BLOCKS);
}

static void vfs_use_their_pf(void **state)
{
	struct fake_sysfs *fake = *state;

	fake->root.captured = false;
	assert_int_equal(sysroot_write_text(&fake->root, "2", "sys/bus/pci/devices/" NIC "/sriov_numvfs"), 0);
	assert_int_equal(
		sysroot_write_text(&fake->root, "vfio-pci\n", "sys/bus/pci/devices/0000:01:10.1/driver_override"), 0);
	fake_driver(fake, "vfio-pci");
	assert_int_equal(sysroot_write_text(&fake->root, "0000:01:10.1", "sys/bus/pci/drivers_probe"), 0);
	fake->root.captured = true;
	expect_user(fake, NIC, "vfs", "2 VFs", PCI_USER_BLOCKS);
	fake_link(fake, "/dev/vfio/21", "proc/900/fd/9");
	expect_user(fake, NIC, "vfio", "VF 1: process 900", PCI_USER_BLOCKS);
	expect_user(fake, NIC, "vfio", "process 900", PCI_USER_BLOCKS);
	expect_nobody(fake, "0000:01:10.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unused_devices_have_no_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_mounts_of_partitions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_swap_and_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_holders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_btrfs_members, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_it_cannot_see_of_zfs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_processes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_who_holds_the_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_the_display_and_the_keyboard, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_the_stack_of_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(link_local_is_no_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_card_without_netdev_is_elsewhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(vfs_use_their_pf, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
