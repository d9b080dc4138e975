/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMAR: Intel's table of remapping units (VT-d specification 4.1, chapter 8), as items:
 *
 *	dmar	host address width, flags
 *	drhd	a unit: its registers, its segment			+ scope
 *	rmrr	memory that devices must always reach			+ scope
 *	atsr	root ports below which devices may use ATS		+ scope
 *	rhsa	the NUMA node of a unit
 *	andd	a device of the ACPI name space, and its number in scopes
 *	satc	devices of the processor that have a translation cache	+ scope
 *	sidp	devices of the processor with special properties	+ scope
 */
#ifndef IOMMU_DMAR_H
#define IOMMU_DMAR_H

#include "iommu/acpi.h"

enum {
	DMAR_FLAG_INTERRUPT_REMAPPING = 1 << 0,
	DMAR_FLAG_X2APIC_OPT_OUT = 1 << 1,
	DMAR_FLAG_DMA_OPT_IN = 1 << 2, /* DMA_CTRL_PLATFORM_OPT_IN_FLAG */
	DMAR_DRHD_INCLUDE_ALL = 1 << 0,
	DMAR_ATSR_ALL_PORTS = 1 << 0,
	DMAR_SATC_ATC_REQUIRED = 1 << 0,
};

enum dmar_type {
	DMAR_DRHD,
	DMAR_RMRR,
	DMAR_ATSR,
	DMAR_RHSA,
	DMAR_ANDD,
	DMAR_SATC,
	DMAR_SIDP,
};

enum dmar_scope_type {
	DMAR_SCOPE_ENDPOINT = 1,
	DMAR_SCOPE_BRIDGE, /* and everything below it */
	DMAR_SCOPE_IOAPIC,
	DMAR_SCOPE_HPET,
	DMAR_SCOPE_NAMESPACE,
};

extern const struct acpi_kind dmar_header;

/* The items behind the header of an opened table whose signature is DMAR. Fails only for want of memory. */
int dmar_decode(struct acpi_table *table, struct error *err);

/* "PCI Endpoint", NULL for a type that the specification does not have. */
const char *dmar_scope_name(uint32_t type);

#endif
