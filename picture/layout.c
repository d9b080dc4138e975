// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page. A subtree goes from left to right (layout_tree.h); the children of a root complex are blocks that fill
 * columns like a newspaper; root complexes stand in the columns of their node, nodes side by side. How many columns is
 * tried out: the page that would be largest on a screen wins. Time grows with the number of items (and of blocks times
 * their logarithm), whatever the machine.
 */
#include "picture/layout_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	MARGIN = 24,
	NODE_PAD = 14,
	NODE_HEAD = 38,
	ROOT_PAD = 12,
	ROOT_HEAD = 36,
	SPINE = 28, /* from a column's left side to its ports */
	FRAME_GAP = 16,
	RUN_MAX = 4000, /* a group that is higher than this may go on in the next column */
	COLUMNS_TRIED = 16,
	PAGE_MIN = 900,
};

/* Consecutive children of a root complex that are not torn apart. */
struct block {
	int first, count, height, column;
};

/* A root complex: its blocks, and where its frame goes. */
struct complex {
	int item;
	size_t block, block_count;
	int depth, total;        /* ports one behind the other; height in one column */
	int columns;             /* as packed last */
	struct layout_rect rect; /* from the node's inside corner */
};

struct page {
	struct layout_tree tree;
	struct block *block;
	size_t block_count;
	struct complex *complex;
	size_t complex_count;
	int unit; /* width of a frame with ports one deep */
};

/*
 * Blocks and columns
 * ----------------------------------------------------------------------------------------------------
 */

static const struct picture_item *item_of(const struct page *page, int index)
{
	return &page->tree.picture->item[index];
}

static int depth_below(const struct page *page, int parent)
{
	int most = 0;

	for (int index = item_of(page, parent)->first_child; index >= 0; index = item_of(page, index)->next)
		if (item_of(page, index)->kind == PICTURE_PORT) {
			int depth = 1 + depth_below(page, index);

			most = depth > most ? depth : most;
		}
	return most;
}

static void add_block(struct page *page, struct complex *complex, int first, int count)
{
	struct block *block = &page->block[page->block_count++];

	*block = (struct block){ .first = first, .count = count };
	block->height = layout_tree_place(&page->tree, first, count, 0, 0, 0, 0);
	complex->block_count++;
	complex->total += block->height + LAYOUT_ROW;
}

/* Runs are one block each, but for those that no column could hold. */
static void add_blocks(struct page *page, struct complex *complex)
{
	int index = item_of(page, complex->item)->first_child;

	complex->block = page->block_count;
	while (index >= 0) {
		int first = index;
		int count = 0;
		int height = 0;

		for (int rest = layout_tree_run(&page->tree, index); rest && height < RUN_MAX; rest--, count++) {
			height += 1 + layout_card_height(page->tree.picture, item_of(page, index)) +
				  layout_tray_height(item_of(page, index));
			index = item_of(page, index)->next;
		}
		add_block(page, complex, first, count);
	}
}

/* Fill columns up to a height; the number that it takes. */
static int fill_columns(struct block *block, size_t count, int limit, int *ret_height)
{
	int column = 0;
	int height = 0;

	*ret_height = 0;
	for (size_t i = 0; i < count; i++) {
		if (height && height + block[i].height > limit) {
			column++;
			height = 0;
		}
		block[i].column = column;
		height += block[i].height;
		if (height > *ret_height)
			*ret_height = height;
		height += LAYOUT_ROW;
	}
	return column + 1;
}

/* The least height at which the blocks go into that many columns. */
static int balance_columns(struct page *page, const struct complex *complex)
{
	struct block *block = page->block + complex->block;
	int low = 0;
	int high = complex->total;
	int height = 0;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (fill_columns(block, complex->block_count, middle, &height) <= complex->columns)
			high = middle;
		else
			low = middle + 1;
	}
	fill_columns(block, complex->block_count, high, &height);
	return height;
}

static int column_width(const struct complex *complex)
{
	return SPINE + complex->depth * LAYOUT_STEP + LAYOUT_CARD + LAYOUT_PAD + 2;
}

