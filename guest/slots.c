// SPDX-License-Identifier: GPL-2.0-or-later
/* Root ports and function numbers for a guest's devices; see slots.h. Pure: what the inventory says decides. */
#include "guest/slots.h"

#include "wire/limits.h"

static bool is_vf(const struct pci_inventory *inventory, struct pci_addr addr)
{
	const struct pci_device *device = pci_inventory_find(inventory, addr);

	return device && device->is_vf;
}

static bool share_a_device(const struct pci_inventory *inventory, struct pci_addr a, struct pci_addr b)
{
	return a.domain == b.domain && a.bus == b.bus && a.device == b.device && !is_vf(inventory, a) &&
	       !is_vf(inventory, b);
}

static bool share_a_group(const struct pci_inventory *inventory, struct pci_addr a, struct pci_addr b)
{
	const struct pci_device *one = pci_inventory_find(inventory, a), *other = pci_inventory_find(inventory, b);

	return one && other && one->iommu_group >= 0 && one->iommu_group == other->iommu_group;
}

/* The port of the first device before `index` that it belongs with and that has room; or a new one. */
static uint32_t find_port(const struct pci_inventory *inventory, const struct pci_addr *devices, size_t index,
	const struct guest_slot *slots, const size_t *used, uint32_t port_count)
{
	for (size_t i = 0; i < index; i++) {
		if (used[slots[i].port] < GUEST_SLOT_FUNCTIONS &&
			(share_a_device(inventory, devices[i], devices[index]) ||
				share_a_group(inventory, devices[i], devices[index])))
			return slots[i].port;
	}
	return port_count;
}

/* Numbers within one slot: host's numbers first come first served, a 0 for somebody, the rest what is free. */
static void number_functions(const struct pci_addr *devices, size_t count, struct guest_slot *slots, uint32_t port)
{
	bool numbered[GUEST_SLOT_FUNCTIONS] = { false };
	size_t first = count;

	for (size_t i = 0; i < count; i++) {
		uint32_t own = devices[i].function;

		if (slots[i].port != port)
			continue;
		if (first == count)
			first = i;
		slots[i].function = own < GUEST_SLOT_FUNCTIONS && !numbered[own] ? own : GUEST_SLOT_FUNCTIONS;
		if (slots[i].function < GUEST_SLOT_FUNCTIONS)
			numbered[own] = true;
	}
	if (first < count && !numbered[0]) {
		numbered[slots[first].function] = false;
		numbered[0] = true;
		slots[first].function = 0;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t number = 0;

		if (slots[i].port != port || slots[i].function < GUEST_SLOT_FUNCTIONS)
			continue;
		while (numbered[number])
			number++;
		numbered[number] = true;
		slots[i].function = number;
	}
}

uint32_t guest_slots(const struct pci_inventory *inventory, const struct pci_addr *devices, size_t count,
	struct guest_slot *ret_slots)
{
	size_t used[LIMIT_DEVICES];
	uint32_t port_count = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t port = find_port(inventory, devices, i, ret_slots, used, port_count);

		if (port == port_count)
			used[port_count++] = 0;
		used[port]++;
		ret_slots[i] = (struct guest_slot){ port, 0 };
	}
	for (uint32_t port = 0; port < port_count; port++)
		number_functions(devices, count, ret_slots, port);
	return port_count;
}
