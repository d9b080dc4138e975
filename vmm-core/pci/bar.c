// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BARs and the expansion ROM of type 0 headers (PCI Local Bus 3.0, 6.2.5): registers, and the mappings that follow from
 * them. Memory, ports and the ROM are rows of one table, and go the same way.
 *
 * The state is computed anew from the registers on every change, never patched: what a guest's sequence of writes was
 * does not matter, only what the registers say now. Bridge windows are not consulted: nothing lies behind a port but
 * its one device, and an operating system rewrites windows while it looks at them.
 */
#include "vmm-core/pci/bar.h"

#include <linux/pci_regs.h>

#define PAGE_BYTES 4096ull

enum {
	HEADER_TYPE_MULTIFUNCTION = 0x80
};

struct bar_kind {
	uint32_t flags; /* what the register says below the address */
	uint32_t address_bits;
	uint16_t decode; /* the bit of COMMAND */
	bool wide;       /* 64 bits, in two registers */
	bool ports;
};

static const struct bar_kind bar_kinds[PCI_BAR_KIND_COUNT] = {
	[PCI_BAR_IO] = { PCI_BASE_ADDRESS_SPACE_IO, (uint32_t)PCI_BASE_ADDRESS_IO_MASK, PCI_COMMAND_IO, false, true },
	[PCI_BAR_MEM32] = { 0, (uint32_t)PCI_BASE_ADDRESS_MEM_MASK, PCI_COMMAND_MEMORY, false, false },
	[PCI_BAR_MEM32_PREFETCHABLE] = { PCI_BASE_ADDRESS_MEM_PREFETCH, (uint32_t)PCI_BASE_ADDRESS_MEM_MASK,
		PCI_COMMAND_MEMORY, false, false },
	[PCI_BAR_MEM64] = { PCI_BASE_ADDRESS_MEM_TYPE_64, (uint32_t)PCI_BASE_ADDRESS_MEM_MASK, PCI_COMMAND_MEMORY, true,
		false },
	[PCI_BAR_MEM64_PREFETCHABLE] = { PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
		(uint32_t)PCI_BASE_ADDRESS_MEM_MASK, PCI_COMMAND_MEMORY, true, false },
	[PCI_BAR_ROM] = { 0, (uint32_t)PCI_ROM_ADDRESS_MASK, PCI_COMMAND_MEMORY, false, false },
};

static const struct bar_kind *kind_of(const struct pci_bar *bar)
{
	return &bar_kinds[bar->kind];
}

static unsigned int register_offset(unsigned int index)
{
	return index == PCI_ROM ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * index;
}

bool pci_bar_is_ports(const struct pci_bar *bar)
{
	return kind_of(bar)->ports;
}

bool pci_bar_is_sub_page(const struct pci_bar *bar)
{
	return !kind_of(bar)->ports && bar->size < PAGE_BYTES;
}

void pci_bar_registers_init(struct pci_function *fn)
{
	uint32_t type = pci_config_get(&fn->config, PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MASK;

	pci_config_put(&fn->config, PCI_HEADER_TYPE, 1, type | (fn->has_neighbours ? HEADER_TYPE_MULTIFUNCTION : 0));
	for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
		const struct pci_bar *bar = &fn->bar[i];
		const struct bar_kind *kind = kind_of(bar);
		uint64_t address_bits = ~(bar->size - 1);
		uint32_t enable = bar->kind == PCI_BAR_ROM ? PCI_ROM_ADDRESS_ENABLE : 0;

		if (bar->kind == PCI_BAR_NONE)
			continue;
		pci_config_set(&fn->config, register_offset(i), 4, kind->flags,
			((uint32_t)address_bits & kind->address_bits) | enable);
		if (kind->wide)
			pci_config_set(&fn->config, register_offset(i + 1), 4, 0, (uint32_t)(address_bits >> 32));
	}
}

uint64_t pci_bar_register(const struct pci_function *fn, unsigned int index)
{
	const struct bar_kind *kind = kind_of(&fn->bar[index]);
	uint64_t address = pci_config_get(&fn->config, register_offset(index), 4) & kind->address_bits;

	if (kind->wide)
		address |= (uint64_t)pci_config_get(&fn->config, register_offset(index + 1), 4) << 32;
	return address & ~(fn->bar[index].size - 1);
}

void pci_bar_register_set(struct pci_function *fn, unsigned int index, uint64_t address)
{
	const struct bar_kind *kind = kind_of(&fn->bar[index]);

	pci_config_put(&fn->config, register_offset(index), 4, (uint32_t)address | kind->flags);
	if (kind->wide)
		pci_config_put(&fn->config, register_offset(index + 1), 4, (uint32_t)(address >> 32));
}

uint16_t pci_bar_decode_bits(const struct pci_function *fn)
{
	uint16_t bits = 0;

	for (unsigned int i = 0; i < PCI_REGION_COUNT; i++)
		if (fn->bar[i].kind != PCI_BAR_NONE && pci_bar_register(fn, i))
			bits |= kind_of(&fn->bar[i])->decode;
	return bits;
}

