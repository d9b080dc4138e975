// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MSI's registers as vectors; see vfio_msi.h. A device tells its vectors apart by the low bits of one message, and must
 * know how many bits it has: so VFIO is given all vectors that the guest enabled at once, and the host must have as
 * many.
 */
#include "passthrough/vfio_msi.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>

int vfio_msi_init(
	struct vfio_msi *msi, struct vfio_device *device, const struct vfio_capabilities *caps, struct error *err)
{
	msi->caps = caps;
	return vfio_vectors_init(&msi->vectors, device, VFIO_PCI_MSI_IRQ_INDEX, caps->msi_vectors, err);
}

void vfio_msi_done(struct vfio_msi *msi)
{
	vfio_vectors_done(&msi->vectors);
}

void vfio_msi_reset(struct vfio_msi *msi, struct irq_table *irqs)
{
	vfio_vectors_reset(&msi->vectors, irqs, false);
}

static uint32_t get(const struct vfio_msi *msi, const struct pci_config *config, unsigned int reg, unsigned int size)
{
	return pci_config_get(config, msi->caps->msi + reg, size);
}

/* Multiple Message Enable, of which the device has no more than its vectors. */
static uint32_t vectors_enabled(const struct vfio_msi *msi, uint32_t flags)
{
	uint32_t wanted = 1u << ((flags & PCI_MSI_FLAGS_QSIZE) >> 4);

	return wanted < msi->vectors.count ? wanted : msi->vectors.count;
}

static void read_registers(struct vfio_msi *msi, const struct pci_config *config, uint32_t flags, uint32_t used)
{
	bool wide = flags & PCI_MSI_FLAGS_64BIT;
	uint32_t mask = 0;
	struct msi_message message = {
		.address_lo = get(msi, config, PCI_MSI_ADDRESS_LO, 4),
		.address_hi = wide ? get(msi, config, PCI_MSI_ADDRESS_HI, 4) : 0,
		.data = get(msi, config, wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32, 2) & ~(used - 1),
	};

	if (flags & PCI_MSI_FLAGS_MASKBIT)
		mask = get(msi, config, wide ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32, 4);
	for (uint32_t i = 0; i < msi->vectors.count; i++) {
		struct vfio_vector *vector = &msi->vectors.vector[i];

		vector->message = message;
		vector->message.data |= i;
		vector->masked = mask & 1u << i;
	}
}

void vfio_msi_follow(struct vfio_msi *msi, const struct pci_config *config)
{
	uint32_t flags = get(msi, config, PCI_MSI_FLAGS, 2), used = vectors_enabled(msi, flags);

	if (msi->vectors.allocated && msi->vectors.used != used)
		vfio_vectors_disable(&msi->vectors);
	read_registers(msi, config, flags, used);
	if (!msi->vectors.allocated)
		vfio_vectors_enable(&msi->vectors, used, true);
	else
		vfio_vectors_follow(&msi->vectors, 0, msi->vectors.count);
}

void vfio_msi_disable(struct vfio_msi *msi)
{
	vfio_vectors_disable(&msi->vectors);
}

uint32_t vfio_msi_pending(const struct vfio_msi *msi)
{
	return msi->vectors.allocated ? (uint32_t)vfio_vectors_pending(&msi->vectors, 0) : 0;
}
