// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/page_walk.c: addresses through made-up page tables of each mode, well-made and hostile. Guest memory here is
 * 16 MiB that counts its reads; tables and pages lie where a test puts them.
 */
#include "vmm-core/page_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

#define RAM_BYTES (16ull << 20)
#define P 1ull
#define W 2ull
#define U 4ull
#define LARGE 0x80ull
#define NX (1ull << 63)
#define CR0 0x80000001ull
#define CR4_PSE 0x10ull
#define CR4_PAE 0x20ull
#define CR4_LA57 0x1000ull
#define LMA 0x500ull
#define NXE 0x800ull

struct ram {
	uint8_t *byte;
	unsigned int reads;
};

static bool read_ram(void *opaque, uint64_t gpa, void *buf, size_t size)
{
	struct ram *ram = opaque;

	ram->reads++;
	if (gpa >= RAM_BYTES || size > RAM_BYTES - gpa)
		return false;
	memcpy(buf, ram->byte + gpa, size);
	return true;
}

static void put(struct ram *ram, uint64_t table, unsigned int index, uint64_t value)
{
	memcpy(ram->byte + table + index * 8ull, &value, sizeof(value));
}

static void put32(struct ram *ram, uint64_t table, unsigned int index, uint32_t value)
{
	memcpy(ram->byte + table + index * 4ull, &value, sizeof(value));
}

static const struct paging long_mode = {
	.cr0 = CR0, .cr3 = 0x1000, .cr4 = CR4_PAE, .efer = LMA | NXE, .address_bits = 46, .pages_1g = true
};
static const struct paging la57 = {
	.cr0 = CR0, .cr3 = 0x6000, .cr4 = CR4_PAE | CR4_LA57, .efer = LMA | NXE, .address_bits = 52, .pages_1g = true
};
static const struct paging pae = { .cr0 = CR0, .cr3 = 0x1020, .cr4 = CR4_PAE, .efer = NXE, .address_bits = 40 };
static const struct paging two_levels = { .cr0 = CR0, .cr3 = 0x1fff, .cr4 = CR4_PSE, .address_bits = 40 };

static int set_up(void **state)
{
	struct ram *ram = calloc(1, sizeof(*ram));

	assert_non_null(ram);
	ram->byte = calloc(1, RAM_BYTES);
	assert_non_null(ram->byte);
	/* Levels 5, 4, 3, 2, 1 in one line: index 1, 2, 3, 4, 5. */
	put(ram, 0x6000, 1, 0x1000 | P | W | U);
	put(ram, 0x1000, 2, 0x2000 | P | W | U);
	put(ram, 0x2000, 3, 0x3000 | P | W | U);
	put(ram, 0x3000, 4, 0x4000 | P | W);
	put(ram, 0x4000, 5, 0xabc000 | P | U | NX);
	*state = ram;
	return 0;
}

static int tear_down(void **state)
{
	struct ram *ram = *state;

	free(ram->byte);
	free(ram);
	return 0;
}

#define FOUR_LEVELS (2ull << 39 | 3ull << 30 | 4ull << 21 | 5ull << 12 | 0x123)

static struct page_walk walk_of(struct ram *ram, const struct paging *paging, uint64_t address)
{
	struct page_walk walk;

	ram->reads = 0;
	page_walk(paging, address, read_ram, ram, &walk);
	assert_true(ram->reads <= WALK_LEVEL_MAX);
	assert_true(walk.entry_count <= WALK_LEVEL_MAX);
	return walk;
}

static void expect_mapped(const struct page_walk *walk, uint64_t gpa, uint64_t bytes, uint32_t access)
{
	assert_int_equal(walk->end, WALK_MAPPED);
	assert_int_equal(walk->gpa, gpa);
	assert_int_equal(walk->bytes, bytes);
	assert_int_equal(walk->access, access);
}

static void four_and_five_levels(void **state)
{
	struct ram *ram = *state;
	struct page_walk walk = walk_of(ram, &long_mode, FOUR_LEVELS);

	assert_int_equal(walk.mode, PAGING_4_LEVEL);
	expect_mapped(&walk, 0xabc123, 4096, 0);
	assert_int_equal(walk.entry_count, 4);
	assert_int_equal(walk.entry[0].level, 4);
	assert_int_equal(walk.entry[0].at, 0x1010);
	assert_int_equal(walk.entry[3].level, 1);
	assert_int_equal(walk.entry[3].at, 0x4028);
	assert_int_equal(walk.entry[3].value, 0xabc000 | P | U | NX);
	walk = walk_of(ram, &la57, 1ull << 48 | FOUR_LEVELS);
	assert_int_equal(walk.mode, PAGING_5_LEVEL);
	expect_mapped(&walk, 0xabc123, 4096, 0);
	assert_int_equal(walk.entry_count, 5);
	assert_int_equal(walk.entry[0].at, 0x6008);
}

