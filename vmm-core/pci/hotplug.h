/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cards that come and go while a guest runs: the bus's side of it. How the guest is told and asked is the slot's
 * business (slot.h). A card is all that sits behind one port; ports count from 0. All calls with vm->lock held.
 */
#ifndef VMM_CORE_PCI_HOTPLUG_H
#define VMM_CORE_PCI_HOTPLUG_H

#include "vmm-core/pci/pci.h"

/* A card, by the numbers of its functions; NULL: it has none of that number. */
struct pci_card {
	struct pci_function *function[PCI_SLOT_FUNCTIONS];
};

/*
 * Put a card that has a function 0 behind a free port of a running machine: it is powered on, has no addresses yet, and
 * the guest is told. fn->bus of its functions says which port it got, counted from 1. Refused, with nothing changed,
 * where no port is free or where a restart of the guest would not find room for its BARs (CODE_LAYOUT).
 */
int pci_bus_plug(struct pci_bus *bus, const struct pci_card *card, struct vm *vm, struct error *err);

/* Ask the guest to let go of the card: bus->switched_off comes when it has. */
void pci_bus_ask_unplug(struct pci_bus *bus, unsigned int port);

/*
 * The card has failed: the link of its port is down, until the guest switches its power off and on or resets the bus.
 * A guest whose hot plug driver hears of it takes the card out, and finds it again as after power-on.
 */
void pci_bus_fail(struct pci_bus *bus, unsigned int port);

/* Pull the card, whether the guest has let go of it or not: unmapped, powered off, the slot empty. */
void pci_bus_unplug(struct pci_bus *bus, unsigned int port);

#endif
