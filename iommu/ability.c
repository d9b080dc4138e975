// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the registers of an IOMMU say it can do: VT-d specification 4.1, 11.4.2 and 11.4.3 (capability and extended
 * capability register); AMD specification 48882, 3.4.10 (extended feature register, MMIO offset 30h) and 5.2.2.1 (the
 * feature field of an IVHD of type 10h). Rows of bits; no register is read here.
 */
#include "base/cleanup.h"
#include "iommu/table.h"

#define PAGE_4K (1ull << 12)
#define PAGE_2M (1ull << 21)
#define PAGE_1G (1ull << 30)

enum {
	/* cap */
	CAP_SAGAW_SHIFT = 8,
	CAP_MGAW_SHIFT = 16,
	CAP_SLLPS_2M = 34,
	CAP_SLLPS_1G = 35,
	CAP_PI = 59,
	/* ecap */
	ECAP_IR = 3,
	ECAP_EIM = 4,
	ECAP_PSS_SHIFT = 35,
	ECAP_PASID = 40,
	ECAP_SMTS = 43,
	/* extended feature register */
	EFR_XT = 2,
	EFR_GT = 4,
	EFR_GA = 7,
	EFR_HATS_SHIFT = 10,
	EFR_PASMAX_SHIFT = 32,
	/* features of IVHD type 10h */
	SHORT_XT = 0,
	SHORT_GT = 2,
	SHORT_GA = 6,
	SHORT_PASMAX_SHIFT = 8,
	SHORT_HATS_SHIFT = 30,
};

static uint64_t bits(uint64_t value, unsigned int shift, unsigned int count)
{
	return value >> shift & ((1ull << count) - 1);
}

static enum iommu_answer answer(bool yes)
{
	return yes ? IOMMU_YES : IOMMU_NO;
}

void iommu_abilities_intel(struct iommu_abilities *can, const struct iommu_unit *unit)
{
	if (unit->cap_known) {
		/* Without a supported width, the unit cannot translate: so firmware switches units off. */
		can->dma_remapping = answer(bits(unit->cap, CAP_SAGAW_SHIFT, 5));
		can->posted_interrupts = answer(bits(unit->cap, CAP_PI, 1));
		can->page_sizes = PAGE_4K | (bits(unit->cap, CAP_SLLPS_2M, 1) ? PAGE_2M : 0) |
				  (bits(unit->cap, CAP_SLLPS_1G, 1) ? PAGE_1G : 0);
		can->address_width = (unsigned int)bits(unit->cap, CAP_MGAW_SHIFT, 6) + 1;
	}
	if (unit->ecap_known) {
		can->interrupt_remapping = answer(bits(unit->ecap, ECAP_IR, 1));
		can->x2apic = answer(bits(unit->ecap, ECAP_IR, 1) && bits(unit->ecap, ECAP_EIM, 1));
		can->scalable_mode = answer(bits(unit->ecap, ECAP_SMTS, 1));
		can->pasid = answer(bits(unit->ecap, ECAP_PASID, 1));
		can->pasid_bits = can->pasid == IOMMU_YES ? (unsigned int)bits(unit->ecap, ECAP_PSS_SHIFT, 5) + 1 : 0;
	}
}

static void take_amd(struct iommu_abilities *can, bool x2apic, bool guest_apic, bool guest_translation,
	unsigned int levels, unsigned int pasid_max)
{
	/* Host translation address size: 4, 5 or 6 levels of table; 3 is reserved. */
	static const unsigned int widths[] = { 48, 57, 64, 0 };

	can->x2apic = answer(x2apic);
	can->posted_interrupts = answer(guest_apic);
	can->scalable_mode = IOMMU_NO;
	can->pasid = answer(guest_translation);
	can->pasid_bits = guest_translation ? pasid_max + 1 : 0;
	can->address_width = widths[levels & 3];
	/* The tables' own levels; other powers of two are several equal entries. */
	can->page_sizes = PAGE_4K | PAGE_2M | PAGE_1G;
}

void iommu_abilities_amd(struct iommu_abilities *can, uint64_t efr)
{
	take_amd(can, bits(efr, EFR_XT, 1), bits(efr, EFR_GA, 1), bits(efr, EFR_GT, 1),
		(unsigned int)bits(efr, EFR_HATS_SHIFT, 2), (unsigned int)bits(efr, EFR_PASMAX_SHIFT, 5));
}

void iommu_abilities_amd_short(struct iommu_abilities *can, uint32_t features)
{
	take_amd(can, bits(features, SHORT_XT, 1), bits(features, SHORT_GA, 1), bits(features, SHORT_GT, 1),
		(unsigned int)bits(features, SHORT_HATS_SHIFT, 2), (unsigned int)bits(features, SHORT_PASMAX_SHIFT, 5));
}

static const char *const intel_flags[] = { "interrupt-remapping", "x2apic-opt-out", "dma-protection-opt-in" };

/* Bits of IVinfo. */
static const struct {
	unsigned int bit;
	const char *name;
} amd_flags[] = {
	{ 0, "extended-features" },
	{ 1, "dma-protection-opt-in" },
	{ 22, "ats-addresses-reserved" },
};

const char *iommu_table_flag(const struct iommu_table *table, size_t index)
{
	if (table->amd)
		return index >= array_size(amd_flags)                ? NULL
		       : bits(table->flags, amd_flags[index].bit, 1) ? amd_flags[index].name
								     : "";
	return index >= array_size(intel_flags)             ? NULL
	       : bits(table->flags, (unsigned int)index, 1) ? intel_flags[index]
							    : "";
}
