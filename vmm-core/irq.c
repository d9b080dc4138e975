// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupt routes and connections; see irq.h. Speaks KVM_SET_GSI_ROUTING, KVM_IRQFD, KVM_SIGNAL_MSI, KVM_IRQ_LINE and
 * KVM_SET_IRQCHIP (Documentation/virt/kvm/api.rst). The kernel takes the routing table as a whole, so it is built here
 * as a whole: 16 PIC pins, the IOAPIC's pins, and the messages that have a route. KVM tells of an EOI the one GSI that
 * its pin was given last, so each pin of each controller has one GSI only.
 */
#include "vmm-core/irq.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

enum {
	PIC_PIN_COUNT = 16,
	PIC_PIN_HALF = 8,
	PIC_CAN_BE_LEVELS = 0xdef8, /* all but the timer, the keyboard, the cascade, the clock, the coprocessor */
	TIMER_IRQ = 0,
	TIMER_IOAPIC_PIN = 2, /* MADT's override: the PIT's interrupt arrives there */
	CAPACITY_FIRST = 64,
};

/*
 * PIC pins that neither the machine's own devices (timer, serial, RTC, events) use, nor the slave's spurious interrupt.
 */
static const uint8_t pci_lines[IRQ_PCI_COUNT] = { 3, 5, 6, 7, 10, 11, 12, 14 };

_Static_assert(IRQ_PCI_FIRST + IRQ_PCI_COUNT <= IRQ_PIN_COUNT, "INTx arrives at pins of the IOAPIC");

struct irq_route {
	bool used, routed;
	struct msi_message message;
};

static struct irq_route *route_of(struct irq_table *irqs, uint32_t gsi)
{
	if (gsi < IRQ_MESSAGE_FIRST || gsi - IRQ_MESSAGE_FIRST >= irqs->capacity)
		return NULL;
	return &irqs->routes[gsi - IRQ_MESSAGE_FIRST];
}

/* Of both PICs, a bit each: levels, for INTx, and which pins can be. */
static uint16_t pic_levels(void)
{
	uint16_t levels = 0;

	for (size_t i = 0; i < array_size(pci_lines); i++)
		levels |= (uint16_t)(1 << pci_lines[i]);
	return levels;
}

/*
 * As firmware leaves the PICs: masked, since nobody may ever set them up (boot/acpi.c says nothing of them), and with
 * INTx's pins as levels (ELCR). KVM has them unmasked, with vectors that are the processor's exceptions.
 */
static int mask_pics(int vm_fd, struct error *err)
{
	for (uint32_t half = 0; half < 2; half++) {
		struct kvm_irqchip chip = { .chip_id = half ? KVM_IRQCHIP_PIC_SLAVE : KVM_IRQCHIP_PIC_MASTER };

		chip.chip.pic.imr = 0xff;
		chip.chip.pic.elcr_mask = (uint8_t)(PIC_CAN_BE_LEVELS >> half * PIC_PIN_HALF);
		chip.chip.pic.elcr = (uint8_t)(pic_levels() >> half * PIC_PIN_HALF) & chip.chip.pic.elcr_mask;
		if (ioctl(vm_fd, KVM_SET_IRQCHIP, &chip) < 0)
			return fail(err, errno, "mask the guest's PIC");
	}
	return 0;
}

int irq_init(struct irq_table *irqs, int vm_fd, struct error *err)
{
	int ret;

	memset(irqs, 0, sizeof(*irqs));
	irqs->vm_fd = vm_fd;
	irqs->dirty = true;
	ret = mask_pics(vm_fd, err);
	return ret < 0 ? ret : irq_routes_commit(irqs, err);
}

void irq_done(struct irq_table *irqs)
{
	free(irqs->routes);
	memset(irqs, 0, sizeof(*irqs));
	irqs->vm_fd = -1;
}

static int grow(struct irq_table *irqs, struct error *err)
{
	uint32_t limit = IRQ_GSI_MAX - IRQ_MESSAGE_FIRST;
	uint32_t capacity = irqs->capacity ? irqs->capacity * 2 : CAPACITY_FIRST;
	struct irq_route *routes;

	if (capacity > limit)
		capacity = limit;
	if (capacity == irqs->capacity)
		return fail_code(err, CODE_FAILED, ENOSPC, "all %u message interrupts of the guest are taken", limit);
	routes = reallocarray(irqs->routes, capacity, sizeof(*routes));
	if (!routes)
		return fail(err, ENOMEM, "grow the interrupt table to %u", capacity);
	memset(&routes[irqs->capacity], 0, (capacity - irqs->capacity) * sizeof(*routes));
	irqs->routes = routes;
	irqs->capacity = capacity;
	return 0;
}

int irq_message_alloc(struct irq_table *irqs, uint32_t *ret_gsi, struct error *err)
{
	uint32_t i = 0;
	int ret;

	while (i < irqs->capacity && irqs->routes[i].used)
		i++;
	if (i == irqs->capacity) {
		ret = grow(irqs, err);
		if (ret < 0)
			return ret;
	}
	irqs->routes[i] = (struct irq_route){ .used = true };
	*ret_gsi = IRQ_MESSAGE_FIRST + i;
	return 0;
}

void irq_message_free(struct irq_table *irqs, uint32_t gsi)
{
	struct irq_route *route = route_of(irqs, gsi);

	if (!route)
		return;
	irqs->dirty |= route->routed;
	*route = (struct irq_route){ 0 };
}

