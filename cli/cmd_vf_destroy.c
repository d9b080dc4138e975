// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf destroy`: a physical function without virtual functions again. */
#include "assign/request.h"
#include "base/cleanup.h"
#include "cli/commands_vf.h"

static int run_destroy(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)values;
	(void)arg_count;
	if (ret < 0)
		return ret;
	ret = request_vf_destroy(&root, args[0], &done, err);
	if (ret < 0)
		return ret;
	pci_addr_text(done.addr[0], name);
	if (done.removed)
		cli_say(cli, "%s: %u VF%s removed", name, done.removed, done.removed == 1 ? "" : "s");
	else
		cli_say(cli, "%s: it has no VFs", name);
	return cli_json_print(
		cli, json_pack("{s:s, s:s, s:i}", "format_version", "1.0", "pf", name, "removed", done.removed), err);
}

const struct command cmd_vf_destroy = {
	.name = "destroy",
	.summary = "remove all VFs of a device",
	.arguments = "PF",
	.min_args = 1,
	.max_args = 1,
	.details = (const char *const[]){ "Refused while a guest or this host uses one of them.", NULL },
	.examples = (const char *const[]){ "sluice vf destroy eth0", NULL },
	.run = run_destroy,
};
