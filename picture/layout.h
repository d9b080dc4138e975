/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything of a picture goes, in pixels: boxes (a frame, a group, a port, a card, a tray of VFs, a VF's cell,
 * the legend), each with its parts (areas, texts, symbols), and the wires between them. Texts are cut to the room that
 * they have, so what is here can be drawn as it is.
 *
 *	layout.c	the page: nodes side by side, root complexes in columns
 *	layout_tree.c	subtrees, from left to right, and the boxes of groups in them
 *	layout_box.c	what is in a port, a card, a tray
 *	layout_page.c	heading, notes, legend
 */
#ifndef PICTURE_LAYOUT_H
#define PICTURE_LAYOUT_H

#include "picture/picture.h"
#include "picture/style.h"

enum {
	LAYOUT_CARD = 404, /* widths */
	LAYOUT_PORT = 200,
	LAYOUT_GAP = 32,     /* between a port and what is behind it */
	LAYOUT_PAD = 8,      /* of a group's box */
	LAYOUT_ROW = 10,     /* between cards */
	LAYOUT_WIRE_AT = 20, /* below the top of a box, where its wire ends */
};

struct layout_rect {
	int x, y, w, h;
};

enum layout_box_kind {
	BOX_PAGE,
	BOX_NODE,
	BOX_ROOT,
	BOX_GROUP,
	BOX_PORT,
	BOX_CARD,
	BOX_TRAY,
	BOX_CELL_GROUP, /* of VFs that share */
	BOX_CELL,
	BOX_LEGEND,
	BOX_KINDS,
};

enum layout_part_kind {
	PART_AREA,
	PART_TEXT,
	PART_SYMBOL, /* of an owner */
};

struct layout_part {
	enum layout_part_kind kind;
	enum picture_area area; /* PART_TEXT: on which it stands */
	enum picture_letter letter;
	enum picture_owner owner;
	bool centered;
	struct layout_rect rect;
	char text[112];
};

struct layout_box {
	enum layout_box_kind kind;
	int item;  /* -1: none */
	int group; /* BOX_GROUP, BOX_CELL_GROUP */
	int piece; /* of these: which box of the group, from 0 */
	struct layout_rect rect;
	size_t part, part_count;
};

/* From the right side of a box to the left of another: along, down at `middle`, along. */
struct layout_wire {
	int x, y, middle, end_x, end_y;
};

struct layout {
	int width, height;
	struct layout_box *box;
	size_t box_count, box_space;
	struct layout_part *part;
	size_t part_count, part_space;
	struct layout_wire *wire;
	size_t wire_count, wire_space;
	bool out_of_memory;
};

/* 0 or -ENOMEM. Ended by layout_done(). */
int layout_make(const struct picture *picture, struct layout *ret_layout);
void layout_done(struct layout *layout);
#define cleanup_layout cleanup(layout_done)

/*
 * Between the files of the layout
 * ----------------------------------------------------------------------------------------
 */

struct layout_box *layout_add_box(struct layout *layout, enum layout_box_kind kind, int item, struct layout_rect rect);

/* To the box that was added last. */
void layout_add_area(struct layout *layout, enum picture_area area, struct layout_rect rect);
void layout_add_text(struct layout *layout, enum picture_area on, enum picture_letter letter, int x, int y, int width,
	const char *text);
void layout_add_wire(struct layout *layout, int x, int y, int middle, int end_x, int end_y);

/* A rounded label; returns its width. x and y are its left upper corner. owner PICTURE_OWNERS: no symbol. */
int layout_add_pill(struct layout *layout, enum picture_area area, enum picture_owner owner, int x, int y,
	int max_width, const char *text);
int layout_pill_width(enum picture_owner owner, const char *text);

/* Heights, and drawing at a place. A device's tray of VFs is below its card and counted apart. */
int layout_port_height(const struct picture *picture, const struct picture_item *item);
int layout_card_height(const struct picture *picture, const struct picture_item *item);
int layout_tray_height(const struct picture_item *item);
void layout_draw_port(struct layout *layout, const struct picture *picture, int index, int x, int y);
void layout_draw_card(struct layout *layout, const struct picture *picture, int index, int x, int y);
void layout_draw_tray(struct layout *layout, const struct picture *picture, int index, int x, int y, int *pieces);

/* The heading; returns its height. The legend; returns its height. Both draw only with a layout. */
int layout_heading(struct layout *layout, const struct picture *picture, int width);
int layout_legend(struct layout *layout, int y, int width);

#endif
