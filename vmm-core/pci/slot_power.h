/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a card when the guest switches the power of its slot, or resets it. Inside vmm-core only; with
 * vm->lock held.
 */
#ifndef VMM_CORE_PCI_SLOT_POWER_H
#define VMM_CORE_PCI_SLOT_POWER_H

#include "vmm-core/pci/pci.h"

/* The slot of port (from 0) has changed: enum pci_slot_change (slot.h). */
void pci_slot_switch_power(struct pci_bus *bus, unsigned int port, unsigned int changes);

#endif
