// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vectors between VFIO (VFIO_DEVICE_SET_IRQS) and KVM (KVM_IRQFD); see vfio_vector.h for the three things one holds.
 *
 * Masking disconnects the irqfd and nothing else. The alternatives lose: with the route taken away KVM eats the signal
 * and drops it, so an interrupt that comes while masked would be gone; swapping the trigger in VFIO frees and requests
 * the host's interrupt each time. Disconnecting waits until KVM is done with the vector, so nothing arrives after the
 * guest's write has returned, as the specification wants. Guests mask when they set up, move or free an interrupt, not
 * per interrupt.
 *
 * Kernels without dynamic vectors (before 6.6) can add none later. So they are asked for all at once, which costs the
 * host no more than a descriptor each until one has a trigger; where it has not so many, for as few as the guest has
 * live, and vectors that come later are got by taking all away and giving them again.
 */
#include "passthrough/vfio_vector.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"

enum {
	PENDING_BITS_MAX = 64,
};

/* 4 GiB - 20 MiB: the local APICs' window; without remapping of its own a guest has 8-bit destinations. */
static bool is_interrupt(const struct msi_message *message)
{
	return (message->address_lo & 0xfff00000) == 0xfee00000 && message->address_hi == 0;
}

static bool is_live(const struct vfio_vectors *vectors, uint32_t index)
{
	const struct vfio_vector *vector = &vectors->vector[index];

	return vectors->allocated && index < vectors->used && !vectors->masked && !vector->masked &&
	       is_interrupt(&vector->message);
}

static bool is_dynamic(const struct vfio_vectors *vectors)
{
	return vectors->device->irq[vectors->irq_index].dynamic;
}

static void told(const struct vfio_vectors *vectors, const struct error *why)
{
	if (vectors->failed)
		vectors->failed(vectors->failed_opaque, why);
}

int vfio_vectors_init(
	struct vfio_vectors *vectors, struct vfio_device *device, uint32_t irq_index, uint32_t count, struct error *err)
{
	*vectors = (struct vfio_vectors){ .device = device, .irq_index = irq_index };
	vectors->vector = calloc(count ? count : 1, sizeof(*vectors->vector));
	if (!vectors->vector)
		return fail(err, ENOMEM, "%s: create %u interrupt vectors", device->name, count);
	vectors->count = count;
	for (uint32_t i = 0; i < count; i++)
		vectors->vector[i].eventfd = -1;
	return 0;
}

void vfio_vectors_done(struct vfio_vectors *vectors)
{
	if (vectors->vector)
		vfio_vectors_reset(vectors, NULL, false);
	free(vectors->vector);
	*vectors = (struct vfio_vectors){ 0 };
}

static void disconnect(struct vfio_vectors *vectors, struct vfio_vector *vector)
{
	if (vector->connected)
		irq_disconnect(vectors->irqs, vector->gsi, vector->eventfd);
	vector->connected = false;
}

/* With the kind off on the device the kernel has forgotten the triggers. GSIs are given back for another kind. */
void vfio_vectors_disable(struct vfio_vectors *vectors)
{
	struct error err;

	if (!vectors->allocated)
		return;
	vectors->allocated = 0;
	for (uint32_t i = 0; i < vectors->count; i++)
		disconnect(vectors, &vectors->vector[i]);
	if (vfio_irq_disable(vectors->device, vectors->irq_index, &err))
		told(vectors, &err);
	for (uint32_t i = 0; i < vectors->count; i++) {
		struct vfio_vector *vector = &vectors->vector[i];
		eventfd_t pending;

		if (vector->triggered)
			eventfd_read(vector->eventfd, &pending);
		vector->triggered = false;
		if (vector->gsi && vectors->irqs)
			irq_message_free(vectors->irqs, vector->gsi);
		vector->gsi = 0;
	}
}

void vfio_vectors_reset(struct vfio_vectors *vectors, struct irq_table *irqs, bool masked)
{
	vfio_vectors_disable(vectors);
	for (uint32_t i = 0; i < vectors->count; i++) {
		struct vfio_vector *vector = &vectors->vector[i];

		close_fd(&vector->eventfd);
		*vector = (struct vfio_vector){ .eventfd = -1, .masked = masked };
	}
	vectors->masked = false;
	vectors->irqs = irqs;
}

static int prepare_trigger(struct vfio_vectors *vectors, struct vfio_vector *vector, struct error *err)
{
	if (vector->eventfd < 0)
		vector->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vector->eventfd < 0)
		return fail(err, errno, "%s: create an eventfd for an interrupt vector", vectors->device->name);
	return 0;
}

static int prepare(struct vfio_vectors *vectors, struct vfio_vector *vector, struct error *err)
{
	int ret = prepare_trigger(vectors, vector, err);

	if (!ret && !vector->gsi)
		ret = irq_message_alloc(vectors->irqs, &vector->gsi, err);
	if (!ret)
		irq_message_route(vectors->irqs, vector->gsi, &vector->message);
	return ret;
}

/* Give VFIO the triggers of [first, end), -1 for vectors that have not been live yet. */
static int trigger(struct vfio_vectors *vectors, uint32_t first, uint32_t end, struct error *err)
{
	cleanup_free int32_t *eventfds = calloc(end - first, sizeof(*eventfds));
	int ret;

	if (!eventfds)
		return fail(err, ENOMEM, "%s: set interrupt vectors", vectors->device->name);
	for (uint32_t i = first; i < end; i++)
		eventfds[i - first] = vectors->vector[i].eventfd;
	ret = vfio_irq_trigger(vectors->device, vectors->irq_index, first, end - first, eventfds, err);
	if (ret)
		return ret;
	for (uint32_t i = first; i < end; i++)
		vectors->vector[i].triggered = vectors->vector[i].eventfd >= 0;
	if (end > vectors->allocated)
		vectors->allocated = end;
	return 0;
}

