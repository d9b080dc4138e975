// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slot registers and their interrupt; see slot.h. They lie in the PCI Express capability of the root port (port.h).
 */
#include "vmm-core/pci/slot.h"

#include <linux/pci_regs.h>

#include "base/cleanup.h"
#include "vmm-core/pci/port.h"
#include "vmm-core/vm.h"

enum {
	SLTCAP = PCI_PORT_EXPRESS + PCI_EXP_SLTCAP,
	SLTCTL = PCI_PORT_EXPRESS + PCI_EXP_SLTCTL,
	SLTSTA = PCI_PORT_EXPRESS + PCI_EXP_SLTSTA,
	LNKSTA = PCI_PORT_EXPRESS + PCI_EXP_LNKSTA,
	ABILITIES = PCI_EXP_SLTCAP_ABP | PCI_EXP_SLTCAP_PCP | PCI_EXP_SLTCAP_AIP | PCI_EXP_SLTCAP_PIP |
		    PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_NCCS,
	CONTROLS = PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_AIC |
		   PCI_EXP_SLTCTL_PIC | PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_DLLSCE,
	EVENTS = PCI_EXP_SLTSTA_ABP | PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC,
	NUMBER_SHIFT = 19,
};

/* Which control bit lets which event interrupt. */
static const struct {
	uint16_t event, enable;
} sources[] = {
	{ PCI_EXP_SLTSTA_ABP, PCI_EXP_SLTCTL_ABPE },
	{ PCI_EXP_SLTSTA_PDC, PCI_EXP_SLTCTL_PDCE },
	{ PCI_EXP_SLTSTA_DLLSC, PCI_EXP_SLTCTL_DLLSCE },
};

static uint16_t get(const struct pci_function *port, unsigned int reg)
{
	return (uint16_t)pci_config_get(&port->config, reg, 2);
}

static void change(struct pci_function *port, unsigned int reg, uint16_t clear, uint16_t set)
{
	pci_config_put(&port->config, reg, 2, (get(port, reg) & (uint16_t)~clear) | set);
}

static bool is_switched_on(const struct pci_function *port)
{
	return !(get(port, SLTCTL) & PCI_EXP_SLTCTL_PCC);
}

static bool is_in_reset(const struct pci_function *port)
{
	return get(port, PCI_BRIDGE_CONTROL) & PCI_BRIDGE_CTL_BUS_RESET;
}

static bool has_condition(const struct pci_function *port)
{
	uint16_t control = get(port, SLTCTL), status = get(port, SLTSTA);

	for (size_t i = 0; i < array_size(sources) && control & PCI_EXP_SLTCTL_HPIE; i++)
		if (status & sources[i].event && control & sources[i].enable)
			return true;
	return false;
}

