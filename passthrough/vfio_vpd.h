/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vital Product Data of a passed-through device (PCI Local Bus 3.0, 6.4 and annex I), for reading: the guest asks for
 * four bytes by their address, and finds them in the data register when the flag bit is set. Writing, which asks with
 * the flag bit set, is answered as done and does nothing: the memory is the card's, not the guest's.
 *
 * One request is one access of the kernel's, which gives up after a time (125 ms in Linux); a card that does not answer
 * leaves the flag clear, and the guest gives up in its turn.
 */
#ifndef PASSTHROUGH_VFIO_VPD_H
#define PASSTHROUGH_VFIO_VPD_H

#include "passthrough/vfio_config.h"

/* After a guest's write to [offset, offset + size) of config. */
void vfio_vpd_written(const struct vfio_device *device, const struct vfio_capabilities *caps, struct pci_config *config,
	unsigned int offset, unsigned int size);

#endif
