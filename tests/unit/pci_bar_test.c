// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/pci/bar.c: whatever a guest writes to its BARs and COMMAND registers, what is mapped is disjoint, inside
 * the windows, and the same in all books; sizing as operating systems do it maps and unmaps nothing.
 */
#include "vmm-core/pci/bar.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "vmm-core/vm.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	CARDS = 3,
	RANDOM_STEPS = 200000,
};

struct card {
	struct pci_function fn;               /* first */
	struct range shown[PCI_REGION_COUNT]; /* what the card's side believes; empty: not mapped */
	bool broken;                          /* mapping fails */
	unsigned int maps, unmaps;
};

static struct card *card_of(struct pci_function *fn)
{
	return (struct card *)fn;
}

static int card_map(struct pci_function *fn, unsigned int index, struct range place, struct error *err)
{
	struct card *card = card_of(fn);

	assert_int_equal(range_size(card->shown[index]), 0);
	if (card->broken)
		return fail(err, ENOMEM, "map a BAR");
	card->shown[index] = place;
	card->maps++;
	return 0;
}

static void card_unmap(struct pci_function *fn, unsigned int index)
{
	struct card *card = card_of(fn);

	assert_int_not_equal(range_size(card->shown[index]), 0);
	assert_int_equal(card->shown[index].start, fn->bar[index].address);
	card->shown[index] = (struct range){ 0, 0 };
	card->unmaps++;
}

static int card_power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	(void)vm;
	(void)err;
	pci_config_init(&fn->config);
	pci_config_set(&fn->config, PCI_COMMAND, 2, 0, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	return 0;
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

struct machine {
	struct vm vm;
	struct card card[CARDS];
};

static int start(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	assert_non_null(machine);
	*state = machine;
	machine->vm.layout.pci32 = (struct range){ 0xc0000000, 0xe0000000 };
	machine->vm.layout.pci64 = (struct range){ 0x800000000, 0x900000000 };
	machine->vm.layout.ports = (struct range){ 0x1000, 0x10000 };
	machine->vm.layout.ecam = (struct range){ 0xe0000000, 0xe0000000 + (CARDS + 1) * MIB };
	machine->vm.layout.bus_count = CARDS + 1;
	assert_int_equal(pci_bus_init(&machine->vm.pci, CARDS, NULL), 0);
	for (unsigned int i = 0; i < CARDS; i++) {
		struct pci_function *fn = &machine->card[i].fn;

		fn->ops = &card_ops;
		fn->bar[0] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x4000 };
		fn->bar[1] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x100000 << i };
		fn->bar[2] = (struct pci_bar){ .kind = PCI_BAR_MEM64_PREFETCHABLE,
			.size = i == 1 ? 0x40000000 : 0x10000000 };
		fn->bar[4] = (struct pci_bar){ .kind = PCI_BAR_MEM64, .size = 0x1000 };
		assert_int_equal(pci_bus_add_behind_port(&machine->vm.pci, fn, NULL), 0);
	}
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), 0);
	return 0;
}

/* In place of BARs that other tests move: what is smaller than a page, ports, a ROM. */
static int start_small(void **state)
{
	struct machine *machine;

	start(state);
	machine = *state;
	pci_bus_power_off(&machine->vm.pci);
	for (unsigned int i = 0; i < CARDS; i++) {
		struct pci_function *fn = &machine->card[i].fn;

		fn->bar[0] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x400 };
		fn->bar[1] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x10 << i };
		fn->bar[4] = (struct pci_bar){ .kind = PCI_BAR_IO, .size = i == 1 ? 0x4 : 0x100 };
		fn->bar[PCI_ROM] = (struct pci_bar){ .kind = PCI_BAR_ROM, .size = 0x800 };
	}
	assert_int_equal(pci_bus_power_on(&machine->vm.pci, &machine->vm, NULL), 0);
	return 0;
}

static int stop(void **state)
{
	struct machine *machine = *state;

	pci_bus_power_off(&machine->vm.pci);
	for (unsigned int i = 0; i < CARDS; i++)
		for (unsigned int b = 0; b < PCI_REGION_COUNT; b++)
			assert_int_equal(range_size(machine->card[i].shown[b]), 0);
	pci_bus_done(&machine->vm.pci);
	free(machine);
	return 0;
}

static void write_config(
	struct machine *machine, unsigned int card, unsigned int offset, unsigned int size, uint32_t value)
{
	pci_bus_config_write(&machine->vm.pci, (uint16_t)((card + 1) << 8), offset, size, value);
}

static uint32_t read_config(struct machine *machine, unsigned int card, unsigned int offset, unsigned int size)
{
	return pci_bus_config_read(&machine->vm.pci, (uint16_t)((card + 1) << 8), offset, size);
}

