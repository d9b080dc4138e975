// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where VFs would be, on made-up machines: which of them have a bus and which the port above reaches, with ARI and
 * without; what is to be done, and that nothing is advised that is not there (another slot) or harms unsaid
 * (renumbering).
 */
#include "sriov/vf_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/machine_tree.h"
#include "tests/unit/temp_tree.h"

enum {
	ROOT_PORT = 0x4,
	BRIDGE = 0x060400,
};

struct given {
	bool can, on;     /* the port's ARI */
	bool soldered;    /* the port has no slot */
	uint8_t last_bus; /* behind it; the card is on bus 1 */
	unsigned int offset, stride, total;
	bool other_slot; /* a free port that can forward ARI */
	const char *cmdline;
	bool is_guest;
};

struct wanted {
	unsigned int fit, reached;
	const char *cause;               /* in it; NULL: there is none */
	const char *ways[4], *no_way[4]; /* in it, not in it */
};

static void make_machine(const char *dir, const struct given *given)
{
	struct machine_tree tree;
	struct machine_function port = { .device = 1,
		.root_bus = "pci0000:00",
		.class = BRIDGE,
		.express = ROOT_PORT,
		.secondary = 1,
		.subordinate = given->last_bus,
		.ari_can = given->can,
		.ari_on = given->on,
		.no_slot = given->soldered,
		.vendor_id = 0x8086,
		.device_id = 0x1901,
		.group = 1 };
	struct machine_function other = { .device = 2,
		.root_bus = "pci0000:00",
		.class = BRIDGE,
		.express = ROOT_PORT,
		.secondary = 9,
		.subordinate = 9,
		.ari_can = true,
		.vendor_id = 0x8086,
		.device_id = 0x1902,
		.group = 2 };
	struct machine_function card = { .bus = 1,
		.parent = &port,
		.class = 0x020000,
		.vendor_id = 0x8086,
		.device_id = 0x1521,
		.total_vfs = given->total,
		.netdev = "enp1s0",
		.group = 3 };
	char text[32];

	machine_tree_open(&tree, dir);
	machine_tree_add(&tree, &port);
	if (given->other_slot)
		machine_tree_add(&tree, &other);
	machine_tree_add(&tree, &card);
	snprintf(text, sizeof(text), "%u\n", given->offset);
	machine_tree_file(&tree, text, "%s/sriov_offset", card.path);
	snprintf(text, sizeof(text), "%u\n", given->stride);
	machine_tree_file(&tree, text, "%s/sriov_stride", card.path);
	machine_tree_file(&tree, given->cmdline ? given->cmdline : "quiet\n", "proc/cmdline");
	machine_tree_file(&tree, given->is_guest ? "flags : fpu hypervisor\n" : "flags : fpu vmx\n", "proc/cpuinfo");
	machine_tree_close(&tree);
}

static const struct {
	struct given given;
	struct wanted wanted;
} cases[] = {
	/* With ARI: on the PF's bus. */
	{ { .can = true, .on = true, .last_bus = 1, .offset = 128, .stride = 2, .total = 8 },
		{ 8, 8, NULL, { NULL }, { NULL } } },
	/* Without: functions 1 to 7 are reached all the same, those at device 2 are not. */
	{ { .can = true, .last_bus = 1, .offset = 1, .stride = 1, .total = 7 }, { 7, 7, NULL, { NULL }, { NULL } } },
	{ { .can = true, .last_bus = 1, .offset = 1, .stride = 1, .total = 16 },
		{ 16, 7, "reaches functions 0 to 7 of bus 01 only", { "ARI forwarding", "make 7 VFs at most" },
			{ "the slot behind", "assign-busses" } } },
	{ { .can = false, .last_bus = 1, .offset = 16, .stride = 1, .total = 16, .other_slot = true },
		{ 16, 0, "port 0000:00:01.0 does not forward ARI", { "the slot behind 0000:00:02.0 (free)" },
			{ "at most", "assign-busses" } } },
	/* On the next bus, which is there or not. */
	{ { .can = false, .last_bus = 2, .offset = 384, .stride = 4, .total = 7 }, { 7, 7, NULL, { NULL }, { NULL } } },
	{ { .can = false, .last_bus = 1, .offset = 384, .stride = 4, .total = 7, .other_slot = true },
		{ 0, 0, "so the card puts its VFs on bus 02",
			{ "the slot behind 0000:00:02.0", "assign-busses, which gives buses other numbers",
				"(such as enp1s0)" },
			{ "at most" } } },
	/* A soldered card cannot be moved; what is on the command line is not advised again, but noari is. */
	{ { .can = false,
		  .last_bus = 1,
		  .offset = 384,
		  .stride = 4,
		  .total = 7,
		  .other_slot = true,
		  .soldered = true,
		  .cmdline = "pci=realloc,assign-busses pci=noari\n" },
		{ 0, 0, "does not forward ARI", { "remove noari" }, { "the slot behind", "assign-busses" } } },
	/* Enough buses are a matter of the firmware, with ARI on; of the hypervisor in a guest. */
	{ { .can = true, .on = true, .last_bus = 1, .offset = 128, .stride = 1, .total = 256 },
		{ 128, 128, NULL, { "switch SR-IOV on", "make 128 VFs at most", "assign-busses" },
			{ "ARI", "slot" } } },
	{ { .can = false, .last_bus = 1, .offset = 384, .stride = 4, .total = 7, .other_slot = true, .is_guest = true },
		{ 0, 0, "does not forward ARI", { "have a hypervisor give the card a port" },
			{ "firmware's set-up", "slot" } } },
};

static void places_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		const struct wanted *wanted = &cases[i].wanted;
		struct temp_tree tree;
		struct pci_inventory all = { 0 };
		const struct pci_device *card;
		struct vf_place place;
		char cause[160], ways[512];

		temp_tree_init(&tree);
		make_machine(tree.path, &cases[i].given);
		assert_int_equal(pci_inventory_read(&tree.root, 0, &all, NULL), 0);
		card = pci_inventory_find(&all, (struct pci_addr){ 0, 1, 0, 0 });
		assert_non_null(card);
		assert_true(vf_place_read(&tree.root, card, &place));
		vf_place_cause(&place, card, cause, sizeof(cause));
		vf_place_ways(&tree.root, &all, card, &place, ways, sizeof(ways));
		if (place.fit != wanted->fit || place.reached != wanted->reached)
			fail_msg("case %zu: %u fit, %u reached", i, place.fit, place.reached);
		if (place.reached < place.total && wanted->cause && !strstr(cause, wanted->cause))
			fail_msg("case %zu: cause '%s'", i, cause);
		for (size_t k = 0; k < 4; k++) {
			if (wanted->ways[k] && !strstr(ways, wanted->ways[k]))
				fail_msg("case %zu: '%s' is not in '%s'", i, wanted->ways[k], ways);
			if (wanted->no_way[k] && strstr(ways, wanted->no_way[k]))
				fail_msg("case %zu: '%s' is in '%s'", i, wanted->no_way[k], ways);
		}
		pci_inventory_done(&all);
		temp_tree_done(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
