// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice changes`: what is different about this host's devices since sluice last changed it, since an earlier boot, or
 * from a captured host. Exit status 5 when there is a difference.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assign/record.h"
#include "cli/commands.h"
#include "cli/record_note.h"
#include "view/group_row.h"

struct changes_options {
	const char *since;
};

static const struct option_row options[] = {
	{ "since", 0, "WHAT", "a captured host (a directory, or a file), or 'previous': the record of the boot before",
		OPTION_TEXT, offsetof(struct changes_options, since), 0, 0, NULL },
	{ NULL },
};

static const struct record_change *row_of(const void *row)
{
	return row;
}

static json_t *get_change(const void *row, const void *context)
{
	(void)context;
	return json_text(record_change_name(row_of(row)->kind));
}

static const char *color_change(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->kind <= RECORD_GONE ? "yellow" : NULL;
}

static const struct column columns[] = {
	{ "CHANGE", "change", "moved, swapped, new, gone, renumbered, renamed, driver, group or acs", COLUMN_SHOWN,
		.get = get_change, .color = color_change },
	{ "DEVICE", "device", "its address now; of one that is gone, then", COLUMN_SHOWN,
		FIELD(struct record_change, addr) },
	{ "CARD", "card", "which card it is", COLUMN_SHOWN, FIELD(struct record_change, card) },
	{ "BEFORE", "before", "what it was", COLUMN_SHOWN, FIELD(struct record_change, before) },
	{ "NOW", "now", "what it is", COLUMN_SHOWN, FIELD(struct record_change, now) },
	{ "EVIDENCE", "evidence", "how that is known", COLUMN_SHOWN, FIELD(struct record_change, evidence) },
	{ "PATH", "path", "where it sits now; of one that is gone, then", 0, FIELD(struct record_change, path) },
	{ NULL },
};

static int read_kept(const struct host *host, bool previous, struct record *ret_record, struct error *err)
{
	int ret = record_read(&host->root, previous, ret_record, err);

	if (ret)
		return ret < 0 ? ret : 0;
	fail_code(err, CODE_FAILED, ENOENT, "there is no record of %s to compare with",
		previous ? "an earlier boot" : "this host's devices");
	return fail_hint(
		err, "'sluice bind', 'run' and 'vf create' keep one; or compare with a captured host: --since FILE");
}

static int take_captured(const char *root, struct record *ret_record, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	int ret = host_open(&host, root, false, err);

	return ret < 0 ? ret : record_take(&host, ret_record, err);
}

static int read_before(const struct host *host, const char *since, struct record *ret_record, struct error *err)
{
	if (since && strcmp(since, "previous") != 0)
		return take_captured(since, ret_record, err);
	return read_kept(host, since != NULL, ret_record, err);
}

static json_t *heading_json(const struct record *record)
{
	return json_pack("{s:o, s:o}", "time", json_text(record->time), "kernel", json_text(record->kernel));
}

static void say_nothing_changed(const struct cli *cli, const struct record *before, const struct record *now)
{
	cli_say(cli, "no difference among %zu devices%s%s", now->count, before->time[0] ? " since " : "", before->time);
}

static int print(const struct cli *cli, const struct record *before, const struct record *now,
	const struct record_changes *changes, struct error *err)
{
	static const struct table table = { .payload = "changes", .columns = columns };
	cleanup_free struct table_row *rows = calloc(changes->count + 1, sizeof(*rows));
	json_t *object;

	if (!rows)
		return fail(err, ENOMEM, "list changes");
	for (size_t i = 0; i < changes->count; i++)
		rows[i] = (struct table_row){ &changes->change[i], -1 };
	if (cli->json) {
		object = cli_json_new();
		json_object_set_new(object, "changes", table_json(&table, rows, changes->count));
		json_object_set_new(object, "before", heading_json(before));
		json_object_set_new(object, "now", heading_json(now));
		return cli_json_print(cli, object, err);
	}
	if (strcmp(before->kernel, now->kernel) != 0)
		cli_say(cli, "kernel: %s before, %s now", before->kernel, now->kernel);
	if (!changes->count)
		say_nothing_changed(cli, before, now);
	return table_print(cli, &table, rows, changes->count, err);
}

static int run_changes(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct changes_options *given = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(record_done) struct record before = { 0 };
	cleanup(record_done) struct record now = { 0 };
	cleanup(record_changes_done) struct record_changes changes = { 0 };
	int ret = host_open(&host, cli->sysroot, false, err);

	(void)args;
	(void)arg_count;
	if (!ret)
		ret = read_before(&host, given->since, &before, err);
	if (!ret)
		ret = record_take(&host, &now, err);
	if (!ret)
		ret = record_compare(&before, &now, &changes, err);
	if (!ret)
		ret = print(cli, &before, &now, &changes, err);
	if (ret < 0)
		return ret;
	return changes.count ? STATUS_DIFFERENCES : STATUS_DONE;
}

void record_note(const struct cli *cli, const struct record_kept *kept)
{
	if (kept->why.errnum)
		cli_say_more(cli, "note: no record of the devices was kept: %s", kept->why.msg);
	else if (kept->differences)
		cli_say(cli,
			"note: the devices differ from the last record in %zu points: 'sluice changes --since "
			"previous'",
			kept->differences);
}

static const char *const details[] = {
	"Cards are known by their place (root bus and the bridges below it), their ids, and by what only one "
	"card has: serial number, VPD, permanent MAC. Only root sees most of these. VFs are their PF's, and "
	"not listed.",
	"The record is kept by 'sluice bind', 'release', 'run' and 'vf create', once per boot.",
	NULL,
};

static const char *const examples[] = {
	"sluice changes",
	"sluice changes --since previous",
	"sluice changes --since captured-host",
	"sluice --sysroot today changes --since yesterday",
	NULL,
};

const struct command cmd_changes = {
	.name = "changes",
	.summary = "show what is different about the devices since a record",
	.options = options,
	.options_size = sizeof(struct changes_options),
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_changes,
};
