// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MSI-X of an emulated function; see msix.h. Table entries are four words (PCI Express Base 6.0, 7.7.2.2): address low
 * and high, data, vector control. Routes are committed before an irqfd is connected, since KVM injects on connecting.
 */
#include "vmm-core/pci/msix.h"

#include <linux/pci_regs.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"

/* 4 GiB - 20 MiB: the local APICs' window. */
static bool is_interrupt(const struct msi_message *message)
{
	return (message->address_lo & 0xfff00000) == 0xfee00000 && message->address_hi == 0;
}

static bool is_live(const struct pci_msix *msix, const struct pci_msix_vector *vector)
{
	return msix->irqs && msix->enabled && !msix->masked && !vector->masked && is_interrupt(&vector->message);
}

int pci_msix_init(struct pci_msix *msix, struct pci_function *fn, uint16_t count, struct error *err)
{
	*msix = (struct pci_msix){ .fn = fn, .count = count };
	for (unsigned int i = 0; i < PCI_MSIX_VECTOR_MAX; i++)
		msix->vector[i].eventfd = -1;
	if (count > PCI_MSIX_VECTOR_MAX)
		return fail_code(err, CODE_FAILED, E2BIG, "%s: %u interrupt vectors", fn->name, count);
	for (unsigned int i = 0; i < count; i++) {
		msix->vector[i].eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (msix->vector[i].eventfd < 0)
			return fail(err, errno, "%s: create an interrupt vector", fn->name);
	}
	return 0;
}

void pci_msix_done(struct pci_msix *msix)
{
	for (unsigned int i = 0; i < msix->count; i++)
		close_fd(&msix->vector[i].eventfd);
	msix->count = 0;
}

static void disconnect(struct pci_msix *msix, struct pci_msix_vector *vector)
{
	if (vector->connected)
		irq_disconnect(msix->irqs, vector->gsi, vector->eventfd);
	vector->connected = false;
}

static int prepare(struct pci_msix *msix, struct pci_msix_vector *vector, struct error *err)
{
	int ret = vector->gsi ? 0 : irq_message_alloc(msix->irqs, &vector->gsi, err);

	if (ret == 0)
		irq_message_route(msix->irqs, vector->gsi, &vector->message);
	return ret;
}

/* Make what KVM holds what the registers say. */
static int follow(struct pci_msix *msix, struct error *err)
{
	int ret = 0;

	if (!msix->irqs)
		return 0;
	for (unsigned int i = 0; i < msix->count && ret == 0; i++) {
		if (is_live(msix, &msix->vector[i]))
			ret = prepare(msix, &msix->vector[i], err);
		else
			disconnect(msix, &msix->vector[i]);
	}
	if (ret == 0)
		ret = irq_routes_commit(msix->irqs, err);
	for (unsigned int i = 0; i < msix->count && ret == 0; i++) {
		struct pci_msix_vector *vector = &msix->vector[i];

		if (!is_live(msix, vector) || vector->connected)
			continue;
		ret = irq_connect(msix->irqs, vector->gsi, vector->eventfd, err);
		vector->connected = ret == 0;
	}
	return ret;
}

static void forget(struct pci_msix *msix, struct irq_table *irqs)
{
	for (unsigned int i = 0; i < msix->count; i++) {
		struct pci_msix_vector *vector = &msix->vector[i];
		eventfd_t pending;

		disconnect(msix, vector);
		if (vector->gsi && msix->irqs)
			irq_message_free(msix->irqs, vector->gsi);
		eventfd_read(vector->eventfd, &pending);
		*vector = (struct pci_msix_vector){ .eventfd = vector->eventfd, .masked = true };
	}
	msix->enabled = msix->masked = false;
	msix->irqs = irqs;
}