/* CR3's low bits are a PCID, its highest ones switches: neither is part of the address. */
static void root_has_other_bits(void **state)
{
	struct paging paging = long_mode;
	struct page_walk walk;

	paging.cr3 = 0x1000 | 0xfff | 1ull << 61 | 1ull << 62;
	walk = walk_of(*state, &paging, FOUR_LEVELS);
	expect_mapped(&walk, 0xabc123, 4096, 0);
}

static void large_pages(void **state)
{
	struct ram *ram = *state;
	struct page_walk walk;

	put(ram, 0x3000, 6, 0x40200000 | P | W | LARGE);
	walk = walk_of(ram, &long_mode, 2ull << 39 | 3ull << 30 | 6ull << 21 | 0x12345);
	expect_mapped(&walk, 0x40212345, 2 << 20, WALK_WRITE | WALK_EXECUTE);
	/* Bit 12 of it is about caching. */
	put(ram, 0x2000, 7, 0x1040000000 | P | U | LARGE | 0x1000);
	walk = walk_of(ram, &long_mode, 2ull << 39 | 7ull << 30 | 0x3456789);
	expect_mapped(&walk, 0x1043456789, 1 << 30, WALK_USER | WALK_EXECUTE);
}

static void access_is_what_all_levels_grant(void **state)
{
	static const struct {
		uint64_t clear, set; /* of the entry of level 2 */
		uint32_t access;
	} cases[] = {
		{ 0, U, WALK_WRITE | WALK_USER | WALK_EXECUTE },
		{ W, U, WALK_USER | WALK_EXECUTE },
		{ 0, 0, WALK_WRITE | WALK_EXECUTE },
		{ 0, U | NX, WALK_WRITE | WALK_USER },
	};
	struct ram *ram = *state;

	put(ram, 0x4000, 5, 0xabc000 | P | W | U);
	for (size_t i = 0; i < array_size(cases); i++) {
		struct page_walk walk;

		put(ram, 0x3000, 4, ((0x4000 | P | W) & ~cases[i].clear) | cases[i].set);
		walk = walk_of(ram, &long_mode, FOUR_LEVELS);
		expect_mapped(&walk, 0xabc123, 4096, cases[i].access);
	}
}

static void high_half_and_what_is_not_canonical(void **state)
{
	static const struct {
		const struct paging *paging;
		uint64_t address;
		bool canonical;
	} cases[] = {
		{ &long_mode, 0x00007fffffffffff, true },
		{ &long_mode, 0x0000800000000000, false },
		{ &long_mode, 0xffff7fffffffffff, false },
		{ &long_mode, 0xffff800000000000, true },
		{ &long_mode, 0xffffffffffffffff, true },
		{ &la57, 0x0000800000000000, true },
		{ &la57, 0x00ffffffffffffff, true },
		{ &la57, 0x0100000000000000, false },
		{ &la57, 0xff00000000000000, true },
		{ &pae, 0xffffffff, true },
		{ &pae, 0x100000000, false },
		{ &two_levels, 0xffffffffffffffff, false },
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		struct page_walk walk = walk_of(*state, cases[i].paging, cases[i].address);

		assert_int_equal(walk.end == WALK_NOT_CANONICAL, !cases[i].canonical);
		assert_int_equal(walk.entry_count > 0, cases[i].canonical);
	}
}

