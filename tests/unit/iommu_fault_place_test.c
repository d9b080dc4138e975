// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommu/fault_place.c: an address against reserved memory and widths; iommu/fault_tally.c: faults by device and boot.
 */
#include "iommu/fault_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "iommu/fault_tally.h"

static struct pci_addr graphics = { .device = 2 }, usb = { .device = 0x14 }, nic = { .bus = 1 };

/* Graphics and USB have reserved memory, the unit of 39 bits has all three, the platform 46. */
static void places(void **state)
{
	static const struct {
		struct pci_addr *device;
		uint64_t address;
		enum iommu_fault_place_kind kind;
		const char *text; /* in it */
	} cases[] = {
		{ &graphics, 0x7d000000, IOMMU_PLACE_RESERVED, "reserves for it (RMRR 0x7c800000-0x7effffff)" },
		{ &graphics, 0x7effffff, IOMMU_PLACE_RESERVED, "for it" },
		{ &graphics, 0x7f000000, IOMMU_PLACE_PLAIN, "" },
		{ &nic, 0x7d000000, IOMMU_PLACE_OTHERS, "reserves for 0000:00:02.0 (RMRR" },
		/* Two have the same range: one's own comes first. */
		{ &usb, 0x7d000000, IOMMU_PLACE_RESERVED, "for it (RMRR 0x7d000000-0x7d000fff)" },
		{ &nic, 0x8000000000, IOMMU_PLACE_BEYOND, "beyond the 39 bits" },
		{ &nic, 0x7fffffffff, IOMMU_PLACE_PLAIN, "" },
		{ &nic, 0, IOMMU_PLACE_ZERO, "first page" },
		{ &nic, 4095, IOMMU_PLACE_ZERO, "first page" },
		{ &nic, 4096, IOMMU_PLACE_PLAIN, "" },
		{ &nic, 0xfee01000, IOMMU_PLACE_INTERRUPTS, "interrupts" },
	};
	bool blocks[1] = { false };
	struct iommu_reservation reservation[] = {
		{ .kind = IOMMU_RMRR,
			.base = 0x7c800000,
			.end = 0x7effffff,
			.device = &graphics,
			.blocks = blocks,
			.device_count = 1 },
		{ .kind = IOMMU_RMRR,
			.base = 0x7d000000,
			.end = 0x7d000fff,
			.device = &usb,
			.blocks = blocks,
			.device_count = 1 },
	};
	struct pci_addr behind[] = { graphics, usb, nic };
	struct iommu_unit unit = { .can.address_width = 39, .device = behind, .device_count = array_size(behind) };
	struct iommu_table table = { .host_address_width = 46,
		.unit = &unit,
		.unit_count = 1,
		.reservation = reservation,
		.reservation_count = 2 };
	struct iommu_fault fault = { .kind = IOMMU_FAULT_DMA, .has_device = true, .has_address = true, .pasid = -1 };
	struct iommu_fault_place place;
	char text[128];

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		fault.device = *cases[i].device;
		fault.address = cases[i].address;
		iommu_fault_place(&table, NULL, &fault, &place);
		iommu_fault_place_text(&place, text, sizeof(text));
		if (place.kind != cases[i].kind || !strstr(text, cases[i].text) || !cases[i].text[0] != !text[0])
			fail_msg("case %zu: %d \"%s\"", i, (int)place.kind, text);
	}
	/* The unit's width is not known: the platform's decides. */
	unit.can.address_width = 0;
	fault.device = nic;
	fault.address = 1ull << 46;
	iommu_fault_place(&table, NULL, &fault, &place);
	assert_int_equal(place.kind, IOMMU_PLACE_NOWHERE);
	/* An index of an interrupt, and an address of a process, are no such addresses. */
	fault.pasid = 5;
	iommu_fault_place(&table, NULL, &fault, &place);
	assert_int_equal(place.kind, IOMMU_PLACE_PLAIN);
	fault.pasid = -1;
	fault.kind = IOMMU_FAULT_INTERRUPT;
	iommu_fault_place(&table, NULL, &fault, &place);
	assert_int_equal(place.kind, IOMMU_PLACE_PLAIN);
}

/* Without the firmware's table the kernel's list for the group knows. */
static void reserved_regions(void **state)
{
	struct iommu_group group = { .reserved = { { 0x7c800000, 0x7effffff, "direct" },
					     { 0xfee00000, 0xfeefffff, "msi" } },
		.reserved_count = 2 };
	struct iommu_fault fault = { .kind = IOMMU_FAULT_DMA,
		.has_device = true,
		.device = nic,
		.has_address = true,
		.address = 0x7c800000,
		.pasid = -1 };
	struct iommu_table table = { .host_address_width = 0 };
	struct iommu_fault_place place;

	(void)state;
	iommu_fault_place(&table, &group, &fault, &place);
	assert_int_equal(place.kind, IOMMU_PLACE_RESERVED);
	fault.address = 0xfee00000;
	iommu_fault_place(&table, &group, &fault, &place);
	assert_int_equal(place.kind, IOMMU_PLACE_INTERRUPTS);
}

static void add(
	struct iommu_fault_tally *tally, int boot, const struct pci_addr *device, uint64_t held_back, uint64_t when)
{
	struct iommu_fault fault = {
		.kind = held_back ? IOMMU_FAULT_HELD_BACK : IOMMU_FAULT_DMA,
		.has_device = device != NULL,
		.device = device ? *device : (struct pci_addr){ 0 },
		.held_back = held_back,
		.microseconds = when,
	};

	assert_int_equal(iommu_fault_tally_add(tally, boot, &fault, NULL), 0);
}

/* Newest first, as the journal gives them: the latest is the latest; what was held back is the only device's. */
static void tallies(void **state)
{
	struct iommu_fault_tally tally = { 0 };

	(void)state;
	add(&tally, -1, NULL, 100, 9);
	add(&tally, -1, &nic, 0, 8);
	add(&tally, -1, &nic, 0, 7);
	add(&tally, 0, NULL, 5, 3);
	add(&tally, 0, &nic, 0, 2);
	add(&tally, 0, &usb, 0, 1);
	iommu_fault_tally_settle(&tally, 0);
	iommu_fault_tally_settle(&tally, -1);
	assert_int_equal(tally.count, 4);
	for (size_t i = 0; i < tally.count; i++) {
		const struct iommu_fault_count *at = &tally.item[i];

		if (at->boot < 0) {
			assert_true(at->has_device);
			assert_int_equal(at->printed, 2);
			assert_int_equal(at->held_back, 100);
			assert_int_equal(at->last.microseconds, 8);
		} else {
			assert_int_equal(at->held_back, at->has_device ? 0 : 5);
			assert_int_equal(at->printed, at->has_device ? 1 : 0);
		}
	}
	iommu_fault_tally_done(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(reserved_regions),
		cmocka_unit_test(tallies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
