// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --help, made of the rows that the parser and the tables use: help cannot promise what they do not do. Laid out for
 * the terminal that it is printed on.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/paragraph.h"

struct page {
	FILE *out;
	size_t width;
};

/* "  name   what it is", the second part beginning at the same column in every row. */
static void print_entry(const struct page *page, const char *name, const char *text, size_t column)
{
	int used = fprintf(page->out, "  %s", name);

	paragraph_print(page->out, text, (size_t)used, column, page->width);
}

/* "  -o, --output COL,...   help": the option as it is typed. */
static void print_option(const struct page *page, const struct option_row *row)
{
	size_t column = page->width * 2 / 5;
	char typed[64], letter[8] = "   ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c,", row->letter);
	snprintf(typed, sizeof(typed), "%s --%s%s%s", letter, row->name, row->argument ? " " : "",
		row->argument ? row->argument : "");
	print_entry(page, typed, row->help, column > 35 ? 35 : column);
}

static void print_options(const struct page *page, const char *title, const struct option_row *rows)
{
	if (!rows || !rows->name)
		return;
	fprintf(page->out, "\n%s:\n", title);
	for (; rows->name; rows++)
		print_option(page, rows);
}

static void print_paragraphs(const struct page *page, const char *const *text)
{
	for (; text && *text; text++) {
		fputc('\n', page->out);
		paragraph_print(page->out, *text, 0, 0, page->width);
	}
}

/* To be copied, and so never broken. */
static void print_examples(const struct page *page, const char *const *line)
{
	if (!line || !*line)
		return;
	fprintf(page->out, "\nExamples:\n");
	for (; *line; line++)
		fprintf(page->out, "  %s\n", *line);
}

static void print_commands(const struct page *page, const struct command *const *list)
{
	size_t widest = 0;

	for (const struct command *const *command = list; *command; command++)
		if (strlen((*command)->name) > widest)
			widest = strlen((*command)->name);
	fprintf(page->out, "\nCommands:\n");
	for (; *list; list++)
		print_entry(page, (*list)->name, (*list)->summary, widest + 4);
}

static size_t widest_name(const struct column *columns)
{
	size_t widest = 0;

	for (; columns->name; columns++)
		if (strlen(columns->name) > widest)
			widest = strlen(columns->name);
	return widest;
}

static void print_columns(const struct page *page, const struct column *columns)
{
	size_t widest;

	if (!columns)
		return;
	widest = widest_name(columns);
	fprintf(page->out, "\nColumns (* shown without -o):\n");
	for (; columns->name; columns++) {
		char name[64];

		snprintf(name, sizeof(name), "%-*s %c", (int)widest, columns->name,
			columns->flags & COLUMN_SHOWN ? '*' : ' ');
		print_entry(page, name, columns->help, widest + 6);
	}
}

void help_print_column_list(const struct cli *cli, const struct column *columns)
{
	/* One line each where a program may read them. */
	size_t width = cli_terminal_width(cli->out) ? paragraph_width(cli->out) : SIZE_MAX;
	size_t widest = widest_name(columns);

	for (; columns->name; columns++) {
		int used = fprintf(cli->out, "%s", columns->name);

		paragraph_print(cli->out, columns->help, (size_t)used, widest + 2, width);
	}
}

void help_print_program(const struct cli *cli, const struct command *const *list)
{
	static const char *const opening[] = {
		"Gives PCI devices and SR-IOV virtual functions to virtual machines, and runs them.",
		NULL,
	};
	static const char *const closing[] = {
		"'sluice COMMAND --help' says more. Exit status: 0 done, 1 failed, 2 usage, 3 no such thing, 4 host "
		"not "
		"ready, 5 differences, 6 refused, 7 rolled back, 8 rollback incomplete, 9 reboot needed.",
		NULL,
	};
	struct page page = { cli->out, paragraph_width(cli->out) };

	fprintf(page.out, "Usage: sluice [OPTION...] COMMAND [ARGUMENT...]\n");
	print_paragraphs(&page, opening);
	print_commands(&page, list);
	print_options(&page, "Options", global_options);
	print_paragraphs(&page, closing);
}

void help_print_command(const struct cli *cli, const char *words, const struct command *command)
{
	const char *arguments = command->group ? "COMMAND ..." : command->arguments ? command->arguments : "";
	struct page page = { cli->out, paragraph_width(cli->out) };
	char summary[200];

	fprintf(page.out, "Usage: sluice %s%s%s%s\n\n", words, command->options ? " [OPTION...]" : "",
		*arguments ? " " : "", arguments);
	snprintf(summary, sizeof(summary), "%s: %s.", words, command->summary);
	paragraph_print(page.out, summary, 0, 0, page.width);
	print_paragraphs(&page, command->details);
	if (command->group)
		print_commands(&page, command->group);
	print_options(&page, "Options", command->options);
	if (command->columns)
		print_options(&page, "Table", table_option_rows);
	print_columns(&page, command->columns);
	print_options(&page, "Global options", global_options);
	print_examples(&page, command->examples);
}
