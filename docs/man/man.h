/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manual pages and the completions of bash, zsh and fish, made when sluice is built, of the same rows that parse a
 * command line and print --help: they cannot promise what the program does not do.
 *
 *	manual.c	main(): which of them is printed
 *	each.c		every command that has a page
 *	page.c		a page, as scdoc(5) wants it
 *	arguments.c	what may stand where a command has arguments
 *	bash.c		the completion of bash
 *	zsh.c		of zsh
 *	fish.c		of fish
 */
#ifndef DOCS_MAN_MAN_H
#define DOCS_MAN_MAN_H

#include "cli/cli.h"

enum {
	WORDS_SIZE = 64, /* "vf create" */
};

/* Calls fn for each command that has a page, with its words: groups, and what is in them. */
typedef void (*manual_fn)(FILE *out, const char *words, const struct command *command, const void *context);
void manual_each(FILE *out, const struct command *const *list, manual_fn fn, const void *context);

/* sluice.1, and the page of one command. */
void page_print_program(FILE *out, const struct command *const *list);
void page_print_command(FILE *out, const char *words, const struct command *command);

/* The kind of a command's arguments: "DEVICE", and the shell function that asks sluice for them. NULL: another kind. */
struct argument_kind {
	const char *word, *question;
};
const struct argument_kind *argument_kind_of(const struct command *command);

/* Those functions: what stands before the name, between it and its one line of commands, and after that. */
void questions_print(FILE *out, const char *before, const char *between, const char *after);

void bash_print(FILE *out, const struct command *const *list);
void zsh_print(FILE *out, const struct command *const *list);
void fish_print(FILE *out, const struct command *const *list);

#endif
