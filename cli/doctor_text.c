// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor's report for people. Running text is broken at the terminal's width (80 columns in a file); a command is
 * on a line of its own and never broken, so that it can be copied.
 */
#include "cli/doctor_text.h"

#include <errno.h>
#include <langinfo.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/paragraph.h"

enum {
	INDENT = 4,
	DETAIL = 8,       /* where "evidence" and its kin stand */
	DETAIL_TEXT = 18, /* what they say */
	THING_TEXT = 5,   /* "  1. " */
	THINGS_SHOWN = 12,
	FIX_SIZE = 8192,
	LINE_SIZE = 1024,
};

/* How a remedy ends that needs one. */
#define REBOOT ", then reboot"

static const struct state_look states[CHECK_STATE_COUNT] = {
	[CHECK_OK] = { "ok", "✓", "+", "green" },
	[CHECK_WARN] = { "warn", "!", "!", "yellow" },
	[CHECK_FAIL] = { "fail", "✗", "x", "red" },
	[CHECK_UNMEASURED] = { "unmeasured", "?", "?", "blue" },
	[CHECK_SKIPPED] = { "skipped", "-", "-", "dim" },
};

/* How a section's line counts them. */
static const struct {
	enum check_state state;
	const char *noun, *plural;
} counted[] = {
	{ CHECK_FAIL, "failure", "s" },
	{ CHECK_WARN, "warning", "s" },
	{ CHECK_OK, "ok", "" },
	{ CHECK_UNMEASURED, "not measured", "" },
};

struct page {
	const struct cli *cli;
	const struct doctor_report *report;
	const struct folds *folds;
	size_t width;
	bool with_subject; /* the heading does not say whom it is about */
	char *fix;         /* FIX_SIZE bytes for one */
};

const struct state_look *doctor_state(enum check_state state)
{
	return &states[state];
}

static bool is_trouble(enum check_state state)
{
	return state == CHECK_WARN || state == CHECK_FAIL;
}

static const char *sign_of(enum check_state state)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8") ? states[state].sign : states[state].plain_sign;
}

/* Commands within a remedy ----------------------------------------------------------------------------------------- */

/* Does a command line begin here? */
static bool is_command(const char *text)
{
	static const char *const programs[] = { "sluice ", "echo ", "ip ", "modprobe ", "systemctl ", "nmcli ",
		"driverctl ", "ethtool ", "mstconfig ", "setpci ", "sysctl ", "sed ", "grubby ", "rpm-ostree ",
		"update-grub", "grub2-mkconfig ", "grub-mkconfig ", "update-initramfs ", "dracut ", "mkinitcpio ",
		"proxmox-boot-tool ", "kernel-install ", "usermod ", "chmod ", "for d in ", "apt install ",
		"dnf install ", "zypper install ", "pacman -S ", "virsh ", "udevadm " };

	for (size_t i = 0; i < array_size(programs); i++)
		if (text_starts_with(text, programs[i]))
			return true;
	return false;
}

/* Does a command line end before this? Outside of quotes: where our own words go on. */
static bool ends_command(const char *text)
{
	static const char *const ends[] = { ", ", "; or", "; then", "; if", "; until", "; and ", "; this", "; likewise",
		"; the ", " (", " then ", "' " };

	for (size_t i = 0; i < array_size(ends); i++)
		if (text_starts_with(text, ends[i]))
			return true;
	return false;
}

static size_t command_length(const char *text)
{
	char quote = '\0';
	size_t at;

	for (at = 0; text[at]; at++) {
		if (quote ? text[at] == quote : text[at] == '\'' || text[at] == '"')
			quote = quote ? '\0' : text[at];
		else if (!quote && at && ends_command(text + at))
			break;
	}
	return at;
}

/* How far our own words go: to a command behind ": ", ", ", "; " or one of their words. */
static size_t prose_length(const char *text)
{
	static const char *const before[] = { ": ", ", ", "; ", " and ", " then ", " or " };

	for (size_t at = 0; text[at]; at++)
		for (size_t i = 0; i < array_size(before); i++)
			if (text_starts_with(text + at, before[i]) && is_command(text + at + strlen(before[i])))
				return at + strlen(before[i]);
	return strlen(text);
}

/* Running text that begins where the line is, commands on lines of their own, two columns further in. */
static void print_remedy(const struct page *page, const char *text, size_t indent)
{
	FILE *out = page->cli->out;
	bool fresh = true; /* the line is empty but for its indentation */

	while (*text) {
		bool command = is_command(text);
		size_t length = command ? command_length(text) : prose_length(text);
		cleanup_free char *piece = strndup(text, length);

		if (!piece)
			return;
		if (!fresh)
			fprintf(out, "\n%*s", (int)indent, "");
		if (command)
			fprintf(out, "%s%s", fresh ? "" : "  ", piece);
		else
			paragraph_flow(out, piece, indent, indent, page->width);
		fresh = false;
		text += length;
		text += strspn(text, ",; ");
	}
	fputc('\n', out);
}

