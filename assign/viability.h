/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a device's IOMMU group be usable by VFIO, once the devices that are to be given away are with vfio-pci? */
#ifndef ASSIGN_VIABILITY_H
#define ASSIGN_VIABILITY_H

#include "assign/host.h"

/* 0, CODE_NO_GROUP, or CODE_GROUP_NOT_VIABLE naming who is in the way. Changes nothing. */
int viability_check(const struct host *host, const struct pci_device *device, const struct pci_addr *given,
	size_t given_count, struct error *err);

#endif
