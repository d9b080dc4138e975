/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stable codes: the names by which people and programs know a failure or a doctor's check.
 *
 * One row in code.c gives a code's name, the exit status of a command that ends with it, and one line of what it
 * means. The names are a contract (docs/cli.md): add rows, never rename one or give it another meaning.
 */
#ifndef BASE_CODE_H
#define BASE_CODE_H

/* What a command's end means to the caller; see docs/cli.md. */
enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,    /* nothing changed, or all undone */
	STATUS_USAGE = 2,     /* command line or configuration */
	STATUS_NO_SUCH = 3,   /* device, guest or VF */
	STATUS_NOT_READY = 4, /* the host lacks something */
	STATUS_DIFFERENCES = 5,
	STATUS_REFUSED = 6, /* to protect the host or a guest */
	STATUS_ROLLED_BACK = 7,
	STATUS_HALF_DONE = 8, /* the rollback failed too */
	STATUS_REBOOT = 9,    /* done, once the host has rebooted */
};

enum code {
	CODE_NONE,
	/* the command itself */
	CODE_FAILED,
	CODE_USAGE,
	CODE_CONFIG,
	CODE_NOT_ROOT,
	CODE_READ_ONLY,
	CODE_BAD_BUNDLE,
	CODE_ROLLED_BACK,
	CODE_HALF_DONE,
	/* desired state */
	CODE_APPLY_PENDING,
	CODE_PLAN_STALE,
	CODE_BOOT_REFUSED,
	CODE_BOOT_UNPROVEN,
	CODE_NOTHING_TO_UNDO,
	CODE_WOULD_LOSE,
	CODE_REBOOT_NEEDED,
	/* devices */
	CODE_NO_SUCH_DEVICE,
	CODE_AMBIGUOUS_DEVICE,
	CODE_DEV_IN_USE,
	CODE_DEV_BRIDGE,
	CODE_DEV_LOST,
	CODE_DEV_ALIKE,
	CODE_DEV_MOVED,
	CODE_DEV_INTX_BUSY,
	CODE_DEV_MALFORMED,
	CODE_VFIO_DENYLIST,
	CODE_NO_RESET,
	CODE_DEV_NOT_CLEAN,
	CODE_DEV_IOMMU_BYPASS,
	CODE_PROBE_NOT_TAKEN,
	CODE_DRIVER_STUCK,
	/* the IOMMU and its groups */
	CODE_IOMMU_OFF,
	CODE_IOMMU_NO_INTREMAP,
	CODE_UNSAFE_INTERRUPTS,
	CODE_IOMMU_FAULTS,
	CODE_ACS_OVERRIDE,
	CODE_NO_GROUP,
	CODE_GROUP_SHARED,
	CODE_GROUP_NOT_VIABLE,
	CODE_GROUP_BUSY,
	CODE_GROUP_CHANGED,
	CODE_DEV_RESERVED_MEMORY,
	CODE_ACPI_MALFORMED,
	/* KVM and VFIO */
	CODE_CPU_NO_VIRT,
	CODE_KVM_NO_DEV,
	CODE_KVM_PERM,
	CODE_KVM_NO_EPT,
	CODE_KVM_NO_CAP,
	CODE_VFIO_NO_MODULE,
	CODE_VFIO_PERM,
	CODE_MEMLOCK_LOW,
	CODE_MEMORY_SHORT,
	CODE_HUGEPAGES_SHORT,
	CODE_DMA_LIMIT,
	CODE_LAYOUT,
	/* SR-IOV */
	CODE_NOT_A_PF,
	CODE_NO_SUCH_VF,
	CODE_VF_TOO_MANY,
	CODE_VF_BUSY,
	CODE_VF_NOMEM,
	CODE_VF_NOSPC,
	CODE_VF_NO_DRIVER,
	CODE_VF_REJECTED,
	CODE_PF_DOWN,
	CODE_VF_AUTOPROBE,
	CODE_VF_NO_MAC,
	CODE_ESWITCH_NONE,
	CODE_ESWITCH_REFUSED,
	CODE_ESWITCH_LEFT,
	CODE_ESWITCH_LOST,
	CODE_ESWITCH_NO_OFFLOAD,
	CODE_REPRESENTOR_DOWN,
	/* guests */
	CODE_NO_SUCH_GUEST,
	CODE_GUEST_EXISTS,
	CODE_GUEST_CRASHED,
	CODE_GUEST_DEAF,
	CODE_BAD_IMAGE,
	/* left behind on the host */
	CODE_LEASE_STALE,
	CODE_OVERRIDE_STALE,
	/* what only the doctor finds */
	CODE_PLACE,
	CODE_KERNEL_OLD,
	CODE_LOCKDOWN,
	CODE_MAP_COUNT_LOW,
	CODE_IOMMU_UNIT_MISSING,
	CODE_INTREMAP_NO_SID,
	CODE_X2APIC_OPT_OUT,
	CODE_IOMMU_NARROW,
	CODE_IOMMU_SMALL_PAGES,
	CODE_VFIO_NOIOMMU,
	CODE_VFIO_PCI_OPTIONS,
	CODE_CMDLINE_HARMFUL,
	CODE_CMDLINE_STALE,
	CODE_MODULE_GONE,
	CODE_DEV_TWIN,
	CODE_IDS_STALE,
	CODE_EARLY_BIND_LOST,
	CODE_MODPROBE_IGNORED,
	CODE_INITRAMFS_STALE,
	CODE_BLACKLIST_HARMS,
	CODE_VF_FW_OFF,
	CODE_VF_BUS_RANGE,
	CODE_VF_NO_ARI,
	CODE_PF_RULE,
	CODE_VF_TOKEN,
	CODE_VF_OFFLINE,
	CODE_NM_OWNS_VFS,
	CODE_MANAGER_FIGHTS,
	CODE_DEV_POWER,
	CODE_BRIDGE_IN_GROUP,
	CODE_RESET_WEAK,
	CODE_VECTORS_SHORT,
	CODE_NUMA_FAR,
	CODE_HUGEPAGES_NODE,
	CODE_LINK_SLOW,
	CODE_BOOT_DISPLAY,
	CODE_DRIVER_HELD,
	CODE_PCIE_ERRORS,
	CODE_FIRMWARE_BUG,
	CODE_BAR_CONFLICT,
	CODE_VF_CREATE_FAILED,
	CODE_PROBE_FAILED,
	CODE_VFIO_REFUSED,
	CODE_RESET_FAILED,
	CODE_MSI_DENIED,
	CODE_COUNT
};

struct code_info {
	const char *name; /* "DEV-IN-USE" */
	enum exit_status status;
	const char *summary; /* one line, no full stop */
};

/* Never NULL: a value outside the table yields the row of CODE_FAILED. */
const struct code_info *code_info(enum code code);

/* The code called name, upper or lower case; CODE_NONE when there is none. */
enum code code_find(const char *name);

#endif
