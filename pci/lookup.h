/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of an inventory, which lookups rely on. Used by inventory.c only; everybody looks up by
 * pci_inventory_find().
 */
#ifndef PCI_LOOKUP_H
#define PCI_LOOKUP_H

#include "pci/pci.h"

/* By address: a PF before its VFs, functions of a bus side by side. */
void pci_lookup_sort(struct pci_inventory *inventory);

#endif
