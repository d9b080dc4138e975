// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells of text, printed in columns; see grid.h. Widths are those of wcwidth(3) in the locale. */
#include "cli/grid.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"
#include "cli/cli.h"

enum {
	CUT_WIDTH_MIN = 10, /* no column is cut below that, unless it says so */
	TREE_WIDTH_MIN = 36,
};

struct tree_signs {
	const char *branch, *last, *line, *gap, *cut;
};

static const struct tree_signs ascii_signs = { "|-", "`-", "| ", "  ", "~" };
static const struct tree_signs utf8_signs = { "├─", "└─", "│ ", "  ", "…" };

static const struct tree_signs *signs_of_locale(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") ? &ascii_signs : &utf8_signs;
}

void grid_done(struct grid *grid)
{
	free(grid->cell);
	free(grid->row);
	free(grid->text);
	*grid = (struct grid){ 0 };
}

static int grow_rows(struct grid *grid)
{
	size_t wanted = grid->row_space ? grid->row_space * 2 : 64;
	struct grid_row *row = reallocarray(grid->row, wanted, sizeof(*row));
	struct grid_cell *cell;

	if (!row)
		return -ENOMEM;
	grid->row = row;
	cell = reallocarray(grid->cell, wanted * grid->column_count, sizeof(*cell));
	if (!cell)
		return -ENOMEM;
	grid->cell = cell;
	grid->row_space = wanted;
	return 0;
}

int grid_add(struct grid *grid, int parent)
{
	int index = (int)grid->row_count;

	if (grid->row_count == grid->row_space && grow_rows(grid) < 0)
		return -ENOMEM;
	grid->row[index] = (struct grid_row){ parent, -1, -1, -1 };
	memset(&grid->cell[grid->row_count * grid->column_count], 0, grid->column_count * sizeof(*grid->cell));
	grid->row_count++;
	if (parent < 0)
		return index;
	if (grid->row[parent].last_child < 0)
		grid->row[parent].first_child = index;
	else
		grid->row[grid->row[parent].last_child].next = index;
	grid->row[parent].last_child = index;
	return index;
}

static bool reserve_text(struct grid *grid, size_t size)
{
	size_t wanted = grid->text_space ? grid->text_space : 4096;
	char *grown;

	while (wanted - grid->text_used < size)
		wanted *= 2;
	if (wanted == grid->text_space)
		return true;
	grown = realloc(grid->text, wanted);
	if (!grown)
		return false;
	grid->text = grown;
	grid->text_space = wanted;
	return true;
}

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f;
}

/* One character that is not plain ASCII: as it is when the locale can print it, else \xHH. Returns the bytes taken. */
static size_t put_character(const char *text, char **at, struct grid_cell *cell)
{
	wchar_t wide;
	mbstate_t state = { 0 };
	size_t bytes = mbrtowc(&wide, text, MB_CUR_MAX, &state);
	int width = bytes && bytes < (size_t)-2 ? wcwidth(wide) : -1;
	uint32_t character = 0;

	if (width < 0 || (utf8_next(text, strlen(text), &character) > 0 && !utf8_is_visible(character))) {
		*at += sprintf(*at, "\\x%02x", (unsigned char)*text);
		cell->width += 4;
		return 1;
	}
	memcpy(*at, text, bytes);
	*at += bytes;
	cell->width += (size_t)width;
	return bytes;
}

int grid_set(struct grid *grid, int row, size_t column, const char *text, const char *color)
{
	struct grid_cell *cell = &grid->cell[(size_t)row * grid->column_count + column];
	char *at;

	if (!reserve_text(grid, 4 * strlen(text) + 1))
		return -ENOMEM;
	*cell = (struct grid_cell){ .text = grid->text_used, .color = color };
	at = grid->text + grid->text_used;
	while (*text) {
		if (is_plain(*text)) {
			*at++ = *text++;
			cell->width++;
		} else {
			text += put_character(text, &at, cell);
		}
	}
	cell->length = (size_t)(at - grid->text) - cell->text;
	grid->text_used += cell->length;
	return 0;
}

static const struct grid_cell *cell_at(const struct grid *grid, size_t row, size_t column)
{
	return &grid->cell[row * grid->column_count + column];
}

/*
 * Raw ----------------------------------------------------------------------------------------------------------------
 */

static void print_raw_text(const char *text, size_t length, FILE *out)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == ' ')
			fputs("\\x20", out);
		else
			fputc(text[i], out);
}

static void print_raw(const struct grid *grid, const struct grid_style *style, FILE *out)
{
	for (size_t i = 0; !style->no_heading && i < grid->column_count; i++)
		fprintf(out, "%s%s", grid->column[i].heading, i + 1 < grid->column_count ? " " : "\n");
	for (size_t row = 0; row < grid->row_count; row++)
		for (size_t i = 0; i < grid->column_count; i++) {
			const struct grid_cell *cell = cell_at(grid, row, i);

			print_raw_text(grid->text + cell->text, cell->length, out);
			fputc(i + 1 < grid->column_count ? ' ' : '\n', out);
		}
}

