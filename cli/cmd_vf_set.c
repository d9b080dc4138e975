// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf set`: change settings of one virtual function, all of them or none. */
#include "base/cleanup.h"
#include "cli/commands_vf.h"
#include "cli/vf_print.h"
#include "view/vf_row.h"

/* All values are checked before the host is touched. */
static int parse_settings(char *const *args, size_t count, struct vf_settings *ret_settings, struct error *err)
{
	vf_settings_init(ret_settings);
	for (size_t i = 0; i < count; i++) {
		int ret = vf_settings_parse(ret_settings, args[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int run_set(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	struct vf_settings settings;
	int ret = parse_settings(args + 1, arg_count - 1, &settings, err);

	(void)values;
	if (ret < 0)
		return ret;
	ret = sysroot_open(&root, cli->sysroot, err);
	if (ret < 0)
		return ret;
	ret = request_vf_set(&root, args[0], &settings, &done, err);
	return ret < 0 ? ret : vf_print_changed(cli, &done, err);
}

static const char *const set_details[] = {
	"VFs of network cards: mac (an address, or stable: made of the card's own and the VF's number), vlan (0-4094), "
	"qos "
	"(0-7), vlan_proto (802.1q, 802.1ad), min_tx_rate and max_tx_rate (Mbit/s, 0: no limit), spoofchk, trust, "
	"query_rss "
	"(on, off), link_state (auto, enable, disable), node_guid, port_guid.",
	"VFs of NVMe controllers: queues (with the admin queue), interrupts, namespaces (numbers with commas, or "
	"none), online "
	"(on, off). Others: msix (vectors, while no driver has the VF); of Intel's xe: exec_quantum_ms, "
	"preempt_timeout_us, "
	"sched_priority (low, normal, high), vram_quota (bytes).",
	"All of them are set and read back, or none.",
	NULL,
};

const struct command cmd_vf_set = {
	.name = "set",
	.summary = "change settings of a VF",
	.arguments = "PF/INDEX KEY=VALUE...",
	.min_args = 2,
	.max_args = 32,
	.columns = vf_columns,
	.details = set_details,
	.examples = (const char *const[]){ "sluice vf set eth0/0 mac=02:00:00:00:00:01 spoofchk=on",
		"sluice vf set eth0/1 vlan=100 max_tx_rate=1000",
		"sluice vf set nvme0/0 queues=2 interrupts=1 namespaces=2 online=on", NULL },
	.run = run_set,
};
