// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/slots.c: which devices share a slot of the guest, and as which functions. */
#include "guest/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/limits.h"

#include <cmocka.h>

/* A host: bus, device, function, group, VF. Sorted, as an inventory is. */
static const struct known {
	uint8_t bus, device, function;
	int group;
	bool is_vf;
} known[] = {
	{ 0, 0x1b, 0, 3, false },
	{ 0, 0x1f, 2, 4, false },
	{ 0, 0x1f, 3, 4, false },
	{ 1, 0, 0, 10, false },
	{ 1, 0, 1, 11, false },
	{ 1, 0, 3, 12, false },
	{ 1, 0x10, 0, 13, true },
	{ 1, 0x10, 2, 14, true },
	{ 2, 1, 0, 15, false },
	{ 2, 2, 0, 15, false },
	{ 2, 3, 0, 15, false },
	{ 3, 0, 0, -1, false },
	{ 4, 0, 0, -1, false },
};

static struct pci_device devices[array_size(known)];
static struct pci_inventory inventory = { .devices = devices, .count = array_size(known) };

static int make_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(known); i++)
		devices[i] = (struct pci_device){
			.addr = { 0, known[i].bus, known[i].device, known[i].function },
			.iommu_group = known[i].group,
			.is_vf = known[i].is_vf,
		};
	return 0;
}

struct place {
	struct pci_addr addr;
	struct guest_slot slot;
};

static void check(const struct place *places, size_t count, uint32_t ports)
{
	struct pci_addr addrs[LIMIT_DEVICES] = { 0 };
	struct guest_slot slots[LIMIT_DEVICES];

	for (size_t i = 0; i < count; i++)
		addrs[i] = places[i].addr;
	assert_int_equal(guest_slots(&inventory, addrs, count, slots), ports);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(slots[i].port, places[i].slot.port);
		assert_int_equal(slots[i].function, places[i].slot.function);
	}
}

static void functions_keep_their_numbers(void **state)
{
	const struct place places[] = {
		{ { 0, 1, 0, 3 }, { 0, 3 } },
		{ { 0, 0, 0x1b, 0 }, { 1, 0 } },
		{ { 0, 1, 0, 0 }, { 0, 0 } },
		{ { 0, 1, 0, 1 }, { 0, 1 } },
	};

	(void)state;
	check(places, array_size(places), 2);
}

static void every_slot_has_a_function_0(void **state)
{
	const struct place alone[] = { { { 0, 1, 0, 3 }, { 0, 0 } } };
	const struct place two[] = { { { 0, 1, 0, 1 }, { 0, 0 } }, { { 0, 1, 0, 3 }, { 0, 3 } } };
	const struct place integrated[] = { { { 0, 0, 0x1f, 3 }, { 0, 0 } }, { { 0, 0, 0x1f, 2 }, { 0, 2 } } };

	(void)state;
	check(alone, 1, 1);
	check(two, 2, 1);
	check(integrated, 2, 1);
}

static void a_group_is_one_slot(void **state)
{
	const struct place places[] = {
		{ { 0, 2, 1, 0 }, { 0, 0 } },
		{ { 0, 2, 3, 0 }, { 0, 1 } },
		{ { 0, 2, 2, 0 }, { 0, 2 } },
		{ { 0, 0, 0x1b, 0 }, { 1, 0 } },
	};

	(void)state;
	check(places, array_size(places), 2);
}

static void others_have_a_slot_each(void **state)
{
	const struct place places[] = {
		{ { 0, 1, 0x10, 0 }, { 0, 0 } }, { { 0, 1, 0x10, 2 }, { 1, 0 } }, /* VFs */
		{ { 0, 3, 0, 0 }, { 2, 0 } }, { { 0, 4, 0, 0 }, { 3, 0 } },       /* without a group */
		{ { 0, 9, 0, 0 }, { 4, 0 } },                                     /* unknown */
	};

	(void)state;
	check(places, array_size(places), 5);
	check(NULL, 0, 0);
}

static void a_full_slot_is_followed_by_another(void **state)
{
	struct pci_device many[10];
	struct pci_addr addrs[10];
	struct guest_slot slots[10];
	const struct pci_inventory host = { .devices = many, .count = 10 };

	(void)state;
	for (uint8_t i = 0; i < 10; i++) {
		addrs[i] = (struct pci_addr){ 0, 5, i, 0 };
		many[i] = (struct pci_device){ .addr = addrs[i], .iommu_group = 20 };
	}
	assert_int_equal(guest_slots(&host, addrs, 10, slots), 2);
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(slots[i].port, i / GUEST_SLOT_FUNCTIONS);
		assert_int_equal(slots[i].function, i % GUEST_SLOT_FUNCTIONS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_keep_their_numbers),
		cmocka_unit_test(every_slot_has_a_function_0),
		cmocka_unit_test(a_group_is_one_slot),
		cmocka_unit_test(others_have_a_slot_each),
		cmocka_unit_test(a_full_slot_is_followed_by_another),
	};

	return cmocka_run_group_tests(tests, make_host, NULL);
}
