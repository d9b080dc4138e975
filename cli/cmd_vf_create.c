// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf create`: split a physical function into virtual functions. */
#include <errno.h>
#include <net/if.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/commands_vf.h"
#include "cli/record_note.h"
#include "cli/vf_print.h"
#include "view/vf_row.h"

/* VFs of many cards have no link of their own while the PF's is down. */
static void advise_link(const struct cli *cli, const struct host *host, const struct pci_device *pf)
{
	for (size_t i = 0; i < pf->netdev_count; i++) {
		const char *name = pf->netdevs[i].text;
		uint64_t flags;

		if (!sysroot_read_u64(&host->root, &flags, "sys/class/net/%s/flags", name) && !(flags & IFF_UP))
			cli_say(cli, "note: %s is down, and its VFs have no link until it is up: ip link set %s up",
				name, name);
	}
}

static int run_create(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	uint64_t count;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)values;
	(void)arg_count;
	if (ret < 0)
		return ret;
	if (text_to_u64(args[1], UINT16_MAX, &count) < 0) {
		fail_code(err, CODE_USAGE, EINVAL, "'%s' is no number of VFs", args[1]);
		return fail_hint(err, "`sluice vf list %s` shows how many it offers", args[0]);
	}
	ret = request_vf_create(&root, args[0], (unsigned int)count, &done, err);
	if (ret < 0)
		return ret;
	advise_link(cli, &done.host, pci_inventory_find(&done.host.pci, done.addr[0]));
	record_note(cli, &done.record);
	return vf_print_changed(cli, &done, err);
}

static const char *const create_details[] = {
	"No driver of this host gets to see the new VFs. The number can only change through none: 'vf destroy' first.",
	NULL,
};

const struct command cmd_vf_create = {
	.name = "create",
	.summary = "split a device into VFs",
	.arguments = "PF COUNT",
	.min_args = 2,
	.max_args = 2,
	.columns = vf_columns,
	.details = create_details,
	.examples = (const char *const[]){ "sluice vf create eth0 4", NULL },
	.run = run_create,
};
