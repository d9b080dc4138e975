// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice config check` and `sluice config schema`: the configuration's files, without the host. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/config_text.h"
#include "plan/schema.h"

/* check ---------------------------------------------------------------------------------------------------------- */

struct check_options {
	struct option_list files;
};

static const struct option_row check_rows[] = {
	{ "file", 'f', "FILE",
		"this file in place of the host's; '-' is standard input; repeatable, later ones add to earlier ones",
		OPTION_LIST, offsetof(struct check_options, files), 0, 0, NULL },
	{ NULL },
};

static json_t *files_json(const struct desired *desired)
{
	json_t *list = json_array();

	for (size_t i = 0; desired && i < desired->sources->count; i++)
		json_array_append_new(list, json_text(desired->sources->source[i].name));
	return list;
}

/* With --json the errors are the result, and only the exit status tells that there are some. */
static int print_json(
	const struct cli *cli, const struct desired *desired, const struct config_findings *findings, struct error *err)
{
	json_t *object = cli_json_new();
	int ret;

	json_object_set_new(object, "valid", json_boolean(desired != NULL));
	json_object_set_new(object, "files", files_json(desired));
	json_object_set_new(object, "findings", config_findings_json(findings));
	ret = cli_json_print(cli, object, err);
	return ret < 0 ? ret : desired ? STATUS_DONE : STATUS_USAGE;
}

static void say_good(const struct cli *cli, const struct desired *desired)
{
	const struct source_list *sources = desired->sources;

	for (size_t i = 0; i < sources->count; i++)
		cli_say_more(cli, "%s", sources->source[i].name);
	cli_say(cli, "good: %zu %s, %zu devices named, %zu cards split, %zu guests", sources->count,
		sources->count == 1 ? "file" : "files", desired->alias_count, desired->pf_count, desired->guest_count);
}

static int run_check(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct check_options *given = values;
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup_desired struct desired *desired = NULL;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)args;
	(void)arg_count;
	if (ret < 0)
		return ret;
	ret = config_load(&root, given->files.item, given->files.count, &desired, &findings, err);
	if (ret < 0 && !findings.errors)
		return ret;
	if (cli->json)
		return print_json(cli, desired, &findings, err);
	if (desired || findings.errors > 1)
		config_say(cli, &findings, true);
	if (desired)
		say_good(cli, desired);
	else if (findings.errors > 1)
		return fail_code(err, CODE_CONFIG, EINVAL, "the configuration has %zu errors",
			findings.errors + findings.left_out);
	return ret;
}

static const char *const check_details[] = {
	"Reads /etc/sluice/sluice.yaml and /etc/sluice/conf.d/*.yaml, or the files of -f, and tells all that is wrong "
	"with "
	"them at once: each with file, line and column, the line and a caret, and what would be right. The host is not "
	"looked at: what it has or can is told by 'sluice plan'.",
	"Where a later file says something else than an earlier one, a note tells which holds. Exit status 2 when "
	"something "
	"is wrong.",
	NULL,
};

static const char *const check_examples[] = {
	"sluice config check",
	"sluice config check -f new.yaml",
	"sluice --json config check -f base.yaml -f rack7.yaml",
	NULL,
};

static const struct command cmd_check = {
	.name = "check",
	.summary = "look for mistakes in the configuration, without touching the host",
	.options = check_rows,
	.options_size = sizeof(struct check_options),
	.details = check_details,
	.examples = check_examples,
	.run = run_check,
};

/* schema --------------------------------------------------------------------------------------------------------- */

struct schema_options {
	int format;
};

static const char *const schema_formats[] = { "json", "markdown", NULL };
static const struct option_row schema_option_rows[] = {
	{ "format", 0, "json|markdown", "JSON Schema (draft 7), or the page docs/config.md", OPTION_CHOICE,
		offsetof(struct schema_options, format), 0, 0, schema_formats },
	{ NULL },
};

static int run_schema(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct schema_options *given = values;
	cleanup_free char *text = NULL;
	json_t *schema;

	(void)args;
	(void)arg_count;
	if (given->format == 1) {
		text = schema_page();
	} else {
		schema = schema_json();
		text = schema ? json_dumps(schema, JSON_INDENT(2)) : NULL;
		json_decref(schema);
	}
	if (!text)
		return fail(err, ENOMEM, "print the schema");
	fprintf(cli->out, given->format == 1 ? "%s" : "%s\n", text);
	return 0;
}

static const char *const schema_details[] = {
	"With it an editor completes keys, shows what they mean, and marks mistakes while typing. It knows the "
	"structure of a "
	"file and each value's type and range; what contradicts something else is told by 'sluice config check'.",
	NULL,
};

static const char *const schema_examples[] = {
	"sluice config schema >/etc/sluice/schema.json",
	"sluice config schema --format markdown",
	NULL,
};

static const struct command cmd_schema = {
	.name = "schema",
	.summary = "print the JSON Schema of the configuration file",
	.options = schema_option_rows,
	.options_size = sizeof(struct schema_options),
	.details = schema_details,
	.examples = schema_examples,
	.run = run_schema,
};

static const struct command *const subcommands[] = { &cmd_check, &cmd_schema, NULL };

const struct command cmd_config = {
	.name = "config",
	.summary = "the configuration file: check it, or print its schema",
	.group = subcommands,
};
