// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing a virtqueue: the bytes are where the driver puts its rings, and its memory. Every buffer that comes out lies
 * in that memory, a chain ends, and what breaks the rules breaks the queue, for good.
 */
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vmm-core/virtio/queue.h"

enum {
	RAM_BYTES = 0x4000,
	POPS = 2 * VIRTQ_SIZE_MAX,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must_be_inside(const struct virtq_chain *chain, const uint8_t *memory)
{
	if (chain->out_count + chain->in_count > VIRTQ_SIZE_MAX)
		abort();
	for (unsigned int i = 0; i < chain->out_count + chain->in_count; i++) {
		size_t at = (size_t)((uint8_t *)chain->iov[i].iov_base - memory);

		/* An empty one lies nowhere. */
		if (chain->iov[i].iov_len && (at > RAM_BYTES || chain->iov[i].iov_len > RAM_BYTES - at))
			abort();
	}
}

static void serve(struct virtqueue *queue, const uint8_t *memory)
{
	struct virtq_chain chain;

	for (unsigned int i = 0; i < POPS; i++) {
		int ret = virtqueue_pop(queue, &chain);

		if (ret <= 0 && (ret < 0) != (queue->broken != NULL))
			abort();
		if (ret <= 0)
			return;
		must_be_inside(&chain, memory);
		virtqueue_push(queue, chain.head, (uint32_t)chain.in_bytes);
		(void)virtqueue_wants_interrupt(queue);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct layout layout = { .ram_count = 1, .ram[0] = { { 0, RAM_BYTES }, 0 } };
	cleanup_free uint8_t *memory = aligned_alloc(4096, RAM_BYTES);
	struct guest_ram ram = { .memfd = -1, .host = memory, .layout = &layout };
	struct virtqueue queue = { .size_max = VIRTQ_SIZE_MAX };
	uint16_t head[4];

	if (size < sizeof(head))
		return 0;
	memcpy(head, bytes, sizeof(head));
	memset(memory, 0, RAM_BYTES);
	memcpy(memory, bytes + sizeof(head), size - sizeof(head) < RAM_BYTES ? size - sizeof(head) : RAM_BYTES);
	virtqueue_reset(&queue);
	queue.enabled = true;
	queue.size = (uint16_t)(1u << head[0] % 9);
	queue.desc_at = head[1] % (RAM_BYTES + 64);
	queue.driver_at = head[2] % (RAM_BYTES + 64);
	queue.device_at = head[3] % (RAM_BYTES + 64);
	if (virtqueue_start(&queue, &ram,
		    (head[0] & 0x100 ? 1ull << VIRTIO_RING_F_INDIRECT_DESC : 0) |
			    (head[0] & 0x200 ? 1ull << VIRTIO_RING_F_EVENT_IDX : 0),
		    NULL) == 0)
		serve(&queue, memory);
	return 0;
}
