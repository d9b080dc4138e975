// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on a made-up host that is in order, and on the same host with one thing spoiled at a time: each recipe must yield
 * its code, the culprit, the file that shows it and a remedy for this distribution; the good host must yield no complaint.
 */
#include "tests/unit/doctor_host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	SPOILS_MAX = 10,
};

#define VF_ZERO "0000:01:10.0"
/* A VF with a driver, beside VF(index). */
#define VF_FILES(index, driver)                                                                                        \
	DEV("0000:01:10." #index, "uevent|DRIVER=" driver "\nPCI_CLASS=20000\nPCI_ID=8086:10CA\n"),                    \
		"@" DEV("0000:01:10." #index, "driver|/x/drivers/" driver),                                            \
		"@" DEV("0000:01:10." #index, "physfn|../" PF)

struct recipe {
	enum code code;
	const char *device; /* named; NULL: the host */
	enum check_state state;
	const char *says, *evidence, *fix;
	const char *spoil[SPOILS_MAX]; /* doctor_host_change() */
};

/* Recipes ---------------------------------------------------------------------------------------------------------- */

static const struct recipe recipes[] = {
	/* kernel, processor, memory */
	{ CODE_KERNEL_OLD, NULL, CHECK_FAIL, "5.10.0", "osrelease: 5.10.0", "5.15",
		{ "proc/sys/kernel/osrelease|5.10.0-28-amd64\n" } },
	{ CODE_CPU_NO_VIRT, NULL, CHECK_FAIL, "firmware has switched it off", "disabled by BIOS", "VT-x",
		{ "proc/cpuinfo|vendor_id : GenuineIntel\nflags : fpu\n", "-dev/kvm",
			"dev/kmsg|6,1,1,-;x86/cpu: VMX (outside TXT) disabled by BIOS\n" } },
	{ CODE_CPU_NO_VIRT, NULL, CHECK_FAIL, "kernel argument hides", "clearcpuid=vmx", "update-grub",
		{ "proc/cpuinfo|flags : fpu\n", "-dev/kvm", "proc/cmdline|clearcpuid=vmx quiet\n" } },
	{ CODE_CPU_NO_VIRT, NULL, CHECK_FAIL, "shows none", "neither vmx nor svm", "nested=1",
		{ "proc/cpuinfo|flags : fpu hypervisor\n", "-dev/kvm" } },
	{ CODE_KVM_NO_DEV, NULL, CHECK_FAIL, "kvm_intel is blacklisted",
		"/etc/modprobe.d/no.conf:2: blacklist kvm_intel", "modprobe kvm_intel",
		{ "-dev/kvm", "etc/modprobe.d/no.conf|# no guests\nblacklist kvm-intel\n" } },
	{ CODE_KVM_NO_DEV, NULL, CHECK_FAIL, "this kernel has no kvm_intel", "/lib/modules/6.12.0-amd64", "full set",
		{ "-dev/kvm" } },
	{ CODE_KVM_NO_EPT, NULL, CHECK_FAIL, "ept is off", "/etc/modprobe.d/k.conf:1", "remove ept=0",
		{ "sys/module/kvm_intel/parameters/ept|N\n", "etc/modprobe.d/k.conf|options kvm_intel ept=0\n" } },
	{ CODE_LOCKDOWN, NULL, CHECK_WARN, "confidentiality", "security/lockdown: none", "lockdown=integrity",
		{ "sys/kernel/security/lockdown|none integrity [confidentiality]\n" } },
	{ CODE_LOCKDOWN, NULL, CHECK_OK, "integrity", "", "",
		{ "sys/kernel/security/lockdown|none [integrity] confidentiality\n" } },
	{ CODE_MAP_COUNT_LOW, NULL, CHECK_WARN, "1024", "max_map_count: 1024", "65530",
		{ "proc/sys/vm/max_map_count|1024\n" } },

	/* IOMMU */
	{ CODE_IOMMU_OFF, NULL, CHECK_FAIL, "built without support", "no CONFIG_INTEL_IOMMU=y",
		"boot the distribution's", { "-sys/kernel/iommu_groups", "boot/config-6.12.0-amd64|CONFIG_X=y\n" } },
	{ CODE_ACPI_MALFORMED, NULL, CHECK_WARN, "malformed", "/sys/firmware/acpi/tables", "update the firmware",
		{ "sys/firmware/acpi/tables/DMAR|DMAR" } },
	{ CODE_IOMMU_NO_INTREMAP, NULL, CHECK_FAIL, "intremap=off", "IO-APIC", "s/ *\\bintremap=off//",
		{ "proc/interrupts|  CPU0\n 16: 1 IO-APIC 16-fasteoi\n", "proc/cmdline|intremap=off\n" } },
	{ CODE_INTREMAP_NO_SID, NULL, CHECK_WARN, "nosid", "intremap=nosid", "update-grub",
		{ "proc/cmdline|intel_iommu=on intremap=nosid\n" } },
	{ CODE_X2APIC_OPT_OUT, NULL, CHECK_WARN, "nox2apic", "nox2apic", "update-grub",
		{ "proc/cmdline|intel_iommu=on nox2apic\n" } },
	{ CODE_IOMMU_NARROW, NULL, CHECK_WARN, "39 bits, and this host has 600 GiB", "dmar0 addresses 39 bits",
		"below 512 GiB",
		{ "sys/class/iommu/dmar0/intel-iommu/cap|d2008c20660262\n", "proc/meminfo|MemTotal: 629145600 kB\n" } },
	{ CODE_IOMMU_SMALL_PAGES, NULL, CHECK_WARN, "4 KiB only", "dmar0: page sizes 0x1000", "nothing",
		{ "sys/class/iommu/dmar0/intel-iommu/cap|d2008040660462\n" } },
	{ CODE_ACS_OVERRIDE, NULL, CHECK_WARN, "does not know it", "pcie_acs_override", "pcie_acs_override=downstream",
		{ "proc/cmdline|pcie_acs_override=downstream\n", "dev/kmsg|5,1,1,-;Unknown kernel command line "
								 "parameters \"pcie_acs_override=downstream\"\n" } },

	/* VFIO */
	{ CODE_UNSAFE_INTERRUPTS, NULL, CHECK_WARN, "accept them", "/etc/modprobe.d/v.conf:1 to on",
		"remove allow_unsafe_interrupts from /etc/modprobe.d/v.conf:1, then update-initramfs -u",
		{ "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts|Y\n",
			"etc/modprobe.d/v.conf|options vfio_iommu_type1 allow_unsafe_interrupts=1\n" } },
	{ CODE_UNSAFE_INTERRUPTS, NULL, CHECK_WARN, "from the next load", "/proc/cmdline: allow_unsafe_interrupts=on",
		"remove",
		{ "-sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
			"proc/cmdline|vfio_iommu_type1.allow_unsafe_interrupts=1\n" } },
	{ CODE_VFIO_NOIOMMU, NULL, CHECK_WARN, "nothing confines", "enable_unsafe_noiommu_mode: Y", "echo 0 >",
		{ "sys/module/vfio/parameters/enable_unsafe_noiommu_mode|Y\n" } },
	{ CODE_VFIO_PCI_OPTIONS, NULL, CHECK_WARN, "disable_denylist is on", "disable_denylist: Y",
		"remove disable_denylist", { "sys/module/vfio_pci/parameters/disable_denylist|Y\n" } },
	{ CODE_VFIO_PCI_OPTIONS, NULL, CHECK_OK, "disable_idle_d3", "", "", { "proc/cmdline|quiet\n" } },
	{ CODE_DMA_LIMIT, NULL, CHECK_FAIL, "4 mappings", "dma_entry_limit: 4", "from /etc/modprobe.d/d.conf:1",
		{ "sys/module/vfio_iommu_type1/parameters/dma_entry_limit|4\n",
			"etc/modprobe.d/d.conf|options vfio_iommu_type1 dma_entry_limit=4\n" } },
	{ CODE_VFIO_NO_MODULE, NULL, CHECK_WARN, "blacklisted", "/run/modprobe.d/b.conf:1", "remove that line",
		{ "-sys/bus/pci/drivers/vfio-pci/bind", "-sys/bus/pci/drivers/vfio-pci",
			"run/modprobe.d/b.conf|blacklist vfio-pci\n" } },

	/* advice */
	{ CODE_CMDLINE_HARMFUL, NULL, CHECK_WARN, "pci=realloc,nomsi: no device gets MSI", "pci=realloc,nomsi",
		"update-grub", { "proc/cmdline|intel_iommu=on pci=realloc,nomsi\n" } },
	{ CODE_CMDLINE_HARMFUL, NULL, CHECK_WARN, "iommu=soft", "iommu=soft", "update-grub",
		{ "proc/cmdline|intel_iommu=on iommu=soft\n" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_WARN, "amd_iommu=on: it is for AMD's IOMMU, and this host has Intel's",
		"/proc/cmdline has amd_iommu=on", "update-grub", { "proc/cmdline|intel_iommu=on amd_iommu=on\n" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_WARN, "intel_iommu=pt: it has no such value", "intel_iommu=pt", "update-grub",
		{ "proc/cmdline|intel_iommu=pt\n" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_WARN, "framebuffer is there all the same", "simple-framebuffer.0",
		"update-grub",
		{ "proc/cmdline|initcall_blacklist=sysfb_init\n", "sys/bus/platform/devices/simple-framebuffer.0|" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_OK, "none", "", "", { "proc/cmdline|initcall_blacklist=sysfb_init\n" } },
	{ CODE_MODULE_GONE, NULL, CHECK_WARN, "vfio_virqfd is to be loaded", "/etc/initramfs-tools/modules:3",
		"update-initramfs", { "etc/initramfs-tools/modules|# list\nvfio\nvfio_virqfd\n" } },
	{ CODE_MODULE_GONE, NULL, CHECK_WARN, "part of vfio since", "/etc/mkinitcpio.conf:1", "remove vfio_virqfd",
		{ "etc/mkinitcpio.conf|MODULES=(vfio vfio_virqfd)\n" } },
	{ CODE_MODULE_GONE, NULL, CHECK_OK, "none of VFIO's", "2 words", "",
		{ "etc/modules|vfio\nvfio-pci\n#vfio_virqfd\n" } },
	{ CODE_DEV_TWIN, NULL, CHECK_WARN, "takes 2 cards alike: " TWIN_ONE ", " TWIN_TWO,
		"/etc/modprobe.d/vfio.conf:1", "driverctl set-override",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8,8086:10d3\n" } },
	{ CODE_DEV_TWIN, NULL, CHECK_WARN, "takes 2 cards", "/proc/cmdline: ids=8086:10d3", "remove 8086:10d3",
		{ "proc/cmdline|intel_iommu=on vfio-pci.ids=8086:10d3\n" } },
	{ CODE_DEV_TWIN, NULL, CHECK_OK, "each id is one card's", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n" } },
	{ CODE_IDS_STALE, NULL, CHECK_WARN, "1234:5678 is no device", "vfio.conf:1", "remove 1234:5678",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8,1234:5678\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_WARN, "nvidia has " GPU, "driver: nvidia",
		"softdep nvidia pre: vfio-pci' >> /etc/modprobe.d/vfio.conf && echo vfio-pci >> "
		"/etc/initramfs-tools/modules",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_WARN, "built in and reads no modprobe.d", "vfio.conf:1",
		"vfio-pci.ids=10de:1eb8",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n",
			"lib/modules/6.12.0-amd64/modules.builtin|kernel/drivers/vfio/pci/vfio-pci.ko\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_WARN, "although vfio-pci is to come before", "driver: nvidia",
		"update-initramfs",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\nsoftdep nvidia pre: vfio-pci\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_OK, "vfio-pci has all 1", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n",
			DEV(GPU, "uevent|DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=10DE:1EB8\n"),
			"@" DEV(GPU, "driver|/x/drivers/vfio-pci") } },
	{ CODE_MODPROBE_IGNORED, NULL, CHECK_WARN, "vfio_pci is built into the kernel", "modules.builtin has vfio_pci",
		"vfio_pci.disable_vga=1",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci disable_vga=1\n",
			"lib/modules/6.12.0-amd64/modules.builtin|kernel/drivers/vfio/pci/vfio-pci.ko\n" } },
	{ CODE_MODPROBE_IGNORED, NULL, CHECK_OK, "read when", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci disable_vga=1\n" } },
	{ CODE_INITRAMFS_STALE, NULL, CHECK_UNMEASURED, "captured", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n", "boot/initrd.img-6.12.0-amd64|x" } },
	{ CODE_BLACKLIST_HARMS, NULL, CHECK_WARN, "e1000e is blacklisted, which leaves " TWIN_TWO,
		"/etc/modprobe.d/b.conf:1", "driverctl",
		{ "etc/modprobe.d/b.conf|blacklist e1000e\n",
			DEV(TWIN_ONE, "uevent|DRIVER=vfio-pci\nPCI_CLASS=20000\nPCI_ID=8086:10D3\n"),
			"@" DEV(TWIN_ONE, "driver|/x/drivers/vfio-pci"),
			DEV(TWIN_TWO, "uevent|PCI_CLASS=20000\nPCI_ID=8086:10D3\n"), "-" DEV(TWIN_TWO, "driver") } },
	{ CODE_BLACKLIST_HARMS, NULL, CHECK_OK, "no card pays", "1 blacklist", "",
		{ "etc/modprobe.d/b.conf|blacklist e1000e\n", "usr/lib/modprobe.d/d.conf|blacklist pcspkr\n" } },

	/* cards that can be split */
	{ CODE_VF_FW_OFF, NULL, CHECK_WARN, "allows no VFs", "sriov_totalvfs: 0", "card's set-up",
		{ DEV(PF, "sriov_totalvfs|0\n") } },
	{ CODE_VF_FW_OFF, TWIN_ONE, CHECK_WARN, "allows no VFs", "does not exist",
		"mstconfig -d " TWIN_ONE " set SRIOV_EN=1",
		{ DEV(TWIN_ONE, "uevent|PCI_CLASS=20000\nPCI_ID=15B3:1017\n") } },
	{ CODE_VF_NOMEM, NULL, CHECK_WARN, "no room for 128 KiB of registers of 8 VFs below 0000:00:01.0",
		"without address", "pci=realloc",
		{ DEV(PF, "resource|0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n"
			  "0x0000000000000000 0x000000000001ffff 0x0000000020140204\n") } },
	{ CODE_VF_BUS_RANGE, NULL, CHECK_WARN, "4 of 8 VFs", "first VF at +248, then every 2; last bus 01",
		"pci=assign-busses", { DEV(PF, "sriov_offset|248\n") } },
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
	{ CODE_NUMA_FAR, PF, CHECK_WARN, "does not say which of 2 nodes", "numa_node: -1", "echo NODE >",
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
	{ CODE_IOMMU_FAULTS, NULL, CHECK_WARN, "was stopped (2 times, boot -1", "[01:00.0]", "firmware",
		{ "capture/previous_kernel_logs|-1\t9\tDMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr "
		  "0x1000\n"
		  "-1\t9\tDMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x2000\n" } },
	{ CODE_FIRMWARE_BUG, NULL, CHECK_WARN, "DMAR table is wrong (1 time, this boot)", "[Firmware Bug]",
		"update the firmware",
		{ "dev/kmsg|4,9,1,-;DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address 0!\n" } },
	{ CODE_BAR_CONFLICT, GPU, CHECK_WARN, "something else has its registers", "can't reserve", "BOOTFB",
		{ "dev/kmsg|3,9,1,-;vfio-pci " GPU
		  ": BAR 0: can't reserve [mem 0xc0000000-0xcfffffff 64bit pref]\n" } },
	{ CODE_BAR_CONFLICT, NULL, CHECK_OK, "none in this boot and 1 before", "", "",
		{ "dev/kmsg|6,9,1,-;pci " PF ": BAR 0: failed to assign [mem size 0x00020000]\n" } },
	{ CODE_VF_CREATE_FAILED, PF, CHECK_WARN, "no room", "not enough MMIO resources", "pci=realloc",
		{ "dev/kmsg|3,9,1,-;igb " PF ": not enough MMIO resources for SR-IOV\n" } },
	{ CODE_PROBE_FAILED, NULL, CHECK_WARN, "driver failed", "error -22", "no IOMMU group",
		{ "dev/kmsg|4,9,1,-;vfio-pci: probe of " TWIN_TWO " failed with error -22\n",
			"-" DEV(TWIN_TWO, "driver"), DEV(TWIN_TWO, "uevent|PCI_CLASS=20000\nPCI_ID=8086:10D3\n") } },
	{ CODE_PROBE_FAILED, NULL, CHECK_OK, "none", "", "",
		{ "dev/kmsg|4,9,1,-;probe of rtc_cmos failed with error -16\n4,9,1,-;e1000e: probe of " TWIN_TWO
		  " failed with error -2\n" } },
	{ CODE_VFIO_REFUSED, NULL, CHECK_WARN, "reserves memory", "ineligible", "DEV-RESERVED-MEMORY",
		{ "dev/kmsg|4,9,1,-;vfio-pci " TWIN_TWO
		  ": DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR requirement.\n" } },
	{ CODE_RESET_FAILED, GPU, CHECK_WARN, "did not come back", "giving up", "power the host off",
		{ "dev/kmsg|4,9,1,-;vfio-pci " GPU ": not ready 65535ms after FLR; giving up\n" } },
	{ CODE_MSI_DENIED, PF, CHECK_WARN, "no MSI-X", "can't enable MSI-X", "",
		{ "dev/kmsg|4,9,1,-;igb " PF ": can't enable MSI-X\n" } },
	/* What user space wrote is no word of the kernel's: facility 1 and up. */
	{ CODE_MSI_DENIED, NULL, CHECK_OK, "none", "", "", { "dev/kmsg|12,9,1,-;igb " PF ": can't enable MSI-X\n" } },
	{ CODE_MSI_DENIED, NULL, CHECK_UNMEASURED, "cannot be read", "", "", { "-dev/kmsg" } },
};

static bool fits(const struct recipe *recipe, const struct check_result *result)
{
	return result->code == recipe->code && result->state == recipe->state &&
	       strstr(result->summary, recipe->says) && strstr(result->evidence, recipe->evidence) &&
	       strstr(result->fix, recipe->fix);
}

static bool follow(const struct recipe *recipe, size_t number)
{
	struct doctor_host f;
	bool found = false;

	doctor_host_make(&f);
	for (size_t i = 0; i < SPOILS_MAX && recipe->spoil[i]; i++)
		doctor_host_change(&f, recipe->spoil[i]);
	if (recipe->code == CODE_IOMMU_OFF) {
		char command[128];

		snprintf(command, sizeof(command), "rm -r %s/sys/kernel/iommu_groups", f.tree.path);
		assert_int_equal(system(command), 0);
	}
	doctor_host_examine(&f, recipe->device);
	for (size_t i = 0; i < f.report.count; i++)
		found |= fits(recipe, &f.report.results[i]);
	if (!found)
		print_message("recipe %zu, %s: not found \"%s\" with \"%s\", \"%s\"\n", number,
			code_info(recipe->code)->name, recipe->says, recipe->evidence, recipe->fix);
	for (size_t i = 0; !found && i < f.report.count; i++)
		if (f.report.results[i].code == recipe->code)
			print_message("  %d \"%s\"\n    \"%s\"\n    \"%s\"\n", f.report.results[i].state,
				f.report.results[i].summary, f.report.results[i].evidence, f.report.results[i].fix);
	doctor_host_drop(&f);
	return found;
}

static void each_recipe(void **state)
{
	size_t failures = 0;

	(void)state;
	for (size_t i = 0; i < array_size(recipes); i++)
		failures += !follow(&recipes[i], i);
	assert_int_equal(failures, 0);
}

static void complaints(const struct doctor_host *f)
{
	for (size_t i = 0; i < f->report.count; i++) {
		const struct check_result *result = &f->report.results[i];

		if (result->state == CHECK_WARN || result->state == CHECK_FAIL)
			fail_msg("%s of %s: %s (%s)", code_info(result->code)->name, result->subject, result->summary,
				result->evidence);
		if (result->state == CHECK_OK)
			assert_string_equal(result->fix, "");
	}
}

/* No false alarm: the host, and each device that nobody uses. */
static void the_good_host(void **state)
{
	static const char *const devices[] = { NULL, PF, TWIN_ONE, TWIN_TWO, GPU };
	struct doctor_host f;

	(void)state;
	for (size_t i = 0; i < array_size(devices); i++) {
		doctor_host_make(&f);
		doctor_host_examine(&f, devices[i]);
		complaints(&f);
		doctor_host_drop(&f);
	}
}

/* What the table's flags say: the opt-out alone does not keep interrupts from being remapped, a missing flag does. */
static void flags_of_the_table(void **state)
{
	static const struct recipe out = { CODE_X2APIC_OPT_OUT, NULL, CHECK_WARN, "asks the kernel not to use it",
		"flags 0x03", "no_x2apic_optout", { NULL } };
	static const struct recipe off = { CODE_IOMMU_NO_INTREMAP, NULL, CHECK_FAIL, "table says that it cannot",
		"INTR_REMAP is clear", "intremap=on", { NULL } };
	static const struct recipe missing = { CODE_IOMMU_UNIT_MISSING, NULL, CHECK_WARN, "0xfed91000 is not running",
		"lists 2", "igfx_off", { NULL } };
	struct doctor_host f;
	bool found[3] = { false };

	(void)state;
	doctor_host_make(&f);
	doctor_host_dmar(&f, 3, true);
	doctor_host_examine(&f, NULL);
	for (size_t i = 0; i < f.report.count; i++) {
		found[0] |= fits(&out, &f.report.results[i]);
		found[1] |= fits(&missing, &f.report.results[i]);
	}
	doctor_host_drop(&f);
	doctor_host_make(&f);
	doctor_host_dmar(&f, 0, false);
	doctor_host_change(&f, "proc/interrupts|  CPU0\n 16: 1 IO-APIC 16-fasteoi\n");
	doctor_host_examine(&f, NULL);
	for (size_t i = 0; i < f.report.count; i++)
		found[2] |= fits(&off, &f.report.results[i]);
	doctor_host_drop(&f);
	assert_true(found[0]);
	assert_true(found[1]);
	assert_true(found[2]);
}

/* On the host itself the times of files count: a setting that is newer than the initramfs is not in it. */
static void older_initramfs(void **state)
{
	static const char *const names[] = { "boot/initrd.img-6.12.0-amd64", "etc/modprobe.d/vfio.conf" };
	static const struct recipe stale = { CODE_INITRAMFS_STALE, NULL, CHECK_WARN,
		"older than /etc/modprobe.d/vfio.conf:1", "after /boot/initrd.img", "update-initramfs -u -k all",
		{ NULL } };
	static const struct recipe fresh = { CODE_INITRAMFS_STALE, NULL, CHECK_OK, "newer", "before", "", { NULL } };

	(void)state;
	for (size_t newer = 0; newer < array_size(names); newer++) {
		struct doctor_host f;
		bool found = false;

		doctor_host_make(&f);
		for (size_t i = 0; i < array_size(names); i++) {
			const struct timespec times[2] = { { 1000 + (i == newer), 0 }, { 1000 + (i == newer), 0 } };

			temp_tree_file(&f.tree, names[i], "options vfio-pci ids=10de:1eb8\n");
			assert_int_equal(utimensat(f.tree.root.fd, names[i], times, 0), 0);
		}
		assert_int_equal(host_open(&f.host, f.tree.path, false, NULL), 0);
		f.host.root.captured = false;
		assert_int_equal(doctor_run(&f.host, NULL, 0, &f.report, NULL), 0);
		for (size_t i = 0; i < f.report.count; i++)
			found |= fits(newer ? &stale : &fresh, &f.report.results[i]);
		doctor_host_drop(&f);
		assert_true(found);
	}
}

/* Every check of the list shows up in some recipe or elsewhere in these tests with trouble to tell. */
static void forty_checks(void **state)
{
	bool seen[CODE_COUNT] = { false };
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < array_size(recipes); i++)
		if (recipes[i].state == CHECK_WARN || recipes[i].state == CHECK_FAIL)
			seen[recipes[i].code] = true;
	for (int code = 0; code < CODE_COUNT; code++)
		count += seen[code];
	assert_true(count >= 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_good_host),
		cmocka_unit_test(each_recipe),
		cmocka_unit_test(flags_of_the_table),
		cmocka_unit_test(older_initramfs),
		cmocka_unit_test(forty_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
