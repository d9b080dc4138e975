// SPDX-License-Identifier: GPL-2.0-or-later
/* MSI-X: the table, the pending bits, Message Control; see vfio_msix.h. */
#include "passthrough/vfio_msix.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "base/cleanup.h"

enum {
	ENTRY_CONTROL = 3, /* the dword of a table entry that holds its mask bit; before it lies the message */
};

int vfio_msix_init(
	struct vfio_msix *msix, struct vfio_device *device, const struct vfio_capabilities *caps, struct error *err)
{
	msix->caps = caps;
	return vfio_vectors_init(&msix->vectors, device, VFIO_PCI_MSIX_IRQ_INDEX, caps->msix_vectors, err);
}

void vfio_msix_done(struct vfio_msix *msix)
{
	vfio_vectors_done(&msix->vectors);
}

void vfio_msix_reset(struct vfio_msix *msix, struct irq_table *irqs)
{
	vfio_vectors_reset(&msix->vectors, irqs, true);
}

void vfio_msix_control(struct vfio_msix *msix, uint16_t control)
{
	msix->vectors.masked = control & PCI_MSIX_FLAGS_MASKALL;
	if (!(control & PCI_MSIX_FLAGS_ENABLE))
		vfio_vectors_disable(&msix->vectors);
	else if (!msix->vectors.allocated)
		vfio_vectors_enable(&msix->vectors, msix->vectors.count, false);
	else
		vfio_vectors_follow(&msix->vectors, 0, msix->vectors.count);
}

static uint32_t entry_read(const struct vfio_vector *vector, unsigned int dword)
{
	const uint32_t dwords[MSIX_ENTRY_SIZE / 4] = { vector->message.address_lo, vector->message.address_hi,
		vector->message.data, vector->masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0 };

	return dwords[dword];
}

static void entry_write(struct vfio_vector *vector, unsigned int dword, uint32_t value)
{
	uint32_t *const dwords[ENTRY_CONTROL] = { &vector->message.address_lo, &vector->message.address_hi,
		&vector->message.data };

	if (dword == ENTRY_CONTROL)
		vector->masked = value & PCI_MSIX_ENTRY_CTRL_MASKBIT;
	else
		*dwords[dword] = value;
}

uint64_t vfio_msix_table_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++) {
		uint64_t at = offset + i;
		uint32_t dword = entry_read(&msix->vectors.vector[at / MSIX_ENTRY_SIZE], at % MSIX_ENTRY_SIZE / 4);

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
	for (; size > 0; size -= 4, value >>= 32, dword++)
		entry_write(&msix->vectors.vector[index], dword, (uint32_t)value);
	vfio_vectors_follow(&msix->vectors, index, index + 1);
}

/* A vector without trigger is masked on the device itself, which then keeps the bit. */
uint64_t vfio_msix_pending_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size)
{
	const struct vfio_place *place = &msix->caps->pba;
	uint64_t bits, untriggered, qword = offset & ~7ull;
	uint32_t first = (uint32_t)(qword * 8);

	if (!msix->vectors.allocated || offset % size)
		return 0;
	untriggered = vfio_vectors_untriggered(&msix->vectors, first);
	bits = vfio_vectors_pending(&msix->vectors, first);
	if (untriggered)
		bits |= vfio_bar_read(msix->vectors.device, place->bar, place->offset + qword, 8) & untriggered;
	bits >>= 8 * (offset - qword);
	return size < 8 ? bits & ((1ull << (8 * size)) - 1) : bits;
}
