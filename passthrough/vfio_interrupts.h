/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupts of a passed-through device: which of its kinds is in force. A function of the guest's registers and of
 * nothing else, so that a driver may go from any kind to any other: MSI-X where that is enabled, else MSI where that
 * is, else INTx. VFIO holds one kind at a time: the old one is disabled before the new one is enabled.
 */
#ifndef PASSTHROUGH_VFIO_INTERRUPTS_H
#define PASSTHROUGH_VFIO_INTERRUPTS_H

#include "passthrough/vfio_intx.h"
#include "passthrough/vfio_msi.h"
#include "passthrough/vfio_msix.h"

enum vfio_interrupt_kind {
	VFIO_INTERRUPT_NONE,
	VFIO_INTERRUPT_INTX,
	VFIO_INTERRUPT_MSI,
	VFIO_INTERRUPT_MSIX,
};

struct vfio_interrupts {
	const struct vfio_capabilities *caps;
	struct vfio_intx intx;
	struct vfio_msi msi;
	struct vfio_msix msix;
	enum vfio_interrupt_kind kind;
	/* Called when an interrupt cannot be set up: the guest would wait for it for ever. */
	void (*failed)(void *opaque, const struct error *why);
	void *failed_opaque;
};

/* device and caps stay the caller's and must outlive this, which must not move. */
int vfio_interrupts_init(struct vfio_interrupts *interrupts, struct vfio_device *device,
	const struct vfio_capabilities *caps, void (*failed)(void *opaque, const struct error *why), void *opaque,
	struct error *err);
void vfio_interrupts_done(struct vfio_interrupts *interrupts);

/* All kinds off, nothing held of the KVM machine. irqs NULL: power off. gsi: where INTx arrives in the guest. */
void vfio_interrupts_reset(struct vfio_interrupts *interrupts, struct irq_table *irqs, uint32_t gsi);

/*
 * After a reset: the registers that are firmware's (Interrupt Pin, Interrupt Line) into config, and INTx on. A device
 * that has other kinds and cannot have INTx of this host is shown without a pin.
 */
int vfio_interrupts_begin(struct vfio_interrupts *interrupts, struct pci_config *config, struct error *err);

/* After a guest's write of size bytes at offset of config. */
void vfio_interrupts_written(
	struct vfio_interrupts *interrupts, const struct pci_config *config, unsigned int offset, unsigned int size);

/* What the device itself does not know of [offset, offset + size): the pending bits of MSI, laid over its answer. */
uint32_t vfio_interrupts_read(
	const struct vfio_interrupts *interrupts, unsigned int offset, unsigned int size, uint32_t hardware);

/* "intx", "msi", "msi-x", "none"; vectors of the kind in force, and of them those that can interrupt the guest now. */
const char *vfio_interrupts_name(const struct vfio_interrupts *interrupts);
uint32_t vfio_interrupts_count(const struct vfio_interrupts *interrupts);
uint32_t vfio_interrupts_live_count(const struct vfio_interrupts *interrupts);

#endif
