// SPDX-License-Identifier: GPL-2.0-or-later
/* `vf create`, `vf set` and `vf destroy` as one call each; see request.h. */
#include <errno.h>
#include <stdlib.h>

#include "assign/request.h"
#include "assign/vfs.h"
#include "base/cleanup.h"
#include "os/place.h"
#include "sriov/pf_setup.h"

/* On a guest the card, and what it is set up to, are the hypervisor's. */
static int hint_without_sriov(const struct host *host, const struct pci_device *device, struct error *err)
{
	char fix[PF_SETUP_FIX_SIZE];
	struct place place;

	place_read(&host->root, &place);
	if (place.is_guest && !place.is_dom0)
		return fail_hint(err, "this is a guest of %s: cards are split on the host below", place.name);
	if (pf_setup_fix(&host->root, device, fix, sizeof(fix)))
		return fail_hint(err, "such a card has SR-IOV, switched off in its own set-up: %s", fix);
	return fail_hint(err, "`sluice vf list` shows the devices that can");
}

int request_select_pf(const struct host *host, const char *name, const struct pci_device **ret_pf, struct error *err)
{
	const struct pci_device *device;
	char text[PCI_ADDR_TEXT_SIZE];
	char pf[PCI_ADDR_TEXT_SIZE];
	int ret = pci_select(&host->root, &host->pci, name, &device, err);

	if (ret < 0)
		return ret;
	pci_addr_text(device->addr, text);
	if (device->is_vf) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s is itself a VF, of %s", text, pci_addr_text(device->pf, pf));
		return fail_hint(err, "name the physical function: %s", pf);
	}
	if (!device->sriov.capable) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s cannot be split: it has no SR-IOV capability", text);
		return hint_without_sriov(host, device, err);
	}
	*ret_pf = device;
	return 0;
}

static int begin(const struct sysroot *root, struct change **ret_change, struct request_done *done, struct error *err)
{
	done->addr = calloc(1, sizeof(*done->addr));
	done->count = 1;
	return done->addr ? change_begin(root, ret_change, err) : fail(err, ENOMEM, "change VFs");
}

static void hand_over(struct change **change, struct request_done *done, struct request_done *ret_done)
{
	record_keep(*change, &done->record);
	change_end(take_ptr(*change), &done->host);
	*ret_done = *done;
	*done = REQUEST_NOTHING_DONE;
}

int request_vf_create(const struct sysroot *root, const char *name, unsigned int count, struct request_done *ret_done,
	struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_change struct change *change = NULL;
	const struct pci_device *pf;
	int ret = begin(root, &change, &done, err);

	if (ret < 0)
		return ret;
	ret = request_select_pf(change_host(change), name, &pf, err);
	if (ret < 0)
		return ret;
	done.addr[0] = pf->addr;
	ret = vfs_create(change, pf, count, err);
	if (ret < 0)
		return ret;
	hand_over(&change, &done, ret_done);
	return 0;
}

int request_vf_destroy(const struct sysroot *root, const char *name, struct request_done *ret_done, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_change struct change *change = NULL;
	const struct pci_device *pf;
	int ret = begin(root, &change, &done, err);

	if (ret < 0)
		return ret;
	ret = request_select_pf(change_host(change), name, &pf, err);
	if (ret < 0)
		return ret;
	done.addr[0] = pf->addr;
	done.removed = pf->sriov.num_vfs;
	ret = vfs_destroy(change, pf, NULL, 0, err);
	if (ret < 0)
		return ret;
	hand_over(&change, &done, ret_done);
	return 0;
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

/* By these others know the guest that has the VF, and its driver does not hear of a change. */
static bool is_identity(const struct vf_settings *settings)
{
	return settings->has_mac || settings->has_node_guid || settings->has_port_guid || settings->vlan != VF_UNSET ||
	       settings->vlan_proto != VF_UNSET;
}

int request_vf_set(const struct sysroot *root, const char *name, const struct vf_settings *settings,
	struct request_done *ret_done, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_change struct change *change = NULL;
	const struct pci_device *vf;
	const struct pci_device *pf = NULL;
	int ret = begin(root, &change, &done, err);

	if (ret < 0)
		return ret;
	ret = pci_select(&change_host(change)->root, &change_host(change)->pci, name, &vf, err);
	if (ret < 0)
		return ret;
	ret = find_netdev(change_host(change), vf, &pf, err);
	if (ret < 0)
		return ret;
	ret = is_identity(settings) ? assign_check_guest(change_host(change), vf, err) : 0;
	if (ret < 0)
		return ret;
	done.addr[0] = pf->addr;
	ret = vf_settings_write(change_lock(change), pf->netdevs[0].text, (unsigned int)vf->vf_index, settings, err);
	if (ret < 0)
		return ret;
	hand_over(&change, &done, ret_done);
	return 0;
}