/*
 * In columns ---------------------------------------------------------------------------------------------------------
 */

struct printer {
	const struct grid *grid;
	const struct grid_style *style;
	const struct tree_signs *signs;
	FILE *out;
	size_t width[GRID_COLUMN_MAX];
	size_t shown[GRID_COLUMN_MAX]; /* the columns that are left, in order */
	size_t shown_count;
	bool full[GRID_COLUMN_MAX]; /* not empty in some row */
};

static size_t depth_of(const struct grid *grid, size_t row)
{
	size_t depth = 0;

	for (int parent = grid->row[row].parent; parent >= 0; parent = grid->row[parent].parent)
		depth++;
	return depth;
}

static void measure(struct printer *printer)
{
	const struct grid *grid = printer->grid;

	for (size_t i = 0; i < grid->column_count; i++)
		printer->width[i] = printer->style->no_heading ? 0 : strlen(grid->column[i].heading);
	for (size_t row = 0; row < grid->row_count; row++)
		for (size_t i = 0; i < grid->column_count; i++) {
			size_t width =
				cell_at(grid, row, i)->width + (grid->column[i].tree ? 2 * depth_of(grid, row) : 0);

			if (width > printer->width[i])
				printer->width[i] = width;
		}
}

/* A heading that is cut cannot be given to -o, and one that is not cut would push all behind it out of its column. */
static size_t least_width(const struct printer *printer, size_t column)
{
	const struct grid_column *self = &printer->grid->column[column];
	size_t heading = printer->style->no_heading ? 0 : strlen(self->heading);
	size_t least = self->least ? self->least : self->tree ? TREE_WIDTH_MIN : CUT_WIDTH_MIN;

	return heading > least ? heading : least;
}

static size_t width_of(const struct printer *printer, bool cut)
{
	size_t total = printer->shown_count - 1;

	for (size_t i = 0; i < printer->shown_count; i++) {
		size_t width = printer->width[printer->shown[i]];
		size_t least = least_width(printer, printer->shown[i]);

		total += cut && width > least ? least : width;
	}
	return total;
}

static bool is_empty(const struct grid *grid, const struct grid_cell *cell)
{
	return !cell->length || (cell->length == 1 && grid->text[cell->text] == '-');
}

static void look_for_empty(struct printer *printer)
{
	const struct grid *grid = printer->grid;

	for (size_t row = 0; row < grid->row_count; row++)
		for (size_t i = 0; i < grid->column_count; i++)
			printer->full[i] |= !is_empty(grid, cell_at(grid, row, i));
}

static void drop(struct printer *printer, size_t at)
{
	printer->shown_count--;
	for (; at < printer->shown_count; at++)
		printer->shown[at] = printer->shown[at + 1];
}

static bool may_go(const struct printer *printer, size_t column, bool empty)
{
	const struct grid_column *self = &printer->grid->column[column];

	return !self->keep && !self->tree && (empty ? !printer->full[column] : self->drop > 0);
}

/* The next one to go, of several alike the last one; shown_count: none may. */
static size_t find_least(const struct printer *printer, bool empty)
{
	const struct grid_column *columns = printer->grid->column;
	size_t found = printer->shown_count;

	for (size_t i = 0; i < printer->shown_count; i++) {
		size_t column = printer->shown[i];

		if (may_go(printer, column, empty) &&
			(found == printer->shown_count || columns[column].drop >= columns[printer->shown[found]].drop))
			found = i;
	}
	return found;
}

static void drop_while_too_wide(struct printer *printer, bool empty)
{
	size_t least;

	while (width_of(printer, !empty) > printer->style->width &&
		(least = find_least(printer, empty)) < printer->shown_count)
		drop(printer, least);
}

/* The widest columns give way first, one after the other, down to a width at which something can still be read. */
static void cut(struct printer *printer)
{
	size_t total = width_of(printer, false);

	while (total > printer->style->width) {
		size_t widest = GRID_COLUMN_MAX;

		for (size_t i = 0; i < printer->shown_count; i++) {
			size_t column = printer->shown[i];

			if (printer->width[column] > least_width(printer, column) &&
				(widest == GRID_COLUMN_MAX || printer->width[column] > printer->width[widest]))
				widest = column;
		}
		if (widest == GRID_COLUMN_MAX)
			return;
		printer->width[widest]--;
		total--;
	}
}

static void fit(struct printer *printer)
{
	look_for_empty(printer);
	drop_while_too_wide(printer, true);
	drop_while_too_wide(printer, false);
	cut(printer);
}

static void pad(size_t count, FILE *out)
{
	while (count--)
		fputc(' ', out);
}

