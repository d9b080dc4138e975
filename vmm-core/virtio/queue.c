// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The split virtqueue; see queue.h. Section numbers are those of virtio 1.2. Guest and host are little-endian, as all
 * hosts that this runs on are. Packed rings are not offered.
 */
#include "vmm-core/virtio/queue.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define READ_ONCE(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)

/* Descriptors: those of the queue, or of an indirect table. */
struct table {
	const struct vring_desc *desc;
	uint32_t count;
};

int virtqueue_break(struct virtqueue *queue, const char *what)
{
	queue->broken = what;
	return -EPROTO;
}

void virtqueue_reset(struct virtqueue *queue)
{
	queue->enabled = false;
	queue->size = queue->size_max;
	queue->vector = VIRTQ_NO_VECTOR;
	queue->desc_at = queue->driver_at = queue->device_at = 0;
	queue->ram = NULL;
	queue->desc = NULL;
	queue->avail = NULL;
	queue->used = NULL;
	queue->broken = NULL;
}

static void *ring(const struct guest_ram *ram, uint64_t address, uint64_t size, uint64_t align)
{
	return address % align ? NULL : guest_ptr(ram, gpa(address), size);
}

int virtqueue_start(struct virtqueue *queue, const struct guest_ram *ram, uint64_t features, struct error *err)
{
	uint64_t size = queue->size;

	if (!size || size > queue->size_max || size & (size - 1))
		return fail_code(err, CODE_FAILED, EINVAL, "a queue of %u entries", queue->size);
	/* With the word of the event index behind each ring (2.7.6, 2.7.8). */
	queue->desc = ring(ram, queue->desc_at, size * sizeof(struct vring_desc), VRING_DESC_ALIGN_SIZE);
	queue->avail = ring(ram, queue->driver_at, sizeof(struct vring_avail) + (size + 1) * sizeof(uint16_t),
		VRING_AVAIL_ALIGN_SIZE);
	queue->used = ring(ram, queue->device_at,
		sizeof(struct vring_used) + size * sizeof(struct vring_used_elem) + sizeof(uint16_t),
		VRING_USED_ALIGN_SIZE);
	if (!queue->desc || !queue->avail || !queue->used)
		return fail_code(err, CODE_FAILED, EINVAL, "the rings of a queue are not in the guest's memory");
	queue->ram = ram;
	queue->indirect = features & 1ull << VIRTIO_RING_F_INDIRECT_DESC;
	queue->event_index = features & 1ull << VIRTIO_RING_F_EVENT_IDX;
	queue->next_avail = queue->next_used = queue->told_used = 0;
	queue->quiet = false;
	queue->broken = NULL;
	return 0;
}

/* Copied once. A table that an indirect descriptor points to may lie anywhere (2.7.5.3 asks for no alignment). */
static struct vring_desc read_desc(const struct table *table, uint32_t index)
{
	struct vring_desc desc;

	memcpy(&desc, (const uint8_t *)table->desc + index * sizeof(desc), sizeof(desc));
	/* The copy is what is used from here on, not what is in memory by then. */
	__asm__ volatile("" : "+m"(desc) : : "memory");
	return desc;
}

static int add_buffer(struct virtqueue *queue, const struct vring_desc *desc, struct virtq_chain *chain)
{
	bool in = desc->flags & VRING_DESC_F_WRITE;
	uint64_t *bytes = in ? &chain->in_bytes : &chain->out_bytes;
	void *host = guest_ptr(queue->ram, gpa(desc->addr), desc->len);

	if (!in && chain->in_count)
		return virtqueue_break(queue, "a buffer to read from behind one to write to");
	if (desc->len && !host)
		return virtqueue_break(queue, "a buffer outside of the guest's memory");
	*bytes += desc->len;
	if (*bytes > UINT32_MAX)
		return virtqueue_break(queue, "a request of more than 4 GiB");
	chain->iov[chain->out_count + chain->in_count] = (struct iovec){ host, desc->len };
	if (in)
		chain->in_count++;
	else
		chain->out_count++;
	return 0;
}

/* The table that a descriptor points to (2.7.5.3); it is the last of its chain, and its table has no further ones. */
static int enter_indirect(struct virtqueue *queue, const struct vring_desc *desc, bool nested, struct table *table)
{
	if (!queue->indirect || nested || desc->flags & VRING_DESC_F_NEXT)
		return virtqueue_break(queue, "an indirect table where none may be");
	if (!desc->len || desc->len % sizeof(struct vring_desc))
		return virtqueue_break(queue, "an indirect table of odd size");
	table->desc = guest_ptr(queue->ram, gpa(desc->addr), desc->len);
	table->count = desc->len / (uint32_t)sizeof(struct vring_desc);
	return table->desc ? 0 : virtqueue_break(queue, "an indirect table outside of the guest's memory");
}

