/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INTx of a passed-through device (PCI Local Bus 3.0, 2.2.6): a level, that stays until the driver has dealt with its
 * cause. VFIO masks it at the device (or, where the device cannot, at the host's interrupt controller) and signals one
 * eventfd; KVM asserts a pin of the guest's interrupt controllers, and at the guest's EOI takes it back and signals
 * another eventfd, at which VFIO unmasks. All of it in the kernel. Devices that share a pin are all unmasked by the
 * EOI, and those whose cause is still there assert again.
 */
#ifndef PASSTHROUGH_VFIO_INTX_H
#define PASSTHROUGH_VFIO_INTX_H

#include "passthrough/vfio_device.h"
#include "vmm-core/irq.h"

struct vfio_intx {
	struct vfio_device *device;
	struct irq_table *irqs; /* while powered on */
	uint32_t gsi;           /* the pin that it drives */
	bool there;             /* the device has one, and in this power-on it could be had of the host */
	bool enabled, held;     /* held: the guest's Command.INTx Disable */
	int trigger, unmask;    /* eventfds while enabled; else -1 */
};

void vfio_intx_init(struct vfio_intx *intx, struct vfio_device *device);

/* INTx disabled. irqs NULL: power off. gsi: where it arrives in the guest. */
void vfio_intx_reset(struct vfio_intx *intx, struct irq_table *irqs, uint32_t gsi);

/*
 * Enable it, held as the guest's register says, or keep it enabled. CODE_DEV_INTX_BUSY: the device cannot mask it, so
 * that VFIO would have the host's interrupt line for itself, but that has other users.
 */
int vfio_intx_follow(struct vfio_intx *intx, bool held, struct error *err);

/* Harmless when it is not enabled. */
int vfio_intx_disable(struct vfio_intx *intx, struct error *err);

#endif
