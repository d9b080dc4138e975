// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `vf set` as one call; see request.h. Everything is chosen, checked and looked at before the first VF is written, and
 * what was written is put back when a later one fails.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assign/request.h"
#include "base/cleanup.h"
#include "pci/range.h"
#include "sriov/vf_key.h"
#include "sriov/vf_mac.h"
#include "sriov/vf_target.h"
#include "sriov/vf_text.h"

/* One VF, what it is to have, and what it had. */
struct chosen {
	const struct pci_device *vf;
	struct vf_target target;
	struct vf_settings wanted, before;
};

struct choice {
	struct chosen *one; /* owned */
	size_t count, room;
};

static void choice_done(struct choice *choice)
{
	free(choice->one);
}

static int find_vf_target(const struct host *host, const char *name, const struct pci_device **ret_vf,
	struct vf_target *ret_target, struct error *err)
{
	const struct pci_device *vf, *pf;
	char text[PCI_ADDR_TEXT_SIZE];
	int ret = pci_select(&host->root, &host->pci, name, &vf, err);

	if (ret < 0)
		return ret;
	pf = vf->is_vf ? pci_inventory_find(&host->pci, vf->pf) : NULL;
	if (!pf) {
		fail_code(err, CODE_NO_SUCH_VF, ENODEV, "%s is no VF", pci_addr_text(vf->addr, text));
		return fail_hint(err, "name a VF as PF/INDEX: `sluice vf list` shows them");
	}
	*ret_vf = vf;
	*ret_target = (struct vf_target){ &host->root, pf, vf->vf_index };
	return 0;
}

/* What the device is made of, as long as nobody has it. */
static bool is_hardware(const struct vf_settings *settings)
{
	return settings->queues != VF_UNSET || settings->interrupts != VF_UNSET || settings->online != VF_UNSET ||
	       settings->has_namespaces || settings->msix != VF_UNSET;
}

/* By these others know the guest that has the VF, and its driver does not hear of a change. */
static bool is_identity(const struct vf_settings *settings)
{
	return settings->has_mac || settings->mac_from != VF_MAC_SAID || settings->has_node_guid ||
	       settings->has_port_guid || settings->vlan != VF_UNSET || settings->vlan_proto != VF_UNSET ||
	       is_hardware(settings);
}

/* What is taken from under the host's own driver may not be changed while it has the VF. */
static int check_idle(const struct host *host, const struct pci_device *vf, const struct vf_settings *settings,
	bool has_macs, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = has_macs || is_identity(settings) ? assign_check_guest(host, vf, err) : 0;

	if (ret < 0 || !is_hardware(settings) || !vf->driver[0] || pci_driver_is_vfio(vf->driver))
		return ret;
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "%s is used by this host: driver %s", pci_addr_text(vf->addr, name),
		vf->driver);
	return fail_hint(err, "`sluice bind %s` takes it from that driver", name);
}

static int grow(struct choice *choice, struct error *err)
{
	size_t room = choice->room ? 2 * choice->room : 8;
	struct chosen *more;

	if (choice->count < choice->room)
		return 0;
	more = realloc(choice->one, room * sizeof(*more));
	if (!more)
		return fail(err, ENOMEM, "set VFs");
	choice->one = more;
	choice->room = room;
	return 0;
}

static int choose_one(const struct host *host, const char *name, struct choice *choice, struct error *err)
{
	struct chosen *chosen;
	char text[PCI_ADDR_TEXT_SIZE];
	int ret = grow(choice, err);

	if (ret < 0)
		return ret;
	chosen = &choice->one[choice->count];
	ret = find_vf_target(host, name, &chosen->vf, &chosen->target, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < choice->count; i++)
		if (choice->one[i].vf == chosen->vf) {
			fail_code(err, CODE_USAGE, EINVAL, "'%s': %s is named twice", name,
				pci_addr_text(chosen->vf->addr, text));
			return fail_hint(err, "name each VF once: `sluice vf list` shows them");
		}
	choice->count++;
	return 0;
}

