// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice list`: the PCI functions of this host, VFs below their PF, with who uses them and what stands against giving
 * them away.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/paragraph.h"
#include "view/device_row.h"

enum {
	REASON_INDENT = 28
};

static void free_rows(struct device_row *rows, size_t count)
{
	for (size_t i = 0; rows && i < count; i++)
		device_row_done(&rows[i]);
	free(rows);
}

/*
 * A VF hangs below its PF where that is shown too; both are looked for among rows of few, and nearby in a list of all.
 */
static int parent_of(const struct device_row *rows, size_t index)
{
	for (size_t i = index; rows[index].device->is_vf && i-- > 0;)
		if (!pci_addr_compare(rows[i].device->addr, rows[index].device->pf))
			return (int)i;
	return -1;
}

static int print_rows(
	const struct cli *cli, const struct host *host, const struct device_row *rows, size_t count, struct error *err)
{
	struct rival_lookup others = { .read = false };
	struct device_context lookup = { .host = host, .others = &others };
	const struct table table = { .payload = "devices", .columns = device_columns, .context = &lookup };
	cleanup_free struct table_row *lines = calloc(count + 1, sizeof(*lines));
	int ret;

	if (!lines)
		return fail(err, ENOMEM, "list devices");
	for (size_t i = 0; i < count; i++)
		lines[i] = (struct table_row){ &rows[i], parent_of(rows, i) };
	pci_modaliases_read(&host->root, &lookup.aliases);
	ret = table_print(cli, &table, lines, count, err);
	pci_modaliases_done(&lookup.aliases);
	rival_lookup_done(&others);
	return ret;
}

/* The codes of the table's last column, each once; bridges stay where they are, which nobody wonders about. */
static void print_reasons(const struct cli *cli, const struct device_row *rows, size_t count)
{
	size_t devices[CODE_COUNT] = { 0 };
	const struct pci_device *example = NULL;
	char name[PCI_ADDR_TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rows[i].verdict.blocker_count; k++) {
			const struct blocker *blocker = &rows[i].verdict.blocker[k];

			if (!((blocker->stops | blocker->doubts) & VERDICT_RUN) || blocker->code == CODE_DEV_BRIDGE)
				continue;
			devices[blocker->code]++;
			example = example ? example : rows[i].device;
		}
	if (!example || cli->quiet)
		return;
	cli_say(cli, "\nWhy not (more, and what would help: 'sluice show %s', for one):",
		pci_addr_text(example->addr, name));
	for (size_t i = 0; i < CODE_COUNT; i++)
		if (devices[i]) {
			int used = fprintf(cli->out, "  %-19s %4zu", code_info((enum code)i)->name, devices[i]);

			paragraph_print(cli->out, code_info((enum code)i)->summary, (size_t)used, REASON_INDENT,
				paragraph_width(cli->out));
		}
}

static bool is_chosen(const struct device_row *rows, size_t count, const struct pci_device *device)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].device == device)
			return true;
	return false;
}

static int read_row(
	struct judge *judge, const struct pci_device *device, struct device_row *rows, size_t *count, struct error *err)
{
	int ret = device_row_read(judge, device, &rows[*count], err);

	*count += !ret;
	return ret;
}

/* Those that were named, each once. */
static int read_named(struct judge *judge, char *const *args, size_t arg_count, struct device_row *rows, size_t *count,
	struct error *err)
{
	for (size_t i = 0; i < arg_count; i++) {
		const struct pci_device *device;
		int ret = pci_select(&judge->host->root, &judge->host->pci, args[i], &device, err);

		if (!ret && !is_chosen(rows, *count, device))
			ret = read_row(judge, device, rows, count, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_all(struct judge *judge, struct device_row *rows, size_t *count, struct error *err)
{
	for (size_t i = 0; i < judge->host->pci.count; i++) {
		int ret = read_row(judge, &judge->host->pci.devices[i], rows, count, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int run_list(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(judge_close) struct judge judge = { 0 };
	struct device_row *rows;
	size_t count = 0;
	int ret = host_open(&host, cli->sysroot, PCI_LOOK_NAMES | (arg_count ? 0 : PCI_LOOK_VFS_ALIKE), err);

	(void)values;
	if (!ret)
		ret = judge_open(&judge, &host, arg_count ? JUDGE_THOROUGHLY : 0, NULL, 0, err);
	if (ret < 0)
		return ret;
	rows = calloc(host.pci.count + arg_count + 1, sizeof(*rows));
	if (!rows)
		return fail(err, ENOMEM, "list devices");
	ret = arg_count ? read_named(&judge, args, arg_count, rows, &count, err) : read_all(&judge, rows, &count, err);
	if (!ret)
		ret = print_rows(cli, &host, rows, count, err);
	if (!ret && !cli->json && !cli->table.raw && !cli->table.no_heading && !cli->table.columns)
		print_reasons(cli, rows, count);
	free_rows(rows, count);
	return ret;
}

static const char *const details[] = {
	"DEVICE is an address (0000:01:10.0, 01:10.0), a network device (eth0), a disk or its controller "
	"(nvme0), a VF as PF/INDEX (eth0/3), vendor:device (8086:10ca) where one device is meant, or what a "
	"card keeps: serial:NUMBER, mac:ADDRESS, path:PATH.",
	"Works without root; a question mark in USERS says that not everything could be seen.",
	"A list of all devices takes VFs of one PF for alike, and asks about reserved memory and MSI-X only "
	"where nothing else stands against a device; 'list DEVICE' and 'show' ask everything.",
	NULL,
};

static const char *const examples[] = {
	"sluice list",
	"sluice list eth0 nvme0",
	"sluice list -o ADDRESS,DRIVER,RESET,BLOCKERS",
	"sluice list --json eth0/0",
	NULL,
};

const struct command cmd_list = {
	.name = "list",
	.summary = "show this host's devices, and who uses them",
	.arguments = "[DEVICE...]",
	.max_args = ARGS_MANY,
	.takes_ranges = true,
	.columns = device_columns,
	.details = details,
	.examples = examples,
	.run = run_list,
};
