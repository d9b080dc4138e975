// SPDX-License-Identifier: GPL-2.0-or-later
/* Cards that come and go while a guest runs; see hotplug.h. */
#include "vmm-core/pci/hotplug.h"

#include <errno.h>

#include "vmm-core/pci/bar.h"
#include "vmm-core/pci/slot.h"
#include "vmm-core/pci/slot_power.h"
#include "vmm-core/vm.h"

static void leave(struct pci_function *fn)
{
	if (!fn->vm)
		return;
	pci_bars_unmap(fn);
	fn->ops->power_off(fn);
	fn->vm = NULL;
}

/* The slot's functions leave the list of all; it keeps its order. */
static void empty_slot(struct pci_bus *bus, unsigned int port)
{
	size_t kept = 0;

	for (size_t i = 0; i < bus->count; i++)
		if (bus->function[i]->bus != port + 1)
			bus->function[kept++] = bus->function[i];
	bus->count = kept;
	for (unsigned int i = 0; i < PCI_SLOT_FUNCTIONS; i++)
		bus->child[port][i] = NULL;
}

static int power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	int ret = fn->ops->power_on(fn, vm, err);

	if (ret < 0)
		return ret;
	fn->vm = vm;
	pci_bar_registers_init(fn);
	return 0;
}

static void leave_all(struct pci_bus *bus, unsigned int port)
{
	for (unsigned int i = PCI_SLOT_FUNCTIONS; i-- > 0;)
		if (bus->child[port][i])
			leave(bus->child[port][i]);
	empty_slot(bus, port);
}

/* All of a card's functions are there before the first one is powered on: their registers say that there are others. */
static int put_in(
	struct pci_bus *bus, const struct pci_card *card, struct vm *vm, unsigned int *ret_port, struct error *err)
{
	int ret = pci_bus_add_behind_port(bus, card->function[0], err);

	if (ret < 0)
		return ret;
	*ret_port = card->function[0]->bus - 1u;
	for (unsigned int i = 1; i < PCI_SLOT_FUNCTIONS && ret == 0; i++)
		if (card->function[i])
			ret = pci_bus_add(bus, card->function[i], *ret_port, i, err);
	if (ret == 0)
		ret = pci_bus_check_windows(bus, &vm->layout, err);
	for (unsigned int i = 0; i < PCI_SLOT_FUNCTIONS && ret == 0; i++)
		if (card->function[i])
			ret = power_on(card->function[i], vm, err);
	if (ret < 0)
		leave_all(bus, *ret_port);
	return ret;
}

int pci_bus_plug(struct pci_bus *bus, const struct pci_card *card, struct vm *vm, struct error *err)
{
	unsigned int port;
	int ret;

	if (!card->function[0])
		return fail_code(err, CODE_LAYOUT, EINVAL, "a card without a function 0 is none to the guest");
	ret = put_in(bus, card, vm, &port, err);
	if (ret < 0)
		return ret;
	pci_slot_insert(&bus->slot[port], &bus->owned[port + 1]);
	return 0;
}

void pci_bus_ask_unplug(struct pci_bus *bus, unsigned int port)
{
	pci_slot_press_button(&bus->slot[port], &bus->owned[port + 1]);
}

void pci_bus_fail(struct pci_bus *bus, unsigned int port)
{
	pci_slot_switch_power(bus, port, pci_slot_fail(&bus->slot[port], &bus->owned[port + 1]));
}

void pci_bus_unplug(struct pci_bus *bus, unsigned int port)
{
	leave_all(bus, port);
	pci_slot_remove(&bus->slot[port], &bus->owned[port + 1]);
}
