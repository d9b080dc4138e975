// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch show`: everything of one embedded switch. */
#include <errno.h>

#include "assign/request_eswitch.h"
#include "base/cleanup.h"
#include "cli/commands_eswitch.h"
#include "cli/eswitch_print.h"

/* Parameters and resources: only programs are shown them, of whom some want all there is. */
static json_t *read_more(const struct sysroot *root, const struct devlink_handle *handle)
{
	cleanup_free struct devlink_param *params = NULL;
	cleanup_free struct devlink_resource *resources = NULL;
	cleanup(devlink_close) struct devlink devlink = { .channel.fd = -1 };
	size_t param_count = 0, resource_count = 0;

	if (devlink_open(root, &devlink, NULL) < 0 ||
		devlink_params_read(&devlink, handle, &params, &param_count, NULL) < 0 ||
		devlink_resources_read(&devlink, handle, &resources, &resource_count, NULL) < 0)
		return json_pack("{s:n, s:n}", "params", "resources");
	return json_pack("{s:o, s:o}", "params", devlink_params_json(params, param_count), "resources",
		devlink_resources_json(resources, resource_count));
}

static int run_show(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup(eswitch_done) struct eswitch eswitch = { 0 };
	cleanup(devlink_close) struct devlink devlink = { .channel.fd = -1 };
	struct eswitch_target target;
	int ret = host_open(&host, cli->sysroot, 0, err);

	(void)values;
	(void)arg_count;
	if (!ret)
		ret = request_eswitch_target(&host, args[0], &target, err);
	if (!ret)
		ret = devlink_open(&host.root, &devlink, err);
	if (!ret)
		ret = eswitch_read(&host.root, &devlink, &target.handle, &eswitch, err);
	if (ret < 0)
		return ret;
	return eswitch_print(cli, &eswitch, NULL, cli->json ? read_more(&host.root, &target.handle) : NULL, err);
}

static const char *const details[] = {
	"DEVICE is a physical function, one of its VFs, a network device, or BUS/NAME as devlink has it.",
	NULL,
};

const struct command cmd_eswitch_show = {
	.name = "show",
	.summary = "show one eswitch: its VFs, their ports, representors and rates",
	.arguments = "DEVICE",
	.min_args = 1,
	.max_args = 1,
	.columns = eswitch_vf_columns,
	.details = details,
	.examples = (const char *const[]){ "sluice eswitch show eth0",
		"sluice eswitch show netdevsim/netdevsim1 --json", NULL },
	.run = run_show,
};