/* As much of the text as fits into width columns; returns the columns used. */
static size_t print_cut(const struct printer *printer, const char *text, size_t length, size_t width)
{
	size_t used = 0;

	while (length) {
		wchar_t wide;
		mbstate_t state = { 0 };
		size_t bytes = mbrtowc(&wide, text, length, &state);
		int columns = bytes && bytes < (size_t)-2 ? wcwidth(wide) : 1;

		if (bytes >= (size_t)-2 || !bytes)
			bytes = 1;
		if (used + (size_t)(columns > 0 ? columns : 0) > width - 1)
			break;
		fwrite(text, 1, bytes, printer->out);
		used += (size_t)(columns > 0 ? columns : 0);
		text += bytes;
		length -= bytes;
	}
	fputs(printer->signs->cut, printer->out);
	return used + 1;
}

/* The lines that pass by on their way from rows above to rows below. Returns the columns used. */
static size_t print_lines(const struct printer *printer, int row)
{
	const struct grid_row *at = &printer->grid->row[row];
	size_t used;

	if (at->parent < 0)
		return 0;
	used = print_lines(printer, at->parent);
	fputs(at->next < 0 ? printer->signs->gap : printer->signs->line, printer->out);
	return used + 2;
}

static size_t print_branch(const struct printer *printer, int row)
{
	const struct grid_row *at = &printer->grid->row[row];
	size_t used;

	if (at->parent < 0)
		return 0;
	used = print_lines(printer, at->parent);
	fputs(at->next < 0 ? printer->signs->last : printer->signs->branch, printer->out);
	return used + 2;
}

static void print_text(const struct printer *printer, const struct grid_cell *cell, size_t space)
{
	bool color = printer->style->color && cell->color;

	if (color)
		fputs(cli_color(true, cell->color), printer->out);
	if (cell->width > space)
		print_cut(printer, printer->grid->text + cell->text, cell->length, space);
	else
		fwrite(printer->grid->text + cell->text, 1, cell->length, printer->out);
	if (color)
		fputs(cli_color_end(true), printer->out);
}

static void print_cell(const struct printer *printer, int row, size_t column)
{
	const struct grid_column *self = &printer->grid->column[column];
	const struct grid_cell *cell = cell_at(printer->grid, (size_t)row, column);
	size_t branch = self->tree ? print_branch(printer, row) : 0;
	size_t space = printer->width[column] > branch ? printer->width[column] - branch : 1;
	size_t left = cell->width > space ? 0 : space - cell->width;

	if (self->right)
		pad(left, printer->out);
	print_text(printer, cell, space);
	if (column == printer->shown[printer->shown_count - 1])
		fputc('\n', printer->out);
	else
		pad((self->right ? 0 : left) + 1, printer->out);
}

static void print_heading(const struct printer *printer)
{
	for (size_t i = 0; i < printer->shown_count; i++) {
		const struct grid_column *column = &printer->grid->column[printer->shown[i]];
		bool is_last = i + 1 == printer->shown_count;
		int width = (int)printer->width[printer->shown[i]];

		fprintf(printer->out, "%*s%s",
			column->right ? width
			: is_last     ? 0
				      : -width,
			column->heading, is_last ? "\n" : " ");
	}
}

static void print_subtree(const struct printer *printer, int row)
{
	for (size_t i = 0; i < printer->shown_count; i++)
		print_cell(printer, row, printer->shown[i]);
	for (int child = printer->grid->row[row].first_child; child >= 0; child = printer->grid->row[child].next)
		print_subtree(printer, child);
}

/* What went, so that nobody takes a column for unknown. */
static void print_dropped(const struct printer *printer)
{
	const struct grid *grid = printer->grid;
	size_t at = 0;
	bool any = false;

	for (size_t i = 0; i < grid->column_count; i++) {
		if (at < printer->shown_count && printer->shown[at] == i) {
			at++;
			continue;
		}
		if (!printer->full[i])
			continue;
		fprintf(printer->out, "%s%s", any ? ", " : "No room for ", grid->column[i].heading);
		any = true;
	}
	if (any)
		fputs(": name them with -o.\n", printer->out);
}

static void print_columns(const struct grid *grid, const struct grid_style *style, FILE *out)
{
	struct printer printer = { .grid = grid, .style = style, .signs = signs_of_locale(), .out = out };

	for (size_t i = 0; i < grid->column_count; i++)
		printer.shown[printer.shown_count++] = i;
	measure(&printer);
	if (style->width)
		fit(&printer);
	if (!style->no_heading)
		print_heading(&printer);
	for (size_t row = 0; row < grid->row_count; row++)
		if (grid->row[row].parent < 0)
			print_subtree(&printer, (int)row);
	print_dropped(&printer);
}

int grid_print(const struct grid *grid, const struct grid_style *style, FILE *out)
{
	if (style->raw)
		print_raw(grid, style, out);
	else
		print_columns(grid, style, out);
	return ferror(out) ? -EIO : 0;
}
