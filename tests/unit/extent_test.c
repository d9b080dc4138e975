// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommu/extent.c: lists of extents and what the comparison of two says: cases as tables, then thousands of made-up maps
 * beside a comparison that looks at each page.
 */
#include "iommu/extent.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	PAGES = 96,
	ROUNDS = 4000,
};

static void add(struct extent_list *list, uint64_t from, uint64_t to, uint64_t bytes, bool writable)
{
	assert_int_equal(
		extent_list_add(list, &(struct extent){ .from = from, .to = to, .bytes = bytes, .writable = writable }),
		0);
}

static void neighbours_are_merged(void **state)
{
	cleanup_extents struct extent_list list = { .item = NULL };

	(void)state;
	add(&list, 0, 0x10000, 0x1000, true);
	add(&list, 0x1000, 0x11000, 0x2000, true);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.item[0].bytes, 0x3000);
	add(&list, 0x3000, 0x13000, 0x1000, false); /* not to be written */
	add(&list, 0x4000, 0x20000, 0x1000, false); /* elsewhere */
	add(&list, 0x6000, 0x22000, 0x1000, false); /* behind a hole */
	assert_int_equal(list.count, 4);
	add(&list, 0x8000, 0, 0, true);
	assert_int_equal(list.count, 4);
}

static void what_is_no_map_is_refused(void **state)
{
	static const struct extent bad[] = {
		{ .from = 0x1000, .to = 0, .bytes = 0x1000 },                   /* goes back */
		{ .from = 0x1fff, .to = 0, .bytes = 0x1000 },                   /* overlaps */
		{ .from = UINT64_MAX - 0xfff, .to = 0, .bytes = 0x2000 },       /* wraps */
		{ .from = 0x10000, .to = UINT64_MAX - 0xfff, .bytes = 0x2000 }, /* the other side does */
		{ .from = 0x10000, .to = 0, .bytes = UINT64_MAX },
	};
	cleanup_extents struct extent_list list = { .item = NULL };

	(void)state;
	add(&list, 0x1000, 0, 0x1000, true);
	for (size_t i = 0; i < array_size(bad); i++)
		assert_int_equal(extent_list_add(&list, &bad[i]), -EINVAL);
	assert_int_equal(list.count, 1);
}

static void finding_looks_at_edges(void **state)
{
	cleanup_extents struct extent_list list = { .item = NULL };

	(void)state;
	assert_null(extent_find(&list, 0));
	for (uint64_t i = 0; i < 9; i++)
		add(&list, i * 0x3000, 0x100000 + i * 0x5000, 0x1000, true);
	for (uint64_t i = 0; i < 9; i++) {
		assert_ptr_equal(extent_find(&list, i * 0x3000), &list.item[i]);
		assert_ptr_equal(extent_find(&list, i * 0x3000 + 0xfff), &list.item[i]);
		assert_null(extent_find(&list, i * 0x3000 + 0x1000));
		assert_null(extent_find(&list, i * 0x3000 + 0x2fff));
	}
}

static void each_kind_of_difference(void **state)
{
	static const struct difference expected[] = {
		{ DIFFERENCE_MISSING, 0x1000, 0x1000, 0x101000, 0 },
		{ DIFFERENCE_ELSEWHERE, 0x3000, 0x2000, 0x103000, 0x777000 },
		{ DIFFERENCE_READ_ONLY, 0x6000, 0x1000, 0x106000, 0x106000 },
		{ DIFFERENCE_EXTRA, 0x8000, 0x3000, 0, 0x108000 },
		{ DIFFERENCE_EXTRA, 0x20000, 0x1000, 0, 0x5000 },
	};
	cleanup_extents struct extent_list wanted = { .item = NULL }, is = { .item = NULL };
	struct difference_list list;

	(void)state;
	add(&wanted, 0, 0x100000, 0x8000, true);
	add(&is, 0, 0x100000, 0x1000, true);
	add(&is, 0x2000, 0x102000, 0x1000, true);
	add(&is, 0x3000, 0x777000, 0x1000, true);
	add(&is, 0x4000, 0x999000, 0x1000, true); /* with its neighbour one range */
	add(&is, 0x5000, 0x105000, 0x1000, true);
	add(&is, 0x6000, 0x106000, 0x1000, false);
	add(&is, 0x7000, 0x107000, 0x4000, true);
	add(&is, 0x20000, 0x5000, 0x1000, true);
	extents_compare(&wanted, &is, &list);
	assert_int_equal(list.count, array_size(expected));
	assert_int_equal(list.range_count, array_size(expected));
	assert_int_equal(list.bytes, 0x8000);
	for (size_t i = 0; i < array_size(expected); i++) {
		assert_int_equal(list.item[i].kind, expected[i].kind);
		assert_int_equal(list.item[i].from, expected[i].from);
		assert_int_equal(list.item[i].bytes, expected[i].bytes);
		assert_int_equal(list.item[i].wanted, expected[i].wanted);
		assert_int_equal(list.item[i].found, expected[i].found);
	}
}

static void the_same_in_other_pieces_is_the_same(void **state)
{
	cleanup_extents struct extent_list wanted = { .item = NULL }, is = { .item = NULL };
	struct difference_list list;

	(void)state;
	add(&wanted, 0, 0x40000000, 0x40000000, true);
	add(&is, 0, 0x40000000, 0x200000, true);
	add(&is, 0x200000, 0x40200000, 0x3fe00000, true);
	extents_compare(&wanted, &is, &list);
	assert_int_equal(list.count, 0);
	assert_int_equal(list.bytes, 0);
	/* May be written, and need not: no difference. */
	wanted.item[0].writable = false;
	extents_compare(&wanted, &is, &list);
	assert_int_equal(list.count, 0);
}

