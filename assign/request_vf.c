// SPDX-License-Identifier: GPL-2.0-or-later
/* `vf set` and `vf destroy` as one call each; see request.h. */
#include <errno.h>
#include <stdlib.h>

#include "assign/request.h"
#include "assign/vfs.h"
#include "base/cleanup.h"
#include "os/place.h"
#include "sriov/pf_setup.h"
#include "sriov/vf_mac.h"
#include "sriov/vf_target.h"

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
	return settings->has_mac || settings->mac_is_stable || settings->has_node_guid || settings->has_port_guid ||
	       settings->vlan != VF_UNSET || settings->vlan_proto != VF_UNSET || is_hardware(settings);
}

/* What is taken from under the host's own driver may not be changed while it has the VF. */
static int check_idle(
	const struct host *host, const struct pci_device *vf, const struct vf_settings *settings, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = is_identity(settings) ? assign_check_guest(host, vf, err) : 0;

	if (ret < 0 || !is_hardware(settings) || !vf->driver[0] || pci_driver_is_vfio(vf->driver))
		return ret;
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "%s is used by this host: driver %s", pci_addr_text(vf->addr, name),
		vf->driver);
	return fail_hint(err, "`sluice bind %s` takes it from that driver", name);
}

/* mac=stable is an address by now. */
static int make_mac(
	const struct host *host, const struct vf_target *target, struct vf_settings *settings, struct error *err)
{
	if (!settings->mac_is_stable)
		return 0;
	settings->has_mac =
		!vf_mac_stable(target->root, &host->pci, target->pf, (unsigned int)target->index, &settings->mac);
	if (settings->has_mac)
		return 0;
	fail_code(err, CODE_USAGE, ENODATA, "the card has neither a permanent MAC address nor a serial number");
	return fail_hint(err, "give an address: mac=02:00:00:00:00:01");
}

int request_vf_set(const struct sysroot *root, const char *name, const struct vf_settings *settings,
	struct request_done *ret_done, struct error *err)
{
	cleanup(request_done_free) struct request_done done = REQUEST_NOTHING_DONE;
	cleanup_change struct change *change = NULL;
	struct vf_settings wanted = *settings;
	const struct pci_device *vf = NULL;
	struct vf_target target;
	int ret = begin(root, &change, &done, err);

	if (ret < 0)
		return ret;
	ret = find_vf_target(change_host(change), name, &vf, &target, err);
	if (!ret)
		ret = check_idle(change_host(change), vf, settings, err);
	if (!ret)
		ret = make_mac(change_host(change), &target, &wanted, err);
	if (ret < 0)
		return ret;
	done.addr[0] = target.pf->addr;
	ret = vf_target_write(change_lock(change), &target, &wanted, err);
	if (ret < 0)
		return ret;
	hand_over(&change, &done, ret_done);
	return 0;
}
