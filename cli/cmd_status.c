// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice status`, and `sluice` alone: this host, its devices and its guests in a line each, and what to type next.
 * Details are other commands'.
 */
#include <errno.h>
#include <string.h>

#include "assign/host.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/config_text.h"
#include "cli/paragraph.h"
#include "cli/plan_text.h"
#include "guest/guest.h"
#include "plan/config_source.h"
#include "plan/drift.h"
#include "plan/kind.h"

enum {
	LINE_SIZE = 512,
	LABEL = 10, /* where the text of a line begins */
	SHOWN = 5,  /* differences */
};

struct status {
	bool kvm;
	size_t functions, bridges, with_host, with_vfio, driverless, vfs;
	size_t cards;             /* that can be split */
	unsigned int room;        /* VFs that they can have */
	struct guest_info *guest; /* owned */
	size_t guest_count;
	struct desired *desired; /* owned; NULL: there is no file */
	struct drift drift;
};

static void status_done(struct status *status)
{
	drift_done(&status->drift);
	desired_free(status->desired);
	free(status->guest);
}

static void count_devices(const struct pci_inventory *pci, struct status *status)
{
	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_device *device = &pci->devices[i];

		status->functions++;
		status->vfs += device->is_vf;
		status->cards += device->sriov.capable;
		status->room += device->sriov.capable ? device->sriov.total_vfs : 0;
		if (device->is_bridge)
			status->bridges++;
		else if (pci_driver_is_vfio(device->driver))
			status->with_vfio++;
		else if (device->driver[0])
			status->with_host++;
		else
			status->driverless++;
	}
}

static void print_line(const struct cli *cli, const char *label, const char *text)
{
	size_t used = (size_t)fprintf(cli->out, "%s", label);

	paragraph_print(cli->out, text, used, LABEL, paragraph_width(cli->out));
}

static void print_host(const struct cli *cli, const struct host *host, const struct status *status)
{
	const struct iommu_host *iommu = &host->iommu;
	char line[LINE_SIZE];

	if (iommu->translating)
		snprintf(line, sizeof(line), "IOMMU on%s%s, interrupts %s, KVM %s", iommu->vendor[0] ? ", " : "",
			iommu->vendor,
			iommu->interrupt_remapping == IOMMU_YES  ? "remapped"
			: iommu->interrupt_remapping == IOMMU_NO ? "not remapped"
								 : "remapped or not: not known",
			status->kvm ? "there" : "missing");
	else
		snprintf(line, sizeof(line), "IOMMU off, so that no device can be given away; KVM %s",
			status->kvm ? "there" : "missing");
	print_line(cli, "Host", line);
}

static void print_devices(const struct cli *cli, const struct status *status)
{
	char line[LINE_SIZE];
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "%zu: %zu host, %zu VFIO, %zu without driver",
		status->functions - status->bridges, status->with_host, status->with_vfio, status->driverless);
	if (status->cards && used < sizeof(line))
		snprintf(line + used, sizeof(line) - used, "; VFs: %zu of %u", status->vfs, status->room);
	print_line(cli, "Devices", line);
}

static void print_guests(const struct cli *cli, const struct status *status)
{
	char line[LINE_SIZE];
	size_t used, devices = 0;

	for (size_t i = 0; i < status->guest_count; i++)
		devices += status->guest[i].device_count;
	if (!status->guest_count) {
		print_line(cli, "Guests", "none is running");
		return;
	}
	used = (size_t)snprintf(line, sizeof(line), "%zu running with %zu device%s:", status->guest_count, devices,
		devices == 1 ? "" : "s");
	for (size_t i = 0; i < status->guest_count && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s%s", status->guest[i].name,
			i + 1 < status->guest_count ? "," : "");
	print_line(cli, "Guests", line);
}

/* The first differences, each with what is known of how it came. */
static void print_differences(const struct cli *cli, const struct host *host, const struct drift *drift)
{
	char title[400], line[WORDS_SIZE];

	for (size_t i = 0; i < drift->plan.steps.count && (i < SHOWN || cli->verbose); i++) {
		const struct drift_item *item = &drift->item[i];
		const char *is = item->step->from[0] ? item->step->from : "(none)";

		snprintf(line, sizeof(line), "%s: it is '%.200s'%s%s",
			step_title(item->step, host, title, sizeof(title)),
			step_is_absent(item->step->from) ? "not there" : is, item->who[0] ? "; " : "", item->who);
		print_line(cli, "", line);
	}
	if (drift->plan.steps.count > SHOWN && !cli->verbose)
		print_line(cli, "", "and more: 'sluice plan'");
}

static void print_file(const struct cli *cli, const struct host *host, const struct drift *drift)
{
	char line[LINE_SIZE];

	if (drift->has_file && !drift->plan.steps.count)
		print_line(cli, "File",
			drift->plan.waiting ? "the host is as it says, once it has rebooted"
					    : "the host is as it says");
	if (drift->plan.steps.count) {
		snprintf(line, sizeof(line), "the host is not as it says: %zu step%s, which 'sluice plan' shows",
			drift->plan.steps.count, drift->plan.steps.count == 1 ? "" : "s");
		print_line(cli, "File", line);
		print_differences(cli, host, drift);
	}
	if (drift->pending == DRIFT_UNCONFIRMED)
		print_line(cli, "Apply", "the last one waits: 'sluice confirm' keeps it, else it is undone");
	if (drift->pending == DRIFT_BROKEN)
		print_line(cli, "Apply", "one was killed on the way, or not wholly undone: 'sluice recover'");
}

