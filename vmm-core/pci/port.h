/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that the hierarchy itself consists of: the host bridge and the root ports. Inside vmm-core only. */
#ifndef VMM_CORE_PCI_PORT_H
#define VMM_CORE_PCI_PORT_H

#include "vmm-core/pci/pci.h"

enum {
	PCI_PORT_EXPRESS = 0x40, /* offsets of a port's capabilities: PCI Express, MSI */
	PCI_PORT_MSI = 0x80,
};

/* Fill a zeroed function; its registers are set by power_on. */
void pci_host_bridge_init(struct pci_function *fn);

/* number 1 and up: the port's device number on bus 0, its slot's and its link's number. */
void pci_port_init(struct pci_function *fn, unsigned int number);

/* Has the guest programmed this port to lead to bus? Bus 0 is never behind one. */
bool pci_port_leads_to(const struct pci_function *fn, uint8_t bus);

#endif
