/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BAR registers and what they make visible; the addresses that firmware would give out. Inside vmm-core only: the
 * contract of a function with its bus is pci.h.
 */
#ifndef VMM_CORE_PCI_BAR_H
#define VMM_CORE_PCI_BAR_H

#include "vmm-core/pci/pci.h"

uint64_t pci_bar_register(const struct pci_function *fn, unsigned int index);
void pci_bar_register_set(struct pci_function *fn, unsigned int index, uint64_t address);

/* In port space; smaller than a page of memory. */
bool pci_bar_is_ports(const struct pci_bar *bar);
bool pci_bar_is_sub_page(const struct pci_bar *bar);

/* The bits of COMMAND that switch on the decoding of those BARs that have an address. */
uint16_t pci_bar_decode_bits(const struct pci_function *fn);

/* Does a write to [offset, offset + size) of fn touch COMMAND, a BAR or the ROM's register. */
bool pci_bar_affected(const struct pci_function *fn, unsigned int offset, unsigned int size);

/*
 * Make the mappings what the registers say, see pci.h. Every mapping that can be made is made; the first that could not
 * is the error.
 */
int pci_bars_update(struct pci_bus *bus, const struct layout *layout, struct error *err);

/* Unmap every BAR of fn. */
void pci_bars_unmap(struct pci_function *fn);

/*
 * Give out bus numbers, bridge windows and BAR addresses, and switch memory decoding on. CODE_LAYOUT where a window of
 * the layout is too small.
 */
int pci_bus_assign(struct pci_bus *bus, const struct layout *layout, struct error *err);

/* Would pci_bus_assign() find room? Changes nothing. */
int pci_bus_check_windows(const struct pci_bus *bus, const struct layout *layout, struct error *err);

#endif
