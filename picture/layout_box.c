// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is in the boxes of a picture: ports, cards of devices, trays of VFs. Sizes first, then the same again to draw.
 */
#include "picture/layout.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

enum {
	INSET = 12, /* text from the side of a card */
	PILL_HEIGHT = 18,
	PILL_STEP = 22,
	PILL_GAP = 6,
	PILL_INSET = 8,
	SYMBOL = 10,
	SMALL_HEIGHT = 30,
	CARD_TEXT = 46, /* two lines of text, with the room above and below */
	TRAY_INSET = 20,
	TRAY_HEAD = 24,
	CELL_WIDTH = 20,
	CELL_HEIGHT = 18,
	CELL_STEP_X = 22,
	CELL_STEP_Y = 22,
	CELLS_A_ROW = 16,
};

/* One more element of an array that grows; NULL without memory. */
static void *grow(void **array, size_t count, size_t *space, size_t size, bool *out_of_memory)
{
	if (count == *space) {
		size_t wanted = *space ? *space * 2 : 512;
		void *grown = reallocarray(*array, wanted, size);

		if (!grown) {
			*out_of_memory = true;
			return NULL;
		}
		*array = grown;
		*space = wanted;
	}
	return (char *)*array + count * size;
}

#define add_element(layout, name)                                                                                      \
	((__typeof__((layout)->name))grow((void **)&(layout)->name, (layout)->name##_count, &(layout)->name##_space,   \
		sizeof(*(layout)->name), &(layout)->out_of_memory))

struct layout_box *layout_add_box(struct layout *layout, enum layout_box_kind kind, int item, struct layout_rect rect)
{
	struct layout_box *box = add_element(layout, box);

	if (!box)
		return NULL;
	layout->box_count++;
	*box = (struct layout_box){ .kind = kind, .item = item, .group = -1, .rect = rect, .part = layout->part_count };
	return box;
}

static struct layout_part *add_part(struct layout *layout, enum layout_part_kind kind, struct layout_rect rect)
{
	struct layout_part *part = add_element(layout, part);

	if (!part || !layout->box_count)
		return NULL;
	layout->part_count++;
	layout->box[layout->box_count - 1].part_count++;
	*part = (struct layout_part){ .kind = kind, .rect = rect };
	return part;
}

void layout_add_area(struct layout *layout, enum picture_area area, struct layout_rect rect)
{
	struct layout_part *part = add_part(layout, PART_AREA, rect);

	if (part)
		part->area = area;
}

/* y is the top of the line; the rectangle is what the text covers at the most. */
void layout_add_text(struct layout *layout, enum picture_area on, enum picture_letter letter, int x, int y, int width,
	const char *text)
{
	char fitting[112];
	struct layout_part *part;

	picture_text_fit(letter, width, text, fitting, sizeof(fitting));
	part = add_part(layout, PART_TEXT,
		(struct layout_rect){
			x, y, picture_text_width(letter, fitting), (picture_letters[letter].tenths * 12 + 99) / 100 });
	if (!part)
		return;
	part->area = on;
	part->letter = letter;
	text_copy(part->text, sizeof(part->text), fitting);
}

void layout_add_wire(struct layout *layout, int x, int y, int middle, int end_x, int end_y)
{
	struct layout_wire *wire = add_element(layout, wire);

	if (!wire)
		return;
	layout->wire_count++;
	*wire = (struct layout_wire){ x, y, middle, end_x, end_y };
}

static int symbol_room(enum picture_owner owner)
{
	return owner == PICTURE_OWNERS ? 0 : SYMBOL + 5;
}

int layout_pill_width(enum picture_owner owner, const char *text)
{
	return picture_text_width(LETTER_SMALL, text) + symbol_room(owner) + 2 * PILL_INSET;
}

int layout_add_pill(struct layout *layout, enum picture_area area, enum picture_owner owner, int x, int y,
	int max_width, const char *text)
{
	int width = layout_pill_width(owner, text);
	struct layout_part *symbol;

	if (width > max_width)
		width = max_width;
	layout_add_area(layout, area, (struct layout_rect){ x, y, width, PILL_HEIGHT });
	if (owner != PICTURE_OWNERS) {
		symbol = add_part(layout, PART_SYMBOL,
			(struct layout_rect){ x + PILL_INSET, y + (PILL_HEIGHT - SYMBOL) / 2, SYMBOL, SYMBOL });
		if (symbol) {
			symbol->owner = owner;
			symbol->area = area;
		}
	}
	layout_add_text(layout, area, LETTER_SMALL, x + PILL_INSET + symbol_room(owner), y + 3,
		width - 2 * PILL_INSET - symbol_room(owner), text);
	return width;
}

/* A row of pills that breaks where it is full. With a layout they are drawn. */
struct pills {
	struct layout *layout; /* NULL: measure */
	int left, right, x, y, rows;
};

