/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of vendors, devices and classes, from the PCI ID database through libpci. Used by pci/ only. */
#ifndef PCI_NAMES_H
#define PCI_NAMES_H

#include "pci/pci.h"

/* Fill vendor, name and class_name of all devices; they stay "" where the database is missing or does not know. */
void pci_names_fill(struct pci_device *devices, size_t count);

#endif
