// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * doctor/device_index.c: cards of one kind by their numbers, and VFs by their PF. Every answer is checked against what
 * asking all pairs would say.
 */
#include "doctor/device_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

enum {
	CARDS = 24,
};

/* Cards of two kinds; each third number is shown by two, and each fifth card shows none. */
static void make_cards(const struct temp_tree *tree, struct pci_device *device)
{
	for (unsigned int i = 0; i < CARDS; i++) {
		char path[128], target[128], name[PCI_ADDR_TEXT_SIZE], mac[32];

		device[i] = (struct pci_device){ .addr = { 0, (uint8_t)(1 + i), 0, 0 },
			.vendor_id = 0x8086,
			.device_id = (uint16_t)(i < CARDS / 2 ? 0x10d3 : 0x1533),
			.vf_index = -1,
			.iommu_group = -1,
			.netdev_count = 1 };
		snprintf(device[i].netdevs[0].text, sizeof(device[i].netdevs[0].text), "eth%u", i);
		pci_addr_text(device[i].addr, name);
		snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", name);
		snprintf(target, sizeof(target), "../../../devices/pci0000:00/0000:00:%02x.0/%s", i, name);
		temp_tree_link(tree, path, target);
		snprintf(path, sizeof(path), "sys/devices/pci0000:00/0000:00:%02x.0/%s/vendor", i, name);
		temp_tree_file(tree, path, "0x8086\n");
		if (i % 5 == 4)
			continue;
		snprintf(path, sizeof(path), "sys/class/net/eth%u/address", i);
		snprintf(mac, sizeof(mac), "00:1b:21:00:00:%02x\n", i % 3 ? i : i / 6);
		temp_tree_file(tree, path, mac);
		snprintf(path, sizeof(path), "sys/class/net/eth%u/addr_assign_type", i);
		temp_tree_file(tree, path, "0\n");
	}
}

static int likeness(const struct pci_identity *a, const struct pci_identity *b)
{
	enum pci_identity_match match = pci_identity_compare(a, b, NULL, 0);

	return match == PCI_IDENTITY_MOVED || match == PCI_IDENTITY_SAME ? 2 : match == PCI_IDENTITY_UNKNOWN;
}

static void finds_what_all_pairs_say(void **state)
{
	static struct pci_device device[CARDS];
	static struct pci_identity identity[CARDS];
	const struct pci_inventory pci = { .devices = device, .count = CARDS };
	cleanup(device_index_done) struct device_index index = { 0 };
	size_t alike[3] = { 0 };
	struct temp_tree tree;

	(void)state;
	temp_tree_init(&tree);
	make_cards(&tree, device);
	assert_int_equal(device_index_make(&pci, &index), 0);
	for (size_t i = 0; i < CARDS; i++)
		pci_identity_read(&tree.root, &pci, &device[i], false, &identity[i]);
	for (size_t i = 0; i < CARDS; i++) {
		struct pci_identity own, twin;
		const struct pci_device *other;
		int best = 0;

		for (size_t k = 0; k < CARDS; k++)
			if (k != i && device[k].device_id == device[i].device_id &&
				likeness(&identity[i], &identity[k]) > best)
				best = likeness(&identity[i], &identity[k]);
		assert_true(device_index_twin(&index, &tree.root, &pci, &device[i], &own, &twin, &other));
		assert_string_equal(own.path, identity[i].path);
		assert_ptr_not_equal(other, &device[i]);
		assert_int_equal(other->device_id, device[i].device_id);
		assert_int_equal(likeness(&own, &twin), best);
		alike[best]++;
	}
	/* The made-up cards are of all three sorts. */
	assert_true(alike[1] && alike[2]);
	temp_tree_done(&tree);
}

static void the_only_one_has_no_twin(void **state)
{
	struct pci_device device[3] = { { .addr = { 0, 1, 0, 0 }, .vendor_id = 1, .vf_index = -1 },
		{ .addr = { 0, 1, 0, 1 }, .vendor_id = 1, .vf_index = -1 },
		{ .addr = { 0, 1, 1, 0 }, .vendor_id = 1, .is_vf = true } };
	const struct pci_inventory pci = { .devices = device, .count = 3 };
	cleanup(device_index_done) struct device_index index = { 0 };
	struct pci_identity own, twin;
	const struct pci_device *other;
	struct temp_tree tree;

	(void)state;
	temp_tree_init(&tree);
	assert_int_equal(device_index_make(&pci, &index), 0);
	for (size_t i = 0; i < 3; i++)
		assert_false(device_index_twin(&index, &tree.root, &pci, &device[i], &own, &twin, &other));
	temp_tree_done(&tree);
}

static void vfs_by_their_pf(void **state)
{
	struct pci_device device[] = { { .addr = { 0, 1, 0, 0 } }, { .addr = { 0, 1, 0, 1 } },
		{ .addr = { 0, 1, 16, 0 }, .is_vf = true, .pf = { 0, 1, 0, 0 } },
		{ .addr = { 0, 1, 16, 1 }, .is_vf = true, .pf = { 0, 1, 0, 1 } },
		{ .addr = { 0, 1, 16, 2 }, .is_vf = true, .pf = { 0, 1, 0, 0 } } };
	const struct pci_inventory pci = { .devices = device, .count = array_size(device) };
	cleanup(device_index_done) struct device_index index = { 0 };
	const struct pci_device *const *vf;
	size_t count;

	(void)state;
	assert_int_equal(device_index_make(&pci, &index), 0);
	vf = device_index_vfs(&index, device[0].addr, &count);
	assert_int_equal(count, 2);
	assert_ptr_equal(vf[0], &device[2]);
	assert_ptr_equal(vf[1], &device[4]);
	vf = device_index_vfs(&index, device[1].addr, &count);
	assert_int_equal(count, 1);
	assert_ptr_equal(vf[0], &device[3]);
	assert_null(device_index_vfs(&index, device[2].addr, &count));
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_all_pairs_say),
		cmocka_unit_test(the_only_one_has_no_twin),
		cmocka_unit_test(vfs_by_their_pf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
