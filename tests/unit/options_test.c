// SPDX-License-Identifier: GPL-2.0-or-later
/* cli/options.c and cli/dispatch.c: what is taken, in every spelling, and what is refused with which hint. */
#include "cli/cli.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

struct values {
	bool force, all;
	const char *name;
	struct option_list devices;
	uint64_t cpus, memory;
	int color;
};

static const char *const colors[] = { "auto", "always", "never", NULL };

#define VALUE(member) offsetof(struct values, member)
static const struct option_row rows[] = {
	{ "force", 'f', NULL, "force", OPTION_FLAG, VALUE(force), 0, 0, NULL },
	{ "all", 'a', NULL, "all", OPTION_FLAG, VALUE(all), 0, 0, NULL },
	{ "name", 0, "NAME", "name", OPTION_TEXT, VALUE(name), 0, 0, NULL },
	{ "device", 'd', "DEVICE", "device", OPTION_LIST, VALUE(devices), 0, 0, NULL },
	{ "cpus", 'c', "N", "cpus", OPTION_NUMBER, VALUE(cpus), 1, 64, NULL },
	{ "memory", 'm', "SIZE", "memory", OPTION_SIZE, VALUE(memory), 1 << 20, 0, NULL },
	{ "color", 0, "WHEN", "color", OPTION_CHOICE, VALUE(color), 0, 0, colors },
	{ NULL },
};