static void check_invariants(const struct machine *machine)
{
	const struct layout *layout = &machine->vm.layout;
	struct range seen[CARDS * PCI_REGION_COUNT], seen_ports[CARDS];
	size_t count = 0, port_count = 0;

	for (unsigned int i = 0; i < CARDS; i++) {
		for (unsigned int b = 0; b < PCI_REGION_COUNT; b++) {
			const struct pci_bar *bar = &machine->card[i].fn.bar[b];
			struct range shown = machine->card[i].shown[b];
			bool ports = bar->kind == PCI_BAR_IO;

			assert_int_equal(bar->mapped, range_size(shown) != 0);
			if (!bar->mapped)
				continue;
			assert_int_equal(bar->address, shown.start);
			assert_int_equal(shown.start % bar->size, 0);
			assert_int_equal(range_size(shown), bar->whole_page ? 4096 : bar->size);
			assert_true(
				ports ? range_contains(layout->ports, shown)
				      : range_contains(layout->pci32, shown) || range_contains(layout->pci64, shown));
			for (size_t s = 0; s < (ports ? port_count : count); s++)
				assert_false(range_overlaps(ports ? seen_ports[s] : seen[s], shown));
			if (ports)
				seen_ports[port_count++] = shown;
			else
				seen[count++] = shown;
		}
	}
}

static unsigned int changes(const struct machine *machine)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < CARDS; i++)
		sum += machine->card[i].maps + machine->card[i].unmaps;
	return sum;
}