static void pae_has_three_levels(void **state)
{
	struct ram *ram = *state;
	struct paging own = pae;
	struct page_walk walk;

	put(ram, 0x1020, 3, 0x2000 | P);
	put(ram, 0x2000, 9, 0x3000 | P | W | U);
	put(ram, 0x3000, 8, 0x8765432000 | P | W | NX);
	put(ram, 0x2000, 10, 0x8765400000 | P | W | U | LARGE);
	walk = walk_of(ram, &pae, 3u << 30 | 9u << 21 | 8u << 12 | 0x10);
	assert_int_equal(walk.mode, PAGING_PAE);
	expect_mapped(&walk, 0x8765432010, 4096, WALK_WRITE);
	walk = walk_of(ram, &pae, 3u << 30 | 10u << 21 | 0x1fffff);
	expect_mapped(&walk, 0x87655fffff, 2 << 20, WALK_WRITE | WALK_USER | WALK_EXECUTE);
	/* What the processor holds counts, not what has been written to memory since. */
	own.has_pdptes = true;
	own.pdpte[3] = 0x2000 | P;
	put(ram, 0x1020, 3, 0);
	walk = walk_of(ram, &own, 3u << 30 | 10u << 21);
	expect_mapped(&walk, 0x8765400000, 2 << 20, WALK_WRITE | WALK_USER | WALK_EXECUTE);
	assert_int_equal(walk.entry[0].at, UINT64_MAX);
	assert_int_equal(walk_of(ram, &pae, 3u << 30).end, WALK_NOT_PRESENT);
}

static void two_levels_of_32_bits(void **state)
{
	struct ram *ram = *state;
	struct paging no_large = two_levels;
	struct page_walk walk;

	put32(ram, 0x1000, 300, 0x2000 | P | W | U);
	put32(ram, 0x2000, 7, 0xfedcb000 | P | W);
	put32(ram, 0x1000, 301, 0xc0000000 | P | W | U | LARGE | 0x5a << 13);
	walk = walk_of(ram, &two_levels, 300u << 22 | 7u << 12 | 0xabc);
	assert_int_equal(walk.mode, PAGING_32_BIT);
	expect_mapped(&walk, 0xfedcbabc, 4096, WALK_WRITE | WALK_EXECUTE);
	assert_int_equal(walk.entry[0].at, 0x1000 + 1200);
	/* PSE-36: eight more bits of the address, below. */
	walk = walk_of(ram, &two_levels, 301u << 22 | 0x3fffff);
	expect_mapped(&walk, 0x5ac03fffff, 4 << 20, WALK_WRITE | WALK_USER | WALK_EXECUTE);
	/* Without CR4.PSE the bit means nothing, and what follows is a table. */
	no_large.cr4 = 0;
	put32(ram, 0x1000, 301, 0x2000 | P | LARGE);
	walk = walk_of(ram, &no_large, 301u << 22 | 7u << 12);
	expect_mapped(&walk, 0xfedcb000, 4096, WALK_EXECUTE);
}

static void no_paging(void **state)
{
	const struct paging off = { .cr0 = 1, .cr3 = 0x1000, .address_bits = 40 };
	struct page_walk walk = walk_of(*state, &off, 0xdeadbeef);

	assert_int_equal(walk.mode, PAGING_OFF);
	expect_mapped(&walk, 0xdeadbeef, 0, WALK_WRITE | WALK_USER | WALK_EXECUTE);
	assert_int_equal(((struct ram *)*state)->reads, 0);
	assert_int_equal(walk_of(*state, &off, 1ull << 32).end, WALK_NOT_CANONICAL);
}

/* Each of them is a fault in a processor too. */
static void bits_that_must_be_clear(void **state)
{
	static const struct {
		uint64_t table, bit, address;
		unsigned int index;
		bool no_nx, no_1g;
	} cases[] = {
		{ 0x1000, 1ull << 46, FOUR_LEVELS, 2, false, false },      /* above the processor's addresses */
		{ 0x1000, LARGE, FOUR_LEVELS, 2, false, false },           /* no page is so large */
		{ 0x2000, LARGE, FOUR_LEVELS, 3, false, true },            /* no pages of 1 GiB */
		{ 0x2000, LARGE | 1 << 13, FOUR_LEVELS, 3, false, false }, /* the page is not aligned */
		{ 0x3000, LARGE | 1 << 20, FOUR_LEVELS, 4, false, false },
		{ 0x4000, 1ull << 51, FOUR_LEVELS, 5, false, false },
		{ 0x4000, NX, FOUR_LEVELS, 5, true, false }, /* NX is not switched on */
	};
	struct paging paging = long_mode;
	struct ram *ram = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		uint64_t before, value;
		struct page_walk walk;

		paging = long_mode;
		memcpy(&before, ram->byte + cases[i].table + cases[i].index * 8ull, sizeof(before));
		value = before | cases[i].bit;
		put(ram, cases[i].table, cases[i].index, value);
		paging.efer &= cases[i].no_nx ? ~NXE : ~0ull;
		paging.pages_1g = !cases[i].no_1g;
		walk = walk_of(ram, &paging, cases[i].address);
		assert_int_equal(walk.end, WALK_RESERVED_BIT);
		assert_int_equal(walk.entry[walk.entry_count - 1].value, value);
		put(ram, cases[i].table, cases[i].index, before);
	}
	/* A page of 1 GiB that is whole, on a processor that has none. */
	put(ram, 0x2000, 3, P | W | LARGE);
	paging.pages_1g = true;
	assert_int_equal(walk_of(ram, &paging, FOUR_LEVELS).end, WALK_MAPPED);
	paging.pages_1g = false;
	assert_int_equal(walk_of(ram, &paging, FOUR_LEVELS).end, WALK_RESERVED_BIT);
	put(ram, 0x2000, 3, 0x3000 | P | W | U);
	/* Bits 52 to 62 are the operating system's own there, but not in PAE. */
	put(ram, 0x4000, 5, 0xabc000 | P | 0x7ffull << 52);
	assert_int_equal(walk_of(ram, &long_mode, FOUR_LEVELS).end, WALK_MAPPED);
}

