// SPDX-License-Identifier: GPL-2.0-or-later
/* `eswitch set`, `explain`, `function`, `rate` and `node` as one call each; see request_eswitch.h. */
#include "assign/request_eswitch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assign/change.h"
#include "assign/check.h"
#include "assign/request.h"
#include "assign/verdict.h"
#include "base/cleanup.h"
#include "sriov/eswitch_change.h"
#include "sriov/eswitch_note.h"

/* "netdevsim/netdevsim1", "pci/0000:01:00.0", and either with "/VF": a bus that this kernel has comes first. */
static bool take_handle(const struct host *host, const char *name, struct eswitch_target *ret_target)
{
	const char *slash = strchr(name, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;
	char text[DEVLINK_HANDLE_TEXT_SIZE];
	struct eswitch_target target = { .vf = -1 };
	uint64_t vf;

	if (!slash || !text_copy(text, sizeof(text), name))
		return false;
	if (second) {
		if (text_to_u64(second + 1, UINT16_MAX, &vf) < 0)
			return false;
		target.vf = (int)vf;
		text[second - name] = '\0';
	}
	if (!eswitch_handle_parse(text, &target.handle) ||
		!sysroot_exists(&host->root, "sys/bus/%s/devices", target.handle.bus))
		return false;
	*ret_target = target;
	return true;
}

/* A network device that is not on PCI, and "NETDEV/VF". */
static bool take_netdev(const struct host *host, const char *name, struct eswitch_target *ret_target)
{
	struct eswitch_target target = { .vf = -1 };
	const char *slash = strchr(name, '/');
	char netdev[16];
	uint64_t vf;

	if (!text_copy(netdev, sizeof(netdev), name) && !slash)
		return false;
	if (slash) {
		if ((size_t)(slash - name) >= sizeof(netdev) || text_to_u64(slash + 1, UINT16_MAX, &vf) < 0)
			return false;
		netdev[slash - name] = '\0';
		target.vf = (int)vf;
	}
	if (!eswitch_handle_netdev(&host->root, netdev, &target.handle) || !strcmp(target.handle.bus, "pci"))
		return false;
	*ret_target = target;
	return true;
}

int request_eswitch_target(
	const struct host *host, const char *name, struct eswitch_target *ret_target, struct error *err)
{
	const struct pci_device *device;
	int ret;

	if (take_handle(host, name, ret_target) || take_netdev(host, name, ret_target))
		return 0;
	ret = pci_select(&host->root, &host->pci, name, &device, err);
	if (ret < 0)
		return ret;
	ret_target->handle = eswitch_handle_pci(device->is_vf ? device->pf : device->addr);
	ret_target->vf = device->is_vf ? device->vf_index : -1;
	return 0;
}

/* What a request has in hand. */
struct work {
	struct change *change;
	struct devlink devlink;
	struct eswitch_target target;
	struct eswitch now;
};

#define NO_WORK                                                                                                        \
	{                                                                                                              \
		.devlink.channel.fd = -1                                                                               \
	}

static void end_work(struct work *work)
{
	eswitch_done(&work->now);
	devlink_close(&work->devlink);
	change_end(work->change, NULL);
}

static int begin(const struct sysroot *root, const char *name, struct work *work, struct error *err)
{
	int ret = change_begin(root, &work->change, err);

	if (!ret)
		ret = request_eswitch_target(change_host(work->change), name, &work->target, err);
	if (!ret)
		ret = devlink_open(root, &work->devlink, err);
	if (!ret)
		ret = eswitch_read(root, &work->devlink, &work->target.handle, &work->now, err);
	return ret;
}

static int read_after(const struct sysroot *root, struct work *work, struct eswitch *ret_after, struct error *err)
{
	return eswitch_read(root, &work->devlink, &work->target.handle, ret_after, err);
}

/* How many VFs there are to be: those of now, or of before a change that was cut off when it had taken them away. */
static unsigned int wanted_vfs(const struct sysroot *root, const struct eswitch *now)
{
	struct eswitch_note note;

	if (now->vf_count || !eswitch_note_read(root, &now->handle, &note) || !note.changing)
		return now->vf_count;
	return note.vfs;
}

static int make_plan(const struct sysroot *root, const struct eswitch *now, const struct request_eswitch *request,
	struct eswitch_plan *ret_plan, struct error *err)
{
	cleanup(eswitch_rules_done) struct eswitch_rules rules = { 0 };
	int ret = eswitch_rules_read(root, request->rules, &rules, err);
	struct eswitch_rule rule;

	if (ret < 0)
		return ret;
	rule = eswitch_rule_for(&rules, now);
	return eswitch_plan_make(now, &rule, &request->wish, wanted_vfs(root, now), ret_plan, err);
}

int request_eswitch_explain(const struct host *host, const char *name, const struct request_eswitch *request,
	struct eswitch_plan *ret_plan, struct eswitch *ret_now, struct error *err)
{
	struct eswitch_target target;
	struct devlink devlink;
	struct eswitch now;
	int ret = request_eswitch_target(host, name, &target, err);

	if (!ret)
		ret = devlink_open(&host->root, &devlink, err);
	if (ret < 0)
		return ret;
	ret = eswitch_read(&host->root, &devlink, &target.handle, &now, err);
	devlink_close(&devlink);
	if (ret < 0)
		return ret;
	ret = make_plan(&host->root, &now, request, ret_plan, err);
	if (ret < 0)
		eswitch_done(&now);
	else
		*ret_now = now;
	return ret;
}

/* Whoever uses a VF would be cut off, for as long as the change takes or for good. */
static int check_users(const struct work *work, const struct eswitch_plan *plan, struct error *err)
{
	const struct host *host = change_host(work->change);
	cleanup(judge_close) struct judge judge = { 0 };
	int ret = judge_open(&judge, host, JUDGE_AFRESH, NULL, 0, err);

	if (!ret)
		ret = eswitch_check_users(&host->root, &work->now, plan, err);

	for (unsigned int i = 0; !ret && i < work->now.vf_count; i++) {
		const struct pci_device *vf =
			work->now.vfs[i].has_addr ? pci_inventory_find(&host->pci, work->now.vfs[i].addr) : NULL;

		if (vf)
			ret = assign_check_by(&judge, vf, err);
	}
	return ret;
}

/* With no step left to do, what a change that was cut off wrote down, or another mode that was wanted, is done with. */
static int do_plan(struct work *work, const struct eswitch_plan *plan, struct error *err)
{
	const struct host *host = change_host(work->change);
	const struct pci_device *pf = work->now.has_addr ? pci_inventory_find(&host->pci, work->now.addr) : NULL;
	struct eswitch_note note;
	int ret;

	if (!plan->count) {
		if (eswitch_note_read(&host->root, &work->now.handle, &note) &&
			(note.changing || (plan->to.mode == work->now.is.mode && note.mode != plan->to.mode)))
			eswitch_note_remove(change_lock(work->change), &work->now.handle);
		return 0;
	}
	ret = check_users(work, plan, err);
	if (ret < 0)
		return ret;
	return eswitch_change(change_lock(work->change), &work->devlink, &work->now, plan, pf, err);
}

int request_eswitch_set(const struct sysroot *root, const char *name, const struct request_eswitch *request,
	struct eswitch_plan *ret_plan, struct eswitch *ret_after, struct error *err)
{
	cleanup(end_work) struct work work = NO_WORK;
	int ret = begin(root, name, &work, err);

	if (!ret && work.target.vf >= 0) {
		fail_code(err, CODE_USAGE, EINVAL, "'%s' is a VF, and the eswitch is its physical function's", name);
		return fail_hint(
			err, "name the physical function: %s/%s", work.target.handle.bus, work.target.handle.name);
	}
	if (!ret)
		ret = make_plan(root, &work.now, request, ret_plan, err);
	if (!ret && request->dry_run)
		ret = check_users(&work, ret_plan, err);
	else if (!ret)
		ret = do_plan(&work, ret_plan, err);
	return ret < 0 ? ret : read_after(root, &work, ret_after, err);
}

/* A VF was named, and it has a port. */
static int find_port(const struct work *work, const char *name, const struct devlink_port **ret_port, struct error *err)
{
	int vf = work->target.vf;

	if (vf < 0) {
		fail_code(err, CODE_USAGE, EINVAL, "'%s' is no VF", name);
		return fail_hint(err, "name a VF as PF/INDEX: %s/0", name);
	}
	if ((unsigned int)vf >= work->now.vf_count) {
		fail_code(err, CODE_NO_SUCH_VF, ENODEV, "%s/%s has no VF %d: it has %u", work->now.handle.bus,
			work->now.handle.name, vf, work->now.vf_count);
		return fail_hint(err, "VFs are numbered from 0");
	}
	*ret_port = eswitch_vf_port(&work->now, (unsigned int)vf);
	if (*ret_port)
		return 0;
	fail_code(err, CODE_ESWITCH_NONE, EOPNOTSUPP, "VF %d of %s/%s has no port of an eswitch: mode is %s", vf,
		work->now.handle.bus, work->now.handle.name, eswitch_mode_name(work->now.is.mode));
	return fail_hint(err,
		"in legacy mode `sluice vf set` has a VF's settings; `sluice eswitch set %s/%s "
		"mode=switchdev` changes the mode",
		work->now.handle.bus, work->now.handle.name);
}

int request_eswitch_function(const struct sysroot *root, const char *name, const struct devlink_function *function,
	struct eswitch *ret_after, struct error *err)
{
	cleanup(end_work) struct work work = NO_WORK;
	const struct devlink_port *port = NULL;
	const struct pci_device *vf = NULL;
	int ret = begin(root, name, &work, err);

	if (!ret)
		ret = find_port(&work, name, &port, err);
	if (ret < 0)
		return ret;
	if (work.now.vfs[work.target.vf].has_addr)
		vf = pci_inventory_find(&change_host(work.change)->pci, work.now.vfs[work.target.vf].addr);
	if (vf)
		ret = assign_check_guest(change_host(work.change), vf, err);
	if (!ret)
		ret = devlink_function_write(&work.devlink, port, function, err);
	return ret < 0 ? ret : read_after(root, &work, ret_after, err);
}

int request_eswitch_rate(const struct sysroot *root, const char *name, const struct devlink_rate *rate,
	struct eswitch *ret_after, struct error *err)
{
	cleanup(end_work) struct work work = NO_WORK;
	const struct devlink_port *port = NULL;
	struct devlink_rate wanted = *rate;
	int ret = begin(root, name, &work, err);

	if (!ret)
		ret = find_port(&work, name, &port, err);
	if (ret < 0)
		return ret;
	if (!eswitch_vf_rate(&work.now, (unsigned int)work.target.vf)) {
		fail_code(err, CODE_ESWITCH_NONE, EOPNOTSUPP, "VF %d of %s/%s has no transmit rates in devlink",
			work.target.vf, work.now.handle.bus, work.now.handle.name);
		return fail_hint(err, "its driver %s has none; tc on the representor can police", work.now.driver);
	}
	wanted.handle = work.now.handle;
	wanted.is_node = false;
	wanted.port = port->index;
	ret = devlink_rate_write(&work.devlink, &wanted, err);
	return ret < 0 ? ret : read_after(root, &work, ret_after, err);
}

static int change_node(struct work *work, const struct devlink_rate *node, bool remove, struct error *err)
{
	const struct devlink_rate *now = eswitch_node(&work->now, node->node);

	if (!remove)
		return now ? devlink_rate_write(&work->devlink, node, err)
			   : devlink_rate_add(&work->devlink, node, err);
	if (now)
		return devlink_rate_remove(&work->devlink, node, err);
	fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "%s/%s has no rate node %s", node->handle.bus, node->handle.name,
		node->node);
	return fail_hint(err, "`sluice eswitch show %s/%s` lists them", node->handle.bus, node->handle.name);
}

int request_eswitch_node(const struct sysroot *root, const char *name, const struct devlink_rate *node, bool remove,
	struct eswitch *ret_after, struct error *err)
{
	cleanup(end_work) struct work work = NO_WORK;
	struct devlink_rate wanted = *node;
	int ret = begin(root, name, &work, err);

	if (ret < 0)
		return ret;
	wanted.handle = work.now.handle;
	wanted.is_node = true;
	ret = change_node(&work, &wanted, remove, err);
	return ret < 0 ? ret : read_after(root, &work, ret_after, err);
}
