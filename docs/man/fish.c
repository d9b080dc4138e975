// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The completion of fish (complete(1)): a line for each command and option, each with the condition that its command is
 * the one being typed. Devices and guests are asked from sluice itself.
 */
#include "docs/man/man.h"

/* In single quotes, where only the backslash and the quote mean something. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

/* words "" with anywhere: whatever the command is. */
static void put_condition(FILE *out, const char *words, bool anywhere)
{
	fputs("complete -c sluice", out);
	if (!anywhere)
		fprintf(out, " -n '__sluice_at \"%s\"'", words);
}

static void put_options(FILE *out, const char *words, bool anywhere, const struct option_row *rows)
{
	for (; rows && rows->name; rows++) {
		put_condition(out, words, anywhere);
		fprintf(out, " -l %s", rows->name);
		if (rows->letter)
			fprintf(out, " -s %c", rows->letter);
		if (rows->choices) {
			fputs(" -x -a '", out);
			for (const char *const *at = rows->choices; *at; at++)
				fprintf(out, "%s%s", at == rows->choices ? "" : " ", *at);
			fputc('\'', out);
		} else if (rows->argument) {
			fputs(" -r", out);
		}
		fputs(" -d ", out);
		put_quoted(out, rows->help);
		fputc('\n', out);
	}
}

static void put_commands(FILE *out, const char *words, const struct command *const *list)
{
	for (; list && *list; list++) {
		put_condition(out, words, false);
		fprintf(out, " -f -a %s -d ", (*list)->name);
		put_quoted(out, (*list)->summary);
		fputc('\n', out);
	}
}

static void put_command(FILE *out, const char *words, const struct command *command, const void *context)
{
	const struct argument_kind *kind = argument_kind_of(command);

	(void)context;
	put_commands(out, words, command->group);
	put_options(out, words, false, command->options);
	if (command->columns)
		put_options(out, words, false, table_option_rows);
	if (kind) {
		put_condition(out, words, false);
		fprintf(out, " -a '(%s)'\n", kind->question);
	}
}

static const char opening[] = "\n# the command of the line so far: \"vf create\"\n"
			      "function __sluice_words\n"
			      "\tset -l words\n"
			      "\tset -l before\n"
			      "\tfor word in (commandline -opc)[2..-1]\n"
			      "\t\tif contains -- \"$before\" --sysroot --color\n"
			      "\t\t\tset before\n"
			      "\t\t\tcontinue\n"
			      "\t\tend\n"
			      "\t\tset before $word\n"
			      "\t\tif string match -q -- '-*' $word; or test $word = help\n"
			      "\t\t\tcontinue\n"
			      "\t\tend\n"
			      "\t\tset -a words $word\n"
			      "\t\tcontains -- \"$words\"";

static const char closing[] = "; or break\n"
			      "\tend\n"
			      "\techo \"$words\"\n"
			      "end\n\n"
			      "function __sluice_at\n"
			      "\ttest (__sluice_words) = \"$argv\"\n"
			      "end\n\n";

void fish_print(FILE *out, const struct command *const *list)
{
	fputs("# fish completion of sluice, made of its own tables when it was built. SPDX-License-Identifier: "
	      "GPL-2.0-or-later\n",
		out);
	questions_print(out, "function ", "\n\t", "\nend\n");
	fputs(opening, out);
	for (const struct command *const *at = list; *at; at++)
		if ((*at)->group)
			fprintf(out, " %s", (*at)->name);
	fputs(closing, out);
	put_condition(out, "", false);
	fputs(" -f -a help -d 'what sluice can do'\n", out);
	put_commands(out, "", list);
	put_options(out, "", true, global_options);
	manual_each(out, list, put_command, NULL);
}
