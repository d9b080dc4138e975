// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on cards that can be split, on who else sets them up, on single devices, and on what the kernel's log says
 * of them.
 */
#include "tests/unit/doctor_recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "doctor/checks.h"

#define START "6,0,1,-;Linux version 6.12.0-amd64\n"
#define START_BEFORE "-1\t0\tLinux version 6.12.0-amd64\n"
#define FAULT                                                                                                          \
	"3,8,1,-;DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x1000 [fault reason 0x06] PTE Read "   \
	"access is not set\n"
#define FAULT_BEFORE(address)                                                                                          \
	"-1\t9\tDMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr " address                                \
	" [fault reason 0x06] PTE Read access is not set\n"

static const struct recipe recipes[] = {
	/* cards that can be split */
	{ CODE_VF_FW_OFF, NULL, CHECK_WARN, "allows no VFs", "sriov_totalvfs: 0",
		"device level configuration, virtualization mode", { DEV(PF, "sriov_totalvfs|0\n") } },
	{ CODE_VF_FW_OFF, TWIN_ONE, CHECK_WARN, "allows no VFs", "does not exist",
		"mstconfig -d " TWIN_ONE " set SRIOV_EN=1",
		{ DEV(TWIN_ONE, "uevent|PCI_CLASS=20000\nPCI_ID=15B3:1017\n") } },
	{ CODE_VF_FW_OFF, TWIN_ONE, CHECK_WARN, "allows no VFs", "does not exist",
		"devlink dev param set pci/" TWIN_ONE " name enable_sriov value true cmode permanent",
		{ DEV(TWIN_ONE, "uevent|DRIVER=bnxt_en\nPCI_CLASS=20000\nPCI_ID=14E4:16D8\n") } },
	{ CODE_VF_FW_OFF, TWIN_ONE, CHECK_WARN, "allows no VFs", "does not exist", "sfboot switch-mode=sriov vf-count=",
		{ DEV(TWIN_ONE, "uevent|DRIVER=sfc\nPCI_CLASS=20000\nPCI_ID=1924:0A03\n") } },
	{ CODE_VF_FW_OFF, TWIN_ONE, CHECK_WARN, "allows no VFs", "does not exist", "nvmupdate64e",
		{ DEV(TWIN_ONE, "uevent|DRIVER=i40e\nPCI_CLASS=20000\nPCI_ID=8086:1572\n") } },
	/* An I210 has no VFs, whatever its set-up says; nor has a Mellanox device that is no network card. */
	{ CODE_VF_FW_OFF, TWIN_ONE, CHECK_SKIPPED, "", "", "",
		{ DEV(TWIN_ONE, "uevent|DRIVER=igb\nPCI_CLASS=20000\nPCI_ID=8086:1533\n") } },
	{ CODE_VF_FW_OFF, TWIN_ONE, CHECK_SKIPPED, "", "", "",
		{ DEV(TWIN_ONE, "uevent|PCI_CLASS=88000\nPCI_ID=15B3:C2D2\n") } },
	{ CODE_VF_NOMEM, NULL, CHECK_WARN, "no room for 128 KiB of registers of 8 VFs below 0000:00:01.0",
		"without address", "pci=realloc",
		{ DEV(PF, "resource|0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n"
			  "0x0000000000000000 0x000000000001ffff 0x0000000020140204\n") } },
	{ CODE_VF_NOMEM, PF, CHECK_WARN, "no room for the registers of 8 VFs below 0000:00:01.0", "capability has some",
		"pci=realloc",
		{ DEV(PF, "resource|0x90000000 0x9001ffff 0x40200\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n"),
			"#" DEV(PF, "config|00=8680c910;06=1000;34=70;70=11800900;80=10000200;100=10000100;124="
				    "04000000") } },
	{ CODE_VF_NOMEM, PF, CHECK_UNMEASURED, "cannot be read", "", "",
		{ DEV(PF, "resource|0x90000000 0x9001ffff 0x40200\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 "
			  "0\n") } },
	{ CODE_VF_BUS_RANGE, NULL, CHECK_WARN, "4 of 8 VFs", "first VF at +248, then every 2; last bus 01",
		"pci=assign-busses", { DEV(PF, "sriov_offset|248\n") } },
	{ CODE_PF_RULE, NULL, CHECK_WARN, "igb makes VFs whenever it is loaded", "igb/parameters/max_vfs is not 0",
		"grep -r max_vfs /etc/modprobe.d", { "sys/module/igb/parameters/max_vfs|2\n" } },
	{ CODE_PF_RULE, NULL, CHECK_WARN, "bnxt_en makes VFs only while", "/sys/class/net/eth0/flags",
		"ip link set eth0 up",
		{ DEV(PF, "uevent|DRIVER=bnxt_en\nPCI_CLASS=20000\nPCI_ID=14E4:16D8\n"),
			"@" DEV(PF, "driver|/x/drivers/bnxt_en"), "sys/class/net/eth0/flags|0x1002\n" } },
	{ CODE_PF_RULE, NULL, CHECK_WARN, "irdma takes as many", "/sys/module/irdma", "modprobe -r irdma",
		{ DEV(PF, "uevent|DRIVER=ice\nPCI_CLASS=20000\nPCI_ID=8086:159B\n"),
			"@" DEV(PF, "driver|/x/drivers/ice"), "sys/module/irdma/refcnt|0\n",
			"sys/devices/system/cpu/online|0-479\n" } },
	{ CODE_PF_RULE, NULL, CHECK_OK, "ice will make VFs", "", "",
		{ DEV(PF, "uevent|DRIVER=ice\nPCI_CLASS=20000\nPCI_ID=8086:159B\n"),
			"@" DEV(PF, "driver|/x/drivers/ice") } },
	{ CODE_VF_TOKEN, NULL, CHECK_WARN, "its 3 VFs open only with the token", "driver vfio-pci",
		"sluice release " PF,
		{ DEV(PF, "uevent|DRIVER=vfio-pci\nPCI_CLASS=20000\nPCI_ID=8086:10C9\n"),
			"@" DEV(PF, "driver|/x/drivers/vfio-pci"), VF(0), VF(1), VF(2) } },
	{ CODE_VF_AUTOPROBE, NULL, CHECK_OK, "igbvf has 2 of its VFs, from " VF_ZERO " on",
		"sriov_drivers_autoprobe: 1", "", { VF(0), VF(1), VF_FILES(0, "igbvf"), VF_FILES(1, "igbvf") } },
	{ CODE_VF_AUTOPROBE, NULL, CHECK_OK, "off: new VFs meet no driver", "sriov_drivers_autoprobe: 0", "",
		{ DEV(PF, "sriov_drivers_autoprobe|0\n") } },
	{ CODE_VF_AUTOPROBE, NULL, CHECK_WARN, "that was killed did not switch it on again",
		"sriov_drivers_autoprobe: 0", "sluice release " PF,
		{ DEV(PF, "sriov_drivers_autoprobe|0\n"), "run/sluice/autoprobe/" PF "|1\n" } },
	{ CODE_VF_NO_MAC, VF_ZERO, CHECK_UNMEASURED, "not captured", "", "", { VF(0), VF_FILES(0, "igbvf") } },
	{ CODE_PF_DOWN, NULL, CHECK_WARN, "eth0 is switched off", "flags 0x1002", "ip link set eth0 up",
		{ "sys/class/net/eth0/flags|0x1002\n" } },

	/* managers */
	{ CODE_NM_OWNS_VFS, NULL, CHECK_WARN,
		"makes it 4 VFs when the connection 'lan' comes up, and 0 when it goes down",
		"/etc/NetworkManager/system-connections/lan.nmconnection:5", "preserve-on-down",
		{ "etc/NetworkManager/system-connections/"
		  "lan.nmconnection|[connection]\nid=lan\ninterface-name=eth0\n[sriov]\n"
		  "total-vfs=4\n" } },
	{ CODE_NM_OWNS_VFS, PF, CHECK_OK, "makes it 4 VFs", "lan.nmconnection", "",
		{ "etc/NetworkManager/system-connections/lan.nmconnection|[connection]\nid=lan\n[ethernet]\n"
		  "mac-address=02:00:00:00:00:01\n[sriov]\ntotal-vfs=4\npreserve-on-down=1\n",
			VF(0), VF(1), VF(2), VF(3) } },
	{ CODE_MANAGER_FIGHTS, NULL, CHECK_WARN, "netplan makes it 6 VFs", "/etc/netplan/n.yaml:5", "n.yaml:5 say 0",
		{ "etc/netplan/n.yaml|network:\n  version: 2\n  ethernets:\n    eth0:\n      virtual-function-count: "
		  "6\n" } },
	{ CODE_MANAGER_FIGHTS, NULL, CHECK_WARN, "netplan makes it 2 VFs", "/etc/netplan/n.yaml:7", "",
		{ "etc/netplan/n.yaml|network:\n  ethernets:\n    pf:\n      match:\n        macaddress: "
		  "\"02:00:00:00:00:01\"\n"
		  "    vf0:\n      link: pf\n    vf1:\n      link: pf\n" } },
	{ CODE_MANAGER_FIGHTS, NULL, CHECK_WARN, "systemd-udevd makes it 2 VFs when the network device appears",
		"/etc/systemd/network/10-pf.link:4", "",
		{ "etc/systemd/network/"
		  "10-pf.link|[Match]\nPath=pci-0000:01:00.0\n[Link]\nSR-IOVVirtualFunctions=2\n" } },
	{ CODE_MANAGER_FIGHTS, NULL, CHECK_OK, "systemd-networkd sets up its VFs", "/etc/systemd/network/p.network:3",
		"", { "etc/systemd/network/p.network|[Match]\nName=eth*\n[SR-IOV]\nVirtualFunction=0\nVLANId=5\n" } },
	{ CODE_MANAGER_FIGHTS, TWIN_ONE, CHECK_WARN, "driverctl binds it to vfio-pci",
		"/etc/driverctl.d/pci-" TWIN_ONE ":1", "or let driverctl have its way",
		{ "etc/driverctl.d/pci-" TWIN_ONE "|vfio-pci\n" } },
	{ CODE_MANAGER_FIGHTS, TWIN_ONE, CHECK_WARN, "udev binds it to vfio-pci", "/etc/udev/rules.d/9.rules:1", "",
		{ "etc/udev/rules.d/9.rules|ACTION==\"add\", KERNEL==\"" TWIN_ONE
		  "\", ATTR{driver_override}=\"vfio-pci\"\n" } },
	{ CODE_MANAGER_FIGHTS, TWIN_TWO, CHECK_OK, "none is set up", "", "",
		{ "etc/udev/rules.d/9.rules|ACTION==\"add\", KERNEL==\"" TWIN_ONE
		  "\", ATTR{driver_override}=\"vfio-pci\"\n" } },
	{ CODE_MANAGER_FIGHTS, PF, CHECK_WARN, "udev makes it 7 VFs", "/etc/udev/rules.d/9.rules:2", "",
		{ "etc/udev/rules.d/9.rules|# VFs\nACTION==\"add\", SUBSYSTEM==\"net\", ENV{ID_NET_DRIVER}==\"igb\", "
		  "ATTR{device/sriov_numvfs}=\"7\"\n" } },
	{ CODE_MANAGER_FIGHTS, PF, CHECK_WARN, "boot script makes it 3 VFs", "/etc/rc.local:2", "",
		{ "etc/rc.local|#!/bin/sh\necho 3 > /sys/class/net/eth0/device/sriov_numvfs\n" } },
	{ CODE_MANAGER_FIGHTS, PF, CHECK_WARN, "boot script makes it 5 VFs", "/etc/sysfs.d/vf.conf:1", "",
		{ "etc/sysfs.d/vf.conf|bus/pci/devices/" PF "/sriov_numvfs = 5\n" } },
	{ CODE_MANAGER_FIGHTS, PF, CHECK_WARN, "has igb make it VFs while it is loaded (max_vfs=7)",
		"/etc/modprobe.d/i.conf:1", "", { "etc/modprobe.d/i.conf|options igb max_vfs=7\n" } },
	{ CODE_MANAGER_FIGHTS, TWIN_ONE, CHECK_OK, "gives it to guest 'web' when that starts, which is at boot",
		"/etc/libvirt/qemu/web.xml:5", "",
		{ "etc/libvirt/qemu/web.xml|<domain>\n  <name>web</name>\n  <hostdev mode='subsystem' type='pci' "
		  "managed='yes'>\n"
		  "    <source>\n      <address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>\n    "
		  "</source>\n"
		  "    <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>\n  "
		  "</hostdev>\n</domain>\n",
			"@etc/libvirt/qemu/autostart/web.xml|../web.xml", "etc/libvirt/qemu/autostart/x|" } },
	{ CODE_MANAGER_FIGHTS, TWIN_TWO, CHECK_WARN, "proxmox gives the whole slot to guest 101",
		"/etc/pve/qemu-server/101.conf:2", "decide for one",
		{ "etc/pve/qemu-server/101.conf|memory: 512\nhostpci0: 0000:03:00,pcie=1\n",
			"run/sluice/devices/" TWIN_TWO "|sluice-lease 1\ndriver=e1000e\nbound=1\nend\n" } },
	{ CODE_MANAGER_FIGHTS, PF, CHECK_WARN, "the last word at boot has netplan", "/etc/systemd/network/1.link:4", "",
		{ "etc/systemd/network/1.link|[Match]\nOriginalName=eth0\n[Link]\nSR-IOVVirtualFunctions=2\n",
			"etc/netplan/n.yaml|network:\n  ethernets:\n    eth0:\n      virtual-function-count: 6\n" } },

	/* one device */
	{ CODE_DEV_POWER, PF, CHECK_FAIL, "does not change", "runtime_status error", "d3cold_allowed",
		{ DEV(PF, "power/runtime_status|error\n") } },
	{ CODE_GROUP_SHARED, TWIN_TWO, CHECK_WARN, "group 4 also holds " GPU, "entries", "same guest",
		{ "@sys/kernel/iommu_groups/4/devices/" GPU "|/x/y" } },
	{ CODE_BRIDGE_IN_GROUP, TWIN_TWO, CHECK_WARN, "bridge 0000:00:02.0 is with vfio-pci", "driver: vfio-pci",
		"sluice release 0000:00:02.0",
		{ "@sys/kernel/iommu_groups/4/devices/0000:00:02.0|/x/y",
			DEV("0000:00:02.0", "uevent|DRIVER=vfio-pci\nPCI_CLASS=60400\nPCI_ID=8086:1902\n"),
			"@" DEV("0000:00:02.0", "driver|/x/drivers/vfio-pci") } },
	{ CODE_BRIDGE_IN_GROUP, TWIN_TWO, CHECK_OK, "stays as it is", "pcieport", "",
		{ "@sys/kernel/iommu_groups/4/devices/0000:00:02.0|/x/y" } },
	{ CODE_NO_RESET, TWIN_TWO, CHECK_FAIL, "no way to reset it", "reset_method:", "--allow-no-reset",
		{ DEV(TWIN_TWO, "reset_method|\n") } },
	{ CODE_RESET_WEAK, TWIN_TWO, CHECK_WARN, "its power state is the only way", "pm", "one tenant",
		{ DEV(TWIN_TWO, "reset_method|pm\n") } },
	{ CODE_RESET_WEAK, TWIN_ONE, CHECK_OK, "by pm", "", "", { "proc/cmdline|quiet\n" } },
	{ CODE_VECTORS_SHORT, PF, CHECK_WARN, "it may want 10, the host has 4", "VECTOR: 4 available", "ethtool -L",
		{ "sys/kernel/debug/irq/domains/VECTOR|Online bitmaps: 1\nGlobal available:      4\n" } },
	{ CODE_NUMA_FAR, PF, CHECK_WARN, "node 1, which has no memory", "node1: MemTotal 0 kB", "put memory",
		{ DEV(PF, "numa_node|1\n"), "sys/devices/system/node/node1/meminfo|Node 1 MemTotal: 0 kB\n",
			"sys/devices/system/node/node1/cpulist|2-3\n" } },
	{ CODE_NUMA_FAR, PF, CHECK_WARN, "does not say which of 2 nodes", "numa_node: -1", "_PXM",
		{ DEV(PF, "numa_node|-1\n"), "sys/devices/system/node/node1/meminfo|Node 1 MemTotal: 5 kB\n" } },
	{ CODE_NUMA_FAR, PF, CHECK_OK, "node 0, with processors 0-1", "", "",
		{ "sys/devices/system/node/node1/meminfo|Node 1 MemTotal: 5 kB\n" } },
	{ CODE_HUGEPAGES_NODE, PF, CHECK_WARN, "none is free on its node 0, 16 are elsewhere",
		"node0/hugepages: 0 of 4", "/sys/devices/system/node/node0/hugepages",
		{ "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages|20\n",
			"sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages|16\n",
			"sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages|4\n",
			"sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages|0\n",
			"sys/devices/system/node/node1/meminfo|Node 1 MemTotal: 5 kB\n" } },
	{ CODE_HUGEPAGES_NODE, PF, CHECK_OK, "3 free on node 0", "", "",
		{ "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages|20\n",
			"sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages|16\n",
			"sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages|4\n",
			"sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages|3\n",
			"sys/devices/system/node/node1/meminfo|Node 1 MemTotal: 5 kB\n" } },
	{ CODE_LINK_SLOW, PF, CHECK_WARN, "x4 at 8.0 GT/s of x8 at 8.0: the slot could do more",
		"its port 0000:00:01.0: width 16", "seat the card anew", { DEV(PF, "current_link_width|4\n") } },
	{ CODE_LINK_SLOW, PF, CHECK_WARN, "the slot cannot do more", "width 4, 8000 MT/s",
		"move the card to a slot that has x8",
		{ DEV(PF, "current_link_width|4\n"), DEV("0000:00:01.0", "max_link_width|4\n") } },
	{ CODE_LINK_SLOW, GPU, CHECK_OK, "faster when it works", "", "",
		{ DEV(GPU, "current_link_width|8\n"), DEV(GPU, "max_link_width|8\n"),
			DEV(GPU, "current_link_speed|2.5 GT/s PCIe\n"), DEV(GPU, "max_link_speed|8.0 GT/s PCIe\n") } },
	{ CODE_BOOT_DISPLAY, GPU, CHECK_FAIL, "framebuffer lies in its registers", "c0000000-c07fffff : BOOTFB",
		"simple-framebuffer.0", { "proc/iomem|c0000000-cfffffff : PCI\n  c0000000-c07fffff : BOOTFB\n" } },
	{ CODE_BOOT_DISPLAY, GPU, CHECK_FAIL, "framebuffer", "BOOTFB", "simple-framebuffer.0",
		{ "proc/iomem|00000000-00000000 : PCI Bus\n  00000000-00000000 : " GPU
		  "\n    00000000-00000000 : BOOTFB\n" } },
	{ CODE_BOOT_DISPLAY, GPU, CHECK_OK, "no framebuffer", "", "",
		{ "proc/iomem|00000000-00000000 : " TWIN_ONE "\n  00000000-00000000 : BOOTFB\n00000000-00000000 : " GPU
		  "\n" } },
	{ CODE_DRIVER_HELD, GPU, CHECK_WARN, "nvidia-persistenced keeps nvidia in use", "/proc/812/comm",
		"systemctl stop nvidia-persistenced", { "proc/812/comm|nvidia-persiste\n" } },
	{ CODE_DRIVER_HELD, GPU, CHECK_OK, "no service", "", "", { "proc/812/comm|bash\n" } },
	{ CODE_PCIE_ERRORS, NULL, CHECK_WARN, "2 fatal and 0 others", "aer_dev_fatal 2", "AER",
		{ DEV(PF, "aer_dev_fatal|DLP 2\nTOTAL_ERR_FATAL 2\n") } },
	{ CODE_PCIE_ERRORS, PF, CHECK_OK, "none that lost", "aer_dev_correctable 7", "", { "proc/cmdline|quiet\n" } },

	/* the log */
	{ CODE_IOMMU_FAULTS, NULL, CHECK_WARN, "2 faults under its driver igb in boot -1", "[01:00.0]",
		"update the kernel",
		{ "capture/previous_kernel_logs|" START_BEFORE FAULT_BEFORE("0x1000") FAULT_BEFORE("0x2000") } },
	{ CODE_IOMMU_FAULTS, PF, CHECK_WARN, "2476 faults (2474 of them not printed) under its driver igb in this boot",
		"fault addr", "update the kernel, whose igb gives it wrong addresses",
		{ "dev/kmsg|" START FAULT FAULT "4,9,1,-;dmar_fault: 2474 callbacks suppressed\n" } },
	{ CODE_IOMMU_FAULTS, NULL, CHECK_WARN, "2474 messages in this boot", "callbacks suppressed",
		"sluice faults --follow", { "dev/kmsg|" START "4,9,1,-;dmar_fault: 2474 callbacks suppressed\n" } },
	{ CODE_IOMMU_FAULTS, NULL, CHECK_WARN, "registers read as ones", "SID ffff", "power the host off",
		{ "dev/kmsg|" START "3,9,1,-;DMAR: VT-d detected Invalidation Time-out Error: SID ffff\n" } },
	{ CODE_IOMMU_FAULTS, PF, CHECK_WARN, "not answered", "SID 100", "pci=noats",
		{ "dev/kmsg|" START "3,9,1,-;DMAR: VT-d detected Invalidation Time-out Error: SID 100\n" } },
	{ CODE_IOMMU_FAULTS, NULL, CHECK_WARN, "read as ones", "reg ffffffff", "power the host off",
		{ "dev/kmsg|" START "3,9,1,-;DMAR: DRHD: handling fault status reg ffffffff\n" } },
	{ CODE_IOMMU_FAULTS, NULL, CHECK_UNMEASURED, "its beginning is gone", "without its first", "journalctl",
		{ "dev/kmsg|6,900,1,-;usb 1-1: new device\n" } },
	{ CODE_IOMMU_FAULTS, NULL, CHECK_UNMEASURED, "cannot be read", "", "", { "-dev/kmsg" } },
	{ CODE_FIRMWARE_BUG, NULL, CHECK_WARN, "DMAR table is wrong (1 time, this boot)", "[Firmware Bug]",
		"update the firmware",
		{ "dev/kmsg|4,9,1,-;DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address 0!\n" } },
	{ CODE_FIRMWARE_BUG, NULL, CHECK_UNMEASURED, "its beginning is gone", "without its first", "journalctl",
		{ "dev/kmsg|6,900,1,-;usb 1-1: new device\n" } },
	{ CODE_BAR_CONFLICT, GPU, CHECK_WARN, "something else has its registers", "can't reserve", "BOOTFB",
		{ "dev/kmsg|3,9,1,-;vfio-pci " GPU
		  ": BAR 0: can't reserve [mem 0xc0000000-0xcfffffff 64bit pref]\n" } },
	/* It got its place later. */
	{ CODE_BAR_CONFLICT, NULL, CHECK_OK, "none in this boot and 1 before", "", "",
		{ "dev/kmsg|" START "6,9,1,-;pci " PF ": BAR 0: failed to assign [mem size 0x00020000]\n" } },
	{ CODE_VF_CREATE_FAILED, PF, CHECK_WARN, "no room", "not enough MMIO resources", "pci=realloc",
		{ "dev/kmsg|3,9,1,-;igb " PF ": not enough MMIO resources for SR-IOV\n" } },
	/* One cause has one message's evidence, however many others are about the same device. */
	{ CODE_VF_CREATE_FAILED, PF, CHECK_WARN, "bus number that is not behind its port", "bus 04 out of range", "ARI",
		{ "dev/kmsg|" START "3,8,1,-;igb " PF ": can't enable 7 VFs (bus 04 out of range of [bus 01-03])\n"
		  "3,9,2,-;igb " PF ": 7 VFs requested; only 2 enabled\n" } },
	{ CODE_VF_CREATE_FAILED, PF, CHECK_WARN, "fewer VFs than were asked for", "only 2 enabled", "",
		{ "dev/kmsg|" START "3,8,1,-;igb " PF ": can't enable 7 VFs (bus 04 out of range of [bus 01-03])\n"
		  "3,9,2,-;igb " PF ": 7 VFs requested; only 2 enabled\n" } },
	/* What 3.13 said. */
	{ CODE_VF_CREATE_FAILED, PF, CHECK_WARN, "bus number that is not behind its port", "out of range", "",
		{ "capture/previous_kernel_logs|" START_BEFORE "-1\t9\tigb " PF
		  ": SR-IOV: bus number out of range\n" } },
	{ CODE_PROBE_FAILED, NULL, CHECK_WARN, "driver failed", "error -22", "journalctl -k -g " TWIN_TWO,
		{ "dev/kmsg|4,9,1,-;vfio-pci: probe of " TWIN_TWO " failed with error -22\n",
			"-" DEV(TWIN_TWO, "driver"), DEV(TWIN_TWO, "uevent|PCI_CLASS=20000\nPCI_ID=8086:10D3\n") } },
	{ CODE_PROBE_FAILED, NULL, CHECK_OK, "none", "", "",
		{ "dev/kmsg|" START
		  "4,9,1,-;probe of rtc_cmos failed with error -16\n4,9,1,-;e1000e: probe of " TWIN_TWO
		  " failed with error -2\n" } },
	/* Another message says why: that one is told. */
	{ CODE_PROBE_FAILED, NULL, CHECK_OK, "none", "", "",
		{ "dev/kmsg|" START "4,8,1,-;vfio-pci " TWIN_TWO
		  ": 8086:10d3 exists in vfio-pci device denylist, driver probing disallowed.\n"
		  "4,9,1,-;vfio-pci: probe of " TWIN_TWO " failed with error -22\n",
			"-" DEV(TWIN_TWO, "driver"), DEV(TWIN_TWO, "uevent|PCI_CLASS=20000\nPCI_ID=8086:10D3\n") } },
	{ CODE_VFIO_REFUSED, NULL, CHECK_WARN, "reserves memory", "ineligible", "DEV-RESERVED-MEMORY",
		{ "dev/kmsg|4,9,1,-;vfio-pci " TWIN_TWO
		  ": DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR requirement.  Contact "
		  "your platform vendor.\n" } },
	{ CODE_VFIO_REFUSED, NULL, CHECK_WARN, "a device that is not here now: its user kept it", "09:00.0",
		"end that program",
		{ "dev/kmsg|" START "4,9,1,-;vfio-pci 0000:09:00.0: Relaying device request to user (#20)\n" } },
	{ CODE_RESET_FAILED, GPU, CHECK_WARN, "did not come back", "giving up", "power the host off",
		{ "dev/kmsg|4,9,1,-;vfio-pci " GPU ": not ready 65535ms after FLR; giving up\n" } },
	{ CODE_MSI_DENIED, PF, CHECK_WARN, "no MSI or MSI-X", "can't enable MSI-X", "",
		{ "dev/kmsg|4,9,1,-;igb " PF ": can't enable MSI-X (MSI already enabled)\n" } },
	/* A line that nobody took interrupts of: who has it stands in the evidence. */
	{ CODE_MSI_DENIED, NULL, CHECK_WARN, "line was switched off",
		"IO-APIC 16-fasteoi vfio-intx(0000:01:00.0), ehci_hcd", "INTx",
		{ "dev/kmsg|" START "3,8,1,-;irq 16: nobody cared (try booting with the \"irqpoll\" option)\n"
		  "3,9,2,-;handlers:\n0,10,3,-;Disabling IRQ #16\n",
			"proc/interrupts|      CPU0  CPU1\n 116:  1  2  PCI-MSI x\n  16:  0  100000  IO-APIC "
			"16-fasteoi "
			"vfio-intx(0000:01:00.0), ehci_hcd\n" } },
	/* What user space wrote is no word of the kernel's: facility 1 and up. */
	{ CODE_MSI_DENIED, NULL, CHECK_OK, "none", "", "",
		{ "dev/kmsg|" START "12,9,1,-;igb " PF ": can't enable MSI-X (MSI already enabled)\n" } },
	/* The same in an earlier boot is another finding. */
	{ CODE_MSI_DENIED, PF, CHECK_WARN, "(1 time, this boot)", "can't enable MSI-X", "",
		{ "dev/kmsg|" START "4,9,1,-;igb " PF ": can't enable MSI-X (MSI already enabled)\n",
			"capture/previous_kernel_logs|" START_BEFORE "-1\t9\tigb " PF
			": can't enable MSI-X (MSI already enabled)\n" } },
	{ CODE_MSI_DENIED, NULL, CHECK_UNMEASURED, "cannot be read", "", "", { "-dev/kmsg" } },
	/* NVMe speaks by a name of its own. */
	{ CODE_PROBE_FAILED, NULL, CHECK_WARN, "NVMe controller did not get ready", "nvme2", "virt-mgmt",
		{ "dev/kmsg|" START "6,8,1,-;nvme nvme2: pci function " TWIN_TWO
		  "\n3,9,2,-;nvme nvme2: Device not ready; aborting initialisation, CSTS=0x2\n",
			"-" DEV(TWIN_TWO, "driver"), DEV(TWIN_TWO, "uevent|PCI_CLASS=20000\nPCI_ID=8086:10D3\n") } },
};

/* What the kernel says is found by a check of the log, or is the evidence of the check that finds something missing. */
static void each_cause_has_a_check(void **state)
{
	(void)state;
	for (const struct message_cause *cause = message_cause_next(NULL); cause; cause = message_cause_next(cause)) {
		bool found = cause->stops != MESSAGE_STOPS_NOTHING;

		for (const struct check *at = log_checks; at->run && !found; at++)
			found = at->code == cause->code;
		if (!found)
			fail_msg("no check of the log tells \"%s\"", cause->means);
	}
}

static void each_recipe(void **state)
{
	(void)state;
	recipes_follow(recipes, array_size(recipes));
}

/* No check is without a recipe for a long time: codes with trouble to tell are counted. */
static void enough_codes(void **state)
{
	(void)state;
	assert_true(recipes_codes(recipes, array_size(recipes)) >= 28);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_recipe),
		cmocka_unit_test(each_cause_has_a_check),
		cmocka_unit_test(enough_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
