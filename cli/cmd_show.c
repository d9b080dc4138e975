// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice show`: everything about one device: what `list` has, its capabilities, BARs, link, identity and group. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/candidates.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/show_text.h"
#include "view/detail_json.h"
#include "view/device_row.h"
#include "view/group_row.h"

static json_t *isolation_json(const struct group_row *row)
{
	return json_pack(
		"{s:b, s:b, s:o}", "isolated", row->isolated, "viable", row->viable, "reason", json_text(row->reason));
}

static int add_group(json_t *object, const struct host *host, const struct pci_device *device, struct error *err)
{
	cleanup(group_view_close) struct group_view view = { 0 };
	struct group_row row = { 0 };
	int ret = group_view_open(&view, host, err);

	if (ret < 0)
		return ret;
	if (device->iommu_group >= 0)
		group_row_read(&view, device->iommu_group, &row);
	json_object_set_new(object, "reserved_regions", json_reserved_regions(&row.group));
	json_object_set_new(object, "group_members", json_pci_addrs(row.group.device, row.group.device_count));
	json_object_set_new(object, "isolation", row.readable ? isolation_json(&row) : json_null());
	return 0;
}

/* What `list` says of it: the same columns. */
static int add_listed(json_t *object, const struct host *host, const struct pci_device *device, struct error *err)
{
	struct device_context lookup = { .host = host };
	const struct table table = { .payload = "device", .columns = cmd_list.columns, .context = &lookup };
	cleanup(judge_close) struct judge judge = { 0 };
	struct device_row row;
	json_t *listed;
	int ret = judge_open(&judge, host, JUDGE_THOROUGHLY, NULL, 0, err);

	if (!ret)
		ret = device_row_read(&judge, device, &row, err);
	if (ret < 0)
		return ret;
	lookup.judge = &judge;
	pci_modaliases_read(&host->root, &lookup.aliases);
	listed = table_row_json(&table, &row);
	json_object_update(object, listed);
	json_decref(listed);
	pci_modaliases_done(&lookup.aliases);
	device_row_done(&row);
	return 0;
}

static void add_config(json_t *object, const struct host *host, const struct pci_device *device)
{
	struct pci_capabilities list = { 0 };
	struct pci_config config;
	bool read = !pci_config_read(&host->root, device->addr, &config);

	if (read)
		pci_capabilities_list(&config, &list);
	json_object_set_new(
		object, "identity", detail_identity(&host->root, &host->pci, device, read ? &config : NULL, &list));
	json_object_set_new(object, "capabilities", detail_capabilities(read ? &config : NULL, &list));
	/* So that an empty list is not taken for a device without capabilities. */
	json_object_set_new(object, "capabilities_complete",
		json_boolean(read && list.visible && list.extended_visible && !list.malformed));
	json_object_set_new(object, "bars", detail_bars(&host->root, device->addr, false));
	json_object_set_new(object, "vf_bars", detail_bars(&host->root, device->addr, true));
	json_object_set_new(object, "reset", detail_reset(&host->root, &host->pci, device));
	json_object_set_new(object, "msix_vectors", detail_msix_vectors(&host->root, device->addr));
	json_object_set_new(object, "link", detail_link(&host->root, device->addr));
}

static void add_managers(json_t *object, const struct host *host, const struct pci_device *device)
{
	cleanup(rival_lookup_done) struct rival_lookup others = { .read = false };

	json_object_set_new(object, "managers", rival_json(&others, host, device));
}

static int run_show(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	const struct pci_device *device;
	json_t *shown;
	json_t *object;
	int ret = host_open(&host, cli->sysroot, PCI_LOOK_NAMES, err);

	(void)values;
	(void)arg_count;
	if (!ret)
		ret = pci_select(&host.root, &host.pci, args[0], &device, err);
	if (ret < 0)
		return ret;
	shown = json_object();
	ret = add_listed(shown, &host, device, err);
	if (!ret) {
		add_config(shown, &host, device);
		add_managers(shown, &host, device);
		ret = add_group(shown, &host, device, err);
	}
	if (!ret && !cli->json)
		show_text_print(cli, shown);
	if (ret < 0 || !cli->json) {
		json_decref(shown);
		return ret;
	}
	object = cli_json_new();
	json_object_set_new(object, "device", shown);
	return cli_json_print(cli, object, err);
}

static const char *const details[] = {
	"Capabilities, identity and the number of MSI-X vectors are readable as root only; without, "
	"capabilities_complete is false and what could not be read is null.",
	NULL,
};

static const char *const examples[] = {
	"sluice show eth0",
	"sluice show 0000:01:00.0 --json",
	NULL,
};

const struct command cmd_show = {
	.name = "show",
	.summary = "show everything about one device",
	.arguments = "DEVICE",
	.min_args = 1,
	.suggest = candidates_suggest,
	.max_args = 1,
	.details = details,
	.examples = examples,
	.run = run_show,
};