void irq_message_route(struct irq_table *irqs, uint32_t gsi, const struct msi_message *message)
{
	struct irq_route *route = route_of(irqs, gsi);

	if (!route || !route->used)
		return;
	if (!message) {
		irqs->dirty |= route->routed;
		route->routed = false;
		return;
	}
	if (route->routed && !memcmp(&route->message, message, sizeof(*message)))
		return;
	route->message = *message;
	route->routed = true;
	irqs->dirty = true;
}

static void add_pin(struct kvm_irq_routing *table, uint32_t gsi, uint32_t chip, uint32_t pin)
{
	table->entries[table->nr++] = (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = { .irqchip = chip, .pin = pin },
	};
}

static uint32_t gsi_of_pic_pin(uint32_t pin)
{
	for (uint32_t i = 0; i < IRQ_PCI_COUNT; i++)
		if (pci_lines[i] == pin)
			return IRQ_PCI_FIRST + i;
	return pin;
}

static void add_pins(struct kvm_irq_routing *table)
{
	for (uint32_t pin = 0; pin < PIC_PIN_COUNT; pin++)
		add_pin(table, gsi_of_pic_pin(pin), pin < PIC_PIN_HALF ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE,
			pin % PIC_PIN_HALF);
	for (uint32_t pin = 0; pin < IRQ_PIN_COUNT; pin++) {
		if (pin == TIMER_IRQ)
			add_pin(table, pin, KVM_IRQCHIP_IOAPIC, TIMER_IOAPIC_PIN);
		else if (pin != TIMER_IOAPIC_PIN)
			add_pin(table, pin, KVM_IRQCHIP_IOAPIC, pin);
	}
}

int irq_routes_commit(struct irq_table *irqs, struct error *err)
{
	size_t count = PIC_PIN_COUNT + IRQ_PIN_COUNT + irqs->capacity;
	cleanup_free struct kvm_irq_routing *table = NULL;

	if (!irqs->dirty)
		return 0;
	table = calloc(1, sizeof(*table) + count * sizeof(table->entries[0]));
	if (!table)
		return fail(err, ENOMEM, "build the interrupt routes");
	add_pins(table);
	for (uint32_t i = 0; i < irqs->capacity; i++) {
		const struct irq_route *route = &irqs->routes[i];

		if (!route->routed)
			continue;
		table->entries[table->nr++] = (struct kvm_irq_routing_entry){
			.gsi = IRQ_MESSAGE_FIRST + i,
			.type = KVM_IRQ_ROUTING_MSI,
			.u.msi = { .address_lo = route->message.address_lo,
				.address_hi = route->message.address_hi,
				.data = route->message.data },
		};
	}
	irqs->commits++;
	if (ioctl(irqs->vm_fd, KVM_SET_GSI_ROUTING, table) < 0)
		return fail(err, errno, "set %u interrupt routes", table->nr);
	irqs->dirty = false;
	return 0;
}

static int connect_event(struct irq_table *irqs, const struct kvm_irqfd *irqfd, struct error *err)
{
	if (ioctl(irqs->vm_fd, KVM_IRQFD, irqfd) < 0)
		return fail(err, errno, "connect an event to interrupt %u", irqfd->gsi);
	irqs->connects++;
	return 0;
}

int irq_connect(struct irq_table *irqs, uint32_t gsi, int eventfd, struct error *err)
{
	return connect_event(irqs, &(struct kvm_irqfd){ .fd = (uint32_t)eventfd, .gsi = gsi }, err);
}

int irq_connect_level(struct irq_table *irqs, uint32_t gsi, int eventfd, int resample, struct error *err)
{
	const struct kvm_irqfd irqfd = {
		.fd = (uint32_t)eventfd,
		.gsi = gsi,
		.flags = KVM_IRQFD_FLAG_RESAMPLE,
		.resamplefd = (uint32_t)resample,
	};

	return connect_event(irqs, &irqfd, err);
}

void irq_disconnect(struct irq_table *irqs, uint32_t gsi, int eventfd)
{
	struct kvm_irqfd irqfd = { .fd = (uint32_t)eventfd, .gsi = gsi, .flags = KVM_IRQFD_FLAG_DEASSIGN };

	/* Fails only where nothing was connected, which is the state that is wanted. */
	ioctl(irqs->vm_fd, KVM_IRQFD, &irqfd);
}

void irq_message_send(struct irq_table *irqs, const struct msi_message *message)
{
	struct kvm_msi msi = {
		.address_lo = message->address_lo,
		.address_hi = message->address_hi,
		.data = message->data,
	};

	/* Fails, as on a bus, only where the guest has programmed a message that reaches nobody. */
	ioctl(irqs->vm_fd, KVM_SIGNAL_MSI, &msi);
}

uint32_t irq_pci_gsi(unsigned int port, unsigned int device, unsigned int pin)
{
	unsigned int at_port = (pin - 1 + device) % 4;

	return IRQ_PCI_FIRST + (port + at_port) % IRQ_PCI_COUNT;
}

uint8_t irq_pci_line(uint32_t gsi)
{
	return pci_lines[(gsi - IRQ_PCI_FIRST) % IRQ_PCI_COUNT];
}

void irq_line(struct irq_table *irqs, uint32_t pin, int level)
{
	struct kvm_irq_level line = { .irq = pin, .level = (uint32_t)level };

	/* KVM refuses only pins beyond the table that irq_init() has set. */
	ioctl(irqs->vm_fd, KVM_IRQ_LINE, &line);
}
