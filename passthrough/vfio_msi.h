/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI of a passed-through device (PCI Local Bus 3.0, 6.8.1): the capability's registers in the guest's configuration
 * space, 32 or 64 bits of address, with or without a mask bit for each vector, and up to 32 vectors. What follows from
 * them is vfio_vector.h's.
 */
#ifndef PASSTHROUGH_VFIO_MSI_H
#define PASSTHROUGH_VFIO_MSI_H

#include "passthrough/vfio_config.h"
#include "passthrough/vfio_vector.h"

struct vfio_msi {
	struct vfio_vectors vectors;
	const struct vfio_capabilities *caps;
};

/* A device without MSI has no vectors, and nothing else is called for it but reset and done. */
int vfio_msi_init(
	struct vfio_msi *msi, struct vfio_device *device, const struct vfio_capabilities *caps, struct error *err);
void vfio_msi_done(struct vfio_msi *msi);

/* MSI disabled, nothing held of the KVM machine. irqs NULL: power off. */
void vfio_msi_reset(struct vfio_msi *msi, struct irq_table *irqs);

/* Enable MSI, or keep it enabled, with the vectors, messages and masks that the guest's registers say. */
void vfio_msi_follow(struct vfio_msi *msi, const struct pci_config *config);
void vfio_msi_disable(struct vfio_msi *msi);

/* The Pending Bits register. */
uint32_t vfio_msi_pending(const struct vfio_msi *msi);

#endif
