// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommu/topology.c and iommu/proof.c: the grouping rule against another definition of the same thing on thousands of
 * made up machines; the proof's causes; reading a machine from sysfs.
 *
 * The rule walks up from each function, as the kernel does. The check does not walk: it asks of each pair whether
 * anything lets the one's DMA pass for, or reach, the other's without the IOMMU, and closes that over all pairs. It has
 * its own idea of ACS and its own list of the exceptions that the generator makes.
 */
#include "base/cleanup.h"
#include "iommu/proof.h"
#include "tests/unit/temp_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	MACHINES = 4000,
	FUNCTION_MAX = 56,
	DEPTH_MAX = 5,
};

struct machine {
	struct topology topology;
	struct topology_function function[FUNCTION_MAX];
	struct pci_addr parent[FUNCTION_MAX];
	bool has_parent[FUNCTION_MAX];
	uint32_t seed;
	unsigned int next_bus;
};

static unsigned int roll(struct machine *machine, unsigned int sides)
{
	machine->seed = machine->seed * 1664525 + 1013904223;
	return (machine->seed >> 8) % sides;
}

/* Ids with a meaning to the kernel, as often as not. */
static void give_ids(struct machine *machine, struct topology_function *function)
{
	static const uint16_t ids[][2] = { { 0x1234, 1 }, { 0x1234, 2 }, { 0x8086, 0x10c9 }, { 0x8086, 0x1234 },
		{ 0x1b4b, 0x9230 }, { 0x1180, 0xe832 }, { 0x1002, 0x4385 }, { 0x1d17, 0x0715 }, { 0x1d17, 0x0900 },
		{ 0x1234, 3 }, { 0x8086, 0x1c10 } };
	unsigned int pick = roll(machine, array_size(ids));

	function->vendor_id = ids[pick][0];
	function->device_id = ids[pick][1];
	function->pch_isolation = roll(machine, 2);
	function->has_acs = roll(machine, 3);
	function->acs_supported = function->has_acs ? (uint16_t)(roll(machine, 3) ? 0x1f : roll(machine, 0x80)) : 0;
	function->acs_enabled =
		(uint16_t)(roll(machine, 3) ? function->acs_supported : function->acs_supported & roll(machine, 0x80));
}

static void fill_bus(struct machine *machine, int above, unsigned int bus, unsigned int depth);

static bool is_port(unsigned int type)
{
	return type == PCI_EXPRESS_ROOT_PORT || type == PCI_EXPRESS_DOWNSTREAM;
}

/* What can be on a bus of that kind; bridges become rare with depth. */
static unsigned int pick_type(struct machine *machine, int above, unsigned int depth)
{
	static const uint8_t root[] = { PCI_EXPRESS_NONE, PCI_EXPRESS_RC_ENDPOINT, PCI_EXPRESS_RC_ENDPOINT,
		PCI_EXPRESS_ROOT_PORT, PCI_EXPRESS_ROOT_PORT, PCI_EXPRESS_ROOT_PORT, PCI_EXPRESS_RC_COLLECTOR };
	static const uint8_t link[] = { PCI_EXPRESS_ENDPOINT, PCI_EXPRESS_ENDPOINT, PCI_EXPRESS_LEGACY_ENDPOINT,
		PCI_EXPRESS_UPSTREAM, PCI_EXPRESS_TO_PCI };

	if (above < 0)
		return root[roll(machine, array_size(root))];
	switch (machine->function[above].express_type) {
	case PCI_EXPRESS_ROOT_PORT:
	case PCI_EXPRESS_DOWNSTREAM:
		return link[roll(machine, depth < DEPTH_MAX ? array_size(link) : 2)];
	case PCI_EXPRESS_UPSTREAM:
		return PCI_EXPRESS_DOWNSTREAM;
	default:
		return depth < DEPTH_MAX && !roll(machine, 6) ? PCI_TO_EXPRESS : PCI_EXPRESS_NONE;
	}
}

static void add_function(struct machine *machine, int above, unsigned int bus, unsigned int device, unsigned int fn,
	bool multifunction, unsigned int depth)
{
	int index = (int)machine->topology.count;
	struct topology_function *function = &machine->function[index];
	unsigned int type;

	if (index == FUNCTION_MAX)
		return;
	machine->topology.count++;
	*function = (struct topology_function){
		.addr = { .bus = (uint8_t)bus, .device = (uint8_t)device, .function = (uint8_t)fn },
		.known = true,
		.multifunction = multifunction,
		.dma_via = -1,
		.kernel_group = 1,
	};
	type = pick_type(machine, above, depth);
	function->express_type = (uint8_t)type;
	give_ids(machine, function);
	machine->has_parent[index] = above >= 0;
	if (above >= 0)
		machine->parent[index] = machine->function[above].addr;
	function->is_bridge = is_port(type) || type == PCI_EXPRESS_UPSTREAM || type == PCI_EXPRESS_TO_PCI ||
			      type == PCI_TO_EXPRESS ||
			      (type == PCI_EXPRESS_NONE && depth < DEPTH_MAX && !roll(machine, 4));
	if (function->is_bridge && machine->next_bus < 200)
		fill_bus(machine, index, machine->next_bus++, depth + 1);
}

