// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice gc`: what dead guests and devices that are gone have left behind. */
#include "assign/assign.h"
#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"

static json_t *addresses_json(const struct pci_addr *addr, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pci_addr(addr[i]));
	return list;
}

static int report(const struct cli *cli, const struct assign_gc *gc, struct error *err)
{
	json_t *object = cli_json_new();
	char name[PCI_ADDR_TEXT_SIZE];

	for (size_t i = 0; i < gc->ended_count; i++)
		cli_say(cli, "%s: taken back from a guest that is dead", pci_addr_text(gc->ended[i], name));
	for (size_t i = 0; i < gc->dropped_count; i++)
		cli_say(cli, "%s: lease dropped, the device is gone", pci_addr_text(gc->dropped[i], name));
	if (!gc->ended_count && !gc->dropped_count)
		cli_say(cli, "nothing is left over");
	json_object_set_new(object, "ended", addresses_json(gc->ended, gc->ended_count));
	json_object_set_new(object, "dropped", addresses_json(gc->dropped, gc->dropped_count));
	return cli_json_print(cli, object, err);
}

static int run_gc(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(assign_gc_done) struct assign_gc gc = { .ended = NULL };
	cleanup_change struct change *change = NULL;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)values;
	(void)args;
	(void)arg_count;
	if (ret >= 0)
		ret = change_begin(&root, &change, err);
	if (ret >= 0)
		ret = assign_gc_all(change, &gc, err);
	return ret < 0 ? ret : report(cli, &gc, err);
}

static const char *const details[] = {
	"Devices of guests whose sluice was killed go back to the driver they had, or stay bound where the operator "
	"had bound "
	"them, with the settings that the guest met; leases of devices that are gone are dropped, and directories of "
	"dead "
	"guests removed. What a living guest or the operator has is left alone.",
	NULL,
};

const struct command cmd_gc = {
	.name = "gc",
	.summary = "take back what dead guests have left",
	.details = details,
	.examples = (const char *const[]){ "sluice gc", NULL },
	.run = run_gc,
};
