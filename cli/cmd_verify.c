// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice verify`: do processors and devices of a guest reach the same memory? guest/verify.h compares; here is what is
 * said of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/paragraph.h"
#include "guest/verify.h"

/* Guests and what was found of each; the one that has ended meanwhile is not counted. */
struct verified {
	struct guest_info *guest;
	struct verify_report *report;
	size_t count;
};

static void verified_done(struct verified *verified)
{
	free(verified->guest);
	free(verified->report);
}

static json_t *difference_json(const struct guest_info *info, const struct verify_report *report, const char *device,
	const struct difference *difference)
{
	bool has_wanted = difference->kind != DIFFERENCE_EXTRA, has_found = difference->kind != DIFFERENCE_MISSING;
	json_t *row = json_pack("{s:s, s:o, s:s, s:s, s:o, s:I}", "guest", info->name, "device", json_text(device),
		"compared", device ? "iommu_tables" : "dma_maps", "kind", verify_kind(report, difference), "address",
		json_hex(difference->from, 1), "size", (json_int_t)difference->bytes);

	json_object_set_new(row, "expected", has_wanted ? json_hex(difference->wanted, 1) : json_null());
	json_object_set_new(row, "found", has_found ? json_hex(difference->found, 1) : json_null());
	json_object_set_new(row, "meaning", json_text(verify_meaning(report, difference, device != NULL)));
	return row;
}

static void add_differences(json_t *to, const struct guest_info *info, const struct verify_report *report)
{
	for (size_t i = 0; i < report->maps.count; i++)
		json_array_append_new(to, difference_json(info, report, NULL, &report->maps.item[i]));
	for (size_t i = 0; i < report->device_count; i++)
		for (size_t j = 0; j < report->device[i].differences.count; j++)
			json_array_append_new(to, difference_json(info, report, report->device[i].address,
							  &report->device[i].differences.item[j]));
}

static json_t *device_json(const struct verify_device *device)
{
	json_t *row = json_pack("{s:s, s:b, s:b, s:o}", "address", device->address, "told", !device->untold,
		"tables_shown", device->shown, "why_not", json_text(device->shown ? NULL : device->why_not));

	json_object_set_new(row, "leaves",
		device->shown ? json_pack("{s:I, s:I, s:I}", "pages_4k", (json_int_t)device->leaves[REAL_LEAF_4K],
					"pages_2m", (json_int_t)device->leaves[REAL_LEAF_2M], "pages_1g",
					(json_int_t)device->leaves[REAL_LEAF_1G])
			      : json_null());
	json_object_set_new(row, "different_ranges",
		device->shown ? json_integer((json_int_t)device->differences.range_count) : json_null());
	return row;
}

static json_t *guest_json(const struct guest_info *info, const struct verify_report *report)
{
	json_t *devices = json_array();

	for (size_t i = 0; i < report->device_count; i++)
		json_array_append_new(devices, device_json(&report->device[i]));
	return json_pack("{s:s, s:b, s:I, s:o, s:I, s:I, s:b, s:I, s:o}", "name", info->name, "agree", report->agree,
		"memory", (json_int_t)report->ram_bytes, "present",
		report->present_bytes ? json_integer((json_int_t)report->present_bytes) : json_null(), "memory_slots",
		(json_int_t)report->ram_count, "dma_maps", (json_int_t)report->map_count, "compared",
		report->maps_compared, "tries", (json_int_t)report->tries, "devices", devices);
}

static bool all_agree(const struct verified *verified)
{
	for (size_t i = 0; i < verified->count; i++)
		if (!verified->report[i].agree)
			return false;
	return true;
}

static int print_json(const struct cli *cli, const struct verified *verified, struct error *err)
{
	json_t *object = cli_json_new(), *guests = json_array(), *differences = json_array();

	for (size_t i = 0; i < verified->count; i++) {
		json_array_append_new(guests, guest_json(&verified->guest[i], &verified->report[i]));
		add_differences(differences, &verified->guest[i], &verified->report[i]);
	}
	json_object_set_new(object, "agree", json_boolean(all_agree(verified)));
	json_object_set_new(object, "differences", differences);
	json_object_set_new(object, "guests", guests);
	return cli_json_print(cli, object, err);
}

static void print_difference(
	const struct cli *cli, const struct verify_report *report, const struct difference *difference, bool of_device)
{
	char size[32], where[96] = "";

	if (difference->kind == DIFFERENCE_ELSEWHERE)
		snprintf(where, sizeof(where), ", which leads to 0x%" PRIx64 " and not to 0x%" PRIx64,
			difference->found, difference->wanted);
	else if (difference->kind == DIFFERENCE_EXTRA)
		snprintf(where, sizeof(where), ", which leads to 0x%" PRIx64, difference->found);
	fprintf(cli->out, "    %s%s%s: 0x%" PRIx64 " to 0x%" PRIx64 " (%s)%s\n", cli_color(cli->color, "red"),
		verify_kind(report, difference), cli_color_end(cli->color), difference->from,
		difference->from + difference->bytes, size_to_text(difference->bytes, size, sizeof(size)), where);
	paragraph_print(cli->out, verify_meaning(report, difference, of_device), 0, 8, paragraph_width(cli->out));
}