/*
 * One finding, or several that are alike ------------------------------------------------------------------------------
 */

static void print_label(const struct page *page, const char *label)
{
	const struct cli *cli = page->cli;

	fprintf(cli->out, "%*s%s%-9s%s ", DETAIL, "", cli_color(cli->color, "dim"), label, cli_color_end(cli->color));
}

static void print_detail(const struct page *page, const char *label, const char *text)
{
	if (!text[0])
		return;
	print_label(page, label);
	paragraph_flow(page->cli->out, text, DETAIL_TEXT, DETAIL_TEXT, page->width);
	fputc('\n', page->cli->out);
}

/* "    [!] warn  SUBJECT: TITLE: SUMMARY" */
static void print_head(
	const struct page *page, enum check_state state, const char *subjects, const char *titles, const char *summary)
{
	const struct cli *cli = page->cli;
	char line[LINE_SIZE];
	bool subject = subjects[0] && page->with_subject && strcmp(subjects, "host") != 0;

	fprintf(cli->out, "%*s%s[%s] %s%s ", INDENT, "", cli_color(cli->color, states[state].color), sign_of(state),
		states[state].word, cli_color_end(cli->color));
	snprintf(line, sizeof(line), "%s%s%s: %s", subject ? subjects : "", subject ? ": " : "", titles, summary);
	paragraph_flow(cli->out, line, INDENT + 4 + strlen(states[state].word) + 1, DETAIL, page->width);
	fputc('\n', cli->out);
}

static void print_effects(const struct page *page, const struct fold *fold)
{
	char titles[LINE_SIZE];

	if (!fold->effect_count)
		return;
	fold_titles(page->folds, fold->effect, fold->effect_count, titles, sizeof(titles));
	print_detail(page, "explains", titles);
}

static void print_fold(const struct page *page, const struct fold *fold)
{
	const struct finding *first = fold->first;
	char subjects[160], titles[LINE_SIZE], summary[LINE_SIZE];

	fold_subjects(page->folds, fold, subjects, sizeof(subjects));
	fold_titles(page->folds, fold->member, fold->count, titles, sizeof(titles));
	snprintf(summary, sizeof(summary), "%s%s", first->summary,
		fold->same_summary || fold->count < 2 ? "" : " (this of the first; the others are alike)");
	print_head(page, first->state, subjects, titles, summary);
	if (!is_trouble(first->state))
		return;
	print_detail(page, "evidence", first->evidence);
	print_detail(page, "why", first->why);
	if (first->fix[0]) {
		print_label(page, "fix");
		print_remedy(page, fold_fix(page->folds, fold, page->fix, FIX_SIZE), DETAIL_TEXT);
	}
	print_effects(page, fold);
	print_label(page, "more");
	fprintf(page->cli->out, "sluice explain %s\n", code_info(first->code)->name);
}

/* With -v: each finding, with its evidence. */
static void print_finding(const struct page *page, const struct finding *finding)
{
	print_head(page, finding->state, finding->subject, finding->title, finding->summary);
	print_detail(page, "evidence", finding->evidence);
	if (finding->cause != CODE_NONE)
		print_detail(page, "because", code_info(finding->cause)->name);
	if (!is_trouble(finding->state))
		return;
	print_detail(page, "why", finding->why);
	if (finding->fix[0]) {
		print_label(page, "fix");
		print_remedy(page, finding->fix, DETAIL_TEXT);
	}
	print_label(page, "more");
	fprintf(page->cli->out, "sluice explain %s\n", code_info(finding->code)->name);
}

/*
 * Sections -----------------------------------------------------------------------------------------------------------
 */

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

/* The worst of a section is its state; nothing measured is no worse than nothing wrong, but says so. */
static enum check_state worst_of(const size_t counts[CHECK_STATE_COUNT])
{
	static const enum check_state order[] = { CHECK_FAIL, CHECK_WARN, CHECK_OK };

	for (size_t i = 0; i < array_size(order); i++)
		if (counts[order[i]])
			return order[i];
	return CHECK_UNMEASURED;
}

static void print_heading(const struct page *page, const char *heading, const size_t counts[CHECK_STATE_COUNT])
{
	const struct cli *cli = page->cli;
	enum check_state worst = worst_of(counts);

	fprintf(cli->out, "%s[%s]%s %s: ", cli_color(cli->color, states[worst].color), sign_of(worst),
		cli_color_end(cli->color), heading);
	print_counts(cli, counts, false);
	fputc('\n', cli->out);
}