static void put_pill(struct pills *pills, enum picture_area area, enum picture_owner owner, const char *text)
{
	int room = pills->right - pills->left;
	int width = layout_pill_width(owner, text);

	if (width > room)
		width = room;
	if (!pills->rows) {
		pills->rows = 1;
	} else if (pills->x + width > pills->right) {
		pills->x = pills->left;
		pills->y += PILL_STEP;
		pills->rows++;
	}
	if (pills->layout)
		layout_add_pill(pills->layout, area, owner, pills->x, pills->y, width, text);
	pills->x += width + PILL_GAP;
}

static void put_badges(struct pills *pills, const struct picture *picture, const struct picture_item *item)
{
	for (size_t i = 0; i < item->badge_count; i++) {
		const struct picture_badge *badge = &picture->badge[item->badge + i];
		char text[56];

		/* A sign and not just a colour. */
		snprintf(text, sizeof(text), "%s%s",
			badge->level == PICTURE_INFO   ? ""
			: badge->level == PICTURE_WARN ? "! "
						       : "× ",
			badge->text);
		put_pill(pills, (enum picture_area)(AREA_INFO + (int)badge->level), PICTURE_OWNERS, text);
	}
}

static struct pills pills_at(struct layout *layout, int x, int y, int width)
{
	return (struct pills){ .layout = layout, .left = x, .right = x + width, .x = x, .y = y };
}

/*
 * Ports
 * --------------------------------------------------------------------------------------------------------------------
 */

static int port_pills(
	struct layout *layout, const struct picture *picture, const struct picture_item *item, int x, int y)
{
	struct pills pills = pills_at(layout, x + INSET - 2, y, LAYOUT_PORT - 2 * INSET + 4);

	put_badges(&pills, picture, item);
	return pills.rows;
}

int layout_port_height(const struct picture *picture, const struct picture_item *item)
{
	int rows = port_pills(NULL, picture, item, 0, 0);

	return CARD_TEXT + (rows ? rows * PILL_STEP + 2 : 0);
}

/* The number of the group at the right, and how much room that takes. */
static int put_chip(
	struct layout *layout, const struct picture *picture, const struct picture_item *item, int right, int y)
{
	char text[32];
	int width;

	if (item->group < 0 || picture->group[item->group].id < 0)
		return 0;
	snprintf(text, sizeof(text), "group %d", picture->group[item->group].id);
	width = layout_pill_width(PICTURE_OWNERS, text);
	layout_add_pill(layout, AREA_CHIP, PICTURE_OWNERS, right - width, y, width, text);
	return width + PILL_GAP;
}

void layout_draw_port(struct layout *layout, const struct picture *picture, int index, int x, int y)
{
	const struct picture_item *item = &picture->item[index];
	struct layout_rect rect = { x, y, LAYOUT_PORT, layout_port_height(picture, item) };
	int chip;

	layout_add_box(layout, BOX_PORT, index, rect);
	layout_add_area(layout, AREA_PORT, rect);
	layout_add_text(layout, AREA_PORT, LETTER_NAME, x + INSET, y + 6, LAYOUT_PORT - 2 * INSET, item->title);
	chip = put_chip(layout, picture, item, x + LAYOUT_PORT - 8, y + 23);
	layout_add_text(
		layout, AREA_PORT, LETTER_MONO, x + INSET, y + 25, LAYOUT_PORT - INSET - 8 - chip, item->address);
	port_pills(layout, picture, item, x, y + CARD_TEXT);
}

/*
 * Cards
 * ----------------------------------------------------------------------------------------------------------------------
 */

static enum picture_area owner_area(enum picture_owner owner)
{
	return (enum picture_area)(AREA_HOST + (int)owner);
}

static int card_pills(
	struct layout *layout, const struct picture *picture, const struct picture_item *item, int x, int y)
{
	struct pills pills = pills_at(layout, x + INSET + 2, y, LAYOUT_CARD - 2 * INSET - 2);

	put_pill(&pills, owner_area(item->owner), item->owner, item->owner_text);
	put_badges(&pills, picture, item);
	return pills.rows;
}

int layout_card_height(const struct picture *picture, const struct picture_item *item)
{
	if (item->small)
		return SMALL_HEIGHT;
	return CARD_TEXT + card_pills(NULL, picture, item, 0, 0) * PILL_STEP + 4;
}

static void draw_small(
	struct layout *layout, const struct picture *picture, const struct picture_item *item, int x, int y)
{
	int chip = put_chip(layout, picture, item, x + LAYOUT_CARD - 8, y + 6);
	int right = x + LAYOUT_CARD - 8 - chip;
	int address = picture_text_width(LETTER_MONO, item->address);
	struct layout_part *symbol =
		add_part(layout, PART_SYMBOL, (struct layout_rect){ x + INSET + 2, y + 10, SYMBOL, SYMBOL });

	if (symbol) {
		symbol->owner = item->owner;
		symbol->area = AREA_CARD;
	}
	layout_add_text(layout, AREA_CARD, LETTER_MONO, right - address - 4, y + 8, address, item->address);
	layout_add_text(layout, AREA_CARD, LETTER_PLAIN, x + INSET + SYMBOL + 10, y + 8,
		right - address - 12 - (x + INSET + SYMBOL + 10), item->title);
}

