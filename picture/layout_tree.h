/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function with all below it, placed and drawn: between layout.c, which knows where on the page, and layout_box.c. */
#ifndef PICTURE_LAYOUT_TREE_H
#define PICTURE_LAYOUT_TREE_H

#include "picture/layout.h"

enum {
	LAYOUT_STEP = LAYOUT_PORT + LAYOUT_GAP, /* from a port to what is behind it */
};

struct layout_tree {
	const struct picture *picture;
	struct layout *layout;     /* NULL: measure */
	int *pieces, *piece_total; /* of each group: boxes so far, and in all */
	int card_x;                /* of the column that is being placed */
};

/*
 * Siblings, count of them from item first on: in a box when they are of one group that does not hold their parent
 * whole. Their wires begin at (wire_x, wire_y). Returns the height.
 */
int layout_tree_place(struct layout_tree *tree, int first, int count, int x, int y, int wire_x, int wire_y);

/* How many siblings from this one on belong together. */
int layout_tree_run(const struct layout_tree *tree, int first);

#endif
