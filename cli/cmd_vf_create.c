// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf create`: split a physical function into virtual functions. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/commands_vf.h"
#include "cli/record_note.h"
#include "cli/vf_print.h"
#include "guest/drain.h"
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

enum {
	PFS_MAX = 64
};

struct create_options {
	const char *driver;
	bool drain;
	uint64_t timeout_s;
};

#define CREATE(member) offsetof(struct create_options, member)
static const struct option_row create_rows[] = {
	{ "bind", 'b', "DRIVER", "give the VFs to this driver: vfio-pci", OPTION_TEXT, CREATE(driver), 0, 0, NULL },
	{ "drain", 0, NULL, "take VFs back from guests while their number changes", OPTION_FLAG, CREATE(drain), 0, 0,
		NULL },
	{ "timeout", 't', "SECONDS", "with --drain: how long each guest has to let go of a VF (default: 30)",
		OPTION_NUMBER, CREATE(timeout_s), 0, 3600, NULL },
	{ NULL },
};

struct wanted {
	const char *pf[PFS_MAX];
	unsigned int count[PFS_MAX];
	size_t used;
};

/* PF COUNT, and more pairs. */
static int parse_wanted(char *const *args, size_t arg_count, struct wanted *wanted, struct error *err)
{
	if (arg_count % 2) {
		fail_code(err, CODE_USAGE, EINVAL, "there is no number of VFs for '%s'", args[arg_count - 1]);
		return fail_hint(err, "each PF is followed by its number: sluice vf create eth0 4 eth1 4");
	}
	for (size_t i = 0; i < arg_count; i += 2) {
		uint64_t count;

		if (text_to_u64(args[i + 1], UINT16_MAX, &count) < 0) {
			fail_code(err, CODE_USAGE, EINVAL, "'%s' is no number of VFs", args[i + 1]);
			return fail_hint(err, "`sluice vf list %s` shows how many it offers", args[i]);
		}
		wanted->pf[wanted->used] = args[i];
		wanted->count[wanted->used++] = (unsigned int)count;
	}
	return 0;
}

/* PFs that have another number of VFs: only of those guests lose any. */
static int find_changing(const struct host *host, const struct wanted *wanted, struct pci_addr *ret_pfs,
	size_t *ret_count, struct error *err)
{
	*ret_count = 0;
	for (size_t i = 0; i < wanted->used; i++) {
		const struct pci_device *pf;
		int ret = request_select_pf(host, wanted->pf[i], &pf, err);

		if (ret < 0)
			return ret;
		if (pf->sriov.num_vfs != wanted->count[i] && wanted->count[i] &&
			wanted->count[i] <= pf->sriov.total_vfs)
			ret_pfs[(*ret_count)++] = pf->addr;
	}
	return 0;
}

/* VFs that guests have given back meanwhile. */
struct drain {
	struct drained *vf; /* owned */
	size_t count;
};

static void drain_done(struct drain *drain)
{
	free(drain->vf);
}

static int begin_drain(const struct cli *cli, const struct wanted *wanted, const struct create_options *options,
	struct drain *drain, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	struct pci_addr pfs[PFS_MAX];
	char name[PCI_ADDR_TEXT_SIZE];
	size_t pf_count = 0;
	int ret = host_open(&host, cli->sysroot, 0, err);

	if (!ret)
		ret = find_changing(&host, wanted, pfs, &pf_count, err);
	if (!ret)
		ret = guest_drain(
			&host, pfs, pf_count, (uint32_t)options->timeout_s * 1000, &drain->vf, &drain->count, err);
	for (size_t i = 0; i < drain->count; i++)
		cli_say(cli, "%s %s %s", drain->vf[i].guest,
			drain->vf[i].pulled ? "did not let go of" : "has given back",
			pci_addr_text(drain->vf[i].addr, name));
	return ret;
}

