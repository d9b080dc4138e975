// SPDX-License-Identifier: GPL-2.0-or-later
/* iommu/ivrs.c and what iommu/table.c makes of it: IVRS tables put together by hand, whole and broken. */
#include "base/cleanup.h"
#include "iommu/ivrs.h"
#include "iommu/table.h"
#include "tests/unit/acpi_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Block of type 10h at 0x30 with entries from 0x48, 40h at 0x68 with entries from 0x90, IVMD range behind. */
static void make(struct acpi_bytes *bytes)
{
	acpi_bytes_start(bytes, "IVRS");
	acpi_bytes_set(bytes, 36, 4, 0x00203043);
	acpi_bytes_add(bytes, "\x10\xb0\x38\x00\x02\x00\x40\x00\x00\x00\xf0\xfd\0\0\0\0\x01\x00\x00\x00", 20);
	acpi_bytes_add(bytes, "\x6f\x8f\x04\x80", 4);
	acpi_bytes_add(bytes, "\x03\x08\x00\x00\x04\xfe\xff\x00", 8);
	acpi_bytes_add(bytes, "\x43\x00\xff\x00\x00\xa5\x00\x00\x04\xff\xff\x00\x00\x00\x00\x00", 16);
	acpi_bytes_add(bytes, "\x48\x00\x00\xd7\x20\xa0\x00\x01", 8);
	acpi_bytes_add(bytes, "\x40\xb0\x4b\x00\x02\x00\x40\x00\x00\x00\xf0\xfd\0\0\0\0\x01\x00\x00\x00", 20);
	acpi_bytes_add(bytes, "\x00\x02\x04\x00\xde\x4a\x25\x22\xef\x73\x6d\x20\0\0\0\0\0\0\0\0", 20);
	acpi_bytes_add(bytes, "\x01\x00\x00\x00", 4);
	acpi_bytes_add(bytes, "\xf0\xa5\x00\x40\x41MDI0020\0\0\0\0\0\0\0\0\x02\x09\\_SB.FUR0", 31);
	acpi_bytes_add(bytes, "\x22\x01\x20\x00\x00\x03\x0f\x03\x01\0\0\0\0\0\0\0", 16);
	acpi_bytes_add(bytes, "\x00\x20\xd4\xcc\0\0\0\0\x00\x60\x02\x00\0\0\0\0", 16);
	acpi_bytes_finish(bytes);
}

static void one_unit_of_two_blocks(void **state)
{
	struct acpi_bytes bytes;
	cleanup_iommu_table struct iommu_table table = { 0 };
	const struct acpi_item *device;
	char text[32];

	(void)state;
	make(&bytes);
	assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &table, NULL), 0);
	assert_int_equal(table.acpi.flaw_count, 0);
	assert_true(table.amd);
	assert_int_equal(table.host_address_width, 48);
	assert_int_equal(table.unit_count, 1);
	assert_string_equal(table.unit[0].name, "ivhd0");
	assert_int_equal(table.unit[0].address, 0xfdf00000);
	assert_int_equal(table.unit[0].segment, 1);
	assert_int_equal(table.acpi.item[table.unit[0].item].type, IVRS_IVHD_40);
	assert_int_equal(table.unit[0].include_all, IOMMU_YES);
	assert_int_equal(table.unit[0].can.interrupt_remapping, IOMMU_YES);
	assert_int_equal(table.unit[0].can.x2apic, IOMMU_YES);
	assert_int_equal(table.unit[0].can.posted_interrupts, IOMMU_YES);
	assert_int_equal(table.unit[0].can.address_width, 64);
	assert_int_equal(table.unit[0].can.pasid_bits, 16);
	assert_int_equal(table.reservation_count, 1);
	assert_int_equal(table.reservation[0].kind, IOMMU_UNITY);
	assert_int_equal(table.reservation[0].segment, 1);
	assert_int_equal(table.reservation[0].base, 0xccd42000);
	assert_int_equal(table.reservation[0].end, 0xccd67fff);
	device = &table.acpi.item[10];
	assert_int_equal(device->type, IVRS_ACPI_DEVICE);
	assert_int_equal(device->length, 31);
	assert_string_equal(acpi_text(&table.acpi, device, "hid", text, sizeof(text)), "AMDI0020");
	assert_string_equal(acpi_text(&table.acpi, device, "uid", text, sizeof(text)), "\\_SB.FUR0");
	assert_int_equal(acpi_number(&table.acpi, &table.acpi.item[7], "variety"), IVRS_VARIETY_IOAPIC);
}

