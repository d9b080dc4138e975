// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/pci/bus.c, vmm-core/pci/port.c, vmm-core/pci/assign.c: a guest that walks the hierarchy finds every
 * function, by both ways, with addresses that its bridges lead to; what is not there reads as ones.
 */
#include "vmm-core/pci/pci.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vmm-core/vm.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	PORTS = 3, /* the third is empty */
	CARDS = 2,
};

#define ECAM 0xe0000000ull

struct machine {
	struct vm vm;
	struct pci_function card[CARDS];
};

static int card_map(struct pci_function *fn, unsigned int index, struct range place, struct error *err)
{
	(void)fn;
	(void)index;
	(void)place;
	(void)err;
	return 0;
}

static void card_unmap(struct pci_function *fn, unsigned int index)
{
	(void)fn;
	(void)index;
}

static int card_power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	(void)vm;
	pci_config_init(&fn->config);
	pci_config_set(&fn->config, PCI_VENDOR_ID, 4, 0x56781234, 0);
	pci_config_set(&fn->config, PCI_COMMAND, 2, 0, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	return strcmp(fn->name, "broken") ? 0 : fail(err, EIO, "power on");
}

static void card_power_off(struct pci_function *fn)
{
	(void)fn;
}

static const struct pci_function_ops card_ops = {
	.kind = "card",
	.bar_map = card_map,
	.bar_unmap = card_unmap,
	.power_on = card_power_on,
	.power_off = card_power_off,
};

static int build(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	assert_non_null(machine);
	*state = machine;
	machine->vm.layout.pci32 = (struct range){ 0xc0000000, 0xe0000000 };
	machine->vm.layout.pci64 = (struct range){ 0x840000000, 0x900000000 };
	machine->vm.layout.ports = (struct range){ 0x1000, 0x10000 };
	machine->vm.layout.ecam = (struct range){ ECAM, ECAM + (PORTS + 1) * MIB };
	machine->vm.layout.bus_count = PORTS + 1;
	pthread_mutex_init(&machine->vm.end_lock, NULL);
	assert_int_equal(pci_bus_init(&machine->vm.pci, PORTS, NULL), 0);
	for (unsigned int i = 0; i < CARDS; i++) {
		struct pci_function *fn = &machine->card[i];

		fn->ops = &card_ops;
		fn->bar[0] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x2000 };
		fn->bar[1] = (struct pci_bar){ .kind = PCI_BAR_MEM64, .size = 0x200000 };
		fn->bar[3] = (struct pci_bar){ .kind = PCI_BAR_IO, .size = 0x100 };
		fn->bar[4] = (struct pci_bar){ .kind = PCI_BAR_MEM64_PREFETCHABLE, .size = GIB };
		fn->bar[PCI_ROM] = (struct pci_bar){ .kind = PCI_BAR_ROM, .size = 0x10000 };
		assert_int_equal(pci_bus_add_behind_port(&machine->vm.pci, fn, NULL), 0);
	}
	return 0;
}

static int start(void **state)
{
	struct machine *machine;

	build(state);
	machine = *state;
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), 0);
	return 0;
}

static int stop(void **state)
{
	struct machine *machine = *state;

	pci_bus_power_off(&machine->vm.pci);
	assert_int_equal(machine->vm.mmio.count, 0);
	assert_int_equal(machine->vm.pio.count, 0);
	pci_bus_done(&machine->vm.pci);
	pci_bus_done(&machine->vm.pci);
	free(machine);
	return 0;
}

static uint64_t ecam(
	struct machine *machine, unsigned int bus, unsigned int device, unsigned int offset, unsigned int size)
{
	return bus_read(&machine->vm.mmio, ECAM + (bus << 20 | device << 15 | offset), size);
}

static void ecam_write(struct machine *machine, unsigned int bus, unsigned int device, unsigned int offset,
	unsigned int size, uint64_t value)
{
	bus_write(&machine->vm.mmio, ECAM + (bus << 20 | device << 15 | offset), size, value);
}

