// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice impact`: what this host would lose with devices, as a tree for people and a graph for programs. Changes
 * nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/candidates.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/paragraph.h"
#include "guest/uses.h"
#include "view/group_row.h"

enum {
	BRANCH_SIZE = 400,
	SENTENCE_SIZE = 2048,
};

/* A line of the tree: one of the devices, or a loss. */
struct impact_row {
	const struct impact *impact;
	const struct impact_device *device; /* NULL: a loss */
	uint32_t node;
};

static const struct impact_row *row_of(const void *row)
{
	return row;
}

static const struct use_node *node_of(const void *row)
{
	return &row_of(row)->impact->graph->node[row_of(row)->node];
}

static const struct impact_node *state_of(const void *row)
{
	return &row_of(row)->impact->node[row_of(row)->node];
}

static json_t *get_name(const void *row, const void *context)
{
	(void)context;
	return json_text(node_of(row)->name);
}

/* "0000:01:00.0 eth0, 82576 Gigabit Network Connection (igb)" */
static void text_device(const struct impact_device *device, char *buf, size_t size)
{
	const struct pci_device *pci = device->device;
	char name[PCI_ADDR_TEXT_SIZE];
	const char *known = pci->netdev_count  ? pci->netdevs[0].text
			    : pci->block_count ? pci->block_devices[0].text
					       : "";

	snprintf(buf, size, "%s%s%s%s%s%s%s%s", pci_addr_text(pci->addr, name), known[0] ? " " : "", known,
		pci->name[0] ? ", " : "", pci->name, pci->driver[0] ? " (" : "", pci->driver,
		pci->driver[0] ? ")" : "");
}

static void text_branch(const void *row, const void *context, char *buf, size_t size)
{
	(void)context;
	if (row_of(row)->device)
		text_device(row_of(row)->device, buf, size);
	else
		impact_branch(row_of(row)->impact, row_of(row)->node, buf, size);
}

/* Of a device that was not named: why it goes. */
static json_t *get_what(const void *row, const void *context)
{
	const struct impact_row *self = row_of(row);
	const struct use_edge *edge = self->device ? NULL : impact_edge(self->impact, self->node);
	char branch[BRANCH_SIZE];

	(void)context;
	if (self->device)
		return json_text(self->device->reason);
	if (edge && edge->what)
		return json_text(edge->what);
	return json_text(impact_branch(self->impact, self->node, branch, sizeof(branch)));
}

static json_t *get_severity(const void *row, const void *context)
{
	(void)context;
	if (row_of(row)->device)
		return json_null();
	return json_string(impact_severity_name(state_of(row)->severity));
}

static void text_severity(const void *row, const void *context, char *buf, size_t size)
{
	const struct impact_device *device = row_of(row)->device;

	(void)context;
	if (!device)
		text_copy(buf, size, impact_severity_name(state_of(row)->severity));
	else
		text_copy(buf, size, !device->goes ? "stays" : device->role == IMPACT_NAMED ? "goes" : "goes along");
}

static const char *color_severity(const void *row, const void *context)
{
	static const char *const colors[] = { NULL, NULL, "yellow", "red" };

	(void)context;
	return row_of(row)->device ? "bold" : colors[state_of(row)->severity];
}

static json_t *get_kind(const void *row, const void *context)
{
	const struct pci_device *device = NULL;

	(void)context;
	if (node_of(row)->flags & USE_FUNCTION)
		device = &row_of(row)->impact->graph->inventory->devices[row_of(row)->node];
	return json_text(device && device->is_vf ? "vf" : node_of(row)->kind);
}

static json_t *get_id(const void *row, const void *context)
{
	(void)context;
	return json_text(node_of(row)->id);
}

static json_t *get_state(const void *row, const void *context)
{
	static const char *const names[] = { "untouched", "interrupted", "degraded", "gone" };

	(void)context;
	return json_string(names[state_of(row)->state]);
}

static json_t *carriers(const void *row, bool left)
{
	const struct impact *impact = row_of(row)->impact;
	const struct use_graph *graph = impact->graph;
	json_t *list = json_array();

	for (uint32_t at = node_of(row)->first_in; at != USE_NONE; at = graph->edge[at].next_in) {
		const struct use_edge *edge = &graph->edge[at];

		if (left ? impact_is_survivor(impact, edge) && impact->node[edge->from].state == IMPACT_UNTOUCHED
			 : impact->node[edge->from].state != IMPACT_UNTOUCHED)
			json_array_append_new(list, json_text(graph->node[edge->from].id));
	}
	return list;
}

