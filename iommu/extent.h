/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of addresses, as what all second levels have in common: so many bytes from this address on lead to so many from
 * that one on. Memory slots, DMA maps, the pages of a process and an IOMMU's tables each become a list of extents, and
 * two lists are compared. Pure.
 *
 * Lists are sorted by address and disjoint; what continues the extent before it is merged into it. So a guest in large
 * pages is a few extents, and one whose pages lie anywhere at most EXTENT_MOST.
 */
#ifndef IOMMU_EXTENT_H
#define IOMMU_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

enum {
	EXTENT_MOST = 1 << 22, /* 16 GiB in single pages, none beside its neighbour; 128 MiB of our memory */
	DIFFERENCE_MAX = 64,   /* ranges that are kept; all are counted */
};

struct extent {
	uint64_t from, to, bytes; /* from + i leads to `to` + i, for i below bytes */
	bool writable;
};

struct extent_list {
	struct extent *item;
	size_t count, room;
};

void extent_list_done(struct extent_list *list);

#define cleanup_extents cleanup(extent_list_done)

/*
 * Add one at the end. -EINVAL: it begins before the end of the last one, or wraps round; -E2BIG: too many; -ENOMEM.
 * Empty extents are nothing.
 */
int extent_list_add(struct extent_list *list, const struct extent *extent);

/* The extent that from lies in; NULL: from leads nowhere. */
const struct extent *extent_find(const struct extent_list *list, uint64_t from);

enum difference_kind {
	DIFFERENCE_MISSING,   /* what should be reached is not */
	DIFFERENCE_ELSEWHERE, /* the address leads to something else */
	DIFFERENCE_EXTRA,     /* what should lead nowhere leads somewhere */
	DIFFERENCE_READ_ONLY, /* may not be written, and should */
	DIFFERENCE_KIND_COUNT
};

/* A range in which everything differs in the same way. */
struct difference {
	enum difference_kind kind;
	uint64_t from, bytes;
	uint64_t wanted, found; /* what `from` leads to; only the one of missing and of extra that there is */
};

struct difference_list {
	struct difference item[DIFFERENCE_MAX];
	size_t count;         /* of item */
	uint64_t range_count; /* also those that had no place */
	uint64_t bytes;
	struct difference last; /* of all ranges; what continues it belongs to it */
};

/* Where `is` is not as `wanted`; in the order of addresses. */
void extents_compare(
	const struct extent_list *wanted, const struct extent_list *is, struct difference_list *ret_differences);

/* Where `is` leads to what `allowed` does not lead to from there: elsewhere and extra. What is missing is no matter. */
void extents_beyond(
	const struct extent_list *allowed, const struct extent_list *is, struct difference_list *ret_differences);

#endif
