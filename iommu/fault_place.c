// SPDX-License-Identifier: GPL-2.0-or-later
/* An address against reservations and widths. See fault_place.h. */
#include "iommu/fault_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	PAGE_BYTES = 4096,
	INTERRUPTS_START = 0xfee00000, /* Intel's manual, volume 3, 11.11.1; VT-d 3.14 */
	INTERRUPTS_END = 0xfeefffff,
};

static bool is_for(const struct iommu_reservation *reservation, struct pci_addr device)
{
	for (size_t i = 0; i < reservation->device_count; i++)
		if (!pci_addr_compare(reservation->device[i], device))
			return true;
	return false;
}

/* The device's own reservation wins over one of others for the same memory. */
static bool find_reservation(
	const struct iommu_table *table, const struct iommu_fault *fault, struct iommu_fault_place *place)
{
	for (size_t i = 0; i < table->reservation_count; i++) {
		const struct iommu_reservation *at = &table->reservation[i];
		bool own = is_for(at, fault->device);

		if (fault->address < at->base || fault->address > at->end || (place->kind && !own))
			continue;
		*place = (struct iommu_fault_place){
			.kind = own ? IOMMU_PLACE_RESERVED : IOMMU_PLACE_OTHERS,
			.start = at->base,
			.end = at->end,
			.amd = table->amd,
			.has_owner = at->device_count > 0,
		};
		if (at->device_count)
			place->owner = own ? fault->device : at->device[0];
		if (own)
			return true;
	}
	return place->kind != IOMMU_PLACE_PLAIN;
}

/* Without the table the kernel's list for the group still has what is to be mapped one to one. */
static bool find_region(
	const struct iommu_group *group, const struct iommu_fault *fault, struct iommu_fault_place *place)
{
	for (size_t i = 0; group && i < group->reserved_count; i++) {
		const struct iommu_reserved *at = &group->reserved[i];

		if (strncmp(at->kind, "direct", strlen("direct")) != 0 || fault->address < at->start ||
			fault->address > at->end)
			continue;
		*place = (struct iommu_fault_place){ .kind = IOMMU_PLACE_RESERVED, .start = at->start, .end = at->end };
		return true;
	}
	return false;
}

static unsigned int unit_width(const struct iommu_table *table, struct pci_addr device)
{
	for (size_t i = 0; i < table->unit_count; i++)
		for (size_t k = 0; k < table->unit[i].device_count; k++)
			if (!pci_addr_compare(table->unit[i].device[k], device))
				return table->unit[i].can.address_width;
	return 0;
}

static bool is_beyond(uint64_t address, unsigned int width)
{
	return width && width < 64 && address >> width;
}

void iommu_fault_place(const struct iommu_table *table, const struct iommu_group *group,
	const struct iommu_fault *fault, struct iommu_fault_place *ret_place)
{
	struct iommu_fault_place place = { .kind = IOMMU_PLACE_PLAIN };
	unsigned int width = unit_width(table, fault->device);

	*ret_place = place;
	/* An interrupt's is an index, an address space's (PASID) is a process's. */
	if (!fault->has_address || !fault->has_device || fault->pasid >= 0 || fault->kind == IOMMU_FAULT_INTERRUPT ||
		fault->kind == IOMMU_FAULT_COMMAND)
		return;
	if (!find_reservation(table, fault, &place) && !find_region(group, fault, &place)) {
		if (fault->address < PAGE_BYTES)
			place.kind = IOMMU_PLACE_ZERO;
		else if (fault->address >= INTERRUPTS_START && fault->address <= INTERRUPTS_END)
			place.kind = IOMMU_PLACE_INTERRUPTS;
		else if (is_beyond(fault->address, width))
			place = (struct iommu_fault_place){ .kind = IOMMU_PLACE_BEYOND, .width = width };
		else if (is_beyond(fault->address, table->host_address_width))
			place = (struct iommu_fault_place){ .kind = IOMMU_PLACE_NOWHERE,
				.width = table->host_address_width };
	}
	*ret_place = place;
}

const char *iommu_fault_place_text(const struct iommu_fault_place *place, char *buf, size_t size)
{
	const char *table = place->amd ? "IVMD" : "RMRR";
	char name[PCI_ADDR_TEXT_SIZE] = "another device";

	if (place->has_owner)
		pci_addr_text(place->owner, name);
	buf[0] = '\0';
	switch (place->kind) {
	case IOMMU_PLACE_RESERVED:
		snprintf(buf, size, "in memory that the firmware reserves for it (%s 0x%" PRIx64 "-0x%" PRIx64 ")",
			table, place->start, place->end);
		break;
	case IOMMU_PLACE_OTHERS:
		snprintf(buf, size, "in memory that the firmware reserves for %s (%s 0x%" PRIx64 "-0x%" PRIx64 ")",
			name, table, place->start, place->end);
		break;
	case IOMMU_PLACE_BEYOND:
		snprintf(buf, size, "beyond the %u bits that its IOMMU translates", place->width);
		break;
	case IOMMU_PLACE_NOWHERE:
		snprintf(buf, size, "above the %u address bits of this platform", place->width);
		break;
	case IOMMU_PLACE_INTERRUPTS:
		snprintf(buf, size, "where writes are interrupts");
		break;
	case IOMMU_PLACE_ZERO:
		snprintf(buf, size, "the first page, as if no address had been set up");
		break;
	default:
		break;
	}
	return buf;
}
