/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is taken back from a running guest (a balloon, virtio-mem), and whoever needs all of it to stay.
 *
 * What a device's DMA leads to is pinned. Taken from the guest it would not become free, and when the guest touches it
 * again its processors would have another page there than its devices. So who pins memory holds it, and while it is
 * held nothing is taken: what was taken before comes back with the pins, empty. Pages that the guest gives back are
 * lost to it in any case: that they are not taken costs the host memory, and nobody data.
 */
#ifndef VMM_CORE_RECLAIM_H
#define VMM_CORE_RECLAIM_H

#include <pthread.h>
#include <stdint.h>

#include "base/error.h"
#include "vmm-core/ram.h"

struct reclaim {
	pthread_mutex_t lock;
	unsigned int holders;
	uint64_t taken_bytes; /* so far */
	uint64_t refused;     /* requests while it was held */
};

void reclaim_init(struct reclaim *reclaim);
void reclaim_done(struct reclaim *reclaim);

/* All memory stays present until it is let go as often. Waits for a reclaim_take() that is on its way. Any thread. */
void reclaim_hold(struct reclaim *reclaim);
void reclaim_let_go(struct reclaim *reclaim);

/*
 * [address, address + bytes), multiples of the page size of guest memory, goes back to the host; the guest finds zeros
 * there. EBUSY while memory is held, EINVAL for what is not wholly RAM or not whole pages. Any thread.
 */
int reclaim_take(
	struct reclaim *reclaim, const struct guest_ram *ram, gpa_t address, uint64_t bytes, struct error *err);

#endif
