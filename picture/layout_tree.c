// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subtrees: ports from left to right, their cards in one column, and boxes round the members of groups. Walked twice by
 * the same functions, first without a layout, to measure, and then to draw.
 */
#include "picture/layout_tree.h"

#include <stdio.h>

enum {
	GROUP_HEAD = 40, /* two lines above the members */
	PIECE_HEAD = 22, /* one line above a single box */
	GROUP_TAIL = LAYOUT_PAD,
};

static const struct picture_item *item_of(const struct layout_tree *tree, int index)
{
	return &tree->picture->item[index];
}

static void add_group(struct layout_tree *tree, int group, struct layout_rect rect, bool single)
{
	const struct picture_group *self = &tree->picture->group[group];
	enum picture_area area = self->viable_known && !self->viable ? AREA_GROUP_BAD : AREA_GROUP;
	int piece = tree->pieces[group]++;
	char words[112];
	char text[224];
	char part[40] = "";
	struct layout_box *box;

	if (!tree->layout)
		return;
	box = layout_add_box(tree->layout, BOX_GROUP, -1, rect);
	if (!box)
		return;
	box->group = group;
	box->piece = piece;
	layout_add_area(tree->layout, area, rect);
	picture_group_text(tree->picture, group, words, sizeof(words));
	if (tree->piece_total[group] > 1)
		snprintf(part, sizeof(part), " (part %d of %d)", piece + 1, tree->piece_total[group]);
	if (single && self->id >= 0)
		snprintf(text, sizeof(text), "group %d%s", self->id, part);
	else
		snprintf(text, sizeof(text), "%s%s%s", words, part, area == AREA_GROUP_BAD ? ": not viable" : "");
	layout_add_text(tree->layout, area, single ? LETTER_SMALL : LETTER_FRAME, rect.x + 10,
		rect.y + (single ? 4 : 5), rect.w - 20, text);
	if (!single)
		layout_add_text(tree->layout, area, LETTER_SMALL, rect.x + 10, rect.y + 23, rect.w - 20,
			self->cause[0] ? self->cause : self->reason);
}

/* A member whose neighbours are not: a box round it alone. */
static bool is_single(const struct layout_tree *tree, const struct picture_item *item)
{
	return item->whole < 0 && picture_is_shared(tree->picture, item->group);
}

static int place_children(struct layout_tree *tree, int parent, int x, int y, int wire_x, int wire_y);

static int place_port(struct layout_tree *tree, int index, int x, int y)
{
	const struct picture_item *item = item_of(tree, index);
	bool single = is_single(tree, item);
	int top = single ? PIECE_HEAD : 0;
	int height = layout_port_height(tree->picture, item);
	int below;

	if (single)
		add_group(tree, item->group,
			(struct layout_rect){
				x - LAYOUT_PAD, y, LAYOUT_PORT + 2 * LAYOUT_PAD, top + height + GROUP_TAIL },
			true);
	if (tree->layout)
		layout_draw_port(tree->layout, tree->picture, index, x, y + top);
	height += top + (single ? GROUP_TAIL : 0);
	below = place_children(tree, index, x + LAYOUT_STEP, y, x + LAYOUT_PORT, y + top + LAYOUT_WIRE_AT);
	return height > below ? height : below;
}

static int place_device(struct layout_tree *tree, int index, int y)
{
	const struct picture_item *item = item_of(tree, index);
	bool single = is_single(tree, item);
	int top = single ? PIECE_HEAD : 0;
	int height = top + layout_card_height(tree->picture, item);

	if (single) {
		height += GROUP_TAIL;
		add_group(tree, item->group,
			(struct layout_rect){ tree->card_x - LAYOUT_PAD, y, LAYOUT_CARD + 2 * LAYOUT_PAD, height },
			true);
	}
	if (tree->layout)
		layout_draw_card(tree->layout, tree->picture, index, tree->card_x, y + top);
	if (!item->vf_count)
		return height;
	layout_draw_tray(tree->layout, tree->picture, index, tree->card_x, y + height + 4, tree->pieces);
	return height + 4 + layout_tray_height(item);
}

/* The middle of a wire's way down: just right of where it starts. */
static void add_wire(struct layout_tree *tree, int index, int x, int y, int wire_x, int wire_y)
{
	const struct picture_item *item = item_of(tree, index);
	int end = item->kind == PICTURE_PORT ? x : tree->card_x;
	int at = item->small ? 15 : LAYOUT_WIRE_AT;

	if (tree->layout)
		layout_add_wire(tree->layout, wire_x, wire_y, wire_x + (LAYOUT_GAP - LAYOUT_PAD) / 2, end,
			y + (is_single(tree, item) ? PIECE_HEAD : 0) + at);
}

/* Siblings: count of them from first on. In a box when they are of one group that does not hold their parent whole. */
int layout_tree_place(struct layout_tree *tree, int first, int count, int x, int y, int wire_x, int wire_y)
{
	const struct picture_item *item = item_of(tree, first);
	int group = item->whole;
	bool boxed = group >= 0 && item_of(tree, item->parent)->whole != group;
	int at = y + (boxed ? GROUP_HEAD : 0);
	bool has_port = false;
	int left;

	for (int i = 0, index = first; i < count; i++, index = item_of(tree, index)->next) {
		item = item_of(tree, index);
		at += i ? LAYOUT_ROW - 2 * item->small : 0;
		add_wire(tree, index, x, at, wire_x, wire_y);
		has_port |= item->kind == PICTURE_PORT;
		at += item->kind == PICTURE_PORT ? place_port(tree, index, x, at) : place_device(tree, index, at);
	}
	if (!boxed)
		return at - y;
	at += GROUP_TAIL;
	left = (has_port ? x : tree->card_x) - LAYOUT_PAD;
	add_group(tree, group, (struct layout_rect){ left, y, tree->card_x + LAYOUT_CARD + LAYOUT_PAD - left, at - y },
		false);
	return at - y;
}

int layout_tree_run(const struct layout_tree *tree, int first)
{
	int group = item_of(tree, first)->whole;
	int count = 1;

	for (int next = item_of(tree, first)->next; group >= 0 && next >= 0 && item_of(tree, next)->whole == group;
		count++)
		next = item_of(tree, next)->next;
	return count;
}

static int place_children(struct layout_tree *tree, int parent, int x, int y, int wire_x, int wire_y)
{
	int at = y;
	int index = item_of(tree, parent)->first_child;

	while (index >= 0) {
		int count = layout_tree_run(tree, index);

		if (at > y)
			at += LAYOUT_ROW;
		at += layout_tree_place(tree, index, count, x, at, wire_x, wire_y);
		while (count--)
			index = item_of(tree, index)->next;
	}
	return at - y;
}
