// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many VFs a PF can have, on made-up machines: windows and what is in them, and which of a card's limits is the
 * first. What the kernel accepts is compared in the lab (tests/hil/vf-capacity-windows.test).
 */
#include "sriov/capacity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "pci/window.h"
#include "sriov/nvme_primary.h"
#include "sriov/vf_mac.h"
#include "tests/unit/machine_tree.h"
#include "tests/unit/temp_tree.h"

enum {
	ROOT_PORT = 0x4,
	BRIDGE = 0x060400,
	KIB = 1024,
	BASE = 0xf0000000,
	MEM = 0x40200,
};

struct piece {
	uint64_t start, size; /* from BASE on; size 0 ends */
};

/* A machine with one port, which has a window of 1 MiB, and a card with what is in it. */
struct given {
	struct piece used[4];
	uint64_t vf_bar; /* of one VF; placed at the window's end */
	unsigned int total, allowed, last_bus;
	const char *driver;
};

static void put_resource(struct machine_tree *tree, const struct machine_function *function, const char *lines)
{
	machine_tree_file(tree, lines, "%s/resource", function->path);
}

static void make_machine(const char *dir, const struct given *given)
{
	struct machine_function port = { .device = 1,
		.root_bus = "pci0000:00",
		.class = BRIDGE,
		.express = ROOT_PORT,
		.secondary = 1,
		.subordinate = (uint8_t)given->last_bus,
		.ari_can = true,
		.ari_on = true,
		.vendor_id = 0x8086,
		.device_id = 0x1901,
		.group = 1 };
	struct machine_function card = { .bus = 1,
		.parent = &port,
		.class = 0x020000,
		.vendor_id = 0x15b3,
		.device_id = 0x1521,
		.driver = given->driver,
		.total_vfs = given->total,
		.group = 3 };
	struct machine_tree tree;
	char lines[2048] = "", text[16];
	size_t used = 0;

	machine_tree_open(&tree, dir);
	machine_tree_add(&tree, &port);
	machine_tree_add(&tree, &card);
	for (int i = 0; i < 17; i++)
		used += (size_t)snprintf(lines + used, sizeof(lines) - used, "0x%x 0x%x 0x%x\n", i == 14 ? BASE : 0,
			i == 14 ? BASE + 1024 * KIB - 1 : 0, i == 14 ? 0x200 : 0);
	put_resource(&tree, &port, lines);
	used = 0;
	for (int i = 0; i < 13; i++) {
		uint64_t start = i < 4 && given->used[i].size ? BASE + given->used[i].start : 0;
		uint64_t size = i < 4 ? given->used[i].size : 0;

		if (i == 7 && given->vf_bar) {
			size = given->vf_bar * given->total;
			start = BASE + 1024 * KIB - size;
		}
		used += (size_t)snprintf(lines + used, sizeof(lines) - used, "0x%llx 0x%llx 0x%x\n",
			(unsigned long long)start, (unsigned long long)(size ? start + size - 1 : 0), size ? MEM : 0);
	}
	put_resource(&tree, &card, lines);
	machine_tree_file(&tree, "128\n", "%s/sriov_offset", card.path);
	machine_tree_file(&tree, "1\n", "%s/sriov_stride", card.path);
	snprintf(text, sizeof(text), "%u\n", given->allowed ? given->allowed : given->total);
	machine_tree_file(&tree, text, "%s/sriov_totalvfs", card.path);
	machine_tree_file(&tree, "quiet\n", "proc/cmdline");
	machine_tree_close(&tree);
}

static const struct {
	struct given given;
	unsigned int max;
	enum capacity_kind first;
	int by_windows;
	const char *more; /* of the row that limits; NULL: not looked at */
} cases[] = {
	/* The card's own number, and what its maker has for more. */
	{ { .vf_bar = 4 * KIB, .total = 8, .last_bus = 1, .driver = "mlx5_core" }, 8, CAPACITY_CARD, 8, "NUM_OF_VFS" },
	/* The window would hold it exactly. */
	{ { .vf_bar = 128 * KIB, .total = 8, .last_bus = 1, .driver = "mlx5_core" }, 8, CAPACITY_CARD, 8, NULL },
	/* The driver allows fewer; there is none; it makes none. */
	{ { .vf_bar = 4 * KIB, .total = 8, .allowed = 7, .last_bus = 1, .driver = "igb" }, 7, CAPACITY_DRIVER, 8,
		"7 of the card's 8" },
	{ { .vf_bar = 4 * KIB, .total = 8, .last_bus = 1, .driver = NULL }, 0, CAPACITY_DRIVER, 8, "sluice release" },
	{ { .vf_bar = 4 * KIB, .total = 8, .last_bus = 1, .driver = "mlx4_core" }, 0, CAPACITY_DRIVER, 8, "num_vfs" },
	/* VF 128 would be on bus 2. */
	{ { .vf_bar = 4 * KIB, .total = 200, .last_bus = 1, .driver = "mlx5_core" }, 128, CAPACITY_BUSES, 200,
		"assign-busses" },
	{ { .vf_bar = 4 * KIB, .total = 200, .last_bus = 2, .driver = "mlx5_core" }, 200, CAPACITY_CARD, 200, NULL },
};