static uint64_t by_ports(
	struct machine *machine, unsigned int bus, unsigned int device, unsigned int offset, unsigned int size)
{
	bus_write(&machine->vm.pio, 0xcf8, 4, 0x80000000 | bus << 16 | device << 11 | (offset & 0xfc));
	return bus_read(&machine->vm.pio, 0xcfc + (offset & 3), size);
}

static void every_function_is_found_and_nothing_else(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(ecam(machine, 0, 0, PCI_CLASS_DEVICE, 2), 0x0600);
	for (unsigned int device = 0; device < 32; device++) {
		uint64_t id = device == 0 ? 0x00081b36 : device <= PORTS ? 0x000c1b36 : 0xffffffff;

		assert_int_equal(ecam(machine, 0, device, 0, 4), id);
		assert_int_equal(by_ports(machine, 0, device, 0, 4), id);
	}
	for (unsigned int bus = 1; bus <= PORTS; bus++) {
		uint64_t id = bus <= CARDS ? 0x56781234 : 0xffffffff;

		assert_int_equal(ecam(machine, bus, 0, 0, 4), id);
		assert_int_equal(by_ports(machine, bus, 0, 0, 4), id);
		assert_int_equal(ecam(machine, bus, 1, 0, 4), 0xffffffff);
		assert_int_equal(bus_read(&machine->vm.mmio, ECAM + (bus << 20 | 1 << 12), 4), 0xffffffff);
	}
	assert_int_equal(by_ports(machine, 9, 0, 0, 4), 0xffffffff);
	assert_int_equal(bus_read(&machine->vm.mmio, ECAM + (PORTS + 1) * MIB, 4), UINT64_MAX);
}

static void accesses_of_all_sizes(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(ecam(machine, 1, 0, 0, 8), 0x0000000356781234);
	assert_int_equal(ecam(machine, 1, 0, 1, 2), 0x7812);
	assert_int_equal(ecam(machine, 1, 0, 3, 1), 0x56);
	assert_int_equal(ecam(machine, 1, 0, 0xffe, 4), 0xffffffff);
	assert_int_equal(by_ports(machine, 1, 0, 2, 2), 0x5678);
	assert_int_equal(by_ports(machine, 1, 0, 3, 1), 0x56);
	/* two registers with one write */
	ecam_write(machine, 0, 1, PCI_PREF_BASE_UPPER32, 8, 0x1122334455667788);
	assert_int_equal(ecam(machine, 0, 1, PCI_PREF_BASE_UPPER32, 8), 0x1122334455667788);
	/* CONFIG_ADDRESS is a dword; without its enable bit nobody answers */
	bus_write(&machine->vm.pio, 0xcf8, 4, 0xffffffff);
	assert_int_equal(bus_read(&machine->vm.pio, 0xcf8, 4), 0x80fffffc);
	bus_write(&machine->vm.pio, 0xcf8, 2, 0);
	assert_int_equal(bus_read(&machine->vm.pio, 0xcf8, 4), 0x80fffffc);
	bus_write(&machine->vm.pio, 0xcf8, 4, 0x00010000);
	assert_int_equal((uint32_t)bus_read(&machine->vm.pio, 0xcfc, 4), 0xffffffff);
}

static struct range window(struct machine *machine, unsigned int port, bool prefetchable)
{
	uint64_t base = ecam(machine, 0, port, prefetchable ? PCI_PREF_MEMORY_BASE : PCI_MEMORY_BASE, 2) & 0xfff0;
	uint64_t limit = ecam(machine, 0, port, prefetchable ? PCI_PREF_MEMORY_LIMIT : PCI_MEMORY_LIMIT, 2) & 0xfff0;

	base <<= 16;
	limit = limit << 16 | 0xfffff;
	if (prefetchable) {
		base |= ecam(machine, 0, port, PCI_PREF_BASE_UPPER32, 4) << 32;
		limit |= ecam(machine, 0, port, PCI_PREF_LIMIT_UPPER32, 4) << 32;
	}
	return (struct range){ base, limit + 1 };
}

static struct range port_window(struct machine *machine, unsigned int port)
{
	uint64_t base = ecam(machine, 0, port, PCI_IO_BASE, 1), limit = ecam(machine, 0, port, PCI_IO_LIMIT, 1);

