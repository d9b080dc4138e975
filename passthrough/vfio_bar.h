/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BAR of a passed-through device in the guest, as a list of segments: pieces that are mapped, so that the guest's
 * accesses reach the device without an exit, and pieces that trap. Trapped are the host pages that hold the MSI-X table
 * or the pending bits (whoever owns these answers; other registers in the same page are forwarded to the device), what
 * the kernel does not let us map, and ports, always.
 *
 * A BAR smaller than a page can be mapped where the kernel keeps the rest of the host's page free, and is, for as long
 * as it has a page of the guest's to itself; else it traps.
 */
#ifndef PASSTHROUGH_VFIO_BAR_H
#define PASSTHROUGH_VFIO_BAR_H

#include "passthrough/vfio_config.h"
#include "passthrough/vfio_msix.h"

enum {
	VFIO_SEGMENT_MAX = 2 * (VFIO_AREA_MAX + 2) + 1,
};

struct vfio_bar;

struct vfio_segment {
	const struct vfio_bar *bar;
	struct range at; /* offsets in the BAR: whole pages, or all of a BAR that is no whole page */
	void *host;      /* mapped there for the device's life; NULL: trapped */
	bool msix;       /* trapped for the MSI-X table or its pending bits */
	bool in_slot;    /* shown by a memory slot */
};

struct vfio_bar {
	const struct vfio_device *device;
	struct vfio_msix *msix;
	unsigned int index;
	uint64_t size; /* 0: no BAR */
	bool ports;    /* an I/O BAR */
	const struct vfio_capabilities *caps;
	struct vfio_segment segment[VFIO_SEGMENT_MAX];
	size_t count;
};

/*
 * Cut BAR index of device, which the guest is shown as `shown`, into segments and map those that can be. The pointers
 * stay the caller's; bar must not move from then on.
 */
int vfio_bar_init(struct vfio_bar *bar, const struct vfio_device *device, unsigned int index,
	const struct pci_bar *shown, const struct vfio_capabilities *caps, struct vfio_msix *msix, struct error *err);
void vfio_bar_done(struct vfio_bar *bar);

/*
 * Show the BAR to the guest at place (bar_map of vmm-core/pci/pci.h): memory slots and traps. On failure nothing of it
 * is left.
 */
int vfio_bar_show(struct vfio_bar *bar, struct vm *vm, struct range place, struct error *err);
void vfio_bar_hide(struct vfio_bar *bar, struct vm *vm, uint64_t address);

#endif