static void the_least_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct pci_inventory all = { 0 };
		struct capacity capacity;
		struct temp_tree tree;
		enum capacity_kind kind;
		const struct capacity_limit *next;

		temp_tree_init(&tree);
		make_machine(tree.path, &cases[i].given);
		tree.root.captured = true; /* a file does not answer as a card does */
		assert_int_equal(pci_inventory_read(&tree.root, 0, &all, NULL), 0);
		capacity_read(&tree.root, &all, pci_inventory_find(&all, (struct pci_addr){ 0, 1, 0, 0 }), &capacity);
		assert_int_equal(capacity.max, cases[i].max);
		assert_int_equal(capacity.first, cases[i].first);
		assert_int_equal(capacity.by_windows, cases[i].by_windows);
		assert_int_equal(capacity.usable, capacity.max);
		if (cases[i].more)
			assert_non_null(strstr(capacity.limit[capacity.first].more, cases[i].more));
		assert_null(capacity_obstacle(&capacity, capacity.max, &kind));
		next = capacity_obstacle(&capacity, capacity.max + 1, &kind);
		assert_non_null(next);
		assert_int_equal(next->max, capacity.max);
		pci_inventory_done(&all);
		temp_tree_done(&tree);
	}
}

static void pieces_are_found_as_the_kernel_does(void **state)
{
	static const struct {
		struct piece used[4];
		uint64_t size, align;
		bool there;
		uint64_t start; /* from BASE on */
	} places[] = {
		{ { { 0 } }, 1024 * KIB, 4 * KIB, true, 0 },
		{ { { 0 } }, 1025 * KIB, 4 * KIB, false, 0 },
		/* The lowest hole that holds it, aligned. */
		{ { { 4 * KIB, 4 * KIB }, { 64 * KIB, 64 * KIB } }, 16 * KIB, 16 * KIB, true, 16 * KIB },
		{ { { 4 * KIB, 4 * KIB }, { 64 * KIB, 64 * KIB } }, 64 * KIB, 16 * KIB, true, 128 * KIB },
		/* Room in all, but none in one piece; in one piece, but not aligned. */
		{ { { 256 * KIB, 4 * KIB }, { 512 * KIB, 4 * KIB }, { 768 * KIB, 4 * KIB } }, 256 * KIB, 4 * KIB, true,
			0 },
		{ { { 252 * KIB, 4 * KIB }, { 512 * KIB, 4 * KIB }, { 768 * KIB, 4 * KIB } }, 256 * KIB, 256 * KIB,
			true, 256 * KIB },
		{ { { 252 * KIB, 8 * KIB }, { 508 * KIB, 8 * KIB }, { 764 * KIB, 8 * KIB } }, 252 * KIB, 4 * KIB, true,
			0 },
		{ { { 252 * KIB, 8 * KIB }, { 508 * KIB, 8 * KIB }, { 764 * KIB, 8 * KIB } }, 256 * KIB, 4 * KIB, false,
			0 },
		/* The last piece; all is taken. */
		{ { { 0, 1020 * KIB } }, 4 * KIB, 4 * KIB, true, 1020 * KIB },
		{ { { 0, 1020 * KIB } }, 8 * KIB, 4 * KIB, false, 0 },
		{ { { 0, 1024 * KIB } }, 4 * KIB, 4 * KIB, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(places); i++) {
		struct given given = { .total = 1, .last_bus = 1, .driver = "igb" };
		struct pci_window window[PCI_WINDOWS];
		struct pci_inventory all = { 0 };
		struct temp_tree tree;
		uint64_t start = 0;
		const struct pci_addr port = { 0, 0, 1, 0 }, card = { 0, 1, 0, 0 };

		memcpy(given.used, places[i].used, sizeof(given.used));
		temp_tree_init(&tree);
		make_machine(tree.path, &given);
		tree.root.captured = true; /* a file does not answer as a card does */
		assert_int_equal(pci_inventory_read(&tree.root, 0, &all, NULL), 0);
		assert_int_equal(pci_windows_read(&tree.root, &all, port, card, window), 1);
		assert_int_equal(pci_window_take(&window[0], places[i].size, places[i].align, &start), places[i].there);
		if (places[i].there)
			assert_int_equal(start, BASE + places[i].start);
		pci_inventory_done(&all);
		temp_tree_done(&tree);
	}
}

/* A window is random, so are pieces of it: what is taken is free, aligned, inside, and counted once. */
static void nothing_is_taken_twice(void **state)
{
	uint32_t seed = 12345;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct pci_window window = { .start = BASE, .end = BASE + 64 * KIB - 1 };
		uint8_t taken[64] = { 0 };

		for (int i = 0; i < 40; i++) {
			uint64_t align, size, start = 0;

			seed = seed * 1103515245 + 12345;
			align = (uint64_t)KIB << (seed >> 16 & 3);
			size = (1 + (seed >> 20 & 7)) * align;
			if (!pci_window_take(&window, size, align, &start))
				continue;
			assert_true(start >= BASE && start + size <= BASE + 64 * KIB && !(start & (align - 1)));
			for (uint64_t at = start - BASE; at < start - BASE + size; at += KIB)
				assert_int_equal(taken[at / KIB]++, 0);
		}
	}
}

