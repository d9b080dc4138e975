/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is special about the address of a fault: memory that the firmware reserves (RMRR, IVMD), or an address that the
 * unit or the platform cannot have. It often names the cause: firmware that goes on using a device, or a driver that
 * gave it nonsense.
 */
#ifndef IOMMU_FAULT_PLACE_H
#define IOMMU_FAULT_PLACE_H

#include "iommu/fault.h"
#include "iommu/table.h"

enum iommu_fault_place_kind {
	IOMMU_PLACE_PLAIN,      /* nothing, or nothing that is known */
	IOMMU_PLACE_RESERVED,   /* in memory that the firmware reserves for this device */
	IOMMU_PLACE_OTHERS,     /* in memory that it reserves for another */
	IOMMU_PLACE_BEYOND,     /* wider than what the device's unit translates */
	IOMMU_PLACE_NOWHERE,    /* wider than any memory of this platform */
	IOMMU_PLACE_INTERRUPTS, /* where writes are interrupts */
	IOMMU_PLACE_ZERO,       /* the first page */
};

struct iommu_fault_place {
	enum iommu_fault_place_kind kind;
	uint64_t start, end; /* of the reserved memory */
	bool amd;            /* IVMD, not RMRR */
	unsigned int width;  /* bits that there are */
	bool has_owner;      /* it is reserved for a device of this host: */
	struct pci_addr owner;
};

/* The table and the reserved regions that the kernel shows of the device's group (NULL: not known) decide. */
void iommu_fault_place(const struct iommu_table *table, const struct iommu_group *group,
	const struct iommu_fault *fault, struct iommu_fault_place *ret_place);

/* "in memory that the firmware reserves for it (RMRR 0x7b800000-0x7fffffff)"; "" for a plain one. Returns buf. */
const char *iommu_fault_place_text(const struct iommu_fault_place *place, char *buf, size_t size);

#endif
