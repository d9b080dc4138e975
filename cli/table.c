// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Printing a table (view/view.h): which columns (-o), for people as a grid (grid.h), for programs as one JSON object.
 */
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

/* What a table shows: the usual columns, or those of -o, or both with "-o +..."; each once. */
struct choice {
	const struct column *column[COLUMNS_MAX];
	bool named[COLUMNS_MAX]; /* by -o: shown on every terminal */
	size_t count;
};

static void choose_usual(const struct column *columns, struct choice *choice)
{
	for (; columns->name; columns++)
		if (columns->flags & COLUMN_SHOWN)
			choice->column[choice->count++] = columns;
}

static int choose(struct choice *choice, const struct column *column, struct error *err)
{
	size_t at = 0;

	while (at < choice->count && choice->column[at] != column)
		at++;
	if (at == COLUMNS_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "-o names more than %d columns", COLUMNS_MAX);
	choice->column[at] = column;
	choice->named[at] = true;
	choice->count += at == choice->count;
	return 0;
}

static int choose_columns(const struct column *columns, const char *wanted, struct choice *choice, struct error *err)
{
	if (!wanted || wanted[0] == '+')
		choose_usual(columns, choice);
	if (wanted && wanted[0] == '+')
		wanted++;
	while (wanted && *wanted) {
		size_t length = strcspn(wanted, ",");
		const struct column *column = find_column(columns, wanted, length);
		int ret = column ? choose(choice, column, err) : no_such_column(columns, wanted, length, err);

		if (ret < 0)
			return ret;
		wanted += length + (wanted[length] == ',');
	}
	return choice->count ? 0 : fail_code(err, CODE_USAGE, EINVAL, "-o names no column");
}

static int fill_row(const struct cli *cli, const struct table *table, struct grid *grid, const struct choice *choice,
	const struct table_row *row)
{
	int index = grid_add(grid, cli->table.raw ? -1 : row->parent);
	int ret = index < 0 ? index : 0;

	for (size_t i = 0; !ret && i < grid->column_count; i++) {
		char text[CELL_SIZE];
		const struct column *column = choice->column[i];
		const char *color = column->color && cli->color ? column->color(row->data, table->context) : NULL;

		table_cell_text(column, row->data, table->context, text, sizeof(text));
		ret = grid_set(grid, index, i, text, color);
	}
	return ret;
}

static int print_grid(const struct cli *cli, const struct table *table, const struct choice *choice,
	const struct table_row *rows, size_t count)
{
	const struct grid_style style = {
		.raw = cli->table.raw,
		.no_heading = cli->table.no_heading,
		.color = cli->color,
		.width = cli_terminal_width(cli->out), /* programs and files get everything */
	};
	cleanup(grid_done) struct grid grid = { .column_count = choice->count };
	int ret = 0;

	for (size_t i = 0; i < choice->count; i++)
		grid.column[i] = (struct grid_column){
			.heading = choice->column[i]->name,
			.right = choice->column[i]->flags & COLUMN_RIGHT,
			.tree = choice->column[i]->flags & COLUMN_TREE,
			.keep = choice->named[i],
			.least = choice->column[i]->least,
			.drop = choice->column[i]->drop,
		};
	for (size_t i = 0; !ret && i < count; i++)
		ret = fill_row(cli, table, &grid, choice, &rows[i]);
	return ret || !count ? ret : grid_print(&grid, &style, cli->out);
}

/* Every column but those that have to be asked for, and of these the chosen ones. */
static int print_json(const struct cli *cli, const struct table *table, const struct choice *choice,
	const struct table_row *rows, size_t count, struct error *err)
{
	json_t *object = cli_json_new();
	json_t *list = table_json(table, rows, count);

	for (size_t i = 0; list && i < choice->count; i++)
		for (size_t k = 0; choice->column[i]->flags & COLUMN_ASKED && k < count; k++)
			json_object_set_new(json_array_get(list, k), choice->column[i]->key,
				column_value(choice->column[i], rows[k].data, table->context));
	if (object)
		json_object_set_new(object, table->payload, list);
	return cli_json_print(cli, object, err);
}

int table_print(
	const struct cli *cli, const struct table *table, const struct table_row *rows, size_t count, struct error *err)
{
	struct choice choice = { .count = 0 };
	int ret = choose_columns(table->columns, cli->table.columns, &choice, err);

	if (ret < 0)
		return ret;
	if (cli->json)
		return print_json(cli, table, &choice, rows, count, err);
	ret = print_grid(cli, table, &choice, rows, count);
	return ret ? fail(err, -ret, "print the table") : 0;
}
