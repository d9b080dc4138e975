/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X of a passed-through device (PCI Express Base 6.0, 7.7.2): the table that the guest writes, the pending bits
 * that it reads, and Message Control. What follows from them is vfio_vector.h's.
 */
#ifndef PASSTHROUGH_VFIO_MSIX_H
#define PASSTHROUGH_VFIO_MSIX_H

#include "passthrough/vfio_config.h"
#include "passthrough/vfio_vector.h"

struct vfio_msix {
	struct vfio_vectors vectors;
	const struct vfio_capabilities *caps;
};

/* A device without MSI-X has no vectors, and nothing else is called for it but reset and done. */
int vfio_msix_init(
	struct vfio_msix *msix, struct vfio_device *device, const struct vfio_capabilities *caps, struct error *err);
void vfio_msix_done(struct vfio_msix *msix);

/* All vectors masked, MSI-X disabled, nothing held of the KVM machine. irqs NULL: power off. */
void vfio_msix_reset(struct vfio_msix *msix, struct irq_table *irqs);

/* The guest's Message Control register, after each write to it; 0 disables. */
void vfio_msix_control(struct vfio_msix *msix, uint16_t control);

/* Accesses inside the table and the pending bits; offset + size lies within. Entries take aligned dwords and qwords. */
uint64_t vfio_msix_table_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size);
void vfio_msix_table_write(struct vfio_msix *msix, uint64_t offset, unsigned int size, uint64_t value);
uint64_t vfio_msix_pending_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size);

#endif