	assert_int_equal(base & 0xf, PCI_IO_RANGE_TYPE_16);
	return (struct range){ (base & 0xf0) << 8, ((limit & 0xf0) << 8 | 0xfff) + 1 };
}

/* What does not fit gets no ports, and its bridge none either. */
static void ports_lie_in_their_bridges_windows(void **state)
{
	struct machine *machine = *state;

	for (unsigned int port = 1; port <= CARDS; port++) {
		const struct pci_bar *bar = &machine->card[port - 1].bar[3];

		assert_true(bar->mapped);
		assert_true(range_contains(
			port_window(machine, port), (struct range){ bar->address, bar->address + 0x100 }));
		assert_int_equal(port_window(machine, port).start, 0x1000 * port);
		assert_int_equal(ecam(machine, 0, port, PCI_COMMAND, 2), PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
		assert_false(machine->card[port - 1].bar[PCI_ROM].mapped);
	}
	assert_true(port_window(machine, PORTS).start > port_window(machine, PORTS).end);
	pci_bus_power_off(&machine->vm.pci);
	machine->vm.layout.ports.end = 0x2000;
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), 0);
	assert_true(machine->card[0].bar[3].mapped);
	assert_false(machine->card[1].bar[3].mapped);
	assert_int_equal(ecam(machine, 2, 0, PCI_BASE_ADDRESS_3, 4), PCI_BASE_ADDRESS_SPACE_IO);
	assert_int_equal(ecam(machine, 0, 2, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
	assert_true(port_window(machine, 2).start > port_window(machine, 2).end);
}

static void bridges_lead_to_their_cards(void **state)
{
	struct machine *machine = *state;
	struct range seen32 = { 0, 0 }, seen64 = { 0, 0 };

	for (unsigned int port = 1; port <= CARDS; port++) {
		const struct pci_function *card = &machine->card[port - 1];
		struct range win32 = window(machine, port, false), win64 = window(machine, port, true);

		assert_int_equal(ecam(machine, 0, port, PCI_SECONDARY_BUS, 1), port);
		assert_int_equal(ecam(machine, 0, port, PCI_SUBORDINATE_BUS, 1), port);
		assert_true(ecam(machine, 0, port, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
		for (unsigned int b = 0; b < PCI_BAR_COUNT; b++) {
			const struct pci_bar *bar = &card->bar[b];
			struct range at = { bar->address, bar->address + bar->size };

			if (bar->kind == PCI_BAR_NONE || bar->kind == PCI_BAR_IO)
				continue;
			assert_true(bar->mapped);
			assert_int_equal(at.start % bar->size, 0);
			assert_true(range_contains(bar->kind == PCI_BAR_MEM64_PREFETCHABLE ? win64 : win32, at));
		}
		assert_false(range_overlaps(win32, seen32));
		assert_false(range_overlaps(win64, seen64));
		assert_true(range_contains(machine->vm.layout.pci32, win32));
		assert_true(range_contains(machine->vm.layout.pci64, win64));
		seen32 = win32;
		seen64 = win64;
	}
	/* closed windows of the empty slot: base above limit */
	assert_true(window(machine, PORTS, false).start > window(machine, PORTS, false).end);
	assert_true(window(machine, PORTS, true).start > window(machine, PORTS, true).end);
}

static void slots_know_whether_they_are_full(void **state)
{
	struct machine *machine = *state;

	for (unsigned int port = 1; port <= PORTS; port++) {
		unsigned int express = (unsigned int)ecam(machine, 0, port, PCI_CAPABILITY_LIST, 1);

		assert_int_equal(ecam(machine, 0, port, express, 1), PCI_CAP_ID_EXP);
		assert_int_equal(ecam(machine, 0, port, express + PCI_EXP_FLAGS, 2) >> 4 & 0xf, PCI_EXP_TYPE_ROOT_PORT);
		assert_int_equal(ecam(machine, 0, port, express + PCI_EXP_SLTSTA, 2) & PCI_EXP_SLTSTA_PDS,
			port <= CARDS ? PCI_EXP_SLTSTA_PDS : 0);
		assert_int_equal(ecam(machine, 0, port, PCI_INTERRUPT_PIN, 1), 1);
		assert_int_equal(ecam(machine, 0, port, express + 1, 1) & 3, 0);
	}
}

static void buses_can_be_renumbered(void **state)
{
	struct machine *machine = *state;

	ecam_write(machine, 0, 1, PCI_PRIMARY_BUS, 4, 0x00030300);
	assert_int_equal(ecam(machine, 1, 0, 0, 4), 0xffffffff);
	ecam_write(machine, 0, 3, PCI_PRIMARY_BUS, 4, 0);
	assert_int_equal(ecam(machine, 3, 0, 0, 4), 0x56781234);
	/* bus 0 is never behind a port */
	assert_int_equal(ecam(machine, 0, 0, 0, 4), 0x00081b36);
}

static void a_window_that_is_too_small_is_an_error(void **state)
{
	struct machine *machine;
	struct error err = { 0 };

	build(state);
	machine = *state;
	assert_int_equal(pci_bus_window64_bytes(&machine->vm.pci), 3 * GIB);
	machine->vm.layout.pci64.end = machine->vm.layout.pci64.start + 2 * GIB - MIB;
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, &err), -ENOSPC);
	assert_int_equal(err.code, CODE_LAYOUT);
	assert_null(machine->vm.pci.owned[0].vm);
	/* any start will do with that size */
	machine->vm.layout.pci64.start = 0x7ff123000;
	machine->vm.layout.pci64.end = machine->vm.layout.pci64.start + pci_bus_window64_bytes(&machine->vm.pci);
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, &err), 0);
	stop(state);
	*state = NULL;
}

