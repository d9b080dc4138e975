// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice why`: the proof of why a device is in the IOMMU group that it is in, what would isolate it, and who is in the
 * way.
 */
#include <errno.h>
#include <stdio.h>

#include "assign/remedy.h"
#include "assign/reset.h"
#include "base/cleanup.h"
#include "cli/candidates.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "view/detail_json.h"
#include "view/group_row.h"
#include "view/verdict_json.h"

static const struct proof_step *step_of(const void *row)
{
	return row;
}

static const char *color_value(const void *row, const void *context)
{
	(void)context;
	return step_of(row)->merges ? "red" : NULL;
}

static const struct column columns[] = {
	{ "DEVICE", "device", "the function looked at", COLUMN_SHOWN, FIELD(struct proof_step, device) },
	{ "PROPERTY", "property", "what of it", COLUMN_SHOWN, FIELD(struct proof_step, property) },
	{ "VALUE", "value", "what it is", COLUMN_SHOWN, FIELD(struct proof_step, value), .color = color_value },
	{ "CONSEQUENCE", "consequence", "what follows", COLUMN_SHOWN, FIELD(struct proof_step, consequence) },
	{ "MERGES", "merges", "it puts others into the group", 0, FIELD(struct proof_step, merges) },
	{ NULL },
};

static const struct table table = { .payload = "proof", .columns = columns };

static json_t *culprit_json(const struct verdict *verdict)
{
	if (!verdict->foreign)
		return json_null();
	return json_pack("{s:o, s:o}", "device", json_pci_addr(verdict->foreign->addr), "driver",
		json_text(verdict->foreign->driver));
}

static size_t fill_rows(const struct proof *proof, struct table_row *rows)
{
	for (size_t i = 0; i < proof->step_count; i++)
		rows[i] = (struct table_row){ &proof->step[i], -1 };
	return proof->step_count;
}

static int print_json(const struct cli *cli, struct judge *judge, const struct proof *proof,
	const struct verdict *verdict, struct error *err)
{
	struct table_row rows[PROOF_STEP_MAX];
	json_t *object = cli_json_new();
	json_t *advice = json_array();
	const struct pci_device *device = verdict->device;

	for (size_t i = 0; i < proof->advice_count; i++)
		json_array_append_new(advice, json_string(proof->advice[i]));
	json_object_set_new(object, "device", json_pci_addr(device->addr));
	json_object_set_new(object, "group", json_number(device->iommu_group));
	json_object_set_new(object, "proof", table_json(&table, rows, fill_rows(proof, rows)));
	json_object_set_new(object, "members", json_pci_addrs(proof->member, proof->member_count));
	json_object_set_new(object, "agrees", proof->known ? json_boolean(proof->agrees) : json_null());
	json_object_set_new(object, "would_isolate", advice);
	json_object_set_new(object, "viable", device->iommu_group < 0 ? json_null() : json_boolean(!verdict->foreign));
	json_object_set_new(object, "reset", detail_reset(&judge->host->root, &judge->host->pci, device));
	json_object_set_new(object, "culprit", culprit_json(verdict));
	json_object_set_new(object, "reasons", verdict_reasons_json(judge, verdict));
	return cli_json_print(cli, object, err);
}

static void say_culprit(const struct cli *cli, struct judge *judge, const struct verdict *verdict)
{
	struct remedy remedy[REMEDY_MAX];
	const struct blocker *blocker = verdict_find(verdict, CODE_GROUP_NOT_VIABLE);
	size_t count = blocker ? remedies_find(judge, verdict, blocker, remedy, array_size(remedy)) : 0;
	char name[PCI_ADDR_TEXT_SIZE];

	cli_say(cli, "\nThe host still uses %s of the group (driver %s): the group is not viable for a guest.",
		pci_addr_text(verdict->foreign->addr, name), verdict->foreign->driver);
	for (size_t i = 0; i < count; i++)
		cli_say(cli, "  - %s%s%s%s", remedy[i].none ? "none as this host is: " : "", remedy[i].text,
			remedy[i].command[0] ? ": " : "", remedy[i].command);
}

static void say_reset(const struct cli *cli, const struct judge *judge, const struct pci_device *device)
{
	struct reset_plan plan;
	char text[RESET_TEXT_SIZE];

	reset_plan_read(&judge->host->root, &judge->host->pci, device, NULL, 0, &plan);
	if (plan.kind != RESET_UNKNOWN)
		cli_say(cli, "\nIts reset between guests: %s", reset_plan_text(&plan, text, sizeof(text)));
}

static int print_text(const struct cli *cli, struct judge *judge, const struct proof *proof,
	const struct verdict *verdict, struct error *err)
{
	struct table_row rows[PROOF_STEP_MAX];
	const struct pci_device *device = verdict->device;
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = table_print(cli, &table, rows, fill_rows(proof, rows), err);

	if (ret < 0 || cli->table.raw)
		return ret;
	if (proof->known)
		cli_say(cli, "\nOne group by the rule:");
	for (size_t i = 0; i < proof->member_count; i++)
		cli_say(cli, "  %s", pci_addr_text(proof->member[i], name));
	if (proof->advice_count)
		cli_say(cli, "\nWhat would isolate %s:", pci_addr_text(device->addr, name));
	for (size_t i = 0; i < proof->advice_count; i++)
		cli_say(cli, "  - %s", proof->advice[i]);
	if (verdict->foreign)
		say_culprit(cli, judge, verdict);
	if (!device->is_bridge)
		say_reset(cli, judge, device);
	return 0;
}

static int run_why(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(group_view_close) struct group_view view = { 0 };
	const struct pci_device *device;
	cleanup(verdict_done) struct verdict verdict = { 0 };
	struct proof proof;
	int ret = host_open(&host, cli->sysroot, 0, err);

	(void)values;
	(void)arg_count;
	if (!ret)
		ret = pci_select(&host.root, &host.pci, args[0], &device, err);
	if (!ret)
		ret = group_view_open(&view, &host, err);
	if (ret < 0)
		return ret;
	if (!group_view_proof(&view, device->addr, &proof))
		return fail_code(err, CODE_DEV_LOST, ENODEV, "\"%s\" has gone", args[0]);
	ret = verdict_read(&view.judge, device, &verdict, err);
	if (ret < 0)
		return ret;
	return cli->json ? print_json(cli, &view.judge, &proof, &verdict, err)
			 : print_text(cli, &view.judge, &proof, &verdict, err);
}

static const char *const details[] = {
	"Walks from the device up to the root, and to the functions beside it, as the kernel does when it "
	"makes IOMMU groups; each line says what was found and what follows. Then what would isolate the "
	"device, and who of its group keeps it from a guest.",
	"Without root only the addresses are readable, and the proof says so.",
	NULL,
};

static const char *const examples[] = {
	"sluice why 0000:03:00.0",
	"sluice why eth0 --json",
	NULL,
};

const struct command cmd_why = {
	.name = "why",
	.summary = "prove why a device shares its IOMMU group, and what would help",
	.arguments = "DEVICE",
	.min_args = 1,
	.suggest = candidates_suggest,
	.max_args = 1,
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_why,
};