static void print_list(
	const struct cli *cli, const struct verify_report *report, const struct difference_list *list, bool of_device)
{
	for (size_t i = 0; i < list->count; i++)
		print_difference(cli, report, &list->item[i], of_device);
	if (list->range_count > list->count)
		fprintf(cli->out, "    and %" PRIu64 " more ranges\n", list->range_count - list->count);
}

static void print_device(const struct cli *cli, const struct verify_report *report, const struct verify_device *device)
{
	if (!device->shown) {
		fprintf(cli->out, "  %s: the IOMMU's tables were not compared: %s\n", device->address, device->why_not);
		return;
	}
	fprintf(cli->out, "  %s%s: %s (%" PRIu64 " x 4K, %" PRIu64 " x 2M, %" PRIu64 " x 1G in the IOMMU's tables)\n",
		device->address, device->untold ? ", of which the guest does not tell" : "",
		device->differences.range_count ? "does not reach just what the guest has"
		: device->untold                ? "reaches nothing but what the guest has"
						: "reaches just what the guest has",
		device->leaves[REAL_LEAF_4K], device->leaves[REAL_LEAF_2M], device->leaves[REAL_LEAF_1G]);
	print_list(cli, report, &device->differences, true);
}

static void print_guest(const struct cli *cli, const struct guest_info *info, const struct verify_report *report)
{
	char memory[32];

	fprintf(cli->out, "%s%s%s: %s of memory in %zu slot%s, %u DMA map%s: %s\n", cli_color(cli->color, "bold"),
		info->name, cli_color_end(cli->color), size_to_text(report->ram_bytes, memory, sizeof(memory)),
		report->ram_count, report->ram_count == 1 ? "" : "s", report->map_count,
		report->map_count == 1 ? "" : "s",
		!report->maps_compared     ? "no device, so its processors alone reach it"
		: report->maps.range_count ? "they differ"
					   : "they agree");
	print_list(cli, report, &report->maps, false);
	for (size_t i = 0; i < report->device_count; i++)
		print_device(cli, report, &report->device[i]);
}

/* One guest by its name, or all that run; those that are just being started have nothing to compare. */
static int find_guests(
	const struct sysroot *root, char *const *args, size_t count, struct verified *verified, struct error *err)
{
	size_t found = 0, kept = 0;
	int ret;

	if (!count) {
		ret = guest_list(root, &verified->guest, &found, err);
	} else {
		verified->guest = calloc(1, sizeof(*verified->guest));
		ret = verified->guest ? guest_read(root, args[0], verified->guest, err)
				      : fail(err, ENOMEM, "read guests");
		found = 1;
	}
	for (size_t i = 0; i < found && ret == 0; i++)
		if (verified->guest[i].step == STEP_COUNT)
			verified->guest[kept++] = verified->guest[i];
		else if (count)
			ret = fail_code(err, CODE_FAILED, EAGAIN, "guest '%s' is being started", args[0]);
	verified->count = kept;
	verified->report = calloc(kept ? kept : 1, sizeof(*verified->report));
	return ret < 0 || verified->report ? ret : fail(err, ENOMEM, "compare maps");
}

/* Guests may end while others are looked at: of those that were not named that is no error. */
static int compare(const struct sysroot *root, bool named, struct verified *verified, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < verified->count; i++) {
		struct guest_info again;
		int ret = guest_verify(root, &verified->guest[i], &verified->report[kept], err);

		if (ret < 0 && (named || guest_read(root, verified->guest[i].name, &again, NULL) == 0))
			return ret;
		if (ret == 0)
			verified->guest[kept++] = verified->guest[i];
	}
	verified->count = kept;
	return 0;
}

static int run_verify(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(verified_done) struct verified verified = { .guest = NULL };
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)values;
	if (ret == 0)
		ret = guest_reachable(&root, err);
	if (ret == 0)
		ret = find_guests(&root, args, count, &verified, err);
	if (ret == 0)
		ret = compare(&root, count, &verified, err);
	if (ret < 0)
		return ret;
	if (cli->json) {
		ret = print_json(cli, &verified, err);
		if (ret < 0)
			return ret;
	} else {
		for (size_t i = 0; i < verified.count; i++)
			print_guest(cli, &verified.guest[i], &verified.report[i]);
		if (!verified.count)
			cli_say(cli, "no guest is running");
	}
	if (all_agree(&verified))
		return STATUS_DONE;
	fail_code(err, CODE_MAPS_DISAGREE, EXDEV, "processors and devices do not reach the same memory");
	return fail_hint(err, "`sluice detach GUEST DEVICE --force` takes the device's tables away");
}

static const char *const details[] = {
	"Three maps of the same memory are compared, page by page: memory slots (of which KVM makes the processors' "
	"second "
	"level), DMA maps, and the IOMMU's real tables of each device, where the kernel shows them (Intel with "
	"CONFIG_INTEL_IOMMU_DEBUGFS and debugfs; AMD's shows none), beside the machine addresses of the guest's pages.",
	"The guest runs on. What changes meanwhile is looked at again, and a difference is told when it was found "
	"twice. Exit status 5 "
	"with differences.",
	NULL,
};

static const char *const examples[] = {
	"sluice verify",
	"sluice verify web1 --json",
	NULL,
};

const struct command cmd_verify = {
	.name = "verify",
	.summary = "compare what processors and devices of guests reach",
	.arguments = "[NAME]",
	.max_args = 1,
	.details = details,
	.examples = examples,
	.run = run_verify,
};
