/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: the command line. One file per command, and the only place that prints results and errors.
 *
 *	commands.c	commands[], the one list of commands (commands.h)
 *	main.c		what is run by it; dispatch.c; how an error is printed
 *	options.c	option rows -> a command's options struct; "did you mean"
 *	help.c		--help, made of the same rows; paragraph.c breaks its lines
 *	device_argument.h	what follows --device: device_argument.c
 *	device_list.h	DEVICE... with ranges of VFs written out: device_list.c
 *	table.c		a table (view/view.h) -> text (grid.h) or JSON
 *	output.c	lines for people, one JSON object for programs
 *	printer.h	the streams that all of it leaves by, which let no control character pass
 *	guest_device.h	DEVICE, as one of a guest's: guest_device.c
 *	explain_config.h	`sluice guest --explain-config`: explain_config.c
 *	show_text.h	`sluice show` for people, in sections
 *	doctor_text.c	the report of `doctor` for people
 *	terminal.h	raw mode, while a guest's console is on this terminal
 *	candidates.c	what could be meant where a DEVICE is missing
 *	explain.h	the pages of docs/explain, compiled in; version.h, what --version prints
 *	vf_print.h	VFs as every `sluice vf` prints them: vf_print.c
 *	plan_text.h	a plan as a diff, and as JSON: plan_text.c; while it is done: apply_text.h, apply_text.c
 *	release_all.h	`sluice release --all`: release_all.c
 *	record_note.h	what a command that has changed the host says about the record of its devices
 *	start_table.h	how long the steps of a guest's start took: start_table.c
 *	virtio_table.h	a guest's emulated devices: virtio_table.c
 *	guest_results.h	what came of the guests that `up` and `down` saw to: guest_results.c
 *	config_text.h	what is wrong with configuration files, said: config_text.c
 *	cmd_X.c		`sluice X`: options struct, option rows, columns, run():
 *		looking		cmd_status.c cmd_list.c cmd_show.c cmd_groups.c cmd_why.c cmd_iommu.c cmd_impact.c
 *				cmd_topology.c cmd_changes.c cmd_doctor.c cmd_faults.c cmd_explain.c cmd_capture.c
 *		files		cmd_init.c cmd_config.c (config check, config schema) cmd_plan.c cmd_apply.c
 *				cmd_undo.c (confirm, undo, recover)
 *		changing	cmd_bind.c (bind, release) cmd_gc.c
 *		`vf`		cmd_vf.c (commands_vf.h), and of each verb: cmd_vf_list.c cmd_vf_create.c cmd_vf_set.c
 *				cmd_vf_destroy.c cmd_vf_capacity.c
 *		`eswitch`	cmd_eswitch.c (commands_eswitch.h), and of each verb: cmd_eswitch_list.c
 *				cmd_eswitch_show.c cmd_eswitch_set.c cmd_eswitch_explain.c
 *				cmd_eswitch_function.c cmd_eswitch_rate.c
 *				cmd_eswitch_node.c; eswitch_print.h: what they print
 *		guests		cmd_up.c cmd_down.c cmd_run.c cmd_ps.c cmd_guest.c cmd_stop.c cmd_metrics.c
 *				cmd_attach.c (attach, detach) cmd_console.c
 *				cmd_translate.c cmd_verify.c
 *
 * A command is a const struct command that its file defines and commands.c lists. run() gets the parsed options and
 * returns 0, an exit status that is no error (doctor's 4), or -errno with err filled, which main.c prints, once. What a
 * command prints for people goes through cli_say() and table_print(); with --json it prints one object and nothing
 * else. docs/cli.md is the contract of names, exit statuses and JSON fields; docs/man makes the manual pages of it.
 *
 * A minimal command:
 *
 *	static const struct column columns[] = {
 *		{ "ADDRESS", "address", "PCI address", COLUMN_SHOWN | COLUMN_TREE, FIELD(struct row, address) },
 *		{ NULL },
 *	};
 *	static const struct table table = { .payload = "devices", .columns = columns };
 *	const struct command cmd_list = {
 *		.name = "list", .summary = "show this host's devices",
 *		.arguments = "[DEVICE...]", .max_args = ARGS_MANY,
 *		.columns = columns, .run = run_list,
 *	};
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "view/view.h"

enum {
	ARGS_MANY = 1024,
	OPTION_LIST_MAX = 64,
};

/* Options ------------------------------------------------------------------------------------------------------- */

/* The type of the member that an option fills. */
enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char *, into argv */
	OPTION_LIST,   /* struct option_list: may be given several times */
	OPTION_NUMBER, /* uint64_t, min to max */
	OPTION_SIZE,   /* uint64_t, bytes: "512M"; min to max */
	OPTION_CHOICE, /* int: index into choices */
};

