// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware would do to the hierarchy before it starts an operating system: bus numbers, bridge windows, BAR
 * addresses, memory decoding (PCI-to-PCI Bridge Architecture 1.2, 3.2.5; PCI Firmware 3.3, 3.5).
 *
 * A bridge has one 32-bit window for what is not prefetchable and one 64-bit window for what is. So 64-bit BARs that
 * are not prefetchable lie below 4 GiB as 32-bit ones do, and prefetchable ones of 32 bits with them. Windows are
 * multiples of 1 MiB. Within a window BARs go largest first, each at a multiple of its size, which leaves no gap
 * between powers of two; a memory BAR smaller than a page takes a page, so that it can be mapped.
 *
 * A window of ports is a multiple of 4 KiB, of which 64 KiB have fifteen. Who comes too late gets no ports, as on a
 * real machine: most drivers do without.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "vmm-core/pci/bar.h"

enum {
	WINDOW_NONPREFETCHABLE,
	WINDOW_PREFETCHABLE,
	WINDOW_PORTS,
	WINDOW_COUNT
};

#define PAGE_BYTES 4096ull

/* How the windows appear in a bridge's header: address bits from 20 (ports: from 12) up are the bits from 4 up. */
struct window {
	const char *name;
	uint64_t granule;
	uint64_t closed; /* a base above the limit 0: nothing lies behind */
	uint8_t base, limit, size;
	uint8_t base_upper, limit_upper; /* 0: none */
	uint8_t shift;
	uint16_t type;
	bool optional;
};

static const struct window windows[WINDOW_COUNT] = {
	[WINDOW_NONPREFETCHABLE] = { "32-bit", MIB, 0xfff00000, PCI_MEMORY_BASE, PCI_MEMORY_LIMIT, 2, 0, 0, 16, 0,
		false },
	[WINDOW_PREFETCHABLE] = { "64-bit", MIB, 0xfff00000, PCI_PREF_MEMORY_BASE, PCI_PREF_MEMORY_LIMIT, 2,
		PCI_PREF_BASE_UPPER32, PCI_PREF_LIMIT_UPPER32, 16, PCI_PREF_RANGE_TYPE_64, false },
	[WINDOW_PORTS] = { "port", PAGE_BYTES, 0xf000, PCI_IO_BASE, PCI_IO_LIMIT, 1, 0, 0, 8, PCI_IO_RANGE_TYPE_16,
		true },
};

/* The BARs of one slot that go into one window, largest first, and the place that they take. */
struct packing {
	struct {
		struct pci_function *fn;
		unsigned int index;
	} item[PCI_SLOT_FUNCTIONS * PCI_REGION_COUNT];
	size_t count;
	uint64_t size, align;
};

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static int bar_window(const struct pci_bar *bar)
{
	if (pci_bar_is_ports(bar))
		return WINDOW_PORTS;
	return bar->kind == PCI_BAR_MEM64_PREFETCHABLE ? WINDOW_PREFETCHABLE : WINDOW_NONPREFETCHABLE;
}

static uint64_t place_bytes(const struct pci_bar *bar)
{
	return pci_bar_is_sub_page(bar) ? PAGE_BYTES : bar->size;
}

static uint64_t item_size(const struct packing *packing, size_t at)
{
	return packing->item[at].fn->bar[packing->item[at].index].size;
}

static void pack_one(struct packing *packing, struct pci_function *fn, unsigned int index)
{
	const struct pci_bar *bar = &fn->bar[index];
	size_t at = packing->count++;

	for (; at > 0 && item_size(packing, at - 1) < bar->size; at--)
		packing->item[at] = packing->item[at - 1];
	packing->item[at].fn = fn;
	packing->item[at].index = index;
	packing->size += place_bytes(bar);
	if (bar->size > packing->align)
		packing->align = bar->size;
}

