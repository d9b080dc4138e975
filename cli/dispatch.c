// SPDX-License-Identifier: GPL-2.0-or-later
/* From the words of a command line to a command's run(): global options anywhere, then the command, then its own. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/device_list.h"
#include "cli/version.h"

static const char *const color_choices[] = { "auto", "always", "never", NULL };

#define GLOBAL(member) offsetof(struct cli, member)
const struct option_row global_options[] = {
	{ "sysroot", 0, "DIR|FILE", "look at the captured host below DIR, or in FILE", OPTION_TEXT, GLOBAL(sysroot), 0,
		0, NULL },
	{ "json", 0, NULL, "print one JSON object", OPTION_FLAG, GLOBAL(json), 0, 0, NULL },
	{ "color", 0, "WHEN", "auto, always or never", OPTION_CHOICE, GLOBAL(color_choice), 0, 0, color_choices },
	{ "quiet", 'q', NULL, "say nothing but results and errors", OPTION_FLAG, GLOBAL(quiet), 0, 0, NULL },
	{ "verbose", 'v', NULL, "say more", OPTION_FLAG, GLOBAL(verbose), 0, 0, NULL },
	{ "help", 'h', NULL, "this text", OPTION_FLAG, GLOBAL(help), 0, 0, NULL },
	{ "version", 'V', NULL, "print the version", OPTION_FLAG, GLOBAL(version), 0, 0, NULL },
	{ NULL },
};

#define TABLE(member) offsetof(struct cli, table.member)
const struct option_row table_option_rows[] = {
	{ "output", 'o', "COL,...", "columns to show; +COL,... adds to the usual ones", OPTION_TEXT, TABLE(columns), 0,
		0, NULL },
	{ "list-columns", 0, NULL, "list the columns", OPTION_FLAG, TABLE(list_columns), 0, 0, NULL },
	{ "noheadings", 'n', NULL, "no heading", OPTION_FLAG, TABLE(no_heading), 0, 0, NULL },
	{ "raw", 'r', NULL, "one space between columns, no tree", OPTION_FLAG, TABLE(raw), 0, 0, NULL },
	{ NULL },
};

/* What people type who come from other tools. */
static const struct {
	const char *typed, *name;
} aliases[] = {
	{ "ls", "list" },
	{ "info", "show" },
	{ "check", "doctor" },
	{ "guests", "ps" },
	{ "log", "faults" },
};

static const struct command *find_by_name(const struct command *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(name, (*list)->name))
			return *list;
	return NULL;
}

/* The command of that name, or the one that an alias stands for. */
static const struct command *find_exactly(const struct command *const *list, const char *name)
{
	const struct command *command = find_by_name(list, name);

	for (size_t i = 0; !command && i < array_size(aliases); i++)
		if (!strcmp(name, aliases[i].typed))
			command = find_by_name(list, aliases[i].name);
	return command;
}

/* The command called name, or NULL and CODE_USAGE with the nearest name as hint. list ends with NULL. */
static const struct command *command_find(const struct command *const *list, const char *name, struct error *err)
{
	const struct command *nearest = NULL, *command = find_exactly(list, name);
	unsigned int best = 3;

	if (command)
		return command;
	for (const struct command *const *at = list; *at; at++) {
		unsigned int distance = strlen(name) < 32 ? text_distance(name, (*at)->name) : 99;

		if (distance < best && distance < strlen((*at)->name)) {
			best = distance;
			nearest = *at;
		}
	}
	fail_code(err, CODE_USAGE, EINVAL, "there is no command '%s'", name);
	if (nearest)
		fail_hint(err, "did you mean '%s'?", nearest->name);
	else
		fail_hint(err, "--help lists the commands");
	return NULL;
}

/* https://no-color.org: set and not empty means no; an explicit --color wins. */
static bool wants_color(const struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	int fd = cli_descriptor(cli->out);

	if (cli->color_choice)
		return cli->color_choice == 1;
	return !(no_color && *no_color) && term && strcmp(term, "dumb") && fd >= 0 && isatty(fd);
}

static int print_version(const struct cli *cli)
{
	fprintf(cli->out, "sluice %s\n", SLUICE_VERSION);
	return 0;
}

