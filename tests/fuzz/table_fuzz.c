// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing the reading of an IOMMU's real tables: the bytes as lines of the kernel's file. A leaf that comes out is a
 * whole page at its own boundary, and a list of them is sorted and disjoint.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "iommu/real_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must_be_a_leaf(const struct real_leaf *leaf)
{
	if (leaf->bytes != 4ull << 10 && leaf->bytes != 2ull << 20 && leaf->bytes != 1ull << 30)
		abort();
	if (leaf->iova % leaf->bytes || leaf->machine % leaf->bytes || leaf->iova > UINT64_MAX - leaf->bytes)
		abort();
}

static void must_be_sorted(const struct extent_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		if (list->item[i].from < list->item[i - 1].from + list->item[i - 1].bytes)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	cleanup_free char *text = calloc(1, size + 1);
	cleanup_extents struct extent_list list = { .item = NULL };
	char *rest = text, *line;

	memcpy(text, bytes, size);
	while ((line = strsep(&rest, "\n"))) {
		struct real_leaf leaf;

		if (real_table_line(line, &leaf) != 1)
			continue;
		must_be_a_leaf(&leaf);
		(void)extent_list_add(&list, &(struct extent){ leaf.iova, leaf.machine, leaf.bytes, leaf.writable });
		must_be_sorted(&list);
	}
	return 0;
}