void layout_draw_card(struct layout *layout, const struct picture *picture, int index, int x, int y)
{
	const struct picture_item *item = &picture->item[index];
	struct layout_rect rect = { x, y, LAYOUT_CARD, layout_card_height(picture, item) };
	int left = x + INSET + 2;
	int chip;
	int address;

	layout_add_box(layout, BOX_CARD, index, rect);
	layout_add_area(layout, AREA_CARD, rect);
	layout_add_area(layout, owner_area(item->owner), (struct layout_rect){ x + 4, y + 5, 4, rect.h - 10 });
	if (item->small) {
		draw_small(layout, picture, item, x, y);
		return;
	}
	chip = put_chip(layout, picture, item, x + LAYOUT_CARD - 8, y + 6);
	layout_add_text(
		layout, AREA_CARD, LETTER_NAME, left, y + 7, x + LAYOUT_CARD - INSET - chip - left, item->title);
	address = picture_text_width(LETTER_MONO, item->address);
	layout_add_text(layout, AREA_CARD, LETTER_MONO, left, y + 26, address, item->address);
	if (item->detail[0])
		layout_add_text(layout, AREA_CARD, LETTER_PLAIN, left + address + 14, y + 26,
			x + LAYOUT_CARD - INSET - left - address - 14, item->detail);
	card_pills(layout, picture, item, x, y + CARD_TEXT);
}

/*
 * Trays
 * ----------------------------------------------------------------------------------------------------------------------
 */

int layout_tray_height(const struct picture_item *item)
{
	int rows = (item->vf_count + CELLS_A_ROW - 1) / CELLS_A_ROW;

	return item->vf_count ? TRAY_HEAD + rows * CELL_STEP_Y + 4 : 0;
}

static void draw_cell(struct layout *layout, const struct picture *picture, int index, struct layout_rect rect)
{
	const struct picture_item *vf = &picture->item[index];
	char letter[2] = { picture_owner_looks[vf->owner].letter, '\0' };
	struct layout_part *text;

	layout_add_box(layout, BOX_CELL, index, rect);
	layout_add_area(layout, owner_area(vf->owner), rect);
	text = add_part(layout, PART_TEXT, (struct layout_rect){ rect.x + (rect.w - 7) / 2, rect.y + 3, 7, 12 });
	if (!text)
		return;
	text->area = owner_area(vf->owner);
	text->letter = LETTER_CELL;
	text_copy(text->text, sizeof(text->text), letter);
}

/* Where the N-th VF's cell is. */
static struct layout_rect cell_rect(int x, int y, int number)
{
	return (struct layout_rect){ x + TRAY_INSET + 14 + number % CELLS_A_ROW * CELL_STEP_X,
		y + TRAY_HEAD + number / CELLS_A_ROW * CELL_STEP_Y, CELL_WIDTH, CELL_HEIGHT };
}

/* VFs that share a group which is not the whole card's: a box round each run of them in a row. */
static void draw_cell_groups(
	struct layout *layout, const struct picture *picture, const struct picture_item *pf, int x, int y, int *pieces)
{
	int number = 0;
	int vf = pf->first_child;

	while (vf >= 0) {
		int group = picture->item[vf].group;
		int run = 0;
		struct layout_rect first = cell_rect(x, y, number);

		do {
			run++;
			vf = picture->item[vf].next;
		} while (vf >= 0 && picture->item[vf].group == group && (number + run) % CELLS_A_ROW);
		number += run;
		if (picture_is_shared(picture, group)) {
			struct layout_rect rect = { first.x - 1, first.y - 2, (run - 1) * CELL_STEP_X + CELL_WIDTH + 2,
				CELL_HEIGHT + 4 };
			int piece = pieces[group]++;
			struct layout_box *box = layout ? layout_add_box(layout, BOX_CELL_GROUP, -1, rect) : NULL;

			if (!box)
				continue;
			box->group = group;
			box->piece = piece;
			layout_add_area(layout, AREA_GROUP, rect);
		}
	}
}

void layout_draw_tray(struct layout *layout, const struct picture *picture, int index, int x, int y, int *pieces)
{
	const struct picture_item *pf = &picture->item[index];
	struct layout_rect rect = { x + TRAY_INSET, y, LAYOUT_CARD - TRAY_INSET, layout_tray_height(pf) };
	char text[112];
	int number = 0;

	if (pf->whole < 0)
		draw_cell_groups(layout, picture, pf, x, y, pieces);
	if (!layout)
		return;
	layout_add_box(layout, BOX_TRAY, index, rect);
	layout_add_area(layout, AREA_TRAY, rect);
	layout_add_text(layout, AREA_TRAY, LETTER_PLAIN, rect.x + 14, y + 5, rect.w - 28,
		picture_vf_text(pf, text, sizeof(text)));
	for (int vf = pf->first_child; vf >= 0; vf = picture->item[vf].next)
		draw_cell(layout, picture, vf, cell_rect(x, y, number++));
}
