/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vectors of a passed-through device: what MSI and MSI-X have in common. One eventfd per vector is the trigger on
 * VFIO's side and the irqfd on KVM's, so that an interrupt never comes through this process. Where a guest's messages
 * and masks are written is the business of vfio_msi.h and vfio_msix.h, which tell them to this.
 *
 * A vector is *live* when its kind is enabled, neither all vectors nor this one is masked, and its message is an
 * interrupt:
 *
 *	trigger   VFIO signals the eventfd. Set when the vector is first live, kept until the kind is disabled: masking
 *	          never touches the host's interrupt
 *	irqfd     KVM injects when the eventfd is signalled. Connected while live. A masked vector's eventfd is not
 *	          read by anybody, so its counter *is* the pending bit; on unmask KVM finds it signalled and injects
 *	route     the guest's message. Staged for all vectors that change, committed once, left alone while masked
 */
#ifndef PASSTHROUGH_VFIO_VECTOR_H
#define PASSTHROUGH_VFIO_VECTOR_H

#include "passthrough/vfio_device.h"
#include "vmm-core/irq.h"

struct vfio_vector {
	struct msi_message message;
	bool masked;
	int eventfd;    /* -1: none yet */
	uint32_t gsi;   /* 0: none yet, message GSIs begin above the pins */
	bool triggered; /* VFIO has the eventfd */
	bool connected; /* KVM has it */
};

struct vfio_vectors {
	struct vfio_device *device;
	uint32_t irq_index;     /* VFIO_PCI_MSI_IRQ_INDEX or VFIO_PCI_MSIX_IRQ_INDEX */
	struct irq_table *irqs; /* while powered on */
	struct vfio_vector *vector;
	uint32_t count;     /* that the device has */
	uint32_t used;      /* of them, those that the guest wants while the kind is enabled; vectors beyond are dead */
	uint32_t allocated; /* that VFIO has taken of the host; 0: the kind is not enabled on the device */
	bool masked;        /* all of them */
	/* Called when an interrupt cannot be set up: the guest would wait for it for ever. */
	void (*failed)(void *opaque, const struct error *why);
	void *failed_opaque;
};

int vfio_vectors_init(struct vfio_vectors *vectors, struct vfio_device *device, uint32_t irq_index, uint32_t count,
	struct error *err);
void vfio_vectors_done(struct vfio_vectors *vectors);

/*
 * The kind disabled, every vector `masked` and without message, nothing held of the KVM machine. irqs NULL: power off.
 */
void vfio_vectors_reset(struct vfio_vectors *vectors, struct irq_table *irqs, bool masked);

/*
 * Enable the kind on the device, with `used` vectors. MSI-X begins with what is live and grows; MSI, whose number of
 * vectors the device is told, with all of them (`whole`), each with its trigger.
 */
void vfio_vectors_enable(struct vfio_vectors *vectors, uint32_t used, bool whole);

/* Disable it; what was pending is void. Harmless when it is not enabled. */
void vfio_vectors_disable(struct vfio_vectors *vectors);

/* Make what VFIO and KVM hold for vectors [first, end) what their messages and masks say. */
void vfio_vectors_follow(struct vfio_vectors *vectors, uint32_t first, uint32_t end);

/* Which of vectors [first, first + 64) wait behind a mask, and which have no trigger, as bits. */
uint64_t vfio_vectors_pending(const struct vfio_vectors *vectors, uint32_t first);
uint64_t vfio_vectors_untriggered(const struct vfio_vectors *vectors, uint32_t first);

/* Vectors that can interrupt the guest now. */
uint32_t vfio_vectors_live_count(const struct vfio_vectors *vectors);

#endif
