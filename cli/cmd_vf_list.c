// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf list`: physical functions, the virtual functions split off them, and their settings. */
#include "base/cleanup.h"
#include "cli/commands_vf.h"
#include "cli/vf_print.h"
#include "view/vf_row.h"

static int run_list(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	const struct pci_device *pf = NULL;
	int ret = host_open(&host, cli->sysroot, 0, err);

	(void)values;
	if (!ret && arg_count)
		ret = request_select_pf(&host, args[0], &pf, err);
	return ret < 0 ? ret : vf_print(cli, &host, pf, err);
}

static const char *const list_details[] = {
	"Without PF, all devices that can be split, with their VFs. MAC, VLAN and the like are what the PF's "
	"driver reports; USER is the guest or the use of this host that a VF has.",
	NULL,
};

const struct command cmd_vf_list = {
	.name = "list",
	.summary = "show VFs and their settings",
	.arguments = "[PF]",
	.max_args = 1,
	.columns = vf_columns,
	.details = list_details,
	.examples = (const char *const[]){ "sluice vf list", "sluice vf list eth0 --json", NULL },
	.run = run_list,
};
