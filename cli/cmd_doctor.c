// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice doctor`: what is ready and what is not, with evidence, reason and remedy. Exit status 0 or 4. */
#include <errno.h>
#include <langinfo.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "doctor/doctor.h"

struct doctor_options {
	bool strict;
};

#define DOCTOR(member) offsetof(struct doctor_options, member)
static const struct option_row options[] = {
	{ "strict", 0, NULL, "count warnings as failures", OPTION_FLAG, DOCTOR(strict), 0, 0, NULL },
	{ NULL },
};

/* Never colour alone: a word, and a sign in front where the terminal can show it. */
static const struct {
	const char *word, *sign, *plain_sign, *color;
} states[CHECK_STATE_COUNT] = {
	[CHECK_OK] = { "ok", "✓", "+", "green" },
	[CHECK_WARN] = { "warn", "!", "!", "yellow" },
	[CHECK_FAIL] = { "fail", "✗", "x", "red" },
	[CHECK_UNMEASURED] = { "unmeasured", "?", "?", "blue" },
	[CHECK_SKIPPED] = { "skipped", "-", "-", "dim" },
};

/* How a group's line counts them. */
static const struct {
	enum check_state state;
	const char *noun, *plural;
} counted[] = {
	{ CHECK_FAIL, "failure", "s" },
	{ CHECK_WARN, "warning", "s" },
	{ CHECK_OK, "ok", "" },
	{ CHECK_UNMEASURED, "not measured", "" },
};

static bool has_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static const struct check_result *result_of(const void *row)
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
	return json_text(states[result_of(row)->state].word);
}

static json_t *get_section(const void *row, const void *context)
{
	(void)context;
	return json_text(check_section_title(result_of(row)->section));
}

static const char *state_color(const void *row, const void *context)
{
	(void)context;
	return states[result_of(row)->state].color;
}

static const struct column columns[] = {
	{ "ID", "id", "code: see 'sluice explain'", COLUMN_SHOWN, .get = get_id },
	{ "STATE", "state", "ok, warn, fail or unmeasured", COLUMN_SHOWN, .get = get_state, .color = state_color },
	{ "SUBJECT", "subject", "the host, or a device's address", COLUMN_SHOWN, FIELD(struct check_result, subject) },
	{ "SECTION", "section", "what it is about", 0, .get = get_section },
	{ "TITLE", "title", "what was checked", 0, FIELD(struct check_result, title) },
	{ "SUMMARY", "summary", "what was found", COLUMN_SHOWN, FIELD(struct check_result, summary) },
	{ "EVIDENCE", "evidence", "the file that was read, and what it said", 0, FIELD(struct check_result, evidence) },
	{ "WHY", "why", "what goes wrong when this is not in order", 0, FIELD(struct check_result, why) },
	{ "FIX", "fix", "what to do", 0, FIELD(struct check_result, fix) },
	{ NULL },
};

static const struct table table = { .payload = "checks", .columns = columns };

static int print_json(const struct cli *cli, const struct doctor_report *report, const struct table_row *rows,
	bool ready, struct error *err)
{
	json_t *object = cli_json_new();

	json_object_set_new(object, "checks", table_json(&table, rows, report->count));
	json_object_set_new(object, "ready", json_boolean(ready));
	return cli_json_print(cli, object, err);
}

static void print_detail(const struct cli *cli, const char *label, const char *text)
{
	if (text[0])
		fprintf(cli->out, "        %s%-8s%s %s\n", cli_color(cli->color, "dim"), label,
			cli_color_end(cli->color), text);
}

static bool is_trouble(enum check_state state)
{
	return state == CHECK_WARN || state == CHECK_FAIL;
}

/* with_subject: the heading does not say whom it is about. */
static void print_result(const struct cli *cli, const struct check_result *result, bool with_subject)
{
	bool trouble = is_trouble(result->state);
	const char *sign = has_utf8() ? states[result->state].sign : states[result->state].plain_sign;

	fprintf(cli->out, "    %s[%s] %-10s%s %s%s%s: %s\n", cli_color(cli->color, states[result->state].color), sign,
		states[result->state].word, cli_color_end(cli->color), with_subject ? result->subject : "",
		with_subject ? ": " : "", result->title, result->summary);
	if (trouble || cli->verbose)
		print_detail(cli, "evidence", result->evidence);
	if (!trouble)
		return;
	print_detail(cli, "why", result->why);
	print_detail(cli, "fix", result->fix);
	fprintf(cli->out, "        %s%-8s%s sluice explain %s\n", cli_color(cli->color, "dim"), "more",
		cli_color_end(cli->color), code_info(result->code)->name);
}