/* Splits line at spaces into words that stay valid until the next call, and parses them. */
static int parse(const char *line, struct values *values, int *ret_argc, char **argv, struct error *err)
{
	static char words[256];
	const struct option_set sets[] = { { NULL, NULL }, { rows, values } };
	int argc = 0;

	strcpy(words, line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	*values = (struct values){ 0 };
	return options_parse(sets, 2, false, argc, argv, ret_argc, err);
}

static void spellings(void **state)
{
	static const char *const lines[] = {
		"-f -a --name web -d x -d y -c 4 -m 1M --color never one two",
		"one -fa --name=web -dx -dy -c4 -m1M --color=never two",
		"one two --force --all --name web --device=x --device y --cpus=4 --memory 1048576 --color never",
		"-afdx -d y -c4 -m 1024K --name web --color never -- one two",
	};

	(void)state;
	for (size_t i = 0; i < array_size(lines); i++) {
		struct values values;
		char *argv[32];
		struct error err;
		int argc = 0;

		assert_int_equal(parse(lines[i], &values, &argc, argv, &err), 0);
		assert_true(values.force && values.all);
		assert_string_equal(values.name, "web");
		assert_int_equal(values.devices.count, 2);
		assert_string_equal(values.devices.item[0], "x");
		assert_string_equal(values.devices.item[1], "y");
		assert_int_equal(values.cpus, 4);
		assert_int_equal(values.memory, 1 << 20);
		assert_int_equal(values.color, 2);
		assert_int_equal(argc, 2);
		assert_string_equal(argv[0], "one");
		assert_string_equal(argv[1], "two");
	}
}

static void refusals(void **state)
{
	static const struct {
		const char *line, *msg, *hint;
	} cases[] = {
		{ "--forse", "there is no option --forse", "did you mean --force?" },
		{ "--bogus-thing", "there is no option --bogus-thing", "--help lists the options" },
		{ "--forc", "there is no option --forc", "did you mean --force?" },
		{ "-x", "there is no option -x", "--help lists the options" },
		{ "-fx", "there is no option -x", "--help lists the options" },
		{ "--force=yes", "--force takes no value", "" },
		{ "--name", "--name needs a value: --name NAME", "" },
		{ "-d", "--device needs a value: --device DEVICE", "" },
		{ "--cpus 0", "--cpus: 0 is out of range", "from 1 to 64" },
		{ "--cpus 65", "--cpus: 65 is out of range", "from 1 to 64" },
		{ "--cpus two", "--cpus: 'two' is not a number", "from 1 to 64" },
		{ "--memory 4K", "--memory: 4K is out of range", "for example 512M or 2G" },
		{ "--memory much", "--memory: 'much' is not a size", "for example 512M or 2G" },
		{ "--color blue", "--color cannot be 'blue'", "it is one of: auto, always, never" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct values values;
		char *argv[32];
		struct error err = { 0 };
		int argc;

		assert_true(parse(cases[i].line, &values, &argc, argv, &err) < 0);
		assert_int_equal(err.code, CODE_USAGE);
		assert_string_equal(err.msg, cases[i].msg);
		assert_string_equal(err.hint, cases[i].hint);
	}
}

static void list_is_bounded(void **state)
{
	char *argv[OPTION_LIST_MAX + 1];
	struct values values = { 0 };
	const struct option_set set = { rows, &values };
	struct error err;
	int argc;

	(void)state;
	for (int i = 0; i < OPTION_LIST_MAX + 1; i++)
		argv[i] = (char *)"-dx";
	assert_int_equal(options_parse(&set, 1, false, OPTION_LIST_MAX, argv, &argc, &err), 0);
	assert_int_equal(values.devices.count, OPTION_LIST_MAX);
	values.devices.count = 0;
	for (int i = 0; i < OPTION_LIST_MAX + 1; i++)
		argv[i] = (char *)"-dx";
	assert_int_equal(options_parse(&set, 1, false, OPTION_LIST_MAX + 1, argv, &argc, &err), -E2BIG);
}

/* A command that says what it was called with. */
static int run_echo(const struct cli *cli, const void *options, char *const *args, size_t count, struct error *err)
{
	const struct values *values = options;

	(void)err;
	fprintf(cli->out, "force=%d cpus=%d json=%d args=%zu", values->force, (int)values->cpus, cli->json, count);
	for (size_t i = 0; i < count; i++)
		fprintf(cli->out, " %s", args[i]);
	fputc('\n', cli->out);
	return values->all ? 4 : 0;
}

static json_t *get_nothing(const void *row, const void *context)
{
	(void)row;
	(void)context;
	return json_null();
}

static const struct column columns[] = {
	{ "THING", "thing", "a thing", COLUMN_SHOWN, .get = get_nothing },
	{ NULL },
};
static const struct command cmd_echo = {
	.name = "echo",
	.summary = "say it",
	.arguments = "WORD [WORD]",
	.min_args = 1,
	.max_args = 2,
	.options = rows,
	.options_size = sizeof(struct values),
	.defaults = &(const struct values){ .cpus = 7 },
	.columns = columns,
	.run = run_echo,
};
static const struct command *const in_group[] = { &cmd_echo, NULL };
static const struct command cmd_group = { .name = "vf", .summary = "a group", .group = in_group };
static const struct command *const list[] = { &cmd_echo, &cmd_group, NULL };

static int dispatch(const char *line, char **ret_output, struct error *err)
{
	static char words[256];
	char *argv[32];
	size_t size;
	int argc = 0;
	struct cli cli = { .out = open_memstream(ret_output, &size) };
	int ret;

	strcpy(words, line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	ret = command_dispatch(list, &cli, argc, argv, err);
	fclose(cli.out);
	return ret;
}

static void dispatches(void **state)
{
	static const struct {
		const char *line;
		int ret;
		const char *output;
	} cases[] = {
		{ "echo a", 0, "force=0 cpus=7 json=0 args=1 a\n" },
		{ "--json echo a b -f", 0, "force=1 cpus=7 json=1 args=2 a b\n" },
		{ "echo --json -c3 a", 0, "force=0 cpus=3 json=1 args=1 a\n" },
		{ "echo -a a", 4, "force=0 cpus=7 json=0 args=1 a\n" },
		{ "vf echo a", 0, "force=0 cpus=7 json=0 args=1 a\n" },
		{ "vf --json echo a", 0, "force=0 cpus=7 json=1 args=1 a\n" },
		{ "echo --list-columns", 0, "THING  a thing\n" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		cleanup_free char *output = NULL;
		struct error err;

		assert_int_equal(dispatch(cases[i].line, &output, &err), cases[i].ret);
		assert_string_equal(output, cases[i].output);
	}
}

static void dispatch_refuses(void **state)
{
	static const struct {
		const char *line, *msg, *hint;
	} cases[] = {
		{ "", "what to do is missing", "sluice --help lists the commands" },
		{ "eco a", "there is no command 'eco'", "did you mean 'echo'?" },
		{ "frobnicate", "there is no command 'frobnicate'", "--help lists the commands" },
		{ "echo", "echo needs WORD [WORD]", "sluice echo --help" },
		{ "echo a b c", "echo takes WORD [WORD], and 'c' is too much", "sluice echo --help" },
		{ "vf", "vf needs a command", "sluice vf --help lists them" },
		{ "vf echi a", "vf: there is no command 'echi'", "did you mean 'echo'?" },
		{ "--jsn echo a", "there is no option --jsn", "did you mean --json?" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		cleanup_free char *output = NULL;
		struct error err = { 0 };

		assert_true(dispatch(cases[i].line, &output, &err) < 0);
		assert_int_equal(err.code, CODE_USAGE);
		assert_string_equal(err.msg, cases[i].msg);
		assert_string_equal(err.hint, cases[i].hint);
	}
}

/* Help needs no arguments, and names every option and column. */
static void help(void **state)
{
	static const char *const lines[] = { "echo --help", "help echo", "--help echo", "vf echo -h", "echo -h" };

	(void)state;
	for (size_t i = 0; i < array_size(lines); i++) {
		cleanup_free char *output = NULL;
		struct error err;

		assert_int_equal(dispatch(lines[i], &output, &err), 0);
		assert_non_null(strstr(output, "echo [OPTION...] WORD [WORD]"));
		for (const struct option_row *row = rows; row->name; row++)
			assert_non_null(strstr(output, row->name));
		assert_non_null(strstr(output, "THING"));
		assert_non_null(strstr(output, "--sysroot DIR"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(refusals),
		cmocka_unit_test(list_is_bounded),
		cmocka_unit_test(dispatches),
		cmocka_unit_test(dispatch_refuses),
		cmocka_unit_test(help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