/* Root complexes in the columns of a node: each at the first place that is highest up. Returns the height. */
static int pack_node(struct page *page, size_t first, size_t count, int columns)
{
	int filled[COLUMNS_TRIED * 2] = { 0 };
	int step = page->unit + FRAME_GAP;
	long total = 0;
	int most = 0;

	for (size_t i = 0; i < count; i++)
		total += page->complex[first + i].total + ROOT_HEAD + ROOT_PAD;
	for (size_t i = 0; i < count; i++) {
		struct complex *complex = &page->complex[first + i];
		int share = (int)(((long)complex->total * columns + total / 2) / (total ? total : 1));
		int best = 0;
		int width;
		int span;

		complex->columns = share < 1 ? 1 : share;
		do {
			width = complex->columns * column_width(complex) + 2 * ROOT_PAD;
			span = (width + FRAME_GAP + step - 1) / step;
		} while (span > columns && --complex->columns);
		if (!complex->columns) {
			complex->columns = 1;
			span = columns;
		}
		complex->rect = (struct layout_rect){ .w = span * step - FRAME_GAP,
			.h = balance_columns(page, complex) + ROOT_HEAD + ROOT_PAD };
		for (int at = 0, lowest = -1; at + span <= columns; at++) {
			int y = 0;

			for (int i_column = at; i_column < at + span; i_column++)
				y = filled[i_column] > y ? filled[i_column] : y;
			if (lowest < 0 || y < lowest) {
				lowest = y;
				best = at;
			}
		}
		for (int i_column = best; i_column < best + span; i_column++)
			complex->rect.y = filled[i_column] > complex->rect.y ? filled[i_column] : complex->rect.y;
		complex->rect.x = best * step;
		for (int i_column = best; i_column < best + span; i_column++)
			filled[i_column] = complex->rect.y + complex->rect.h + FRAME_GAP;
		most = complex->rect.y + complex->rect.h > most ? complex->rect.y + complex->rect.h : most;
	}
	return most;
}

/*
 * Nodes and the page
 * -------------------------------------------------------------------------------------------------------
 */

static void draw_root(struct page *page, const struct complex *complex, int x, int y)
{
	const struct picture_item *item = item_of(page, complex->item);
	struct layout_rect rect = { x + complex->rect.x, y + complex->rect.y, complex->rect.w, complex->rect.h };
	int column = -1;
	int left = 0;
	int at = 0;
	int title = picture_text_width(LETTER_NAME, item->title);

	layout_add_box(page->tree.layout, BOX_ROOT, complex->item, rect);
	layout_add_area(page->tree.layout, AREA_ROOT, rect);
	layout_add_text(page->tree.layout, AREA_ROOT, LETTER_NAME, rect.x + 14, rect.y + 10, rect.w - 28, item->title);
	layout_add_text(page->tree.layout, AREA_ROOT, LETTER_PLAIN, rect.x + 14 + title + 12, rect.y + 11,
		rect.w - title - 40, item->detail);
	for (size_t i = 0; i < complex->block_count; i++) {
		const struct block *block = &page->block[complex->block + i];

		if (block->column != column) {
			column = block->column;
			left = rect.x + ROOT_PAD + column * column_width(complex);
			at = rect.y + ROOT_HEAD;
			page->tree.card_x = left + SPINE + complex->depth * LAYOUT_STEP;
		}
		at += layout_tree_place(
			      &page->tree, block->first, block->count, left + SPINE, at, left, rect.y + ROOT_HEAD - 6) +
		      LAYOUT_ROW;
	}
}

static void draw_node(struct page *page, int node, size_t first, size_t count, struct layout_rect rect)
{
	const struct picture_item *item = item_of(page, node);
	int title = picture_text_width(LETTER_FRAME, item->title);

	layout_add_box(page->tree.layout, BOX_NODE, node, rect);
	layout_add_area(page->tree.layout, AREA_NODE, rect);
	layout_add_text(page->tree.layout, AREA_NODE, LETTER_FRAME, rect.x + 16, rect.y + 11, rect.w - 32, item->title);
	if (item->detail[0])
		layout_add_text(page->tree.layout, AREA_NODE, LETTER_PLAIN, rect.x + 16 + title + 12, rect.y + 13,
			rect.w - title - 44, item->detail);
	for (size_t i = 0; i < count; i++)
		draw_root(page, &page->complex[first + i], rect.x + NODE_PAD, rect.y + NODE_HEAD);
}

/* Complexes of a node are neighbours: how many from first on. */
static size_t complexes_of(const struct page *page, int node, size_t first)
{
	size_t count = 0;

	while (first + count < page->complex_count && item_of(page, page->complex[first + count].item)->parent == node)
		count++;
	return count;
}

/* All nodes with so many columns each and so many nodes in a row; drawn when there is a layout. */
static struct layout_rect arrange(struct page *page, int columns, int nodes_a_row, int top)
{
	int node_width = columns * (page->unit + FRAME_GAP) - FRAME_GAP + 2 * NODE_PAD;
	struct layout_rect page_rect = { 0, 0, 0, top };
	int in_row = 0;
	int row_height = 0;
	size_t first = 0;

