// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of a VF that is lent, remembered and put back; see vf_lease.h. */
#include "assign/vf_lease.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sriov/vf_key.h"
#include "sriov/vf_mac.h"
#include "sriov/vf_target.h"
#include "sriov/vf_text.h"

/* False for what is no VF, or one whose PF is not there. */
static bool find_target(const struct host *host, struct pci_addr addr, struct vf_target *ret_target)
{
	const struct pci_device *vf = pci_inventory_find(&host->pci, addr);
	const struct pci_device *pf = vf && vf->is_vf ? pci_inventory_find(&host->pci, vf->pf) : NULL;

	if (!pf)
		return false;
	*ret_target = (struct vf_target){ &host->root, pf, vf->vf_index };
	return true;
}

void vf_lease_look_done(struct vf_lease_look *look)
{
	free(look->settings);
	*look = (struct vf_lease_look){ 0 };
}

static void look_at(const struct host *host, const struct pci_device *pf, struct vf_lease_look *look)
{
	if (look->pf == pf)
		return;
	vf_lease_look_done(look);
	look->settings = calloc(VF_SETTINGS_MAX, sizeof(*look->settings));
	if (!look->settings)
		return;
	look->pf = pf;
	look->count = vf_target_read_all(&host->root, pf, look->settings, VF_SETTINGS_MAX);
}

/* As text, "" when there are none or the driver does not say. */
static void read_now(
	const struct host *host, struct vf_lease_look *look, struct pci_addr addr, char text[static VF_TEXT_SIZE])
{
	struct vf_settings settings;
	struct vf_target target;

	text[0] = '\0';
	if (!find_target(host, addr, &target))
		return;
	look_at(host, target.pf, look);
	if (target.index < 0 || (size_t)target.index >= look->count)
		return;
	settings = look->settings[target.index];
	settings.has_stats = false;
	vf_settings_to_text(&settings, text, VF_TEXT_SIZE);
}

static int put_back(const struct change *change, struct pci_addr addr, const char *text, struct error *err)
{
	struct vf_target target;
	struct vf_settings was;
	char name[PCI_ADDR_TEXT_SIZE], pf[PCI_ADDR_TEXT_SIZE];
	int ret;

	if (!text[0] || !find_target(change_host(change), addr, &target) || vf_settings_from_text(text, &was) < 0)
		return 0;
	ret = vf_target_restore(change_lock(change), &target, &was, err);
	if (ret >= 0)
		return 0;
	fail_in(err, "%s: put its settings back", pci_addr_text(addr, name));
	fail_hint(err, "'sluice release %s' tries again; making the VFs anew ('sluice vf destroy %s') clears them",
		name, target.pf->netdev_count ? target.pf->netdevs[0].text : pci_addr_text(target.pf->addr, pf));
	return ret;
}

int vf_lease_begin(
	const struct change *change, struct vf_lease_look *look, struct lease *lease, bool guest, struct error *err)
{
	const struct host *host = change_host(change);
	bool had_guest = lease->vf_guest[0];
	int ret = vf_lease_end_guest(change, lease, err);

	if (ret < 0)
		return ret;
	/* What was put back was not like that before. */
	if (had_guest)
		vf_lease_look_done(look);
	if (!lease->vf_before[0])
		read_now(host, look, lease->addr, lease->vf_before);
	if (guest)
		read_now(host, look, lease->addr, lease->vf_guest);
	return 0;
}

/* Of a VF that reports an address: none was given while that is zero. */
static bool lacks_address(const struct vf_settings *wanted, const struct vf_settings *now)
{
	return wanted->mac_from == VF_MAC_SAID && !wanted->has_mac && now->has_mac && mac_is_zero(&now->mac);
}

/*
 * Nobody asked for the stable address: a card that has nothing to make it of, and a driver that takes none, leave the
 * guest without one. An address that is another's is no reason to give none.
 */
static int give_address(const struct change *change, const struct vf_target *target, struct error *err)
{
	const struct host *host = change_host(change);
	struct error why = { 0 };
	struct vf_settings mac;
	int ret;

	vf_settings_init(&mac);
	mac.has_mac = !vf_mac_stable(&host->root, &host->pci, target->pf, (unsigned int)target->index, &mac.mac);
	if (!mac.has_mac)
		return 0;
	ret = vf_target_write(change_lock(change), target, &mac, &why);
	if (ret >= 0 || why.code == CODE_VF_REJECTED)
		return 0;
	if (err)
		*err = why;
	fail_in(err, "the address that VF %d gets when none is given (mac=)", target->index);
	return ret;
}

int vf_lease_prepare(
	const struct change *change, const struct lease *lease, const struct vf_settings *wish, struct error *err)
{
	const struct host *host = change_host(change);
	char name[PCI_ADDR_TEXT_SIZE];
	struct vf_settings wanted, now, diff;
	struct vf_target target;
	int ret;

	if (!find_target(host, lease->addr, &target))
		return wish ? fail_code(err, CODE_USAGE, EINVAL, "%s is no VF: only a VF's address is its PF's to set",
				      pci_addr_text(lease->addr, name))
			    : 0;
	if (!vf_target_read(&target, &now))
		vf_settings_init(&now);
	vf_settings_init(&wanted);
	if (wish)
		wanted = *wish;
	if (lacks_address(&wanted, &now)) {
		ret = give_address(change, &target, err);
		if (ret < 0)
			return ret;
	}
	ret = vf_mac_make(&host->root, &host->pci, target.pf, (unsigned int)target.index, &wanted, err);
	if (ret < 0 || !vf_settings_differences(&wanted, &now, &diff))
		return ret;
	return vf_target_write(change_lock(change), &target, &diff, err);
}

int vf_lease_end_guest(const struct change *change, struct lease *lease, struct error *err)
{
	int ret = put_back(change, lease->addr, lease->vf_guest, err);

	if (ret >= 0)
		lease->vf_guest[0] = '\0';
	return ret;
}

int vf_lease_end(const struct change *change, const struct lease *lease, struct error *err)
{
	return put_back(change, lease->addr, lease->vf_before, err);
}