static void fill_bus(struct machine *machine, int above, unsigned int bus, unsigned int depth)
{
	bool one_device = above >= 0 && is_port(machine->function[above].express_type);
	unsigned int devices = one_device ? roll(machine, 5) > 0 : 1 + roll(machine, depth ? 4 : 9);

	for (unsigned int device = 0; device < devices; device++) {
		unsigned int functions = roll(machine, 3) ? 1 : 2 + roll(machine, 3);

		for (unsigned int fn = 0; fn < functions; fn++)
			add_function(machine, above, bus, device, fn, functions > 1, depth);
	}
}

/* The array is sorted by address, as an inventory is, and so the parents are found again. */
static int by_address(const void *a, const void *b)
{
	return pci_addr_compare(
		((const struct topology_function *)a)->addr, ((const struct topology_function *)b)->addr);
}

static void make_machine(struct machine *machine, uint32_t seed)
{
	struct topology_function before[FUNCTION_MAX];

	memset(machine, 0, sizeof(*machine));
	machine->seed = seed;
	machine->next_bus = 1;
	machine->topology.function = machine->function;
	machine->topology.amd_iommu = roll(machine, 2);
	fill_bus(machine, -1, 0, 0);
	memcpy(before, machine->function, sizeof(before));
	qsort(machine->function, machine->topology.count, sizeof(machine->function[0]), by_address);
	for (size_t i = 0; i < machine->topology.count; i++) {
		int at = topology_find(&machine->topology, before[i].addr);

		machine->function[at].parent =
			machine->has_parent[i] ? topology_find(&machine->topology, machine->parent[i]) : -1;
	}
}

/*
 * Can DMA that this function passes on, or issues, bypass the IOMMU? From the specification, not from the rule's code.
 */
static bool leaks(const struct machine *machine, const struct topology_function *f)
{
	bool port = is_port(f->express_type);
	bool all_enabled = true;

	if (f->vendor_id == 0x8086 && f->device_id == 0x10c9)
		return false;
	if (f->vendor_id == 0x8086 && f->express_type == PCI_EXPRESS_RC_ENDPOINT)
		return false;
	if (f->vendor_id == 0x8086 && f->device_id == 0x1c10 && f->express_type == PCI_EXPRESS_ROOT_PORT)
		return !f->pch_isolation;
	if (f->vendor_id == 0x1d17 && port)
		return f->device_id != 0x0715;
	if (f->vendor_id == 0x1002 && f->device_id == 0x4385 && machine->topology.amd_iommu && f->multifunction &&
		f->addr.bus == 0)
		return false;
	if (f->express_type == PCI_EXPRESS_NONE || f->express_type == PCI_EXPRESS_TO_PCI ||
		f->express_type == PCI_TO_EXPRESS || f->express_type == PCI_EXPRESS_RC_COLLECTOR)
		return true;
	if (!port && !f->multifunction)
		return false;
	for (unsigned int bit = 0; bit < 5; bit++)
		if (bit != 1 && f->acs_supported & 1u << bit && !(f->acs_enabled & 1u << bit))
			all_enabled = false;
	return !f->has_acs || !all_enabled;
}

static bool is_at_or_above(const struct machine *machine, int upper, int lower)
{
	for (; lower >= 0; lower = machine->function[lower].parent)
		if (lower == upper)
			return true;
	return false;
}

static bool uses_id_of(const struct topology_function *one, const struct topology_function *other)
{
	unsigned int wanted = one->vendor_id == 0x1b4b ? 1 : 0;

	return (one->vendor_id == 0x1b4b || one->vendor_id == 0x1180) && one->addr.bus == other->addr.bus &&
	       one->addr.device == other->addr.device && other->addr.function == wanted && one->addr.function != wanted;
}

