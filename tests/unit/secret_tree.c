// SPDX-License-Identifier: GPL-2.0-or-later
/* Secrets in every place; see secret_tree.h. */
#include "tests/unit/secret_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/card_tree.h"

#define NIC "sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0"
#define SSD "sys/devices/pci0000:00/0000:00:1d.0/0000:02:00.0"

const char *const secret_texts[] = { "\x0c\x0b\xaa\xff\xff", "aa-0b-0c", "0b:cc:dd", "0bccdd", "s4ewnx0r", "vpdserial",
	"c903:00a1", "bignat", "alice", "tresor", "geheim", "hushhush", "7f1c2b4a", "3f1c2b4a", "beadfeed", "5eed-f00d",
	"192.0.2.", "198.51.100.", "10.77.1.1", "10.77.2.15", "fd77::17", "00024d0a", "020a4d0a", "2a6433c6",
	"fe11:2233", "kundendb", "wlanpass", "supersecret", "quartz", "lockbox", "iqn.2024-01.org.kunde", "lattich",
	"magpie", "0xdeadbee1", "buchhaltung", "hiddenhost", "nightowl" };

const size_t secret_count = array_size(secret_texts);

static const struct {
	const char *path, *text;
} files[] = {
	{ "proc/sys/kernel/osrelease", "6.12.0-test\n" },
	{ "proc/sys/kernel/hostname", "bignat.hiddenhost.org\n" },
	{ "etc/hostname", "bignat\n" },
	{ "proc/sys/kernel/random/boot_id", "7f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8\n" },
	{ "proc/cmdline",
		"BOOT_IMAGE=/vmlinuz root=UUID=3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8 intel_iommu=on rd.luks.name=geheim "
		"ip=192.0.2.7 vfio-pci.ids=8086:10c9 password=hushhush BOOTIF=01-00-1b-21-0b-cc-dd quiet "
		"supersecret\n" },
	{ "sys/module/igb/parameters/max_vfs", "2\n" },
	{ "proc/sys/user/max_pid_namespaces", "96364\n" },
	{ "proc/stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n" },
	{ "proc/modules", "vfio 1 0 - Live 0xdeadbee1\nkvm 2 1 kvm_intel, Live 0xdeadbee1 (O)\n" },
	{ "proc/cpuinfo", "processor: 0\nflags: vmx\n\nprocessor: 1\nflags: vmx\n" },
	{ "proc/self/mountinfo", "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n22 1 0:33 / /home/alice/Tresor rw - nfs4 "
				 "bignat.hiddenhost.org:/buchhaltung "
				 "rw,vers=4,username=hushhush,addr=192.0.2.9,clientaddr=10.77.1.2\n" },
	{ "proc/swaps", "Filename Type Size Used Priority\n/home/alice/swapfile file 1 0 -2\n" },
	{ "etc/fstab", "# root password: hushhush\nUUID=3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8 / ext4 defaults 0 1\n"
		       "LABEL=KundenDB /srv/buchhaltung xfs nofail,x-key=hushhush 0 2\nUUID=5EED-F00D /boot/efi vfat "
		       "umask=0077\n"
		       "//bignat/share /mnt cifs credentials=/root/hushhush,password=hushhush 0 0\n" },
	{ "etc/crypttab", "lockbox UUID=7f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8 /root/hushhush luks\n" },
	{ "run/udev/data/b8:1",
		"I:123\nE:ID_FS_TYPE=ext4\nE:ID_FS_UUID=3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8\nE:ID_FS_LABEL=KundenDB\n"
		"E:ID_SERIAL_SHORT=S4EWNX0R\nE:ID_PART_ENTRY_UUID=beadfeed-01\nE:ID_PART_ENTRY_NAME=lockbox\n" },
	{ "proc/partitions", "major minor  #blocks  name\n\n 8 1 100 sda1\n" },
	{ "proc/net/route", "Iface\tDestination\n"
			    "eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t00024D0A\t00000000\t00"
			    "01\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" },
	{ "proc/net/ipv6_route", "fd770000000000000000000000000000 40 00000000000000000000000000000000 00 "
				 "00000000000000000000000000000000 "
				 "00000100 00000001 00000000 00000001 eth0\n" },
	{ "proc/net/tcp",
		"  sl  local_address rem_address\n"
		"   0: 020A4D0A:0016 2A6433C6:D431 01 00000000:00000000 00:00000000 00000000 0 0 4242 1 0 20\n"
		"   1: D7F00A4D:01BB 2A6433C6:D432 06 00000000:00000000 00:00000000 00000000 0 0 0 1 0 20\n" },
	{ "capture/addresses", "eth0 10.77.2.15/24\neth0 fd77::17/64\neth0 fe80::21b:21ff:fe11:2233/64\n" },
	{ "capture/permanent_macs", "eth0 00:1b:21:0b:cc:dd\n" },
	{ "proc/bus/input/devices", "I: Bus=0003\nN: Name=\"Alice's keyboard\"\nU: Uniq=00:1b:21:0b:cc:dd\nS: "
				    "Sysfs=/devices/x\nH: Handlers=kbd\nB: EV=120013\n" },
	{ "dev/kmsg",
		"6,7,100,-;Command line: password=hushhush\n6,8,200,-;igb 0000:01:00.0: (PCIe:2.5Gb/s) "
		"00:1b:21:0b:cc:dd\n"
		"6,9,300,-;vfio-pci 0000:01:00.0: guest quartz on bignat\n6,10,400,-;usb 1-1: SerialNumber: S4EWNX0R\n"
		"4,11,500,-;IN=eth0 OUT= SRC=192.0.2.3 DST=198.51.100.4\n5,12,600,-;audit: type=1400 "
		"name=\"/home/alice\"\n"
		"12,13,700,-;systemd[1]: Hostname set to <bignat>\n6,15,900,-;pci exe=/home/alice/memo "
		"comm=nightowl\n4,14,800,-;EXT4-fs (sda1): "
		"3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8 mounted iommu\n" },
	{ "capture/previous_kernel_logs", "-1\t10\tigb 0000:01:00.0: 00:1b:21:0b:cc:dd\n-1\t11\tProcess hushhush of "
					  "alice\n-2\t5\tsecret supersecret\n" },
	{ SSD "/vpd", "" },
	{ NIC "/infiniband/mlx5_0/node_guid", "0002:c903:00a1:b2c3\n" },
	{ SSD "/nvme/nvme0/serial", "S4EWNX0R123456      \n" },
	{ "sys/bus/pci/devices/placeholder/uevent", "" },
	{ "sys/class/iscsi_session/session1/targetname", "iqn.2024-01.org.kunde:lattich\n" },
	{ "sys/class/iscsi_connection/connection1:0/persistent_address", "198.51.100.9\n" },
	{ "sys/fs/btrfs/7f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8/label", "lockbox\n" },
	{ "sys/fs/btrfs/7f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8/allocation/data/raid1/total_bytes", "1\n" },
	{ "sys/kernel/config/nvmet/subsystems/magpie/namespaces/1/enable", "1\n" },
	{ "sys/kernel/config/nvmet/subsystems/magpie/namespaces/1/device_path", "/dev/mapper/lockbox\n" },
	{ "sys/kernel/config/target/core/iblock_0/magpie/udev_path", "/dev/kundendb/buchhaltung\n" },
	{ "sys/devices/virtual/block/dm-0/dm/uuid", "CRYPT-LUKS2-7f1c2b4a5d6e4f708192a3b4c5d6e7f8-lockbox\n" },
	{ "sys/devices/virtual/block/dm-0/dm/name", "lockbox\n" },
	{ "sys/devices/virtual/block/loop0/loop/backing_file", "/home/alice/tresor.img\n" },
	{ "etc/modprobe.d/vfio.conf",
		"# hushhush\noptions vfio-pci ids=8086:10c9 disable_vga=1\noptions cifs password=hushhush\n"
		"install nouveau /bin/sh -c 'curl supersecret'\nblacklist nouveau\n" },
	{ "etc/modules", "# quartz\nvfio-pci\nloop\n" },
	{ "etc/dracut.conf", "kernel_cmdline=\"rd.luks.key=hushhush\"\nadd_drivers+=\" vfio-pci \"\n" },
	{ "etc/udev/rules.d/10-x.rules",
		"ACTION==\"add\", KERNEL==\"0000:01:00.0\", ATTR{sriov_numvfs}=\"4\", RUN+=\"/bin/sh hushhush\"\n"
		"SUBSYSTEM==\"net\", ATTR{address}==\"00:1b:21:0b:cc:dd\", NAME=\"lan0\"\n" },
	{ "etc/rc.local",
		"#!/bin/sh\nmysql -phushhush; echo 4 > /sys/class/net/eth0/device/sriov_numvfs\necho supersecret\n" },
	{ "etc/systemd/system/vf.service",
		"[Service]\nEnvironment=TOKEN=hushhush\n"
		"ExecStart=/bin/sh -c 'echo 2 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs; curl supersecret'\n" },
	{ "etc/ssh/sshd_config", "Port 2222\nAllowUsers alice\n" },
	{ "etc/NetworkManager/system-connections/Quartz.nmconnection",
		"[connection]\nid=Quartz\nuuid=7f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8\ninterface-name=eth0\n[ethernet]"
		"\nmac-address=00:1B:21:0B:CC:DD\n"
		"[sriov]\ntotal-vfs=4\n[802-1x]\npassword=hushhush\n[ipv4]\naddress1=10.77.1.1/24\n" },
	{ "etc/NetworkManager/system-connections/Magpie.nmconnection",
		"[wifi]\nssid=Magpie\n[wifi-security]\npsk=wlanpass\n" },
	{ "etc/sysconfig/network-scripts/ifcfg-eth0", "NAME=Quartz\nDEVICE=eth0\nHWADDR=00:1b:21:0b:cc:dd\nSRIOV_TOTAL_"
						      "VFS=3\nIPADDR=10.77.1.1\nKEY=wlanpass\n" },
	{ "etc/systemd/network/10.link",
		"[Match]\nMACAddress=00:1b:21:0b:cc:dd\n[Link]\nDescription=Quartz\nSR-IOVVirtualFunctions=2\n" },
	{ "etc/netplan/01.yaml", "network:\n  wifis:\n    wlan0:\n      access-points:\n        \"Magpie\":\n          "
				 "password: wlanpass\n"
				 "  ethernets:\n    eth0:\n      addresses: [10.77.1.1/24]\n      match:\n        "
				 "macaddress: 00:1b:21:0b:cc:dd\n"
				 "      virtual-function-count: 4\n      auth:\n        password: hushhush\n" },
	{ "etc/libvirt/qemu/Quartz.xml",
		"<domain type='kvm'>\n  <name>Quartz</name>\n  <uuid>7f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8</uuid>\n"
		"  <hostdev mode='subsystem' type='pci' managed='yes'>\n    <source>\n"
		"      <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n    </source>\n  </hostdev>\n"
		"  <disk><source file='/home/alice/tresor.img'/></disk>\n  <graphics passwd='hushhush'/>\n"
		"  <interface type='bridge'>\n    <mac address='00:1b:21:0b:cc:dd'/>\n    <source "
		"bridge='buchhaltung'/>\n  </interface>\n</domain>\n" },
	{ "etc/pve/qemu-server/100.conf",
		"name: quartz\nhostpci0: 0000:01:00.0,pcie=1\nnet0: virtio=00:1B:21:0B:CC:DD\n" },
	{ "run/sluice/unclean/0000:01:00.0",
		"sluice-unclean 1\nguest=quartz\nwhy=its reset failed: Connection timed out\n"
		"identity=path=0000:00/1c.0/00.0 ids=8086:10c9:8086:a03c function=0 "
		"serial=00-1b-21-ff-ff-aa-0b-0c mac=00:1b:21:0b:cc:dd\n" },
	{ "run/sluice/autoprobe/0000:01:00.0", "1\n" },
	{ "run/sluice/devices/0000:01:00.0",
		"sluice-lease 1\ndriver=igb\noverride=\nbound=yes\nguest=quartz\n"
		"user=1000\nnode=vfio/18 0 0 600\ngeneration=12345\nvf_before=mac=00:1b:21:0b:cc:dd vlan=7\n"
		"identity=path=0000:00/1c.0/00.0 ids=8086:10c9:8086:a03c function=0 "
		"serial=00-1b-21-ff-ff-aa-0b-0c mac=00:1b:21:0b:cc:dd\nend\n" },
	{ "run/sluice/ended/quartz", "1700000000\nguest quartz crashed at 192.0.2.1\n" },
	{ "run/sluice/guests/quartz/lock", "" },
	{ "run/sluice/guests/quartz/guest.json", "{\"name\": \"quartz\", \"pid\": 70, \"vmm_pid\": 71, \"cpus\": 1, "
						 "\"memory\": 1048576, \"page_size\": 4096, \"started\": 1700000000, "
						 "\"console_socket\": false, \"devices\": [\"0000:01:00.0\"]}" },
	{ "run/sluice/guests/quartz/log", "hushhush\n" },
	{ "var/lib/sluice/devices.json",
		"{\"format_version\": \"1.0\", \"time\": \"2026-01-01T00:00:00Z\", \"kernel\": \"6.12.0\", "
		"\"boot_id\": "
		"\"7f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8\", \"devices\": [{\"address\": \"0000:01:00.0\", \"identity\": "
		"\"path=0000:00/1c.0/00.0 ids=8086:10c9:8086:a03c function=0 serial=00-1b-21-ff-ff-aa-0b-0c "
		"mac=00:1b:21:0b:cc:dd\", \"driver\": "
		"\"igb\", \"group\": 1, \"acs\": -1, \"netdevs\": [\"eth0\", \"enx001b210bccdd\"]}]}" },
	{ "boot/config-6.12.0-test", "CONFIG_INTEL_IOMMU=y\nCONFIG_DEFAULT_HOSTNAME=\"bignat\"\nCONFIG_CMDLINE="
				     "\"hushhush\"\nCONFIG_VFIO=m\n" },
	{ "boot/efi/EFI/debian/grub.cfg",
		"search.fs_uuid 3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8 root\nconfigfile $prefix/grub.cfg\n" },
	{ "etc/kernel/cmdline", "root=UUID=3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8 password=hushhush\n" },
	{ "lib/modules/6.12.0-test/modules.alias",
		"alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb\nalias pci:v00001234d00005678sv*sd*bc*sc*i* quartz\n" },
	{ "lib/modules/6.12.0-test/modules.dep",
		"kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/x.ko\nkernel/extra/supersecret.ko:\n" },
	{ "proc/71/comm", "sluice-vmm\n" },
	{ "proc/71/stat", "71 (sluice-vmm) S 70 1\n" },
	{ "proc/71/cmdline", "sluice-vmm\0hushhush" },
	{ "proc/71/environ", "TOKEN=hushhush" },
	{ "proc/71/fdinfo/4", "pos:\t0\nflags:\t0100002\nmnt_id:\t15\n" },
	{ "proc/80/comm", "hushhush\n" },
	{ "proc/80/stat", "80 (hushhush) S 1 1\n" },
	{ "dev/null", "" },
	{ "home/alice/notes", "supersecret\n" },
	{ "etc/shadow", "root:hushhush\n" },
};

