// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch list`: the devices of this host that have an embedded switch. */
#include "base/cleanup.h"
#include "cli/commands_eswitch.h"
#include "view/eswitch_row.h"

static int run_list(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	struct eswitch_list list;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)values;
	(void)args;
	(void)arg_count;
	if (!ret)
		ret = eswitch_list_read(&root, &list, err);
	if (ret < 0)
		return ret;
	ret = table_print(cli, &eswitch_table, list.line, list.count, err);
	eswitch_list_done(&list);
	return ret;
}

static const char *const details[] = {
	"What devlink says. OFFLOAD: rules of traffic control go to the eswitch (hw-tc-offload of NETDEV).",
	NULL,
};

const struct command cmd_eswitch_list = {
	.name = "list",
	.summary = "show devices with an eswitch",
	.columns = eswitch_columns,
	.details = details,
	.examples = (const char *const[]){ "sluice eswitch list", "sluice eswitch list -o +INLINE,ENCAP", NULL },
	.run = run_list,
};
