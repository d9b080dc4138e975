/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's functions in two other orders than by address, so that checks that ask of each device for its like stay
 * linear: cards by their kind and number, VFs by their PF.
 */
#ifndef DOCTOR_DEVICE_INDEX_H
#define DOCTOR_DEVICE_INDEX_H

#include "os/sysroot.h"
#include "pci/identity.h"
#include "pci/pci.h"

struct card;

struct device_index {
	struct card *card; /* functions that are no VFs, by kind, by which numbers are known, by number; owned */
	size_t card_count;
	size_t *place;                /* of each function of the inventory in card; owned */
	const struct pci_device **vf; /* by PF, then by address; owned */
	size_t vf_count;
};

/* The inventory stays where it is as long as the index. -ENOMEM. */
int device_index_make(const struct pci_inventory *pci, struct device_index *ret_index);
void device_index_done(struct device_index *index);

/* The VFs of a PF, next to each other; NULL and 0 for none. */
const struct pci_device *const *device_index_vfs(
	const struct device_index *index, struct pci_addr pf, size_t *ret_count);

/*
 * Of all others of the device's kind (ids, function number) the one that is hardest to tell from it: with the same
 * number, or without one; else any. Their numbers are read once for a kind, when it is first asked for, without vital
 * product data. False: it is the only one, or a VF.
 */
bool device_index_twin(const struct device_index *index, const struct sysroot *root, const struct pci_inventory *pci,
	const struct pci_device *device, struct pci_identity *ret_own, struct pci_identity *ret_twin,
	const struct pci_device **ret_device);

#endif
