// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A manual page in scdoc's notation (scdoc(5)), of a command's rows. What has a meaning there (* _ \ # and some at a
 * line's beginning) is escaped in every text.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/code.h"
#include "cli/version.h"
#include "docs/man/man.h"
#include "view/view.h"

/* As --help has them; docs/cli.md says more. */
static const struct {
	enum exit_status status;
	const char *means;
} statuses[] = {
	{ STATUS_DONE, "done" },
	{ STATUS_FAILED, "failed" },
	{ STATUS_USAGE, "usage" },
	{ STATUS_NO_SUCH, "no such device, guest or code" },
	{ STATUS_NOT_READY, "this host is not ready" },
	{ STATUS_DIFFERENCES, "differences were found" },
	{ STATUS_REFUSED, "refused: it would not be safe" },
	{ STATUS_ROLLED_BACK, "failed, and all is as before" },
	{ STATUS_HALF_DONE, "failed, and not all could be put back: the message says what is left" },
	{ STATUS_REBOOT, "done, a reboot is needed" },
};

static void put_text(FILE *out, const char *text)
{
	for (const char *at = text; *at; at++) {
		if (strchr("*_\\#`", *at) || (at == text && strchr("-|[];.!<", *at)))
			fputc('\\', out);
		fputc(*at, out);
	}
}

static void put_heading(FILE *out, const char *name, const char *summary)
{
	fprintf(out, "%s(1) \"sluice %s\" \"sluice\"\n\n# NAME\n\n%s - %s\n\n# SYNOPSIS\n\n", name, SLUICE_VERSION,
		name, summary);
}

static void put_paragraphs(FILE *out, const char *const *text)
{
	for (; text && *text; text++) {
		put_text(out, *text);
		fputs("\n\n", out);
	}
}

static void put_choices(FILE *out, const char *const *choices)
{
	for (const char *const *at = choices; at && *at; at++)
		fprintf(out, "%s%s", at == choices ? "; one of: " : ", ", *at);
	fputc('\n', out);
}

static void put_options(FILE *out, const char *title, const struct option_row *rows)
{
	if (!rows || !rows->name)
		return;
	fprintf(out, "# %s\n\n", title);
	for (; rows->name; rows++) {
		if (rows->letter)
			fprintf(out, "*-%c*, ", rows->letter);
		fprintf(out, "*--%s*", rows->name);
		if (rows->argument) {
			fputs(" _", out);
			put_text(out, rows->argument);
			fputc('_', out);
		}
		fputs("\n\t", out);
		put_text(out, rows->help);
		put_choices(out, rows->choices);
		fputc('\n', out);
	}
}

static void put_columns(FILE *out, const struct column *columns)
{
	if (!columns)
		return;
	fputs("# COLUMNS\n\nThose with a star are shown without *-o*. Names are the same in upper and lower case.\n\n",
		out);
	for (; columns->name; columns++) {
		fprintf(out, "*%s*%s\n\t", columns->name, columns->flags & COLUMN_SHOWN ? " \\*" : "");
		put_text(out, columns->help);
		fputs("\n\n", out);
	}
}

/* Literal text: what is in it means nothing. */
static void put_examples(FILE *out, const char *const *line)
{
	if (!line || !*line)
		return;
	fputs("# EXAMPLES\n\n```\n", out);
	for (; *line; line++)
		fprintf(out, "%s\n", *line);
	fputs("```\n\n", out);
}

static void put_commands(FILE *out, const char *before, const struct command *const *list)
{
	fputs("# COMMANDS\n\n", out);
	for (; *list; list++) {
		fprintf(out, "*%s%s%s*(1)\n\t", before, *before ? "-" : "", (*list)->name);
		put_text(out, (*list)->summary);
		fputs("\n\n", out);
	}
}

static void put_statuses(FILE *out)
{
	fputs("# EXIT STATUS\n\n", out);
	for (size_t i = 0; i < array_size(statuses); i++)
		fprintf(out, "*%d*\n\t%s\n\n", (int)statuses[i].status, statuses[i].means);
	fputs("An error names its code; *sluice explain* CODE says what it means, and what to do.\n\n", out);
}

void page_print_program(FILE *out, const struct command *const *list)
{
	put_heading(out, "sluice", "give PCI devices and SR-IOV virtual functions to virtual machines");
	fputs("*sluice* [_OPTION_...] _COMMAND_ [_ARGUMENT_...]\n\n# DESCRIPTION\n\n"
	      "Shows what this host can give away, judges it, splits cards into virtual functions, binds drivers, and "
	      "runs "
	      "guests that have the devices. Alone it shows where things stand.\n\n"
	      "A _DEVICE_ is a PCI address (0000:01:00.0, or 01:00.0), the name of a network interface or disk (eth0, "
	      "nvme0n1), a virtual function by its physical one (eth0/3), or *path:*, *serial:* or *mac:* with what "
	      "*sluice list* shows.\n\n",
		out);
	put_commands(out, "sluice", list);
	put_options(out, "OPTIONS", global_options);
	put_statuses(out);
	fputs("# FILES\n\n_/run/sluice_\n\twhat was taken and what it had before, running guests, until the next "
	      "boot\n\n"
	      "_/var/lib/sluice/devices.json_\n\twhich card was where, for *sluice changes*\n\n"
	      "# SEE ALSO\n\n*lspci*(8), *ip-link*(8), *dmesg*(1)\n",
		out);
}

void page_print_command(FILE *out, const char *words, const struct command *command)
{
	const char *arguments = command->group ? "COMMAND ..." : command->arguments ? command->arguments : "";
	char name[WORDS_SIZE + 8];

	snprintf(name, sizeof(name), "sluice-%s", words);
	for (char *at = name; *at; at++)
		*at = *at == ' ' ? '-' : *at;
	put_heading(out, name, command->summary);
	fprintf(out, "*sluice %s*%s ", words, command->options ? " [_OPTION_...]" : "");
	put_text(out, arguments);
	fputs("\n\n# DESCRIPTION\n\n", out);
	fputc(toupper((unsigned char)command->summary[0]), out);
	put_text(out, command->summary + 1);
	fputs(".\n\n", out);
	put_paragraphs(out, command->details);
	if (command->group)
		put_commands(out, name, command->group);
	put_options(out, "OPTIONS", command->options);
	if (command->columns)
		put_options(out, "TABLE OPTIONS", table_option_rows);
	put_columns(out, command->columns);
	put_options(out, "GLOBAL OPTIONS", global_options);
	put_examples(out, command->examples);
	fputs("# SEE ALSO\n\n*sluice*(1), whose exit statuses are this command's\n", out);
}
