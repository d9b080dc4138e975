// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/layout.c: where RAM and the windows lie, for all sizes and holes; and which requests are refused. */
#include "vmm-core/layout.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

#define TIB (1024 * GIB)

static const struct range intel[] = { { 0, 0xfee00000 }, { 0xfef00000, 1ull << 48 } };
static const struct range narrow[] = { { 0, 0xfee00000 }, { 0xfef00000, 1ull << 36 } };
static const struct range amd[] = { { 0, 0xfee00000 }, { 0xfef00000, 0xfd00000000 }, { 0x10000000000, 1ull << 48 } };
static const struct range rmrr[] = { { 0, 0x7b800000 }, { 0x7f801000, 0xfee00000 }, { 0xfef00000, 1ull << 39 } };
static const struct range no_zero[] = { { 0x1000, 0xfee00000 } };

static struct layout_request request(uint64_t ram, uint64_t page, const struct range *reach, size_t count)
{
	return (struct layout_request){ .ram_bytes = ram,
		.page_bytes = page,
		.port_count = 2,
		.gpa_bits = 40,
		.reachable = reach,
		.reachable_count = count };
}

/* What must hold of every layout, whatever the request. */
static void check(const struct layout_request *r, const struct layout *l)
{
	uint64_t align = r->page_bytes > 2 * MIB ? r->page_bytes : 2 * MIB, total = 0;
	struct range taken[LAYOUT_RAM_MAX + 4];
	size_t count = 0;

	assert_int_equal(l->ram[0].at.start, 0);
	for (size_t i = 0; i < l->ram_count; i++) {
		const struct ram_region *ram = &l->ram[i];

		total += range_size(ram->at);
		assert_int_equal(ram->at.start % align, 0);
		assert_int_equal(ram->file_offset % align, ram->at.start % align);
		assert_int_equal(range_size(ram->at) % r->page_bytes, 0);
		if (i)
			assert_true(ram->file_offset >= ram[-1].file_offset + range_size(ram[-1].at));
		for (size_t j = 0, found = 0; r->reachable_count && !found; j++) {
			assert_true(j < r->reachable_count);
			found = range_contains(r->reachable[j], ram->at);
		}
		taken[count++] = ram->at;
	}
	assert_int_equal(total, r->ram_bytes);
	taken[count++] = l->pci32;
	taken[count++] = l->ecam;
	taken[count++] = (struct range){ 0xfec00000, 0x100000000 };
	if (range_size(l->pci64))
		taken[count++] = l->pci64;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(range_overlaps(taken[i], taken[j]));
	assert_true(range_size(l->pci64) >= r->pci64_bytes);
	assert_true(l->pci64.end <= 1ull << r->gpa_bits);
	assert_int_equal(l->bus_count, r->port_count + 1);
}

static void sizes(void **state)
{
	static const uint64_t ram[] = { 4 * KIB, 16 * MIB, 128 * MIB, 512 * MIB + 4 * KIB, 3 * GIB - 2 * MIB, 3 * GIB,
		3 * GIB + 512 * MIB, 4 * GIB, 8 * GIB, 48 * GIB };
	static const struct {
		const struct range *range;
		size_t count;
	} reach[] = { { NULL, 0 }, { intel, array_size(intel) }, { narrow, array_size(narrow) },
		{ amd, array_size(amd) }, { rmrr, array_size(rmrr) } };
	static const uint64_t pages[] = { 4 * KIB, 2 * MIB, GIB };

	(void)state;
	for (size_t i = 0; i < array_size(ram); i++) {
		for (size_t j = 0; j < array_size(reach); j++) {
			for (size_t k = 0; k < array_size(pages); k++) {
				struct layout_request r = request(ram[i], pages[k], reach[j].range, reach[j].count);
				struct error err = { 0 };
				struct layout l;
				int ret;

				r.pci64_bytes = i * 3 * GIB / 2;
				ret = layout_plan(&r, &l, &err);
				if (ram[i] % pages[k]) {
					assert_int_equal(ret, -EINVAL);
					continue;
				}
				assert_int_equal(ret, 0);
				check(&r, &l);
			}
		}
	}
}

static void regions(void **state)
{
	static const struct {
		uint64_t ram;
		const struct range *reach;
		size_t reach_count, count;
		uint64_t last_start;
	} cases[] = {
		{ 3 * GIB, intel, array_size(intel), 1, 0 },
		{ 3 * GIB + 512 * MIB, intel, array_size(intel), 2, 4 * GIB },
		{ 3 * GIB, rmrr, array_size(rmrr), 3, 4 * GIB },
		{ 1020 * GIB, amd, array_size(amd), 3, TIB },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct layout_request r = request(cases[i].ram, 2 * MIB, cases[i].reach, cases[i].reach_count);
		struct layout l;

		r.gpa_bits = 46;
		assert_int_equal(layout_plan(&r, &l, NULL), 0);
		check(&r, &l);
		assert_int_equal(l.ram_count, cases[i].count);
		assert_int_equal(l.ram[l.ram_count - 1].at.start, cases[i].last_start);
	}
}

static void refused(void **state)
{
	struct range shreds[12];
	struct layout_request cases[] = {
		request(0, 4 * KIB, NULL, 0),
		request(MIB, 8 * KIB, NULL, 0),
		request(3 * MIB, 2 * MIB, NULL, 0),
		request(2 * TIB, 2 * MIB, NULL, 0),
		request(64 * GIB, 2 * MIB, narrow, array_size(narrow)),
		request(GIB, 2 * MIB, no_zero, array_size(no_zero)),
		request(GIB, 2 * MIB, shreds, array_size(shreds)),
		request(GIB, 2 * MIB, NULL, 0),
		request(GIB, 2 * MIB, NULL, 0),
		request(GIB, 2 * MIB, NULL, 0),
	};

	(void)state;
	for (size_t i = 0; i < array_size(shreds); i++)
		shreds[i] = (struct range){ i * 16 * MIB, i * 16 * MIB + 8 * MIB };
	cases[7].port_count = 256;
	cases[8].pci64_bytes = TIB;
	cases[9].gpa_bits = 32;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct error err = { 0 };
		struct layout l = { .bus_count = 77 };

		assert_true(layout_plan(&cases[i], &l, &err) < 0);
		assert_int_equal(err.code, CODE_LAYOUT);
		assert_true(err.msg[0] != '\0');
		assert_int_equal(l.bus_count, 77);
	}
}

/* RAM is laid out and populated before the devices' BARs are known. */
static void window_does_not_move_ram(void **state)
{
	struct layout_request r = request(8 * GIB, 4 * KIB, intel, array_size(intel));
	struct layout before, after;

	(void)state;
	assert_int_equal(layout_plan(&r, &before, NULL), 0);
	r.pci64_bytes = 100 * GIB;
	assert_int_equal(layout_plan(&r, &after, NULL), 0);
	assert_memory_equal(before.ram, after.ram, sizeof(before.ram));
	assert_int_equal(after.pci64.start % (128 * GIB), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(regions),
		cmocka_unit_test(refused),
		cmocka_unit_test(window_does_not_move_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
