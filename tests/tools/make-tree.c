// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * make-tree DIR FUNCTIONS|SHAPE|FILE: a made-up captured host below DIR, for --sysroot and lspci -O
 * sysfs.path=DIR/sys/bus/pci.
 *
 * A number gives a server with exactly that many PCI functions: two NUMA nodes, root ports in turn with a network card
 * split into VFs and a switch with NVMe disks. A name gives one of the small machines of make_shapes.c: desktop,
 * server, odd. A file of tests/data/groups gives that real machine's functions and groups.
 */
#include "tests/tools/make_parts.h"
#include "tests/unit/machine_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	VF_COUNT = 63,
	BUSES_PER_ROOT = 100,
};

static const char *const vf_drivers[] = { NULL, "vfio-pci", NULL };

static void card_block(struct root *root, struct rest *rest)
{
	size_t vfs = rest->left > VF_COUNT + 2 ? VF_COUNT : rest->left - 2;
	struct machine_function port = make_root_port(root);
	char netdev[16];
	struct machine_function pf;

	snprintf(netdev, sizeof(netdev), "eth%u", rest->cards++);
	machine_tree_add(root->tree, &port);
	pf = make_network_card(root, &port, netdev, vfs ? VF_COUNT : 0);
	machine_tree_add(root->tree, &pf);
	make_add_vfs(root, &pf, (unsigned int)vfs, vf_drivers);
	rest->left -= vfs + 2;
}

static void integrated(struct root *root, struct rest *rest)
{
	struct machine_function device = make_endpoint(root, NULL, 0x8086, 0x2021, CLASS_SYSTEM);

	device.device = (uint8_t)(1 + root->next_slot / 8);
	device.function = (uint8_t)(root->next_slot % 8);
	root->next_slot++;
	machine_tree_add(root->tree, &device);
	rest->left--;
}

/* Two root buses a domain, one at each node. */
static struct root next_root(struct machine_tree *tree, const struct root *last)
{
	if (!last->tree)
		return make_root_at(tree, 0, 0, 0);
	return last->bus ? make_root_at(tree, last->domain + 1, 0, 0) : make_root_at(tree, last->domain, 0x80, 1);
}

static void make_many(struct machine_tree *tree, size_t functions)
{
	struct rest rest = { .left = functions };
	struct root root = { 0 };

	for (unsigned int i = 0; rest.left; i++) {
		if (!root.tree || root.next_bus > root.bus + BUSES_PER_ROOT || root.next_slot > 200)
			root = next_root(tree, &root);
		if (rest.left < 3)
			integrated(&root, &rest);
		else if (i % 4 == 3 && rest.left >= 10)
			make_switch_block(&root, &rest);
		else
			card_block(&root, &rest);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: make-tree DIR FUNCTIONS|desktop|server|odd|FILE   (FUNCTIONS: 1 to 100000)\n");
	return 2;
}

static int make_real(const char *dir, const char *file)
{
	struct machine_facts *facts = calloc(1, sizeof(*facts));
	int ret = facts ? machine_facts_read(file, facts) : -1;
	struct machine_tree tree;

	if (ret < 0) {
		fprintf(stderr, "make-tree: error: %s\n", facts ? facts->why : "no memory");
	} else {
		machine_tree_open(&tree, dir);
		machine_facts_write(facts, &tree);
		printf("%zu functions in %s\n", tree.functions, dir);
		machine_tree_close(&tree);
	}
	free(facts);
	return ret < 0;
}

int main(int argc, char **argv)
{
	struct machine_tree tree;
	make_fn make;
	char *end;
	unsigned long functions;

	if (argc != 3)
		return usage();
	if (strchr(argv[2], '/'))
		return make_real(argv[1], argv[2]);
	make = make_shape(argv[2]);
	functions = strtoul(argv[2], &end, 10);
	if (!make && (*end || functions < 1 || functions > 100000))
		return usage();
	machine_tree_open(&tree, argv[1]);
	machine_tree_iommu(&tree);
	if (make) {
		make(&tree);
	} else {
		machine_tree_node(&tree, 0, 0, 0, 15);
		machine_tree_node(&tree, 1, 1, 16, 31);
		make_many(&tree, functions);
	}
	printf("%zu functions in %s\n", tree.functions, argv[1]);
	machine_tree_close(&tree);
	return 0;
}
