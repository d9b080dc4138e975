// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware would do to the hierarchy before it starts an operating system: bus numbers, bridge windows, BAR
 * addresses, memory decoding (PCI-to-PCI Bridge Architecture 1.2, 3.2.5; PCI Firmware 3.3, 3.5).
 *
 * A bridge has one 32-bit window for what is not prefetchable and one 64-bit window for what is. So 64-bit BARs that
 * are not prefetchable lie below 4 GiB as 32-bit ones do. Windows are multiples of 1 MiB. Within a window BARs go
 * largest first, each at a multiple of its size, which leaves no gap between powers of two.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "vmm-core/pci/bar.h"

enum {
	WINDOW_NONPREFETCHABLE,
	WINDOW_PREFETCHABLE,
	WINDOW_COUNT
};

#define WINDOW_GRANULE MIB

static const char *const window_names[WINDOW_COUNT] = { "32-bit", "64-bit" };

/* How the two windows appear in a bridge's header. Address bits 31 to 20 are bits 15 to 4 of base and limit. */
struct window_registers {
	uint8_t base, limit;
	uint8_t base_upper, limit_upper; /* 0: none */
	uint16_t type;
};

static const struct window_registers window_registers[WINDOW_COUNT] = {
	{ PCI_MEMORY_BASE, PCI_MEMORY_LIMIT, 0, 0, 0 },
	{ PCI_PREF_MEMORY_BASE, PCI_PREF_MEMORY_LIMIT, PCI_PREF_BASE_UPPER32, PCI_PREF_LIMIT_UPPER32,
		PCI_PREF_RANGE_TYPE_64 },
};

/* The BARs of one function that go into one window, largest first, and the place that they take. */
struct packing {
	unsigned int index[PCI_BAR_COUNT];
	size_t count;
	uint64_t size, align;
};

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static int bar_window(const struct pci_bar *bar)
{
	return bar->kind == PCI_BAR_MEM64_PREFETCHABLE ? WINDOW_PREFETCHABLE : WINDOW_NONPREFETCHABLE;
}

static struct packing pack(const struct pci_function *fn, int window)
{
	struct packing packing = { .align = WINDOW_GRANULE };

	for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
		const struct pci_bar *bar = &fn->bar[i];
		size_t at = packing.count;

		if (bar->kind == PCI_BAR_NONE || bar_window(bar) != window)
			continue;
		for (; at > 0 && fn->bar[packing.index[at - 1]].size < bar->size; at--)
			packing.index[at] = packing.index[at - 1];
		packing.index[at] = i;
		packing.count++;
		packing.size += bar->size;
		if (bar->size > packing.align)
			packing.align = bar->size;
	}
	packing.size = align_up(packing.size, WINDOW_GRANULE);
	return packing;
}

uint64_t pci_bus_window64_bytes(const struct pci_bus *bus)
{
	uint64_t bytes = 0, largest = WINDOW_GRANULE;

	for (unsigned int port = 0; port < bus->port_count; port++) {
		struct packing packing;

		if (!bus->child[port])
			continue;
		packing = pack(bus->child[port], WINDOW_PREFETCHABLE);
		if (packing.count == 0)
			continue;
		bytes = align_up(bytes, packing.align) + packing.size;
		if (packing.align > largest)
			largest = packing.align;
	}
	/* A window that starts anywhere first skips to a multiple of the largest BAR. */
	return bytes ? bytes + largest : 0;
}

/* An empty window is one whose base lies above its limit. */
static void window_set(struct pci_config *config, int window, struct range place)
{
	const struct window_registers *reg = &window_registers[window];
	uint64_t base = place.start, limit = place.end - 1;

	if (place.start == place.end) {
		base = 0xfff00000;
		limit = 0;
	}
	pci_config_put(config, reg->base, 2, (uint32_t)(base >> 16 & 0xfff0) | reg->type);
	pci_config_put(config, reg->limit, 2, (uint32_t)(limit >> 16 & 0xfff0) | reg->type);
	if (!reg->base_upper)
		return;
	pci_config_put(config, reg->base_upper, 4, (uint32_t)(base >> 32));
	pci_config_put(config, reg->limit_upper, 4, (uint32_t)(limit >> 32));
}

static int window_assign(
	struct pci_function *port, struct pci_function *child, int window, struct range *free_place, struct error *err)
{
	struct packing packing = pack(child, window);
	struct range place = { align_up(free_place->start, packing.align), 0 };
	uint64_t at = place.start;

	place.end = place.start;
	if (packing.count > 0) {
		place.end = place.start + packing.size;
		if (place.start < free_place->start || place.end < place.start || place.end > free_place->end)
			return fail_code(err, CODE_LAYOUT, ENOSPC,
				"%s: its registers need 0x%llx bytes of the guest's %s PCI window, 0x%llx are left",
				child->name, (unsigned long long)packing.size, window_names[window],
				(unsigned long long)range_size(*free_place));
		free_place->start = place.end;
	}
	for (size_t i = 0; i < packing.count; i++) {
		pci_bar_register_set(child, packing.index[i], at);
		at += child->bar[packing.index[i]].size;
	}
	window_set(&port->config, window, place);
	return 0;
}

static void decoding_on(struct pci_function *fn)
{
	uint32_t command = pci_config_get(&fn->config, PCI_COMMAND, 2);

	pci_config_put(&fn->config, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY);
}

int pci_bus_assign(struct pci_bus *bus, const struct layout *layout, struct error *err)
{
	struct range left[WINDOW_COUNT] = { layout->pci32, layout->pci64 };

	if (bus->port_count >= layout->bus_count)
		return fail_code(err, CODE_LAYOUT, ENOSPC, "the guest's layout has %u PCI buses, %u are needed",
			layout->bus_count, bus->port_count + 1);
	for (unsigned int i = 0; i < bus->port_count; i++) {
		struct pci_function *port = &bus->owned[i + 1];
		struct pci_function *child = bus->child[i];

		pci_config_put(&port->config, PCI_PRIMARY_BUS, 1, 0);
		pci_config_put(&port->config, PCI_SECONDARY_BUS, 1, i + 1);
		pci_config_put(&port->config, PCI_SUBORDINATE_BUS, 1, i + 1);
		for (int window = 0; window < WINDOW_COUNT; window++) {
			int ret = 0;

			if (child)
				ret = window_assign(port, child, window, &left[window], err);
			else
				window_set(&port->config, window, (struct range){ 0, 0 });
			if (ret)
				return ret;
		}
		decoding_on(port);
		if (child)
			decoding_on(child);
	}
	return 0;
}
