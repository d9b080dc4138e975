/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BAR of a passed-through device in the guest, as a list of segments: pieces that are mapped, so that the guest's
 * accesses reach the device without an exit, and pieces that trap. Trapped are the host pages that hold the MSI-X table
 * or the pending bits (whoever owns these answers; other registers in the same page are forwarded to the device) and
 * what the kernel does not let us map.
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
	struct range at; /* offsets in the BAR, whole pages */
	void *host;      /* mapped there for the device's life; NULL: trapped */
	bool msix;       /* trapped for the MSI-X table or its pending bits */
};

struct vfio_bar {
	const struct vfio_device *device;
	struct vfio_msix *msix;
	unsigned int index;
	uint64_t size; /* as the guest sees it; 0: no BAR */
	const struct vfio_capabilities *caps;
	struct vfio_segment segment[VFIO_SEGMENT_MAX];
	size_t count;
};

/*
 * Cut BAR index of device into segments and map those that can be. The pointers stay the caller's; bar must not move
 * from then on.
 */
int vfio_bar_init(struct vfio_bar *bar, const struct vfio_device *device, unsigned int index, uint64_t size,
	const struct vfio_capabilities *caps, struct vfio_msix *msix, struct error *err);
void vfio_bar_done(struct vfio_bar *bar);

/* Show the BAR to the guest at address: memory slots and traps. On failure nothing of it is left. */
int vfio_bar_show(struct vfio_bar *bar, struct vm *vm, uint64_t address, struct error *err);
void vfio_bar_hide(struct vfio_bar *bar, struct vm *vm, uint64_t address);

#endif
