/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where each device of a guest goes: behind which root port, as which function. Functions of one device of the host
 * that are given together, and devices of one IOMMU group, share a slot of the guest, as functions of one device:
 * drivers of such devices look for each other there, and what the host cannot tell apart the guest cannot either.
 * Virtual functions have a slot each unless they share a group.
 */
#ifndef GUEST_SLOTS_H
#define GUEST_SLOTS_H

#include "pci/pci.h"

enum {
	GUEST_SLOT_FUNCTIONS = 8
};

struct guest_slot {
	uint32_t port, function; /* from 0 */
};

/*
 * The places of devices[0] to devices[count - 1], in their order; count is at most LIMIT_DEVICES. A device keeps the
 * number that it has as a function on the host where nobody before it has that; some function of each slot is 0, or
 * the guest would see none. Returns how many ports there are; a slot that is full is followed by another.
 */
uint32_t guest_slots(const struct pci_inventory *inventory, const struct pci_addr *devices, size_t count,
	struct guest_slot *ret_slots);

#endif
