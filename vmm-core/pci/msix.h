/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X of an emulated function (PCI Express Base 6.0, 7.7.2), by irqfd: a vector is an eventfd, which any thread of
 * the device signals, and from which KVM injects. Table, mask and enable bits decide when the two are connected; a
 * vector that is masked is not, and its eventfd's counter is its pending bit. Nothing of the data path comes through
 * here.
 *
 * Everything but pci_msix_raise() with vm->lock held. A table of one kind for passed-through devices, whose vectors are
 * VFIO's too, is passthrough/vfio_vector.h.
 */
#ifndef VMM_CORE_PCI_MSIX_H
#define VMM_CORE_PCI_MSIX_H

#include "vmm-core/irq.h"
#include "vmm-core/pci/pci.h"

enum {
	PCI_MSIX_VECTOR_MAX = 8,
	PCI_MSIX_PAGE_PBA = 0x800, /* from the table, in the one page of both */
	PCI_MSIX_PAGE_SIZE = 0x1000,
};

struct pci_msix_vector {
	struct msi_message message;
	bool masked;
	int eventfd;
	uint32_t gsi; /* 0: none yet */
	bool connected;
};

struct pci_msix {
	struct pci_function *fn;
	struct irq_table *irqs; /* NULL: powered off */
	unsigned int capability;
	uint16_t count;
	bool enabled, masked;
	struct pci_msix_vector vector[PCI_MSIX_VECTOR_MAX];
};

/* For the life of the process. Its eventfds are made here: nothing can fail for want of them later. */
int pci_msix_init(struct pci_msix *msix, struct pci_function *fn, uint16_t count, struct error *err);
void pci_msix_done(struct pci_msix *msix);

/* The capability's registers, and every vector as after a reset; the table is the page at `offset` of BAR `bar`. */
void pci_msix_power_on(struct pci_msix *msix, struct irq_table *irqs, unsigned int capability, uint8_t next,
	unsigned int bar, uint32_t offset);
void pci_msix_power_off(struct pci_msix *msix);

/* After the guest's write to [offset, offset + size) of the configuration space. On failure an interrupt is lost. */
int pci_msix_config_written(struct pci_msix *msix, unsigned int offset, unsigned int size, struct error *err);

/* The page of table and pending bits. size 1, 2, 4 or 8. */
uint64_t pci_msix_read(const struct pci_msix *msix, uint64_t offset, unsigned int size);
int pci_msix_write(struct pci_msix *msix, uint64_t offset, unsigned int size, uint64_t value, struct error *err);

/* Interrupt, now or when the vector is unmasked; by any thread. A vector that there is not is silent. */
void pci_msix_raise(const struct pci_msix *msix, uint16_t vector);

#endif