/* What most want to do now: mend the host, look, split, run. */
static void print_next(const struct cli *cli, const struct host *host, const struct status *status)
{
	bool ready = status->kvm && host->iommu.translating && host->iommu.interrupt_remapping == IOMMU_YES;
	const struct {
		bool shown;
		const char *command, *does;
	} next[] = {
		{ !ready, "sluice doctor", "what is missing here, and how to mend it" },
		{ true, "sluice list", "the devices, and which can be given away" },
		{ ready, "sluice doctor", "whether this host is in order" },
		{ status->cards > 0, "sluice vf list", "cards that can be split, and their VFs" },
		{ status->guest_count > 0, "sluice ps", "the running guests" },
		{ true, "sluice --help", "all commands" },
	};

	fprintf(cli->out, "\nNext:\n");
	for (size_t i = 0; i < array_size(next); i++)
		if (next[i].shown)
			fprintf(cli->out, "  %-16s %s\n", next[i].command, next[i].does);
}

static json_t *iommu_answer_json(enum iommu_answer answer)
{
	return answer == IOMMU_UNKNOWN ? json_null() : json_boolean(answer == IOMMU_YES);
}

static const char *const pending_words[] = {
	[DRIFT_SETTLED] = "settled",
	[DRIFT_UNCONFIRMED] = "unconfirmed",
	[DRIFT_BROKEN] = "broken",
};

static json_t *differences_json(const struct drift *drift)
{
	json_t *list = json_array();

	for (size_t i = 0; i < drift->plan.steps.count; i++) {
		const struct drift_item *item = &drift->item[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:s, s:s, s:o}", "kind", item->step->kind->name, "target",
				      item->step->target, "is",
				      step_is_absent(item->step->from) ? json_null() : json_text(item->step->from),
				      "wanted", item->step->to, "why", item->step->why, "who", json_text(item->who)));
	}
	return list;
}

static int print_json(const struct cli *cli, const struct host *host, const struct status *status, struct error *err)
{
	json_t *object = cli_json_new(), *guests = json_array();

	for (size_t i = 0; i < status->guest_count; i++)
		json_array_append_new(guests, json_text(status->guest[i].name));
	json_object_set_new(object, "host",
		json_pack("{s:b, s:o, s:b}", "iommu", host->iommu.translating, "interrupt_remapping",
			iommu_answer_json(host->iommu.interrupt_remapping), "kvm", status->kvm));
	json_object_set_new(object, "devices",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "functions", (json_int_t)status->functions, "bridges",
			(json_int_t)status->bridges, "host", (json_int_t)status->with_host, "vfio",
			(json_int_t)status->with_vfio, "driverless", (json_int_t)status->driverless, "vfs",
			(json_int_t)status->vfs, "max_vfs", (json_int_t)status->room));
	json_object_set_new(object, "guests", guests);
	json_object_set_new(object, "apply", json_string(pending_words[status->drift.pending]));
	json_object_set_new(
		object, "differences", status->drift.has_file ? differences_json(&status->drift) : json_null());
	return cli_json_print(cli, object, err);
}

/* A host without a file has nothing to be compared with. */
static int compare(const struct cli *cli, const struct host *host, struct status *status, struct error *err)
{
	const struct option_list none = { .count = 0 };
	int ret = 0;

	if (sysroot_exists(&host->root, CONFIG_MAIN_FILE) || sysroot_exists(&host->root, CONFIG_DROP_IN_DIR))
		ret = config_load_or_say(cli, &host->root, &none, &status->desired, err);
	return ret < 0 ? ret : drift_read(host, status->desired, &status->drift, err);
}

static int run_status(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(status_done) struct status status = { 0 };
	bool differs;
	int ret = host_open(&host, cli->sysroot, PCI_LOOK_VFS_ALIKE, err);

	(void)values;
	(void)args;
	(void)count;
	if (ret < 0)
		return ret;
	ret = guest_list(&host.root, &status.guest, &status.guest_count, err);
	if (ret < 0)
		return ret;
	ret = compare(cli, &host, &status, err);
	if (ret < 0)
		return ret;
	status.kvm = sysroot_exists(&host.root, "dev/kvm");
	count_devices(&host.pci, &status);
	differs = status.drift.plan.steps.count || status.drift.pending == DRIFT_BROKEN;
	if (cli->json) {
		ret = print_json(cli, &host, &status, err);
		return ret < 0 || !differs ? ret : STATUS_DIFFERENCES;
	}
	print_host(cli, &host, &status);
	print_devices(cli, &status);
	print_guests(cli, &status);
	print_file(cli, &host, &status.drift);
	if (!cli->quiet)
		print_next(cli, &host, &status);
	return differs ? STATUS_DIFFERENCES : STATUS_DONE;
}

static const char *const details[] = {
	"The host, its devices and its guests in a line each, and what to type next. 'sluice' alone does the same.",
	"Where there is a configuration file, it is compared with the host: what is not as it says is named, with what "
	"is "
	"known of who changed it, and the exit status is 5; so it is when an apply was killed on its way.",
	NULL,
};

static const char *const examples[] = {
	"sluice",
	"sluice status --json",
	NULL,
};

const struct command cmd_status = {
	.name = "status",
	.summary = "this host, its devices and guests in three lines",
	.details = details,
	.examples = examples,
	.run = run_status,
};
