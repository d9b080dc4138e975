/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slot of a root port, with native hot plug (PCI Express Base 6.0, 6.7, 7.5.3.9 to 7.5.3.11): an attention button,
 * indicators, and a power controller that the guest switches. Inside vmm-core only.
 *
 *	a card comes    it is present (PDS), the button is pressed: the guest switches power on, the link comes up
 *	it shall go     the button is pressed: the guest stops using it and switches power off
 *	it is gone      no longer present; with power still on that is a surprise, and the guest has to cope
 *
 * Without power a card is not there for the guest: its configuration space reads as ones, its BARs are unmapped.
 * Commands complete at once, so the slot has no Command Completed (NCCS). The interrupt is the port's MSI; a guest that
 * uses none looks at the status itself, or never notices. Everything is done with vm->lock held.
 */
#ifndef VMM_CORE_PCI_SLOT_H
#define VMM_CORE_PCI_SLOT_H

#include "vmm-core/pci/pci.h"

/* Registers as after power-on, with a card in the slot and powered, or an empty slot. port is the root port. */
void pci_slot_init(struct pci_slot *slot, struct pci_function *port, bool occupied);

/* A card is put in, or pulled out; the guest is told. */
void pci_slot_insert(struct pci_slot *slot, struct pci_function *port);
void pci_slot_remove(struct pci_slot *slot, struct pci_function *port);

/* Press the attention button. Pressed again within 5 s, a guest takes it for a change of mind. */
void pci_slot_press_button(struct pci_slot *slot, struct pci_function *port);

/*
 * After the guest has written to port's registers: switches power, tells of events that wait. Returns true when the
 * slot has just lost its power or got it.
 */
bool pci_slot_written(struct pci_slot *slot, struct pci_function *port);

#endif