bool pci_bar_affected(const struct pci_function *fn, unsigned int offset, unsigned int size)
{
	struct range written = { offset, offset + size };

	if (!fn->ops->bar_map)
		return false;
	return range_overlaps(written, (struct range){ PCI_COMMAND, PCI_COMMAND + 2 }) ||
	       range_overlaps(written, (struct range){ PCI_ROM_ADDRESS, PCI_ROM_ADDRESS + 4 }) ||
	       range_overlaps(written, (struct range){ register_offset(0), register_offset(PCI_BAR_COUNT - 1) + 4 });
}

static bool is_decoding(const struct pci_function *fn, unsigned int index)
{
	const struct pci_bar *bar = &fn->bar[index];

	if (!(pci_config_get(&fn->config, PCI_COMMAND, 2) & kind_of(bar)->decode))
		return false;
	return bar->kind != PCI_BAR_ROM || (pci_config_get(&fn->config, PCI_ROM_ADDRESS, 4) & PCI_ROM_ADDRESS_ENABLE);
}

static struct range wanted_range(const struct pci_bar *bar)
{
	return (struct range){ bar->wanted_address, bar->wanted_address + bar->size };
}

static bool is_in_the_way(const struct pci_bar *bar, const struct pci_bar *other, struct range place)
{
	return other != bar && other->wanted && kind_of(other)->ports == kind_of(bar)->ports &&
	       range_overlaps(place, wanted_range(other));
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

		for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
			if (f == end_fn && i >= end_index)
				break;
			if (is_in_the_way(bar, &fn->bar[i], place) && is_decoding(fn, i))
				return true;
		}
	}
	return false;
}

static bool place_allowed(const struct layout *layout, const struct pci_bar *bar, uint64_t address)
{
	const struct bar_kind *kind = kind_of(bar);
	struct range place = { address, address + bar->size };

	/* A sizing probe of all ones wraps: it is nowhere. */
	if (address == 0 || place.end < place.start)
		return false;
	if (kind->ports)
		return range_contains(layout->ports, place);
	return range_contains(layout->pci32, place) || (kind->wide && range_contains(layout->pci64, place));
}

static void want_decoded(struct pci_bus *bus, const struct layout *layout)
{
	for (size_t f = 0; f < bus->count; f++) {
		struct pci_function *fn = bus->function[f];

		for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
			struct pci_bar *bar = &fn->bar[i];

			bar->wanted = false;
			if (bar->kind == PCI_BAR_NONE || !is_decoding(fn, i))
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

		for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
			struct pci_bar *bar = &fn->bar[i];

			if (!bar->mapped || is_decoding(fn, i))
				continue;
			bar->wanted_address = bar->address;
			bar->wanted = !place_taken(bus, bar, bus->count, 0, wanted_range(bar));
		}
	}
}

static bool has_page_alone(const struct pci_bus *bus, const struct pci_bar *bar)
{
	struct range page = { bar->wanted_address, bar->wanted_address + PAGE_BYTES };

	if (page.start % PAGE_BYTES)
		return false;
	for (size_t f = 0; f < bus->count; f++)
		for (unsigned int i = 0; i < PCI_REGION_COUNT; i++)
			if (is_in_the_way(bar, &bus->function[f]->bar[i], page))
				return false;
	return true;
}

/* Last, when it is known where all others are. */
static void want_pages(struct pci_bus *bus)
{
	for (size_t f = 0; f < bus->count; f++) {
		for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
			struct pci_bar *bar = &bus->function[f]->bar[i];

			bar->wanted_page = bar->wanted && pci_bar_is_sub_page(bar) && has_page_alone(bus, bar);
		}
	}
}

static void unmap_unwanted(struct pci_bus *bus)
{
	for (size_t f = 0; f < bus->count; f++) {
		struct pci_function *fn = bus->function[f];

		for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
			struct pci_bar *bar = &fn->bar[i];

			if (!bar->mapped || (bar->wanted && bar->wanted_address == bar->address &&
						    bar->wanted_page == bar->whole_page))
				continue;
			fn->ops->bar_unmap(fn, i);
			bar->mapped = false;
		}
	}
}

static int map_one(struct pci_function *fn, unsigned int index, struct error *err)
{
	struct pci_bar *bar = &fn->bar[index];
	struct range place = wanted_range(bar);
	int ret;

	if (bar->wanted_page)
		place.end = place.start + PAGE_BYTES;
	ret = fn->ops->bar_map(fn, index, place, err);
	bar->mapped = ret == 0;
	bar->address = bar->wanted_address;
	bar->whole_page = bar->wanted_page;
	return ret;
}

static int map_wanted(struct pci_bus *bus, struct error *err)
{
	int first = 0;

	for (size_t f = 0; f < bus->count; f++) {
		struct pci_function *fn = bus->function[f];

		for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
			int ret = 0;

			if (fn->bar[i].wanted && !fn->bar[i].mapped)
				ret = map_one(fn, i, first ? NULL : err);
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
	want_pages(bus);
	unmap_unwanted(bus);
	return map_wanted(bus, err);
}

void pci_bars_unmap(struct pci_function *fn)
{
	for (unsigned int i = 0; i < PCI_REGION_COUNT; i++) {
		if (fn->bar[i].mapped)
			fn->ops->bar_unmap(fn, i);
		fn->bar[i].mapped = false;
	}
}
