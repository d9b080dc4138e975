/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BARs of a PF's VFs (SR-IOV 1.1, 3.3.14): how much each VF has of each, and whether the kernel found a place for
 * those of all VFs, without which it makes none.
 */
#ifndef SRIOV_VF_BAR_H
#define SRIOV_VF_BAR_H

#include "pci/pci.h"

enum {
	VF_BARS = 6
};

struct vf_bar {
	uint64_t size; /* of one VF, and what it is aligned to; 0: there is no such BAR */
	bool prefetchable, is_64bit;
	bool placed; /* the kernel has a place for those of all VFs */
};

struct vf_bars {
	struct vf_bar bar[VF_BARS];
	unsigned int total; /* VFs that the card itself offers, for which the kernel reserves: InitialVFs, TotalVFs */
	bool unknown; /* there are some without place, of unknown size: the card was not asked (not root, a captured host) */
};

/*
 * False when the SR-IOV capability cannot be read (not root). A card whose VFs have no place forgets nothing by being
 * asked: the kernel refuses to make VFs of it, so that nobody decodes what is written here for a moment.
 */
bool vf_bars_read(const struct sysroot *root, const struct pci_device *pf, struct vf_bars *ret_bars);

#endif
