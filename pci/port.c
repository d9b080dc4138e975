// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports, from their PCI Express capability (PCI Express Base 6.0, 7.5.3: device capabilities 2 and device control 2),
 * sys/bus/pci/slots and, without root, ari_enabled of the function below, which is the kernel's word for the port above
 * it (pci_ari_enabled() in drivers/pci/pci.h). The kernel switches forwarding on for a port that can and a function 0
 * that has the ARI capability (pci_configure_ari() in drivers/pci/pci.c), unless it was told pci=noari.
 */
#include "pci/port.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/capability.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	EXPRESS_FLAGS = 0x02,
	EXPRESS_CAPABILITIES_2 = 0x24,
	EXPRESS_CONTROL_2 = 0x28,
	EXPRESS_SLOT = 0x0100,
	ARI_FORWARDING = 0x20, /* the same bit in both */
	BRIDGE_LAST_BUS = 0x1a,
};

bool pci_port_find(const struct sysroot *root, struct pci_addr addr, struct pci_addr *ret_above)
{
	char name[PCI_ADDR_TEXT_SIZE], target[1024];
	char *slash;

	if (sysroot_read_link(root, target, sizeof(target), DEVICES "/%s", pci_addr_text(addr, name)) < 0)
		return false;
	slash = strrchr(target, '/');
	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(target, '/');
	return slash && !pci_addr_parse(slash + 1, ret_above);
}

/*
 * Entries of sys/bus/pci/slots: name, with a file "address" that has "0000:01:00", of what is or would be in the slot.
 */
void pci_port_slot_name(const struct sysroot *root, struct pci_addr port, char *buf, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/bus/pci/slots");
	char port_name[PCI_ADDR_TEXT_SIZE], wanted[24], address[24];
	struct dirent *entry;
	uint64_t bus;

	buf[0] = '\0';
	if (!dir ||
		sysroot_read_u64(root, &bus, DEVICES "/%s/secondary_bus_number", pci_addr_text(port, port_name)) < 0)
		return;
	snprintf(wanted, sizeof(wanted), "%04x:%02x:00", port.domain, (unsigned int)bus & 0xff);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
			sysroot_read_text(
				root, address, sizeof(address), "sys/bus/pci/slots/%s/address", entry->d_name) > 0 &&
			text_starts_with(address, wanted)) {
			text_copy(buf, size, entry->d_name);
			return;
		}
}

static void read_last_bus(const struct sysroot *root, const struct pci_config *config, struct pci_port *port)
{
	char name[PCI_ADDR_TEXT_SIZE];
	uint64_t bus;

	port->last_bus = -1;
	if (!sysroot_read_u64(root, &bus, DEVICES "/%s/subordinate_bus_number", pci_addr_text(port->addr, name)))
		port->last_bus = (int)bus;
	else if (config && config->size >= PCI_CONFIG_HEADER)
		port->last_bus = (int)pci_config_value(config, BRIDGE_LAST_BUS, 1);
}

static bool is_port_type(unsigned int type)
{
	return type == PCI_EXPRESS_ROOT_PORT || type == PCI_EXPRESS_DOWNSTREAM;
}

/* True for a root or downstream port whose capability could be read. */
static bool read_port(const struct sysroot *root, struct pci_addr addr, struct pci_port *port)
{
	const struct pci_capability *express;
	struct pci_capabilities list;
	struct pci_config config;
	bool can, on;

	*port = (struct pci_port){ .addr = addr, .last_bus = -1 };
	pci_port_slot_name(root, addr, port->slot, sizeof(port->slot));
	if (pci_config_read(root, addr, &config) < 0) {
		read_last_bus(root, NULL, port);
		return false;
	}
	read_last_bus(root, &config, port);
	pci_capabilities_list(&config, &list);
	express = pci_capability_find(&list, false, PCI_CAP_EXPRESS);
	if (!express || !is_port_type(pci_express_type_of(&config, &list)) ||
		config.size < (size_t)express->offset + EXPRESS_CONTROL_2 + 2)
		return false;
	port->has_slot = pci_config_value(&config, express->offset + EXPRESS_FLAGS, 2) & EXPRESS_SLOT;
	can = pci_config_value(&config, express->offset + EXPRESS_CAPABILITIES_2, 4) & ARI_FORWARDING;
	on = pci_config_value(&config, express->offset + EXPRESS_CONTROL_2, 2) & ARI_FORWARDING;
	port->ari = can && on ? PCI_ARI_ON : can ? PCI_ARI_OFF : PCI_ARI_NO;
	return true;
}

bool pci_port_above(const struct sysroot *root, struct pci_addr addr, struct pci_port *ret_port)
{
	char name[PCI_ADDR_TEXT_SIZE];
	struct pci_addr above;
	uint64_t enabled;

	if (!pci_port_find(root, addr, &above))
		return false;
	read_port(root, above, ret_port);
	ret_port->occupied = true;
	if (!sysroot_read_u64(root, &enabled, DEVICES "/%s/ari_enabled", pci_addr_text(addr, name))) {
		if (enabled)
			ret_port->ari = PCI_ARI_ON;
		else if (ret_port->ari == PCI_ARI_UNKNOWN || ret_port->ari == PCI_ARI_ON)
			ret_port->ari = PCI_ARI_OFF;
	}
	return true;
}

static bool has_function_behind(const struct sysroot *root, const struct pci_inventory *inventory, struct pci_addr port)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct pci_addr above;

		if (pci_port_find(root, inventory->devices[i].addr, &above) && !pci_addr_compare(above, port))
			return true;
	}
	return false;
}

/* Is the function behind the port, at any depth. */
static bool is_behind(const struct sysroot *root, struct pci_addr addr, struct pci_addr port)
{
	struct pci_addr above = addr;

	for (int depth = 0; depth < 256 && pci_port_find(root, above, &above); depth++)
		if (!pci_addr_compare(above, port))
			return true;
	return false;
}

size_t pci_ports_with_ari(const struct sysroot *root, const struct pci_inventory *inventory, struct pci_addr addr,
	struct pci_port *ret_port, size_t max)
{
	size_t count = 0;

	for (int occupied = 0; occupied < 2; occupied++)
		for (size_t i = 0; i < inventory->count && count < max; i++) {
			struct pci_port *port = &ret_port[count];

			if (!inventory->devices[i].is_bridge || !read_port(root, inventory->devices[i].addr, port) ||
				!port->has_slot || (port->ari != PCI_ARI_ON && port->ari != PCI_ARI_OFF) ||
				is_behind(root, addr, port->addr))
				continue;
			port->occupied = has_function_behind(root, inventory, port->addr);
			count += port->occupied == (bool)occupied;
		}
	return count;
}

const char *pci_port_text(const struct pci_port *port, char *buf, size_t size)
{
	char name[PCI_ADDR_TEXT_SIZE];

	snprintf(buf, size, "%s%s%s (%s)", pci_addr_text(port->addr, name), port->slot[0] ? ", slot " : "", port->slot,
		port->occupied ? "in use now" : "free");
	return buf;
}
