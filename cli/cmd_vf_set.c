// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf set`: change settings of virtual functions, all of them of all VFs, or none. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/commands_vf.h"
#include "cli/vf_print.h"
#include "view/vf_row.h"

enum {
	MACS_MAX = 256
};

/* What was typed: VFs first, then settings. */
struct typed {
	size_t vf_count;
	struct vf_settings settings;
	struct mac_addr mac[MACS_MAX];
	size_t mac_count;
};

/* "mac=ADDRESS,ADDRESS,...": one for each VF. */
static int parse_macs(const char *assignment, struct typed *typed, struct error *err)
{
	char list[MACS_MAX * MAC_TEXT_SIZE], *rest = list, *word;

	if (!text_copy(list, sizeof(list), assignment + strlen("mac=")))
		return fail_code(err, CODE_USAGE, E2BIG, "at most %d addresses", MACS_MAX);
	typed->mac_count = 0;
	while ((word = strsep(&rest, ","))) {
		if (typed->mac_count == MACS_MAX || text_to_mac(word, &typed->mac[typed->mac_count]) < 0) {
			fail_code(err, CODE_USAGE, EINVAL, "mac cannot be '%s'", word);
			return fail_hint(err, "one address for each VF: mac=02:00:00:00:00:01,02:00:00:00:00:02");
		}
		typed->mac_count++;
	}
	return 0;
}

/* The last of several words about the address counts, whatever its form. */
static int parse_setting(const char *assignment, struct typed *typed, struct error *err)
{
	if (!text_starts_with(assignment, "mac="))
		return vf_settings_parse(&typed->settings, assignment, err);
	typed->mac_count = 0;
	typed->settings.has_mac = false;
	typed->settings.mac_from = VF_MAC_SAID;
	if (strchr(assignment, ','))
		return parse_macs(assignment, typed, err);
	return vf_settings_parse(&typed->settings, assignment, err);
}

/* All values are checked before the host is touched. */
static int parse(char *const *args, size_t count, struct typed *typed, struct error *err)
{
	vf_settings_init(&typed->settings);
	while (typed->vf_count < count && !strchr(args[typed->vf_count], '='))
		typed->vf_count++;
	if (!typed->vf_count || typed->vf_count == count) {
		if (typed->vf_count)
			fail_code(err, CODE_USAGE, EINVAL, "'%s' is no KEY=VALUE", args[count - 1]);
		else
			fail_code(err, CODE_USAGE, EINVAL, "no VF is named before '%s'", args[0]);
		return fail_hint(err, "VFs first, then settings: sluice vf set eth0/0-3,7 vlan=100");
	}
	for (size_t i = typed->vf_count; i < count; i++) {
		int ret = parse_setting(args[i], typed, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int run_set(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	struct typed typed = { .vf_count = 0 };
	struct request_vf_set set = { .vf = args, .settings = &typed.settings, .mac = typed.mac };
	int ret = parse(args, arg_count, &typed, err);

	(void)values;
	if (ret < 0)
		return ret;
	ret = sysroot_open(&root, cli->sysroot, err);
	if (ret < 0)
		return ret;
	set.vf_count = typed.vf_count;
	set.mac_count = typed.mac_count;
	ret = request_vf_set(&root, &set, &done, err);
	return ret < 0 ? ret : vf_print_changed(cli, &done, err);
}

static const char *const set_details[] = {
	"PF/0-3,7 is five VFs; several PFs may be named. All settings of all VFs are set and read back, or none.",
	"VFs of network cards: mac (an address; as many with commas as there are VFs; stable: made of the card's own "
	"and the "
	"VF's number; random: a new one), vlan (0-4094), "
	"qos "
	"(0-7), vlan_proto (802.1q, 802.1ad), min_tx_rate and max_tx_rate (Mbit/s, 0: no limit), spoofchk, trust, "
	"query_rss "
	"(on, off), link_state (auto, enable, disable), node_guid, port_guid.",
	"VFs of NVMe controllers: queues (with the admin queue), interrupts, namespaces (numbers with commas, or "
	"none), online "
	"(on, off). Others: msix (vectors, while no driver has the VF); of Intel's xe: exec_quantum_ms, "
	"preempt_timeout_us, "
	"sched_priority (low, normal, high), vram_quota (bytes).",
	NULL,
};

const struct command cmd_vf_set = {
	.name = "set",
	.summary = "change settings of VFs",
	.arguments = "PF/INDEX... KEY=VALUE...",
	.min_args = 2,
	.max_args = 96,
	.columns = vf_columns,
	.details = set_details,
	.examples = (const char *const[]){ "sluice vf set eth0/0 mac=02:00:00:00:00:01 spoofchk=on",
		"sluice vf set eth0/1 vlan=100 max_tx_rate=1000", "sluice vf set eth0/0-3,7 eth1/0 vlan=100 mac=stable",
		"sluice vf set nvme0/0 queues=2 interrupts=1 namespaces=2 online=on", NULL },
	.run = run_set,
};
