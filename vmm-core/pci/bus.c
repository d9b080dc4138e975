// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hierarchy and the two ways a guest reaches its configuration space: ECAM (PCI Express Base 6.0, 7.2.2) and the
 * ports 0xcf8 and 0xcfc (7.2.1; PCI Local Bus 3.0, 3.2.2.3.2). See pci.h. BARs are in bar.c, the addresses
 * at power-on in assign.c.
 */
#include "vmm-core/pci/pci.h"

#include <errno.h>
#include <stdlib.h>

#include "vmm-core/pci/bar.h"
#include "vmm-core/pci/port.h"
#include "vmm-core/pci/slot.h"
#include "vmm-core/pci/slot_power.h"
#include "vmm-core/vm.h"

enum {
	PORTS_START = 0xcf8,
	PORTS_SIZE = 8,
	PORT_ADDRESS = 0, /* offsets from PORTS_START */
	PORT_RESET_CONTROL = 1,
	PORT_DATA = 4,
	RESET_CONTROL_RESET = 1 << 2,
	ECAM_BDF_SHIFT = 12,
	ECAM_BUS_SHIFT = 20,
};

#define ADDRESS_ENABLE 0x80000000u
#define ADDRESS_BITS 0x80fffffcu

static uint32_t all_ones(unsigned int size)
{
	return size >= 4 ? UINT32_MAX : (1u << (8 * size)) - 1;
}

static struct pci_function *find_own(const struct pci_bus *bus, uint8_t device, uint8_t function)
{
	for (size_t i = 0; i < bus->own_count; i++)
		if (bus->own[i]->device == device && bus->own[i]->function == function)
			return bus->own[i];
	return NULL;
}

static struct pci_function *find_function(const struct pci_bus *bus, uint16_t bdf)
{
	uint8_t number = bdf >> 8, device = bdf >> 3 & 0x1f;

	if (number == 0 && device <= bus->port_count)
		return bdf & 7 ? NULL : &bus->owned[device];
	if (number == 0)
		return find_own(bus, device, bdf & 7);
	for (unsigned int i = 0; i < bus->port_count && device == 0; i++)
		if (pci_port_leads_to(&bus->owned[i + 1], number))
			return bus->slot[i].powered ? bus->child[i][bdf & 7] : NULL;
	return NULL;
}

static bool is_port(const struct pci_bus *bus, const struct pci_function *fn)
{
	return fn > bus->owned && fn <= bus->owned + bus->port_count;
}

uint32_t pci_bus_config_read(struct pci_bus *bus, uint16_t bdf, unsigned int offset, unsigned int size)
{
	struct pci_function *fn = find_function(bus, bdf);
	uint32_t hardware = 0;

	if (!fn || offset + size > PCI_CONFIG_SIZE)
		return all_ones(size);
	if (pci_config_passed(&fn->config, offset, size))
		hardware = fn->ops->hardware_read(fn, offset, size);
	return pci_config_guest_read(&fn->config, offset, size, hardware);
}

void pci_bus_config_write(struct pci_bus *bus, uint16_t bdf, unsigned int offset, unsigned int size, uint32_t value)
{
	struct pci_function *fn = find_function(bus, bdf);
	uint32_t mask;

	if (!fn || offset + size > PCI_CONFIG_SIZE)
		return;
	pci_config_guest_write(&fn->config, offset, size, value, &mask);
	if (mask)
		fn->ops->hardware_write(fn, offset, size, value, mask);
	if (fn->ops->config_written)
		fn->ops->config_written(fn, offset, size);
	if (is_port(bus, fn))
		pci_slot_switch_power(bus, fn->device - 1u, pci_slot_written(&bus->slot[fn->device - 1], fn));
	/* A BAR that cannot be mapped is absent to the guest, as pci.h says. */
	if (fn->vm && pci_bar_affected(fn, offset, size))
		pci_bars_update(bus, &fn->vm->layout, NULL);
}

static uint64_t ecam_read(void *opaque, uint64_t offset, unsigned int size)
{
	uint16_t bdf = (uint16_t)(offset >> ECAM_BDF_SHIFT);
	unsigned int reg = offset & (PCI_CONFIG_SIZE - 1);

	if (size <= 4)
		return pci_bus_config_read(opaque, bdf, reg, size);
	return pci_bus_config_read(opaque, bdf, reg, 4) | (uint64_t)pci_bus_config_read(opaque, bdf, reg + 4, 4) << 32;
}

