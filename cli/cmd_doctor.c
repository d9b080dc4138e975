// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice doctor`: what is ready and what is not, with evidence, reason and remedy. Exit status 0 or 4. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/doctor_text.h"
#include "doctor/doctor.h"
#include "doctor/fold.h"

struct doctor_options {
	bool strict;
};

#define DOCTOR(member) offsetof(struct doctor_options, member)
static const struct option_row options[] = {
	{ "strict", 0, NULL, "count warnings as failures", OPTION_FLAG, DOCTOR(strict), 0, 0, NULL },
	{ NULL },
};

static const struct finding *result_of(const void *row)
{
	return row;
}

static json_t *get_id(const void *row, const void *context)
{
	(void)context;
	return json_text(code_info(result_of(row)->code)->name);
}

static json_t *get_state(const void *row, const void *context)
{
	(void)context;
	return json_text(doctor_state(result_of(row)->state)->word);
}

static json_t *get_section(const void *row, const void *context)
{
	(void)context;
	return json_text(doctor_section_title(result_of(row)->section));
}

static json_t *get_cause(const void *row, const void *context)
{
	enum code cause = result_of(row)->cause;

	(void)context;
	return cause == CODE_NONE ? json_null() : json_text(code_info(cause)->name);
}

static const char *state_color(const void *row, const void *context)
{
	(void)context;
	return doctor_state(result_of(row)->state)->color;
}

static const struct column columns[] = {
	{ "ID", "id", "code: see 'sluice explain'", COLUMN_SHOWN, .get = get_id },
	{ "STATE", "state", "ok, warn, fail or unmeasured", COLUMN_SHOWN, .get = get_state, .color = state_color },
	{ "SUBJECT", "subject", "the host, or a device's address", COLUMN_SHOWN, FIELD(struct finding, subject) },
	{ "SECTION", "section", "what it is about", 0, .get = get_section },
	{ "TITLE", "title", "what was checked", 0, FIELD(struct finding, title) },
	{ "SUMMARY", "summary", "what was found", COLUMN_SHOWN, FIELD(struct finding, summary) },
	{ "EVIDENCE", "evidence", "the file that was read, and what it said", 0, FIELD(struct finding, evidence) },
	{ "WHY", "why", "what goes wrong when this is not in order", 0, FIELD(struct finding, why) },
	{ "FIX", "fix", "what to do", 0, FIELD(struct finding, fix) },
	{ "CAUSE", "cause", "code of the finding that this one is a consequence of", 0, .get = get_cause },
	{ NULL },
};

static const struct table table = { .payload = "checks", .columns = columns };

/* What is to do, in order: [{id, fix, subjects}]. */
static json_t *things_json(const struct doctor_report *report, const struct folds *folds)
{
	json_t *list = json_array();

	for (size_t k = 0; k < folds->thing_count; k++) {
		const struct fold *fold = folds->thing[k];
		json_t *subjects = json_array();

		for (size_t i = 0; i < fold->count; i++)
			json_array_append_new(subjects, json_text(report->findings.item[fold->member[i]].subject));
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "id", code_info(fold->first->code)->name,
						    "fix", json_text(fold->first->fix), "subjects", subjects));
	}
	return list;
}

static int print_json(const struct cli *cli, const struct doctor_report *report, const struct folds *folds,
	const struct table_row *rows, bool ready, struct error *err)
{
	json_t *object = cli_json_new();

	json_object_set_new(object, "checks", table_json(&table, rows, report->findings.count));
	json_object_set_new(object, "todo", things_json(report, folds));
	json_object_set_new(object, "ready", json_boolean(ready));
	return cli_json_print(cli, object, err);
}

/* -o, -n and -r ask for the table; without them people get the report. */
static bool wants_table(const struct cli *cli)
{
	return cli->table.columns || cli->table.no_heading || cli->table.raw;
}

static int print_table(const struct cli *cli, const struct doctor_report *report, const struct folds *folds, bool ready,
	struct error *err)
{
	cleanup_free struct table_row *rows = calloc(report->findings.count + 1, sizeof(*rows));

	if (!rows)
		return fail(err, ENOMEM, "print the doctor's report");
	for (size_t i = 0; i < report->findings.count; i++)
		rows[i] = (struct table_row){ &report->findings.item[i], -1 };
	return cli->json ? print_json(cli, report, folds, rows, ready, err)
			 : table_print(cli, &table, rows, report->findings.count, err);
}

static int print(const struct cli *cli, const struct doctor_report *report, bool strict, struct error *err)
{
	cleanup(folds_done) struct folds folds = { 0 };
	bool ready = doctor_report_is_ready(report, strict);
	int ret = folds_make(&report->findings, &folds, err);

	if (ret < 0)
		return ret;
	if (cli->json || wants_table(cli))
		ret = print_table(cli, report, &folds, ready, err);
	else
		ret = doctor_text_print(cli, report, &folds, strict, err);
	if (ret < 0)
		return ret;
	return ready ? STATUS_DONE : STATUS_NOT_READY;
}

static int run_doctor(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct doctor_options *doctor = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(doctor_report_done) struct doctor_report report = { 0 };
	cleanup_free const struct pci_device **devices = calloc(count + 1, sizeof(*devices));
	int ret;

	if (!devices)
		return fail(err, ENOMEM, "examine the host");
	ret = host_open(&host, cli->sysroot, count ? PCI_LOOK_NAMES : PCI_LOOK_VFS_ALIKE, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < count; i++) {
		ret = pci_select(&host.root, &host.pci, args[i], &devices[i], err);
		if (ret < 0)
			return ret;
	}
	ret = doctor_run(&host, devices, count, &report, err);
	if (ret < 0)
		return ret;
	return print(cli, &report, doctor->strict, err);
}

static const char *const details[] = {
	"Without DEVICE: the host, and every device that is meant for guests. With DEVICE: whether these can "
	"be given away. Nothing is changed; what cannot be read is 'unmeasured', which is no failure.",
	"Shows what is not known to be in order, what is alike for many devices once, consequences with their cause, "
	"and in the "
	"end what is to do, in order; with -v every check with its evidence. Exit status 0 when ready, 4 when not.",
	NULL,
};

static const char *const examples[] = {
	"sluice doctor",
	"sluice doctor eth0/0 --strict",
	"sluice doctor -o +FIX",
	NULL,
};

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "check whether this host is ready, and say how to mend it",
	.arguments = "[DEVICE...]",
	.max_args = ARGS_MANY,
	.takes_ranges = true,
	.options = options,
	.options_size = sizeof(struct doctor_options),
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_doctor,
};
