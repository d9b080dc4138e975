// SPDX-License-Identifier: GPL-2.0-or-later
/* pci/user*.c: uses that lie several steps away from the function, and those that only one file of the host tells about. */
#include "base/cleanup.h"
#include "pci/user_graph.h"
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
#define USB "0000:00:14.0"
#define DISPLAY "0000:00:02.0"
#define BLOCKS PCI_USER_BLOCKS
#define NOTE PCI_USER_NOTE

static const char *const on_eth0[] = { "eth0", NULL };

static int set_up(void **state)
{
	static const struct fake_device devices[] = {
		{ NIC, 0x8086, 0x10c9, 0x020000, "igb", 6, 0 },
		{ OTHER_NIC, 0x8086, 0x10c9, 0x020000, "igb", 7, 0 },
		{ DISK, 0x1b36, 0x0010, 0x010802, "nvme", 9, 0 },
		{ OTHER_DISK, 0x1b36, 0x0010, 0x010802, "nvme", 10, 0 },
		{ USB, 0x8086, 0xa36d, 0x0c0330, "xhci_hcd", 3, 0 },
		{ DISPLAY, 0x8086, 0x3e92, 0x030000, "i915", 2, 0 },
	};
	struct fake_sysfs *fake = fake_sysfs_new(true);

	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(fake, &devices[i]);
	fake_child(fake, NIC, "net", "eth0");
	fake_child(fake, OTHER_NIC, "net", "eth1");
	fake_child(fake, DISK, "block", "nvme0n1");
	fake_child(fake, OTHER_DISK, "block", "nvme1n1");
	fake_file(fake, " 259 0 100 nvme0n1\n 259 4 100 nvme1n1\n", "proc/partitions");
	fake_file(fake, "eth0 10.0.2.15/24\neth1 192.0.2.1/24\neth1 fe80::1/64\n", "capture/addresses");
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static void mount_line(struct fake_sysfs *fake, const char *line)
{
	fake_file(fake, line, "proc/self/mountinfo");
}

/* Links ------------------------------------------------------------------------------------------------------------ */

static void names_every_kind_of_upper_link(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char *const on_vlan[] = { "eth0.5", NULL };

	fake_upper(fake, "eth0.5", "vlan", on_eth0);
	fake_upper(fake, "mac0", "macvlan", on_eth0);
	fake_upper(fake, "vx0", "vxlan", on_eth0);
	fake_upper(fake, "team0", NULL, on_eth0);
	fake_upper(fake, "br5", NULL, on_vlan);
	fake_dir(fake, "sys/devices/virtual/net/br5/bridge");
	expect_user(fake, NIC, "vlan", "eth0 carries eth0.5", BLOCKS);
	expect_user(fake, NIC, "macvlan", "eth0 carries mac0", BLOCKS);
	expect_user(fake, NIC, "vxlan", "eth0 carries vx0", BLOCKS);
	expect_user(fake, NIC, "upper", "eth0 carries team0", BLOCKS);
	expect_user(fake, NIC, "bridge", "eth0.5 carries br5", BLOCKS);
	expect_no_user(fake, OTHER_NIC, "vlan");
}

/* With many links only the carried ones are looked into: the stack must still be found, from its upper end. */
static void finds_stacks_among_many_links(void **state)
{
	struct fake_sysfs *fake = *state;

	for (int i = 0; i < 80; i++)
		fake_file(fake, "", "sys/devices/virtual/net/dummy%d/uevent", i);
	for (int i = 0; i < 80; i++)
		fake_link(fake, "../../devices/virtual/net/dummy", "sys/class/net/dummy%d", i);
	fake_upper(fake, "bond0", "bond", on_eth0);
	fake_file(fake, "bond0 10.9.9.9/8\n", "capture/addresses");
	expect_user(fake, NIC, "bond", "eth0 carries bond0", BLOCKS);
	expect_user(fake, NIC, "address", "bond0 has the address 10.9.9.9/8", BLOCKS);
}

/* Open vSwitch: the hardware port feeds the datapath, whose own port has the address. */
static void follows_open_vswitch(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char *const ports[] = { "br-ex", "eth0", "tap7", NULL };
	static const char *const none[] = { NULL };

	fake_upper(fake, "br-ex", NULL, none);
	fake_upper(fake, "tap7", NULL, none);
	fake_file(fake, "0x1002\n", "sys/class/net/tap7/tun_flags");
	fake_file(fake, "8\n", "sys/class/net/tap7/ifindex");
	fake_file(fake, "8\n", "sys/class/net/tap7/iflink");
	fake_file(fake, "7\n", "sys/class/net/br-ex/ifindex");
	fake_file(fake, "7\n", "sys/class/net/br-ex/iflink");
	fake_upper(fake, "ovs-system", NULL, ports);
	fake_file(fake, "br-ex 10.0.2.15/24\ntap7 10.8.0.1/24\n", "capture/addresses");
	expect_user(fake, NIC, "ovs", "eth0 carries ovs-system", BLOCKS);
	expect_user(fake, NIC, "address", "br-ex has the address", BLOCKS);
	expect_user(fake, NIC, "address", "", BLOCKS);
}

/* Sessions --------------------------------------------------------------------------------------------------------- */

static const char tcp_head[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

static void fake_tcp(struct fake_sysfs *fake, const char *lines)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s", tcp_head, lines);
	fake_file(fake, text, "proc/net/tcp");
}

#define TCP_2222 "0: 0F02000A:08AE 0202000A:D431 01 0:0 0:0 0 0 0 4711 1\n"

/* A session is ssh by the port that sshd was told, or by the socket that sshd holds; not by its number alone. */
static void finds_ssh_on_any_port(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_tcp(fake, TCP_2222);
	expect_no_user(fake, NIC, "ssh");
	fake_file(fake, "Port 2222\n", "etc/ssh/sshd_config.d/port.conf");
	expect_user(fake, NIC, "ssh", "from 10.0.2.2 comes in through eth0", BLOCKS);
	fake_file(fake, "#Port 2222\n", "etc/ssh/sshd_config.d/port.conf");
	expect_no_user(fake, NIC, "ssh");
	fake_link(fake, "socket:[4711]", "proc/300/fd/4");
	fake_file(fake, "nginx\n", "proc/300/comm");
	expect_no_user(fake, NIC, "ssh");
	fake_file(fake, "sshd-session\n", "proc/300/comm");
	expect_user(fake, NIC, "ssh", "from 10.0.2.2 comes in through eth0", BLOCKS);
}

/* The session that the command runs in is known by its environment. The address is the loopback link's, which exists. */
static void knows_its_own_session(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_child(fake, NIC, "net", "lo");
	fake->root.captured = false;
	fake_tcp(fake, "0: 0100007F:08AE 0100007F:D431 01 0:0 0:0 0 0 0 4711 1\n");
	expect_no_user(fake, NIC, "ssh");
	setenv("SSH_CONNECTION", "127.0.0.1 54321 127.0.0.1 2222", 1);
	expect_user(fake, NIC, "ssh", "the one that this command runs in", BLOCKS);
	fake->root.captured = true;
	fake_file(fake, "lo 127.0.0.1/8\n", "capture/addresses");
	expect_no_user(fake, NIC, "ssh");
	unsetenv("SSH_CONNECTION");
}

/* It comes in through eth0's address, and the way back leads through eth1: both are needed. */
static void finds_the_way_back_of_a_session(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_tcp(fake, "0: 0F02000A:0016 0901A8C0:D431 01 0:0 0:0 0 0 0 4711 1\n");
	fake_file(fake,
		"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		"eth1 00000000 FE0200C0 0003 0 0 0 00000000 0 0 0\n",
		"proc/net/route");
	expect_user(fake, NIC, "ssh", "from 192.168.1.9 comes in through eth0", BLOCKS);
	expect_user(fake, OTHER_NIC, "ssh", "is answered through default route", BLOCKS);
	expect_user(fake, OTHER_NIC, "route", "eth1 has the default route via 192.0.2.254", BLOCKS);
}

/* Disks and file systems of other hosts ---------------------------------------------------------------------------- */

static void finds_remote_file_systems(void **state)
{
	struct fake_sysfs *fake = *state;

	mount_line(fake, "40 1 0:60 / /home rw - nfs4 server:/home rw,clientaddr=10.0.2.15,addr=10.0.2.9\n");
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
	mount_line(fake, "40 1 8:0 / /far rw - ext4 /dev/sda rw\n");
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
	mount_line(fake, "40 1 259:4 / /srv rw - ext4 /dev/nvme1n1 rw\n");
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
	mount_line(fake, "40 1 253:0 / /srv rw - ext4 /dev/mapper/mpatha rw\n");
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
	mount_line(fake, "40 1 259:9 / /srv rw - ext4 /dev/nvme7n1 rw\n");
	expect_user(fake, DISK, "mount", "/dev/nvme7n1 is mounted on /srv", BLOCKS);
	expect_user(fake, OTHER_DISK, "mount", "/dev/nvme7n1 is mounted on /srv", BLOCKS);
}

static void follows_files_to_loops_and_swap(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char *const none[] = { NULL };

	fake_stacked(fake, "loop0", "7:0\n", none);
	fake_file(fake, "/srv/images/a.img\n", "sys/class/block/loop0/loop/backing_file");
	mount_line(fake, "40 1 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n41 1 7:0 / /loop rw - ext4 /dev/loop0 rw\n"
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
	mount_line(fake, "30 1 0:50 / /tank rw - zfs tank/home rw\n");
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
	mount_line(fake, "40 1 8:16 / /stick rw - vfat /dev/sdb rw\n");
	expect_user(fake, USB, "mount", "/dev/sdb is mounted on /stick", BLOCKS);
	expect_user(fake, USB, "address", "enx0 has the address 10.7.0.1/24", BLOCKS);
}

/* Displays, consoles and device nodes ------------------------------------------------------------------------------ */

static void finds_consoles(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_link(fake, "../../devices/pci0000:00/" DISPLAY "/graphics/fb0", "sys/class/graphics/fb0");
	fake_file(fake, "(M) frame buffer device\n", "sys/class/vtconsole/vtcon1/name");
	fake_file(fake, "0\n", "sys/class/vtconsole/vtcon1/bind");
	expect_nobody(fake, DISPLAY);
	fake_file(fake, "1\n", "sys/class/vtconsole/vtcon1/bind");
	expect_user(fake, DISPLAY, "console", "the text console is on its frame buffer fb0", BLOCKS);
	fake_link(fake, "../../devices/pci0000:00/" USB "/tty/ttyS4", "sys/class/tty/ttyS4");
	expect_nobody(fake, USB);
	fake_file(fake, "ttyS4  -W- (EC p a)  4:68\n", "proc/consoles");
	expect_user(fake, USB, "console", "the kernel's console ttyS4 is on it", BLOCKS);
}

/* The firmware's frame buffer keeps VFIO out; numbers are hidden from the unprivileged, the nesting is not. */
static void finds_the_firmwares_frame_buffer(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device card = { "0000:05:00.0", 0x10de, 0x2204, 0x030000, "vfio-pci", 15, 0 };

	fake_pci(fake, &card);
	fake_file(fake,
		"00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : PCI Bus 0000:05\n"
		"    00000000-00000000 : 0000:05:00.0\n      00000000-00000000 : BOOTFB\n"
		"  00000000-00000000 : 0000:00:02.0\n",
		"proc/iomem");
	expect_user(fake, "0000:05:00.0", "bootfb", "BOOTFB in /proc/iomem", BLOCKS);
	expect_nobody(fake, DISPLAY);
}

static void hold(struct fake_sysfs *fake, const char *pid, const char *comm, const char *node)
{
	fake_link(fake, node, "proc/%s/fd/5", pid);
	fake_file(fake, comm, "proc/%s/comm", pid);
}

static void finds_holders_of_device_nodes(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_link(fake, "../../devices/pci0000:00/" DISPLAY "/drm/card0", "sys/class/drm/card0");
	fake_link(fake, "../../devices/pci0000:00/" DISPLAY "/drm/card0/card0-DP-1", "sys/class/drm/card0-DP-1");
	fake_link(fake, "../../devices/pci0000:00/" USB "/sound/card1/pcmC1D0p", "sys/class/sound/pcmC1D0p");
	fake_link(fake, "../../devices/pci0000:00/" NIC "/infiniband_verbs/uverbs0",
		"sys/class/infiniband_verbs/uverbs0");
	fake_link(fake, "../../devices/pci0000:00/" DISK "/tpm/tpm0", "sys/class/tpm/tpm0");
	fake_file(fake, "Model: x\nDevice Minor: \t 3\n", "proc/driver/nvidia/gpus/" OTHER_DISK "/information");
	expect_nobody(fake, DISPLAY);
	hold(fake, "70", "Xorg\n", "/dev/dri/card0");
	hold(fake, "71", "pipewire\n", "/dev/snd/pcmC1D0p");
	hold(fake, "72", "nvmf\n", "/srv/container/dev/infiniband/uverbs0");
	hold(fake, "73", "train\n", "/dev/nvidia3");
	expect_user(fake, DISPLAY, "display", "process 70 (Xorg) has /dev/dri/card0 open", BLOCKS);
	expect_user(fake, USB, "sound", "process 71 (pipewire) has /dev/snd/pcmC1D0p open", NOTE);
	expect_user(fake, NIC, "rdma", "process 72 (nvmf) has /dev/infiniband/uverbs0 open", BLOCKS);
	expect_user(fake, OTHER_DISK, "display", "process 73 (train) has /dev/nvidia3 open", BLOCKS);
	expect_user(fake, DISK, "tpm", "the TPM of this host", BLOCKS);
	fake_file(fake, "connected\n", "sys/devices/pci0000:00/" DISPLAY "/drm/card0/card0-DP-1/status");
	expect_user(fake, DISPLAY, "monitor", "card0-DP-1", NOTE);
}

/* VFIO by group, by the device's own node, and by the file without a name. */
static void finds_holders_of_vfio(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device one = { "0000:05:00.0", 0x8086, 0x10ca, 0x020000, "vfio-pci", 12, 0 };
	const struct fake_device other = { "0000:06:00.0", 0x8086, 0x10ca, 0x020000, "mlx5_vfio_pci", 13, 0 };

	fake_pci(fake, &one);
	fake_pci(fake, &other);
	fake_link(fake, "../../devices/pci0000:00/0000:06:00.0/vfio-dev/vfio3", "sys/class/vfio-dev/vfio3");
	hold(fake, "70", "qemu\n", "/dev/vfio/devices/vfio3");
	hold(fake, "71", "crosvm\n", "anon_inode:[vfio-device]");
	expect_nobody(fake, "0000:05:00.0");
	fake_file(fake, "flags: 02\nvfio-device-syspath: /sys/devices/pci0000:00/0000:05:00.0\n", "proc/71/fdinfo/5");
	expect_user(fake, "0000:05:00.0", "vfio", "process 71 (crosvm)", BLOCKS);
	expect_user(fake, "0000:06:00.0", "vfio", "process 70 (qemu) has /dev/vfio/devices/vfio3 open", BLOCKS);
}

/* VMD: the disks are in a domain of their own, and go with the function that makes it. */
static void follows_vmd(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device vmd = { "0000:00:0e.0", 0x8086, 0x467f, 0x010400, "vmd", 14, 0 };
	const struct fake_device disk = { "10000:e1:00.0", 0x8086, 0xa80a, 0x010802, "nvme", 14, 0 };

	fake_pci(fake, &vmd);
	fake_pci(fake, &disk);
	fake_link(fake, "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0",
		"sys/bus/pci/devices/10000:e1:00.0");
	fake_dir(fake, "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0");
	fake_link(fake, "../../10000:e1:00.0", "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0");
	fake_link(fake, "../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0/nvme/nvme4/nvme4n1",
		"sys/class/block/nvme4n1");
	fake_file(fake, " 259 8 100 nvme4n1\n", "proc/partitions");
	mount_line(fake, "40 1 259:8 / / rw - ext4 /dev/nvme4n1 rw\n");
	expect_user(fake, "0000:00:0e.0", "mount", "10000:e1:00.0: /dev/nvme4n1 is mounted on /", BLOCKS);
}

/* One look serves all questions: the host may be gone when they are asked. */
static void questions_cost_no_look(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory = fake_inventory(fake);
	struct use_graph *graph = NULL;
	int fd = fake->root.fd;

	mount_line(fake, "40 1 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n");
	assert_int_equal(use_graph_read(&fake->root, &inventory, &graph, NULL), 0);
	fake->root.fd = -1;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < inventory.count; i++) {
			struct pci_users users = { 0 };
			char name[PCI_ADDR_TEXT_SIZE];

			assert_int_equal(use_graph_users(graph, &inventory.devices[i], &users, NULL), 0);
			if (!strcmp(pci_addr_text(inventory.devices[i].addr, name), DISK)) {
				assert_int_equal(users.count, 1);
				assert_string_equal(users.user[0].what, "/dev/nvme0n1 is mounted on /srv");
			}
			pci_users_done(&users);
		}
	fake->root.fd = fd;
	use_graph_free(graph);
	pci_inventory_done(&inventory);
}

/* A copy of a host may hold anything: what makes no sense is passed over. */
static void survives_nonsense(void **state)
{
	struct fake_sysfs *fake = *state;
	static const char *const files[] = { "proc/self/mountinfo", "proc/net/route", "proc/net/ipv6_route",
		"proc/net/tcp", "proc/net/tcp6", "proc/swaps", "proc/partitions", "proc/iomem", "proc/consoles",
		"etc/fstab", "etc/crypttab", "capture/addresses", "proc/bus/input/devices", "etc/ssh/sshd_config" };
	char text[8192];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "x 0:/\\-\n1f%"[(i * 7 + i / 11) % 11];
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < array_size(files); i++)
		fake_file(fake, text, "%s", files[i]);
	fake_link(fake, "../../devices/virtual/block/dm-0", "sys/class/block/dm-0");
	fake_link(fake, "../../dm-0", "sys/devices/virtual/block/dm-0/slaves/dm-0");
	expect_no_user(fake, NIC, "route");
	expect_no_user(fake, DISK, "mount");
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(names_every_kind_of_upper_link),
		test(finds_stacks_among_many_links),
		test(follows_open_vswitch),
		test(finds_ssh_on_any_port),
		test(knows_its_own_session),
		test(finds_the_way_back_of_a_session),
		test(finds_remote_file_systems),
		test(finds_remote_disks),
		test(finds_exports),
		test(names_arrays_and_multipath),
		test(follows_both_paths_of_a_disk),
		test(follows_files_to_loops_and_swap),
		test(notes_what_the_next_boot_wants),
		test(knows_zfs_members_by_their_label),
		test(finds_disks_and_links_behind_usb),
		test(finds_consoles),
		test(finds_the_firmwares_frame_buffer),
		test(finds_holders_of_device_nodes),
		test(finds_holders_of_vfio),
		test(follows_vmd),
		test(questions_cost_no_look),
		test(survives_nonsense),
	};

	unsetenv("SSH_CONNECTION");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