/*
 * More vectors of a kernel that cannot add any: all away, and all again. What the device sent in between is gone, so
 * each vector that had a trigger is signalled: a driver bears an interrupt too many, but not one too few.
 */
static int grow(struct vfio_vectors *vectors, uint32_t least, struct error *err)
{
	uint32_t had = vectors->allocated, end = 2 * had > vectors->used ? vectors->used : 2 * had;
	int ret = vfio_irq_disable(vectors->device, vectors->irq_index, err);

	if (!ret)
		ret = trigger(vectors, 0, end > least ? end : least, err);
	if (ret == -ENOSPC && end > least)
		ret = trigger(vectors, 0, least, err);
	for (uint32_t i = 0; i < had && !ret; i++)
		if (vectors->vector[i].triggered)
			eventfd_write(vectors->vector[i].eventfd, 1);
	return ret;
}

/* One call for each run of neighbours that became live together. */
static int trigger_new(struct vfio_vectors *vectors, uint32_t first, uint32_t end, struct error *err)
{
	int ret = 0;

	for (uint32_t run = first; first < end && !ret; first = run > first ? run : first + 1) {
		for (run = first; run < end && is_live(vectors, run) && !vectors->vector[run].triggered;)
			run++;
		if (run == first)
			continue;
		ret = run > vectors->allocated && !is_dynamic(vectors) ? grow(vectors, run, err)
								       : trigger(vectors, first, run, err);
	}
	return ret;
}

/* Routes before irqfds: KVM injects on connecting. */
static int apply(struct vfio_vectors *vectors, uint32_t first, uint32_t end, struct error *err)
{
	int ret = 0;

	for (uint32_t i = first; i < end && !ret; i++) {
		if (is_live(vectors, i))
			ret = prepare(vectors, &vectors->vector[i], err);
		else
			disconnect(vectors, &vectors->vector[i]);
	}
	if (!ret)
		ret = irq_routes_commit(vectors->irqs, err);
	if (!ret)
		ret = trigger_new(vectors, first, end, err);
	for (uint32_t i = first; i < end && !ret; i++) {
		struct vfio_vector *vector = &vectors->vector[i];

		if (!is_live(vectors, i) || vector->connected)
			continue;
		ret = irq_connect(vectors->irqs, vector->gsi, vector->eventfd, err);
		vector->connected = ret == 0;
	}
	return ret;
}

void vfio_vectors_follow(struct vfio_vectors *vectors, uint32_t first, uint32_t end)
{
	struct error err;

	if (vectors->irqs && apply(vectors, first, end, &err))
		told(vectors, &err);
}

/* The number that is asked for must not exceed what is needed where the host has not more. */
static int allocate(struct vfio_vectors *vectors, uint32_t least, struct error *err)
{
	uint32_t most = is_dynamic(vectors) ? least : vectors->used;
	int ret = trigger(vectors, 0, most, err);

	return ret == -ENOSPC && most > least ? trigger(vectors, 0, least, err) : ret;
}

/*
 * The device is enabled at once, though all vectors may be masked: some talk to their PF's driver or firmware as soon
 * as they see it.
 */
static int enable(struct vfio_vectors *vectors, bool whole, struct error *err)
{
	uint32_t least = whole ? vectors->used : 1;
	int ret = 0;

	/* is_live() asks whether the kind is enabled; it is about to be. */
	vectors->allocated = 1;
	for (uint32_t i = 0; i < vectors->used && !ret; i++) {
		bool live = is_live(vectors, i);

		if (whole || live)
			ret = prepare_trigger(vectors, &vectors->vector[i], err);
		if (live && i >= least)
			least = i + 1;
	}
	vectors->allocated = 0;
	return ret ? ret : allocate(vectors, least, err);
}

void vfio_vectors_enable(struct vfio_vectors *vectors, uint32_t used, bool whole)
{
	struct error err;

	if (!vectors->irqs || vectors->allocated)
		return;
	vectors->used = used;
	if (enable(vectors, whole, &err))
		told(vectors, &err);
	else
		vfio_vectors_follow(vectors, 0, vectors->count);
}

uint64_t vfio_vectors_pending(const struct vfio_vectors *vectors, uint32_t first)
{
	struct pollfd polled[PENDING_BITS_MAX];
	uint64_t held = 0;

	for (uint32_t i = 0; i < PENDING_BITS_MAX; i++) {
		const struct vfio_vector *vector = first + i < vectors->count ? &vectors->vector[first + i] : NULL;

		polled[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (vector && vector->triggered && !vector->connected)
			polled[i].fd = vector->eventfd;
	}
	if (poll(polled, PENDING_BITS_MAX, 0) <= 0)
		return 0;
	for (uint32_t i = 0; i < PENDING_BITS_MAX; i++)
		if (polled[i].revents & POLLIN)
			held |= 1ull << i;
	return held;
}

uint64_t vfio_vectors_untriggered(const struct vfio_vectors *vectors, uint32_t first)
{
	uint64_t untriggered = 0;

	for (uint32_t i = 0; i < PENDING_BITS_MAX && first + i < vectors->count; i++)
		if (!vectors->vector[first + i].triggered)
			untriggered |= 1ull << i;
	return untriggered;
}

uint32_t vfio_vectors_live_count(const struct vfio_vectors *vectors)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < vectors->count; i++)
		live += is_live(vectors, i);
	return live;
}