static bool confused(const struct machine *machine, int a, int b)
{
	const struct topology_function *one = &machine->function[a];
	const struct topology_function *other = &machine->function[b];

	for (int top = 0; top < (int)machine->topology.count; top++)
		if (is_at_or_above(machine, top, a) && is_at_or_above(machine, top, b) &&
			leaks(machine, &machine->function[top]))
			return true;
	/* A bridge that changes requester IDs does so whatever the maker says of its isolation. */
	for (int top = 0; top < (int)machine->topology.count; top++)
		if (is_at_or_above(machine, top, a) && is_at_or_above(machine, top, b) &&
			(machine->function[top].express_type >= PCI_EXPRESS_NONE ||
				machine->function[top].express_type == PCI_EXPRESS_TO_PCI ||
				machine->function[top].express_type == PCI_TO_EXPRESS))
			return true;
	if (uses_id_of(one, other) || uses_id_of(other, one))
		return true;
	return one->addr.bus == other->addr.bus && one->addr.device == other->addr.device &&
	       (one->multifunction || other->multifunction) && leaks(machine, one) && leaks(machine, other);
}

static void close_over(const struct machine *machine, bool together[FUNCTION_MAX][FUNCTION_MAX])
{
	int count = (int)machine->topology.count;

	for (int a = 0; a < count; a++)
		for (int b = 0; b < count; b++)
			together[a][b] = a == b || confused(machine, a, b);
	for (int via = 0; via < count; via++)
		for (int a = 0; a < count; a++)
			for (int b = 0; together[a][via] && b < count; b++)
				together[a][b] |= together[via][b];
}

static void agrees_with_pairwise_definition(void **state)
{
	static bool together[FUNCTION_MAX][FUNCTION_MAX];
	static struct machine machine;
	size_t shared = 0;
	size_t alone = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= MACHINES; seed++) {
		int group[FUNCTION_MAX];

		make_machine(&machine, seed * 2654435761u);
		assert_int_equal(topology_group(&machine.topology, group), 0);
		close_over(&machine, together);
		for (int a = 0; a < (int)machine.topology.count; a++)
			for (int b = 0; b < a; b++) {
				if ((group[a] == group[b]) != together[a][b])
					fail_msg("machine %u: %02x:%02x.%x and %02x:%02x.%x: the rule says %s", seed,
						machine.function[a].addr.bus, machine.function[a].addr.device,
						machine.function[a].addr.function, machine.function[b].addr.bus,
						machine.function[b].addr.device, machine.function[b].addr.function,
						group[a] == group[b] ? "together" : "apart");
				*(together[a][b] ? &shared : &alone) += 1;
			}
	}
	/* A generator that makes one kind only would prove nothing. */
	assert_true(shared > 100000 && alone > 100000);
}

/* Every proof of every machine: a shared group has a cause and its members are the group; a lone one has neither. */
static void proofs_fit_groups(void **state)
{
	static struct machine machine;
	static struct proof proof;
	struct temp_tree tree;

	(void)state;
	temp_tree_init(&tree);
	for (uint32_t seed = 1; seed <= 300; seed++) {
		int group[FUNCTION_MAX];

		make_machine(&machine, seed * 2654435761u);
		assert_int_equal(topology_group(&machine.topology, group), 0);
		for (int i = 0; i < (int)machine.topology.count; i++) {
			size_t members = 0;

			for (size_t k = 0; k < machine.topology.count; k++)
				members += group[k] == group[i];
			proof_make(&tree.root, &machine.topology, group, i, &proof);
			assert_int_equal(proof.member_count, members);
			assert_true(proof.known && proof.step_count >= 2);
			/* A bridge that merges only what is below it is in that group without a cause above it. */
			if (members > 1 && !machine.function[i].is_bridge)
				assert_non_null(proof_cause(&proof));
			if (members == 1)
				assert_null(proof_cause(&proof));
			if (members == 1)
				assert_int_equal(proof.advice_count, 0);
		}
	}
	temp_tree_done(&tree);
}

static void unread_is_unknown(void **state)
{
	struct topology_function function[3] = {
		{ .addr = { .device = 1 }, .parent = -1, .dma_via = -1, .express_type = PCI_EXPRESS_ROOT_PORT },
		{ .addr = { .device = 2 },
			.parent = -1,
			.dma_via = -1,
			.known = true,
			.kernel_group = 3,
			.express_type = PCI_EXPRESS_RC_ENDPOINT },
		{ .addr = { .bus = 1 }, .parent = 0, .dma_via = -1, .known = true, .kernel_group = 4 },
	};
	const struct topology topology = { .function = function, .count = 3 };
	struct proof proof;
	int group[3];

	(void)state;
	assert_int_equal(topology_group(&topology, group), 0);
	assert_int_equal(group[0], -1);
	assert_int_equal(group[1], 1);
	assert_int_equal(group[2], -1);
	proof_make(NULL, &topology, group, 2, &proof);
	assert_false(proof.known);
	assert_int_equal(proof.member_count, 0);
}