static void a_function_that_fails_undoes_the_rest(void **state)
{
	struct machine *machine;

	build(state);
	machine = *state;
	strcpy(machine->card[1].name, "broken");
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), -EIO);
	assert_null(machine->card[0].vm);
	assert_null(machine->card[1].vm);
	stop(state);
	*state = NULL;
}

static void ports_and_functions_are_counted(void **state)
{
	struct pci_function extra[2] = { { .ops = &card_ops }, { .ops = &card_ops } };
	struct machine *machine;
	struct error err = { 0 };
	struct pci_bus bus;

	build(state);
	machine = *state;
	assert_int_equal(pci_bus_add_behind_port(&machine->vm.pci, &extra[0], &err), 0);
	assert_int_equal(pci_bus_add_behind_port(&machine->vm.pci, &extra[1], &err), -ENOSPC);
	assert_int_equal(pci_bus_init(&bus, PCI_PORT_MAX + 1, &err), -EINVAL);
	assert_int_equal(pci_bus_init(&bus, PCI_PORT_MAX, &err), 0);
	pci_bus_done(&bus);
	stop(state);
	*state = NULL;
}

/* Functions 0 and 5 behind the third port: both say that there are others, their BARs share the bridge's windows. */
static void functions_of_one_slot(void **state)
{
	struct pci_function extra[3] = { { .ops = &card_ops, .name = "zero" }, { .ops = &card_ops, .name = "five" },
		{ .ops = &card_ops, .name = "late" } };
	struct machine *machine;
	struct error err = { 0 };

	build(state);
	machine = *state;
	for (unsigned int i = 0; i < 2; i++) {
		extra[i].bar[0] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x1000 << (9 * i) };
		extra[i].bar[1] = (struct pci_bar){ .kind = PCI_BAR_IO, .size = 0x10 };
		extra[i].bar[2] = (struct pci_bar){ .kind = PCI_BAR_MEM64_PREFETCHABLE, .size = 0x100000 };
		assert_int_equal(pci_bus_add(&machine->vm.pci, &extra[i], 2, i * 5, &err), 0);
	}
	assert_int_equal(pci_bus_add(&machine->vm.pci, &extra[2], 2, 5, &err), -EEXIST);
	assert_non_null(strstr(err.msg, "five"));
	assert_int_equal(pci_bus_add(&machine->vm.pci, &extra[2], 2, 8, &err), -ENOSPC);
	assert_int_equal(pci_bus_add(&machine->vm.pci, &extra[2], PORTS, 0, &err), -ENOSPC);
	assert_int_equal(pci_bus_add_behind_port(&machine->vm.pci, &extra[2], &err), -ENOSPC);
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), 0);
	for (unsigned int number = 0; number < 8; number++) {
		bool there = number == 0 || number == 5;
		uint64_t at = ECAM + (3 << 20 | number << 12);

		assert_int_equal(bus_read(&machine->vm.mmio, at, 4), there ? 0x56781234 : 0xffffffff);
		assert_int_equal(bus_read(&machine->vm.mmio, at + PCI_HEADER_TYPE, 1), there ? 0x80 : 0xff);
	}
	assert_int_equal(ecam(machine, 1, 0, PCI_HEADER_TYPE, 1), 0);
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int b = 0; b < 3; b++) {
			const struct pci_bar *bar = &extra[i].bar[b];
			struct range at = { bar->address, bar->address + bar->size };

			assert_true(bar->mapped);
			assert_true(range_contains(b == 1 ? port_window(machine, 3) : window(machine, 3, b == 2), at));
		}
	}
	assert_false(extra[0].bar[0].address == extra[1].bar[0].address);
	/* one that resets itself is still not alone */
	pci_config_init(&extra[1].config);
	pci_bar_registers_init(&extra[1]);
	assert_int_equal(pci_config_get(&extra[1].config, PCI_HEADER_TYPE, 1), 0x80);
	stop(state);
	*state = NULL;
}

