// SPDX-License-Identifier: GPL-2.0-or-later
/* iommu/real_table.c: Intel's files as kernels of several versions write them, and as none should. */
#include "iommu/real_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "tests/unit/temp_tree.h"

#define HEAD "IOVA_PFN         \tPML5E             \tPML4E             \tPDPE              \tPDE               \tPTE\n"
#define ONE "sys/kernel/debug/iommu/intel/0000:01:10.0/domain_translation_struct"
#define ALL "sys/kernel/debug/iommu/intel/domain_translation_struct"

/* As Linux 6.12 prints a guest of 4 MiB, its second half in single pages, with a page of 1 GiB. */
#define NEW_LINES                                                                                                      \
	"0x0000000000000 |\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06003\t0x0000000103c00083\n"          \
	"0x0000000000200 |\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06003\t0x0000000102a07003\t"          \
	"0x0000000145678003\n"                                                                                         \
	"0x0000000000201 |\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06003\t0x0000000102a07003\t"          \
	"0x0000000145679001\n"                                                                                         \
	"0x0000000040000 |\t0x0000000000000000\t0x0000000102a05003\t0x8000000180000883\n"

static int read_one(const char *file, const char *text, struct real_table *ret_table, const char **ret_why)
{
	struct temp_tree tree;
	int ret;

	temp_tree_init(&tree);
	if (file)
		temp_tree_file(&tree, file, text);
	ret = real_table_read(&tree.root, "0000:01:10.0", ret_table, ret_why, NULL);
	temp_tree_done(&tree);
	return ret;
}

static void expect_the_guest(const struct real_table *table)
{
	static const struct extent expected[] = {
		{ 0, 0x103c00000, 0x200000, true },
		{ 0x200000, 0x145678000, 0x1000, true },
		{ 0x201000, 0x145679000, 0x1000, false },
		{ 0x40000000, 0x180000000, 0x40000000, true },
	};

	assert_int_equal(table->extents.count, array_size(expected));
	for (size_t i = 0; i < array_size(expected); i++) {
		assert_int_equal(table->extents.item[i].from, expected[i].from);
		assert_int_equal(table->extents.item[i].to, expected[i].to);
		assert_int_equal(table->extents.item[i].bytes, expected[i].bytes);
		assert_int_equal(table->extents.item[i].writable, expected[i].writable);
	}
	assert_int_equal(table->leaves[REAL_LEAF_4K], 2);
	assert_int_equal(table->leaves[REAL_LEAF_2M], 1);
	assert_int_equal(table->leaves[REAL_LEAF_1G], 1);
}

static void a_file_for_each_device(void **state)
{
	cleanup_real_table struct real_table table = { .leaves = { 0 } };
	const char *why = NULL;

	(void)state;
	assert_int_equal(read_one(ONE, "Device 0000:01:10.0 @0x102a04000\n" HEAD NEW_LINES "\n", &table, &why), 1);
	expect_the_guest(&table);
}

/* Of scalable mode: PASID 0 is the device's own; others are not. */
static void blocks_of_pasids(void **state)
{
	cleanup_real_table struct real_table table = { .leaves = { 0 } };
	const char *why = NULL;

	(void)state;
	assert_int_equal(read_one(ONE,
				 "Device 0000:01:10.0 with pasid 0 @0x102a04000\n" HEAD NEW_LINES
				 "\nDevice 0000:01:10.0 with pasid 3 @0x77000\n" HEAD NEW_LINES,
				 &table, &why),
		1);
	expect_the_guest(&table);
}

/* Before Linux 6.5 one file has all devices, and prints the levels below a large page as zeros. */
static void a_file_for_all_devices(void **state)
{
	cleanup_real_table struct real_table table = { .leaves = { 0 } };
	const char *why = NULL;

	(void)state;
	assert_int_equal(read_one(ALL,
				 "Device 0000:01:00.0 @0x1000\n" HEAD "0x0000000000007 "
				 "|\t0x0000000000000000\t0x0000000000005003\t0x0000000000006003\t0x0000000000007003\t"
				 "0x0000000000008003\n\n"
				 "Device 0000:01:10.0 @0x102a04000\n" HEAD "0x0000000000000 "
				 "|\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06003\t0x0000000103c00083\t"
				 "0x0000000000000000\n"
				 "0x0000000000200 "
				 "|\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06003\t0x0000000102a07003\t"
				 "0x0000000145678003\n"
				 "0x0000000000201 "
				 "|\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06003\t0x0000000102a07003\t"
				 "0x0000000145679001\n"
				 "0x0000000040000 "
				 "|\t0x0000000000000000\t0x0000000102a05003\t0x8000000180000883\t0x0000000000000000\t"
				 "0x0000000000000000\n\n"
				 "Device 0000:01:10.2 @0x2000\n" HEAD "0x0000000000009 "
				 "|\t0x0000000000000000\t0x0000000000005003\t0x0000000000006003\t0x0000000000007003\t"
				 "0x0000000000009003\n",
				 &table, &why),
		1);
	expect_the_guest(&table);
}