static void windows_suit_bars(void **state)
{
	const struct pci_window plain = { .end = 0xffffffff }, low = { .prefetchable = true, .end = 0xffffffff };
	const struct pci_window high = { .prefetchable = true, .is_64bit = true, .end = 0x8000000000 };

	(void)state;
	assert_true(pci_window_suits(&plain, false, false) && pci_window_suits(&plain, true, true));
	assert_false(pci_window_suits(&low, false, true));
	assert_true(pci_window_suits(&low, true, false) && pci_window_suits(&high, true, true));
	assert_false(pci_window_suits(&high, true, false));
}

static void nvme_resources_are_shared_out(void **state)
{
	uint8_t data[4096] = {
		[0] = 7, [4] = 3, [32] = 32, [36] = 4, [40] = 8, [44] = 9, [46] = 4, [64] = 5, [76] = 2
	};
	struct nvme_primary primary;

	(void)state;
	assert_int_equal(nvme_primary_parse(data, sizeof(data), &primary), 0);
	assert_int_equal(primary.controller, 7);
	assert_int_equal(primary.queues.flexible, 32);
	assert_int_equal(primary.queues.assigned, 4);
	/* 24 for VFs, in grains of 4. */
	assert_int_equal(nvme_pool_vfs(&primary.queues, 2), 6);
	assert_int_equal(nvme_pool_vfs(&primary.queues, 9), 2);
	assert_int_equal(nvme_pool_vfs(&primary.queues, 10), 0);
	assert_int_equal(nvme_pool_vfs(&primary.interrupts, 1), 5);
	data[4] = 1;
	assert_int_equal(nvme_primary_parse(data, sizeof(data), &primary), 0);
	assert_int_equal(nvme_pool_vfs(&primary.interrupts, 1), UINT32_MAX);
	assert_true(nvme_primary_parse(data, 79, &primary) < 0);
	/* More with the primary than there are. */
	data[40] = 40;
	assert_int_equal(nvme_primary_parse(data, sizeof(data), &primary), 0);
	assert_int_equal(nvme_pool_vfs(&primary.queues, 2), 0);
}

static void stable_addresses_are_stable_and_apart(void **state)
{
	struct mac_addr seen[256];

	(void)state;
	for (unsigned int i = 0; i < array_size(seen); i++) {
		struct mac_addr again = vf_mac_from_text("00:1b:21:0a:0b:0c", i);

		seen[i] = vf_mac_from_text("00:1b:21:0a:0b:0c", i);
		assert_memory_equal(&seen[i], &again, sizeof(again));
		assert_int_equal(seen[i].octet[0] & 3, 2);
		for (unsigned int j = 0; j < i; j++)
			assert_memory_not_equal(&seen[i], &seen[j], sizeof(seen[i]));
	}
	seen[1] = vf_mac_from_text("00:1b:21:0a:0b:0d", 0);
	assert_memory_not_equal(&seen[0], &seen[1], sizeof(seen[0]));
	/* What an earlier version made has to be made by every later one. */
	assert_memory_equal(seen[0].octet, ((uint8_t[]){ 0x36, 0x45, 0xb0, 0x69, 0x18, 0x42 }), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_limits),
		cmocka_unit_test(pieces_are_found_as_the_kernel_does),
		cmocka_unit_test(nothing_is_taken_twice),
		cmocka_unit_test(windows_suit_bars),
		cmocka_unit_test(nvme_resources_are_shared_out),
		cmocka_unit_test(stable_addresses_are_stable_and_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