static void all_are_mapped_at_power_on(void **state)
{
	struct machine *machine = *state;

	check_invariants(machine);
	for (unsigned int i = 0; i < CARDS; i++) {
		assert_int_equal(machine->card[i].maps, 4);
		assert_true(machine->card[i].fn.bar[2].address >= machine->vm.layout.pci64.start);
		assert_true(machine->card[i].fn.bar[4].address < machine->vm.layout.pci32.end);
		assert_int_equal(read_config(machine, i, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY, PCI_COMMAND_MEMORY);
	}
}

/* As Linux does it: decoding off, all ones, read back, the old value, decoding on. */
static void sizing_changes_nothing(void **state)
{
	static const struct {
		unsigned int reg;
		uint32_t mask;
	} expected[] = { { 0, 0xffffc000 }, { 1, 0xfff00000 }, { 2, 0xf000000c }, { 3, 0xffffffff }, { 4, 0xfffff004 },
		{ 5, 0xffffffff } };
	struct machine *machine = *state;
	unsigned int before = changes(machine);

	write_config(machine, 0, PCI_COMMAND, 2, 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		unsigned int offset = PCI_BASE_ADDRESS_0 + 4 * expected[i].reg;
		uint32_t old = read_config(machine, 0, offset, 4);

		write_config(machine, 0, offset, 4, 0xffffffff);
		assert_int_equal(read_config(machine, 0, offset, 4), expected[i].mask);
		write_config(machine, 0, offset, 4, old);
		assert_int_equal(read_config(machine, 0, offset, 4), old);
	}
	write_config(machine, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(changes(machine), before);
}

static void a_move_is_one_unmap_and_one_map(void **state)
{
	struct machine *machine = *state;
	unsigned int before = changes(machine);

	write_config(machine, 1, PCI_COMMAND, 2, 0);
	write_config(machine, 1, PCI_BASE_ADDRESS_0, 4, 0xd8000000);
	assert_int_equal(changes(machine), before);
	write_config(machine, 1, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(changes(machine), before + 2);
	assert_int_equal(machine->card[1].shown[0].start, 0xd8000000);
}

/* A 64-bit BAR moved with decoding on passes through an address made of two halves; it must not stay there. */
static void a_64bit_move_ends_at_its_address(void **state)
{
	struct machine *machine = *state;

	write_config(machine, 2, PCI_BASE_ADDRESS_2, 4, 0xe0000000);
	check_invariants(machine);
	write_config(machine, 2, PCI_BASE_ADDRESS_3, 4, 0x8);
	check_invariants(machine);
	assert_int_equal(machine->card[2].shown[2].start, 0x8e0000000);
}

static void places_outside_the_windows_stay_empty(void **state)
{
	static const uint32_t forbidden[] = { 0, 0x100000, 0xbff00000, 0xe0000000, 0xfec00000, 0xfee00000, 0xfffff000 };
	struct machine *machine = *state;

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		write_config(machine, 0, PCI_BASE_ADDRESS_0, 4, forbidden[i]);
		assert_false(machine->card[0].fn.bar[0].mapped);
		assert_int_equal(read_config(machine, 0, PCI_BASE_ADDRESS_0, 4), forbidden[i] & 0xffffc000);
	}
	/* Larger than the window that it begins in: its end would lie over the interrupt controllers. */
	write_config(machine, 1, PCI_BASE_ADDRESS_2, 4, 0xc0000000);
	write_config(machine, 1, PCI_BASE_ADDRESS_3, 4, 0);
	assert_false(machine->card[1].fn.bar[2].mapped);
	/* The probe for the size of a 64-bit BAR: its end is address 0. */
	write_config(machine, 0, PCI_BASE_ADDRESS_4, 4, 0xffffffff);
	write_config(machine, 0, PCI_BASE_ADDRESS_5, 4, 0xffffffff);
	assert_false(machine->card[0].fn.bar[4].mapped);
	check_invariants(machine);
}

static void the_decoded_one_wins(void **state)
{
	struct machine *machine = *state;
	uint64_t place = machine->card[0].fn.bar[0].address;

	/* card 0 does not decode but is still mapped there */
	write_config(machine, 0, PCI_COMMAND, 2, 0);
	write_config(machine, 1, PCI_BASE_ADDRESS_0, 4, (uint32_t)place);
	assert_int_equal(machine->card[1].shown[0].start, place);
	assert_false(machine->card[0].fn.bar[0].mapped);
	/* both decode: the first of the bus */
	write_config(machine, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(machine->card[0].shown[0].start, place);
	assert_false(machine->card[1].fn.bar[0].mapped);
	check_invariants(machine);
}

static void a_failed_mapping_is_absent_and_comes_back(void **state)
{
	struct machine *machine = *state;
	struct error err = { 0 };

	machine->card[1].broken = true;
	write_config(machine, 1, PCI_BASE_ADDRESS_0, 4, 0xd8000000);
	assert_false(machine->card[1].fn.bar[0].mapped);
	assert_int_equal(pci_bars_update(&machine->vm.pci, &machine->vm.layout, &err), -ENOMEM);
	check_invariants(machine);
	machine->card[1].broken = false;
	assert_int_equal(pci_bars_update(&machine->vm.pci, &machine->vm.layout, &err), 0);
	assert_int_equal(machine->card[1].shown[0].start, 0xd8000000);
}

/* BARs 0 and 1 have 1 KiB and 16 bytes, and a page each; BAR 0 of card 1 has a page too. */
static void a_small_bar_has_its_page_while_alone(void **state)
{
	struct machine *machine = *state;
	const struct range *shown = machine->card[0].shown;
	uint32_t page = (uint32_t)machine->card[0].fn.bar[1].address;

	check_invariants(machine);
	for (unsigned int b = 0; b < 2; b++) {
		assert_int_equal(range_size(shown[b]), 4096);
		assert_int_equal(shown[b].start % 4096, 0);
	}
	/* A neighbour moves in: both are no larger than they are. */
	write_config(machine, 1, PCI_BASE_ADDRESS_0, 4, page + 0x400);
	assert_int_equal(range_size(shown[1]), 0x10);
	assert_int_equal(range_size(machine->card[1].shown[0]), 0x400);
	/* It goes on to where a page begins; then to where none does. */
	write_config(machine, 1, PCI_BASE_ADDRESS_0, 4, 0xd8000000);
	assert_int_equal(range_size(shown[1]), 4096);
	assert_int_equal(range_size(machine->card[1].shown[0]), 4096);
	write_config(machine, 1, PCI_BASE_ADDRESS_0, 4, 0xd8000800);
	assert_int_equal(range_size(machine->card[1].shown[0]), 0x400);
	check_invariants(machine);
	/* The true size is what a probe finds. */
	write_config(machine, 0, PCI_COMMAND, 2, 0);
	write_config(machine, 0, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	assert_int_equal(read_config(machine, 0, PCI_BASE_ADDRESS_0, 4), 0xfffffc00);
}

static void ports_move_by_their_own_decoding(void **state)
{
	struct machine *machine = *state;
	const struct range *shown = &machine->card[0].shown[4];
	uint64_t place = shown->start;

	assert_true(range_contains(machine->vm.layout.ports, *shown));
	assert_int_equal(read_config(machine, 0, PCI_COMMAND, 2), PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	write_config(machine, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	write_config(machine, 0, PCI_BASE_ADDRESS_4, 4, 0xffffffff);
	assert_int_equal(read_config(machine, 0, PCI_BASE_ADDRESS_4, 4), 0xffffff01);
	write_config(machine, 0, PCI_BASE_ADDRESS_4, 4, 0xc001);
	assert_int_equal(shown->start, place);
	write_config(machine, 0, PCI_COMMAND, 2, PCI_COMMAND_IO);
	assert_int_equal(shown->start, 0xc000);
	/* Outside the window, over the machine's own ports, and beyond all: nowhere. */
	for (size_t i = 0; i < 3; i++) {
		static const uint32_t forbidden[] = { 0x301, 0xcf8 & ~0xffu, 0x10000 };

		write_config(machine, 0, PCI_BASE_ADDRESS_4, 4, forbidden[i]);
		assert_false(machine->card[0].fn.bar[4].mapped);
	}
	/* Two at one place: the first of the bus. */
	write_config(machine, 0, PCI_BASE_ADDRESS_4, 4, 0xc001);
	write_config(machine, 1, PCI_BASE_ADDRESS_4, 4, 0xc041);
	assert_false(machine->card[1].fn.bar[4].mapped);
	assert_int_equal(shown->start, 0xc000);
	check_invariants(machine);
}

static void a_rom_needs_its_own_bit_too(void **state)
{
	struct machine *machine = *state;
	const struct range *shown = &machine->card[2].shown[PCI_ROM];
	uint32_t place = read_config(machine, 2, PCI_ROM_ADDRESS, 4);

	assert_int_equal(range_size(*shown), 0);
	assert_true(place >= machine->vm.layout.pci32.start);
	write_config(machine, 2, PCI_ROM_ADDRESS, 4, 0xfffffffe);
	assert_int_equal(read_config(machine, 2, PCI_ROM_ADDRESS, 4), 0xfffff800);
	write_config(machine, 2, PCI_ROM_ADDRESS, 4, place | PCI_ROM_ADDRESS_ENABLE);
	assert_int_equal(shown->start, place);
	write_config(machine, 2, PCI_COMMAND, 2, 0);
	write_config(machine, 2, PCI_ROM_ADDRESS, 4, 0xd8000000 | PCI_ROM_ADDRESS_ENABLE);
	assert_int_equal(shown->start, place);
	write_config(machine, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(shown->start, 0xd8000000);
	check_invariants(machine);
}

static uint32_t random_address(uint32_t dice)
{
	static const uint32_t liked[] = { 0xffffffff, 0, 0xc0000000, 0xdff00000, 0xfee00000, 8, 9, 0xc0100000,
		0xc0000400, 0xc0000001, 0x1000, 0x1081, 0xff00, 0xc0000801, 0xc0100010, 0xc0000010 };

	if (dice & 1)
		return liked[dice >> 1 & 15];
	return dice & 2 ? 0xc0000000 | (dice >> 3 & 0x1ffff000) : dice;
}

static void random_writes_keep_the_invariants(void **state)
{
	static const unsigned int sizes[] = { 1, 2, 4, 4 };
	struct machine *machine = *state;
	unsigned int seed = 20;

	for (unsigned int i = 0; i < RANDOM_STEPS; i++) {
		unsigned int card = (unsigned int)rand_r(&seed) % CARDS, size = sizes[rand_r(&seed) & 3];
		unsigned int offset = PCI_BASE_ADDRESS_0 + (unsigned int)rand_r(&seed) % 36;
		uint32_t value = random_address((uint32_t)rand_r(&seed) * 2 + (rand_r(&seed) & 1));

		if (rand_r(&seed) % 8 < 3)
			write_config(machine, card, PCI_COMMAND, 2, rand_r(&seed) & 3);
		else
			write_config(machine, card, offset, size, value);
		machine->card[card].broken = rand_r(&seed) % 16 == 0;
		check_invariants(machine);
	}
	/* The test is worth nothing if nothing moved. */
	assert_true(changes(machine) > RANDOM_STEPS / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_are_mapped_at_power_on, start, stop),
		cmocka_unit_test_setup_teardown(sizing_changes_nothing, start, stop),
		cmocka_unit_test_setup_teardown(a_move_is_one_unmap_and_one_map, start, stop),
		cmocka_unit_test_setup_teardown(a_64bit_move_ends_at_its_address, start, stop),
		cmocka_unit_test_setup_teardown(places_outside_the_windows_stay_empty, start, stop),
		cmocka_unit_test_setup_teardown(the_decoded_one_wins, start, stop),
		cmocka_unit_test_setup_teardown(a_failed_mapping_is_absent_and_comes_back, start, stop),
		cmocka_unit_test_setup_teardown(a_small_bar_has_its_page_while_alone, start_small, stop),
		cmocka_unit_test_setup_teardown(ports_move_by_their_own_decoding, start_small, stop),
		cmocka_unit_test_setup_teardown(a_rom_needs_its_own_bit_too, start_small, stop),
		cmocka_unit_test_setup_teardown(random_writes_keep_the_invariants, start, stop),
		cmocka_unit_test_setup_teardown(random_writes_keep_the_invariants, start_small, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
