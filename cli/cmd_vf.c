// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf list|create|set|destroy`: physical functions, the virtual functions split off them, and their settings. */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "assign/assign.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/record_note.h"
#include "distro/kernel_explain.h"
#include "guest/guest.h"
#include "view/vf_row.h"

static int select_pf(const struct host *host, const char *text, const struct pci_device **ret_pf, struct error *err)
{
	const struct pci_device *device;
	char name[PCI_ADDR_TEXT_SIZE];
	char pf_name[PCI_ADDR_TEXT_SIZE];
	int ret = pci_select(&host->root, &host->pci, text, &device, err);

	if (ret < 0)
		return ret;
	pci_addr_text(device->addr, name);
	if (device->is_vf) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s is itself a VF, of %s", name,
			pci_addr_text(device->pf, pf_name));
		return fail_hint(err, "name the physical function: %s", pf_name);
	}
	if (!device->sriov.capable) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s cannot be split: it has no SR-IOV capability", name);
		return fail_hint(err,
			"`sluice vf list` shows the devices that can; some need SR-IOV switched on in the "
			"firmware's setup or the card's");
	}
	*ret_pf = device;
	return 0;
}

/* Open the host and find the one PF that a command is about. */
static int open_pf(
	const struct cli *cli, const char *text, struct host *host, const struct pci_device **ret_pf, struct error *err)
{
	int ret = host_open(host, cli->sysroot, 0, err);

	return ret < 0 ? ret : select_pf(host, text, ret_pf, err);
}

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
		ret = select_pf(&host, args[0], &pf, err);
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

/* The kernel's own words say more than an errno. */
static int create_vfs(const struct host *host, const struct pci_device *pf, unsigned int count, struct error *err)
{
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	char fix[256];
	int ret;

	kmsg_open(&kmsg, &host->root, true);
	ret = pf_create_vfs(&host->root, pf, count, err);
	if (ret < 0 && kernel_explain(&kmsg, pf->addr, fix, sizeof(fix)))
		fail_hint(err, "%s", fix);
	return ret;
}

static int run_create(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_close int lock = -1;
	const struct pci_device *pf;
	struct pci_addr addr;
	uint64_t count;
	int ret = open_pf(cli, args[0], &host, &pf, err);

	(void)values;
	(void)arg_count;
	if (ret < 0)
		return ret;
	if (text_to_u64(args[1], UINT16_MAX, &count) < 0) {
		fail_code(err, CODE_USAGE, EINVAL, "'%s' is no number of VFs", args[1]);
		return fail_hint(err, "ask for 1 to %u", pf->sriov.total_vfs);
	}
	addr = pf->addr;
	ret = host_lock(&host.root, &lock, err);
	if (!ret)
		ret = create_vfs(&host, pf, (unsigned int)count, err);
	if (!ret)
		ret = host_refresh(&host, err);
	if (ret < 0)
		return ret;
	pf = pci_inventory_find(&host.pci, addr);
	if (!pf)
		return fail_code(err, CODE_DEV_LOST, ENODEV, "the physical function went away meanwhile");
	advise_link(cli, &host, pf);
	record_note(cli, &host);
	return print_vfs(cli, &host, pf, err);
}

/* A guest whose sluice was killed is still dying, and lets go of its VF in a moment. */
static bool is_dying(const struct host *host, const struct pci_device *vf)
{
	struct lease lease;

	return lease_read(&host->root, vf->addr, &lease, NULL) == 1 && lease.guest[0] &&
	       !guest_is_alive(&host->root, lease.guest);
}

static int check_unused(const struct host *host, const struct pci_device *vf, struct error *err)
{
	const struct timespec step = { .tv_nsec = 100 * 1000 * 1000 };
	int ret = assign_check(host, vf, err);

	for (int tries = 0; ret == -EBUSY && tries < 50 && is_dying(host, vf); tries++) {
		nanosleep(&step, NULL);
		ret = assign_check(host, vf, err);
	}
	return ret;
}