static json_t *get_via(const void *row, const void *context)
{
	(void)context;
	return carriers(row, false);
}

static json_t *get_left(const void *row, const void *context)
{
	(void)context;
	return carriers(row, true);
}

static json_t *get_device(const void *row, const void *context)
{
	const struct impact_row *self = row_of(row);

	(void)context;
	return json_pci_addr(
		self->device ? self->device->device->addr : self->impact->device[state_of(row)->device].device->addr);
}

static const struct column columns[] = {
	{ "LOSS", "name", "the devices, and what hangs off them", COLUMN_SHOWN | COLUMN_TREE, .get = get_name,
		.text = text_branch },
	{ "SEVERITY", "severity", "lost, degraded (goes on without a spare), or note", COLUMN_SHOWN,
		.get = get_severity, .text = text_severity, .color = color_severity },
	{ "KIND", "kind", "mount, swap, bond, address, route, ssh, ...", COLUMN_SHOWN, .get = get_kind, .drop = 1 },
	{ "ID", "id", "the same as long as the thing is", 0, .get = get_id },
	{ "WHAT", "what", "a sentence about it", 0, .get = get_what },
	{ "STATE", "state", "gone, degraded or interrupted", 0, .get = get_state },
	{ "VIA", "via", "ids of what carries it and is hit", 0, .get = get_via },
	{ "LEFT", "left", "ids of what would go on carrying it", 0, .get = get_left },
	{ "DEVICE", "device", "the device that it hangs off", 0, .get = get_device },
	{ NULL },
};

static const struct table table = { .payload = "losses", .columns = columns };

static json_t *devices_json(const struct impact *impact)
{
	json_t *list = json_array();

	for (size_t i = 0; i < impact->device_count; i++) {
		const struct impact_device *device = &impact->device[i];
		uint32_t node = use_function(impact->graph, device->device);

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:s}", "id", impact->graph->node[node].id,
				      "address", json_pci_addr(device->device->addr), "name",
				      json_text(device->device->name), "driver", json_text(device->device->driver),
				      "iommu_group", json_number(device->device->iommu_group), "role",
				      impact_role_name(device->role), "goes", device->goes, "reason", device->reason));
	}
	return list;
}

static json_t *unseen_json(const struct impact *impact)
{
	const struct use_unseen *unseen = &impact->graph->unseen;
	json_t *files = json_array();
	json_t *disks = json_array();

	for (size_t i = 0; i < unseen->file_count && i < USE_FILE_MAX; i++)
		json_array_append_new(files, json_sprintf("/%s", unseen->file[i]));
	for (size_t i = 0; i < impact->loss_count; i++)
		if (impact->graph->node[impact->loss[i]].flags & USE_UNSEEN)
			json_array_append_new(disks, json_text(impact->graph->node[impact->loss[i]].name));
	return json_pack("{s:I, s:o, s:o, s:b}", "processes", (json_int_t)unseen->processes, "files", files, "disks",
		disks, "groups", impact->groups_unknown);
}

static json_t *counts_json(const struct impact *impact)
{
	json_int_t count[IMPACT_LOST + 1] = { 0 };

	for (size_t i = 0; i < impact->loss_count; i++)
		count[impact->node[impact->loss[i]].severity]++;
	return json_pack("{s:I, s:I, s:I}", "lost", count[IMPACT_LOST], "degraded", count[IMPACT_LESS], "note",
		count[IMPACT_NOTE]);
}

static int print_json(
	const struct cli *cli, const struct impact *impact, const struct table_row *losses, struct error *err)
{
	json_t *object = cli_json_new();
	char text[SENTENCE_SIZE];

	json_object_set_new(object, "for", json_string(impact_purpose_name(impact->purpose)));
	json_object_set_new(object, "devices", devices_json(impact));
	json_object_set_new(object, "losses", table_json(&table, losses, impact->loss_count));
	json_object_set_new(object, "counts", counts_json(impact));
	json_object_set_new(object, "locked_out", json_boolean(impact->locked_out));
	json_object_set_new(object, "verdict", json_text(impact_verdict(impact, text, sizeof(text))));
	json_object_set_new(object, "complete", json_boolean(impact->complete));
	json_object_set_new(object, "unseen", unseen_json(impact));
	return cli_json_print(cli, object, err);
}

