/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iommu: whether DMA and interrupts of a device can be confined, and which devices are confined together. Looks only;
 * the tables that confine a guest's devices are dma/'s.
 *
 *	unit.c		the host's IOMMU units and what they do: translating, remapping interrupts (sysfs, ACPI's
 *			presence)
 *	table.h		what the firmware says (acpi.h: items of a table; dmar.h, ivrs.h), ability.c: what registers say
 *	join.c		that table with what the kernel shows: which unit has which device
 *	group.c		IOMMU groups: members, reserved regions, viability with the culprit's name
 *	unconfined.h	devices that VFIO gives away without an IOMMU
 *	topology.h	the facts that make groups, and the kernel's rule; quirk.h: what is known beyond capabilities
 *	proof.h		why a function is in its group: proof.c; what would isolate it: proof_advice.c (slot.h: which
 *			slots; acs_argument.h: which kernel argument)
 *	fault.h		what a device asked for and was refused: fault_log.c; what the text says: fault_decode.h,
 *			fault_intel.c, fault_amd.c; fault_place.h: what is special about the address; fault_tally.h: how
 *			many, those included that the kernel did not print
 *	extent.h	maps of addresses as lists of extents, and where two differ: extent.c
 *	real_table.h	an IOMMU's own tables, where the kernel shows them: real_table.c
 */
#ifndef IOMMU_IOMMU_H
#define IOMMU_IOMMU_H

#include "os/sysroot.h"
#include "pci/pci.h"

enum iommu_answer {
	IOMMU_NO,
	IOMMU_YES,
	IOMMU_UNKNOWN,
};

struct iommu_host {
	size_t unit_count;   /* entries of sys/class/iommu */
	char vendor[8];      /* "intel", "amd", "virtio", "" */
	bool firmware_table; /* ACPI has DMAR, IVRS or VIOT */
	bool translating;    /* there are IOMMU groups, other than those that VFIO made of devices without IOMMU */
	enum iommu_answer interrupt_remapping;
	char evidence[192];     /* the file and value that the answer rests on */
	bool unsafe_interrupts; /* vfio_iommu_type1's allow_unsafe_interrupts is on */
};

int iommu_host_read(const struct sysroot *root, struct iommu_host *ret_host, struct error *err);

enum {
	IOMMU_GROUP_DEVICE_MAX = 64,
	IOMMU_RESERVED_MAX = 32,
};

struct iommu_reserved {
	uint64_t start, end; /* inclusive, as the kernel prints them */
	char kind[24];       /* "direct", "direct-relaxable", "reserved", "msi" */
};

struct iommu_group {
	int id;
	char type[24]; /* "DMA", "DMA-FQ", "identity"; "" unknown */
	struct pci_addr device[IOMMU_GROUP_DEVICE_MAX];
	size_t device_count;
	struct iommu_reserved reserved[IOMMU_RESERVED_MAX];
	size_t reserved_count;
};

int iommu_group_read(const struct sysroot *root, int id, struct iommu_group *ret_group, struct error *err);

/* Its reserved regions only, behind those that it has already; group->id says which. */
int iommu_group_read_reserved(const struct sysroot *root, struct iommu_group *group, struct error *err);

/* Does VFIO take a group that this device is in: it is a bridge, without driver, or with one of those below. */
bool iommu_group_tolerates(const struct pci_device *device);

/*
 * Can VFIO take the group: every function of it is a bridge, without driver, or with a driver that VFIO accepts
 * (vfio-pci and its variants, pcieport, pci-stub). 0, or CODE_GROUP_NOT_VIABLE naming the member, its driver and what
 * to do.
 */
int iommu_group_check_viable(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct iommu_group *group, struct error *err);

#endif
