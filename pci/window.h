/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory windows of a port or bridge (PCI-to-PCI Bridge Architecture 1.2, 3.2.5.8 and 3.2.5.9): the addresses that it
 * forwards to the bus behind it, what of them is taken, and what would still fit. Looking only.
 */
#ifndef PCI_WINDOW_H
#define PCI_WINDOW_H

#include "pci/pci.h"

enum {
	PCI_WINDOWS = 2,      /* of memory: the plain one, and the prefetchable one */
	PCI_WINDOW_USED = 96, /* pieces of one that are told apart; functions of a bus have some 13 each */
};

struct pci_piece {
	uint64_t start, end; /* end: the last octet */
};

struct pci_window {
	bool prefetchable, is_64bit;
	uint64_t start, end;
	struct pci_piece used[PCI_WINDOW_USED]; /* by address, apart from each other */
	size_t used_count;
	bool cut; /* more is in it than could be noted */
};

/*
 * The windows of the bridge at addr, with what the functions right behind it have of them; what the VFs of pf have
 * counts as free. Returns their count; 0 for a bridge that forwards no memory, or where the kernel does not say.
 */
size_t pci_windows_read(const struct sysroot *root, const struct pci_inventory *inventory, struct pci_addr addr,
	struct pci_addr pf, struct pci_window ret_window[static PCI_WINDOWS]);

/*
 * Where the kernel would put size octets, aligned to align (a power of two): the lowest place that is free, which is
 * taken then. False: there is none.
 */
bool pci_window_take(struct pci_window *window, uint64_t size, uint64_t align, uint64_t *ret_start);

/* The largest free piece, 0 for none. */
uint64_t pci_window_largest(const struct pci_window *window);

/* May a BAR of that kind lie in the window (drivers/pci/setup-res.c, __pci_assign_resource()). */
bool pci_window_suits(const struct pci_window *window, bool prefetchable, bool is_64bit);

#endif
