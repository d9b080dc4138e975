// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions of an inventory by their address: it is kept in order. */
#include "pci/lookup.h"

#include <stdlib.h>

static int compare_devices(const void *a, const void *b)
{
	return pci_addr_compare(((const struct pci_device *)a)->addr, ((const struct pci_device *)b)->addr);
}

void pci_lookup_sort(struct pci_inventory *inventory)
{
	if (inventory->count)
		qsort(inventory->devices, inventory->count, sizeof(*inventory->devices), compare_devices);
}

const struct pci_device *pci_inventory_find(const struct pci_inventory *inventory, struct pci_addr addr)
{
	const struct pci_device key = { .addr = addr };

	if (!inventory->count)
		return NULL;
	return bsearch(&key, inventory->devices, inventory->count, sizeof(key), compare_devices);
}