static int choose(const struct host *host, const char *name, struct choice *choice, struct error *err)
{
	char one[PCI_RANGE_NAME_MAX];
	struct pci_range range;
	int ret = pci_range_parse(name, &range, err);

	if (ret <= 0)
		return ret < 0 ? ret : choose_one(host, name, choice, err);
	ret = 0;
	for (size_t i = 0; !ret && i < range.count; i++)
		ret = choose_one(host, pci_range_name(&range, i, one), choice, err);
	return ret;
}

/* What no two VFs may have. */
static int check_shared(const struct request_vf_set *set, size_t count, struct error *err)
{
	const struct vf_settings *settings = set->settings;

	if (settings->mac_from == VF_MAC_KEEP) {
		fail_code(err, CODE_USAGE, EINVAL, "mac=keep changes nothing");
		return fail_hint(err, "it is for a guest's VF: sluice run --device PF/INDEX,mac=keep");
	}
	if (set->mac_count && set->mac_count != count) {
		fail_code(err, CODE_USAGE, EINVAL, "%zu addresses for %zu VFs", set->mac_count, count);
		return fail_hint(err, "one for each, in their order, or mac=stable");
	}
	if (count == 1 || !(settings->has_mac || settings->has_node_guid || settings->has_port_guid))
		return 0;
	fail_code(err, CODE_USAGE, EINVAL, "%zu VFs cannot have one %s", count, settings->has_mac ? "address" : "GUID");
	if (settings->has_mac)
		return fail_hint(err, "mac=stable, mac=random, or as many addresses as VFs with commas between them");
	return fail_hint(err, "set GUIDs one VF after the other");
}

static int make_wanted(const struct host *host, const struct request_vf_set *set, struct choice *choice, size_t index,
	struct error *err)
{
	struct chosen *chosen = &choice->one[index];
	char text[MAC_TEXT_SIZE];
	int ret = check_idle(host, chosen->vf, set->settings, set->mac_count, err);

	if (ret < 0)
		return ret;
	chosen->wanted = *set->settings;
	if (set->mac_count) {
		chosen->wanted.has_mac = true;
		chosen->wanted.mac = set->mac[index];
	}
	ret = vf_mac_make(
		&host->root, &host->pci, chosen->target.pf, (unsigned int)chosen->target.index, &chosen->wanted, err);
	for (size_t i = 0; !ret && chosen->wanted.has_mac && i < index; i++)
		if (!memcmp(&choice->one[i].wanted.mac, &chosen->wanted.mac, sizeof(chosen->wanted.mac))) {
			fail_code(err, CODE_USAGE, EADDRINUSE, "two VFs cannot have the address %s",
				mac_to_text(&chosen->wanted.mac, text));
			return fail_hint(err, "give every VF an address of its own: mac=stable makes one");
		}
	return ret;
}

/* As they are now: each PF is asked once when its VFs are named together. */
static int look(const struct choice *choice, struct error *err)
{
	cleanup_free struct vf_settings *all = calloc(VF_SETTINGS_MAX, sizeof(*all));
	const struct pci_device *pf = NULL;
	size_t count = 0;

	if (!all)
		return fail(err, ENOMEM, "look at VFs");
	for (size_t i = 0; i < choice->count; i++) {
		struct chosen *chosen = &choice->one[i];

		if (chosen->target.pf != pf)
			count = vf_target_read_all(chosen->target.root, chosen->target.pf, all, VF_SETTINGS_MAX);
		pf = chosen->target.pf;
		vf_settings_init(&chosen->before);
		if ((size_t)chosen->target.index < count)
			chosen->before = all[chosen->target.index];
	}
	return 0;
}