/* The worst of a group is the group's state; nothing measured is no worse than nothing wrong, but says so. */
static enum check_state worst_of(const size_t counts[CHECK_STATE_COUNT])
{
	static const enum check_state order[] = { CHECK_FAIL, CHECK_WARN, CHECK_OK };

	for (size_t i = 0; i < array_size(order); i++)
		if (counts[order[i]])
			return order[i];
	return CHECK_UNMEASURED;
}

static const char *heading_of(const struct doctor_report *report, const struct check_result *result)
{
	return report->of_devices ? result->subject : check_section_title(result->section);
}

/* "7 ok, 1 warning"; with zeros, "7 ok, 1 warning, 0 failures, 0 not measured" */
static void print_counts(const struct cli *cli, const size_t counts[CHECK_STATE_COUNT], bool zeros)
{
	const char *separator = "";

	for (size_t i = 0; i < array_size(counted); i++) {
		size_t count = counts[counted[i].state];

		if (!count && !zeros)
			continue;
		fprintf(cli->out, "%s%zu %s%s", separator, count, counted[i].noun, count == 1 ? "" : counted[i].plural);
		separator = ", ";
	}
}

/* "[!] IOMMU: 7 ok, 1 warning": a line for each group, and what is not in order in it; all of it with -v. */
static void print_group(const struct cli *cli, const struct doctor_report *report, size_t first, size_t end)
{
	size_t counts[CHECK_STATE_COUNT] = { 0 };
	enum check_state worst;

	for (size_t i = first; i < end; i++)
		counts[report->results[i].state]++;
	worst = worst_of(counts);
	if (cli->quiet && !is_trouble(worst))
		return;
	fprintf(cli->out, "%s[%s]%s %s: ", cli_color(cli->color, states[worst].color),
		has_utf8() ? states[worst].sign : states[worst].plain_sign, cli_color_end(cli->color),
		heading_of(report, &report->results[first]));
	print_counts(cli, counts, false);
	fputc('\n', cli->out);
	for (size_t i = first; i < end; i++)
		if (is_trouble(report->results[i].state) || cli->verbose ||
			(report->results[i].state == CHECK_UNMEASURED && !cli->quiet))
			print_result(cli, &report->results[i], !report->of_devices);
}

static void print_report(const struct cli *cli, const struct doctor_report *report, bool ready, bool strict)
{
	for (size_t first = 0, end; first < report->count; first = end) {
		const char *heading = heading_of(report, &report->results[first]);

		for (end = first; end < report->count && !strcmp(heading_of(report, &report->results[end]), heading);)
			end++;
		print_group(cli, report, first, end);
	}
	fprintf(cli->out, "%s%s%s: ", cli_color(cli->color, ready ? "green" : "red"), ready ? "ready" : "not ready",
		cli_color_end(cli->color));
	print_counts(cli, report->counts, true);
	fprintf(cli->out, "%s\n", strict ? " (strict)" : "");
}

/* -o, -n and -r ask for the table; without them people get the report. */
static bool wants_table(const struct cli *cli)
{
	return cli->table.columns || cli->table.no_heading || cli->table.raw;
}

static int print(const struct cli *cli, const struct doctor_report *report, bool strict, struct error *err)
{
	bool ready = doctor_report_is_ready(report, strict);
	cleanup_free struct table_row *rows = calloc(report->count + 1, sizeof(*rows));
	int ret = 0;

	if (!rows)
		return fail(err, ENOMEM, "print the doctor's report");
	for (size_t i = 0; i < report->count; i++)
		rows[i] = (struct table_row){ &report->results[i], -1 };
	if (cli->json)
		ret = print_json(cli, report, rows, ready, err);
	else if (wants_table(cli))
		ret = table_print(cli, &table, rows, report->count, err);
	else
		print_report(cli, report, ready, strict);
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
	int ret = devices ? host_open(&host, cli->sysroot, count ? PCI_LOOK_NAMES : 0, err)
			  : fail(err, ENOMEM, "examine the host");

	for (size_t i = 0; !ret && i < count; i++)
		ret = pci_select(&host.root, &host.pci, args[i], &devices[i], err);
	if (!ret)
		ret = doctor_run(&host, devices, count, &report, err);
	return ret < 0 ? ret : print(cli, &report, doctor->strict, err);
}

static const char *const details[] = {
	"Without DEVICE: the host, and every device that is meant for guests. With DEVICE: whether these can "
	"be given away. Nothing is changed; what cannot be read is 'unmeasured', which is no failure.",
	"Shows what is not known to be in order; with -v every check with its evidence. Exit status 0 when "
	"ready, 4 when not.",
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
	.options = options,
	.options_size = sizeof(struct doctor_options),
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_doctor,
};