static void what_is_not_shown(void **state)
{
	cleanup_real_table struct real_table table = { .leaves = { 0 } };
	const char *why = NULL;

	(void)state;
	assert_int_equal(read_one(NULL, NULL, &table, &why), 0);
	assert_string_equal(why, "no debugfs at /sys/kernel/debug");
	assert_int_equal(read_one("sys/kernel/debug/iommu/amd/iommu00/mmio", "", &table, &why), 0);
	assert_string_equal(why, "the kernel shows no page tables of AMD's IOMMUs");
	assert_int_equal(read_one("sys/kernel/debug/iommu/intel/iommu_regset", "", &table, &why), 0);
	assert_string_equal(why, "not shown by this kernel");
	/* A device that the IOMMU lets through, or knows nothing of: no leaf, and that is an answer. */
	assert_int_equal(read_one(ONE, "", &table, &why), 1);
	assert_int_equal(table.extents.count, 0);
}

static void tables_that_cannot_be(void **state)
{
	static const char *const lines[] = {
		/* a page in level 4, and in level 5 */
		"0x0000000000000 |\t0x0000000000000000\t0x0000000102a05083\t0x0000000000000000\n",
		"0x0000000000000 |\t0x0000000102a05083\t0x0000000000000000\t0x0000000000000000\n",
		/* no entry at all */
		"0x0000000000000 |\n",
		"0x0000000000000 |\t0x0000000000000000\t0x0000000000000000\t0x0000000000000000\n",
		/* a large page at no large page's address */
		"0x0000000000001 |\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06003\t0x0000000103c00083\n",
		"0x0000000000200 |\t0x0000000000000000\t0x0000000102a05003\t0x0000000102a06083\n",
		/* an address of more than 64 bits */
		"0xfffffffffffff0 "
		"|\t0x0000000000000000\t0x0000000000005003\t0x0000000000006003\t0x0000000000007003\t0x8003\n",
	};
	struct real_leaf leaf;

	(void)state;
	for (size_t i = 0; i < array_size(lines); i++)
		assert_int_equal(real_table_line(lines[i], &leaf), -EPROTO);
	assert_int_equal(real_table_line(HEAD, &leaf), 0);
	assert_int_equal(real_table_line("0x12\n", &leaf), 0);
	assert_int_equal(real_table_line("", &leaf), 0);
}

static void tables_out_of_order(void **state)
{
	cleanup_real_table struct real_table table = { .leaves = { 0 } };
	const char *why = NULL;

	(void)state;
	assert_int_equal(read_one(ONE, "Device 0000:01:10.0 @0x1\n" NEW_LINES NEW_LINES, &table, &why), -EPROTO);
	assert_null(table.extents.item);
}

static void one_leaf(void **state)
{
	struct real_leaf leaf;
	struct temp_tree tree;

	(void)state;
	temp_tree_init(&tree);
	temp_tree_file(&tree, ONE, "Device 0000:01:10.0 @0x102a04000\n" HEAD NEW_LINES);
	assert_int_equal(real_table_leaf(&tree.root, "0000:01:10.0", 0x1fffff, &leaf), 1);
	assert_int_equal(leaf.bytes, 0x200000);
	assert_int_equal(leaf.machine, 0x103c00000);
	assert_int_equal(real_table_leaf(&tree.root, "0000:01:10.0", 0x201000, &leaf), 1);
	assert_int_equal(leaf.bytes, 0x1000);
	assert_int_equal(real_table_leaf(&tree.root, "0000:01:10.0", 0x202000, &leaf), 0);
	assert_int_equal(real_table_leaf(&tree.root, "0000:01:10.1", 0, &leaf), 0);
	temp_tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_for_each_device),
		cmocka_unit_test(blocks_of_pasids),
		cmocka_unit_test(a_file_for_all_devices),
		cmocka_unit_test(what_is_not_shown),
		cmocka_unit_test(tables_that_cannot_be),
		cmocka_unit_test(tables_out_of_order),
		cmocka_unit_test(one_leaf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
