// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/dma_limits.c: what the kernel will count, for whom, and the exact remedy. */
#include "guest/dma_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

#define MIB_BYTES(n) ((uint64_t)(n) << 20)

static void put_self(struct temp_tree *tree, const char *capabilities, const char *hard)
{
	char text[256];

	snprintf(text, sizeof(text), "Name:\tsluice\nUid:\t1000\t1000\t1000\t1000\nCapEff:\t%s\n", capabilities);
	temp_tree_file(tree, "proc/self/status", text);
	snprintf(text, sizeof(text), "Limit  Soft Limit  Hard Limit  Units\nMax locked memory  65536  %s  bytes\n",
		hard);
	temp_tree_file(tree, "proc/self/limits", text);
}

static int set_up(void **state)
{
	struct temp_tree *tree = calloc(1, sizeof(*tree));

	temp_tree_init(tree);
	put_self(tree, "0000000000000000", "8388608");
	temp_tree_file(tree, "proc/self/uid_map", "         0          0 4294967295\n");
	temp_tree_file(tree, "dev/vfio/vfio", "");
	temp_tree_file(tree, "dev/iommu", "");
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	temp_tree_done(*state);
	free(*state);
	return 0;
}

/* A process that has pinned so many KiB, with its descriptor 7 on target. */
static void put_process(
	struct temp_tree *tree, unsigned int pid, unsigned int uid, unsigned int kib, const char *target)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "proc/%u/status", pid);
	snprintf(text, sizeof(text), "Name:\tqemu\nUid:\t%u\t%u\t%u\t%u\nVmPin:\t%8u kB\n", uid, 0u, 0u, 0u, kib);
	temp_tree_file(tree, path, text);
	snprintf(path, sizeof(path), "proc/%u/fd/7", pid);
	temp_tree_link(tree, path, target);
}

static void what_counts_is_read(void **state)
{
	struct temp_tree *tree = *state;
	struct dma_limits limits;

	put_process(tree, 100, 1000, 2048, "/dev/iommu");
	put_process(tree, 101, 1000, 4096, "/dev/iommu");
	put_process(tree, 102, 1001, 8192, "/dev/iommu");
	put_process(tree, 103, 1000, 16384, "/dev/infiniband/uverbs0");
	dma_limits_read(&tree->root, &limits);
	assert_false(limits.unlimited);
	assert_int_equal(limits.locked_bytes, 8388608);
	assert_int_equal(limits.pinned_bytes, 6144 * 1024);
	assert_true(limits.has_iommufd && limits.has_type1);
	assert_true(limits.map_count == UINT64_MAX);
	temp_tree_file(tree, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "5\n");
	put_self(tree, "0000000000000000", "unlimited");
	dma_limits_read(&tree->root, &limits);
	assert_int_equal(limits.map_count, 5);
	assert_true(limits.locked_bytes == UINT64_MAX);
}

static void privilege_is_the_first_namespaces(void **state)
{
	static const struct {
		const char *capabilities, *map;
		bool unlimited;
	} cases[] = {
		{ "0000000000004000", "0 0 4294967295\n", false }, /* CAP_IPC_LOCK */
		{ "0000000001000000", "0 0 4294967295\n", true },  /* CAP_SYS_RESOURCE */
		{ "0000000000200000", "0 0 4294967295\n", false }, /* CAP_SYS_ADMIN */
		{ "000001ffffffffff", "0 100000 65536\n", false },
		{ "000001ffffffffff", "0 0 65536\n", false },
		{ "000001ffffffffff", "", false },
	};
	struct temp_tree *tree = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		struct dma_limits limits;

		put_self(tree, cases[i].capabilities, "8388608");
		temp_tree_file(tree, "proc/self/uid_map", cases[i].map);
		dma_limits_read(&tree->root, &limits);
		assert_int_equal(limits.unlimited, cases[i].unlimited);
	}
}

