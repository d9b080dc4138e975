/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X of a passed-through device (PCI Express Base 6.0, 7.7.2): the table that the guest writes, and what of it is in
 * force. One eventfd per vector is the trigger on VFIO's side and the irqfd on KVM's, so that an interrupt never
 * comes through this process.
 *
 * A vector is *live* when MSI-X is enabled, neither function nor vector is masked, and its message is an interrupt:
 *
 *	trigger   VFIO signals the eventfd. Set when the vector is first live, kept until MSI-X is disabled: masking
 *	          never touches the host's interrupt
 *	irqfd     KVM injects when the eventfd is signalled. Connected while live. A masked vector's eventfd is not
 *	          read by anybody, so its counter *is* the pending bit; on unmask KVM finds it signalled and injects
 *	route     the guest's message. Staged for all vectors that change, committed once, left alone while masked
 */
#ifndef PASSTHROUGH_VFIO_MSIX_H
#define PASSTHROUGH_VFIO_MSIX_H

#include "passthrough/vfio_config.h"
#include "vmm-core/irq.h"

struct vfio_vector {
	struct msi_message message;
	uint32_t control; /* bit 0: masked */
	int eventfd;      /* -1: never live since the last power-on */
	uint32_t gsi;     /* 0: none yet, message GSIs begin above the pins */
	bool triggered;   /* VFIO has the eventfd */
	bool connected;   /* KVM has it */
};

struct vfio_msix {
	struct vfio_device *device;
	const struct vfio_capabilities *caps;
	struct irq_table *irqs; /* while powered on */
	struct vfio_vector *vectors;
	uint32_t count;
	bool enabled; /* on the device, too */
	bool function_masked;
	/* Called when an interrupt cannot be set up: the guest would wait for it for ever. */
	void (*failed)(void *opaque, const struct error *why);
	void *failed_opaque;
};

int vfio_msix_init(
	struct vfio_msix *msix, struct vfio_device *device, const struct vfio_capabilities *caps, struct error *err);
void vfio_msix_done(struct vfio_msix *msix);

/* All vectors masked, MSI-X disabled, nothing held of the KVM machine. irqs NULL: power off. */
void vfio_msix_reset(struct vfio_msix *msix, struct irq_table *irqs);

/* The guest's Message Control register, after each write to it. */
void vfio_msix_control(struct vfio_msix *msix, uint16_t control);

/* Accesses inside the table and the pending bits; offset + size lies within. Entries take aligned dwords and qwords. */
uint64_t vfio_msix_table_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size);
void vfio_msix_table_write(struct vfio_msix *msix, uint64_t offset, unsigned int size, uint64_t value);
uint64_t vfio_msix_pending_read(const struct vfio_msix *msix, uint64_t offset, unsigned int size);

/* Vectors that can interrupt the guest now. */
uint32_t vfio_msix_live_count(const struct vfio_msix *msix);

#endif
