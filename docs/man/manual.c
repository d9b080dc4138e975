// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * manual: a program of the build. `manual --list` prints the names of all pages, `manual sluice-vf-create` the source
 * of that page (scdoc(5)), `manual --bash`, --zsh and --fish the completion of that shell.
 */
#include "docs/man/man.h"

#include <string.h>

#include "cli/commands.h"

static void page_name(const char *words, char name[static WORDS_SIZE])
{
	snprintf(name, WORDS_SIZE, "sluice-%s", words);
	for (char *at = name; *at; at++)
		*at = *at == ' ' ? '-' : *at;
}

static void print_name(FILE *out, const char *words, const struct command *command, const void *context)
{
	char name[WORDS_SIZE];

	(void)command;
	(void)context;
	page_name(words, name);
	fprintf(out, "%s\n", name);
}

static void print_wanted(FILE *out, const char *words, const struct command *command, const void *wanted)
{
	char name[WORDS_SIZE];

	page_name(words, name);
	if (!strcmp(name, wanted))
		page_print_command(out, words, command);
}

int main(int argc, char **argv)
{
	const char *wanted = argc == 2 ? argv[1] : "";

	if (!strcmp(wanted, "--list")) {
		puts("sluice");
		manual_each(stdout, commands, print_name, NULL);
	} else if (!strcmp(wanted, "--bash")) {
		bash_print(stdout, commands);
	} else if (!strcmp(wanted, "--zsh")) {
		zsh_print(stdout, commands);
	} else if (!strcmp(wanted, "--fish")) {
		fish_print(stdout, commands);
	} else if (!strcmp(wanted, "sluice")) {
		page_print_program(stdout, commands);
	} else if (*wanted) {
		manual_each(stdout, commands, print_wanted, wanted);
	} else {
		fputs("usage: manual --list | --bash | --zsh | --fish | PAGE\n", stderr);
		return 2;
	}
	return ferror(stdout) || fclose(stdout) ? 1 : 0;
}
