// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/ram_pages.c: what /proc/PID/smaps says of the mappings that hold guest memory, and of no others. */
#include "guest/ram_pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/temp_tree.h"

#define HVA 0x7f0000000000ull

static void add_slot(struct control_status *status, uint64_t hva, uint64_t bytes, const char *what)
{
	struct control_slot *slot = &status->slot[status->slot_count++];

	*slot = (struct control_slot){ .hva = hva, .bytes = bytes };
	text_copy(slot->what, sizeof(slot->what), what);
}

static void look(const char *smaps, const char *policy, struct ram_pages *ret_pages)
{
	struct control_status status = { 0 };
	struct temp_tree tree;

	add_slot(&status, HVA, 256 << 20, "ram");
	add_slot(&status, HVA + (1ull << 40), 1 << 20, "bar");
	temp_tree_init(&tree);
	if (smaps)
		temp_tree_file(&tree, "proc/77/smaps", smaps);
	if (policy)
		temp_tree_file(&tree, "sys/kernel/mm/transparent_hugepage/enabled", policy);
	ram_pages_read(&tree.root, 77, &status, ret_pages);
	temp_tree_done(&tree);
}

static void private_memory_in_two_mappings(void **state)
{
	struct ram_pages pages;

	(void)state;
	look("7eff00000000-7eff10000000 rw-p 00000000 00:00 0 \nRss: 4096 kB\nAnonHugePages: 4096 kB\n"
	     "7f0000000000-7f0008000000 rw-p 00000000 00:00 0 [anon:guest]\nSize: 131072 kB\nKernelPageSize: 4 kB\n"
	     "Rss: 131072 kB\nAnonHugePages: 126976 kB\nShmemPmdMapped: 0 kB\nVmFlags: rd wr\n"
	     "7f0008000000-7f0010000000 rw-p 00000000 00:00 0 \nKernelPageSize: 4 kB\nRss: 2048 kB\nAnonHugePages: "
	     "2048 kB\n"
	     "800000000000-800010000000 rw-p 00000000 00:00 0 \nRss: 77 kB\nAnonHugePages: 0 kB\n"
	     "810000000000-810010000000 rw-s 00000000 00:00 0 bar\nRss: 77 kB\nAnonHugePages: 0 kB\n",
		"always [madvise] never\n", &pages);
	assert_true(pages.known);
	assert_int_equal(pages.present, 133120 << 10);
	assert_int_equal(pages.bytes_2m, 129024 << 10);
	assert_int_equal(pages.bytes_1g, 0);
	assert_string_equal(pages.policy, "madvise");
}

/* Memory of hugetlbfs is in no Rss, and its page's size is the mapping's. */
static void huge_pages_of_both_sizes(void **state)
{
	struct ram_pages pages;

	(void)state;
	look("7f0000000000-7f0010000000 rw-s 00000000 00:0f 5 /memfd:guest-ram\nKernelPageSize: 2048 kB\nRss: 0 kB\n"
	     "Shared_Hugetlb: 0 kB\nPrivate_Hugetlb: 262144 kB\n",
		NULL, &pages);
	assert_int_equal(pages.present, 256 << 20);
	assert_int_equal(pages.bytes_2m, 256 << 20);
	assert_string_equal(pages.policy, "");
	look("7f0000000000-7f0040000000 rw-s 00000000 00:0f 5 /memfd:guest-ram\nKernelPageSize: 1048576 kB\nRss: 0 kB\n"
	     "Private_Hugetlb: 1048576 kB\n",
		NULL, &pages);
	assert_int_equal(pages.present, 1 << 30);
	assert_int_equal(pages.bytes_2m, 0);
	assert_int_equal(pages.bytes_1g, 1 << 30);
}

static void who_may_not_look_knows_nothing(void **state)
{
	struct ram_pages pages;

	(void)state;
	look(NULL, "always madvise [never]\n", &pages);
	assert_false(pages.known);
	assert_string_equal(pages.policy, "never");
	look("", "nothing of the kind\n", &pages);
	assert_int_equal(pages.present, 0);
	assert_string_equal(pages.policy, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_memory_in_two_mappings),
		cmocka_unit_test(huge_pages_of_both_sizes),
		cmocka_unit_test(who_may_not_look_knows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
