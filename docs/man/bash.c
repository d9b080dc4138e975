// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The completion of bash, as one function: the words of the line so far name the command; what may follow is a row of a
 * case for each command, and for each option that has choices. Devices and guests are asked from sluice itself, which
 * answers in a few milliseconds; file names are bash's own (complete -o default).
 */
#include "docs/man/man.h"

static void put_options(FILE *out, const struct option_row *rows)
{
	for (; rows && rows->name; rows++) {
		fprintf(out, " --%s", rows->name);
		if (rows->letter)
			fprintf(out, " -%c", rows->letter);
	}
}

static void put_arguments(FILE *out, const struct command *command)
{
	const struct argument_kind *kind = argument_kind_of(command);

	if (kind)
		fprintf(out, " $(%s)", kind->question);
	for (const struct command *const *sub = command->group; sub && *sub; sub++)
		fprintf(out, " %s", (*sub)->name);
}

static void put_case(FILE *out, const char *words, const struct command *command, const void *context)
{
	(void)context;
	fprintf(out, "\t'%s')\n\t\toptions=\"", words);
	put_options(out, command->options);
	if (command->columns)
		put_options(out, table_option_rows);
	fputs("\"\n\t\t[[ $cur == -* ]] || arguments=\"", out);
	put_arguments(out, command);
	fputs("\"\n\t\t;;\n", out);
}

/* "vf create:--KEY" and its values. */
static void put_choices_of(FILE *out, const char *words, const struct option_row *rows)
{
	for (; rows && rows->name; rows++) {
		if (!rows->choices)
			continue;
		fprintf(out, "\t%s%s%s:--%s)\n\t\tvalues=\"", *words ? "'" : "", *words ? words : "*",
			*words ? "'" : "", rows->name);
		for (const char *const *at = rows->choices; *at; at++)
			fprintf(out, "%s%s", at == rows->choices ? "" : " ", *at);
		fputs("\"\n\t\t;;\n", out);
	}
}

static void put_choices(FILE *out, const char *words, const struct command *command, const void *context)
{
	(void)context;
	put_choices_of(out, words, command->options);
}

/* A command that has commands of its own: its name and the next word are the command. */
static void put_groups(FILE *out, const struct command *const *list)
{
	const char *between = "";

	for (; *list; list++)
		if ((*list)->group) {
			fprintf(out, "%s%s", between, (*list)->name);
			between = " | ";
		}
}

static const char heading[] = "# bash completion of sluice, made of its own tables when it was built. "
			      "SPDX-License-Identifier: GPL-2.0-or-later\n";

static const char opening[] = "_sluice() {\n"
			      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} before= words= "
			      "word options= arguments= "
			      "values=\n\n"
			      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
			      "\t\tcase $before in --sysroot | --color) before= && continue ;; esac\n"
			      "\t\tbefore=$word\n"
			      "\t\t[[ $word == -* || $word == help ]] && continue\n"
			      "\t\twords=${words:+$words }$word\n"
			      "\t\tcase $words in ";

void bash_print(FILE *out, const struct command *const *list)
{
	fputs(heading, out);
	questions_print(out, "", "() { ", "; }\n");
	fputc('\n', out);
	fputs(opening, out);
	put_groups(out, list);
	fputs(") ;; *) break ;; esac\n\tdone\n\tcase $words:$prev in\n", out);
	manual_each(out, list, put_choices, NULL);
	put_choices_of(out, "", global_options);
	fputs("\tesac\n\t[ -z \"$values\" ] || { mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\"); return; "
	      "}\n"
	      "\tcase $words in\n\t'')\n\t\targuments=\"help",
		out);
	for (const struct command *const *at = list; *at; at++)
		fprintf(out, " %s", (*at)->name);
	fputs("\"\n\t\t;;\n", out);
	manual_each(out, list, put_case, NULL);
	fputs("\tesac\n\toptions+=\"", out);
	put_options(out, global_options);
	fputs("\"\n\t[[ $cur == -* ]] && arguments= || options=\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$options $arguments\" -- \"$cur\")\n}\n\n"
	      "complete -o default -F _sluice sluice\n",
		out);
}
