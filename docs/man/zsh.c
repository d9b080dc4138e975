// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The completion of zsh (zshcompsys(1)): one function, like bash's, whose offers come with a few words each. Devices
 * and guests are asked from sluice itself.
 */
#include "docs/man/man.h"

/* In single quotes: a quote ends them, is one by itself, and begins them again. _describe splits at a colon. */
static void put_offer(FILE *out, const char *name, const char *says)
{
	fprintf(out, " '%s:", name);
	for (; *says; says++)
		fputs(*says == '\'' ? "'\\''" : (char[]){ *says, '\0' }, out);
	fputc('\'', out);
}

static void put_options(FILE *out, const struct option_row *rows)
{
	for (; rows && rows->name; rows++) {
		char name[WORDS_SIZE];

		snprintf(name, sizeof(name), "--%s", rows->name);
		put_offer(out, name, rows->help);
		if (rows->letter)
			put_offer(out, (char[]){ '-', rows->letter, '\0' }, rows->help);
	}
}

static void put_commands(FILE *out, const struct command *const *list)
{
	for (; list && *list; list++)
		put_offer(out, (*list)->name, (*list)->summary);
}

static void put_case(FILE *out, const char *words, const struct command *command, const void *context)
{
	const struct argument_kind *kind = argument_kind_of(command);

	(void)context;
	fprintf(out, "\t'%s')\n\t\toptions+=(", words);
	put_options(out, command->options);
	if (command->columns)
		put_options(out, table_option_rows);
	fputs(" )\n\t\tcommands=(", out);
	put_commands(out, command->group);
	fputs(" )\n", out);
	if (kind)
		fprintf(out, "\t\t[[ $cur == -* ]] || names=(${(f)\"$(%s)\"})\n", kind->question);
	fputs("\t\t;;\n", out);
}

static void put_choices_of(FILE *out, const char *words, const struct option_row *rows)
{
	for (; rows && rows->name; rows++) {
		if (!rows->choices)
			continue;
		fprintf(out, "\t%s%s%s:--%s) compadd --", *words ? "'" : "", *words ? words : "*", *words ? "'" : "",
			rows->name);
		for (const char *const *at = rows->choices; *at; at++)
			fprintf(out, " '%s'", *at);
		fputs("; return ;;\n", out);
	}
}

static void put_choices(FILE *out, const char *words, const struct command *command, const void *context)
{
	(void)context;
	put_choices_of(out, words, command->options);
}

static const char opening[] = "_sluice() {\n"
			      "\tlocal at= before= word cur=$words[CURRENT] prev=$words[CURRENT-1]\n"
			      "\tlocal -a options commands names\n\n"
			      "\tfor word in \"${(@)words[2,CURRENT-1]}\"; do\n"
			      "\t\tcase $before in --sysroot | --color) before=; continue ;; esac\n"
			      "\t\tbefore=$word\n"
			      "\t\t[[ $word == -* || $word == help ]] && continue\n"
			      "\t\tat=${at:+$at }$word\n"
			      "\t\tcase $at in ";

static const char closing[] = "\tif [[ $cur == -* ]]; then\n"
			      "\t\t_describe -o option options\n"
			      "\t\treturn\n"
			      "\tfi\n"
			      "\t(( $#commands )) && _describe command commands\n"
			      "\t(( $#names )) && compadd -a names\n"
			      "\t[[ -z $at ]] || _files\n"
			      "}\n\n";

void zsh_print(FILE *out, const struct command *const *list)
{
	const char *between = "";

	fputs("#compdef sluice\n# zsh completion of sluice, made of its own tables when it was built. "
	      "SPDX-License-Identifier: GPL-2.0-or-later\n",
		out);
	questions_print(out, "", "() { ", "; }\n");
	fprintf(out, "\n%s", opening);
	for (const struct command *const *at = list; *at; at++)
		if ((*at)->group) {
			fprintf(out, "%s%s", between, (*at)->name);
			between = " | ";
		}
	fputs(") ;; *) break ;; esac\n\tdone\n\tcase $at:$prev in\n", out);
	manual_each(out, list, put_choices, NULL);
	put_choices_of(out, "", global_options);
	fputs("\tesac\n\toptions=(", out);
	put_options(out, global_options);
	fputs(" )\n\tcase $at in\n\t'')\n\t\tcommands=( 'help:what sluice can do'", out);
	put_commands(out, list);
	fputs(" )\n\t\t;;\n", out);
	manual_each(out, list, put_case, NULL);
	fprintf(out, "\tesac\n%s_sluice \"$@\"\n", closing);
}