static const struct {
	const char *path, *target;
} links[] = {
	{ "sys/class/iommu/dmar0", "../../devices/virtual/iommu/dmar0" },
	{ "sys/class/block/dm-0", "../../devices/virtual/block/dm-0" },
	{ "sys/class/block/loop0", "../../devices/virtual/block/loop0" },
	{ "sys/class/nvme/nvme0", "../../devices/pci0000:00/0000:00:1d.0/0000:02:00.0/nvme/nvme0" },
	{ "dev/mapper/lockbox", "../dm-0" },
	{ "dev/disk/by-uuid/3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8", "../../sda1" },
	{ "dev/disk/by-uuid/5EED-F00D", "../../sda2" },
	{ "dev/disk/by-label/KundenDB", "../../sda1" },
	{ "dev/disk/by-id/ata-Disk_S4EWNX0R", "../../sda" },
	{ "proc/71/fd/4", "/dev/vfio/1" },
	{ "proc/71/fd/5", "/home/alice/tresor.img" },
	{ "proc/80/fd/1", "/home/alice/notes" },
	{ "proc/90/fd", "fd" },
	{ "etc/modprobe.d/masked.conf", "/dev/null" },
	{ "etc/libvirt/qemu/autostart/Quartz.xml", "/etc/libvirt/qemu/Quartz.xml" },
};

