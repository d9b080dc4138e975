// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/pci/hotplug.c, vmm-core/pci/slot.c: a guest that does what PCI Express Base 6.0, 6.7, lets it do finds cards
 * that come, lets go of cards that it is asked for, and survives those that are pulled.
 */
#include "vmm-core/pci/hotplug.h"

#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "tests/unit/fake_kvm.h"
#include "vmm-core/pci/port.h"
#include "vmm-core/vm.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	PORTS = 2, /* the second is empty */
	MESSAGE = 0x4051,
	EXPRESS = PCI_PORT_EXPRESS,
	MSI = 0x80,
	ALL_ENABLED = PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE | PCI_EXP_SLTCTL_HPIE,
	POWER_ON = ALL_ENABLED | PCI_EXP_SLTCTL_PWR_IND_ON,
	POWER_OFF = ALL_ENABLED | PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_PCC,
};

struct machine {
	struct vm vm;
	struct pci_function card[2];
	unsigned int resets, losses, mapped, switched_off;
};

static struct machine *machine_of(const struct pci_function *fn)
{
	return (struct machine *)((char *)fn->vm - offsetof(struct machine, vm));
}

static int card_map(struct pci_function *fn, unsigned int index, struct range at, struct error *err)
{
	(void)index;
	(void)at;
	(void)err;
	machine_of(fn)->mapped++;
	return 0;
}

static void card_unmap(struct pci_function *fn, unsigned int index)
{
	(void)index;
	machine_of(fn)->mapped--;
}

static void card_registers(struct pci_function *fn)
{
	pci_config_init(&fn->config);
	pci_config_set(&fn->config, PCI_VENDOR_ID, 4, 0x56781234, 0);
	pci_config_set(&fn->config, PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY);
}

static int card_power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	(void)vm;
	card_registers(fn);
	return strcmp(fn->name, "broken") ? 0 : fail(err, EIO, "power on");
}

static void card_power_off(struct pci_function *fn)
{
	(void)fn;
}

static void card_reset(struct pci_function *fn)
{
	machine_of(fn)->resets++;
	card_registers(fn);
	pci_bar_registers_init(fn);
}

static void card_lose_power(struct pci_function *fn)
{
	machine_of(fn)->losses++;
}

static const struct pci_function_ops card_ops = {
	.kind = "card",
	.lose_power = card_lose_power,
	.regain_power = card_reset,
	.bar_map = card_map,
	.bar_unmap = card_unmap,
	.power_on = card_power_on,
	.power_off = card_power_off,
};

static void on_switched_off(void *opaque, unsigned int port)
{
	struct machine *machine = opaque;

	assert_int_equal(port, 0);
	machine->switched_off++;
}

static int start(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	struct vm *vm = &machine->vm;

	assert_non_null(machine);
	*state = machine;
	memset(&the_kvm, 0, sizeof(the_kvm));
	vm->layout.pci32 = (struct range){ 0xc0000000, 0xc0200000 };
	vm->layout.pci64 = (struct range){ 0x840000000, 0x900000000 };
	vm->layout.ecam = (struct range){ 0xe0000000, 0xe0000000 + (PORTS + 1) * MIB };
	vm->layout.bus_count = PORTS + 1;
	vm->irqs.vm_fd = FAKE_KVM_FD;
	assert_int_equal(pci_bus_init(&vm->pci, PORTS, NULL), 0);
	vm->pci.switched_off = on_switched_off;
	vm->pci.switched_opaque = machine;
	for (size_t i = 0; i < array_size(machine->card); i++) {
		machine->card[i].ops = &card_ops;
		machine->card[i].bar[0] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x4000 };
	}
	assert_int_equal(pci_bus_add_behind_port(&vm->pci, &machine->card[0], NULL), 0);
	assert_int_equal(pci_bus_power_on(&vm->pci, vm, NULL), 0);
	return 0;
}