/* A chain that loops is longer than the queue: it ends there. */
static int walk(struct virtqueue *queue, uint32_t index, struct virtq_chain *chain)
{
	struct table table = { queue->desc, queue->size };
	bool nested = false;

	for (unsigned int steps = 0; steps <= queue->size_max; steps++) {
		struct vring_desc desc;
		int ret;

		if (index >= table.count)
			return virtqueue_break(queue, "a descriptor beyond its table");
		desc = read_desc(&table, index);
		if (desc.flags & VRING_DESC_F_INDIRECT) {
			ret = enter_indirect(queue, &desc, nested, &table);
			if (ret < 0)
				return ret;
			nested = true;
			index = 0;
			continue;
		}
		if (chain->out_count + chain->in_count == queue->size_max)
			break;
		ret = add_buffer(queue, &desc, chain);
		if (ret < 0)
			return ret;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return 0;
		index = desc.next;
	}
	return virtqueue_break(queue, "a request of more buffers than the queue has entries");
}

/* How many requests wait; more than there is room for cannot be. */
static int waiting(struct virtqueue *queue)
{
	uint16_t count = (uint16_t)(__atomic_load_n(&queue->avail->idx, __ATOMIC_ACQUIRE) - queue->next_avail);

	return count <= queue->size ? count : virtqueue_break(queue, "an index that has run ahead of its ring");
}

int virtqueue_pop(struct virtqueue *queue, struct virtq_chain *ret_chain)
{
	uint16_t head;
	int ret;

	if (!queue->ram || queue->broken)
		return 0;
	ret = waiting(queue);
	if (ret <= 0)
		return ret;
	head = READ_ONCE(queue->avail->ring[queue->next_avail & (queue->size - 1)]);
	if (head >= queue->size)
		return virtqueue_break(queue, "a request that begins beyond the queue");
	queue->next_avail++;
	ret_chain->head = head;
	ret_chain->out_count = ret_chain->in_count = 0;
	ret_chain->out_bytes = ret_chain->in_bytes = 0;
	ret = walk(queue, head, ret_chain);
	return ret < 0 ? ret : 1;
}

bool virtq_chain_take(struct virtq_chain *chain, void *ret_bytes, size_t size)
{
	uint8_t *to = ret_bytes;

	if (chain->out_bytes < size)
		return false;
	chain->out_bytes -= size;
	for (struct iovec *part = chain->iov; size > 0; part++) {
		size_t count = part->iov_len < size ? part->iov_len : size;

		if (!count)
			continue;
		memcpy(to, part->iov_base, count);
		part->iov_base = (uint8_t *)part->iov_base + count;
		part->iov_len -= count;
		to += count;
		size -= count;
	}
	return true;
}

uint8_t *virtq_chain_take_last(struct virtq_chain *chain)
{
	struct iovec *part = &chain->iov[chain->out_count + chain->in_count];

	if (!chain->in_bytes)
		return NULL;
	chain->in_bytes--;
	while (!(--part)->iov_len)
		;
	part->iov_len--;
	return (uint8_t *)part->iov_base + part->iov_len;
}

void virtqueue_push(struct virtqueue *queue, uint16_t head, uint32_t written)
{
	struct vring_used_elem *elem = &queue->used->ring[queue->next_used & (queue->size - 1)];

	elem->id = head;
	elem->len = written;
	queue->next_used++;
	__atomic_store_n(&queue->used->idx, queue->next_used, __ATOMIC_RELEASE);
}

bool virtqueue_wants_interrupt(struct virtqueue *queue)
{
	uint16_t before = queue->told_used, event;

	if (before == queue->next_used)
		return false;
	queue->told_used = queue->next_used;
	/* The index is out before the driver's wish is read (2.7.7.2). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!queue->event_index)
		return !(READ_ONCE(queue->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
	event = READ_ONCE(queue->avail->ring[queue->size]);
	return vring_need_event(event, queue->next_used, before);
}

/* With the event index there is nothing to do: the driver notifies of the one request that was named last. */
void virtqueue_quiet(struct virtqueue *queue)
{
	if (!queue->ram || queue->event_index || queue->quiet)
		return;
	queue->quiet = true;
	__atomic_store_n(&queue->used->flags, VRING_USED_F_NO_NOTIFY, __ATOMIC_RELAXED);
}

bool virtqueue_listen(struct virtqueue *queue)
{
	uint16_t *event;

	if (!queue->ram || queue->broken)
		return false;
	if (queue->event_index) {
		event = (uint16_t *)&queue->used->ring[queue->size];
		__atomic_store_n(event, queue->next_avail, __ATOMIC_RELAXED);
	} else {
		queue->quiet = false;
		__atomic_store_n(&queue->used->flags, 0, __ATOMIC_RELAXED);
	}
	/* The wish is out before the index is read again (2.7.10.1). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return READ_ONCE(queue->avail->idx) != queue->next_avail;
}
