// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice capture`: this host in a file, for somebody else to look at with --sysroot. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "assign/host.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "capture/capture.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/version.h"

enum {
	NOTES_SHOWN = 8
};

struct capture_command {
	bool no_redact, force, list;
};

#define MEMBER(member) offsetof(struct capture_command, member)

static const struct option_row rows[] = {
	{ "no-redact", 0, NULL, "leave names, addresses and serial numbers as they are", OPTION_FLAG, MEMBER(no_redact),
		0, 0, NULL },
	{ "force", 0, NULL, "replace FILE if it is there", OPTION_FLAG, MEMBER(force), 0, 0, NULL },
	{ "list", 0, NULL, "show what is taken and what of it is replaced, and write nothing", OPTION_FLAG,
		MEMBER(list), 0, 0, NULL },
	{ NULL },
};

static const struct column columns[] = {
	{ "PATH", "path", "files, below /", COLUMN_SHOWN, FIELD(struct capture_row_text, path) },
	{ "TAKEN", "taken", "what is taken of them", COLUMN_SHOWN, FIELD(struct capture_row_text, how) },
	{ "REPLACED", "replaced", "what of that is replaced", COLUMN_SHOWN, FIELD(struct capture_row_text, replaced) },
	{ NULL },
};

static int print_list(const struct cli *cli, struct error *err)
{
	static const struct table table = { .payload = "paths", .columns = columns };
	struct capture_row_text one;
	size_t count = 0;
	cleanup_free struct capture_row_text *data = NULL;
	cleanup_free struct table_row *list = NULL;

	while (capture_row(count, &one))
		count++;
	data = calloc(count + 1, sizeof(*data));
	list = calloc(count + 1, sizeof(*list));
	if (!data || !list)
		return fail(err, ENOMEM, "list what is captured");
	for (size_t i = 0; i < count; i++) {
		capture_row(i, &data[i]);
		list[i] = (struct table_row){ &data[i], -1 };
	}
	return table_print(cli, &table, list, count, err);
}

/*
 * What was captured -------------------------------------------------------------------------------------------------
 */

static json_t *notes_json(const struct capture_notes *notes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < notes->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "what", notes->note[i].what, "why",
						    notes->note[i].why, "count", (json_int_t)notes->note[i].count));
	return list;
}

static int print_json(
	const struct cli *cli, const char *file, uint64_t size, const struct capture_report *report, struct error *err)
{
	json_t *object = cli_json_new();

	json_object_set_new(object, "file", json_text(file));
	json_object_set_new(object, "size", json_number((int64_t)size));
	json_object_set_new(object, "members", json_number((int64_t)report->members));
	json_object_set_new(object, "functions", json_number((int64_t)report->functions));
	json_object_set_new(object, "redacted", json_boolean(report->redacted));
	json_object_set_new(object, "privileged", json_boolean(report->privileged));
	json_object_set_new(object, "unseen", notes_json(&report->unseen));
	json_object_set_new(object, "left_out", notes_json(&report->left_out));
	return cli_json_print(cli, object, err);
}

/* On standard error, so that it is seen also where the bundle goes to standard output. */
static void say_notes(const struct cli *cli, const char *heading, const struct capture_notes *notes, const char *advice)
{
	if (!notes->count || cli->json || cli->quiet)
		return;
	fprintf(stderr, "sluice: note: %s", heading);
	for (size_t i = 0; i < notes->count && i < NOTES_SHOWN; i++) {
		const struct capture_note *note = &notes->note[i];

		fprintf(stderr, "%s /%s", i ? "," : "", note->what);
		if (note->count > 1)
			fprintf(stderr, " (%llu)", (unsigned long long)note->count);
	}
	if (notes->count > NOTES_SHOWN)
		fprintf(stderr, ", and %zu more", notes->count - NOTES_SHOWN);
	fprintf(stderr, "%s\n", advice);
}

static int print_report(
	const struct cli *cli, const char *file, uint64_t size, const struct capture_report *report, struct error *err)
{
	char text[32];

	if (cli->json)
		return print_json(cli, file, size, report, err);
	cli_say(cli, "%s: %llu PCI functions, %llu files, %s", file, (unsigned long long)report->functions,
		(unsigned long long)report->members, size_to_text(size, text, sizeof(text)));
	cli_say(cli, "%s",
		report->redacted ? "names, addresses and serial numbers were replaced; link and file names were not "
				   "(sluice capture --list)"
				 : "nothing was replaced: it has names, addresses and serial numbers of this host");
	cli_say(cli, "look at it: sluice --sysroot %s doctor", file);
	return 0;
}

static void say_all_notes(const struct cli *cli, const struct capture_report *report)
{
	say_notes(cli, "not to be seen without privilege:", &report->unseen, "; as root there is more");
	say_notes(cli, "not taken, or not whole:", &report->left_out, "; capture/about.json says why");
}

/* Through a pipe nobody can see whether it is whole but by the end of the archive, and the exit status. */
static int write_to_stdout(const struct cli *cli, const struct capture_options *options, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	struct capture_report report = { 0 };
	int ret;

	if (cli->json || isatty(STDOUT_FILENO)) {
		fail_code(err, CODE_USAGE, EINVAL, "the bundle cannot be written to %s",
			cli->json ? "standard output with --json" : "a terminal");
		return fail_hint(err, "name a file, like host.tar.zst");
	}
	ret = host_open(&host, cli->sysroot, 0, err);
	if (!ret)
		ret = capture_write(&host, STDOUT_FILENO, options, &report, err);
	if (!ret)
		say_all_notes(cli, &report);
	return ret;
}

static int run_capture(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct capture_command *given = values;
	const struct capture_options options = {
		.redact = !given->no_redact, .force = given->force, .version = SLUICE_VERSION
	};
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	struct capture_report report = { 0 };
	uint64_t size = 0;
	int ret;

	if (given->list)
		return print_list(cli, err);
	if (!arg_count) {
		fail_code(err, CODE_USAGE, EINVAL, "capture: which FILE?");
		return fail_hint(err, "name the file that is to be written, like host.tar.zst");
	}
	if (!strcmp(args[0], "-"))
		return write_to_stdout(cli, &options, err);
	ret = host_open(&host, cli->sysroot, 0, err);
	if (!ret)
		ret = capture_to_file(&host, args[0], &options, &report, &size, err);
	if (ret < 0)
		return ret;
	say_all_notes(cli, &report);
	return print_report(cli, args[0], size, &report, err);
}

static const char *const details[] = {
	"FILE is a tar archive, compressed by zstd, which `sluice --sysroot FILE COMMAND` looks at with every looking "
	"command: for whoever helps, or to compare with later. \"-\" is standard output.",
	"Names, addresses and serial numbers are replaced by others, the same ones in the whole file, so that what "
	"belongs "
	"together still does. Only what looking commands read is in it, and of configuration files only the lines that "
	"they read: --list shows all of it. FILE is whole or not there, and only its owner can read it.",
	NULL,
};

static const char *const examples[] = {
	"sluice capture host.tar.zst",
	"sluice --sysroot host.tar.zst doctor",
	"sluice capture --list",
	NULL,
};

const struct command cmd_capture = {
	.name = "capture",
	.summary = "write what can be seen of this host into a file",
	.arguments = "FILE",
	.max_args = 1,
	.options = rows,
	.options_size = sizeof(struct capture_command),
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_capture,
};
