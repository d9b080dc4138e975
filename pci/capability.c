// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Configuration space and its capability lists (PCI Local Bus 3.0, 6.7; PCI Express Base 6.0, 7.5 to 7.9), from sysfs's
 * config file. A list is cut where it points outside its space or at a place it was at before; what the fields
 * of a capability are is a table (capability_field.c).
 */
#include "pci/capability.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"

enum {
	AT_STATUS = 0x06,
	STATUS_LIST = 0x10,
	AT_HEADER_TYPE = 0x0e,
	HEADER_TYPE_MASK = 0x7f,
	HEADER_BRIDGE = 1,
	HEADER_CARDBUS = 2,
	AT_LIST = 0x34,
	AT_LIST_CARDBUS = 0x14,
	EXPRESS_FLAGS = 2,
	EXPRESS_TYPE_SHIFT = 4,
};

int pci_config_read(const struct sysroot *root, struct pci_addr addr, struct pci_config *ret_config)
{
	char name[PCI_ADDR_TEXT_SIZE];
	ssize_t size = sysroot_read_bytes(root, ret_config->byte, sizeof(ret_config->byte),
		"sys/bus/pci/devices/%s/config", pci_addr_text(addr, name));

	if (size < 0)
		return (int)size;
	ret_config->size = (size_t)size;
	/* The vendor id of every VF is all ones (SR-IOV 1.1, 3.4.1.1); the status register of a living one never is. */
	if (size < PCI_CONFIG_HEADER || pci_config_value(ret_config, AT_STATUS, 2) == 0xffff)
		return -ENODEV;
	return 0;
}

uint32_t pci_config_value(const struct pci_config *config, unsigned int offset, unsigned int bytes)
{
	uint32_t value = 0;

	if (bytes > 4 || offset > config->size || config->size - offset < bytes)
		return bytes >= 4 ? UINT32_MAX : (1u << (8 * bytes)) - 1;
	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint32_t)config->byte[offset + i] << (8 * i);
	return value;
}

bool pci_config_is_bridge(const struct pci_config *config)
{
	return (pci_config_value(config, AT_HEADER_TYPE, 1) & HEADER_TYPE_MASK) == HEADER_BRIDGE;
}

bool pci_config_is_multifunction(const struct pci_config *config)
{
	return pci_config_value(config, AT_HEADER_TYPE, 1) & ~(uint32_t)HEADER_TYPE_MASK;
}

/* False: the table is full, or the place was seen before. */
static bool add(struct pci_capabilities *list, const struct pci_capability *capability)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].offset == capability->offset)
			return false;
	if (list->count == PCI_CAPABILITY_MAX)
		return false;
	list->item[list->count++] = *capability;
	return true;
}

static void walk_standard(const struct pci_config *config, struct pci_capabilities *list)
{
	unsigned int header = pci_config_value(config, AT_HEADER_TYPE, 1) & HEADER_TYPE_MASK;
	unsigned int at = pci_config_value(config, header == HEADER_CARDBUS ? AT_LIST_CARDBUS : AT_LIST, 1) & ~3u;

	list->visible = true;
	if (!(pci_config_value(config, AT_STATUS, 2) & STATUS_LIST))
		return;
	if (config->size < PCI_CONFIG_CONVENTIONAL) {
		list->visible = false;
		return;
	}
	while (at) {
		struct pci_capability found = { .offset = (uint16_t)at };

		if (at < PCI_CONFIG_HEADER) {
			list->malformed = true;
			return;
		}
		found.id = (uint16_t)pci_config_value(config, at, 1);
		if (found.id == 0xff || !add(list, &found)) {
			list->malformed = true;
			return;
		}
		at = pci_config_value(config, at + 1, 1) & ~3u;
	}
}

static void walk_extended(const struct pci_config *config, struct pci_capabilities *list)
{
	unsigned int at = PCI_CONFIG_CONVENTIONAL;

	while (at) {
		uint32_t header = pci_config_value(config, at, 4);
		struct pci_capability found = {
			.extended = true,
			.id = (uint16_t)header,
			.offset = (uint16_t)at,
			.version = header >> 16 & 0xf,
		};

		/* An empty list is a null capability, or a space that nothing answers for. */
		if (at == PCI_CONFIG_CONVENTIONAL && (!header || header == UINT32_MAX))
			return;
		if (at < PCI_CONFIG_CONVENTIONAL || header == UINT32_MAX || !add(list, &found)) {
			list->malformed = true;
			return;
		}
		at = header >> 20 & ~3u;
	}
}

void pci_capabilities_list(const struct pci_config *config, struct pci_capabilities *ret_list)
{
	*ret_list = (struct pci_capabilities){ 0 };
	walk_standard(config, ret_list);
	ret_list->extended_visible = ret_list->visible;
	if (!pci_capability_find(ret_list, false, PCI_CAP_EXPRESS))
		return;
	/* A kernel without access to the extended space shows 256 bytes of a function that has more. */
	ret_list->extended_visible = config->size > PCI_CONFIG_CONVENTIONAL;
	if (ret_list->extended_visible)
		walk_extended(config, ret_list);
}

const struct pci_capability *pci_capability_find(const struct pci_capabilities *list, bool extended, unsigned int id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].extended == extended && list->item[i].id == id)
			return &list->item[i];
	return NULL;
}

static const char *const express_types[] = {
	[PCI_EXPRESS_ENDPOINT] = "PCI Express endpoint",
	[PCI_EXPRESS_LEGACY_ENDPOINT] = "legacy PCI Express endpoint",
	[PCI_EXPRESS_ROOT_PORT] = "root port",
	[PCI_EXPRESS_UPSTREAM] = "switch upstream port",
	[PCI_EXPRESS_DOWNSTREAM] = "switch downstream port",
	[PCI_EXPRESS_TO_PCI] = "PCI Express to PCI bridge",
	[PCI_TO_EXPRESS] = "PCI to PCI Express bridge",
	[PCI_EXPRESS_RC_ENDPOINT] = "root complex integrated endpoint",
	[PCI_EXPRESS_RC_COLLECTOR] = "root complex event collector",
	[PCI_EXPRESS_NONE] = "conventional PCI function",
};

const char *pci_express_type_name(unsigned int type)
{
	const char *name = type < array_size(express_types) ? express_types[type] : NULL;

	return name ? name : "PCI Express function of an unknown type";
}

unsigned int pci_express_type_of(const struct pci_config *config, const struct pci_capabilities *list)
{
	const struct pci_capability *express = pci_capability_find(list, false, PCI_CAP_EXPRESS);

	if (!express)
		return PCI_EXPRESS_NONE;
	return pci_config_value(config, express->offset + EXPRESS_FLAGS, 1) >> EXPRESS_TYPE_SHIFT;
}

bool pci_serial_number(const struct pci_config *config, const struct pci_capabilities *list, char *buf, size_t size)
{
	const struct pci_capability *serial = pci_capability_find(list, true, PCI_EXT_SERIAL);
	uint32_t low;
	uint32_t high;

	if (!serial || serial->offset + 12u > config->size)
		return false;
	low = pci_config_value(config, serial->offset + 4u, 4);
	high = pci_config_value(config, serial->offset + 8u, 4);
	if ((!low && !high) || (low == UINT32_MAX && high == UINT32_MAX))
		return false;
	snprintf(buf, size, "%02x-%02x-%02x-%02x-%02x-%02x-%02x-%02x", high >> 24, high >> 16 & 0xff, high >> 8 & 0xff,
		high & 0xff, low >> 24, low >> 16 & 0xff, low >> 8 & 0xff, low & 0xff);
	return true;
}
