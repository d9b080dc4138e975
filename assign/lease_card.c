// SPDX-License-Identifier: GPL-2.0-or-later
/* Is the card that a lease is for still the one at its address? */
#include <stdio.h>

#include "assign/lease.h"

bool lease_is_for(const struct sysroot *root, const struct pci_inventory *inventory, const struct lease *lease,
	const struct pci_device *device, char *was, char *is, size_t size)
{
	struct pci_identity now;

	if (!lease->identity.path[0])
		return true;
	pci_identity_read(root, inventory, device, lease->identity.vpd[0], &now);
	switch (now.path[0] ? pci_identity_compare(&lease->identity, &now, NULL, 0) : PCI_IDENTITY_SAME) {
	case PCI_IDENTITY_SAME:
	case PCI_IDENTITY_MOVED:
		return true;
	default:
		break;
	}
	pci_identity_describe(&lease->identity, was, size);
	pci_identity_describe(&now, is, size);
	return false;
}
