// SPDX-License-Identifier: GPL-2.0-or-later
/* --help, made of the rows that the parser and the tables use: help cannot promise what they do not do. */
#include <string.h>

#include "cli/cli.h"

/* "  -o, --output COL,...   help": the option as it is typed. */
static void print_option(FILE *out, const struct option_row *row)
{
	char typed[64];

	if (row->letter)
		snprintf(typed, sizeof(typed), "-%c, --%s%s%s", row->letter, row->name, row->argument ? " " : "",
			row->argument ? row->argument : "");
	else
		snprintf(typed, sizeof(typed), "    --%s%s%s", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "");
	fprintf(out, "  %-34s %s\n", typed, row->help);
}

static void print_options(FILE *out, const char *title, const struct option_row *rows)
{
	if (!rows || !rows->name)
		return;
	fprintf(out, "\n%s:\n", title);
	for (; rows->name; rows++)
		print_option(out, rows);
}

static void print_lines(FILE *out, const char *title, const char *indent, const char *const *lines)
{
	if (!lines || !*lines)
		return;
	fprintf(out, "\n%s", title);
	for (; *lines; lines++)
		fprintf(out, "%s%s\n", indent, *lines);
}

static void print_commands(FILE *out, const struct command *const *list)
{
	fprintf(out, "\nCommands:\n");
	for (; *list; list++)
		fprintf(out, "  %-12s %s\n", (*list)->name, (*list)->summary);
}

static void print_columns(FILE *out, const struct column *columns)
{
	if (!columns)
		return;
	fprintf(out, "\nColumns (* shown without -o):\n");
	for (; columns->name; columns++)
		fprintf(out, "  %-14s %c %s\n", columns->name, columns->flags & COLUMN_SHOWN ? '*' : ' ',
			columns->help);
}

void help_print_program(const struct cli *cli, const struct command *const *list)
{
	static const char *const closing[] = {
		"sluice COMMAND --help says more. Exit status: 0 done, 1 failed, 2 usage, 3 no such thing, 4 host not",
		"ready, 5 differences, 6 refused, 7 rolled back, 8 rollback incomplete, 9 reboot needed.",
		NULL,
	};

	fprintf(cli->out, "Usage: sluice [OPTION...] COMMAND [ARGUMENT...]\n\n"
			  "Gives PCI devices and SR-IOV virtual functions to virtual machines, and runs them.\n");
	print_commands(cli->out, list);
	print_options(cli->out, "Options", global_options);
	print_lines(cli->out, "", "", closing);
}

void help_print_command(const struct cli *cli, const char *words, const struct command *command)
{
	const char *arguments = command->group ? "COMMAND ..." : command->arguments ? command->arguments : "";

	fprintf(cli->out, "Usage: sluice %s%s%s%s\n\n", words, command->options ? " [OPTION...]" : "",
		*arguments ? " " : "", arguments);
	fprintf(cli->out, "%s: %s.\n", words, command->summary);
	print_lines(cli->out, "", "", command->details);
	if (command->group)
		print_commands(cli->out, command->group);
	print_options(cli->out, "Options", command->options);
	if (command->columns)
		print_options(cli->out, "Table", table_option_rows);
	print_columns(cli->out, command->columns);
	print_options(cli->out, "Global options", global_options);
	print_lines(cli->out, "Examples:\n", "  ", command->examples);
}