void pci_msix_power_on(struct pci_msix *msix, struct irq_table *irqs, unsigned int capability, uint8_t next,
	unsigned int bar, uint32_t offset)
{
	const struct pci_config_field fields[] = {
		{ PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSIX, 0 },
		{ PCI_CAP_LIST_NEXT, 1, next, 0 },
		{ PCI_MSIX_FLAGS, 2, msix->count - 1u, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
		{ PCI_MSIX_TABLE, 4, offset | bar, 0 },
		{ PCI_MSIX_PBA, 4, (offset + PCI_MSIX_PAGE_PBA) | bar, 0 },
	};

	forget(msix, irqs);
	msix->capability = capability;
	pci_config_set_fields(&msix->fn->config, capability, fields, array_size(fields));
}

void pci_msix_power_off(struct pci_msix *msix)
{
	forget(msix, NULL);
}

int pci_msix_config_written(struct pci_msix *msix, unsigned int offset, unsigned int size, struct error *err)
{
	struct range written = { offset, offset + size };
	unsigned int at = msix->capability + PCI_MSIX_FLAGS;
	uint32_t flags;

	if (!range_overlaps(written, (struct range){ at, at + 2 }))
		return 0;
	flags = pci_config_get(&msix->fn->config, at, 2);
	msix->enabled = flags & PCI_MSIX_FLAGS_ENABLE;
	msix->masked = flags & PCI_MSIX_FLAGS_MASKALL;
	return follow(msix, err);
}

static uint32_t pending_bits(const struct pci_msix *msix)
{
	struct pollfd polled[PCI_MSIX_VECTOR_MAX];
	uint32_t bits = 0;

	for (unsigned int i = 0; i < msix->count; i++)
		polled[i] = (struct pollfd){ msix->vector[i].connected ? -1 : msix->vector[i].eventfd, POLLIN, 0 };
	if (poll(polled, msix->count, 0) <= 0)
		return 0;
	for (unsigned int i = 0; i < msix->count; i++)
		if (polled[i].revents & POLLIN)
			bits |= 1u << i;
	return bits;
}

static uint32_t read_word(const struct pci_msix *msix, uint64_t offset)
{
	const struct pci_msix_vector *vector;

	if (offset == PCI_MSIX_PAGE_PBA)
		return pending_bits(msix);
	if (offset / PCI_MSIX_ENTRY_SIZE >= msix->count)
		return 0;
	vector = &msix->vector[offset / PCI_MSIX_ENTRY_SIZE];
	switch (offset % PCI_MSIX_ENTRY_SIZE) {
	case PCI_MSIX_ENTRY_LOWER_ADDR:
		return vector->message.address_lo;
	case PCI_MSIX_ENTRY_UPPER_ADDR:
		return vector->message.address_hi;
	case PCI_MSIX_ENTRY_DATA:
		return vector->message.data;
	default:
		return vector->masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
	}
}

uint64_t pci_msix_read(const struct pci_msix *msix, uint64_t offset, unsigned int size)
{
	if (size < 4)
		return read_word(msix, offset & ~3ull) >> (offset & 3) * 8;
	if (offset & 3)
		return 0;
	return read_word(msix, offset) | (size == 8 ? (uint64_t)read_word(msix, offset + 4) << 32 : 0);
}

static void write_word(struct pci_msix *msix, uint64_t offset, uint32_t value)
{
	struct pci_msix_vector *vector;

	if (offset / PCI_MSIX_ENTRY_SIZE >= msix->count)
		return;
	vector = &msix->vector[offset / PCI_MSIX_ENTRY_SIZE];
	switch (offset % PCI_MSIX_ENTRY_SIZE) {
	case PCI_MSIX_ENTRY_LOWER_ADDR:
		vector->message.address_lo = value;
		break;
	case PCI_MSIX_ENTRY_UPPER_ADDR:
		vector->message.address_hi = value;
		break;
	case PCI_MSIX_ENTRY_DATA:
		vector->message.data = value;
		break;
	default:
		vector->masked = value & PCI_MSIX_ENTRY_CTRL_MASKBIT;
		break;
	}
}

/* Whole words only (7.7.2): what is narrower or askew is dropped. */
int pci_msix_write(struct pci_msix *msix, uint64_t offset, unsigned int size, uint64_t value, struct error *err)
{
	if (size < 4 || offset & 3 || offset >= PCI_MSIX_PAGE_PBA)
		return 0;
	write_word(msix, offset, (uint32_t)value);
	if (size == 8)
		write_word(msix, offset + 4, (uint32_t)(value >> 32));
	return follow(msix, err);
}

void pci_msix_raise(const struct pci_msix *msix, uint16_t vector)
{
	if (vector < msix->count)
		eventfd_write(msix->vector[vector].eventfd, 1);
}
