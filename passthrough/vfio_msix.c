// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MSI-X between VFIO and KVM; see vfio_msix.h for the three things a vector holds.
 *
 * Masking disconnects the irqfd and nothing else. The alternatives lose: with the route taken away KVM eats the signal
 * and drops it, so an interrupt that comes while masked would be gone; swapping the trigger in VFIO frees and requests
 * the host's interrupt each time. Disconnecting waits until KVM is done with the vector, so nothing arrives after the
 * guest's write has returned, as the specification wants. Guests mask when they set up, move or free an interrupt, not
 * per interrupt.
 */
#include "passthrough/vfio_msix.h"

#include <linux/pci_regs.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"

enum {
	ENTRY_DWORDS = MSIX_ENTRY_SIZE / 4,
	PENDING_BITS_MAX = 64,
};

/* 4 GiB - 20 MiB: the local APICs' window; without remapping of its own a guest has 8-bit destinations. */
static bool is_interrupt(const struct msi_message *message)
{
	return (message->address_lo & 0xfff00000) == 0xfee00000 && message->address_hi == 0;
}

static bool is_live(const struct vfio_msix *msix, const struct vfio_vector *vector)
{
	return msix->enabled && !msix->function_masked && !(vector->control & PCI_MSIX_ENTRY_CTRL_MASKBIT) &&
	       is_interrupt(&vector->message);
}

int vfio_msix_init(
	struct vfio_msix *msix, struct vfio_device *device, const struct vfio_capabilities *caps, struct error *err)
{
	*msix = (struct vfio_msix){ .device = device, .caps = caps };
	msix->vectors = calloc(caps->vectors, sizeof(*msix->vectors));
	if (!msix->vectors)
		return fail(err, ENOMEM, "%s: create %u MSI-X vectors", device->name, caps->vectors);
	msix->count = caps->vectors;
	for (uint32_t i = 0; i < msix->count; i++)
		msix->vectors[i] = (struct vfio_vector){ .eventfd = -1, .control = PCI_MSIX_ENTRY_CTRL_MASKBIT };
	return 0;
}

void vfio_msix_done(struct vfio_msix *msix)
{
	if (msix->vectors)
		vfio_msix_reset(msix, NULL);
	free(msix->vectors);
	*msix = (struct vfio_msix){ 0 };
}

static void disconnect(struct vfio_msix *msix, struct vfio_vector *vector)
{
	if (vector->connected)
		irq_disconnect(msix->irqs, vector->gsi, vector->eventfd);
	vector->connected = false;
}

/* With MSI-X off on the device the kernel has forgotten the triggers, and what was pending is void. */
static void disable(struct vfio_msix *msix)
{
	struct error err;

	if (!msix->enabled)
		return;
	msix->enabled = false;
	for (uint32_t i = 0; i < msix->count; i++)
		disconnect(msix, &msix->vectors[i]);
	if (vfio_msix_disable(msix->device, &err) && msix->failed)
		msix->failed(msix->failed_opaque, &err);
	for (uint32_t i = 0; i < msix->count; i++) {
		struct vfio_vector *vector = &msix->vectors[i];
		eventfd_t pending;

		if (vector->triggered)
			eventfd_read(vector->eventfd, &pending);
		vector->triggered = false;
	}
}

void vfio_msix_reset(struct vfio_msix *msix, struct irq_table *irqs)
{
	disable(msix);
	for (uint32_t i = 0; i < msix->count; i++) {
		struct vfio_vector *vector = &msix->vectors[i];

		close_fd(&vector->eventfd);
		if (vector->gsi && msix->irqs)
			irq_message_free(msix->irqs, vector->gsi);
		*vector = (struct vfio_vector){ .eventfd = -1, .control = PCI_MSIX_ENTRY_CTRL_MASKBIT };
	}
	msix->function_masked = false;
	msix->irqs = irqs;
}

static int prepare(struct vfio_msix *msix, struct vfio_vector *vector, struct error *err)
{
	if (vector->eventfd < 0)
		vector->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vector->eventfd < 0)
		return fail(err, errno, "%s: create an eventfd for an MSI-X vector", msix->device->name);
	if (!vector->gsi) {
		int ret = irq_message_alloc(msix->irqs, &vector->gsi, err);

		if (ret)
			return ret;
	}
	irq_message_route(msix->irqs, vector->gsi, &vector->message);
	return 0;
}

/* Give VFIO the triggers of [first, end), -1 for vectors that have not been live yet. */
static int trigger(struct vfio_msix *msix, uint32_t first, uint32_t end, struct error *err)
{
	cleanup_free int32_t *eventfds = calloc(end - first, sizeof(*eventfds));
	int ret;

	if (!eventfds)
		return fail(err, ENOMEM, "%s: set MSI-X vectors", msix->device->name);
	for (uint32_t i = first; i < end; i++)
		eventfds[i - first] = msix->vectors[i].eventfd;
	ret = vfio_msix_set(msix->device, first, end - first, eventfds, err);
	for (uint32_t i = first; i < end && !ret; i++)
		msix->vectors[i].triggered = msix->vectors[i].eventfd >= 0;
	return ret;
}

static bool wants_trigger(const struct vfio_msix *msix, uint32_t index)
{
	return is_live(msix, &msix->vectors[index]) && !msix->vectors[index].triggered;
}

/* One call for each run of neighbours that became live together. */
static int trigger_new(struct vfio_msix *msix, uint32_t first, uint32_t end, struct error *err)
{
	while (first < end) {
		uint32_t run = first;
		int ret;

		while (run < end && wants_trigger(msix, run))
			run++;
		ret = run > first ? trigger(msix, first, run, err) : 0;
		if (ret)
			return ret;
		first = run > first ? run : first + 1;
	}
	return 0;
}