struct option_list {
	const char *item[OPTION_LIST_MAX];
	size_t count;
};

struct option_row {
	const char *name;     /* "memory", without dashes */
	char letter;          /* 0: none */
	const char *argument; /* "SIZE"; NULL for a flag */
	const char *help;
	enum option_kind kind;
	size_t offset; /* of the member in the options struct */
	uint64_t min, max;
	const char *const *choices; /* ends with NULL */
};

/* Rows (ended by one without name) and the struct that they fill. */
struct option_set {
	const struct option_row *rows;
	void *values;
};

/*
 * Take options out of argv[0 ... argc), in any place, up to "--"; what remains is moved to the front and counted in
 * *ret_argc. With first_word, stops before the first word that is no option. CODE_USAGE with the nearest name as hint.
 */
int options_parse(const struct option_set *sets, size_t set_count, bool first_word, int argc, char **argv,
	int *ret_argc, struct error *err);

/* Commands ------------------------------------------------------------------------------------------------------ */

struct table_options {
	const char *columns; /* "-o": names, or "+NAME,..." */
	bool list_columns, no_heading, raw;
};

/* What the global options said. */
struct cli {
	const char *sysroot; /* NULL: this host */
	bool json, quiet, verbose, help, version;
	int color_choice; /* index into "auto", "always", "never" */
	bool color;       /* decided: for out */
	FILE *out;        /* results; errors go to stderr, by main.c */
	struct table_options table;
};

struct command {
	const char *name;
	const char *summary;   /* one line, lower case, no full stop */
	const char *arguments; /* "DEVICE...", "[PF]"; NULL: none */
	unsigned int min_args, max_args;
	bool takes_ranges;                /* its arguments are devices: PF/0-3,7 stands for five of them */
	const struct option_row *options; /* ended by a row without name; NULL: none */
	size_t options_size;              /* of the options struct; zeroed, or copied from defaults */
	const void *defaults;
	const struct column *columns;       /* of its table: adds -o, --list-columns, -n and -r */
	const char *const *details;         /* paragraphs of --help, wrapped there; ends with NULL; may be NULL */
	const char *const *examples;        /* lines of --help, ends with NULL; may be NULL */
	const struct command *const *group; /* sub-commands (`vf list`), ends with NULL; then run is not used */
	/* Where an argument is missing: what it could be, as the hint of that error; NULL: --help is the hint. */
	void (*suggest)(const struct cli *cli, struct error *err);
	int (*run)(const struct cli *cli, const void *options, char *const *args, size_t arg_count, struct error *err);
};

/* The global options, and those of every table, for options.c's callers and --help. */
extern const struct option_row global_options[];
extern const struct option_row table_option_rows[];

/*
 * Run what argv[0 ... argc) says, without the program's name: global options, command, its options and arguments.
 * Returns as a command's run() does. cli->out is the caller's; the rest of *cli is filled here.
 */
int command_dispatch(const struct command *const *list, struct cli *cli, int argc, char **argv, struct error *err);

/* --help of the program and of one command; words is the command as typed ("vf create"). */
void help_print_program(const struct cli *cli, const struct command *const *list);
void help_print_command(const struct cli *cli, const char *words, const struct command *command);

/* --list-columns. */
void help_print_column_list(const struct cli *cli, const struct column *columns);

/* Tables -------------------------------------------------------------------------------------------------------- */

/* Prints the table, or with --json {"format_version": "1.0", payload: [...]}. */
int table_print(const struct cli *cli, const struct table *table, const struct table_row *rows, size_t count,
	struct error *err);

/* Output -------------------------------------------------------------------------------------------------------- */

/* The descriptor behind a stream, also behind our own standard output and error (printer.h). */
int cli_descriptor(FILE *stream);

/* Columns of the terminal that out is; 0 when it is none. */
size_t cli_terminal_width(FILE *out);

/* A line for people: nothing with --json or -q. The line end is added. */
void cli_say(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same for what only -v wants to see. */
void cli_say_more(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An object that holds "format_version" alone: a new reference. */
json_t *cli_json_new(void);

/* Print the object with --json; takes the reference in every case. */
int cli_json_print(const struct cli *cli, json_t *object, struct error *err);

/* "sluice: error: ...", "hint: ...", "code: ..." on stderr, or on `to`. color as in cli->color, for that stream. */
void cli_print_error(FILE *to, bool color, const struct error *err);

/* Escape sequences round a word, or "" without colour. name is "red", "green", "yellow", "blue", "bold" or "dim". */
const char *cli_color(bool color, const char *name);
const char *cli_color_end(bool color);

/* The length of the colour that text begins with; 0: none. -1: one may begin there, with more than these size bytes. */
int cli_color_at(const char *text, size_t size);

#endif
