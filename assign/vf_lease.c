// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of a VF that is lent, remembered and put back; see vf_lease.h. */
#include "assign/vf_lease.h"

#include <string.h>

#include "base/text.h"
#include "sriov/vf_text.h"

/* The network device of its PF, by which the VF is set; NULL for what is no VF of a network card. */
static const char *pf_netdev(const struct host *host, struct pci_addr addr, unsigned int *ret_index)
{
	const struct pci_device *vf = pci_inventory_find(&host->pci, addr);
	const struct pci_device *pf = vf && vf->is_vf ? pci_inventory_find(&host->pci, vf->pf) : NULL;

	if (!pf || !pf->netdev_count)
		return NULL;
	*ret_index = (unsigned int)vf->vf_index;
	return pf->netdevs[0].text;
}

/* As text, "" when there are none or the driver does not say. */
static void read_now(const struct host *host, struct pci_addr addr, char text[static VF_TEXT_SIZE])
{
	unsigned int index = 0;
	const char *netdev = pf_netdev(host, addr, &index);
	struct vf_settings settings;

	text[0] = '\0';
	if (!netdev || vf_settings_look_at(&host->root, netdev, index, &settings, NULL) < 0)
		return;
	settings.has_stats = false;
	vf_settings_to_text(&settings, text, VF_TEXT_SIZE);
}

static int put_back(const struct change *change, struct pci_addr addr, const char *text, struct error *err)
{
	unsigned int index = 0;
	const char *netdev = text[0] ? pf_netdev(change_host(change), addr, &index) : NULL;
	struct vf_settings was;
	char name[PCI_ADDR_TEXT_SIZE];
	int ret;

	if (!netdev || vf_settings_from_text(text, &was) < 0)
		return 0;
	ret = vf_settings_restore(change_lock(change), netdev, index, &was, err);
	if (ret >= 0)
		return 0;
	fail_in(err, "%s: put its settings back", pci_addr_text(addr, name));
	fail_hint(err, "'sluice release %s' tries again; making the VFs anew ('sluice vf destroy %s') clears them",
		name, netdev);
	return ret;
}

int vf_lease_begin(const struct change *change, struct lease *lease, bool guest, struct error *err)
{
	int ret = vf_lease_end_guest(change, lease, err);

	if (ret < 0)
		return ret;
	if (!lease->vf_before[0])
		read_now(change_host(change), lease->addr, lease->vf_before);
	if (guest)
		read_now(change_host(change), lease->addr, lease->vf_guest);
	return 0;
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