static struct packing pack(struct pci_function *const slot[static PCI_SLOT_FUNCTIONS], int window)
{
	uint64_t granule = windows[window].granule;
	struct packing packing = { .align = granule };

	for (unsigned int f = 0; f < PCI_SLOT_FUNCTIONS; f++) {
		for (unsigned int i = 0; i < PCI_REGION_COUNT && slot[f]; i++)
			if (slot[f]->bar[i].kind != PCI_BAR_NONE && bar_window(&slot[f]->bar[i]) == window)
				pack_one(&packing, slot[f], i);
	}
	packing.size = align_up(packing.size, granule);
	return packing;
}

uint64_t pci_bus_window64_bytes(const struct pci_bus *bus)
{
	uint64_t bytes = 0, largest = windows[WINDOW_PREFETCHABLE].granule;

	for (unsigned int port = 0; port < bus->port_count; port++) {
		struct packing packing = pack(bus->child[port], WINDOW_PREFETCHABLE);

		if (packing.count == 0)
			continue;
		bytes = align_up(bytes, packing.align) + packing.size;
		if (packing.align > largest)
			largest = packing.align;
	}
	/* A window that starts anywhere first skips to a multiple of the largest BAR. */
	return bytes ? bytes + largest : 0;
}

static void window_set(struct pci_config *config, const struct window *reg, struct range place)
{
	uint64_t base = place.start, limit = place.end - 1;

	if (place.start == place.end) {
		base = reg->closed;
		limit = 0;
	}
	pci_config_put(config, reg->base, reg->size, (uint32_t)(base >> reg->shift & 0xfff0) | reg->type);
	pci_config_put(config, reg->limit, reg->size, (uint32_t)(limit >> reg->shift & 0xfff0) | reg->type);
	if (!reg->base_upper)
		return;
	pci_config_put(config, reg->base_upper, 4, (uint32_t)(base >> 32));
	pci_config_put(config, reg->limit_upper, 4, (uint32_t)(limit >> 32));
}

static int no_room(const struct packing *packing, const struct window *reg, struct range left, struct error *err)
{
	return fail_code(err, CODE_LAYOUT, ENOSPC,
		"%s: its registers need 0x%llx bytes of the guest's %s PCI window, 0x%llx are left",
		packing->item[0].fn->name, (unsigned long long)packing->size, reg->name,
		(unsigned long long)range_size(left));
}

/*
 * Where the BARs of a slot that belong into a window will lie; takes that place from what is left of the window. An
 * empty range: there are none, or they are optional and nothing is left.
 */
static int window_place(const struct packing *packing, const struct window *reg, struct range *left,
	struct range *ret_place, struct error *err)
{
	struct range place = { align_up(left->start, packing->align), 0 };

	*ret_place = (struct range){ 0, 0 };
	if (packing->count == 0)
		return 0;
	place.end = place.start + packing->size;
	if (place.start < left->start || place.end < place.start || place.end > left->end)
		return reg->optional ? 0 : no_room(packing, reg, *left, err);
	left->start = place.end;
	*ret_place = place;
	return 0;
}

/* bridge: what leads to the slot; NULL: it is on bus 0. */
static int window_assign(struct pci_function *const slot[static PCI_SLOT_FUNCTIONS], struct pci_function *bridge,
	int window, struct range *left, struct error *err)
{
	struct packing packing = pack(slot, window);
	struct range place;
	uint64_t at;
	int ret = window_place(&packing, &windows[window], left, &place, err);

	if (ret < 0)
		return ret;
	if (bridge)
		window_set(&bridge->config, &windows[window], place);
	at = place.start;
	for (size_t i = 0; i < packing.count && range_size(place) > 0; i++) {
		pci_bar_register_set(packing.item[i].fn, packing.item[i].index, at);
		at += place_bytes(&packing.item[i].fn->bar[packing.item[i].index]);
	}
	return 0;
}