/* To the byte, since what is told has to be enough. */
static void what_is_needed_is_exact(void **state)
{
	static const struct {
		enum vfio_choice choice;
		uint64_t memory, locked, pinned;
		bool iommufd, type1, unlimited;
		int ret;
		enum vfio_choice then;
	} cases[] = {
		{ VFIO_CHOICE_TYPE1, MIB_BYTES(8), MIB_BYTES(8), 4096, true, true, false, 0, VFIO_CHOICE_TYPE1 },
		{ VFIO_CHOICE_TYPE1, MIB_BYTES(8) + 4096, MIB_BYTES(8), 0, true, true, false, -ENOMEM,
			VFIO_CHOICE_TYPE1 },
		{ VFIO_CHOICE_TYPE1, MIB_BYTES(900), MIB_BYTES(8), 0, true, true, true, 0, VFIO_CHOICE_TYPE1 },
		{ VFIO_CHOICE_IOMMUFD, MIB_BYTES(8), MIB_BYTES(8), 0, true, true, false, 0, VFIO_CHOICE_IOMMUFD },
		{ VFIO_CHOICE_IOMMUFD, MIB_BYTES(8), MIB_BYTES(8), 4096, true, true, false, -ENOMEM,
			VFIO_CHOICE_IOMMUFD },
		/* other programs of the user leave enough for one way only */
		{ VFIO_CHOICE_AUTO, MIB_BYTES(8), MIB_BYTES(8), 4096, true, true, false, 0, VFIO_CHOICE_TYPE1 },
		{ VFIO_CHOICE_AUTO, MIB_BYTES(8), MIB_BYTES(8), 0, true, true, false, 0, VFIO_CHOICE_AUTO },
		{ VFIO_CHOICE_AUTO, MIB_BYTES(8), MIB_BYTES(8), 4096, true, false, false, -ENOMEM, VFIO_CHOICE_AUTO },
		{ VFIO_CHOICE_AUTO, MIB_BYTES(8), MIB_BYTES(8), 4096, false, true, false, 0, VFIO_CHOICE_AUTO },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		const struct dma_limits limits = { cases[i].unlimited, cases[i].locked, cases[i].pinned, UINT64_MAX,
			cases[i].iommufd, cases[i].type1 };
		enum vfio_choice choice;
		struct error err = { 0 };

		assert_int_equal(
			dma_limits_check(&limits, cases[i].choice, cases[i].memory, &choice, &err), cases[i].ret);
		if (cases[i].ret < 0)
			assert_int_equal(err.code, CODE_MEMLOCK_LOW);
		else
			assert_int_equal(choice, cases[i].then);
	}
}

static void the_remedy_has_the_number(void **state)
{
	const struct dma_limits limits = { false, MIB_BYTES(8), MIB_BYTES(3), UINT64_MAX, true, true };
	enum vfio_choice choice;
	struct error err = { 0 };

	(void)state;
	assert_true(dma_limits_check(&limits, VFIO_CHOICE_IOMMUFD, MIB_BYTES(512), &choice, &err) < 0);
	assert_non_null(strstr(err.msg, "512 MiB"));
	assert_non_null(strstr(err.msg, "may lock 8192 KiB"));
	assert_non_null(strstr(err.msg, "3 MiB"));
	assert_non_null(strstr(err.hint, "--memlock=540016640"));
	assert_non_null(strstr(err.hint, "memlock 527360'"));
	assert_non_null(strstr(err.hint, "LimitMEMLOCK=540016640"));
}

static void the_number_of_maps(void **state)
{
	struct dma_limits limits = { true, UINT64_MAX, 0, LIMIT_RAM_REGIONS, false, true };
	enum vfio_choice choice;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(dma_limits_check(&limits, VFIO_CHOICE_AUTO, 4096, &choice, &err), 0);
	limits.map_count--;
	assert_int_equal(dma_limits_check(&limits, VFIO_CHOICE_AUTO, 4096, &choice, &err), -ENOSPC);
	assert_int_equal(err.code, CODE_DMA_LIMIT);
	assert_non_null(strstr(err.hint, "echo 65535 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit"));
	/* iommufd has no such limit */
	limits.has_iommufd = true;
	assert_int_equal(dma_limits_check(&limits, VFIO_CHOICE_AUTO, 4096, &choice, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_counts_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(privilege_is_the_first_namespaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_needed_is_exact, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_remedy_has_the_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_number_of_maps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