static int stop(void **state)
{
	struct machine *machine = *state;

	pci_bus_power_off(&machine->vm.pci);
	assert_int_equal(machine->mapped, 0);
	pci_bus_done(&machine->vm.pci);
	free(machine);
	return 0;
}

/* Registers as a guest reaches them: function 0 of device on bus. */
static uint32_t get(struct machine *machine, unsigned int bus, unsigned int device, unsigned int reg, unsigned int size)
{
	return pci_bus_config_read(&machine->vm.pci, (uint16_t)(bus << 8 | device << 3), reg, size);
}

static void put(struct machine *machine, unsigned int bus, unsigned int device, unsigned int reg, unsigned int size,
	uint32_t value)
{
	pci_bus_config_write(&machine->vm.pci, (uint16_t)(bus << 8 | device << 3), reg, size, value);
}

static uint32_t status(struct machine *machine, unsigned int port)
{
	return get(machine, 0, port, EXPRESS + PCI_EXP_SLTSTA, 2);
}

static void control(struct machine *machine, unsigned int port, uint32_t value)
{
	put(machine, 0, port, EXPRESS + PCI_EXP_SLTCTL, 2, value);
}

static void clear_events(struct machine *machine, unsigned int port)
{
	put(machine, 0, port, EXPRESS + PCI_EXP_SLTSTA, 2, status(machine, port));
}

static bool link_is_up(struct machine *machine, unsigned int port)
{
	return get(machine, 0, port, EXPRESS + PCI_EXP_LNKSTA, 2) & PCI_EXP_LNKSTA_DLLLA;
}

