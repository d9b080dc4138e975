// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci/user*.c: disks of this host and of others, and what stands on them: arrays, paths, files, exports, the next boot.
 */
#include "base/cleanup.h"
#include "tests/unit/user_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Disks and file systems of other hosts ---------------------------------------------------------------------------- */

static void finds_remote_file_systems(void **state)
{
	struct fake_sysfs *fake = *state;

	user_host_mount(fake, "40 1 0:60 / /home rw - nfs4 server:/home rw,clientaddr=10.0.2.15,addr=10.0.2.9\n");
	expect_user(fake, NIC, "mount", "server:/home (nfs4) is mounted on /home", BLOCKS);
	expect_no_user(fake, OTHER_NIC, "mount");
}

static void finds_remote_disks(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_link(fake, "../../devices/platform/host3/session1/target3:0:0/3:0:0:1/block/sda", "sys/class/block/sda");
	fake_file(fake, "8:0\n", "sys/devices/platform/host3/session1/target3:0:0/3:0:0:1/block/sda/dev");
	fake_file(fake, "iqn.2001-04.com.example:store\n", "sys/class/iscsi_session/session1/targetname");
	fake_file(fake, "10.0.2.9\n", "sys/class/iscsi_connection/connection1:0/persistent_address");
	fake_link(fake, "../../devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1", "sys/class/block/nvme5n1");
	fake_file(fake, "traddr=192.0.2.77,trsvcid=4420\n", "sys/class/nvme/nvme5/address");
	user_host_mount(fake, "40 1 8:0 / /far rw - ext4 /dev/sda rw\n");
	expect_user(fake, NIC, "iscsi", "iqn.2001-04.com.example:store goes to 10.0.2.9", BLOCKS);
	expect_user(fake, NIC, "mount", "/dev/sda is mounted on /far", BLOCKS);
	expect_user(fake, OTHER_NIC, "nvmeof", "nvme5 at 192.0.2.77", BLOCKS);
	expect_no_user(fake, OTHER_NIC, "mount");
}

static void finds_exports(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "/dev/nvme0n1\n", "sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/device_path");
	fake_file(fake, "0\n", "sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/enable");
	fake_file(fake, "/srv/lun0\n", "sys/kernel/config/target/core/fileio_0/lun0/udev_path");
	user_host_mount(fake, "40 1 259:4 / /srv rw - ext4 /dev/nvme1n1 rw\n");
	expect_nobody(fake, DISK);
	fake_file(fake, "1\n", "sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/enable");
	expect_user(fake, DISK, "export", "/dev/nvme0n1 is exported by NVMe over fabrics (nqn.x)", BLOCKS);
	expect_user(fake, OTHER_DISK, "export", "/srv/lun0 is exported by the SCSI target", BLOCKS);
}

/* Disks ------------------------------------------------------------------------------------------------------------ */

static void names_arrays_and_multipath(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char *const both[] = { "nvme0n1", "nvme1n1", NULL };
	static const char *const array[] = { "md0", NULL };

	fake_stacked(fake, "md0", "9:0\n", both);
	fake_file(fake, "raid1\n", "sys/class/block/md0/md/level");
	fake_stacked(fake, "dm-0", "253:0\n", array);
	fake_file(fake, "mpath-x\n", "sys/class/block/dm-0/dm/uuid");
	fake_file(fake, "mpatha\n", "sys/class/block/dm-0/dm/name");
	user_host_mount(fake, "40 1 253:0 / /srv rw - ext4 /dev/mapper/mpatha rw\n");
	expect_user(fake, DISK, "raid", "/dev/nvme0n1 belongs to the RAID md0 (raid1)", BLOCKS);
	expect_user(fake, OTHER_DISK, "raid", "/dev/nvme1n1 belongs to the RAID md0 (raid1)", BLOCKS);
	expect_user(fake, DISK, "multipath", "/dev/md0 belongs to the multipath device mpatha (dm-0)", BLOCKS);
	expect_user(fake, OTHER_DISK, "mount", "/dev/dm-0 is mounted on /srv", BLOCKS);
}

/* A disk behind two controllers is a disk of both. */
static void follows_both_paths_of_a_disk(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_link(fake, "../../devices/virtual/nvme-subsystem/nvme-subsys7/nvme7n1", "sys/class/block/nvme7n1");
	fake_link(fake, "../../devices/pci0000:00/" DISK "/nvme/nvme7/nvme7c7n1", "sys/class/block/nvme7c7n1");
	fake_link(fake, "../../devices/pci0000:00/" OTHER_DISK "/nvme/nvme8/nvme7c8n1", "sys/class/block/nvme7c8n1");
	fake_file(fake, " 259 9 100 nvme7n1\n", "proc/partitions");
	user_host_mount(fake, "40 1 259:9 / /srv rw - ext4 /dev/nvme7n1 rw\n");
	expect_user(fake, DISK, "mount", "/dev/nvme7n1 is mounted on /srv", BLOCKS);
	expect_user(fake, OTHER_DISK, "mount", "/dev/nvme7n1 is mounted on /srv", BLOCKS);
}

