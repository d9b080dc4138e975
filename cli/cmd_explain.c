// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice explain`: the stable codes and their texts, from docs/explain/CODE.md, which the Makefile compiles in. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/explain.h"

static const struct {
	const char *name, *text;
} texts[] = {
#include "cli/explain_texts.inc"
};

const char *explain_text(enum code code)
{
	for (size_t i = 0; i < array_size(texts); i++)
		if (!strcmp(texts[i].name, code_info(code)->name))
			return texts[i].text;
	return NULL;
}

static const struct column columns[] = {
	{ "CODE", "code", "the code", COLUMN_SHOWN, FIELD(struct code_info, name) },
	{ "EXIT", "exit_status", "exit status of a command that fails with it", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct code_info, status) },
	{ "MEANING", "summary", "what it means, in a line", COLUMN_SHOWN, FIELD(struct code_info, summary) },
	{ NULL },
};

static int list_codes(const struct cli *cli, struct error *err)
{
	static const struct table table = { .payload = "codes", .columns = columns };
	struct table_row rows[CODE_COUNT];
	size_t count = 0;

	for (int code = CODE_NONE + 1; code < CODE_COUNT; code++)
		rows[count++] = (struct table_row){ code_info((enum code)code), -1 };
	return table_print(cli, &table, rows, count, err);
}

static int no_such_code(const char *name, struct error *err)
{
	const char *nearest = NULL;
	unsigned int best = 4;

	fail_code(err, CODE_USAGE, EINVAL, "there is no code '%s'", name);
	for (int code = CODE_NONE + 1; code < CODE_COUNT && strlen(name) < 32; code++) {
		unsigned int distance = text_distance(name, code_info((enum code)code)->name);

		if (distance < best) {
			best = distance;
			nearest = code_info((enum code)code)->name;
		}
	}
	return nearest ? fail_hint(err, "did you mean %s?", nearest) : fail_hint(err, "'sluice explain' lists them");
}

static int run_explain(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct code_info *info;
	const char *text;
	enum code code;

	(void)values;
	if (!count)
		return list_codes(cli, err);
	code = code_find(args[0]);
	if (code == CODE_NONE)
		return no_such_code(args[0], err);
	info = code_info(code);
	text = explain_text(code);
	if (cli->json)
		return cli_json_print(cli,
			json_pack("{s:s, s:{s:s, s:i, s:s, s:o}}", "format_version", "1.0", "explanation", "code",
				info->name, "exit_status", (int)info->status, "summary", info->summary, "text",
				json_text(text)),
			err);
	fprintf(cli->out, "%s%s%s: %s (exit status %d)\n", cli_color(cli->color, "bold"), info->name,
		cli_color_end(cli->color), info->summary, (int)info->status);
	if (text)
		fprintf(cli->out, "\n%s", text);
	return 0;
}

static const char *const examples[] = {
	"sluice explain",
	"sluice explain GROUP-NOT-VIABLE",
	NULL,
};

const struct command cmd_explain = {
	.name = "explain",
	.summary = "explain a code, or list all of them",
	.arguments = "[CODE]",
	.max_args = 1,
	.columns = columns,
	.examples = examples,
	.run = run_explain,
};