/* What was asked for, as it was. Returns a setting that the driver did not tell, and that stays: NULL for none. */
static const struct vf_key *pick_before(const struct chosen *chosen, struct vf_settings *ret_back)
{
	const struct vf_key *unknown = NULL;

	vf_settings_init(ret_back);
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (vf_key_is_set(key, &chosen->wanted) && vf_key_is_set(key, &chosen->before))
			vf_key_copy(key, ret_back, &chosen->before);
		else if (vf_key_is_set(key, &chosen->wanted))
			unknown = key;
	return unknown;
}

/* Other settings are left alone: a guest may have changed its own meanwhile. */
static int undo_one(const struct host_lock *lock, const struct chosen *chosen, struct error *err)
{
	struct vf_settings back;
	char name[PCI_ADDR_TEXT_SIZE];
	const struct vf_key *unknown = pick_before(chosen, &back);
	int ret = vf_target_restore(lock, &chosen->target, &back, err);

	if (ret < 0 || !unknown)
		return ret;
	return fail(err, ENODATA, "its driver does not tell what %s of %s was", unknown->name,
		pci_addr_text(chosen->vf->addr, name));
}

/* VFs before the one that was refused. Keeps the error, and says what is left. */
static void undo(const struct host_lock *lock, const struct choice *choice, size_t done, struct error *err)
{
	struct error second = { 0 };
	bool is_left = false;

	for (size_t i = done; i--;)
		if (undo_one(lock, &choice->one[i], &second) < 0)
			is_left = true;
	if (!err || !done)
		return;
	if (is_left) {
		err->code = CODE_HALF_DONE;
		fail_hint(err, "VFs that were set before could not be put back: %s", second.msg);
	} else if (code_info(err->code)->status != STATUS_HALF_DONE) {
		err->code = CODE_ROLLED_BACK;
		fail_in(err, "none of %zu VFs was changed", choice->count);
	}
}

static int write_all(const struct host_lock *lock, const struct choice *choice, struct error *err)
{
	for (size_t i = 0; i < choice->count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];
		int ret = vf_target_write(lock, &choice->one[i].target, &choice->one[i].wanted, err);

		if (ret >= 0)
			continue;
		if (choice->count > 1)
			fail_in(err, "%s", pci_addr_text(choice->one[i].vf->addr, name));
		undo(lock, choice, i, err);
		return ret;
	}
	return 0;
}

/* The physical functions of what is chosen, each once. */
static int name_pfs(const struct choice *choice, struct request_done *done, struct error *err)
{
	done->addr = calloc(choice->count + 1, sizeof(*done->addr));
	if (!done->addr)
		return fail(err, ENOMEM, "set VFs");
	for (size_t i = 0; i < choice->count; i++) {
		struct pci_addr pf = choice->one[i].target.pf->addr;
		size_t at = 0;

		while (at < done->count && pci_addr_compare(done->addr[at], pf))
			at++;
		if (at == done->count)
			done->addr[done->count++] = pf;
	}
	return 0;
}

static int set_in(const struct change *change, const struct request_vf_set *set, struct choice *choice,
	struct request_done *done, struct error *err)
{
	const struct host *host = change_host(change);
	int ret = 0;

	for (size_t i = 0; !ret && i < set->vf_count; i++)
		ret = choose(host, set->vf[i], choice, err);
	if (!ret)
		ret = check_shared(set, choice->count, err);
	for (size_t i = 0; !ret && i < choice->count; i++)
		ret = make_wanted(host, set, choice, i, err);
	if (!ret)
		ret = name_pfs(choice, done, err);
	if (!ret)
		ret = look(choice, err);
	return ret < 0 ? ret : write_all(change_lock(change), choice, err);
}

int request_vf_set(
	const struct sysroot *root, const struct request_vf_set *set, struct request_done *ret_done, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup(choice_done) struct choice choice = { 0 };
	cleanup_change struct change *change = NULL;
	int ret = change_begin(root, &change, err);

	if (!ret)
		ret = set_in(change, set, &choice, &done, err);
	if (ret < 0)
		return ret;
	request_done_hand_over(&change, &done, ret_done);
	return 0;
}
