// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommu/acpi.c and iommu/dmar.c: DMAR tables put together by hand, whole and broken. That real ones are read as iasl
 * reads them is tests/acpi/compare's to show.
 */
#include "base/cleanup.h"
#include "iommu/dmar.h"
#include "iommu/table.h"
#include "tests/unit/acpi_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* DRHD at 0x30 with two scopes (0x40, 0x48 with two hops), RMRR at 0x52 with one. */
static void make(struct acpi_bytes *bytes)
{
	acpi_bytes_start(bytes, "DMAR");
	acpi_bytes_set(bytes, 36, 1, 38);
	acpi_bytes_set(bytes, 37, 1, 5);
	acpi_bytes_add(bytes, "\x00\x00\x22\x00\x01\x00\x02\x00\x00\x00\xd9\xfe\x00\x00\x00\x00", 16);
	acpi_bytes_add(bytes, "\x03\x08\x00\x00\x02\xf0\x1f\x07", 8);
	acpi_bytes_add(bytes, "\x02\x0a\x00\x00\x00\x00\x1c\x04\x00\x01", 10);
	acpi_bytes_add(bytes, "\x01\x00\x20\x00\x00\x00\x00\x00", 8);
	acpi_bytes_add(bytes, "\x00\xc0\xe8\xaa\x00\x00\x00\x00\xff\xbf\xea\xaa\x00\x00\x00\x00", 16);
	acpi_bytes_add(bytes, "\x01\x08\x00\x00\x00\x00\x1d\x00", 8);
	acpi_bytes_finish(bytes);
}

static void decodes_units_and_reservations(void **state)
{
	struct acpi_bytes bytes;
	cleanup_iommu_table struct iommu_table table = { 0 };

	(void)state;
	make(&bytes);
	assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &table, NULL), 0);
	assert_int_equal(table.acpi.flaw_count, 0);
	assert_int_equal(table.host_address_width, 39);
	assert_int_equal(table.flags, 5);
	assert_int_equal(table.unit_count, 1);
	assert_string_equal(table.unit[0].name, "dmar0");
	assert_int_equal(table.unit[0].segment, 2);
	assert_int_equal(table.unit[0].address, 0xfed90000);
	assert_int_equal(table.unit[0].include_all, IOMMU_YES);
	assert_int_equal(table.unit[0].can.interrupt_remapping, IOMMU_YES);
	assert_int_equal(table.unit[0].can.x2apic, IOMMU_UNKNOWN);
	assert_int_equal(table.acpi.item_count, 6);
	assert_int_equal(table.acpi.item[2].type, DMAR_SCOPE_IOAPIC);
	assert_int_equal(acpi_number(&table.acpi, &table.acpi.item[2], "enumeration_id"), 2);
	assert_int_equal(acpi_number(&table.acpi, &table.acpi.item[2], "start_bus"), 0xf0);
	assert_int_equal(table.acpi.item[3].length, 10);
	assert_int_equal(table.acpi.item[3].parent, 1);
	assert_int_equal(table.reservation_count, 1);
	assert_int_equal(table.reservation[0].base, 0xaae8c000);
	assert_int_equal(table.reservation[0].end, 0xaaeabfff);
	assert_string_equal(iommu_table_flag(&table, 0), "interrupt-remapping");
	assert_string_equal(iommu_table_flag(&table, 1), "");
	assert_null(iommu_table_flag(&table, 3));
}

