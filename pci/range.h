/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of VFs in DEVICE lists: "eth0/0-3,7" is five devices, eth0/0 to eth0/3 and eth0/7. Text alone: whether there
 * are such VFs is pci_select()'s to say.
 */
#ifndef PCI_RANGE_H
#define PCI_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	PCI_RANGE_MAX = 256,      /* devices of one range */
	PCI_RANGE_NAME_MAX = 160, /* of one of their names */
};

struct pci_range {
	char pf[PCI_RANGE_NAME_MAX - 8];
	unsigned int index[PCI_RANGE_MAX];
	size_t count;
};

/*
 * 1 with the range, 0 for a text that is none (a name, an address, PF/INDEX); CODE_USAGE for one that is a range and
 * makes no sense: backwards, too many, one named twice.
 */
int pci_range_parse(const char *text, struct pci_range *ret_range, struct error *err);

/* "eth0/3". Returns buf. */
const char *pci_range_name(const struct pci_range *range, size_t number, char buf[static PCI_RANGE_NAME_MAX]);

#endif
