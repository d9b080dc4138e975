// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of stable codes. What each means at length, and how to mend it, is in docs/explain. */
#include "base/code.h"

#include <strings.h>

#include "base/cleanup.h"

static const struct code_info codes[CODE_COUNT] = {
	[CODE_NONE] = { "OK", STATUS_DONE, "nothing is wrong" },
	[CODE_FAILED] = { "FAILED", STATUS_FAILED, "the kernel or a file said no; nothing was changed" },
	[CODE_USAGE] = { "USAGE", STATUS_USAGE, "the command line is wrong" },
	[CODE_NOT_ROOT] = { "NOT-ROOT", STATUS_FAILED, "this changes the host and needs root" },
	[CODE_READ_ONLY] = { "READ-ONLY", STATUS_REFUSED, "a captured host (--sysroot) can only be looked at" },
	[CODE_BAD_BUNDLE] = { "BAD-BUNDLE", STATUS_FAILED, "the file is no captured host, or is damaged" },
	[CODE_ROLLED_BACK] = { "ROLLED-BACK", STATUS_ROLLED_BACK, "a step failed and the earlier ones were undone" },
	[CODE_HALF_DONE] = { "HALF-DONE", STATUS_HALF_DONE, "a step failed, and undoing the earlier ones failed too" },

	[CODE_NO_SUCH_DEVICE] = { "NO-SUCH-DEVICE", STATUS_NO_SUCH, "no device of this host has that name" },
	[CODE_AMBIGUOUS_DEVICE] = { "AMBIGUOUS-DEVICE", STATUS_NO_SUCH, "the name fits more than one device" },
	[CODE_DEV_IN_USE] = { "DEV-IN-USE", STATUS_REFUSED, "the host is using the device" },
	[CODE_DEV_BRIDGE] = { "DEV-BRIDGE", STATUS_REFUSED, "a PCI bridge cannot be given away" },
	[CODE_DEV_LOST] = { "DEV-LOST", STATUS_FAILED, "the device does not answer any more" },
	[CODE_DEV_ALIKE] = { "DEV-ALIKE", STATUS_NOT_READY, "nothing tells the device from another of its kind" },
	[CODE_DEV_MOVED] = { "DEV-MOVED", STATUS_REFUSED, "another card is where the device was" },
	[CODE_DEV_NO_MSIX] = { "DEV-NO-MSIX", STATUS_REFUSED,
		"the device has no MSI-X, the interrupts that guests get" },
	[CODE_DEV_MALFORMED] = { "DEV-MALFORMED", STATUS_REFUSED,
		"the device's configuration space contradicts itself" },
	[CODE_NO_RESET] = { "NO-RESET", STATUS_REFUSED, "the device cannot be reset between two users" },
	[CODE_PROBE_NOT_TAKEN] = { "PROBE-NOT-TAKEN", STATUS_ROLLED_BACK,
		"the kernel accepted the probe, yet no driver took the device" },
	[CODE_DRIVER_STUCK] = { "DRIVER-STUCK", STATUS_FAILED, "the driver does not let go of the device" },

	[CODE_IOMMU_OFF] = { "IOMMU-OFF", STATUS_NOT_READY, "no IOMMU is translating for this kernel" },
	[CODE_IOMMU_NO_INTREMAP] = { "IOMMU-NO-INTREMAP", STATUS_NOT_READY, "the IOMMU does not remap interrupts" },
	[CODE_UNSAFE_INTERRUPTS] = { "UNSAFE-INTERRUPTS", STATUS_NOT_READY,
		"VFIO was told to accept unsafe interrupts" },
	[CODE_IOMMU_FAULTS] = { "IOMMU-FAULTS", STATUS_NOT_READY,
		"devices asked for memory or interrupts that are not theirs" },
	[CODE_ACS_OVERRIDE] = { "ACS-OVERRIDE", STATUS_NOT_READY, "groups are split by decree, not by hardware" },
	[CODE_NO_GROUP] = { "NO-GROUP", STATUS_NOT_READY, "the device is in no IOMMU group" },
	[CODE_GROUP_SHARED] = { "GROUP-SHARED", STATUS_REFUSED, "other devices share the IOMMU group" },
	[CODE_GROUP_NOT_VIABLE] = { "GROUP-NOT-VIABLE", STATUS_REFUSED,
		"a host driver holds another device of the IOMMU group" },
	[CODE_GROUP_BUSY] = { "GROUP-BUSY", STATUS_REFUSED, "another process holds the IOMMU group" },
	[CODE_GROUP_CHANGED] = { "GROUP-CHANGED", STATUS_NOT_READY, "the IOMMU group has other members than it had" },
	[CODE_DEV_RESERVED_MEMORY] = { "DEV-RESERVED-MEMORY", STATUS_REFUSED,
		"the firmware reserves memory for the device" },
	[CODE_ACPI_MALFORMED] = { "ACPI-MALFORMED", STATUS_FAILED,
		"a firmware table contradicts itself, or is cut off" },

	[CODE_CPU_NO_VIRT] = { "CPU-NO-VIRT", STATUS_NOT_READY, "the processor shows no hardware virtualization" },
	[CODE_KVM_NO_DEV] = { "KVM-NO-DEV", STATUS_NOT_READY, "there is no /dev/kvm" },
	[CODE_KVM_PERM] = { "KVM-PERM", STATUS_NOT_READY, "/dev/kvm may not be opened by this user" },
	[CODE_KVM_NO_EPT] = { "KVM-NO-EPT", STATUS_NOT_READY, "KVM runs without two-level paging (EPT or NPT)" },
	[CODE_KVM_NO_CAP] = { "KVM-NO-CAP", STATUS_NOT_READY, "KVM lacks an ability that sluice-vmm needs" },
	[CODE_VFIO_NO_MODULE] = { "VFIO-NO-MODULE", STATUS_NOT_READY, "VFIO is neither built in nor loadable" },
	[CODE_VFIO_PERM] = { "VFIO-PERM", STATUS_NOT_READY, "a VFIO node may not be opened by this user" },
	[CODE_MEMLOCK_LOW] = { "MEMLOCK-LOW", STATUS_NOT_READY, "the limit on locked memory is too low" },
	[CODE_MEMORY_SHORT] = { "MEMORY-SHORT", STATUS_NOT_READY, "the host has less memory than the guest wants" },
	[CODE_HUGEPAGES_SHORT] = { "HUGEPAGES-SHORT", STATUS_NOT_READY, "not enough free huge pages" },
	[CODE_DMA_LIMIT] = { "DMA-LIMIT", STATUS_NOT_READY, "VFIO allows fewer DMA mappings than a guest needs" },
	[CODE_LAYOUT] = { "LAYOUT", STATUS_FAILED,
		"guest memory does not fit the addresses that its devices can reach" },

	[CODE_NOT_A_PF] = { "NOT-A-PF", STATUS_NO_SUCH, "the device cannot be split (no SR-IOV)" },
	[CODE_NO_SUCH_VF] = { "NO-SUCH-VF", STATUS_NO_SUCH, "the physical function has no VF of that number" },
	[CODE_VF_TOO_MANY] = { "VF-TOO-MANY", STATUS_USAGE, "more VFs than the device offers" },
	[CODE_VF_BUSY] = { "VF-BUSY", STATUS_REFUSED,
		"VFs exist already, and changing their number would destroy them" },
	[CODE_VF_NOMEM] = { "VF-NOMEM", STATUS_FAILED, "the bridge windows have no room for the VFs' registers" },
	[CODE_VF_NOSPC] = { "VF-NOSPC", STATUS_FAILED, "no bus numbers or interrupt vectors left for the VFs" },
	[CODE_VF_NO_DRIVER] = { "VF-NO-DRIVER", STATUS_FAILED, "no driver that can split the device is bound to it" },
	[CODE_VF_REJECTED] = { "VF-REJECTED", STATUS_FAILED, "the physical function's driver refused a VF setting" },
	[CODE_PF_DOWN] = { "PF-DOWN", STATUS_NOT_READY, "the physical function's link is down, so its VFs have none" },
	[CODE_VF_NO_MAC] = { "VF-NO-MAC", STATUS_NOT_READY, "the VF has no MAC address of its own" },
	[CODE_VF_AUTOPROBE] = { "VF-AUTOPROBE", STATUS_NOT_READY, "new VFs meet the host's driver first" },

	[CODE_NO_SUCH_GUEST] = { "NO-SUCH-GUEST", STATUS_NO_SUCH, "no guest of that name is running" },
	[CODE_GUEST_EXISTS] = { "GUEST-EXISTS", STATUS_REFUSED, "a guest of that name is running already" },
	[CODE_GUEST_CRASHED] = { "GUEST-CRASHED", STATUS_FAILED,
		"the guest ended by itself, and not by switching off" },
	[CODE_GUEST_DEAF] = { "GUEST-DEAF", STATUS_FAILED, "the guest did not act on its power button" },
	[CODE_BAD_IMAGE] = { "BAD-IMAGE", STATUS_FAILED, "the guest's kernel or initial RAM disk cannot be booted" },

	[CODE_LEASE_STALE] = { "LEASE-STALE", STATUS_NOT_READY,
		"a sluice that was killed has not given the device back" },
	[CODE_OVERRIDE_STALE] = { "OVERRIDE-STALE", STATUS_NOT_READY,
		"a driver_override keeps the device from its driver" },

	[CODE_KERNEL_OLD] = { "KERNEL-OLD", STATUS_NOT_READY, "the kernel is older than sluice can use" },
	[CODE_LOCKDOWN] = { "LOCKDOWN", STATUS_NOT_READY,
		"the kernel is locked, and keeps tools from cards and traces" },
	[CODE_MAP_COUNT_LOW] = { "MAP-COUNT-LOW", STATUS_NOT_READY,
		"the limit on memory maps of a process is too low" },
	[CODE_IOMMU_UNIT_MISSING] = { "IOMMU-UNIT-MISSING", STATUS_NOT_READY,
		"the kernel does not run an IOMMU that the firmware lists" },
	[CODE_INTREMAP_NO_SID] = { "INTREMAP-NO-SID", STATUS_NOT_READY,
		"interrupt remapping does not check who sends" },
	[CODE_X2APIC_OPT_OUT] = { "X2APIC-OPT-OUT", STATUS_NOT_READY, "the firmware asks for no x2APIC" },
	[CODE_IOMMU_NARROW] = { "IOMMU-NARROW", STATUS_NOT_READY, "the IOMMU addresses less than this host's memory" },
	[CODE_IOMMU_SMALL_PAGES] = { "IOMMU-SMALL-PAGES", STATUS_NOT_READY, "the IOMMU maps small pages only" },
	[CODE_VFIO_NOIOMMU] = { "VFIO-NOIOMMU", STATUS_NOT_READY, "VFIO gives devices away without an IOMMU" },
	[CODE_VFIO_PCI_OPTIONS] = { "VFIO-PCI-OPTIONS", STATUS_NOT_READY,
		"an option of vfio-pci gives away what should stay" },
	[CODE_CMDLINE_HARMFUL] = { "CMDLINE-HARMFUL", STATUS_NOT_READY,
		"a kernel argument harms passing devices through" },
	[CODE_CMDLINE_STALE] = { "CMDLINE-STALE", STATUS_NOT_READY, "a kernel argument does nothing on this host" },
	[CODE_MODULE_GONE] = { "MODULE-GONE", STATUS_NOT_READY,
		"a module that is to be loaded does not exist any more" },
	[CODE_DEV_TWIN] = { "DEV-TWIN", STATUS_NOT_READY, "cards of one kind are not told apart" },
	[CODE_IDS_STALE] = { "IDS-STALE", STATUS_NOT_READY, "ids= names a card that this host does not have" },
	[CODE_EARLY_BIND_LOST] = { "EARLY-BIND-LOST", STATUS_NOT_READY,
		"a device that is to be with vfio-pci at boot is not" },
	[CODE_MODPROBE_IGNORED] = { "MODPROBE-IGNORED", STATUS_NOT_READY,
		"options in modprobe.d for what is built into the kernel" },
	[CODE_INITRAMFS_STALE] = { "INITRAMFS-STALE", STATUS_NOT_READY,
		"the initramfs is older than the settings that belong into it" },
	[CODE_BLACKLIST_HARMS] = { "BLACKLIST-HARMS", STATUS_NOT_READY,
		"a blacklist leaves another card without driver" },
	[CODE_VF_FW_OFF] = { "VF-FW-OFF", STATUS_NOT_READY, "SR-IOV is switched off in the card's own set-up" },
	[CODE_VF_BUS_RANGE] = { "VF-BUS-RANGE", STATUS_NOT_READY,
		"the bus numbers below the bridge end before the VFs do" },
	[CODE_PF_RULE] = { "PF-RULE", STATUS_NOT_READY, "the PF's driver will not make VFs as things are" },
	[CODE_VF_TOKEN] = { "VF-TOKEN", STATUS_NOT_READY, "the PF is in user space, and its VFs want a token" },
	[CODE_NM_OWNS_VFS] = { "NM-OWNS-VFS", STATUS_NOT_READY, "NetworkManager makes and removes VFs of the card" },
	[CODE_MANAGER_FIGHTS] = { "MANAGER-FIGHTS", STATUS_NOT_READY, "another program sets up the device too" },
	[CODE_DEV_POWER] = { "DEV-POWER", STATUS_NOT_READY, "the device does not wake up, or sleeps too deeply" },
	[CODE_BRIDGE_IN_GROUP] = { "BRIDGE-IN-GROUP", STATUS_NOT_READY, "a bridge of the group has the wrong driver" },
	[CODE_RESET_WEAK] = { "RESET-WEAK", STATUS_NOT_READY, "the device can be reset by its power state only" },
	[CODE_VECTORS_SHORT] = { "VECTORS-SHORT", STATUS_NOT_READY,
		"the host has fewer free interrupt vectors than the device wants" },
	[CODE_NUMA_FAR] = { "NUMA-FAR", STATUS_NOT_READY,
		"the device's NUMA node has no memory or processor, or is unknown" },
	[CODE_HUGEPAGES_NODE] = { "HUGEPAGES-NODE", STATUS_NOT_READY, "the device's NUMA node has no free huge pages" },
	[CODE_LINK_SLOW] = { "LINK-SLOW", STATUS_NOT_READY, "the link is slower or narrower than the device can" },
	[CODE_BOOT_DISPLAY] = { "BOOT-DISPLAY", STATUS_NOT_READY,
		"the boot's framebuffer lies in the device's registers" },
	[CODE_DRIVER_HELD] = { "DRIVER-HELD", STATUS_NOT_READY, "the device's driver is in use and will not let go" },
	[CODE_PCIE_ERRORS] = { "PCIE-ERRORS", STATUS_NOT_READY, "the device has had PCI Express errors" },
	[CODE_FIRMWARE_BUG] = { "FIRMWARE-BUG", STATUS_NOT_READY, "the kernel complains about the firmware" },
	[CODE_BAR_CONFLICT] = { "BAR-CONFLICT", STATUS_NOT_READY, "there is no place for a device's registers" },
	[CODE_VF_CREATE_FAILED] = { "VF-CREATE-FAILED", STATUS_NOT_READY, "the kernel could not make VFs" },
	[CODE_PROBE_FAILED] = { "PROBE-FAILED", STATUS_NOT_READY, "a driver failed on a device" },
	[CODE_VFIO_REFUSED] = { "VFIO-REFUSED", STATUS_NOT_READY, "VFIO or the IOMMU refused a device" },
	[CODE_RESET_FAILED] = { "RESET-FAILED", STATUS_NOT_READY, "a reset of a device has failed" },
	[CODE_MSI_DENIED] = { "MSI-DENIED", STATUS_NOT_READY, "a device did not get the interrupts that it wanted" },
};

const struct code_info *code_info(enum code code)
{
	if ((unsigned int)code >= CODE_COUNT)
		code = CODE_FAILED;
	return &codes[code];
}

enum code code_find(const char *name)
{
	for (size_t i = 1; i < array_size(codes); i++)
		if (!strcasecmp(codes[i].name, name))
			return (enum code)i;
	return CODE_NONE;
}