static void put_vpd(const struct temp_tree *tree)
{
	static const char vpd[] = "\x82\x04\x00"
				  "Card"
				  "\x90\x15\x00"
				  "PN\x04"
				  "1234"
				  "SN\x09"
				  "VPDSERIAL"
				  "RV\x00"
				  "\x78";
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" SSD "/vpd", tree->path);
	file = fopen(path, "w");
	if (!file)
		abort();
	fwrite(vpd, 1, sizeof(vpd), file);
	fclose(file);
}

void secret_tree_put(const struct temp_tree *tree)
{
	static const struct card nic = { .chain = "0000:00:1c.0/0000:01:00.0",
		.class = 0x020000,
		.vendor = 0x8086,
		.device = 0x10c9,
		.driver = "vfio-pci",
		.group = 1,
		.serial = "00-1b-21-ff-ff-aa-0b-0c",
		.netdev = "eth0",
		.mac = "00:1b:21:0b:cc:dd" };
	static const struct card ssd = { .chain = "0000:00:1d.0/0000:02:00.0",
		.class = 0x010802,
		.vendor = 0x144d,
		.device = 0xa808,
		.driver = "nvme",
		.group = 2 };

	for (size_t i = 0; i < array_size(files); i++)
		if (!strstr(files[i].path, "placeholder"))
			temp_tree_file(tree, files[i].path, files[i].text);
	card_put(tree, &nic);
	card_put(tree, &ssd);
	put_vpd(tree);
	for (size_t i = 0; i < array_size(links); i++)
		temp_tree_link(tree, links[i].path, links[i].target);
	temp_tree_dir(tree, "sys/devices/virtual/iommu/dmar0/intel-iommu");
}
