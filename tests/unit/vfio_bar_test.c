// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_bar.c on a whole PCI bus: which pieces of a BAR are mapped and which trap, and that what traps
 * reaches the device or whoever owns the place.
 */
#include "passthrough/vfio_bar.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "tests/unit/vfio_bed.h"

/* BAR 0 whole; of BAR 3 all but the pages of the table (0) and of the pending bits (2). */
static void only_the_pages_of_msix_trap(void **state)
{
	struct bed *bed = *state;
	uint64_t bar0 = bar_address(bed, 0), bar3 = bar_address(bed, 3);

	assert_int_equal(range_size(slot_at(bed, bar0)->at), 0x4000);
	assert_null(slot_at(bed, bar3));
	assert_int_equal(range_size(slot_at(bed, bar3 + 0x1000)->at), 0x1000);
	assert_null(slot_at(bed, bar3 + 0x2000));
	assert_int_equal(range_size(slot_at(bed, bar3 + 0x3000)->at), 0x1000);
	assert_int_equal(the_kvm.slot_calls, 3);
	assert_true(bar3 >= bed->vm.layout.pci64.start);
	assert_true(bar0 < bed->vm.layout.pci32.end);
}

static void registers_beside_the_table_are_the_devices(void **state)
{
	struct bed *bed = *state;
	uint64_t bar3 = bar_address(bed, 3), beside = bar3 + FAKE_VECTORS * 16;

	bus_write(&bed->vm.mmio, beside, 4, 0x12345678);
	assert_int_equal(bed->fake.bar_bytes[3][FAKE_VECTORS * 16], 0x78);
	assert_int_equal(bus_read(&bed->vm.mmio, beside, 4), 0x12345678);
	/* the table is not the device's, and an access across its end is nobody's */
	bed->fake.write_count = 0;
	bus_write(&bed->vm.mmio, bar3, 4, 0xfee00000);
	bus_write(&bed->vm.mmio, beside - 2, 4, 0);
	bus_write(&bed->vm.mmio, bar3 + 0x2000, 8, UINT64_MAX);
	assert_int_equal(bed->fake.write_count, 0);
	assert_int_equal(bus_read(&bed->vm.mmio, bar3, 4), 0xfee00000);
	assert_int_equal(bus_read(&bed->vm.mmio, beside, 4), 0x12345678);
	assert_int_equal(bus_read(&bed->vm.mmio, bar3 + 0x2000, 8), 0);
}

static void a_bar_that_cannot_be_mapped_traps_whole(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	bed->fake.bar[0].mappable = false;
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	assert_null(slot_at(bed, bar_address(bed, 0)));
	bus_write(&bed->vm.mmio, bar_address(bed, 0) + 0x3ffc, 4, 0xabcdef01);
	assert_int_equal(bed->fake.bar_bytes[0][0x3ffc], 0x01);
	assert_int_equal(bus_read(&bed->vm.mmio, bar_address(bed, 0) + 0x3ffc, 4), 0xabcdef01);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* Sparse areas, the table in the middle of one, and what lies between them trapped. */
static void areas_are_cut_where_they_must_be(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	bed->fake.bar[3].area[0] = (struct vfio_area){ 0, 0x3000 };
	bed->fake.bar[3].area_count = 1;
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_TABLE, 4, 0x1800 | 3);
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_PBA, 4, 0x1f00 | 3);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	for (unsigned int page = 0; page < 4; page++)
		assert_int_equal(slot_at(bed, bar_address(bed, 3) + page * 0x1000) != NULL, page == 0 || page == 2);
	bus_write(&bed->vm.mmio, bar_address(bed, 3) + 0x3008, 4, 0x55);
	assert_int_equal(bed->fake.bar_bytes[3][0x3008], 0x55);
	bus_write(&bed->vm.mmio, bar_address(bed, 3) + 0x1808, 4, 0x66);
	assert_int_equal(bus_read(&bed->vm.mmio, bar_address(bed, 3) + 0x1808, 4), 0x66);
	assert_int_equal(bed->fake.bar_bytes[3][0x1808], 0);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* BAR 2 has 1 KiB of memory, of which the kernel lets us map the page; BAR 5 has 32 ports. */
static struct bed *start_small(void **state, bool mappable)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	bed->fake.bar[2] = (struct fake_region){ .size = 0x400, .mappable = mappable };
	bed->fake.bar[5] = (struct fake_region){ .size = 0x20 };
	fake_set(&bed->fake, PCI_BASE_ADDRESS_5, 4, PCI_BASE_ADDRESS_SPACE_IO);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	return bed;
}