/* What a hot plug driver does when it finds the port. */
static void drive(struct machine *machine, unsigned int port, uint32_t power)
{
	put(machine, 0, port, MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
	put(machine, 0, port, MSI + PCI_MSI_DATA_64, 2, MESSAGE);
	put(machine, 0, port, MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	clear_events(machine, port);
	control(machine, port, power);
}

static void plug(struct machine *machine)
{
	assert_int_equal(
		pci_bus_plug(&machine->vm.pci, &(struct pci_card){ { &machine->card[1] } }, &machine->vm, NULL), 0);
}

static void slots_say_what_they_can(void **state)
{
	struct machine *machine = *state;

	for (unsigned int port = 1; port <= PORTS; port++) {
		uint32_t abilities = get(machine, 0, port, EXPRESS + PCI_EXP_SLTCAP, 4);

		assert_int_equal(abilities >> 19, port);
		assert_true(abilities & PCI_EXP_SLTCAP_HPC);
		assert_true(abilities & PCI_EXP_SLTCAP_NCCS);
		assert_true(get(machine, 0, port, EXPRESS + PCI_EXP_LNKCAP, 4) & PCI_EXP_LNKCAP_DLLLARC);
		put(machine, 0, port, EXPRESS + PCI_EXP_SLTCAP, 4, 0);
		assert_int_equal(get(machine, 0, port, EXPRESS + PCI_EXP_SLTCAP, 4), abilities);
	}
	assert_int_equal(status(machine, 1), PCI_EXP_SLTSTA_PDS);
	assert_int_equal(status(machine, 2), 0);
	assert_true(link_is_up(machine, 1));
	assert_false(link_is_up(machine, 2));
	assert_true(get(machine, 0, 2, EXPRESS + PCI_EXP_SLTCTL, 2) & PCI_EXP_SLTCTL_PCC);
}

static void a_card_that_comes_is_told_and_powered_by_the_guest(void **state)
{
	struct machine *machine = *state;

	drive(machine, 2, POWER_OFF);
	assert_int_equal(the_kvm.injected_count, 0);
	plug(machine);
	assert_int_equal(status(machine, 2), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_ABP);
	assert_int_equal(the_kvm.injected_count, 1);
	assert_int_equal(the_kvm.injected_data[0], MESSAGE);
	/* Not there before it has power. */
	assert_int_equal(get(machine, 2, 0, 0, 4), 0xffffffff);
	clear_events(machine, 2);
	assert_int_equal(status(machine, 2), PCI_EXP_SLTSTA_PDS);
	control(machine, 2, POWER_ON);
	assert_true(link_is_up(machine, 2));
	assert_int_equal(status(machine, 2), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC);
	assert_int_equal(the_kvm.injected_count, 2);
	assert_int_equal(get(machine, 2, 0, 0, 4), 0x56781234);
	put(machine, 2, 0, PCI_BASE_ADDRESS_0, 4, 0xc0100000);
	put(machine, 2, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(machine->card[1].bar[0].mapped);
	/* It stays through a restart of the guest, which finds it as firmware would leave it. */
	pci_bus_power_off(&machine->vm.pci);
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), 0);
	assert_int_equal(get(machine, 2, 0, 0, 4), 0x56781234);
	assert_int_equal(status(machine, 2), PCI_EXP_SLTSTA_PDS);
}

static void an_event_interrupts_once_until_it_is_cleared(void **state)
{
	struct machine *machine = *state;

	/* Before the driver is there, nothing is told; when it is, what waits is. */
	plug(machine);
	assert_int_equal(the_kvm.injected_count, 0);
	put(machine, 0, 2, MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	control(machine, 2, POWER_OFF);
	assert_int_equal(the_kvm.injected_count, 1);
	control(machine, 2, POWER_OFF);
	pci_bus_unplug(&machine->vm.pci, 1);
	assert_int_equal(the_kvm.injected_count, 1);
	/* Part of the events is not all. */
	put(machine, 0, 2, EXPRESS + PCI_EXP_SLTSTA, 2, PCI_EXP_SLTSTA_ABP);
	assert_int_equal(status(machine, 2), PCI_EXP_SLTSTA_PDC);
	assert_int_equal(the_kvm.injected_count, 1);
	put(machine, 0, 2, EXPRESS + PCI_EXP_SLTSTA, 1, 0xff);
	assert_int_equal(status(machine, 2), 0);
	plug(machine);
	assert_int_equal(the_kvm.injected_count, 2);
	/* An event that is not enabled is noted all the same. */
	clear_events(machine, 2);
	control(machine, 2, POWER_OFF & ~(uint32_t)PCI_EXP_SLTCTL_ABPE);
	pci_bus_ask_unplug(&machine->vm.pci, 1);
	assert_true(status(machine, 2) & PCI_EXP_SLTSTA_ABP);
	assert_int_equal(the_kvm.injected_count, 2);
}

static void a_guest_that_is_asked_lets_go(void **state)
{
	struct machine *machine = *state;
	struct pci_function *card = &machine->card[0];

	drive(machine, 1, POWER_ON);
	assert_int_equal(machine->mapped, 1);
	pci_bus_ask_unplug(&machine->vm.pci, 0);
	assert_true(status(machine, 1) & PCI_EXP_SLTSTA_ABP);
	assert_int_equal(the_kvm.injected_count, 1);
	assert_int_equal(machine->switched_off, 0);
	clear_events(machine, 1);
	control(machine, 1, POWER_OFF);
	assert_int_equal(machine->switched_off, 1);
	assert_int_equal(machine->losses, 1);
	assert_int_equal(machine->resets, 0);
	assert_int_equal(machine->mapped, 0);
	assert_false(link_is_up(machine, 1));
	assert_int_equal(get(machine, 1, 0, 0, 4), 0xffffffff);
	/* Writes to what is not there change nothing. */
	put(machine, 1, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(machine->mapped, 0);
	control(machine, 1, POWER_OFF);
	assert_int_equal(machine->switched_off, 1);
	pci_bus_unplug(&machine->vm.pci, 0);
	assert_null(card->vm);
	assert_null(machine->vm.pci.child[0][0]);
	assert_int_equal(status(machine, 1) & (PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PDC), PCI_EXP_SLTSTA_PDC);
	/* An empty slot that is powered stays empty. */
	control(machine, 1, POWER_ON);
	assert_false(link_is_up(machine, 1));
}

static void power_off_and_on_is_a_reset(void **state)
{
	struct machine *machine = *state;

	drive(machine, 1, POWER_ON);
	control(machine, 1, POWER_OFF);
	control(machine, 1, POWER_ON);
	assert_int_equal(machine->resets, 1);
	assert_int_equal(get(machine, 1, 0, 0, 4), 0x56781234);
	assert_int_equal(get(machine, 1, 0, PCI_COMMAND, 2), 0);
	assert_int_equal(machine->mapped, 0);
	assert_true(link_is_up(machine, 1));
}

static void put_bridge_control(struct machine *machine, uint32_t value)
{
	put(machine, 0, 1, PCI_BRIDGE_CONTROL, 2, value);
}

/* The Secondary Bus Reset of a port: while the bit is set nothing is there, and afterwards a card as after power-on. */
static void a_bus_reset_resets_the_card(void **state)
{
	struct machine *machine = *state;

	drive(machine, 1, POWER_ON);
	put_bridge_control(machine, PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_BUS_RESET);
	assert_int_equal(machine->losses, 1);
	assert_int_equal(machine->resets, 0);
	assert_int_equal(machine->mapped, 0);
	assert_false(link_is_up(machine, 1));
	assert_int_equal(get(machine, 1, 0, 0, 4), 0xffffffff);
	/* Set twice is set once, and no power was switched off. */
	put_bridge_control(machine, PCI_BRIDGE_CTL_BUS_RESET);
	assert_int_equal(machine->losses, 1);
	assert_int_equal(machine->switched_off, 0);
	put_bridge_control(machine, PCI_BRIDGE_CTL_SERR);
	assert_int_equal(machine->resets, 1);
	assert_true(link_is_up(machine, 1));
	assert_int_equal(get(machine, 1, 0, 0, 4), 0x56781234);
	assert_int_equal(get(machine, 1, 0, PCI_COMMAND, 2), 0);
	assert_true(status(machine, 1) & PCI_EXP_SLTSTA_DLLSC);
	assert_true(status(machine, 1) & PCI_EXP_SLTSTA_PDS);
}

/* A guest that switches the power off while it holds the bus in reset has let go of the card. */
static void power_can_go_while_in_reset(void **state)
{
	struct machine *machine = *state;

	drive(machine, 1, POWER_ON);
	put_bridge_control(machine, PCI_BRIDGE_CTL_BUS_RESET);
	control(machine, 1, POWER_OFF);
	assert_int_equal(machine->switched_off, 1);
	put_bridge_control(machine, 0);
	assert_false(link_is_up(machine, 1));
	assert_int_equal(machine->resets, 0);
	assert_int_equal(machine->losses, 1);
}

/* Functions of one card come and go together; the header says that there are others. */
static void a_card_of_several_functions(void **state)
{
	struct machine *machine = *state;
	struct pci_bus *bus = &machine->vm.pci;
	struct pci_function second = { .ops = &card_ops, .bar[0] = { .kind = PCI_BAR_MEM32, .size = 0x4000 } };
	const struct pci_card headless = { { NULL, &second } };
	struct pci_card card = { { &machine->card[1] } };
	struct error err = { 0 };
	size_t count = bus->count;

	assert_true(pci_bus_plug(bus, &headless, &machine->vm, &err) < 0);
	card.function[5] = &second;
	strcpy(second.name, "broken");
	assert_int_equal(pci_bus_plug(bus, &card, &machine->vm, &err), -EIO);
	assert_int_equal(bus->count, count);
	assert_null(machine->card[1].vm);
	second.name[0] = '\0';
	drive(machine, 2, POWER_OFF);
	assert_int_equal(pci_bus_plug(bus, &card, &machine->vm, &err), 0);
	assert_int_equal(the_kvm.injected_count, 1);
	clear_events(machine, 2);
	control(machine, 2, POWER_ON);
	for (unsigned int function = 0; function <= 5; function += 5) {
		uint16_t bdf = (uint16_t)(2 << 8 | function);

		assert_int_equal(pci_bus_config_read(bus, bdf, 0, 4), 0x56781234);
		assert_int_equal(pci_bus_config_read(bus, bdf, PCI_HEADER_TYPE, 1) & 0x80, 0x80);
	}
	pci_bus_unplug(bus, 1);
	assert_null(second.vm);
	assert_null(machine->card[1].vm);
	assert_int_equal(bus->count, count);
}

/* The link of a card that has failed is down until its power goes and comes, or the bus is reset; the card stays. */
static void a_card_that_fails_is_taken_out_and_put_in(void **state)
{
	struct machine *machine = *state;

	drive(machine, 1, POWER_ON);
	for (unsigned int times = 1; times <= 2; times++) {
		pci_bus_fail(&machine->vm.pci, 0);
		assert_int_equal(the_kvm.injected_count, times);
		assert_int_equal(status(machine, 1), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC);
		assert_false(link_is_up(machine, 1));
		assert_int_equal(get(machine, 1, 0, 0, 4), 0xffffffff);
		assert_int_equal(machine->losses, times);
		assert_int_equal(machine->mapped, 0);
		/* Twice is once. */
		pci_bus_fail(&machine->vm.pci, 0);
		assert_int_equal(machine->losses, times);
		clear_events(machine, 1);
		control(machine, 1, POWER_ON);
		assert_false(link_is_up(machine, 1));
		if (times == 1)
			control(machine, 1, POWER_OFF);
		else
			put_bridge_control(machine, PCI_BRIDGE_CTL_BUS_RESET);
		assert_int_equal(machine->resets, times - 1);
		put_bridge_control(machine, 0);
		control(machine, 1, POWER_ON);
		assert_int_equal(machine->resets, times);
		assert_true(link_is_up(machine, 1));
		assert_int_equal(get(machine, 1, 0, 0, 4), 0x56781234);
		clear_events(machine, 1);
		the_kvm.injected_count = times;
	}
}

/* Without MSI (pci=nomsi) events are a level on the port's pin, until they are cleared or held, or MSI is enabled. */
static void without_msi_events_are_a_level(void **state)
{
	struct machine *machine = *state;
	uint32_t gsi = irq_pci_gsi(2, 0, 1);

	assert_int_equal(get(machine, 0, 2, PCI_INTERRUPT_PIN, 1), 1);
	assert_int_equal(get(machine, 0, 2, PCI_INTERRUPT_LINE, 1), irq_pci_line(gsi));
	plug(machine);
	assert_false(the_kvm.line[gsi]);
	control(machine, 2, POWER_OFF);
	assert_true(the_kvm.line[gsi]);
	assert_true(get(machine, 0, 2, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	put(machine, 0, 2, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	assert_false(the_kvm.line[gsi]);
	assert_true(get(machine, 0, 2, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	put(machine, 0, 2, PCI_COMMAND, 2, 0);
	assert_true(the_kvm.line[gsi]);
	clear_events(machine, 2);
	assert_false(the_kvm.line[gsi]);
	assert_false(get(machine, 0, 2, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	assert_int_equal(the_kvm.injected_count, 0);
	pci_bus_ask_unplug(&machine->vm.pci, 1);
	assert_true(the_kvm.line[gsi]);
	put(machine, 0, 2, MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	assert_false(the_kvm.line[gsi]);
	assert_int_equal(the_kvm.injected_count, 1);
}

/* Ports 1 and 9 have the same pin: it falls when neither asserts it any more. */
static void ports_share_a_pin(void **state)
{
	struct machine machine = { 0 };
	struct vm *vm = &machine.vm;
	uint32_t gsi = irq_pci_gsi(1, 0, 1);

	(void)state;
	memset(&the_kvm, 0, sizeof(the_kvm));
	assert_int_equal(gsi, irq_pci_gsi(9, 0, 1));
	vm->layout.ecam = (struct range){ 0xe0000000, 0xe0000000 + 10 * MIB };
	vm->layout.bus_count = 10;
	vm->irqs.vm_fd = FAKE_KVM_FD;
	assert_int_equal(pci_bus_init(&vm->pci, 9, NULL), 0);
	assert_int_equal(pci_bus_power_on(&vm->pci, vm, NULL), 0);
	for (unsigned int port = 1; port <= 9; port += 8) {
		control(&machine, port, POWER_OFF);
		pci_bus_ask_unplug(&vm->pci, port - 1);
	}
	clear_events(&machine, 9);
	assert_true(the_kvm.line[gsi]);
	clear_events(&machine, 1);
	assert_false(the_kvm.line[gsi]);
	pci_bus_power_off(&vm->pci);
	pci_bus_done(&vm->pci);
}

static void a_card_that_is_pulled_is_gone(void **state)
{
	struct machine *machine = *state;

	drive(machine, 1, POWER_ON);
	pci_bus_unplug(&machine->vm.pci, 0);
	assert_int_equal(machine->mapped, 0);
	assert_int_equal(get(machine, 1, 0, 0, 4), 0xffffffff);
	assert_int_equal(status(machine, 1), PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
	assert_int_equal(the_kvm.injected_count, 1);
}

static void a_card_that_cannot_come_leaves_nothing(void **state)
{
	struct machine *machine = *state;
	struct pci_bus *bus = &machine->vm.pci;
	struct pci_function extra = { .ops = &card_ops };
	size_t count = bus->count;
	struct error err = { 0 };

	strcpy(machine->card[1].name, "broken");
	assert_int_equal(pci_bus_plug(bus, &(struct pci_card){ { &machine->card[1] } }, &machine->vm, &err), -EIO);
	machine->card[1].name[0] = '\0';
	machine->card[1].bar[0].size = 2 * MIB; /* with the first card's MiB that is one too many */
	assert_int_equal(pci_bus_plug(bus, &(struct pci_card){ { &machine->card[1] } }, &machine->vm, &err), -ENOSPC);
	assert_int_equal(err.code, CODE_LAYOUT);
	assert_int_equal(bus->count, count);
	assert_null(bus->child[1][0]);
	assert_int_equal(status(machine, 2), 0);
	machine->card[1].bar[0].size = 0x4000;
	plug(machine);
	assert_int_equal(pci_bus_plug(bus, &(struct pci_card){ { &extra } }, &machine->vm, &err), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(slots_say_what_they_can, start, stop),
		cmocka_unit_test_setup_teardown(a_card_that_comes_is_told_and_powered_by_the_guest, start, stop),
		cmocka_unit_test_setup_teardown(an_event_interrupts_once_until_it_is_cleared, start, stop),
		cmocka_unit_test_setup_teardown(a_guest_that_is_asked_lets_go, start, stop),
		cmocka_unit_test_setup_teardown(power_off_and_on_is_a_reset, start, stop),
		cmocka_unit_test_setup_teardown(a_bus_reset_resets_the_card, start, stop),
		cmocka_unit_test_setup_teardown(power_can_go_while_in_reset, start, stop),
		cmocka_unit_test_setup_teardown(a_card_of_several_functions, start, stop),
		cmocka_unit_test_setup_teardown(a_card_that_fails_is_taken_out_and_put_in, start, stop),
		cmocka_unit_test_setup_teardown(without_msi_events_are_a_level, start, stop),
		cmocka_unit_test(ports_share_a_pin),
		cmocka_unit_test_setup_teardown(a_card_that_is_pulled_is_gone, start, stop),
		cmocka_unit_test_setup_teardown(a_card_that_cannot_come_leaves_nothing, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
