/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules of this kernel say that they drive a device: its modalias against the lines of modules.alias. */
#ifndef PCI_MODALIAS_H
#define PCI_MODALIAS_H

#include "pci/pci.h"

/* One line: "alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb". */
struct pci_modalias {
	uint64_t key;         /* vendor << 32 | device, UINT32_MAX for either that is any */
	uint32_t line;        /* offset of the pattern in the text */
	uint32_t number;      /* of that line in the file, from 1 */
	uint16_t module, end; /* the module's name, from there */
};

struct pci_modaliases {
	char *text; /* owned; NULL: not readable */
	size_t size;
	struct pci_modalias *alias; /* owned; by key, then by line */
	size_t count;
};

/* Reads lib/modules/RELEASE/modules.alias of the running kernel. Where that fails nothing is known of any device. */
void pci_modaliases_read(const struct sysroot *root, struct pci_modaliases *ret_aliases);
void pci_modaliases_done(struct pci_modaliases *aliases);

/* The modules for one device, each once, in the file's order. Returns how many; -ENOENT when that is not known. */
int pci_modaliases_find(
	const struct pci_modaliases *aliases, const struct pci_device *device, struct pci_name *ret_names, size_t max);

/* The line of modules.alias by which a module is found for a device; 0: none. */
unsigned int pci_modaliases_line(
	const struct pci_modaliases *aliases, const struct pci_device *device, const char *module);

/*
 * The module whose "vfio_pci:" pattern says the most of the device, the fewest wildcards that is; false for none. Of
 * two that say as much the first in the file.
 */
bool pci_modaliases_vfio(
	const struct pci_modaliases *aliases, const struct pci_device *device, char *ret_module, size_t size);

/* "pci:v00008086d000010C9sv...": what the patterns are for. */
void pci_modalias_text(const struct pci_device *device, char *buf, size_t size);

#endif
