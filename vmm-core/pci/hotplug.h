/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cards that come and go while a guest runs: the bus's side of it. How the guest is told and asked is the slot's
 * business (slot.h). A card is all that sits behind one port; ports count from 0. All calls with vm->lock held.
 */
#ifndef VMM_CORE_PCI_HOTPLUG_H
#define VMM_CORE_PCI_HOTPLUG_H

#include "vmm-core/pci/pci.h"

/*
 * Put fn, a card of one function, behind a free port of a running machine: it is powered on, has no addresses yet, and
 * the guest is told. fn->bus says which port it got, counted from 1. Refused, with nothing changed, where no port is
 * free or where a restart of the guest would not find room for its BARs (CODE_LAYOUT).
 */
int pci_bus_plug(struct pci_bus *bus, struct pci_function *fn, struct vm *vm, struct error *err);

/* Ask the guest to let go of the card: bus->switched_off comes when it has. */
void pci_bus_ask_unplug(struct pci_bus *bus, unsigned int port);

/* Pull the card, whether the guest has let go of it or not: unmapped, powered off, the slot empty. */
void pci_bus_unplug(struct pci_bus *bus, unsigned int port);

#endif
