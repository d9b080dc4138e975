/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IVRS: AMD's table of IOMMUs (AMD I/O Virtualization Technology specification 48882, revision 3.10, chapter 5), as
 * items:
 *
 *	ivrs		address sizes, what the firmware did
 *	ivhd		an IOMMU: its PCI function, registers, features	+ entry
 *	ivmd		memory that devices must always, or never reach
 *
 * The same IOMMU may have a block of each type, 10h, 11h and 40h: the higher says more, and the older ones are for
 * older kernels.
 */
#ifndef IOMMU_IVRS_H
#define IOMMU_IVRS_H

#include "iommu/acpi.h"

enum ivrs_type {
	IVRS_IVHD_10 = 0x10,
	IVRS_IVHD_11 = 0x11, /* with an image of the extended feature register */
	IVRS_IVHD_40 = 0x40, /* the same, with ACPI devices */
	IVRS_IVMD_ALL = 0x20,
	IVRS_IVMD_SELECT = 0x21,
	IVRS_IVMD_RANGE = 0x22,
};

enum ivrs_entry {
	IVRS_PAD4 = 0,
	IVRS_ALL = 1,
	IVRS_SELECT = 2,
	IVRS_RANGE_START = 3,
	IVRS_RANGE_END = 4,
	IVRS_PAD8 = 64,
	IVRS_ALIAS_SELECT = 66,
	IVRS_ALIAS_RANGE = 67,
	IVRS_EXT_SELECT = 70,
	IVRS_EXT_RANGE = 71,
	IVRS_SPECIAL = 72,
	IVRS_ACPI_DEVICE = 240,
};

enum {
	IVRS_VARIETY_IOAPIC = 1,
	IVRS_VARIETY_HPET = 2,

	IVMD_UNITY = 1 << 0,
	IVMD_READ = 1 << 1,
	IVMD_WRITE = 1 << 2,
	IVMD_EXCLUSION = 1 << 3,
};

extern const struct acpi_kind ivrs_header;

/* The items behind the header of an opened table whose signature is IVRS. Fails only for want of memory. */
int ivrs_decode(struct acpi_table *table, struct error *err);

/* "range start"; NULL for a type that the specification does not have. */
const char *ivrs_entry_name(uint32_t type);

bool ivrs_is_ivhd(uint32_t type);
bool ivrs_is_ivmd(uint32_t type);

#endif