/* One number changed in the table above. */
static void names_flaws_by_their_offset(void **state)
{
	static const struct {
		const char *what;
		uint32_t offset, bytes;
		uint64_t value;
		bool malformed;
		uint32_t flaw;
		const char *text;
		size_t units, reservations; /* what is decoded all the same */
	} cases[] = {
		{ "structure of no length", 0x32, 2, 0, true, 0x30, "structure of 0 bytes", 0, 0 },
		{ "of 1 byte", 0x32, 2, 1, true, 0x30, "structure of 1 bytes", 0, 0 },
		{ "beyond the table", 0x54, 2, 0x21, true, 0x52, "structure of 33 bytes", 1, 1 },
		{ "shorter than its fields", 0x54, 2, 23, true, 0x52, "rmrr has 23 bytes", 1, 0 },
		{ "odd", 0x32, 2, 0x21, true, 0x48, "scope of 10 bytes", 1, 0 },
		{ "scope of no length", 0x41, 1, 0, true, 0x40, "scope of 0 bytes", 1, 1 },
		{ "scope beyond its structure", 0x41, 1, 255, true, 0x40, "scope of 255 bytes", 1, 1 },
		{ "scope without a path", 0x6b, 1, 6, false, 0x6b, "without a path", 1, 1 },
		{ "scope with half a hop", 0x49, 1, 9, false, 0x49, "odd number", 1, 1 },
		{ "scope type", 0x40, 1, 9, false, 0x40, "scope type 9", 1, 1 },
		{ "type", 0x52, 2, 0x77, false, 0x52, "structure type 119", 1, 0 },
		{ "reserved memory backwards", 0x5a, 8, 1ull << 40, false, 0x5a, "ends before", 1, 1 },
		{ "reserved half a page", 0x5a, 8, 0xaae8c800, false, 0x5a, "whole pages", 1, 1 },
		{ "no registers", 0x38, 8, 0, false, 0x38, "registers at 0x0", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct acpi_bytes bytes;
		cleanup_iommu_table struct iommu_table table = { 0 };
		const struct acpi_flaw *flaw = table.acpi.flaw;

		make(&bytes);
		acpi_bytes_set(&bytes, cases[i].offset, cases[i].bytes, cases[i].value);
		acpi_bytes_finish(&bytes);
		print_message("%s\n", cases[i].what);
		assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &table, NULL), 0);
		assert_in_range(table.acpi.flaw_count, 1, 5); /* one thing leads to another */
		assert_int_equal(flaw->offset, cases[i].flaw);
		assert_int_equal(flaw->malformed, cases[i].malformed);
		assert_non_null(strstr(flaw->text, cases[i].text));
		assert_int_equal(table.unit_count, cases[i].units);
		assert_int_equal(table.reservation_count, cases[i].reservations);
	}
}

static void refuses_what_is_no_table(void **state)
{
	static const struct {
		size_t size;
		uint32_t length;
		const char *text;
	} cases[] = {
		{ 0, 0, "signature" },
		{ 3, 0, "signature" },
		{ 20, 20, "offset 0x14: 20 bytes" },
		{ 0x72, 0x73, "offset 0x4: length 115" },
		{ 0x72, 47, "offset 0x4: length 47" },
		{ 0x72, 0xffffffff, "offset 0x4: length 4294967295" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct iommu_table table = { 0 };
		struct acpi_bytes bytes;
		struct error err = { 0 };

		make(&bytes);
		acpi_bytes_set(&bytes, 4, 4, cases[i].length);
		assert_true(iommu_table_parse(bytes.byte, cases[i].size, &table, &err) < 0);
		assert_int_equal(err.code, CODE_ACPI_MALFORMED);
		assert_non_null(strstr(err.msg, cases[i].text));
		assert_null(table.unit);
	}
}

static void bears_with_firmware(void **state)
{
	struct acpi_bytes bytes;
	cleanup_iommu_table struct iommu_table padded = { 0 };
	cleanup_iommu_table struct iommu_table unsummed = { 0 };

	(void)state;
	make(&bytes);
	acpi_bytes_add(&bytes, "\0\0\0\0\0\0\0", 7);
	acpi_bytes_finish(&bytes);
	bytes.byte[9]++;
	assert_int_equal(iommu_table_parse(bytes.byte, bytes.size + 5, &padded, NULL), 0);
	assert_int_equal(padded.acpi.malformed_count, 0);
	assert_int_equal(padded.acpi.flaw_count, 3);
	assert_non_null(strstr(padded.acpi.flaw[0].text, "5 bytes behind the table"));
	assert_non_null(strstr(padded.acpi.flaw[1].text, "checksum"));
	assert_non_null(strstr(padded.acpi.flaw[2].text, "7 bytes of zeros"));
	assert_int_equal(padded.unit_count, 1);
	assert_int_equal(padded.reservation_count, 1);
	assert_int_equal(padded.acpi.item[padded.acpi.item_count - 1].type, ACPI_REST);

	make(&bytes);
	bytes.byte[9]--;
	assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &unsummed, NULL), 0);
	assert_int_equal(unsummed.acpi.flaw_count, 1);
}

static void takes_ten_thousand_units(void **state)
{
	struct acpi_bytes bytes;
	cleanup_iommu_table struct iommu_table table = { 0 };

	(void)state;
	acpi_bytes_start(&bytes, "DMAR");
	for (unsigned int i = 0; i < 10000; i++)
		acpi_bytes_add(
			&bytes, "\x00\x00\x18\x00\x00\x00\x00\x00\x00\x10\xd9\xfe\0\0\0\0\x01\x08\0\0\0\0\x1d", 24);
	acpi_bytes_finish(&bytes);
	assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &table, NULL), 0);
	assert_int_equal(table.unit_count, 10000);
	assert_string_equal(table.unit[9999].name, "dmar9999");
	assert_int_equal(table.acpi.item_count, 20001);
}