static void ecam_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	uint16_t bdf = (uint16_t)(offset >> ECAM_BDF_SHIFT);
	unsigned int reg = offset & (PCI_CONFIG_SIZE - 1);

	pci_bus_config_write(opaque, bdf, reg, size > 4 ? 4 : size, (uint32_t)value);
	if (size > 4)
		pci_bus_config_write(opaque, bdf, reg + 4, 4, (uint32_t)(value >> 32));
}

/* Where CONFIG_ADDRESS and an offset within CONFIG_DATA point. */
static bool ports_target(const struct pci_bus *bus, uint64_t offset, uint16_t *ret_bdf, unsigned int *ret_reg)
{
	if (offset < PORT_DATA || !(bus->config_address & ADDRESS_ENABLE))
		return false;
	*ret_bdf = (uint16_t)(bus->config_address >> 8);
	*ret_reg = (bus->config_address & 0xfc) + (unsigned int)(offset - PORT_DATA);
	return true;
}

static uint64_t ports_read(void *opaque, uint64_t offset, unsigned int size)
{
	const struct pci_bus *bus = opaque;
	unsigned int reg;
	uint16_t bdf;

	if (offset == PORT_RESET_CONTROL && size == 1)
		return 0;
	if (bus->ports_hidden)
		return UINT64_MAX;
	if (offset == PORT_ADDRESS && size == 4)
		return bus->config_address;
	if (size > 4 || !ports_target(bus, offset, &bdf, &reg))
		return UINT64_MAX;
	return pci_bus_config_read(opaque, bdf, reg, size);
}

static void ports_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pci_bus *bus = opaque;
	unsigned int reg;
	uint16_t bdf;

	if (offset == PORT_RESET_CONTROL && size == 1 && (value & RESET_CONTROL_RESET))
		vm_end(bus->owned->vm, VM_END_RESET, NULL);
	else if (bus->ports_hidden)
		return;
	else if (offset == PORT_ADDRESS && size == 4)
		bus->config_address = (uint32_t)value & ADDRESS_BITS;
	else if (size <= 4 && ports_target(bus, offset, &bdf, &reg))
		pci_bus_config_write(bus, bdf, reg, size, (uint32_t)value);
}

static const struct bus_ops ecam_ops = { "pci-config", ecam_read, ecam_write };
static const struct bus_ops ports_ops = { "pci-config", ports_read, ports_write };

int pci_bus_init(struct pci_bus *bus, unsigned int port_count, struct error *err)
{
	*bus = (struct pci_bus){ 0 };
	if (port_count > PCI_PORT_MAX)
		return fail_code(
			err, CODE_USAGE, EINVAL, "a guest has at most %d devices, not %u", PCI_PORT_MAX, port_count);
	bus->owned = calloc(port_count + 1, sizeof(*bus->owned));
	if (!bus->owned)
		return fail(err, ENOMEM, "create %u PCI Express ports", port_count);
	bus->port_count = port_count;
	pci_host_bridge_init(&bus->owned[0]);
	for (unsigned int i = 1; i <= port_count; i++)
		pci_port_init(&bus->owned[i], i);
	for (unsigned int i = 0; i <= port_count; i++)
		bus->function[bus->count++] = &bus->owned[i];
	return 0;
}

void pci_bus_done(struct pci_bus *bus)
{
	free(bus->owned);
	*bus = (struct pci_bus){ 0 };
}

static bool slot_is_empty(const struct pci_bus *bus, unsigned int port)
{
	for (unsigned int i = 0; i < PCI_SLOT_FUNCTIONS; i++)
		if (bus->child[port][i])
			return false;
	return true;
}

int pci_bus_add(struct pci_bus *bus, struct pci_function *fn, unsigned int port, unsigned int number, struct error *err)
{
	struct pci_function **slot;

	if (port >= bus->port_count || number >= PCI_SLOT_FUNCTIONS || bus->count == PCI_FUNCTION_MAX)
		return fail_code(err, CODE_LAYOUT, ENOSPC, "%s: the guest has no function %u behind port %u", fn->name,
			number, port + 1);
	slot = bus->child[port];
	if (slot[number])
		return fail_code(err, CODE_LAYOUT, EEXIST, "%s: function %u behind port %u is %s", fn->name, number,
			port + 1, slot[number]->name);
	fn->has_neighbours = !slot_is_empty(bus, port);
	for (unsigned int i = 0; i < PCI_SLOT_FUNCTIONS; i++)
		if (slot[i])
			slot[i]->has_neighbours = true;
	fn->bus = (uint8_t)(port + 1);
	fn->device = 0;
	fn->function = (uint8_t)number;
	slot[number] = fn;
	bus->function[bus->count++] = fn;
	return 0;
}

