// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Firmware tables of real machines; a sample of them mutated: every byte with several values, and every length. The
 * decoder keeps an exactly sized copy of its own, so under ASan (make check builds it so) one byte read beyond is a
 * failure. Everything that is found must lie where it claims to.
 */
#include "base/cleanup.h"
#include "iommu/table.h"
#include "view/iommu_json.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = "tests/data/acpi";

static void check_items(const struct acpi_table *acpi)
{
	for (size_t i = 0; i < acpi->item_count; i++) {
		const struct acpi_item *item = &acpi->item[i];
		const struct acpi_item *parent = &acpi->item[item->parent];

		assert_in_range(item->parent, 0, i);
		assert_true(item->offset + item->length <= acpi->size);
		assert_true(item->offset >= parent->offset &&
			    item->offset + item->length <= parent->offset + parent->length);
	}
	for (size_t i = 0; i < acpi->flaw_count && i < ACPI_FLAW_MAX; i++)
		assert_true(acpi->flaw[i].offset <= acpi->size);
}

/* With JSON everything that is shown of a table is read too; it is dear, so not for every mutation. */
static void decode(const uint8_t *bytes, size_t size, bool show)
{
	cleanup_iommu_table struct iommu_table table = { 0 };
	uint8_t *exact = malloc(size ? size : 1);

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	if (!iommu_table_parse(exact, size, &table, NULL)) {
		check_items(&table.acpi);
		if (show) {
			json_decref(iommu_structures_json(&table));
			json_decref(iommu_reserved_json(&table));
			for (size_t i = 0; i < table.unit_count; i++)
				json_decref(iommu_scope_json(&table, table.unit[i].item));
		}
	}
	free(exact);
}

static void mutate(uint8_t *bytes, size_t size)
{
	static const uint8_t values[] = { 0, 1, 2, 4, 7, 0x10, 0x40, 0x7f, 0x80, 0xf0, 0xfe, 0xff };

	for (size_t at = 0; at < size; at++) {
		uint8_t kept = bytes[at];

		for (size_t i = 0; i < array_size(values); i++) {
			bytes[at] = values[i];
			decode(bytes, size, i % 4 == at % 4);
		}
		bytes[at] = (uint8_t)(kept + 1);
		decode(bytes, size, true);
		bytes[at] = (uint8_t)(kept - 1);
		decode(bytes, size, true);
		bytes[at] = kept;
	}
}

/* Cut off at each length, once with the header knowing it. */
static void cut(uint8_t *bytes, size_t size)
{
	for (size_t length = 0; length <= size; length++) {
		decode(bytes, length, true);
		if (length < 8)
			continue;
		for (size_t i = 0; i < 4; i++)
			bytes[4 + i] = (uint8_t)(length >> i * 8);
		decode(bytes, length, true);
		for (size_t i = 0; i < 4; i++)
			bytes[4 + i] = (uint8_t)(size >> i * 8);
	}
}

/* The names are hashes of what is in the files: those that begin alike are a fair sample. ALL_TABLES=yes takes all. */
static bool in_sample(const char *name)
{
	const char *hash = strchr(name, '-');

	return getenv("ALL_TABLES") || (hash && (hash[1] == '0' || hash[1] == '8'));
}

static void for_each_table(bool sample, void (*what)(uint8_t *bytes, size_t size))
{
	cleanup_dir DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		cleanup_free void *bytes = NULL;
		cleanup_close int fd = -1;
		size_t size;

		if (!strstr(entry->d_name, ".bin") || (sample && !in_sample(entry->d_name)))
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY);
		assert_int_equal(acpi_file_read(fd, entry->d_name, &bytes, &size, NULL), 0);
		what(bytes, size);
		count++;
	}
	assert_in_range(count, sample ? 30 : 422, 1000);
}

static void whole(uint8_t *bytes, size_t size)
{
	cleanup_iommu_table struct iommu_table table = { 0 };

	assert_int_equal(iommu_table_parse(bytes, size, &table, NULL), 0);
	assert_int_equal(table.acpi.malformed_count, 0);
	assert_in_range(table.unit_count, 1, 16);
	for (size_t i = 0; i < table.unit_count; i++)
		assert_false(table.unit[i].address & 0xfff || table.unit[i].address >> 52);
}

static void real_tables_decode(void **state)
{
	(void)state;
	for_each_table(false, whole);
}

static void mutations_stay_inside(void **state)
{
	(void)state;
	for_each_table(true, mutate);
}

static void cut_tables_stay_inside(void **state)
{
	(void)state;
	for_each_table(true, cut);
}

/* Firmware writes structures that are shorter than their fields; what lies behind one is the next one's. */
static void a_field_that_is_cut_off_is_nothing(void **state)
{
	static const struct acpi_field fields[] = { { "segment", 2, 2, ACPI_NUMBER }, { "address", 4, 8, ACPI_NUMBER },
		{ "rest", 12, 0, ACPI_TEXT }, { NULL, 0, 0, 0 } };
	static const struct acpi_kind kind = { .name = "drhd", .fixed = 4, .fields = fields };
	static uint8_t data[32];
	const struct acpi_table table = { .data = data, .size = sizeof(data) };
	struct acpi_item item = { .kind = &kind, .offset = 8, .length = 12 };
	char text[16];

	(void)state;
	memset(data, 'x', sizeof(data));
	assert_int_equal(acpi_number(&table, &item, "address"), 0x7878787878787878);
	item.length = 11;
	assert_int_equal(acpi_number(&table, &item, "address"), 0);
	assert_int_equal(acpi_number(&table, &item, "segment"), 0x7878);
	assert_string_equal(acpi_text(&table, &item, "rest", text, sizeof(text)), "");
	/* An item that lies outside of its table has no fields at all. */
	item = (struct acpi_item){ .kind = &kind, .offset = 24, .length = 12 };
	assert_int_equal(acpi_number(&table, &item, "segment"), 0);
}

static void refuses_huge_files(void **state)
{
	cleanup_close int fd = open("/dev/zero", O_RDONLY);
	void *bytes = NULL;
	size_t size;
	struct error err = { 0 };

	(void)state;
	assert_true(acpi_file_read(fd, "zero", &bytes, &size, &err) < 0);
	assert_int_equal(err.code, CODE_ACPI_MALFORMED);
	assert_null(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_tables_decode),
		cmocka_unit_test(mutations_stay_inside),
		cmocka_unit_test(cut_tables_stay_inside),
		cmocka_unit_test(a_field_that_is_cut_off_is_nothing),
		cmocka_unit_test(refuses_huge_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