static const struct pci_device *vf_of(const struct host *host, const struct pci_device *pf, size_t *at)
{
	while (*at < host->pci.count) {
		const struct pci_device *device = &host->pci.devices[(*at)++];

		if (device->is_vf && !pci_addr_compare(device->pf, pf->addr))
			return device;
	}
	return NULL;
}

static int destroy(const struct host *host, const struct pci_device *pf, struct error *err)
{
	const struct pci_device *vf;
	size_t at = 0;
	int ret = 0;

	while (!ret && (vf = vf_of(host, pf, &at)))
		ret = check_unused(host, vf, err);
	if (!ret)
		ret = pf_destroy_vfs(&host->root, pf, err);
	/* What was written down about the VFs has no object any more. */
	for (at = 0; !ret && (vf = vf_of(host, pf, &at));) {
		struct lease lease;

		if (lease_read(&host->root, vf->addr, &lease, NULL))
			ret = lease_remove(&host->root, vf->addr, err);
	}
	return ret;
}

static int run_destroy(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_close int lock = -1;
	const struct pci_device *pf;
	char name[PCI_ADDR_TEXT_SIZE];
	unsigned int had;
	int ret = open_pf(cli, args[0], &host, &pf, err);

	(void)values;
	(void)arg_count;
	if (!ret)
		ret = host_lock(&host.root, &lock, err);
	if (ret < 0)
		return ret;
	pci_addr_text(pf->addr, name);
	had = pf->sriov.num_vfs;
	ret = destroy(&host, pf, err);
	if (ret < 0)
		return ret;
	guest_dir_remove_all_stale(&host.root);
	if (had)
		cli_say(cli, "%s: %u VF%s removed", name, had, had == 1 ? "" : "s");
	else
		cli_say(cli, "%s: it has no VFs", name);
	return cli_json_print(
		cli, json_pack("{s:s, s:s, s:i}", "format_version", "1.0", "pf", name, "removed", had), err);
}

/* The PF's network device, through which a network card's VFs are set. */
static int find_netdev(
	const struct host *host, const struct pci_device *vf, const struct pci_device **ret_pf, struct error *err)
{
	const struct pci_device *pf = vf->is_vf ? pci_inventory_find(&host->pci, vf->pf) : NULL;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!pf) {
		fail_code(err, CODE_NO_SUCH_VF, ENODEV, "%s is no VF", pci_addr_text(vf->addr, name));
		return fail_hint(err, "name a VF as PF/INDEX: `sluice vf list` shows them");
	}
	if (!pf->netdev_count) {
		fail_code(err, CODE_VF_REJECTED, EOPNOTSUPP,
			"%s has no network device, through which its VFs could be set", pci_addr_text(pf->addr, name));
		return fail_hint(err, "its driver is %s; VFs that are no network cards have no such settings",
			pf->driver[0] ? pf->driver : "none");
	}
	*ret_pf = pf;
	return 0;
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
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_close int lock = -1;
	const struct pci_device *vf;
	const struct pci_device *pf = NULL;
	struct vf_settings settings;
	int ret = parse_settings(args + 1, arg_count - 1, &settings, err);

	(void)values;
	if (!ret)
		ret = host_open(&host, cli->sysroot, 0, err);
	if (!ret)
		ret = pci_select(&host.root, &host.pci, args[0], &vf, err);
	if (!ret)
		ret = find_netdev(&host, vf, &pf, err);
	/* Netlink is this host's whatever the root is; the lock refuses a captured one. */
	if (!ret)
		ret = host_lock(&host.root, &lock, err);
	if (!ret)
		ret = vf_settings_write(pf->netdevs[0].text, (unsigned int)vf->vf_index, &settings, err);
	return ret < 0 ? ret : print_vfs(cli, &host, pf, err);
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
