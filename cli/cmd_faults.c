// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice faults`: what the IOMMU refused, from the kernel log of this boot (or the trace buffer), and whose device
 * asked for it. With --follow, what it refuses from now on.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cli/commands.h"
#include "view/fault_row.h"

struct faults_options {
	bool follow, trace;
	const char *since;
};

#define FAULTS(member) offsetof(struct faults_options, member)
static const struct option_row options[] = {
	{ "follow", 'f', NULL, "wait for faults, and print each as it is reported", OPTION_FLAG, FAULTS(follow), 0, 0,
		NULL },
	{ "since", 0, "SPAN", "of the last 90s, 10m, 2h, 7d (default: this boot; with --follow: from now on)",
		OPTION_TEXT, FAULTS(since), 0, 0, NULL },
	{ "trace", 0, NULL, "read the trace buffer instead of the kernel log", OPTION_FLAG, FAULTS(trace), 0, 0, NULL },
	{ NULL },
};

/* What a fault must be to be shown. */
struct filter {
	uint64_t since_us;
	struct pci_addr *device; /* owned */
	size_t device_count;
};

static void filter_done(struct filter *filter)
{
	free(filter->device);
}

/* A plain address need not be there any more: VFs come and go, their faults stay in the log. */
static int take_devices(
	const struct host *host, char *const *args, size_t count, struct filter *filter, struct error *err)
{
	filter->device = calloc(count + 1, sizeof(*filter->device));
	if (!filter->device)
		return fail(err, ENOMEM, "list faults");
	for (size_t i = 0; i < count; i++) {
		const struct pci_device *device;
		int ret;

		if (!pci_addr_parse(args[i], &filter->device[i]))
			continue;
		ret = pci_select(&host->root, &host->pci, args[i], &device, err);
		if (ret < 0)
			return ret;
		filter->device[i] = device->addr;
	}
	filter->device_count = count;
	return 0;
}

/* How long the host has been up; a captured one says how long it had been. */
static int read_uptime(const struct sysroot *root, uint64_t *ret_seconds)
{
	struct timespec now;
	char text[64];
	double uptime;

	if (!root->captured && !clock_gettime(CLOCK_MONOTONIC, &now)) {
		*ret_seconds = (uint64_t)now.tv_sec;
		return 0;
	}
	if (sysroot_read_text(root, text, sizeof(text), "proc/uptime") < 0 || sscanf(text, "%lf", &uptime) != 1 ||
		!(uptime >= 0 && uptime < 1e12))
		return -ENODATA;
	*ret_seconds = (uint64_t)uptime;
	return 0;
}

static int take_since(const struct host *host, const char *text, struct filter *filter, struct error *err)
{
	uint64_t span, uptime;

	if (!text)
		return 0;
	if (text_to_seconds(text, &span) < 0) {
		fail_code(err, CODE_USAGE, EINVAL, "--since: '%s' is no span of time", text);
		return fail_hint(err, "a number and s, m, h or d: 90s, 10m, 2h, 7d");
	}
	if (read_uptime(&host->root, &uptime) < 0)
		return fail_code(err, CODE_USAGE, EINVAL, "--since: this captured host does not say when it was taken");
	filter->since_us = uptime > span ? (uptime - span) * 1000000 : 0;
	return 0;
}

static bool is_wanted(const struct filter *filter, const struct iommu_fault *fault)
{
	if (fault->microseconds < filter->since_us)
		return false;
	for (size_t i = 0; i < filter->device_count; i++)
		if (fault->has_device && !pci_addr_compare(fault->device, filter->device[i]))
			return true;
	return !filter->device_count;
}

static int collect(struct fault_view *view, struct iommu_fault_log *log, const struct filter *filter,
	struct fault_list *list, struct error *err)
{
	struct iommu_fault fault;
	struct fault_row row;