static void ports_reach_the_device(void **state)
{
	struct bed *bed = start_small(state, true);
	uint64_t port = bar_address(bed, 5);

	assert_true(range_contains(bed->vm.layout.ports, (struct range){ port, port + 0x20 }));
	bus_write(&bed->vm.pio, port + 0x10, 2, 0xabcd);
	assert_int_equal(bed->fake.bar_bytes[5][0x10], 0xcd);
	assert_int_equal(bed->fake.bar_bytes[5][0x11], 0xab);
	bed->fake.bar_bytes[5][0x1f] = 0x77;
	assert_int_equal(bus_read(&bed->vm.pio, port + 0x1f, 1), 0x77);
	/* not past its end, and not at its old place */
	assert_int_equal(bus_read(&bed->vm.pio, port + 0x20, 1), UINT64_MAX);
	set(bed, PCI_BASE_ADDRESS_5, 4, 0xe000);
	assert_int_equal(bus_read(&bed->vm.pio, 0xe01f, 1), 0x77);
	assert_int_equal(bus_read(&bed->vm.pio, port + 0x1f, 1), UINT64_MAX);
	assert_int_equal(bed->fake.outside, 0);
	/* The device decodes its ports, whatever the guest says. */
	set(bed, PCI_COMMAND, 2, 0);
	assert_int_equal(
		fake_get(&bed->fake, PCI_COMMAND, 2), PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

static void a_small_bar_is_a_slot_or_traps(void **state)
{
	for (unsigned int mappable = 0; mappable < 2; mappable++) {
		struct bed *bed = start_small(state, mappable);
		uint64_t address = bar_address(bed, 2);

		assert_int_equal(slot_at(bed, address) != NULL, mappable);
		if (mappable)
			assert_int_equal(range_size(slot_at(bed, address)->at), 0x1000);
		/* Moved to where no page begins, it traps, and ends where it should. */
		set(bed, PCI_BASE_ADDRESS_2, 4, 0xd8000c00);
		assert_null(slot_at(bed, 0xd8000c00));
		bus_write(&bed->vm.mmio, 0xd8000ffc, 4, 0x12345678);
		assert_int_equal(bed->fake.bar_bytes[2][0x3ff], 0x12);
		assert_int_equal(bus_read(&bed->vm.mmio, 0xd8000c00 + 0x400, 4), UINT64_MAX);
		set(bed, PCI_BASE_ADDRESS_2, 4, (uint32_t)address);
		assert_int_equal(slot_at(bed, address) != NULL, mappable);
		if (!mappable)
			assert_int_equal(bus_read(&bed->vm.mmio, address + 0x3fc, 4), 0x12345678);
		assert_int_equal(bed->fake.outside, 0);
		assert_int_equal(stop(state), 0);
		*state = NULL;
	}
}

/* The table in a BAR smaller than a page, registers around it. */
static void msix_in_a_small_bar(void **state)
{
	struct bed *bed = start_small(state, true);
	uint64_t address;

	machine_off(bed);
	vfio_pci_free(bed->pci);
	pci_bus_done(&bed->vm.pci);
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_TABLE, 4, 0x100 | 2);
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_PBA, 4, 0x1f8 | 2);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	address = bar_address(bed, 2);
	assert_null(slot_at(bed, address));
	for (unsigned int offset = 0; offset < 0x400; offset += 4) {
		bool table = offset >= 0x100 && offset < 0x100 + FAKE_VECTORS * 16,
		     pending = offset == 0x1f8 || offset == 0x1fc;

		bus_write(&bed->vm.mmio, address + offset, 4, 0xa5a5a5a4);
		assert_int_equal(bed->fake.bar_bytes[2][offset], table || pending ? 0 : 0xa4);
	}
	assert_int_equal(bus_read(&bed->vm.mmio, address + 0x108, 4), 0xa5a5a5a4);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_the_pages_of_msix_trap, start, stop),
		cmocka_unit_test_setup_teardown(registers_beside_the_table_are_the_devices, start, stop),
		cmocka_unit_test(a_bar_that_cannot_be_mapped_traps_whole),
		cmocka_unit_test(areas_are_cut_where_they_must_be),
		cmocka_unit_test(ports_reach_the_device),
		cmocka_unit_test(a_small_bar_is_a_slot_or_traps),
		cmocka_unit_test(msix_in_a_small_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