static void decodes_every_type(void **state)
{
	static const char *const names[] = { "dmar", "atsr", "rhsa", "andd", "satc", "scope", "sidp", "unknown" };
	struct acpi_bytes bytes;
	cleanup_iommu_table struct iommu_table table = { 0 };
	char text[32];

	(void)state;
	acpi_bytes_start(&bytes, "DMAR");
	acpi_bytes_add(&bytes, "\x02\x00\x08\x00\x01\x00\x00\x00", 8);
	acpi_bytes_add(&bytes, "\x03\x00\x14\x00\0\0\0\0\x00\x00\xd9\xfe\0\0\0\0\x07\x00\x00\x00", 20);
	acpi_bytes_add(&bytes, "\x04\x00\x0e\x00\0\0\0\x09\\_SB.\0", 14);
	acpi_bytes_add(&bytes, "\x05\x00\x10\x00\x01\x00\x03\x00\x01\x08\0\0\0\0\x02\0", 16);
	acpi_bytes_add(&bytes, "\x06\x00\x08\x00\0\0\x04\x00", 8);
	acpi_bytes_add(&bytes, "\x07\x00\x06\x00\xaa\xbb", 6);
	acpi_bytes_finish(&bytes);
	assert_int_equal(iommu_table_parse(bytes.byte, bytes.size, &table, NULL), 0);
	assert_int_equal(table.acpi.item_count, array_size(names));
	for (size_t i = 0; i < array_size(names); i++)
		assert_string_equal(table.acpi.item[i].kind->name, names[i]);
	assert_int_equal(acpi_number(&table.acpi, &table.acpi.item[2], "proximity_domain"), 7);
	assert_int_equal(acpi_number(&table.acpi, &table.acpi.item[3], "device_number"), 9);
	assert_string_equal(acpi_text(&table.acpi, &table.acpi.item[3], "device_name", text, sizeof(text)), "\\_SB.");
	assert_int_equal(acpi_number(&table.acpi, &table.acpi.item[4], "segment"), 3);
	assert_int_equal(table.acpi.malformed_count, 0);
}

/* Capability registers of real machines, and what the kernel's log said of them. */
static void reads_registers(void **state)
{
	static const struct {
		uint64_t cap, ecap;
		enum iommu_answer x2apic, posted, scalable, pasid;
		unsigned int width;
		uint64_t pages;
	} cases[] = {
		{ 0x1c0000c40660462, 0x19e2ff0505e, IOMMU_YES, IOMMU_NO, IOMMU_NO, IOMMU_YES, 39, 0x40201000 },
		{ 0x1c000040660462, 0x80000f0505e, IOMMU_YES, IOMMU_NO, IOMMU_YES, IOMMU_NO, 39, 0x1000 },
		{ 0xd2008c40660462, 0xf050da, IOMMU_YES, IOMMU_NO, IOMMU_NO, IOMMU_NO, 39, 0x40201000 },
		{ 0x8d2078c106f0466, 0xf020de, IOMMU_YES, IOMMU_YES, IOMMU_NO, IOMMU_NO, 48, 0x40201000 },
		{ 0x8d2078c106f0466, 0xf020d6, IOMMU_NO, IOMMU_YES, IOMMU_NO, IOMMU_NO, 48, 0x40201000 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		const struct iommu_unit unit = {
			.cap = cases[i].cap, .ecap = cases[i].ecap, .cap_known = true, .ecap_known = true
		};
		struct iommu_abilities can = { 0 };

		iommu_abilities_intel(&can, &unit);
		assert_int_equal(can.x2apic, cases[i].x2apic);
		assert_int_equal(can.posted_interrupts, cases[i].posted);
		assert_int_equal(can.scalable_mode, cases[i].scalable);
		assert_int_equal(can.pasid, cases[i].pasid);
		assert_int_equal(can.address_width, cases[i].width);
		assert_int_equal(can.page_sizes, cases[i].pages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_units_and_reservations),
		cmocka_unit_test(names_flaws_by_their_offset),
		cmocka_unit_test(refuses_what_is_no_table),
		cmocka_unit_test(bears_with_firmware),
		cmocka_unit_test(takes_ten_thousand_units),
		cmocka_unit_test(decodes_every_type),
		cmocka_unit_test(reads_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
