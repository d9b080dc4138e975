/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cards whose SR-IOV is a switch in their own set-up (non-volatile memory), by maker and driver: a function of such a
 * card without SR-IOV capability, or with 0 VFs, is one that is switched off, and this tool switches it on. Of other
 * cards nothing is known: most have no SR-IOV at all.
 */
#ifndef SRIOV_PF_SETUP_H
#define SRIOV_PF_SETUP_H

#include "os/sysroot.h"
#include "pci/pci.h"

enum {
	PF_SETUP_FIX_SIZE = 480
};

/* How its SR-IOV is switched on, as a clause with this host's names; false where nothing is known of the card. */
bool pf_setup_fix(const struct sysroot *root, const struct pci_device *device, char *buf, size_t size);

#endif