/* section: SECTION_COUNT for all of them. A line for each, and what is not in order in it; all of it with -v. */
static void print_section(const struct page *page, enum check_section section, const char *heading)
{
	const struct findings *findings = &page->report->findings;
	const struct cli *cli = page->cli;
	size_t counts[CHECK_STATE_COUNT] = { 0 }, seen = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *at = &findings->item[i];

		if (section != SECTION_COUNT && at->section != section)
			continue;
		seen++;
		counts[at->state] += at->cause == CODE_NONE;
	}
	if (!seen || (cli->quiet && !is_trouble(worst_of(counts))))
		return;
	print_heading(page, heading, counts);
	for (size_t i = 0; cli->verbose && i < findings->count; i++)
		if (section == SECTION_COUNT || findings->item[i].section == section)
			print_finding(page, &findings->item[i]);
	for (size_t i = 0; !cli->verbose && i < page->folds->count; i++) {
		const struct finding *first = page->folds->item[i].first;

		if ((section == SECTION_COUNT || first->section == section) && first->state != CHECK_OK &&
			(is_trouble(first->state) || !cli->quiet))
			print_fold(page, &page->folds->item[i]);
	}
}

/*
 * The bottom line ----------------------------------------------------------------------------------------------------
 */

static bool wants_reboot(const char *fix)
{
	size_t length = strlen(fix), end = strlen(REBOOT);

	return length > end && !strcmp(fix + length - end, REBOOT);
}

static void print_thing(const struct page *page, size_t number, const struct fold *fold, bool reboots_follow)
{
	const struct cli *cli = page->cli;
	char subjects[160], head[320];
	const char *fix;
	size_t at;

	fix = fold_fix(page->folds, fold, page->fix, FIX_SIZE);
	if (reboots_follow && wants_reboot(fix)) {
		if (fix != page->fix)
			text_copy(page->fix, FIX_SIZE, fix);
		page->fix[strlen(page->fix) - strlen(REBOOT)] = '\0';
		fix = page->fix;
	}
	fold_subjects(page->folds, fold, subjects, sizeof(subjects));
	snprintf(head, sizeof(head), "%s%s%s (%s):", fold->first->title, fold->first->has_device ? " of " : "",
		fold->first->has_device ? subjects : "", code_info(fold->first->code)->name);
	at = (size_t)fprintf(cli->out, "%3zu. ", number);
	paragraph_flow(cli->out, head, at, THING_TEXT, page->width);
	fprintf(cli->out, "\n%*s", THING_TEXT, "");
	print_remedy(page, fix, THING_TEXT);
}

/* "2 things to do:", in order; several that want a reboot need one. */
static void print_things(const struct page *page)
{
	const struct folds *folds = page->folds;
	size_t reboots = 0;
	FILE *out = page->cli->out;

	for (size_t i = 0; i < folds->thing_count; i++)
		reboots += wants_reboot(folds->thing[i]->first->fix);
	if (!folds->thing_count)
		return;
	fprintf(out, "\n%zu thing%s to do:\n", folds->thing_count, folds->thing_count == 1 ? "" : "s");
	for (size_t i = 0; i < folds->thing_count && i < THINGS_SHOWN; i++)
		print_thing(page, i + 1, folds->thing[i], reboots > 1);
	if (folds->thing_count > THINGS_SHOWN)
		fprintf(out, "     ... and %zu more, above\n", folds->thing_count - THINGS_SHOWN);
	if (reboots > 1)
		fprintf(out, "  Then reboot, once for all of them.\n");
}

static void print_verdict(const struct page *page, bool strict)
{
	const struct findings *findings = &page->report->findings;
	bool ready = doctor_report_is_ready(page->report, strict);
	const struct cli *cli = page->cli;
	size_t counts[CHECK_STATE_COUNT] = { 0 };

	for (size_t i = 0; i < findings->count; i++)
		counts[findings->item[i].state] += findings->item[i].cause == CODE_NONE;
	fprintf(cli->out, "%s%s%s: ", cli_color(cli->color, ready ? "green" : "red"), ready ? "ready" : "not ready",
		cli_color_end(cli->color));
	print_counts(cli, counts, true);
	fprintf(cli->out, "%s\n", strict ? " (strict)" : "");
}

int doctor_text_print(const struct cli *cli, const struct doctor_report *report, const struct folds *folds, bool strict,
	struct error *err)
{
	cleanup_free char *fix = calloc(1, FIX_SIZE);
	const struct findings *findings = &report->findings;
	struct page page = { cli, report, folds, paragraph_width(cli->out), true, fix };

	if (!fix)
		return fail(err, ENOMEM, "print the doctor's report");
	if (report->of_devices && findings->count &&
		!strcmp(findings->item[0].subject, findings->item[findings->count - 1].subject)) {
		page.with_subject = false;
		print_section(&page, SECTION_COUNT, findings->item[0].subject);
	} else {
		for (int section = 0; section < SECTION_COUNT; section++)
			print_section(
				&page, (enum check_section)section, doctor_section_title((enum check_section)section));
	}
	print_verdict(&page, strict);
	print_things(&page);
	return 0;
}
