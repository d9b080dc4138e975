/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network devices and disks of the inventory's functions. Used by inventory.c only. */
#ifndef PCI_CHILDREN_H
#define PCI_CHILDREN_H

#include "pci/pci.h"

/* Fill netdevs and block_devices of all functions, sorted; the inventory is in order already. */
void pci_children_read(const struct sysroot *root, struct pci_inventory *inventory);

#endif
