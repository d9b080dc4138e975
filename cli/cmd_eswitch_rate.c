// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch rate`: transmit rates of a VF in switchdev mode. */
#include <errno.h>

#include "assign/request_eswitch.h"
#include "base/cleanup.h"
#include "cli/commands_eswitch.h"
#include "cli/eswitch_print.h"

static int run_rate(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(eswitch_done) struct eswitch after = { 0 };
	struct devlink_rate rate;
	int ret = 0;

	(void)values;
	devlink_rate_init(&rate);
	for (size_t i = 1; !ret && i < arg_count; i++)
		ret = devlink_rate_parse(&rate, args[i], err);
	if (!ret)
		ret = sysroot_open(&root, cli->sysroot, err);
	if (!ret)
		ret = request_eswitch_rate(&root, args[0], &rate, &after, err);
	return ret < 0 ? ret : eswitch_print(cli, &after, NULL, NULL, err);
}

static const char *const details[] = {
	"KEY is tx_share (Mbit/s that it is sure of), tx_max (Mbit/s, 0: no limit), tx_priority, tx_weight, or parent "
	"(the "
	"name of a rate node, empty for none).",
	NULL,
};

const struct command cmd_eswitch_rate = {
	.name = "rate",
	.summary = "change the transmit rates of a VF",
	.arguments = "DEVICE/VF KEY=VALUE...",
	.min_args = 2,
	.max_args = 8,
	.columns = eswitch_vf_columns,
	.details = details,
	.examples = (const char *const[]){ "sluice eswitch rate eth0/0 tx_share=100 tx_max=1000",
		"sluice eswitch rate eth0/0 parent=tenant-a", NULL },
	.run = run_rate,
};