int pci_bus_add_behind_port(struct pci_bus *bus, struct pci_function *fn, struct error *err)
{
	for (unsigned int i = 0; i < bus->port_count; i++)
		if (slot_is_empty(bus, i))
			return pci_bus_add(bus, fn, i, 0, err);
	return fail_code(err, CODE_LAYOUT, ENOSPC, "%s: all %u PCI Express ports of the guest hold a device", fn->name,
		bus->port_count);
}

int pci_bus_add_own(struct pci_bus *bus, struct pci_function *const *fns, size_t count, struct error *err)
{
	unsigned int devices = (unsigned int)(count + PCI_SLOT_FUNCTIONS - 1) / PCI_SLOT_FUNCTIONS;

	if (bus->own_count || count > PCI_OWN_MAX || bus->port_count + devices > PCI_OWN_DEVICE_LAST)
		return fail_code(err, CODE_LAYOUT, ENOSPC,
			"%zu emulated devices and %u PCI Express ports do not fit on the guest's bus 0", count,
			bus->port_count);
	for (size_t i = 0; i < count; i++) {
		fns[i]->bus = 0;
		fns[i]->device = (uint8_t)(PCI_OWN_DEVICE_LAST + 1 - devices + i / PCI_SLOT_FUNCTIONS);
		fns[i]->function = i % PCI_SLOT_FUNCTIONS;
		fns[i]->has_neighbours = i % PCI_SLOT_FUNCTIONS > 0 || i + 1 < count;
		bus->own[bus->own_count++] = fns[i];
		bus->function[bus->count++] = fns[i];
	}
	return 0;
}

static int functions_power_on(struct pci_bus *bus, struct vm *vm, struct error *err)
{
	for (size_t i = 0; i < bus->count; i++) {
		struct pci_function *fn = bus->function[i];
		int ret = fn->ops->power_on(fn, vm, err);

		if (ret)
			return ret;
		fn->vm = vm;
		pci_bar_registers_init(fn);
	}
	for (unsigned int i = 0; i < bus->port_count; i++)
		pci_slot_init(&bus->slot[i], &bus->owned[i + 1], !slot_is_empty(bus, i));
	return 0;
}

static int power_on(struct pci_bus *bus, struct vm *vm, struct error *err)
{
	const struct range ecam = vm->layout.ecam;
	int ret = functions_power_on(bus, vm, err);

	if (!ret)
		ret = pci_bus_assign(bus, &vm->layout, err);
	if (!ret)
		ret = pci_bars_update(bus, &vm->layout, err);
	if (!ret)
		ret = bus_add(&vm->mmio, ecam.start, range_size(ecam), &ecam_ops, bus, err);
	if (!ret)
		ret = bus_add(&vm->pio, PORTS_START, PORTS_SIZE, &ports_ops, bus, err);
	return ret;
}

int pci_bus_power_on(struct pci_bus *bus, struct vm *vm, struct error *err)
{
	int ret = power_on(bus, vm, err);

	if (ret)
		pci_bus_power_off(bus);
	return ret;
}

void pci_bus_power_off(struct pci_bus *bus)
{
	struct vm *vm = bus->owned ? bus->owned->vm : NULL;

	if (!vm)
		return;
	bus_remove(&vm->pio, PORTS_START);
	bus_remove(&vm->mmio, vm->layout.ecam.start);
	for (size_t i = bus->count; i-- > 0;) {
		struct pci_function *fn = bus->function[i];

		if (!fn->vm)
			continue;
		pci_bars_unmap(fn);
		fn->ops->power_off(fn);
		fn->vm = NULL;
	}
	bus->config_address = 0;
	bus->ports_hidden = false;
}

void pci_bus_hide_ports(struct pci_bus *bus)
{
	bus->ports_hidden = true;
}
