/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts into the guest: KVM's in-kernel PIC, IOAPIC and local APICs, and the routes of message-signalled ones.
 *
 * GSI 0 to 23 are the IOAPIC's pins. 0 to 15 are pins of the PIC too, but for eight of those, which belong to GSI 16
 * to 23, where INTx of PCI functions arrives: so a guest that has its IOAPIC off gets them there. GSIs from 24 up are
 * messages: irq_message_alloc()
 * takes one, irq_message_route() says which message it sends, irq_routes_commit() gives KVM the whole table in one
 * KVM_SET_GSI_ROUTING, and only when something really changed. irq_connect() binds an eventfd (VFIO's trigger) to a
 * GSI, from then on an interrupt of the device reaches the guest without user space. A route taken away makes KVM drop
 * what is signalled: who has to hold an interrupt back disconnects instead, and the eventfd keeps it
 * (passthrough/vfio_msix.h).
 */
#ifndef VMM_CORE_IRQ_H
#define VMM_CORE_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/limits.h"

enum {
	IRQ_PIN_COUNT = 24,
	IRQ_PCI_FIRST = 16, /* pins of INTx */
	IRQ_PCI_COUNT = 8,
	IRQ_MESSAGE_FIRST = 24,
	IRQ_GSI_MAX = IRQ_MESSAGE_FIRST + LIMIT_MESSAGES,
};

/* What a device writes to raise a message-signalled interrupt (PCI Local Bus 3.0, 6.8.1). */
struct msi_message {
	uint32_t address_lo, address_hi, data;
};

struct irq_table {
	int vm_fd;
	struct irq_route *routes; /* indexed by GSI - IRQ_MESSAGE_FIRST */
	uint32_t capacity;
	bool dirty;
	uint64_t commits;  /* KVM_SET_GSI_ROUTING calls */
	uint64_t connects; /* KVM_IRQFD calls that bound */
};

/* vm_fd already has its in-kernel interrupt controllers. */
int irq_init(struct irq_table *irqs, int vm_fd, struct error *err);
void irq_done(struct irq_table *irqs);

/* A free message GSI with no route yet. */
int irq_message_alloc(struct irq_table *irqs, uint32_t *ret_gsi, struct error *err);
void irq_message_free(struct irq_table *irqs, uint32_t gsi);

/* Stage a route; the same message again changes nothing. NULL takes the route away: the GSI is then silent. */
void irq_message_route(struct irq_table *irqs, uint32_t gsi, const struct msi_message *message);

int irq_routes_commit(struct irq_table *irqs, struct error *err);

/* The eventfd stays the caller's; it must live until irq_disconnect(). */
int irq_connect(struct irq_table *irqs, uint32_t gsi, int eventfd, struct error *err);
void irq_disconnect(struct irq_table *irqs, uint32_t gsi, int eventfd);

/* Send a message now, once; the caller's interrupts are rare. */
void irq_message_send(struct irq_table *irqs, const struct msi_message *message);

/*
 * A level: signalling eventfd asserts pin gsi, the guest's EOI takes it back and signals `resample`, of every
 * connection of that pin. Undone by irq_disconnect().
 */
int irq_connect_level(struct irq_table *irqs, uint32_t gsi, int eventfd, int resample, struct error *err);

/*
 * The GSI of a PCI function's INTx: pin 1 to 4 (INTA to INTD) of device number `device` on the bus behind root port
 * `port`. The port swizzles (PCI Express Base 6.0, 2.2.8.1); from there on boot/dsdt.asl says the same to the guest.
 */
uint32_t irq_pci_gsi(unsigned int port, unsigned int device, unsigned int pin);

/* The PIC's pin for such a GSI: what firmware puts into Interrupt Line. */
uint8_t irq_pci_line(uint32_t gsi);

/* Drive a pin of the IOAPIC and PIC: level 0 or 1. */
void irq_line(struct irq_table *irqs, uint32_t pin, int level);

#endif