static void pae_and_32_bits_have_their_own(void **state)
{
	struct ram *ram = *state;
	struct paging narrow = two_levels;

	put(ram, 0x1020, 0, 0x2000 | P | W);
	assert_int_equal(walk_of(ram, &pae, 0).end, WALK_RESERVED_BIT);
	put(ram, 0x1020, 0, 0x2000 | P);
	put(ram, 0x2000, 0, 0x400000 | P | LARGE | 1ull << 55);
	assert_int_equal(walk_of(ram, &pae, 0).end, WALK_RESERVED_BIT);
	put32(ram, 0x1000, 0, 0x400000 | P | LARGE | 1 << 21);
	assert_int_equal(walk_of(ram, &two_levels, 0).end, WALK_RESERVED_BIT);
	put32(ram, 0x1000, 0, 0x400000 | P | LARGE | 1 << 13);
	assert_int_equal(walk_of(ram, &two_levels, 0).end, WALK_MAPPED);
	narrow.address_bits = 32;
	assert_int_equal(walk_of(ram, &narrow, 0).end, WALK_RESERVED_BIT);
}

static void tables_where_no_memory_is(void **state)
{
	struct ram *ram = *state;
	struct paging paging = long_mode;
	struct page_walk walk;

	put(ram, 0x2000, 3, 0x3fffffff000 | P | W);
	walk = walk_of(ram, &long_mode, FOUR_LEVELS);
	assert_int_equal(walk.end, WALK_NO_TABLE);
	assert_int_equal(walk.table, 0x3fffffff000);
	assert_int_equal(walk.entry_count, 2);
	paging.cr3 = RAM_BYTES;
	walk = walk_of(ram, &paging, FOUR_LEVELS);
	assert_int_equal(walk.end, WALK_NO_TABLE);
	assert_int_equal(walk.table, RAM_BYTES);
	assert_int_equal(walk.entry_count, 0);
}

/* A table that is its own child, at each level: five reads, no more. */
static void tables_that_lead_to_themselves(void **state)
{
	struct ram *ram = *state;
	struct page_walk walk;

	for (unsigned int i = 0; i < 512; i++)
		put(ram, 0x6000, i, 0x6000 | P | W | U);
	walk = walk_of(ram, &la57, 0xff123456789abcde);
	expect_mapped(&walk, 0x6cde, 4096, WALK_WRITE | WALK_USER | WALK_EXECUTE);
	assert_int_equal(ram->reads, 5);
}

static void nothing_is_present(void **state)
{
	struct page_walk walk = walk_of(*state, &long_mode, FOUR_LEVELS + 0x1000);

	assert_int_equal(walk.end, WALK_NOT_PRESENT);
	assert_int_equal(walk.entry_count, 4);
	assert_int_equal(walk.entry[3].value, 0);
	assert_int_equal(walk.gpa, 0);
	assert_int_equal(walk.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(four_and_five_levels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(root_has_other_bits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(access_is_what_all_levels_grant, set_up, tear_down),
		cmocka_unit_test_setup_teardown(high_half_and_what_is_not_canonical, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pae_has_three_levels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_levels_of_32_bits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_paging, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bits_that_must_be_clear, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pae_and_32_bits_have_their_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tables_where_no_memory_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tables_that_lead_to_themselves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_present, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