/* The message of the port's MSI capability; false when the guest has not switched it on. */
static bool interrupt(struct pci_function *port)
{
	const struct msi_message message = {
		.address_lo = pci_config_get(&port->config, PCI_PORT_MSI + PCI_MSI_ADDRESS_LO, 4),
		.address_hi = pci_config_get(&port->config, PCI_PORT_MSI + PCI_MSI_ADDRESS_HI, 4),
		.data = pci_config_get(&port->config, PCI_PORT_MSI + PCI_MSI_DATA_64, 2),
	};

	if (!(get(port, PCI_PORT_MSI + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE))
		return false;
	irq_message_send(&port->vm->irqs, &message);
	return true;
}

/* Does any port that shares the pin assert it? All ports' own interrupt is INTA. */
static int level_of(const struct pci_bus *bus, uint32_t gsi)
{
	for (unsigned int i = 0; i < bus->port_count; i++)
		if (bus->slot[i].asserted && irq_pci_gsi(i + 1, 0, 1) == gsi)
			return 1;
	return 0;
}

/* INTx: as long as the condition holds (6.7.3.4; PCI Express Base 6.0, 7.5.1.1.4). */
static void follow_pin(struct pci_slot *slot, struct pci_function *port, bool condition)
{
	bool msi = get(port, PCI_PORT_MSI + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE;
	bool held = get(port, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE;
	uint32_t gsi = irq_pci_gsi(port->device, 0, 1);
	bool asserted = condition && !msi && !held;

	change(port, PCI_STATUS, PCI_STATUS_INTERRUPT, condition && !msi ? PCI_STATUS_INTERRUPT : 0);
	if (asserted == slot->asserted)
		return;
	slot->asserted = asserted;
	irq_line(&port->vm->irqs, gsi, level_of(&port->vm->pci, gsi));
}

/* One message when a condition begins to hold; the next one when it has ceased in between (6.7.3.4). */
static void tell(struct pci_slot *slot, struct pci_function *port)
{
	bool condition = has_condition(port);

	if (!condition)
		slot->told = false;
	else if (!slot->told)
		slot->told = interrupt(port);
	follow_pin(slot, port, condition);
}

static void add_events(struct pci_slot *slot, struct pci_function *port, uint16_t events)
{
	change(port, SLTSTA, 0, events);
	tell(slot, port);
}

/* The link is up while a powered card is there that works and is not in reset. Returns DLLSC when that has changed. */
static uint16_t follow_link(struct pci_slot *slot, struct pci_function *port)
{
	bool up, was = get(port, LNKSTA) & PCI_EXP_LNKSTA_DLLLA;

	slot->on = slot->occupied && is_switched_on(port);
	up = slot->powered = slot->on && !slot->failed && !is_in_reset(port);
	change(port, LNKSTA, PCI_EXP_LNKSTA_DLLLA, up ? PCI_EXP_LNKSTA_DLLLA : 0);
	return up != was ? PCI_EXP_SLTSTA_DLLSC : 0;
}

void pci_slot_init(struct pci_slot *slot, struct pci_function *port, bool occupied)
{
	uint16_t off = PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_ATTN_IND_OFF;
	uint16_t on = PCI_EXP_SLTCTL_PWR_IND_ON | PCI_EXP_SLTCTL_ATTN_IND_OFF;

	*slot = (struct pci_slot){ .occupied = occupied };
	pci_config_set(&port->config, SLTCAP, 4, ABILITIES | (uint32_t)port->device << NUMBER_SHIFT, 0);
	pci_config_set(&port->config, SLTCTL, 2, occupied ? on : off, CONTROLS);
	pci_config_set(&port->config, SLTSTA, 2, occupied ? PCI_EXP_SLTSTA_PDS : 0, 0);
	pci_config_set_clears(&port->config, SLTSTA, 2, EVENTS);
	follow_link(slot, port);
}

void pci_slot_insert(struct pci_slot *slot, struct pci_function *port)
{
	slot->occupied = true;
	change(port, SLTSTA, 0, PCI_EXP_SLTSTA_PDS);
	/* Linux acts on presence at once when the button was pressed with it, and waits 5 s for the button alone. */
	add_events(slot, port, PCI_EXP_SLTSTA_ABP | PCI_EXP_SLTSTA_PDC | follow_link(slot, port));
}

void pci_slot_remove(struct pci_slot *slot, struct pci_function *port)
{
	slot->occupied = slot->failed = false;
	change(port, SLTSTA, PCI_EXP_SLTSTA_PDS, 0);
	add_events(slot, port, PCI_EXP_SLTSTA_PDC | follow_link(slot, port));
}

void pci_slot_press_button(struct pci_slot *slot, struct pci_function *port)
{
	add_events(slot, port, PCI_EXP_SLTSTA_ABP);
}

static unsigned int changes_since(const struct pci_slot *slot, const struct pci_slot *was)
{
	unsigned int changes = 0;

	if (slot->powered != was->powered)
		changes |= slot->powered ? PCI_SLOT_CAME : PCI_SLOT_WENT;
	if (was->on && !slot->on)
		changes |= PCI_SLOT_OFF;
	return changes;
}

unsigned int pci_slot_fail(struct pci_slot *slot, struct pci_function *port)
{
	const struct pci_slot was = *slot;

	slot->failed = true;
	add_events(slot, port, follow_link(slot, port));
	return changes_since(slot, &was);
}

unsigned int pci_slot_written(struct pci_slot *slot, struct pci_function *port)
{
	const struct pci_slot was = *slot;

	if (!is_switched_on(port) || is_in_reset(port))
		slot->failed = false;
	add_events(slot, port, follow_link(slot, port));
	return changes_since(slot, &was);
}