/* All ranges are counted, those that have a place are the first. */
static void more_differences_than_places(void **state)
{
	cleanup_extents struct extent_list wanted = { .item = NULL }, is = { .item = NULL };
	struct difference_list list;

	(void)state;
	for (uint64_t i = 0; i < 3 * DIFFERENCE_MAX; i++)
		add(&is, i * 0x4000, 0x1000, 0x1000, true);
	extents_compare(&wanted, &is, &list);
	assert_int_equal(list.count, DIFFERENCE_MAX);
	assert_int_equal(list.range_count, 3 * DIFFERENCE_MAX);
	assert_int_equal(list.bytes, 3 * DIFFERENCE_MAX * 0x1000);
	assert_int_equal(list.item[DIFFERENCE_MAX - 1].from, (DIFFERENCE_MAX - 1) * 0x4000);
}

static void the_end_of_all_addresses(void **state)
{
	cleanup_extents struct extent_list wanted = { .item = NULL }, is = { .item = NULL };
	struct difference_list list;

	(void)state;
	add(&wanted, UINT64_MAX - 0xfff, 0, 0xfff, true);
	extents_compare(&wanted, &is, &list);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.bytes, 0xfff);
}

/* Made-up maps -------------------------------------------------------------------------------------------------- */

struct page {
	uint64_t to; /* 0: leads nowhere */
	bool writable;
};

static void make_up(struct page page[static PAGES], unsigned int *seed)
{
	for (int i = 0; i < PAGES; i++) {
		int what = rand_r(seed) % 10;

		page[i].writable = rand_r(seed) % 8 != 0;
		page[i].to = what < 2                          ? 0
			     : what < 8 && i && page[i - 1].to ? page[i - 1].to + 1
							       : 1 + (uint64_t)rand_r(seed) % 64;
	}
}

static void list_of(const struct page page[static PAGES], struct extent_list *list)
{
	for (uint64_t i = 0; i < PAGES; i++)
		if (page[i].to)
			add(list, i << 12, page[i].to << 12, 4096, page[i].writable);
}

static int kind_of(const struct page *wanted, const struct page *is)
{
	if (!wanted->to && !is->to)
		return -1;
	if (!is->to)
		return DIFFERENCE_MISSING;
	if (!wanted->to)
		return DIFFERENCE_EXTRA;
	if (wanted->to != is->to)
		return DIFFERENCE_ELSEWHERE;
	return wanted->writable && !is->writable ? DIFFERENCE_READ_ONLY : -1;
}

static void expect_page_by_page(const struct page *wanted, const struct page *is, const struct difference_list *list)
{
	uint64_t bytes = 0, ranges = 0;
	int before = -1;

	for (uint64_t i = 0; i < PAGES; i++) {
		int kind = kind_of(&wanted[i], &is[i]), told = -1;

		for (size_t j = 0; j < list->count; j++)
			if ((i << 12) - list->item[j].from < list->item[j].bytes)
				told = (int)list->item[j].kind;
		if (list->range_count <= DIFFERENCE_MAX)
			assert_int_equal(told, kind);
		bytes += kind < 0 ? 0 : 4096;
		ranges += kind >= 0 && kind != before;
		before = kind;
	}
	assert_int_equal(list->bytes, bytes);
	assert_int_equal(list->range_count, ranges);
}

static void beside_a_comparison_of_each_page(void **state)
{
	unsigned int seed = 20261130;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		cleanup_extents struct extent_list wanted = { .item = NULL }, is = { .item = NULL };
		struct page one[PAGES], other[PAGES];
		struct difference_list list;

		make_up(one, &seed);
		if (round % 2) {
			make_up(other, &seed);
		} else {
			memcpy(other, one, sizeof(other));
			other[rand_r(&seed) % PAGES].to = (uint64_t)rand_r(&seed) % 4;
		}
		list_of(one, &wanted);
		list_of(other, &is);
		extents_compare(&wanted, &is, &list);
		expect_page_by_page(one, other, &list);
	}
}

/* What is reached beyond what is allowed; that less is reached is no matter. */
static void beyond_is_elsewhere_and_extra(void **state)
{
	cleanup_extents struct extent_list allowed = { .item = NULL }, is = { .item = NULL };
	struct difference_list list;

	(void)state;
	add(&allowed, 0, 0x100000, 0x4000, true);
	add(&is, 0x1000, 0x101000, 0x1000, false);
	extents_beyond(&allowed, &is, &list);
	assert_int_equal(list.range_count, 0);
	add(&is, 0x2000, 0x200000, 0x1000, true);
	add(&is, 0x8000, 0x300000, 0x2000, true);
	extents_beyond(&allowed, &is, &list);
	assert_int_equal(list.range_count, 2);
	assert_int_equal(list.item[0].kind, DIFFERENCE_ELSEWHERE);
	assert_int_equal(list.item[1].kind, DIFFERENCE_EXTRA);
	assert_int_equal(list.bytes, 0x3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_merged),
		cmocka_unit_test(what_is_no_map_is_refused),
		cmocka_unit_test(finding_looks_at_edges),
		cmocka_unit_test(each_kind_of_difference),
		cmocka_unit_test(the_same_in_other_pieces_is_the_same),
		cmocka_unit_test(more_differences_than_places),
		cmocka_unit_test(the_end_of_all_addresses),
		cmocka_unit_test(beside_a_comparison_of_each_page),
		cmocka_unit_test(beyond_is_elsewhere_and_extra),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
