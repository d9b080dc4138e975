// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Host bridge and PCI Express root ports (PCI Express Base 6.0, 7.5.1.3 for the header, 7.5.3 for the capability), as
 * tables of registers. Their ids are the generic ones that Red Hat publishes for virtual machines.
 *
 * A port has a slot with native hot plug (slot.c), whose events are its only interrupts, no power management and no
 * AER. Its link is wider and faster than any card's, so that nobody reports it as the bottleneck. Its window of ports
 * has 16 bits.
 */
#include "vmm-core/pci/port.h"

#include <linux/pci_regs.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "vmm-core/vm.h"

enum {
	VENDOR_ID = 0x1b36,
	HOST_BRIDGE_ID = 0x0008,
	ROOT_PORT_ID = 0x000c,
	EXPRESS = PCI_PORT_EXPRESS,
	MSI = PCI_PORT_MSI,
	MSI_SIZE = 0x0e,
	EXPRESS_VERSION = 2,
	LINK_SPEED = 5, /* 32 GT/s */
	LINK_WIDTH = 16,
	LINK_SPEEDS = 0x3e, /* 2.5 to 32 GT/s, in LNKCAP2 */
};

/* Nothing in it does anything, so its COMMAND always shows what it is: on. */
static const struct pci_config_field host_bridge_fields[] = {
	{ PCI_VENDOR_ID, 2, VENDOR_ID, 0 },
	{ PCI_DEVICE_ID, 2, HOST_BRIDGE_ID, 0 },
	{ PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0 },
	{ PCI_CLASS_DEVICE, 2, 0x0600, 0 },
};

static const struct pci_config_field port_fields[] = {
	{ PCI_VENDOR_ID, 2, VENDOR_ID, 0 },
	{ PCI_DEVICE_ID, 2, ROOT_PORT_ID, 0 },
	{ PCI_COMMAND, 2, 0,
		PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
			PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0 },
	{ PCI_CLASS_DEVICE, 2, 0x0604, 0 },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0xff },
	{ PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_BRIDGE, 0 },
	{ PCI_PRIMARY_BUS, 1, 0, 0xff },
	{ PCI_SECONDARY_BUS, 1, 0, 0xff },
	{ PCI_SUBORDINATE_BUS, 1, 0, 0xff },
	{ PCI_IO_BASE, 1, PCI_IO_RANGE_TYPE_16, 0xf0 },
	{ PCI_IO_LIMIT, 1, PCI_IO_RANGE_TYPE_16, 0xf0 },
	{ PCI_MEMORY_BASE, 2, 0, PCI_MEMORY_RANGE_MASK & 0xffff },
	{ PCI_MEMORY_LIMIT, 2, 0, PCI_MEMORY_RANGE_MASK & 0xffff },
	{ PCI_PREF_MEMORY_BASE, 2, PCI_PREF_RANGE_TYPE_64, PCI_PREF_RANGE_MASK & 0xffff },
	{ PCI_PREF_MEMORY_LIMIT, 2, PCI_PREF_RANGE_TYPE_64, PCI_PREF_RANGE_MASK & 0xffff },
	{ PCI_PREF_BASE_UPPER32, 4, 0, 0xffffffff },
	{ PCI_PREF_LIMIT_UPPER32, 4, 0, 0xffffffff },
	{ PCI_CAPABILITY_LIST, 1, EXPRESS, 0 },
	{ PCI_INTERRUPT_PIN, 1, 1, 0 },
	{ PCI_BRIDGE_CONTROL, 2, 0, PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_BUS_RESET },

	{ EXPRESS + PCI_CAP_LIST_ID, 1, PCI_CAP_ID_EXP, 0 },
	{ EXPRESS + PCI_CAP_LIST_NEXT, 1, MSI, 0 },
	{ EXPRESS + PCI_EXP_FLAGS, 2, EXPRESS_VERSION | PCI_EXP_TYPE_ROOT_PORT << 4 | PCI_EXP_FLAGS_SLOT, 0 },
	{ EXPRESS + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_RBER, 0 },
	{ EXPRESS + PCI_EXP_DEVCTL, 2, 0,
		PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE |
			PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_NOSNOOP_EN |
			PCI_EXP_DEVCTL_READRQ },
	{ EXPRESS + PCI_EXP_LNKCTL, 2, 0, PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES },
	{ EXPRESS + PCI_EXP_LNKSTA, 2, LINK_SPEED | LINK_WIDTH << PCI_EXP_LNKSTA_NLW_SHIFT, 0 },
	{ EXPRESS + PCI_EXP_RTCTL, 2, 0,
		PCI_EXP_RTCTL_SECEE | PCI_EXP_RTCTL_SENFEE | PCI_EXP_RTCTL_SEFEE | PCI_EXP_RTCTL_PMEIE },
	{ EXPRESS + PCI_EXP_LNKCAP2, 4, LINK_SPEEDS, 0 },
	{ EXPRESS + PCI_EXP_LNKCTL2, 2, LINK_SPEED, PCI_EXP_LNKCTL2_TLS },

	{ MSI + PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSI, 0 },
	{ MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT, PCI_MSI_FLAGS_ENABLE },
	{ MSI + PCI_MSI_ADDRESS_LO, 4, 0, 0xfffffffc },
	{ MSI + PCI_MSI_ADDRESS_HI, 4, 0, 0xffffffff },
	{ MSI + PCI_MSI_DATA_64, 2, 0, 0xffff },
};

_Static_assert(EXPRESS + PCI_EXP_SLTSTA2 + 2 <= MSI, "the port's capabilities overlap");

static int host_bridge_power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	(void)vm;
	(void)err;
	pci_config_init(&fn->config);
	pci_config_set_fields(&fn->config, 0, host_bridge_fields, array_size(host_bridge_fields));
	return 0;
}

static int port_power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	(void)vm;
	(void)err;
	pci_config_init(&fn->config);
	pci_config_set_fields(&fn->config, 0, port_fields, array_size(port_fields));
	pci_config_set(&fn->config, EXPRESS + PCI_EXP_LNKCAP, 4,
		LINK_SPEED | LINK_WIDTH << PCI_EXP_LNKSTA_NLW_SHIFT | PCI_EXP_LNKCAP_DLLLARC |
			(uint32_t)fn->device << 24,
		0);
	pci_config_set(&fn->config, PCI_INTERRUPT_LINE, 1, irq_pci_line(irq_pci_gsi(fn->device, 0, 1)), 0xff);
	return 0;
}

static void nothing_to_power_off(struct pci_function *fn)
{
	(void)fn;
}

static const struct pci_function_ops host_bridge_ops = {
	.kind = "host-bridge",
	.power_on = host_bridge_power_on,
	.power_off = nothing_to_power_off,
};

static const struct pci_function_ops port_ops = {
	.kind = "root-port",
	.power_on = port_power_on,
	.power_off = nothing_to_power_off,
};

void pci_host_bridge_init(struct pci_function *fn)
{
	fn->ops = &host_bridge_ops;
	snprintf(fn->name, sizeof(fn->name), "host bridge");
	pci_config_init(&fn->config);
}

void pci_port_init(struct pci_function *fn, unsigned int number)
{
	fn->ops = &port_ops;
	fn->device = (uint8_t)number;
	snprintf(fn->name, sizeof(fn->name), "port %u", number);
	pci_config_init(&fn->config);
}

bool pci_port_leads_to(const struct pci_function *fn, uint8_t bus)
{
	return bus != 0 && pci_config_get(&fn->config, PCI_SECONDARY_BUS, 1) == bus;
}
