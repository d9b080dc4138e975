// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of extents and their comparison: one pass over both, from edge to edge; see extent.h. */
#include "iommu/extent.h"

#include <errno.h>
#include <stdlib.h>

enum {
	ROOM_FIRST = 64,
};

void extent_list_done(struct extent_list *list)
{
	free(list->item);
	*list = (struct extent_list){ .item = NULL };
}

static bool continues(const struct extent *last, const struct extent *next)
{
	return last->from + last->bytes == next->from && last->to + last->bytes == next->to &&
	       last->writable == next->writable;
}

static int make_room(struct extent_list *list)
{
	size_t room = list->room ? list->room * 2 : ROOM_FIRST;
	struct extent *item;

	if (list->count < list->room)
		return 0;
	if (list->count >= EXTENT_MOST)
		return -E2BIG;
	item = realloc(list->item, room * sizeof(*item));
	if (!item)
		return -ENOMEM;
	list->item = item;
	list->room = room;
	return 0;
}

int extent_list_add(struct extent_list *list, const struct extent *extent)
{
	struct extent *last = list->count ? &list->item[list->count - 1] : NULL;
	int ret;

	if (!extent->bytes)
		return 0;
	if (extent->bytes > UINT64_MAX - extent->from || extent->bytes > UINT64_MAX - extent->to ||
		(last && extent->from < last->from + last->bytes))
		return -EINVAL;
	if (last && continues(last, extent)) {
		last->bytes += extent->bytes;
		return 0;
	}
	ret = make_room(list);
	if (ret < 0)
		return ret;
	list->item[list->count++] = *extent;
	return 0;
}

const struct extent *extent_find(const struct extent_list *list, uint64_t from)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct extent *extent = &list->item[middle];

		if (from < extent->from)
			high = middle;
		else if (from - extent->from >= extent->bytes)
			low = middle + 1;
		else
			return extent;
	}
	return NULL;
}

/* Neighbours of one kind are one range, wherever they lead: pages that were exchanged one by one are told together. */
static void note(struct difference_list *list, const struct difference *difference)
{
	struct difference *last = &list->last;

	list->bytes += difference->bytes;
	if (list->range_count && last->kind == difference->kind && last->from + last->bytes == difference->from) {
		last->bytes += difference->bytes;
	} else {
		*last = *difference;
		list->range_count++;
	}
	if (list->range_count <= DIFFERENCE_MAX) {
		list->count = list->range_count;
		list->item[list->count - 1] = *last;
	}
}

/* Of an extent from `at` on: how far it reaches, or how far it is to it. */
static uint64_t edge(const struct extent *extent, uint64_t at)
{
	if (!extent)
		return UINT64_MAX;
	return at < extent->from ? extent->from : extent->from + extent->bytes;
}

static const struct extent *next_of(const struct extent_list *list, size_t *index, uint64_t at)
{
	while (*index < list->count && list->item[*index].from + list->item[*index].bytes <= at)
		(*index)++;
	return *index < list->count ? &list->item[*index] : NULL;
}

static bool holds(const struct extent *extent, uint64_t at)
{
	return extent && extent->from <= at;
}

/* Kinds of differences that are asked for. */
enum {
	KIND_BEYOND = 1u << DIFFERENCE_ELSEWHERE | 1u << DIFFERENCE_EXTRA,
	KIND_ALL = (1u << DIFFERENCE_KIND_COUNT) - 1,
};

/* From at to end nothing of both changes. */
static void compare_piece(const struct extent *wanted, const struct extent *is, uint64_t at, uint64_t end,
	unsigned int kinds, struct difference_list *list)
{
	struct difference found = { .from = at, .bytes = end - at };

	found.wanted = holds(wanted, at) ? wanted->to + (at - wanted->from) : 0;
	found.found = holds(is, at) ? is->to + (at - is->from) : 0;
	if (!holds(wanted, at) && !holds(is, at))
		return;
	if (!holds(is, at))
		found.kind = DIFFERENCE_MISSING;
	else if (!holds(wanted, at))
		found.kind = DIFFERENCE_EXTRA;
	else if (found.wanted != found.found)
		found.kind = DIFFERENCE_ELSEWHERE;
	else if (wanted->writable && !is->writable)
		found.kind = DIFFERENCE_READ_ONLY;
	else
		return;
	if (kinds & 1u << found.kind)
		note(list, &found);
}

static void compare(const struct extent_list *wanted, const struct extent_list *is, unsigned int kinds,
	struct difference_list *ret_differences)
{
	size_t w = 0, i = 0;
	uint64_t at = 0;

	*ret_differences = (struct difference_list){ .count = 0 };
	for (;;) {
		const struct extent *one = next_of(wanted, &w, at), *other = next_of(is, &i, at);
		uint64_t end = edge(one, at);

		if (!one && !other)
			return;
		if (edge(other, at) < end)
			end = edge(other, at);
		compare_piece(one, other, at, end, kinds, ret_differences);
		at = end;
	}
}

void extents_compare(
	const struct extent_list *wanted, const struct extent_list *is, struct difference_list *ret_differences)
{
	compare(wanted, is, KIND_ALL, ret_differences);
}

void extents_beyond(
	const struct extent_list *allowed, const struct extent_list *is, struct difference_list *ret_differences)
{
	compare(allowed, is, KIND_BEYOND, ret_differences);
}