/* Make what VFIO and KVM hold for [first, end) what the table says. Routes before irqfds: KVM injects on connecting. */
static int apply(struct vfio_msix *msix, uint32_t first, uint32_t end, struct error *err)
{
	int ret = 0;

	for (uint32_t i = first; i < end && !ret; i++) {
		struct vfio_vector *vector = &msix->vectors[i];

		if (is_live(msix, vector))
			ret = prepare(msix, vector, err);
		else
			disconnect(msix, vector);
	}
	if (!ret)
		ret = irq_routes_commit(msix->irqs, err);
	if (!ret)
		ret = trigger_new(msix, first, end, err);
	for (uint32_t i = first; i < end && !ret; i++) {
		struct vfio_vector *vector = &msix->vectors[i];

		if (!is_live(msix, vector) || vector->connected)
			continue;
		ret = irq_connect(msix->irqs, vector->gsi, vector->eventfd, err);
		vector->connected = ret == 0;
	}
	return ret;
}

static void update(struct vfio_msix *msix, uint32_t first, uint32_t end)
{
	struct error err;

	if (msix->irqs && apply(msix, first, end, &err) && msix->failed)
		msix->failed(msix->failed_opaque, &err);
}

/*
 * The device is enabled at once, though all vectors may be masked: some talk to their PF's driver or firmware as soon
 * as they see it. Without dynamic vectors the kernel takes all of them now, since it can add none later.
 */
static int enable(struct vfio_msix *msix, struct error *err)
{
	uint32_t end = msix->device->msix_dynamic ? 1 : msix->count;
	int ret = 0;

	msix->enabled = true;
	for (uint32_t i = 0; i < msix->count && !ret; i++) {
		if (!is_live(msix, &msix->vectors[i]))
			continue;
		ret = prepare(msix, &msix->vectors[i], err);
		if (i >= end)
			end = i + 1;
	}
	if (!ret)
		ret = trigger(msix, 0, end, err);
	return ret;
}

void vfio_msix_control(struct vfio_msix *msix, uint16_t control)
{
	bool enabled = control & PCI_MSIX_FLAGS_ENABLE;
	struct error err;

	if (!msix->irqs)
		return;
	msix->function_masked = control & PCI_MSIX_FLAGS_MASKALL;
	if (!enabled) {
		disable(msix);
		return;
	}
	if (!msix->enabled && enable(msix, &err) && msix->failed)
		msix->failed(msix->failed_opaque, &err);
	update(msix, 0, msix->count);
}

static uint32_t *entry_dword(struct vfio_vector *vector, unsigned int index)
{
	uint32_t *const dwords[ENTRY_DWORDS] = { &vector->message.address_lo, &vector->message.address_hi,
		&vector->message.data, &vector->control };

	return dwords[index];
}

uint64_t vfio_msix_table_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++) {
		uint64_t at = offset + i;
		uint32_t dword = *entry_dword(&msix->vectors[at / MSIX_ENTRY_SIZE], at % MSIX_ENTRY_SIZE / 4);

		value |= (uint64_t)(uint8_t)(dword >> (8 * (at % 4))) << (8 * i);
	}
	return value;
}

void vfio_msix_table_write(struct vfio_msix *msix, uint64_t offset, unsigned int size, uint64_t value)
{
	uint32_t index = (uint32_t)(offset / MSIX_ENTRY_SIZE);
	unsigned int dword = offset % MSIX_ENTRY_SIZE / 4;

	if (size < 4 || offset % size)
		return;
	for (; size > 0; size -= 4, value >>= 32, dword++) {
		uint32_t bits = dword == ENTRY_DWORDS - 1 ? PCI_MSIX_ENTRY_CTRL_MASKBIT : UINT32_MAX;

		*entry_dword(&msix->vectors[index], dword) = (uint32_t)value & bits;
	}
	update(msix, index, index + 1);
}

/* Which of vectors [first, first + 64) wait behind a mask: those whose eventfd nobody has read. */
static uint64_t held_vectors(const struct vfio_msix *msix, uint32_t first)
{
	struct pollfd polled[PENDING_BITS_MAX];
	uint64_t held = 0;

	for (uint32_t i = 0; i < PENDING_BITS_MAX; i++) {
		const struct vfio_vector *vector = first + i < msix->count ? &msix->vectors[first + i] : NULL;

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

/* A vector without trigger is masked on the device itself, which then keeps the bit. */
uint64_t vfio_msix_pending_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size)
{
	const struct vfio_place *place = &msix->caps->pba;
	uint64_t bits, qword = offset & ~7ull;
	uint64_t untriggered = 0;
	uint32_t first = (uint32_t)(qword * 8);

	if (!msix->enabled || offset % size)
		return 0;
	for (uint32_t i = 0; i < PENDING_BITS_MAX && first + i < msix->count; i++)
		if (!msix->vectors[first + i].triggered)
			untriggered |= 1ull << i;
	bits = held_vectors(msix, first);
	if (untriggered)
		bits |= vfio_bar_read(msix->device, place->bar, place->offset + qword, 8) & untriggered;
	bits >>= 8 * (offset - qword);
	return size < 8 ? bits & ((1ull << (8 * size)) - 1) : bits;
}

uint32_t vfio_msix_live_count(const struct vfio_msix *msix)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < msix->count; i++)
		live += is_live(msix, &msix->vectors[i]);
	return live;
}
