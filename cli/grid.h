/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells of text, printed in columns: padded to the widest, as a tree where rows hang off others, fitted into the
 * terminal's width. What is not printable is shown as \xHH: cells hold what devices and files say.
 *
 * Where a table is too wide, columns that are empty in all rows go first, then those that matter least, as long as the
 * rest cannot be cut to fit; then the widest ones are cut. A last line names those that went though they were not
 * empty.
 *
 * Our own and not libsmartcols: cells come from devices and files and are cleaned on the way, which columns go is ours
 * to say, and padding and a tree are all that tables here need beyond that.
 */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	GRID_COLUMN_MAX = 64
};

struct grid_column {
	const char *heading;
	bool right, tree;  /* tree: the one that shows it, cut last */
	bool keep;         /* it was asked for: stays, however narrow the terminal */
	size_t least;      /* it is not cut below that; 0: a usual width */
	unsigned int drop; /* on a narrow terminal it goes, the greater the earlier; 0: only when it is empty */
};

struct grid_cell {
	size_t text; /* offset in grid->text */
	size_t length, width;
	const char *color; /* as cli_color() has them; NULL: none */
};

struct grid_row {
	int parent; /* an earlier row; -1: none */
	int first_child, last_child, next;
};

struct grid {
	struct grid_column column[GRID_COLUMN_MAX];
	size_t column_count;
	struct grid_cell *cell; /* row after row; owned, as the rest */
	struct grid_row *row;
	size_t row_count, row_space;
	char *text;
	size_t text_used, text_space;
};

struct grid_style {
	bool raw; /* one space between columns, no tree, blanks in cells as \x20 */
	bool no_heading, color;
	size_t width; /* to fit into; 0: unlimited */
};

/* grid->column and column_count are filled by the caller, the rest is zero. */
void grid_done(struct grid *grid);

/* A row, with its cells empty. Its index, or -ENOMEM. */
int grid_add(struct grid *grid, int parent);

/* 0 or -ENOMEM. */
int grid_set(struct grid *grid, int row, size_t column, const char *text, const char *color);

/* -EIO when it could not be written. */
int grid_print(const struct grid *grid, const struct grid_style *style, FILE *out);

#endif