	while (iommu_fault_log_next(log, &fault)) {
		int ret;

		if (!is_wanted(filter, &fault))
			continue;
		fault_row_fill(view, &fault, &row);
		ret = fault_list_add(list, &row, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static json_t *missing_json(const struct iommu_fault_log *log)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "suppressed", (json_int_t)log->suppressed, "overflows",
		(json_int_t)log->overflows, "overwritten", (json_int_t)log->kmsg.lines.overwritten, "earlier_records",
		(json_int_t)log->kmsg.earlier);
}

/* An empty list is worth as much as the log that it comes from. */
static void say_what_is_missing(
	const struct cli *cli, const struct iommu_fault_log *log, const struct filter *filter, size_t shown)
{
	const char *which = filter->device_count || filter->since_us ? "no such fault" : "no fault";

	if (!shown && log->source == IOMMU_FROM_TRACE)
		cli_say(cli, "%s in the trace buffer", which);
	else if (!shown)
		cli_say(cli, "%s in the kernel log of this boot (%llu messages)", which,
			(unsigned long long)log->records);
	if (log->suppressed)
		cli_say(cli, "note: the kernel did not print %llu messages about faults (rate limit)",
			(unsigned long long)log->suppressed);
	if (log->overflows)
		cli_say(cli, "note: %llu times the hardware had more faults than it can hold, and dropped some",
			(unsigned long long)log->overflows);
	if (log->kmsg.earlier)
		cli_say(cli, "note: messages of this boot that are not in the log any more: the first %llu",
			(unsigned long long)log->kmsg.earlier);
}

static int print_list(const struct cli *cli, const struct fault_list *list, const struct iommu_fault_log *log,
	const struct filter *filter, struct error *err)
{
	static const struct table table = { .payload = "faults", .columns = fault_columns };
	cleanup_free struct table_row *rows = calloc(list->count + 1, sizeof(*rows));
	json_t *object;
	int ret;

	if (!rows)
		return fail(err, ENOMEM, "list faults");
	for (size_t i = 0; i < list->count; i++)
		rows[i] = (struct table_row){ &list->rows[i], -1 };
	if (!cli->json) {
		ret = table_print(cli, &table, rows, list->count, err);
		if (!ret)
			say_what_is_missing(cli, log, filter, list->count);
		return ret;
	}
	object = cli_json_new();
	json_object_set_new(object, "faults", table_json(&table, rows, list->count));
	json_object_set_new(object, "missing", missing_json(log));
	return cli_json_print(cli, object, err);
}

static int show_list(const struct cli *cli, const struct host *host, struct iommu_fault_log *log,
	const struct filter *filter, struct error *err)
{
	cleanup(fault_view_close) struct fault_view view = { 0 };
	cleanup(fault_list_done) struct fault_list list = { 0 };
	int ret = fault_view_open(&view, host, err);

	if (!ret)
		ret = collect(&view, log, filter, &list, err);
	return ret < 0 ? ret : print_list(cli, &list, log, filter, err);
}

/* With --json, one whole object a line: a program reads line by line, and each is what it would be without --follow. */
static int print_one(const struct cli *cli, const struct fault_row *row, struct error *err)
{
	static const struct table table = { .payload = "faults", .columns = fault_columns };
	json_t *object;
	int ret = 0;

	if (!cli->json) {
		fault_row_print(row, cli->out, cli_color(cli->color, "bold"), cli_color_end(cli->color));
	} else {
		object = cli_json_new();
		json_object_set_new(object, "faults", json_pack("[o]", table_row_json(&table, row)));
		ret = json_dumpf(object, cli->out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
		fputc('\n', cli->out);
		json_decref(object);
	}
	if (ret || fflush(cli->out))
		return fail(err, errno ? errno : EIO, "write the fault");
	return 0;
}

/* Devices and guests are read anew for what has arrived: both may be younger than this command. */
static int print_new(const struct cli *cli, struct host *host, struct iommu_fault_log *log, const struct filter *filter,
	struct error *err)
{
	cleanup(fault_view_close) struct fault_view view = { 0 };
	struct iommu_fault fault;
	struct fault_row row;
	int ret = 0;

	while (!ret && iommu_fault_log_next(log, &fault)) {
		if (!is_wanted(filter, &fault))
			continue;
		if (!view.host) {
			ret = host_refresh(host, err);
			if (!ret)
				ret = fault_view_open(&view, host, err);
			if (ret < 0)
				return ret;
		}
		fault_row_fill(&view, &fault, &row);
		ret = print_one(cli, &row, err);
	}
	return ret;
}

static int follow(const struct cli *cli, struct host *host, struct iommu_fault_log *log, const struct filter *filter,
	struct error *err)
{
	struct pollfd more = { .fd = log->kmsg.lines.fd, .events = POLLIN };

	for (;;) {
		int ret = print_new(cli, host, log, filter, err);

		if (ret < 0)
			return ret;
		if (poll(&more, 1, -1) < 0 && errno != EINTR)
			return fail(err, errno, "wait for the kernel log");
	}
}

static int check_options(const struct host *host, const struct faults_options *faults, struct error *err)
{
	if (faults->follow && host->root.captured)
		return fail_code(err, CODE_USAGE, EINVAL, "--follow: nothing more happens on a captured host");
	if (faults->follow && faults->trace)
		return fail_code(
			err, CODE_USAGE, EINVAL, "--follow waits for the kernel log: it does not go with --trace");
	return 0;
}

static int run_faults(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct faults_options *faults = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(filter_done) struct filter filter = { 0 };
	cleanup_free struct iommu_fault_log *log = calloc(1, sizeof(*log));
	int ret = log ? host_open(&host, cli->sysroot, 0, err) : fail(err, ENOMEM, "list faults");

	if (!ret)
		ret = check_options(&host, faults, err);
	if (!ret)
		ret = take_devices(&host, args, arg_count, &filter, err);
	if (!ret)
		ret = take_since(&host, faults->since, &filter, err);
	if (!ret)
		ret = iommu_fault_log_open(&host.root, faults->trace ? IOMMU_FROM_TRACE : IOMMU_FROM_KMSG,
			faults->follow && !faults->since, log, err);
	if (ret < 0)
		return ret;
	ret = faults->follow ? follow(cli, &host, log, &filter, err) : show_list(cli, &host, log, &filter, err);
	iommu_fault_log_close(log);
	return ret;
}

static const char *const details[] = {
	"A guest's device reaches memory at the guest's own addresses. RAM says whether the guest has memory "
	"there: outside, the guest gave its device a bad address; inside, the access was not allowed, or a "
	"translation is out of date.",
	"A flood is not printed in full: SUPPRESSED has the messages that the kernel's rate limit held back, TOTAL "
	"all of them.",
	"Only messages of the kernel itself count, not what programs write into its log. Most hosts let root "
	"alone read it. With --follow --json each fault is one object on one line.",
	NULL,
};

static const char *const examples[] = {
	"sluice faults",
	"sluice faults eth0/3 --since 10m",
	"sluice faults --follow",
	NULL,
};

const struct command cmd_faults = {
	.name = "faults",
	.summary = "show what the IOMMU refused, and to whose device",
	.arguments = "[DEVICE...]",
	.max_args = ARGS_MANY,
	.takes_ranges = true,
	.options = options,
	.options_size = sizeof(struct faults_options),
	.columns = fault_columns,
	.details = details,
	.examples = examples,
	.run = run_faults,
};
