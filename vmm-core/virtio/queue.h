/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A split virtqueue (virtio 1.2, 2.7), the device's side, on memory that a hostile driver writes to meanwhile.
 *
 * Every word of the rings is read once, and what was read is checked and then used. Indexes are bounded by the queue's
 * size, a chain by the queue's largest size, also through an indirect table; each buffer lies wholly inside one region
 * of the guest's RAM. What breaks these rules breaks the queue: virtqueue_pop() says so once and the device asks for
 * its reset (DEVICE_NEEDS_RESET). Buffers themselves are the guest's to change while they are used.
 *
 * The driver's registers are set by vCPU threads before virtqueue_start(), and are frozen after it; from then on the
 * queue belongs to the one thread that serves it. Counters may be read by any thread.
 */
#ifndef VMM_CORE_VIRTIO_QUEUE_H
#define VMM_CORE_VIRTIO_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/error.h"
#include "vmm-core/ram.h"

struct vring_avail;
struct vring_desc;
struct vring_used;

enum {
	VIRTQ_SIZE_MAX = 256,
	VIRTQ_NO_VECTOR = 0xffff,
};

struct virtqueue {
	uint16_t size_max; /* a power of two, up to VIRTQ_SIZE_MAX */
	/* as the driver set them; size is a power of two, addresses are the guest's */
	bool enabled;
	uint16_t size, vector;
	uint64_t desc_at, driver_at, device_at;
	/* from virtqueue_start() to virtqueue_reset() */
	const struct guest_ram *ram; /* NULL: not started */
	const struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	bool indirect, event_index, quiet;
	uint16_t next_avail, next_used, told_used;
	const char *broken; /* what the driver did wrong; NULL: nothing */
	_Atomic uint64_t notifications, interrupts;
};

/* One request: buffers to read from, then buffers to write to. */
struct virtq_chain {
	uint16_t head;
	uint16_t out_count, in_count;
	uint64_t out_bytes, in_bytes; /* both at most 4 GiB */
	struct iovec iov[VIRTQ_SIZE_MAX];
};

/* Registers as after a reset; counters stay. */
void virtqueue_reset(struct virtqueue *queue);

/* The driver is ready. features: as negotiated. EINVAL: its rings are not in its memory, or not aligned. */
int virtqueue_start(struct virtqueue *queue, const struct guest_ram *ram, uint64_t features, struct error *err);

/* The next request: 1, and ret_chain is filled; 0: none; -EPROTO: queue->broken says what the driver did wrong. */
int virtqueue_pop(struct virtqueue *queue, struct virtq_chain *ret_chain);

/* What makes no sense in a request: as if virtqueue_pop() had found it. Returns -EPROTO. */
int virtqueue_break(struct virtqueue *queue, const char *what);

/* Take size bytes from the beginning of the buffers to read from; false, with nothing taken, where there are fewer. */
bool virtq_chain_take(struct virtq_chain *chain, void *ret_bytes, size_t size);

/* Take the last byte of the buffers to write to, for the caller to write; NULL: there is none. */
uint8_t *virtq_chain_take_last(struct virtq_chain *chain);

/* Give a request back, with as many bytes of its buffers written to from their beginning. */
void virtqueue_push(struct virtqueue *queue, uint16_t head, uint32_t written);

/* After pushes: does the driver want an interrupt? */
bool virtqueue_wants_interrupt(struct virtqueue *queue);

/* No notifications, please: the queue is looked at anyway. A hint to the driver. */
void virtqueue_quiet(struct virtqueue *queue);

/* Notifications again. True: there are requests already, for which none may come. */
bool virtqueue_listen(struct virtqueue *queue);

#endif