	for (int node = page->tree.picture->first_node; node >= 0; node = item_of(page, node)->next) {
		size_t count = complexes_of(page, node, first);
		struct layout_rect rect = { .w = node_width };

		rect.h = NODE_HEAD + pack_node(page, first, count, columns) + NODE_PAD;
		if (in_row == nodes_a_row) {
			page_rect.h += row_height + FRAME_GAP;
			in_row = row_height = 0;
		}
		rect.x = MARGIN + in_row++ * (node_width + FRAME_GAP);
		rect.y = page_rect.h;
		row_height = rect.h > row_height ? rect.h : row_height;
		page_rect.w = rect.x + rect.w + MARGIN > page_rect.w ? rect.x + rect.w + MARGIN : page_rect.w;
		if (page->tree.layout)
			draw_node(page, node, first, count, rect);
		first += count;
	}
	page_rect.h += row_height;
	return page_rect;
}

/* What makes the picture largest on a screen, which is half as wide again as it is high. */
static void choose(struct page *page, int least, int *ret_columns, int *ret_row)
{
	long best = -1;

	for (int row = 1; row <= 4; row *= 2)
		for (int columns = least; columns < least + COLUMNS_TRIED; columns++) {
			struct layout_rect rect = arrange(page, columns, row, 100);
			long size = rect.w > rect.h * 3L / 2 ? rect.w : rect.h * 3L / 2;

			if (best >= 0 && size >= best)
				continue;
			best = size;
			*ret_columns = columns;
			*ret_row = row;
		}
}

static int prepare(struct page *page)
{
	const struct picture *picture = page->tree.picture;
	int deepest = 0;
	int widest = 0;

	for (int node = picture->first_node; node >= 0; node = item_of(page, node)->next)
		for (int root = item_of(page, node)->first_child; root >= 0; root = item_of(page, root)->next) {
			struct complex *complex = &page->complex[page->complex_count++];

			complex->item = root;
			complex->depth = depth_below(page, root);
			deepest = complex->depth > deepest ? complex->depth : deepest;
			add_blocks(page, complex);
			if (column_width(complex) > widest)
				widest = column_width(complex);
		}
	page->unit = SPINE + (deepest > 0) * LAYOUT_STEP + LAYOUT_CARD + LAYOUT_PAD + 2 + 2 * ROOT_PAD;
	memcpy(page->tree.piece_total, page->tree.pieces, picture->group_count * sizeof(*page->tree.pieces));
	memset(page->tree.pieces, 0, picture->group_count * sizeof(*page->tree.pieces));
	return (widest + 2 * ROOT_PAD + FRAME_GAP + page->unit + FRAME_GAP - 1) / (page->unit + FRAME_GAP);
}

static void draw_page(struct page *page, struct layout *layout, int least)
{
	struct layout_rect rect;
	int columns = 1;
	int row = 1;
	int width;
	int top;

	choose(page, least, &columns, &row);
	rect = arrange(page, columns, row, 0);
	width = rect.w > PAGE_MIN ? rect.w : PAGE_MIN;
	page->tree.layout = layout;
	top = layout_heading(layout, page->tree.picture, width);
	rect = arrange(page, columns, row, top);
	layout->width = width;
	layout->height = rect.h + FRAME_GAP + layout_legend(layout, rect.h + FRAME_GAP, width);
}

int layout_make(const struct picture *picture, struct layout *ret_layout)
{
	struct layout layout = { 0 };
	cleanup_free int *pieces = calloc(picture->group_count + 1, sizeof(*pieces));
	cleanup_free int *totals = calloc(picture->group_count + 1, sizeof(*totals));
	cleanup_free struct block *block = calloc(picture->item_count + 1, sizeof(*block));
	cleanup_free struct complex *complex = calloc(picture->item_count + 1, sizeof(*complex));
	struct page page = { .tree = { .picture = picture, .pieces = pieces, .piece_total = totals },
		.block = block,
		.complex = complex };

	if (!pieces || !totals || !block || !complex)
		return -ENOMEM;
	draw_page(&page, &layout, prepare(&page));
	if (layout.out_of_memory) {
		layout_done(&layout);
		return -ENOMEM;
	}
	*ret_layout = layout;
	return 0;
}

void layout_done(struct layout *layout)
{
	if (!layout)
		return;
	free(layout->box);
	free(layout->part);
	free(layout->wire);
	*layout = (struct layout){ 0 };
}
