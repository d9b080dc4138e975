// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One VF and its carriers; see vf_target.h. Most VFs have one carrier. What is asked of several is written one carrier
 * after the other, and what was written is put back when a later one fails.
 */
#include "sriov/vf_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/vf.h"
#include "sriov/vf_key.h"
#include "sriov/vf_mac.h"
#include "sriov/vf_text.h"

/* How each kind is found on a device, and what kind of device lacks it. */
static const struct {
	bool (*open)(const struct vf_target *target, const char *name, struct vf_carrier *ret_carrier);
	const char *whose;
} kinds[VF_BY_COUNT] = {
	[VF_BY_LINK] = { vf_netlink_carrier, "VFs of network cards whose PF has its network driver" },
	[VF_BY_NVME] = { vf_nvme_carrier, "VFs of NVMe controllers that the nvme driver has" },
	[VF_BY_SYSFS] = { vf_sysfs_carrier,
		"VFs of cards and kernels that have files for it (sriov_vf_total_msix, sriov_admin)" },
};

static const char *pf_name(const struct pci_device *pf, char buf[static PCI_ADDR_TEXT_SIZE])
{
	return pf->netdev_count ? pf->netdevs[0].text : pci_addr_text(pf->addr, buf);
}

/* What of the settings one carrier takes. Returns how many. */
static size_t pick(const struct vf_settings *from, enum vf_by by, struct vf_settings *ret_picked)
{
	size_t count = 0;

	vf_settings_init(ret_picked);
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (key->by == by && vf_key_is_set(key, from)) {
			vf_key_copy(key, ret_picked, from);
			count++;
		}
	return count;
}

/* Adds what one carrier reported to what others did. */
static void merge(struct vf_settings *to, const struct vf_settings *from)
{
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (vf_key_is_set(key, from))
			vf_key_copy(key, to, from);
	if (from->has_stats) {
		to->has_stats = true;
		to->stats = from->stats;
	}
}

/*
 * The kernel answers zeros for a driver that counts nothing of VFs: these have no ndo_get_vf_stats(). Zeros of another
 * are counts.
 */
static bool counts_vfs(const char *driver)
{
	return strcmp(driver, "igb") != 0;
}

/* Of a network card, also on a captured host. */
static size_t read_link(
	const struct sysroot *root, const struct pci_device *pf, struct vf_settings *settings, size_t max)
{
	size_t count = 0;

	if (!pf->netdev_count || vf_settings_look(root, pf->netdevs[0].text, settings, max, &count) < 0)
		return 0;
	for (size_t i = 0; i < count && !counts_vfs(pf->driver); i++)
		settings[i].has_stats = false;
	return count;
}

size_t vf_target_read_all(
	const struct sysroot *root, const struct pci_device *pf, struct vf_settings *ret_settings, size_t max)
{
	const struct vf_target target = { root, pf, -1 };
	cleanup_free struct vf_settings *other = calloc(max, sizeof(*other));
	size_t all = read_link(root, pf, ret_settings, max);
	char name[PCI_ADDR_TEXT_SIZE];

	for (enum vf_by by = VF_BY_NVME; other && by < VF_BY_COUNT; by++) {
		struct vf_carrier carrier;
		size_t count = 0;

		/* A captured host has files, and no controller that answers. */
		if ((root->captured && by == VF_BY_NVME) || !kinds[by].open(&target, pf_name(pf, name), &carrier) ||
			carrier.read_all(&carrier, other, max, &count, NULL) < 0)
			continue;
		for (; all < count; all++)
			vf_settings_init(&ret_settings[all]);
		for (size_t i = 0; i < count; i++)
			merge(&ret_settings[i], &other[i]);
	}
	return all;
}

bool vf_target_read(const struct vf_target *target, struct vf_settings *ret_settings)
{
	cleanup_free struct vf_settings *all = calloc(VF_SETTINGS_MAX, sizeof(*all));
	size_t count = all ? vf_target_read_all(target->root, target->pf, all, VF_SETTINGS_MAX) : 0;

	if (target->index < 0 || (size_t)target->index >= count)
		return false;
	*ret_settings = all[target->index];
	return true;
}

/* A setting of a kind that this VF has not. */
static int not_such_a_vf(
	const struct vf_target *target, const struct vf_settings *picked, enum vf_by by, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	const struct vf_key *key = NULL;

	while ((key = vf_key_next(key)) && !vf_key_is_set(key, picked))
		;
	fail_code(err, CODE_VF_REJECTED, EOPNOTSUPP, "VF %d of %s has no setting '%s'", target->index,
		pf_name(target->pf, name), key ? key->name : "");
	return fail_hint(err, "%s have it; the driver of %s is %s", kinds[by].whose, name,
		target->pf->driver[0] ? target->pf->driver : "none");
}

