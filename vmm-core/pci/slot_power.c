// SPDX-License-Identifier: GPL-2.0-or-later
/* A card whose slot loses its power, or gets it back; see slot_power.h. */
#include "vmm-core/pci/slot_power.h"

#include "vmm-core/pci/bar.h"
#include "vmm-core/pci/slot.h"

/*
 * The hardware keeps its power. That a card without power has forgotten everything becomes true when it gets its power
 * back: by then it is known not to be leaving, and a card that is being removed from the host cannot be reset.
 */
static void switch_power(struct pci_function *fn, bool on)
{
	void (*switched)(struct pci_function * fn) = on ? fn->ops->regain_power : fn->ops->lose_power;

	if (!on)
		pci_bars_unmap(fn);
	if (switched)
		switched(fn);
}

void pci_slot_switch_power(struct pci_bus *bus, unsigned int port, unsigned int changes)
{
	if (!bus->slot[port].occupied)
		return;
	for (unsigned int i = 0; i < PCI_SLOT_FUNCTIONS && changes & (PCI_SLOT_CAME | PCI_SLOT_WENT); i++)
		if (bus->child[port][i])
			switch_power(bus->child[port][i], changes & PCI_SLOT_CAME);
	if (changes & PCI_SLOT_OFF && bus->switched_off)
		bus->switched_off(bus->switched_opaque, port);
}
