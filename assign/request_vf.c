// SPDX-License-Identifier: GPL-2.0-or-later
/* `vf destroy` as one call, and what a PF is by its name; see request.h. */
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
	request_done_hand_over(&change, &done, ret_done);
	return 0;
}