/* The emulated functions on bus 0 from number `first` on, as a slot. */
static void own_slot(const struct pci_bus *bus, size_t first, struct pci_function *ret_slot[static PCI_SLOT_FUNCTIONS])
{
	for (size_t i = 0; i < PCI_SLOT_FUNCTIONS; i++)
		ret_slot[i] = first + i < bus->own_count ? bus->own[first + i] : NULL;
}

static int check_slot(struct pci_function *const slot[static PCI_SLOT_FUNCTIONS],
	struct range left[static WINDOW_COUNT], struct error *err)
{
	for (int window = 0; window < WINDOW_COUNT; window++) {
		struct packing packing = pack(slot, window);
		struct range place;
		int ret = window_place(&packing, &windows[window], &left[window], &place, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

int pci_bus_check_windows(const struct pci_bus *bus, const struct layout *layout, struct error *err)
{
	struct range left[WINDOW_COUNT] = { layout->pci32, layout->pci64, layout->ports };
	struct pci_function *slot[PCI_SLOT_FUNCTIONS];
	int ret = 0;

	for (unsigned int i = 0; i < bus->port_count && ret == 0; i++)
		ret = check_slot(bus->child[i], left, err);
	for (size_t i = 0; i < bus->own_count && ret == 0; i += PCI_SLOT_FUNCTIONS) {
		own_slot(bus, i, slot);
		ret = check_slot(slot, left, err);
	}
	return ret;
}

static void decoding_on(struct pci_function *fn, uint32_t bits)
{
	uint32_t command = pci_config_get(&fn->config, PCI_COMMAND, 2);

	pci_config_put(&fn->config, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY | bits);
}

/* Returns what any of them decodes. */
static uint32_t slot_decoding_on(struct pci_function *const slot[static PCI_SLOT_FUNCTIONS])
{
	uint32_t all = 0;

	for (unsigned int i = 0; i < PCI_SLOT_FUNCTIONS; i++) {
		uint32_t bits = slot[i] ? pci_bar_decode_bits(slot[i]) : 0;

		if (slot[i])
			decoding_on(slot[i], bits);
		all |= bits;
	}
	return all;
}

static void number_bus(struct pci_function *port, unsigned int number)
{
	pci_config_put(&port->config, PCI_PRIMARY_BUS, 1, 0);
	pci_config_put(&port->config, PCI_SECONDARY_BUS, 1, number);
	pci_config_put(&port->config, PCI_SUBORDINATE_BUS, 1, number);
}

static int slot_assign(struct pci_function *const slot[static PCI_SLOT_FUNCTIONS], struct pci_function *bridge,
	struct range left[static WINDOW_COUNT], struct error *err)
{
	uint32_t decoded;

	for (int window = 0; window < WINDOW_COUNT; window++) {
		int ret = window_assign(slot, bridge, window, &left[window], err);

		if (ret)
			return ret;
	}
	decoded = slot_decoding_on(slot);
	if (bridge)
		decoding_on(bridge, decoded);
	return 0;
}

int pci_bus_assign(struct pci_bus *bus, const struct layout *layout, struct error *err)
{
	struct range left[WINDOW_COUNT] = { layout->pci32, layout->pci64, layout->ports };
	struct pci_function *slot[PCI_SLOT_FUNCTIONS];
	int ret = 0;

	if (bus->port_count >= layout->bus_count)
		return fail_code(err, CODE_LAYOUT, ENOSPC, "the guest's layout has %u PCI buses, %u are needed",
			layout->bus_count, bus->port_count + 1);
	for (unsigned int i = 0; i < bus->port_count && ret == 0; i++) {
		number_bus(&bus->owned[i + 1], i + 1);
		ret = slot_assign(bus->child[i], &bus->owned[i + 1], left, err);
	}
	for (size_t i = 0; i < bus->own_count && ret == 0; i += PCI_SLOT_FUNCTIONS) {
		own_slot(bus, i, slot);
		ret = slot_assign(slot, NULL, left, err);
	}
	return ret;
}
