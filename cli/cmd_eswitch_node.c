// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch node`: rate nodes, which group VFs. */
#include <errno.h>

#include "assign/request_eswitch.h"
#include "base/cleanup.h"
#include "cli/commands_eswitch.h"
#include "cli/eswitch_print.h"

struct options {
	bool remove;
};

static int run_node(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct options *options = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(eswitch_done) struct eswitch after = { 0 };
	struct devlink_rate node;
	int ret = devlink_rate_check_name(args[1], err);

	devlink_rate_init(&node);
	text_copy(node.node, sizeof(node.node), args[1]);
	for (size_t i = 2; !ret && i < arg_count; i++)
		ret = devlink_rate_parse(&node, args[i], err);
	if (!ret && options->remove && arg_count > 2)
		ret = fail_code(err, CODE_USAGE, EINVAL, "--remove takes no KEY=VALUE");
	if (!ret)
		ret = sysroot_open(&root, cli->sysroot, err);
	if (!ret)
		ret = request_eswitch_node(&root, args[0], &node, options->remove, &after, err);
	return ret < 0 ? ret : eswitch_print(cli, &after, NULL, NULL, err);
}

static const struct option_row rows[] = {
	{ "remove", 0, NULL, "remove the node", OPTION_FLAG, offsetof(struct options, remove), 0, 0, NULL },
	{ NULL },
};

static const char *const details[] = {
	"A node that is not there is made. KEY is as for `sluice eswitch rate`. VFs join a node with parent=NAME.",
	NULL,
};

const struct command cmd_eswitch_node = {
	.name = "node",
	.summary = "make, change or remove a rate node",
	.arguments = "DEVICE NAME [KEY=VALUE...]",
	.min_args = 2,
	.max_args = 8,
	.options = rows,
	.options_size = sizeof(struct options),
	.columns = eswitch_vf_columns,
	.details = details,
	.examples = (const char *const[]){ "sluice eswitch node eth0 tenant-a tx_max=5000",
		"sluice eswitch node eth0 tenant-a --remove", NULL },
	.run = run_node,
};