static void the_reset_register_ends_the_run(void **state)
{
	struct machine *machine = *state;

	bus_write(&machine->vm.pio, 0xcf9, 1, 0x02);
	assert_int_equal(machine->vm.end, VM_END_NONE);
	bus_write(&machine->vm.pio, 0xcf9, 1, 0x06);
	assert_int_equal(machine->vm.end, VM_END_RESET);
}

/* A Linux that looks for its address at 0xcf8 finds none; the ports are back after the next power-on. */
static void hidden_ports_answer_as_nobody_does(void **state)
{
	struct machine *machine = *state;

	pci_bus_hide_ports(&machine->vm.pci);
	assert_int_equal(by_ports(machine, 1, 0, 0, 4) & 0xffffffff, 0xffffffff);
	assert_int_equal(bus_read(&machine->vm.pio, 0xcf8, 4) & 0xffffffff, 0xffffffff);
	assert_int_equal(ecam(machine, 1, 0, 0, 4), 0x56781234);
	bus_write(&machine->vm.pio, 0xcfc, 4, 0);
	assert_int_equal(machine->vm.end, VM_END_NONE);
	pci_bus_power_off(&machine->vm.pci);
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), 0);
	assert_int_equal(by_ports(machine, 1, 0, 0, 4), 0x56781234);
	pci_bus_hide_ports(&machine->vm.pci);
	bus_write(&machine->vm.pio, 0xcf9, 1, 0x06);
	assert_int_equal(machine->vm.end, VM_END_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_function_is_found_and_nothing_else, start, stop),
		cmocka_unit_test_setup_teardown(accesses_of_all_sizes, start, stop),
		cmocka_unit_test_setup_teardown(bridges_lead_to_their_cards, start, stop),
		cmocka_unit_test_setup_teardown(ports_lie_in_their_bridges_windows, start, stop),
		cmocka_unit_test_setup_teardown(slots_know_whether_they_are_full, start, stop),
		cmocka_unit_test_setup_teardown(buses_can_be_renumbered, start, stop),
		cmocka_unit_test_setup_teardown(the_reset_register_ends_the_run, start, stop),
		cmocka_unit_test_setup_teardown(hidden_ports_answer_as_nobody_does, start, stop),
		cmocka_unit_test(functions_of_one_slot),
		cmocka_unit_test(a_window_that_is_too_small_is_an_error),
		cmocka_unit_test(a_function_that_fails_undoes_the_rest),
		cmocka_unit_test(ports_and_functions_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
