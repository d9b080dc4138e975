/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slot of a root port, with native hot plug (PCI Express Base 6.0, 6.7, 7.5.3.9 to 7.5.3.11): an attention button,
 * indicators, and a power controller that the guest switches. Inside vmm-core only.
 *
 *	a card comes    it is present (PDS), the button is pressed: the guest switches power on, the link comes up
 *	it shall go     the button is pressed: the guest stops using it and switches power off
 *	it is gone      no longer present; with power still on that is a surprise, and the guest has to cope
 *	it has failed   the link is down, until the guest switches power off and on, or resets the bus
 *
 * Without power a card is not there for the guest: its configuration space reads as ones, its BARs are unmapped. So it
 * is while the guest holds it in reset, by the port's Secondary Bus Reset (7.5.1.3.13), and the link is down meanwhile.
 * Commands complete at once, so the slot has no Command Completed (NCCS). The interrupt is the port's MSI, or INTx
 * where the guest has not enabled that: a level, of all ports that share the pin. Everything is done with vm->lock
 * held.
 */
#ifndef VMM_CORE_PCI_SLOT_H
#define VMM_CORE_PCI_SLOT_H

#include "vmm-core/pci/pci.h"

enum pci_slot_change {
	PCI_SLOT_CAME = 1 << 0, /* the card is there for the guest */
	PCI_SLOT_WENT = 1 << 1, /* and is not any more */
	PCI_SLOT_OFF = 1 << 2,  /* the guest has switched the power off */
};

/* Registers as after power-on, with a card in the slot and powered, or an empty slot. port is the root port. */
void pci_slot_init(struct pci_slot *slot, struct pci_function *port, bool occupied);

/* A card is put in, or pulled out; the guest is told. */
void pci_slot_insert(struct pci_slot *slot, struct pci_function *port);
void pci_slot_remove(struct pci_slot *slot, struct pci_function *port);

/* The card loses its link. Returns enum pci_slot_change. */
unsigned int pci_slot_fail(struct pci_slot *slot, struct pci_function *port);

/* Press the attention button. Pressed again within 5 s, a guest takes it for a change of mind. */
void pci_slot_press_button(struct pci_slot *slot, struct pci_function *port);

/*
 * After the guest has written to port's registers: switches power, tells of events that wait. Returns what of
 * enum pci_slot_change has just become true.
 */
unsigned int pci_slot_written(struct pci_slot *slot, struct pci_function *port);

#endif
