// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BARs of type 0 headers (PCI Local Bus 3.0, 6.2.5.1): registers, and the mappings that follow from them. Memory BARs
 * only; where the hardware has an I/O BAR the guest is shown none.
 *
 * The state is computed anew from the registers on every change, never patched: what a guest's sequence of writes was
 * does not matter, only what the registers say now. Bridge windows are not consulted: nothing lies behind a port but
 * its one function, and an operating system rewrites windows while it looks at them.
 */
#include "vmm-core/pci/bar.h"

#include <linux/pci_regs.h>

static const uint32_t register_flags[] = {
	[PCI_BAR_MEM32] = PCI_BASE_ADDRESS_MEM_TYPE_32,
	[PCI_BAR_MEM64] = PCI_BASE_ADDRESS_MEM_TYPE_64,
	[PCI_BAR_MEM64_PREFETCHABLE] = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
};

static unsigned int register_offset(unsigned int index)
{
	return PCI_BASE_ADDRESS_0 + 4 * index;
}

static bool is_64bit(const struct pci_bar *bar)
{
	return bar->kind == PCI_BAR_MEM64 || bar->kind == PCI_BAR_MEM64_PREFETCHABLE;
}

void pci_bar_registers_init(struct pci_function *fn)
{
	for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
		const struct pci_bar *bar = &fn->bar[i];
		uint64_t address_bits = ~(bar->size - 1);

		if (bar->kind == PCI_BAR_NONE)
			continue;
		pci_config_set(&fn->config, register_offset(i), 4, register_flags[bar->kind], (uint32_t)address_bits);
		if (is_64bit(bar))
			pci_config_set(&fn->config, register_offset(i + 1), 4, 0, (uint32_t)(address_bits >> 32));
	}
}

uint64_t pci_bar_register(const struct pci_function *fn, unsigned int index)
{
	uint64_t address = pci_config_get(&fn->config, register_offset(index), 4) & PCI_BASE_ADDRESS_MEM_MASK;

	if (is_64bit(&fn->bar[index]))
		address |= (uint64_t)pci_config_get(&fn->config, register_offset(index + 1), 4) << 32;
	return address & ~(fn->bar[index].size - 1);
}

void pci_bar_register_set(struct pci_function *fn, unsigned int index, uint64_t address)
{
	pci_config_put(&fn->config, register_offset(index), 4, (uint32_t)address | register_flags[fn->bar[index].kind]);
	if (is_64bit(&fn->bar[index]))
		pci_config_put(&fn->config, register_offset(index + 1), 4, (uint32_t)(address >> 32));
}

bool pci_bar_affected(const struct pci_function *fn, unsigned int offset, unsigned int size)
{
	struct range written = { offset, offset + size };

	if (!fn->ops->bar_map)
		return false;
	return range_overlaps(written, (struct range){ PCI_COMMAND, PCI_COMMAND + 2 }) ||
	       range_overlaps(written, (struct range){ register_offset(0), register_offset(PCI_BAR_COUNT) });
}

static bool is_decoding(const struct pci_function *fn)
{
	return pci_config_get(&fn->config, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
}

static struct range wanted_range(const struct pci_bar *bar)
{
	return (struct range){ bar->wanted_address, bar->wanted_address + bar->size };
}

/*
 * Does another wanted BAR cover the place? Among those that are decoded the first in the order of the bus wins, so
 * only BARs before (end_fn, end_index) count; a kept one gives way to all of them.
 */
static bool place_taken(
	const struct pci_bus *bus, const struct pci_bar *bar, size_t end_fn, unsigned int end_index, struct range place)
{
	for (size_t f = 0; f < bus->count && f <= end_fn; f++) {
		const struct pci_function *fn = bus->function[f];

		if (!is_decoding(fn))
			continue;
		for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
			const struct pci_bar *other = &fn->bar[i];

			if (f == end_fn && i >= end_index)
				break;
			if (other != bar && other->wanted && range_overlaps(place, wanted_range(other)))
				return true;
		}
	}
	return false;
}

static bool place_allowed(const struct layout *layout, const struct pci_bar *bar, uint64_t address)
{
	struct range place = { address, address + bar->size };

	/* A sizing probe of all ones wraps: it is nowhere. */
	if (address == 0 || place.end < place.start)
		return false;
	return range_contains(layout->pci32, place) || (is_64bit(bar) && range_contains(layout->pci64, place));
}

static void want_decoded(struct pci_bus *bus, const struct layout *layout)
{
	for (size_t f = 0; f < bus->count; f++) {
		struct pci_function *fn = bus->function[f];

		for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
			struct pci_bar *bar = &fn->bar[i];

			bar->wanted = false;
			if (bar->kind == PCI_BAR_NONE || !is_decoding(fn))
				continue;
			bar->wanted_address = pci_bar_register(fn, i);
			bar->wanted = place_allowed(layout, bar, bar->wanted_address) &&
				      !place_taken(bus, bar, f, i, wanted_range(bar));
		}
	}
}

static void want_kept(struct pci_bus *bus)
{
	for (size_t f = 0; f < bus->count; f++) {
		struct pci_function *fn = bus->function[f];

		for (unsigned int i = 0; i < PCI_BAR_COUNT && !is_decoding(fn); i++) {
			struct pci_bar *bar = &fn->bar[i];

			if (!bar->mapped)
				continue;
			bar->wanted_address = bar->address;
			bar->wanted = !place_taken(bus, bar, bus->count, 0, wanted_range(bar));
		}
	}
}

static void unmap_unwanted(struct pci_bus *bus)
{
	for (size_t f = 0; f < bus->count; f++) {
		struct pci_function *fn = bus->function[f];

		for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
			struct pci_bar *bar = &fn->bar[i];

			if (!bar->mapped || (bar->wanted && bar->wanted_address == bar->address))
				continue;
			fn->ops->bar_unmap(fn, i);
			bar->mapped = false;
		}
	}
}

static int map_wanted(struct pci_bus *bus, struct error *err)
{
	int first = 0;

	for (size_t f = 0; f < bus->count; f++) {
		struct pci_function *fn = bus->function[f];

		for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
			struct pci_bar *bar = &fn->bar[i];
			int ret;

			if (!bar->wanted || bar->mapped)
				continue;
			ret = fn->ops->bar_map(fn, i, bar->wanted_address, first ? NULL : err);
			bar->mapped = ret == 0;
			bar->address = bar->wanted_address;
			if (ret && !first)
				first = ret;
		}
	}
	return first;
}

int pci_bars_update(struct pci_bus *bus, const struct layout *layout, struct error *err)
{
	want_decoded(bus, layout);
	want_kept(bus);
	unmap_unwanted(bus);
	return map_wanted(bus, err);
}

void pci_bars_unmap(struct pci_function *fn)
{
	for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
		if (fn->bar[i].mapped)
			fn->ops->bar_unmap(fn, i);
		fn->bar[i].mapped = false;
	}
}
