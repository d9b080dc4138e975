// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch function`: settings of the function behind a VF's port. */
#include <errno.h>

#include "assign/request_eswitch.h"
#include "base/cleanup.h"
#include "cli/commands_eswitch.h"
#include "cli/eswitch_print.h"

static int run_function(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(eswitch_done) struct eswitch after = { 0 };
	struct devlink_function function;
	int ret = 0;

	(void)values;
	devlink_function_init(&function);
	for (size_t i = 1; !ret && i < arg_count; i++)
		ret = devlink_function_parse(&function, args[i], err);
	if (!ret)
		ret = sysroot_open(&root, cli->sysroot, err);
	if (!ret)
		ret = request_eswitch_function(&root, args[0], &function, &after, err);
	return ret < 0 ? ret : eswitch_print(cli, &after, NULL, NULL, err);
}

static const char *const details[] = {
	"KEY is hw_addr, state (active, inactive), roce, migratable, ipsec_crypto, ipsec_packet (on, off) or "
	"max_io_eqs.",
	"In switchdev mode a VF's settings are its port function's; in legacy mode `sluice vf set` has them. All are "
	"set "
	"and read back, or none. Refused while a running guest has the VF.",
	NULL,
};

const struct command cmd_eswitch_function = {
	.name = "function",
	.summary = "change settings of the function behind a VF's port",
	.arguments = "DEVICE/VF KEY=VALUE...",
	.min_args = 2,
	.max_args = 16,
	.columns = eswitch_vf_columns,
	.details = details,
	.examples = (const char *const[]){ "sluice eswitch function eth0/0 hw_addr=02:00:00:00:00:01 roce=off", NULL },
	.run = run_function,
};
