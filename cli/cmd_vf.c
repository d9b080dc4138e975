// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf list|create|set|destroy`: physical functions, the virtual functions split off them, and their settings. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "assign/request.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/record_note.h"
#include "view/vf_row.h"

/* The VFs of one PF (NULL: of all) as a table, or with --json as an object with "vfs" and "pfs". */
static int print_vfs(const struct cli *cli, const struct host *host, const struct pci_device *pf, struct error *err)
{
	struct vf_list list;
	json_t *object;
	int ret = vf_list_read(host, pf, &list, err);

	if (ret < 0)
		return ret;
	if (!cli->json) {
		ret = table_print(cli, &vf_table, list.line, list.count, err);
	} else {
		object = cli_json_new();
		json_object_set_new(object, "vfs", vf_list_json(&list));
		json_object_set_new(object, "pfs", pf_list_json(&list));
		ret = cli_json_print(cli, object, err);
	}
	vf_list_done(&list);
	return ret;
}

static int run_list(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	const struct pci_device *pf = NULL;
	int ret = host_open(&host, cli->sysroot, 0, err);

	(void)values;
	if (!ret && arg_count)
		ret = request_select_pf(&host, args[0], &pf, err);
	return ret < 0 ? ret : print_vfs(cli, &host, pf, err);
}

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

/* The VFs of the PF that was changed, as they are now. */
static int print_changed(const struct cli *cli, const struct request_done *done, struct error *err)
{
	return print_vfs(cli, &done->host, pci_inventory_find(&done->host.pci, done->addr[0]), err);
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
	return print_changed(cli, &done, err);
}

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
	return ret < 0 ? ret : print_changed(cli, &done, err);
}

static const char *const list_details[] = {
	"Without PF, all devices that can be split, with their VFs. MAC, VLAN and the like are what the PF's "
	"driver reports; USER is the guest or the use of this host that a VF has.",
	NULL,
};

static const struct command vf_list = {
	.name = "list",
	.summary = "show VFs and their settings",
	.arguments = "[PF]",
	.max_args = 1,
	.columns = vf_columns,
	.details = list_details,
	.examples = (const char *const[]){ "sluice vf list", "sluice vf list eth0 --json", NULL },
	.run = run_list,
};

static const char *const create_details[] = {
	"No driver of this host gets to see the new VFs. The number can only change through none: 'vf destroy' first.",
	NULL,
};

static const struct command vf_create = {
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

static const char *const set_details[] = {
	"KEY is mac, vlan (0-4094), qos (0-7), vlan_proto (802.1q, 802.1ad), min_tx_rate and max_tx_rate "
	"(Mbit/s, 0: no limit), spoofchk, trust, query_rss (on, off), link_state (auto, enable, disable), "
	"node_guid, port_guid.",
	"All of them are set and read back, or none.",
	NULL,
};

static const struct command vf_set = {
	.name = "set",
	.summary = "change settings of a VF",
	.arguments = "PF/INDEX KEY=VALUE...",
	.min_args = 2,
	.max_args = 32,
	.columns = vf_columns,
	.details = set_details,
	.examples = (const char *const[]){ "sluice vf set eth0/0 mac=02:00:00:00:00:01 spoofchk=on",
		"sluice vf set eth0/1 vlan=100 max_tx_rate=1000", NULL },
	.run = run_set,
};

static const struct command vf_destroy = {
	.name = "destroy",
	.summary = "remove all VFs of a device",
	.arguments = "PF",
	.min_args = 1,
	.max_args = 1,
	.details = (const char *const[]){ "Refused while a guest or this host uses one of them.", NULL },
	.examples = (const char *const[]){ "sluice vf destroy eth0", NULL },
	.run = run_destroy,
};

static const struct command *const group[] = { &vf_list, &vf_create, &vf_set, &vf_destroy, NULL };

const struct command cmd_vf = {
	.name = "vf",
	.summary = "virtual functions: list, create, set, destroy",
	.group = group,
};