static void follows_files_to_loops_and_swap(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char *const none[] = { NULL };

	fake_stacked(fake, "loop0", "7:0\n", none);
	fake_file(fake, "/srv/images/a.img\n", "sys/class/block/loop0/loop/backing_file");
	user_host_mount(fake,
		"40 1 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n41 1 7:0 / /loop rw - ext4 /dev/loop0 rw\n"
		"42 1 0:9 / /srv/tmp rw - tmpfs tmpfs rw\n43 1 259:4 / /srvother rw - ext4 /dev/nvme1n1 rw\n");
	fake_file(fake, "Filename Type Size Used Priority\n/srv/swap file 1 0 -2\n", "proc/swaps");
	expect_user(fake, DISK, "loop", "the loop device loop0 is the file /srv/images/a.img", BLOCKS);
	expect_user(fake, DISK, "mount", "/dev/loop0 is mounted on /loop", BLOCKS);
	expect_user(fake, DISK, "swap", "the file /srv/swap is swap space in use", BLOCKS);
	expect_no_user(fake, OTHER_DISK, "swap");
	expect_no_user(fake, OTHER_DISK, "loop");
	/* "/srv-b" does not lie on "/srv". */
	fake_file(fake, "Filename Type Size Used Priority\n/srv-b/swap file 1 0 -2\n", "proc/swaps");
	expect_no_user(fake, DISK, "swap");
}

/* The next boot wants it: a note, by every way to name a disk in fstab(5). */
static void notes_what_the_next_boot_wants(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_partition(fake, DISK, "nvme0n1", "nvme0n1p1", "259:1\n");
	fake_file(fake, "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=AB-12\nE:ID_FS_LABEL=data\n", "run/udev/data/b259:1");
	fake_link(fake, "../../nvme1n1", "dev/disk/by-partuuid/55");
	fake_file(fake,
		"# comment\nUUID=ab-12 /a ext4 defaults 0 2\nLABEL=\"data\" /b ext4 nofail 0 2\nPARTUUID=55 none swap "
		"sw\n"
		"/dev/nvme0n1p1 /c ext4 noauto\nUUID=other /d ext4 defaults\n",
		"etc/fstab");
	fake_file(fake, "secret /dev/nvme1n1 none luks\n", "etc/crypttab");
	expect_user(fake, DISK, "fstab", "wants /dev/nvme0n1p1 as /a at the next boot, which stops without it", NOTE);
	expect_user(fake, DISK, "fstab", "as /b at the next boot", NOTE);
	expect_user(fake, DISK, "fstab", "as /c", NOTE);
	expect_user(fake, OTHER_DISK, "fstab", "wants /dev/nvme1n1 as swap", NOTE);
	expect_user(fake, OTHER_DISK, "crypttab", "unlocks /dev/nvme1n1 as secret", NOTE);
	expect_user(fake, DISK, "data", "/dev/nvme0n1p1 holds ext4, not in use", NOTE);
}

static void knows_zfs_members_by_their_label(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_file(fake, "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n", "run/udev/data/b259:0");
	expect_user(fake, DISK, "data", "holds zfs_member, not in use", NOTE);
	fake_dir(fake, "proc/spl/kstat/zfs/tank");
	expect_user(fake, DISK, "zfs", "/dev/nvme0n1 is part of the ZFS pool tank", BLOCKS);
	user_host_mount(fake, "30 1 0:50 / /tank rw - zfs tank/home rw\n");
	expect_user(fake, DISK, "zfs", "/dev/nvme0n1 is part of the ZFS pool tank", BLOCKS);
	expect_user(fake, DISK, "mount", "the ZFS pool tank is mounted on /tank", BLOCKS);
	expect_no_user(fake, OTHER_DISK, "mount");
}

/* What hangs off a USB controller at any depth is the controller's. */
static void finds_disks_and_links_behind_usb(void **state)
{
	struct fake_sysfs *fake = *state;
	const char *usb = "../../devices/pci0000:00/" USB "/usb1/1-1/1-1.4/1-1.4:1.0";
	char target[256];

	snprintf(target, sizeof(target), "%s/host6/target6:0:0/6:0:0:0/block/sdb", usb);
	fake_link(fake, target, "sys/class/block/sdb");
	snprintf(target, sizeof(target), "%s/net/enx0", usb);
	fake_link(fake, target, "sys/class/net/enx0");
	fake_file(fake, " 8 16 100 sdb\n", "proc/partitions");
	fake_file(fake, "enx0 10.7.0.1/24\n", "capture/addresses");
	user_host_mount(fake, "40 1 8:16 / /stick rw - vfat /dev/sdb rw\n");
	expect_user(fake, USB, "mount", "/dev/sdb is mounted on /stick", BLOCKS);
	expect_user(fake, USB, "address", "enx0 has the address 10.7.0.1/24", BLOCKS);
}

#define test(name) cmocka_unit_test_setup_teardown(name, user_host_set_up, user_host_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(finds_remote_file_systems),
		test(finds_remote_disks),
		test(finds_exports),
		test(names_arrays_and_multipath),
		test(follows_both_paths_of_a_disk),
		test(follows_files_to_loops_and_swap),
		test(notes_what_the_next_boot_wants),
		test(knows_zfs_members_by_their_label),
		test(finds_disks_and_links_behind_usb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
