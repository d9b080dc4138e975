// SPDX-License-Identifier: GPL-2.0-or-later
/* Printing a table (view/view.h): which columns (-o), for people as a grid (grid.h), for programs as one JSON object. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/grid.h"

enum {
	CELL_SIZE = 512
};

static const struct column *find_column(const struct column *columns, const char *name, size_t length)
{
	for (; columns->name; columns++)
		if ((strlen(columns->name) == length && !strncasecmp(columns->name, name, length)) ||
			(strlen(columns->key) == length && !strncasecmp(columns->key, name, length)))
			return columns;
	return NULL;
}

static int no_such_column(const struct column *columns, const char *name, size_t length, struct error *err)
{
	char names[400] = "";
	size_t used = 0;

	for (; columns->name && used < sizeof(names); columns++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "", columns->name);
	fail_code(err, CODE_USAGE, EINVAL, "there is no column '%.*s'", (int)length, name);
	return fail_hint(err, "the columns are: %s", names);
}

/* The columns to show, in order: those of -o, or the usual ones, with those of "-o +..." behind. */
static int choose_columns(const struct column *columns, const char *wanted, const struct column **ret_chosen,
	size_t *ret_count, struct error *err)
{
	size_t count = 0;

	if (!wanted || wanted[0] == '+')
		for (const struct column *column = columns; column->name; column++)
			if (column->flags & COLUMN_SHOWN)
				ret_chosen[count++] = column;
	if (wanted && wanted[0] == '+')
		wanted++;
	while (wanted && *wanted) {
		size_t length = strcspn(wanted, ",");
		const struct column *column = find_column(columns, wanted, length);

		if (!column)
			return no_such_column(columns, wanted, length, err);
		if (count == COLUMNS_MAX)
			return fail_code(err, CODE_USAGE, E2BIG, "-o names more than %d columns", COLUMNS_MAX);
		ret_chosen[count++] = column;
		wanted += length + (wanted[length] == ',');
	}
	if (!count)
		return fail_code(err, CODE_USAGE, EINVAL, "-o names no column");
	*ret_count = count;
	return 0;
}

static int fill_row(const struct cli *cli, const struct table *table, struct grid *grid,
	const struct column *const *chosen, const struct table_row *row)
{
	int index = grid_add(grid, cli->table.raw ? -1 : row->parent);
	int ret = index < 0 ? index : 0;

	for (size_t i = 0; !ret && i < grid->column_count; i++) {
		char text[CELL_SIZE];
		const char *color = chosen[i]->color && cli->color ? chosen[i]->color(row->data, table->context) : NULL;

		table_cell_text(chosen[i], row->data, table->context, text, sizeof(text));
		ret = grid_set(grid, index, i, text, color);
	}
	return ret;
}

static int print_grid(const struct cli *cli, const struct table *table, const struct column *const *chosen,
	size_t chosen_count, const struct table_row *rows, size_t count)
{
	const struct grid_style style = {
		.raw = cli->table.raw,
		.no_heading = cli->table.no_heading,
		.color = cli->color,
		.width = cli_terminal_width(cli->out), /* programs and files get everything */
	};
	cleanup(grid_done) struct grid grid = { .column_count = chosen_count };
	int ret = 0;

	for (size_t i = 0; i < chosen_count; i++)
		grid.column[i] = (struct grid_column){
			.heading = chosen[i]->name,
			.right = chosen[i]->flags & COLUMN_RIGHT,
			.tree = chosen[i]->flags & COLUMN_TREE,
		};
	for (size_t i = 0; !ret && i < count; i++)
		ret = fill_row(cli, table, &grid, chosen, &rows[i]);
	return ret || !count ? ret : grid_print(&grid, &style, cli->out);
}

/* Every column but those that have to be asked for, and of these the chosen ones. */
static int print_json(const struct cli *cli, const struct table *table, const struct column *const *chosen,
	size_t chosen_count, const struct table_row *rows, size_t count, struct error *err)
{
	json_t *object = cli_json_new();
	json_t *list = table_json(table, rows, count);

	for (size_t i = 0; list && i < chosen_count; i++)
		for (size_t k = 0; chosen[i]->flags & COLUMN_ASKED && k < count; k++)
			json_object_set_new(json_array_get(list, k), chosen[i]->key,
				column_value(chosen[i], rows[k].data, table->context));
	if (object)
		json_object_set_new(object, table->payload, list);
	return cli_json_print(cli, object, err);
}

int table_print(
	const struct cli *cli, const struct table *table, const struct table_row *rows, size_t count, struct error *err)
{
	const struct column *chosen[COLUMNS_MAX];
	size_t chosen_count = 0;
	int ret = choose_columns(table->columns, cli->table.columns, chosen, &chosen_count, err);

	if (ret < 0)
		return ret;
	if (cli->json)
		return print_json(cli, table, chosen, chosen_count, rows, count, err);
	ret = print_grid(cli, table, chosen, chosen_count, rows, count);
	return ret ? fail(err, -ret, "print the table") : 0;
}
