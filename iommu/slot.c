// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a card could be moved: every root port and switch downstream port with a slot from which the whole way up isolates. A port's
 * slot has its name in sys/bus/pci/slots, by the address of what is or would be in it, so the bus behind the
 * port is read (secondary_bus_number, world readable).
 */
#include "iommu/slot.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Behind a VMD everything is one group, whatever its ports do. */
static bool is_port(const struct topology_function *function)
{
	return function->known && !function->no_slot && function->dma_via < 0 &&
	       (function->express_type == PCI_EXPRESS_ROOT_PORT || function->express_type == PCI_EXPRESS_DOWNSTREAM);
}

static bool way_isolates(const struct topology *topology, int port)
{
	size_t depth = 0;

	for (int at = port; at >= 0 && depth++ < topology->count; at = topology->function[at].parent)
		if (!topology->function[at].known || !topology_isolates(topology, &topology->function[at]))
			return false;
	return true;
}

static bool is_above(const struct topology *topology, int port, int index)
{
	size_t depth = 0;

	for (int at = index; at >= 0 && depth++ < topology->count; at = topology->function[at].parent)
		if (at == port)
			return true;
	return false;
}

static bool has_child(const struct topology *topology, int port)
{
	for (size_t i = 0; i < topology->count; i++)
		if (topology->function[i].parent == port)
			return true;
	return false;
}

/* Entries of sys/bus/pci/slots: name, with an address file "0000:01:00". */
static void find_name(const struct sysroot *root, struct pci_addr port, char *buf, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/bus/pci/slots");
	char port_name[PCI_ADDR_TEXT_SIZE];
	char wanted[24];
	char address[24];
	struct dirent *entry;
	uint64_t bus;

	buf[0] = '\0';
	if (!dir || sysroot_read_u64(root, &bus, "sys/bus/pci/devices/%s/secondary_bus_number",
			    pci_addr_text(port, port_name)) < 0)
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

static size_t collect(const struct sysroot *root, const struct topology *topology, int index, bool occupied,
	struct slot_choice *choice, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < topology->count && count < max; i++) {
		const struct topology_function *port = &topology->function[i];

		if (!is_port(port) || has_child(topology, (int)i) != occupied || is_above(topology, (int)i, index) ||
			!way_isolates(topology, (int)i))
			continue;
		choice[count] = (struct slot_choice){ .port = port->addr, .occupied = occupied };
		find_name(root, port->addr, choice[count].name, sizeof(choice[count].name));
		count++;
	}
	return count;
}

size_t slot_choices(const struct sysroot *root, const struct topology *topology, int index,
	struct slot_choice *ret_choice, size_t max)
{
	size_t count = collect(root, topology, index, false, ret_choice, max);

	return count + collect(root, topology, index, true, ret_choice + count, max - count);
}