static int check_arguments(const struct cli *cli, const char *words, const struct command *command, size_t count,
	char *const *args, struct error *err)
{
	if (count >= command->min_args && count <= command->max_args)
		return 0;
	if (count < command->min_args) {
		fail_code(err, CODE_USAGE, EINVAL, "%s needs %s", words, command->arguments);
		fail_hint(err, "sluice %s --help", words);
		if (command->suggest)
			command->suggest(cli, err);
		return -EINVAL;
	}
	if (!command->max_args)
		fail_code(err, CODE_USAGE, EINVAL, "%s takes no argument, and '%s' is one", words, args[0]);
	else
		fail_code(err, CODE_USAGE, EINVAL, "%s takes %s, and '%s' is too much", words, command->arguments,
			args[command->max_args]);
	return fail_hint(err, "sluice %s --help", words);
}

static int run_on_devices(const struct command *command, const struct cli *cli, const void *options, char *const *args,
	size_t count, struct error *err)
{
	struct device_list list;
	int ret = device_list_expand(args, count, &list, err);

	if (ret < 0)
		return ret;
	ret = command->run(cli, options, list.name, list.count, err);
	device_list_done(&list);
	return ret;
}

static int run_command(
	const struct command *command, const char *words, struct cli *cli, int argc, char **argv, struct error *err)
{
	size_t size = command->options_size ? command->options_size : 1;
	cleanup_free void *options = calloc(1, size);
	const struct option_set sets[] = {
		{ global_options, cli },
		{ command->columns ? table_option_rows : NULL, cli },
		{ command->options, options },
	};
	int ret;

	if (!options)
		return fail(err, ENOMEM, "run %s", words);
	if (command->defaults)
		memcpy(options, command->defaults, command->options_size);
	ret = options_parse(sets, array_size(sets), false, argc, argv, &argc, err);
	if (ret >= 0 && cli->version)
		return print_version(cli);
	if (cli->help) {
		help_print_command(cli, words, command);
		return 0;
	}
	if (ret < 0)
		return ret;
	cli->color = wants_color(cli);
	if (cli->table.list_columns) {
		help_print_column_list(cli, command->columns);
		return 0;
	}
	ret = check_arguments(cli, words, command, (size_t)argc, argv, err);
	if (ret < 0)
		return ret;
	return command->takes_ranges ? run_on_devices(command, cli, options, argv, (size_t)argc, err)
				     : command->run(cli, options, argv, (size_t)argc, err);
}

/* The next word of a command, after the options before it. */
static int next_word(struct cli *cli, int *argc, char ***argv, const char **ret_word, struct error *err)
{
	const struct option_set set = { global_options, cli };
	int ret = options_parse(&set, 1, true, *argc, *argv, argc, err);

	if (ret < 0)
		return ret;
	*ret_word = *argc ? (*argv)[0] : NULL;
	*argc -= *argc > 0;
	(*argv)++;
	return 0;
}

static int run_group(const struct command *group, struct cli *cli, int argc, char **argv, struct error *err)
{
	const struct command *command;
	const char *word;
	char words[64];
	int ret = next_word(cli, &argc, &argv, &word, err);

	if (ret < 0)
		return ret;
	if (!word && cli->help) {
		help_print_command(cli, group->name, group);
		return 0;
	}
	if (!word) {
		fail_code(err, CODE_USAGE, EINVAL, "%s needs a command", group->name);
		return fail_hint(err, "sluice %s --help lists them", group->name);
	}
	command = command_find(group->group, word, err);
	if (!command)
		return fail_in(err, "%s", group->name);
	snprintf(words, sizeof(words), "%s %s", group->name, command->name);
	return run_command(command, words, cli, argc, argv, err);
}

/* `sluice`, `sluice --help`, `sluice --version`. Alone it shows where things stand. */
static int without_command(const struct command *const *list, struct cli *cli, struct error *err)
{
	const struct command *status = find_by_name(list, "status");

	if (cli->version)
		return print_version(cli);
	if (cli->help) {
		help_print_program(cli, list);
		return 0;
	}
	if (status)
		return run_command(status, status->name, cli, 0, NULL, err);
	fail_code(err, CODE_USAGE, EINVAL, "what to do is missing");
	return fail_hint(err, "sluice --help lists the commands");
}

int command_dispatch(const struct command *const *list, struct cli *cli, int argc, char **argv, struct error *err)
{
	const struct command *command;
	const char *word;
	int ret = next_word(cli, &argc, &argv, &word, err);

	if (ret < 0)
		return ret;
	if (word && !strcmp(word, "help")) {
		cli->help = true;
		ret = next_word(cli, &argc, &argv, &word, err);
		if (ret < 0)
			return ret;
	}
	if (!word || cli->version)
		return without_command(list, cli, err);
	command = command_find(list, word, err);
	if (!command)
		return -EINVAL;
	return command->group ? run_group(command, cli, argc, argv, err)
			      : run_command(command, command->name, cli, argc, argv, err);
}
