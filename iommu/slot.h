/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports that would give a card an IOMMU group of its own, free ones first, with the name printed at the slot. */
#ifndef IOMMU_SLOT_H
#define IOMMU_SLOT_H

#include "iommu/topology.h"

struct slot_choice {
	struct pci_addr port;
	char name[24]; /* sys/bus/pci/slots; "" unknown */
	bool occupied;
};

/*
 * At most max root and downstream ports behind which function index would not share: the way up from each isolates,
 * and it is not behind one that function index is behind already. Returns the count.
 */
size_t slot_choices(const struct sysroot *root, const struct topology *topology, int index,
	struct slot_choice *ret_choice, size_t max);

#endif