/* An address that somebody else of this host has is nobody's to give. */
static int check_address(const struct sysroot *root, const char *ifname, unsigned int index,
	const struct vf_settings *settings, struct error *err)
{
	char who[96], mac[MAC_TEXT_SIZE];

	if (!settings->has_mac || mac_is_zero(&settings->mac) || mac_is_multicast(&settings->mac) ||
		!vf_mac_is_taken(root, ifname, index, &settings->mac, who, sizeof(who)))
		return 0;
	fail_code(err, CODE_USAGE, EADDRINUSE, "%s has the address %s already", who, mac_to_text(&settings->mac, mac));
	return fail_hint(err, "give every VF an address of its own: mac=stable makes one");
}

static int write_by(const struct host_lock *lock, const struct vf_target *target, enum vf_by by,
	const struct vf_settings *picked, struct error *err)
{
	struct vf_carrier carrier;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!kinds[by].open(target, pf_name(target->pf, name), &carrier))
		return not_such_a_vf(target, picked, by, err);
	if (by == VF_BY_LINK) {
		int ret = check_address(host_lock_root(lock), carrier.ifname, (unsigned int)target->index, picked, err);

		return ret < 0 ? ret
			       : vf_settings_write(lock, carrier.ifname, (unsigned int)target->index, picked, err);
	}
	return vf_settings_apply(&carrier, (unsigned int)target->index, picked, err);
}

static int restore_by(const struct host_lock *lock, const struct vf_target *target, enum vf_by by,
	const struct vf_settings *was, struct error *err)
{
	struct vf_carrier carrier;
	char name[PCI_ADDR_TEXT_SIZE];

	if (!kinds[by].open(target, pf_name(target->pf, name), &carrier))
		return 0;
	if (by == VF_BY_LINK)
		return vf_settings_restore(lock, carrier.ifname, (unsigned int)target->index, was, err);
	return vf_settings_put_back(&carrier, (unsigned int)target->index, was, err);
}

/* All that is asked for is of kinds that this VF has: looked at before the first is written. */
static int check_kinds(const struct vf_target *target, const struct vf_settings *settings, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	for (enum vf_by by = 0; by < VF_BY_COUNT; by++) {
		struct vf_settings picked;
		struct vf_carrier carrier;

		if (pick(settings, by, &picked) && !kinds[by].open(target, pf_name(target->pf, name), &carrier))
			return not_such_a_vf(target, &picked, by, err);
	}
	return 0;
}

/* What carriers before this one had written. Keeps the first error, and says when it could not be undone. */
static void undo(const struct host_lock *lock, const struct vf_target *target, enum vf_by failed,
	const struct vf_settings *settings, const struct vf_settings *before, struct error *err)
{
	for (enum vf_by by = 0; by < failed; by++) {
		struct error second = { 0 };
		struct vf_settings picked;

		if (!pick(settings, by, &picked) || !pick(before, by, &picked) ||
			restore_by(lock, target, by, &picked, &second) >= 0 || !err)
			continue;
		err->code = CODE_HALF_DONE;
		fail_hint(err, "what had been set before that could not be undone: %s", second.msg);
	}
}

int vf_target_write(const struct host_lock *lock, const struct vf_target *target, const struct vf_settings *settings,
	struct error *err)
{
	struct vf_settings before;
	int ret = check_kinds(target, settings, err);

	if (ret < 0)
		return ret;
	if (!vf_target_read(target, &before))
		vf_settings_init(&before);
	for (enum vf_by by = 0; by < VF_BY_COUNT; by++) {
		struct vf_settings picked;

		if (!pick(settings, by, &picked))
			continue;
		ret = write_by(lock, target, by, &picked, err);
		if (ret < 0) {
			undo(lock, target, by, settings, &before, err);
			return ret;
		}
	}
	return 0;
}

int vf_target_restore(
	const struct host_lock *lock, const struct vf_target *target, const struct vf_settings *was, struct error *err)
{
	int wrote = 0, first = 0;

	for (enum vf_by by = 0; by < VF_BY_COUNT; by++) {
		struct vf_settings picked;
		int ret;

		if (!pick(was, by, &picked))
			continue;
		ret = restore_by(lock, target, by, &picked, first ? NULL : err);
		if (ret < 0 && !first)
			first = ret;
		wrote |= ret > 0;
	}
	return first ? first : wrote;
}