/* A tree that a stranger packed may have bridges that are above each other: looking at it ends all the same. */
static void a_tree_that_loops_ends(void **state)
{
	struct topology_function function[4] = {
		{ .addr = { .device = 1 }, .parent = 1, .express_type = PCI_EXPRESS_ROOT_PORT },
		{ .addr = { .device = 2 }, .parent = 0, .express_type = PCI_EXPRESS_TO_PCI },
		{ .addr = { .device = 3 }, .parent = 2, .express_type = PCI_EXPRESS_DOWNSTREAM },
		{ .addr = { .bus = 1 }, .parent = 0, .express_type = PCI_EXPRESS_ENDPOINT },
	};
	const struct topology topology = { .function = function, .count = 4 };
	int group[4];

	(void)state;
	for (size_t i = 0; i < array_size(function); i++) {
		function[i].dma_via = -1;
		function[i].known = true;
	}
	alarm(20);
	assert_int_equal(topology_group(&topology, group), 0);
	for (int i = 0; i < 4; i++)
		assert_true(topology_anchor(&topology, i) >= 0);
	alarm(0);
}

static void put_config(const struct temp_tree *tree, const char *path, const uint8_t *config, size_t size)
{
	cleanup_close int fd = -1;

	temp_tree_file(tree, path, "");
	fd = openat(tree->root.fd, path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, config, size), (ssize_t)size);
}

static struct pci_inventory inventory_of(const struct temp_tree *tree)
{
	struct pci_inventory inventory;

	assert_int_equal(pci_inventory_read(&tree->root, 0, &inventory, NULL), 0);
	return inventory;
}

/* A root port that lacks RR with an endpoint behind it, and a function behind VMD. */
static void reads_a_machine(void **state)
{
	uint8_t port[4096] = { [0x06] = 0x10,
		[0x0e] = 0x01,
		[0x34] = 0x40,
		[0x40] = 0x10,
		[0x42] = 0x42,
		[0x100] = 0x0d,
		[0x102] = 0x01,
		[0x104] = 0x1f,
		[0x106] = 0x1b };
	uint8_t endpoint[4096] = { [0x06] = 0x10, [0x34] = 0x40, [0x40] = 0x10, [0x42] = 0x02 };
	struct pci_inventory inventory;
	struct topology topology;
	struct temp_tree tree;
	struct proof proof;
	int group[4];

	(void)state;
	temp_tree_init(&tree);
	put_config(&tree, "sys/devices/pci0000:00/0000:00:01.0/config", port, sizeof(port));
	put_config(&tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/config", endpoint, sizeof(endpoint));
	put_config(&tree, "sys/devices/pci0000:00/0000:00:0e.0/config", endpoint, sizeof(endpoint));
	put_config(&tree, "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/config", endpoint,
		sizeof(endpoint));
	temp_tree_link(&tree, "sys/bus/pci/devices/0000:00:01.0", "../../../devices/pci0000:00/0000:00:01.0");
	temp_tree_link(
		&tree, "sys/bus/pci/devices/0000:01:00.0", "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0");
	temp_tree_link(&tree, "sys/bus/pci/devices/0000:00:0e.0", "../../../devices/pci0000:00/0000:00:0e.0");
	temp_tree_link(&tree, "sys/bus/pci/devices/10000:e0:06.0",
		"../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0");
	temp_tree_link(&tree, "sys/devices/pci0000:00/0000:00:01.0/iommu_group", "../../../kernel/iommu_groups/5");
	inventory = inventory_of(&tree);
	assert_int_equal(topology_read(&tree.root, &inventory, &topology, NULL), 0);
	assert_int_equal(topology.count, 4);
	assert_false(topology.would_only);
	assert_int_equal(topology_acs_missing(&topology, &topology.function[0]), ACS_REQUEST_REDIRECT);
	assert_int_equal(topology.function[2].parent, 0);
	assert_int_equal(topology.function[3].parent, -1);
	assert_int_equal(topology.function[3].dma_via, 1);
	assert_int_equal(topology_group(&topology, group), 0);
	assert_int_equal(group[2], 0);
	assert_int_equal(group[3], group[1]);
	proof_make(&tree.root, &topology, group, 2, &proof);
	assert_non_null(proof_cause(&proof));
	assert_string_equal(proof_cause(&proof)->property, "acs");
	assert_string_equal(proof_cause(&proof)->value, "missing RR");
	topology_done(&topology);
	pci_inventory_done(&inventory);
	temp_tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_pairwise_definition),
		cmocka_unit_test(proofs_fit_groups),
		cmocka_unit_test(unread_is_unknown),
		cmocka_unit_test(a_tree_that_loops_ends),
		cmocka_unit_test(reads_a_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
