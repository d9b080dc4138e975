// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a card could be moved: every root port and switch downstream port with a slot from which the whole way up
 * isolates.
 */
#include "iommu/slot.h"

#include "pci/port.h"

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
		pci_port_slot_name(root, port->addr, choice[count].name, sizeof(choice[count].name));
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