static void tell_return(const struct cli *cli, const struct drained *vf)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (vf->is_back)
		cli_say(cli, "%s has %s again%s%s: it was without for %u.%03u s", vf->guest,
			pci_addr_text(vf->addr, name), vf->in_guest[0] ? ", as " : "", vf->in_guest, vf->away_ms / 1000,
			vf->away_ms % 1000);
	else if (vf->is_gone)
		cli_say(cli, "note: %s had VF %u of %s, which is no more", vf->guest, vf->index,
			pci_addr_text(vf->pf, name));
	else if (vf->has_ended)
		cli_say(cli, "note: %s had VF %u of %s, and has ended meanwhile", vf->guest, vf->index,
			pci_addr_text(vf->pf, name));
}

/* Also when the number could not be changed. The first error is kept, and says when a guest's VF is not back. */
static int end_drain(
	const struct cli *cli, const struct sysroot *root, const struct drain *drain, int ret, struct error *err)
{
	struct error second = { 0 };
	int undrained = drain->count ? guest_undrain(root, drain->vf, drain->count, &second) : 0;

	for (size_t i = 0; i < drain->count; i++)
		tell_return(cli, &drain->vf[i]);
	if (undrained >= 0)
		return ret;
	if (ret < 0) {
		err->code = CODE_HALF_DONE;
		fail_hint(err, "and %s", second.msg);
		return ret;
	}
	*err = second;
	fail_in(err, "the VFs are made, but");
	return undrained;
}

static json_t *drain_json(const struct drain *drain)
{
	json_t *list = json_array();

	for (size_t i = 0; i < drain->count; i++) {
		const struct drained *vf = &drain->vf[i];

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:i, s:b, s:b, s:o, s:o, s:o}", "guest", vf->guest, "pf",
				      json_pci_addr(vf->pf), "index", (int)vf->index, "pulled", vf->pulled, "returned",
				      vf->is_back, "address", vf->is_back ? json_pci_addr(vf->addr) : json_null(),
				      "guest_address", json_text(vf->in_guest), "away_ms",
				      vf->is_back ? json_integer(vf->away_ms) : json_null()));
	}
	return list;
}

static int run_create(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct create_options *options = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup(drain_done) struct drain drained = { 0 };
	struct wanted wanted = { 0 };
	struct request_vf_create create = { wanted.pf, wanted.count, 0, options->driver };
	int ret = parse_wanted(args, arg_count, &wanted, err);

	if (!ret)
		ret = sysroot_open(&root, cli->sysroot, err);
	if (!ret && options->drain)
		ret = begin_drain(cli, &wanted, options, &drained, err);
	create.pf_count = wanted.used;
	if (!ret)
		ret = request_vf_create(&root, &create, &done, err);
	ret = end_drain(cli, &root, &drained, ret, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < done.count; i++)
		advise_link(cli, &done.host, pci_inventory_find(&done.host.pci, done.addr[i]));
	record_note(cli, &done.record);
	if (done.away_ms)
		cli_say(cli, "note: the VFs that were there before were away for %u.%03u s", done.away_ms / 1000,
			done.away_ms % 1000);
	return vf_print_changed_and(cli, &done, "drained", options->drain ? drain_json(&drained) : NULL, err);
}

static const char *const create_details[] = {
	"No driver of this host gets to see the new VFs, but for that of --bind. Several PFs are split beside each "
	"other: "
	"all of "
	"them, or none. A PF that has the number already is left alone.",
	"Another number takes all VFs of the PF and makes them anew: refused while a guest or this host uses one of "
	"them "
	"(--drain asks guests, and gives each its VF again, set as it was: they need slots for that, run --hotplug). "
	"Settings and drivers of the VFs that are there before and after are put back.",
	NULL,
};

const struct command cmd_vf_create = {
	.name = "create",
	.summary = "split devices into VFs",
	.arguments = "PF COUNT [PF COUNT]...",
	.min_args = 2,
	.max_args = 2 * PFS_MAX,
	.options = create_rows,
	.options_size = sizeof(struct create_options),
	.defaults = &(const struct create_options){ .timeout_s = 30 },
	.columns = vf_columns,
	.details = create_details,
	.examples = (const char *const[]){ "sluice vf create eth0 4", "sluice vf create eth0 8 eth1 8 --bind vfio-pci",
		"sluice vf create eth0 6 --drain", NULL },
	.run = run_create,
};