/* Below the table, as wide as the terminal; in a file 80 columns. */
static void say(const struct cli *cli, const char *opening, const char *text)
{
	size_t width = paragraph_width(cli->out), used;

	if (cli->quiet)
		return;
	used = paragraph_flow(cli->out, opening, 0, 0, width);
	if (used)
		fputc(' ', cli->out);
	paragraph_flow(cli->out, text, used + (used > 0), 0, width);
	fputc('\n', cli->out);
}

static int print_text(
	const struct cli *cli, const struct impact *impact, const struct table_row *lines, struct error *err)
{
	char text[SENTENCE_SIZE];
	int ret = table_print(cli, &table, lines, impact->device_count + impact->loss_count, err);

	if (ret < 0 || cli->table.raw)
		return ret;
	cli_say(cli, "%s", "");
	say(cli, "", impact_verdict(impact, text, sizeof(text)));
	if (!impact->complete)
		say(cli, "Not everything could be seen.", impact_unseen(impact, text, sizeof(text)));
	return 0;
}

/* Devices first, then losses, each below what it was reached from. */
static int print(const struct cli *cli, const struct impact *impact, struct error *err)
{
	size_t count = impact->device_count + impact->loss_count;
	cleanup_free struct impact_row *rows = calloc(count + 1, sizeof(*rows));
	cleanup_free struct table_row *lines = calloc(count + 1, sizeof(*lines));
	cleanup_free int *line_of = calloc(impact->graph->node_count + 1, sizeof(*line_of));

	if (!rows || !lines || !line_of)
		return fail(err, ENOMEM, "print what would be lost");
	for (size_t i = 0; i < count; i++) {
		const struct impact_device *device = i < impact->device_count ? &impact->device[i] : NULL;
		uint32_t node =
			device ? use_function(impact->graph, device->device) : impact->loss[i - impact->device_count];

		rows[i] = (struct impact_row){ impact, device, node };
		lines[i] = (struct table_row){ &rows[i], device ? -1 : line_of[impact->node[node].parent] };
		line_of[node] = (int)i;
	}
	return cli->json ? print_json(cli, impact, lines + impact->device_count, err)
			 : print_text(cli, impact, lines, err);
}

struct impact_options {
	int purpose;
};

static const char *const purposes[] = { "bind", "vfs", "reset", NULL };

static const struct option_row options[] = {
	{ .name = "for",
		.argument = "WHAT",
		.help = "bind (the default): it leaves the host, with its group; vfs: another number of VFs; reset",
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct impact_options, purpose),
		.choices = purposes },
	{ NULL },
};

static int run_impact(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(impact_done) struct impact impact = { 0 };
	cleanup_free const struct pci_device **devices = calloc(arg_count + 1, sizeof(*devices));
	const struct impact_options *chosen = values;
	int ret = devices ? host_open(&host, cli->sysroot, PCI_LOOK_NAMES, err) : fail(err, ENOMEM, "find devices");

	for (size_t i = 0; !ret && i < arg_count; i++)
		ret = pci_select(&host.root, &host.pci, args[i], &devices[i], err);
	if (!ret)
		ret = guest_impact_read(&host, devices, arg_count, (enum impact_purpose)chosen->purpose, &impact, err);
	return ret < 0 ? ret : print(cli, &impact, err);
}

static const char *const details[] = {
	"Follows all that hangs off the devices: disks to mounts, swap and exports, through LVM, RAID and "
	"encryption; network devices to addresses, routes, remote disks and ssh sessions, through bonds, "
	"bridges and VLANs; displays, keyboards and consoles; VFs, guests and programs. A bond, a mirror or a "
	"disk with two paths that loses one of its parts is degraded, and not lost.",
	"Changes nothing, and exits with status 0 whatever would be lost. Without root it says what it could "
	"not see.",
	NULL,
};

static const char *const examples[] = {
	"sluice impact eth0",
	"sluice impact nvme0 nvme1",
	"sluice impact eth0 --for vfs",
	"sluice impact 0000:01:00.0 --json | jq '.losses[] | select(.severity == \"lost\")'",
	NULL,
};

const struct command cmd_impact = {
	.name = "impact",
	.summary = "show what this host would lose with a device",
	.arguments = "DEVICE...",
	.min_args = 1,
	.suggest = candidates_suggest,
	.max_args = ARGS_MANY,
	.takes_ranges = true,
	.options = options,
	.options_size = sizeof(struct impact_options),
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_impact,
};
