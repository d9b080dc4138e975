// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci/user*.c: uses that lie several steps away from the function, and those that only one file of the host tells
 * about.
 */
#include "base/cleanup.h"
#include "tests/unit/user_host.h"
#include "use/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const on_eth0[] = { "eth0", NULL };

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

/*
 * The session that the command runs in is known by its environment. The address is the loopback link's, which exists.
 */
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
	user_host_mount(fake, "40 1 259:8 / / rw - ext4 /dev/nvme4n1 rw\n");
	expect_user(fake, "0000:00:0e.0", "mount", "10000:e1:00.0: /dev/nvme4n1 is mounted on /", BLOCKS);
}

/* A disk of VMD's behind a port of that domain, two levels below the function that makes it. */
static void follows_vmd_through_ports(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device vmd = { "0000:00:0e.0", 0x8086, 0x467f, 0x010400, "vmd", 14, 0 };
	const struct fake_device port = { "10000:00:01.0", 0x8086, 0x2030, 0x060400, "pcieport", 14, 0 };
	const struct fake_device disk = { "10000:01:00.0", 0x8086, 0xa80a, 0x010802, "nvme", 14, 0 };
	const char *const below = "0000:00:0e.0/pci10000:00/10000:00:01.0";

	fake_pci(fake, &vmd);
	fake_pci(fake, &port);
	fake_pci(fake, &disk);
	fake_link(fake, "../../../devices/pci0000:00/0000:00:0e.0/pci10000:00/10000:00:01.0",
		"sys/bus/pci/devices/10000:00:01.0");
	fake_link(fake, "../../../devices/pci0000:00/0000:00:0e.0/pci10000:00/10000:00:01.0/10000:01:00.0",
		"sys/bus/pci/devices/10000:01:00.0");
	fake_dir(fake, "sys/devices/pci0000:00/%s", below);
	fake_link(fake, "../../../10000:01:00.0", "sys/devices/pci0000:00/%s/10000:01:00.0", below);
	fake_link(fake, "../../10000:00:01.0", "sys/devices/pci0000:00/0000:00:0e.0/pci10000:00/port");
	fake_link(fake,
		"../../devices/pci0000:00/0000:00:0e.0/pci10000:00/10000:00:01.0/10000:01:00.0/nvme/nvme4/nvme4n1",
		"sys/class/block/nvme4n1");
	fake_file(fake, " 259 8 100 nvme4n1\n", "proc/partitions");
	user_host_mount(fake, "40 1 259:8 / / rw - ext4 /dev/nvme4n1 rw\n");
	expect_user(fake, "0000:00:0e.0", "mount", "10000:01:00.0: /dev/nvme4n1 is mounted on /", BLOCKS);
}

/* A DAX device of the function itself, with the driver that makes RAM of it; and with the one that programs open. */
static void finds_ram_of_a_function(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_link(fake, "../../../devices/pci0000:00/" NIC "/dax_region/dax1.0", "sys/bus/dax/devices/dax1.0");
	fake_file(fake, "137438953472\n", "sys/devices/pci0000:00/" NIC "/dax_region/dax1.0/size");
	expect_no_user(fake, NIC, "memory");
	fake_dir(fake, "sys/bus/dax/drivers/kmem");
	fake_link(
		fake, "../../../../../bus/dax/drivers/kmem", "sys/devices/pci0000:00/" NIC "/dax_region/dax1.0/driver");
	expect_user(fake, NIC, "memory", "128 GiB of this host's RAM is on it", BLOCKS);
}

static void finds_mediated_devices(void **state)
{
	struct fake_sysfs *fake = *state;

	fake_link(fake, "../../../devices/pci0000:00/" DISPLAY "/83b8f4f2", "sys/bus/mdev/devices/83b8f4f2");
	expect_user(fake, DISPLAY, "mdev", "mediated device 83b8f4f2", BLOCKS);
}

/* One look serves all questions: the host may be gone when they are asked. */
static void questions_cost_no_look(void **state)
{
	struct fake_sysfs *fake = *state;
	struct pci_inventory inventory = fake_inventory(fake);
	struct use_graph *graph = NULL;
	int fd = fake->root.fd;

	user_host_mount(fake, "40 1 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n");
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

#define test(name) cmocka_unit_test_setup_teardown(name, user_host_set_up, user_host_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(names_every_kind_of_upper_link),
		test(finds_stacks_among_many_links),
		test(follows_open_vswitch),
		test(finds_ssh_on_any_port),
		test(knows_its_own_session),
		test(finds_the_way_back_of_a_session),
		test(finds_consoles),
		test(finds_the_firmwares_frame_buffer),
		test(finds_holders_of_device_nodes),
		test(finds_holders_of_vfio),
		test(follows_vmd),
		test(follows_vmd_through_ports),
		test(finds_ram_of_a_function),
		test(finds_mediated_devices),
		test(questions_cost_no_look),
		test(survives_nonsense),
	};

	unsetenv("SSH_CONNECTION");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