static void names_flaws_by_their_offset(void **state)
{
	static const struct {
		const char *what;
		uint32_t offset, bytes;
		uint64_t value;
		bool malformed;
		uint32_t flaw;
		const char *text;
		size_t units, reservations;
	} cases[] = {
		{ "block of no length", 0x32, 2, 0, true, 0x30, "block of 0 bytes", 0, 0 },
		{ "of 3 bytes", 0x32, 2, 3, true, 0x30, "block of 3 bytes", 0, 0 },
		{ "beyond the table", 0x6a, 2, 0x6c, true, 0x68, "block of 108 bytes", 1, 0 },
		{ "entry beyond its block", 0x60, 1, 0xc0, true, 0x60, "type 192 reaches beyond", 1, 1 },
		{ "ACPI device's name beyond it", 0xa9, 1, 10, true, 0x94, "type 240 reaches beyond", 1, 1 },
		{ "entry type", 0x48, 1, 5, false, 0x48, "entry type 5", 1, 1 },
		{ "type", 0x30, 1, 0x51, false, 0x30, "block type 0x51", 1, 1 },
		{ "memory of no size", 0xcb, 8, 0, false, 0xcb, "0x0 bytes", 1, 0 },
		{ "memory beyond all addresses", 0xc3, 8, UINT64_MAX - 0xfff, false, 0xcb, "bytes at 0xfff", 1, 1 },
		{ "half a page", 0xc3, 8, 0x800, false, 0xc3, "whole pages", 1, 1 },
		{ "no registers", 0x38, 8, 0, false, 0x38, "registers at 0x0", 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct acpi_bytes bytes;
		cleanup_iommu_table struct iommu_table table = { 0 };

		make(&bytes);
		acpi_bytes_set(&bytes, cases[i].offset, cases[i].bytes, cases[i].value);
		acpi_bytes_finish(&bytes);
		print_message("%s\n", cases[i].what);
		assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &table, NULL), 0);
		assert_in_range(table.acpi.flaw_count, 1, 12); /* one thing leads to another */
		assert_int_equal(table.acpi.flaw[0].offset, cases[i].flaw);
		assert_int_equal(table.acpi.flaw[0].malformed, cases[i].malformed);
		assert_non_null(strstr(table.acpi.flaw[0].text, cases[i].text));
		assert_int_equal(table.unit_count, cases[i].units);
		assert_int_equal(table.reservation_count, cases[i].reservations);
	}
}

static void entry_sizes_follow_their_type(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t length;
	} cases[] = { { 0, 4 }, { 1, 4 }, { 63, 4 }, { 64, 8 }, { 70, 8 }, { 71, 8 }, { 72, 8 }, { 127, 8 },
		{ 128, 16 }, { 191, 16 }, { 192, 32 }, { 241, 32 }, { 255, 32 } };

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct acpi_bytes bytes;
		cleanup_iommu_table struct iommu_table table = { 0 };
		uint8_t entry[32] = { cases[i].type };

		acpi_bytes_start(&bytes, "IVRS");
		acpi_bytes_add(&bytes, "\x10\0\x40\0\x02\0\x40\0\0\0\xf0\xfd\0\0\0\0\0\0\0\0\0\0\0\0", 24);
		acpi_bytes_set(&bytes, 0x32, 2, 24 + cases[i].length);
		acpi_bytes_add(&bytes, entry, cases[i].length);
		acpi_bytes_finish(&bytes);
		assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &table, NULL), 0);
		assert_int_equal(table.acpi.malformed_count, 0);
		assert_int_equal(table.acpi.item_count, 3);
		assert_int_equal(table.acpi.item[2].length, cases[i].length);
		/* No IOAPIC is named: no remapped interrupts. The field of features counts only when IVinfo says so. */
		assert_int_equal(table.unit[0].can.interrupt_remapping, IOMMU_NO);
		assert_int_equal(table.unit[0].can.x2apic, IOMMU_UNKNOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_unit_of_two_blocks),
		cmocka_unit_test(names_flaws_by_their_offset),
		cmocka_unit_test(entry_sizes_follow_their_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
