// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * make-tree DIR FUNCTIONS|SHAPE: a made-up captured host below DIR, for --sysroot and lspci -O sysfs.path=DIR/sys/bus/pci.
 *
 * A number gives a server with exactly that many PCI functions: two NUMA nodes, root ports in turn with a network card split
 * into VFs and a switch with NVMe disks. A name gives one of the small machines that pictures are looked at on:
 *
 *	desktop   one socket, a few devices, a group merged by ports without ACS
 *	server    two sockets, some 60 devices, four cards with 64 VFs each
 *	odd       conventional bridges, three levels of switches, VMD, groups across buses, hostile names
 */
#include "tests/unit/machine_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CLASS_PORT = 0x060400,
	CLASS_NIC = 0x020000,
	CLASS_NVME = 0x010802,
	CLASS_VGA = 0x030000,
	CLASS_USB = 0x0c0330,
	CLASS_HOST = 0x060000,
	CLASS_ISA = 0x060100,
	CLASS_AUDIO = 0x040300,
	CLASS_SMBUS = 0x0c0500,
	CLASS_SATA = 0x010601,
	CLASS_VMD = 0x010400,
	CLASS_SYSTEM = 0x088000,
	ENDPOINT = 0x0,
	ROOT_PORT = 0x4,
	UPSTREAM = 0x5,
	DOWNSTREAM = 0x6,
	TO_PCI = 0x7,
	INTEGRATED = 0x9,
	VF_COUNT = 63,
	BUSES_PER_ROOT = 100,
};

/* A place on a root bus: bus numbers are handed out behind it. */
struct root {
	struct machine_tree *tree;
	char name[32];
	uint32_t domain;
	unsigned int bus, next_bus, next_slot;
	int node;
};

static struct machine_function port_at(
	struct root *root, const struct machine_function *parent, uint8_t bus, uint8_t device, uint8_t express)
{
	return (struct machine_function){
		.domain = root->domain,
		.bus = bus,
		.device = device,
		.root_bus = parent ? NULL : root->name,
		.parent = parent,
		.vendor_id = 0x8086,
		.device_id = express == ROOT_PORT ? 0x2030 : 0x8000,
		.class = CLASS_PORT,
		.express = express,
		.has_acs = express != UPSTREAM,
		.acs_supported = MACHINE_ACS_ALL,
		.acs_enabled = 0x1d,
		.driver = "pcieport",
		.node = root->node,
		.secondary = (uint8_t)root->next_bus,
		.subordinate = (uint8_t)root->next_bus,
	};
}

/* The next root port: slot after slot, function after function. */
static struct machine_function root_port(struct root *root)
{
	struct machine_function port =
		port_at(root, NULL, (uint8_t)root->bus, (uint8_t)(1 + root->next_slot / 8), ROOT_PORT);

	port.function = (uint8_t)(root->next_slot % 8);
	port.multifunction = true;
	port.group = root->tree->next_group++;
	root->next_slot++;
	root->next_bus++;
	return port;
}

static struct machine_function endpoint(
	struct root *root, const struct machine_function *parent, uint16_t vendor, uint16_t device, uint32_t class)
{
	return (struct machine_function){
		.domain = root->domain,
		.bus = parent ? parent->secondary : (uint8_t)root->bus,
		.root_bus = parent ? NULL : root->name,
		.parent = parent,
		.vendor_id = vendor,
		.device_id = device,
		.class = class,
		.express = parent ? ENDPOINT : INTEGRATED,
		.node = root->node,
		.group = root->tree->next_group++,
		.resets = parent ? "flr bus" : NULL,
		.speed = parent ? 8000 : 0,
		.max_speed = parent ? 8000 : 0,
		.width = parent ? 8 : 0,
		.max_width = parent ? 8 : 0,
	};
}

/* VFs of a card: in turn driven by the host, by vfio-pci, by nobody. */
static void add_vfs(struct root *root, struct machine_function *pf, unsigned int count, const char *const *drivers)
{
	for (unsigned int i = 0; i < count; i++) {
		struct machine_function vf = endpoint(root, pf->parent, pf->vendor_id, 0x154c, CLASS_NIC);

		vf.device = (uint8_t)((i + 1) / 8);
		vf.function = (uint8_t)((i + 1) % 8);
		vf.pf = pf;
		vf.vf_index = i;
		vf.driver = drivers[i % 3];
		vf.width = 0;
		machine_tree_add(root->tree, &vf);
	}
}

static const char *const vf_drivers[] = { NULL, "vfio-pci", NULL };

static struct machine_function network_card(
	struct root *root, const struct machine_function *port, const char *netdev, unsigned int total_vfs)
{
	struct machine_function pf = endpoint(root, port, 0x8086, 0x158b, CLASS_NIC);

	pf.driver = "i40e";
	pf.netdev = netdev;
	pf.total_vfs = total_vfs;
	return pf;
}

static struct machine_function nvme(struct root *root, const struct machine_function *port, const char *block)
{
	struct machine_function disk = endpoint(root, port, 0x144d, 0xa808, CLASS_NVME);

	disk.driver = "nvme";
	disk.block = block;
	disk.width = disk.max_width = 4;
	return disk;
}

/* FUNCTIONS: blocks of port, card and VFs, and of port, switch and disks, until the number is reached ----------------- */

struct rest {
	size_t left;
	unsigned int cards, disks;
};

static void card_block(struct root *root, struct rest *rest)
{
	size_t vfs = rest->left > VF_COUNT + 2 ? VF_COUNT : rest->left - 2;
	struct machine_function port = root_port(root);
	char netdev[16];
	struct machine_function pf;

	snprintf(netdev, sizeof(netdev), "eth%u", rest->cards++);
	machine_tree_add(root->tree, &port);
	pf = network_card(root, &port, netdev, vfs ? VF_COUNT : 0);
	machine_tree_add(root->tree, &pf);
	add_vfs(root, &pf, (unsigned int)vfs, vf_drivers);
	rest->left -= vfs + 2;
}

static void switch_block(struct root *root, struct rest *rest)
{
	struct machine_function port = root_port(root);
	struct machine_function up = port_at(root, &port, port.secondary, 0, UPSTREAM);

	port.subordinate = (uint8_t)(port.secondary + 5);
	machine_tree_add(root->tree, &port);
	up.group = root->tree->next_group++;
	up.subordinate = (uint8_t)(up.secondary + 4);
	root->next_bus++;
	machine_tree_add(root->tree, &up);
	for (uint8_t i = 0; i < 4; i++) {
		struct machine_function down = port_at(root, &up, up.secondary, i, DOWNSTREAM);
		char block[16];
		struct machine_function disk;

		snprintf(block, sizeof(block), "nvme%un1", rest->disks++);
		down.group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, &down);
		disk = nvme(root, &down, block);
		machine_tree_add(root->tree, &disk);
	}
	rest->left -= 10;
}

static void integrated(struct root *root, struct rest *rest)
{
	struct machine_function device = endpoint(root, NULL, 0x8086, 0x2021, CLASS_SYSTEM);

	device.device = (uint8_t)(1 + root->next_slot / 8);
	device.function = (uint8_t)(root->next_slot % 8);
	root->next_slot++;
	machine_tree_add(root->tree, &device);
	rest->left--;
}

static struct root root_at(struct machine_tree *tree, uint32_t domain, unsigned int bus, int node)
{
	struct root root = { .tree = tree, .domain = domain, .bus = bus, .next_bus = bus + 1, .node = node };

	snprintf(root.name, sizeof(root.name), "pci%04x:%02x", domain, bus);
	return root;
}

/* Two root buses a domain, one at each node. */
static struct root next_root(struct machine_tree *tree, const struct root *last)
{
	if (!last->tree)
		return root_at(tree, 0, 0, 0);
	return last->bus ? root_at(tree, last->domain + 1, 0, 0) : root_at(tree, last->domain, 0x80, 1);
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
			switch_block(&root, &rest);
		else
			card_block(&root, &rest);
	}
}

/* Small machines, by name ---------------------------------------------------------------------------------------------- */

static void add_at(struct root *root, struct machine_function function, uint8_t device, uint8_t number)
{
	function.device = device;
	function.function = number;
	function.multifunction = number != 0;
	machine_tree_add(root->tree, &function);
}

static struct machine_function driven(struct machine_function function, const char *driver)
{
	function.driver = driver;
	return function;
}

static void make_desktop(struct machine_tree *tree)
{
	struct root root = root_at(tree, 0, 0, -1);
	struct machine_function port = root_port(&root), plain[2], card;

	machine_tree_add(tree, &port);
	card = driven(endpoint(&root, &port, 0x10de, 0x1f82, CLASS_VGA), "nouveau");
	card.speed = 2500;
	card.width = card.max_width = 16;
	card.boot_display = card.multifunction = true;
	card.resets = "bus";
	machine_tree_add(tree, &card);
	add_at(&root, driven(endpoint(&root, &port, 0x10de, 0x10fa, CLASS_AUDIO), "snd_hda_intel"), 0, 1);
	add_at(&root, driven(endpoint(&root, NULL, 0x8086, 0xa36d, CLASS_USB), "xhci_hcd"), 0x14, 0);
	for (int i = 0; i < 2; i++) {
		plain[i] = port_at(&root, NULL, 0, 0x1c, ROOT_PORT);
		plain[i].function = (uint8_t)i;
		plain[i].multifunction = true;
		plain[i].acs_enabled = 0x01;
		plain[i].group = 9;
		root.next_bus++;
		machine_tree_add(tree, &plain[i]);
	}
	card = nvme(&root, &plain[0], "nvme0n1");
	card.group = 9;
	machine_tree_add(tree, &card);
	card = network_card(&root, &plain[1], "enp3s0", 7);
	card.group = 9;
	card.device_id = 0x1533;
	card.driver = "igb";
	machine_tree_add(tree, &card);
	card = endpoint(&root, NULL, 0x8086, 0xa305, CLASS_ISA);
	card.express = MACHINE_NO_EXPRESS;
	add_at(&root, card, 0x1f, 0);
}

static const char *const owned_vfs[] = { "vfio-pci", NULL, "iavf" };

static void server_socket(struct machine_tree *tree, int socket)
{
	static const struct {
		uint16_t vendor, device;
		uint32_t class;
		const char *driver;
	} uncore[] = { { 0x8086, 0x09a2, CLASS_SYSTEM, NULL }, { 0x8086, 0x09a4, CLASS_SYSTEM, NULL },
		{ 0x8086, 0x0998, CLASS_SYSTEM, NULL }, { 0x8086, 0x0b00, CLASS_SYSTEM, "ioatdma" },
		{ 0x8086, 0x09a3, CLASS_SYSTEM, NULL } };
	struct rest rest = { .left = 1000, .disks = (unsigned int)socket * 4, .cards = (unsigned int)socket * 2 };

	for (unsigned int bus = 0; bus < 3; bus++) {
		struct root root = root_at(tree, 0, (unsigned int)socket * 0x80 + bus * 0x20, socket);

		for (unsigned int i = 0; i < sizeof(uncore) / sizeof(uncore[0]); i++)
			add_at(&root,
				driven(endpoint(&root, NULL, uncore[i].vendor, uncore[i].device, uncore[i].class),
					uncore[i].driver),
				0, (uint8_t)i);
		if (bus == 1) {
			switch_block(&root, &rest);
		} else {
			struct machine_function port = root_port(&root), card;
			char netdev[16];

			snprintf(netdev, sizeof(netdev), "ens%uf%u", (unsigned int)socket + 1, bus);
			machine_tree_add(tree, &port);
			card = network_card(&root, &port, netdev, 64);
			if (bus == 2)
				card.width = 4;
			machine_tree_add(tree, &card);
			add_vfs(&root, &card, 64, bus ? vf_drivers : owned_vfs);
		}
		if (bus == 0) {
			struct machine_function port = root_port(&root), card;

			machine_tree_add(tree, &port);
			card = driven(endpoint(&root, &port, 0x10de, 0x20b0, 0x030200), socket ? "vfio-pci" : "nvidia");
			card.resets = socket ? "flr bus" : NULL;
			card.width = card.max_width = 16;
			machine_tree_add(tree, &card);
		}
	}
}

static void make_server(struct machine_tree *tree)
{
	struct root root = root_at(tree, 0, 0, 0);
	struct machine_function bridge;

	machine_tree_node(tree, 0, 0, 0, 31);
	machine_tree_node(tree, 1, 1, 32, 63);
	server_socket(tree, 0);
	server_socket(tree, 1);
	add_at(&root, driven(endpoint(&root, NULL, 0x8086, 0xa1d2, CLASS_SATA), "ahci"), 0x11, 5);
	add_at(&root, driven(endpoint(&root, NULL, 0x8086, 0xa1af, CLASS_USB), "xhci_hcd"), 0x14, 0);
	add_at(&root, driven(endpoint(&root, NULL, 0x8086, 0xa1c1, CLASS_ISA), NULL), 0x1f, 0);
	add_at(&root, driven(endpoint(&root, NULL, 0x8086, 0xa1a3, CLASS_SMBUS), "i801_smbus"), 0x1f, 4);
	root.next_bus = 0x18;
	bridge = port_at(&root, NULL, 0, 0x1c, ROOT_PORT);
	bridge.group = tree->next_group++;
	machine_tree_add(tree, &bridge);
	root.next_bus++;
	{
		struct machine_function to_pci = port_at(&root, &bridge, 0x18, 0, TO_PCI), vga;

		to_pci.has_acs = false;
		to_pci.driver = NULL;
		to_pci.group = tree->next_group++;
		machine_tree_add(tree, &to_pci);
		vga = driven(endpoint(&root, &to_pci, 0x1a03, 0x2000, CLASS_VGA), "ast");
		vga.express = MACHINE_NO_EXPRESS;
		vga.width = 0;
		vga.group = to_pci.group;
		vga.boot_display = true;
		machine_tree_add(tree, &vga);
	}
}

/* Three levels of switches, the last port of each with a disk. */
static void deep_switches(struct root *root)
{
	struct machine_function port = root_port(root);
	struct machine_function above[8];

	machine_tree_add(root->tree, &port);
	above[0] = port;
	for (unsigned int level = 0; level < 3; level++) {
		struct machine_function *up = &above[1 + 2 * level], *down = up + 1, side, disk;

		*up = port_at(root, &above[2 * level], above[2 * level].secondary, 0, UPSTREAM);
		up->group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, up);
		side = port_at(root, up, up->secondary, 1, DOWNSTREAM);
		side.has_acs = level != 1;
		side.group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, &side);
		disk = nvme(root, &side, NULL);
		if (level == 1)
			disk.group = side.group;
		machine_tree_add(root->tree, &disk);
		*down = port_at(root, up, up->secondary, 2, DOWNSTREAM);
		down->group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, down);
	}
	above[7] = nvme(root, &above[6], "nvme9n1");
	machine_tree_add(root->tree, &above[7]);
}

static void conventional(struct root *root)
{
	struct machine_function bridge = root_port(root), inner, card;
	int group = bridge.group;

	bridge.express = TO_PCI;
	bridge.has_acs = false;
	bridge.driver = NULL;
	machine_tree_add(root->tree, &bridge);
	for (uint8_t i = 1; i < 3; i++) {
		card = endpoint(root, &bridge, 0x8086, 0x100e, CLASS_NIC);
		card.express = MACHINE_NO_EXPRESS;
		card.width = 0;
		card.resets = NULL;
		card.group = group;
		card.driver = i == 1 ? "vfio-pci" : "e1000";
		add_at(root, card, i, 0);
	}
	inner = port_at(root, &bridge, bridge.secondary, 3, MACHINE_NO_EXPRESS);
	inner.has_acs = false;
	inner.driver = NULL;
	inner.group = group;
	root->next_bus++;
	machine_tree_add(root->tree, &inner);
	card = endpoint(root, &inner, 0x8086, 0x100e, CLASS_NIC);
	card.express = MACHINE_NO_EXPRESS;
	card.width = 0;
	card.group = group;
	add_at(root, card, 1, 0);
}

/* Intel's VMD: a domain of its own behind a function, in whose group it all is. */
static void volume_management(struct root *root)
{
	struct root inner = root_at(root->tree, 0x10000, 0xe0, -1);
	struct machine_function vmd = endpoint(root, NULL, 0x8086, 0x9a0b, CLASS_VMD);
	struct machine_function port, disk;

	vmd.device = 0x0e;
	vmd.driver = "vmd";
	machine_tree_add(root->tree, &vmd);
	port = root_port(&inner);
	port.root_bus = inner.name;
	port.parent = &vmd;
	port.group = vmd.group;
	machine_tree_add(root->tree, &port);
	disk = nvme(&inner, &port, "nvme7n1");
	disk.group = vmd.group;
	machine_tree_add(root->tree, &disk);
}

static void make_odd(struct machine_tree *tree)
{
	struct root root = root_at(tree, 0, 0, -1);
	struct root far = root_at(tree, 1, 0, -1);
	struct machine_function port, card;
	int shared;

	deep_switches(&root);
	conventional(&root);
	volume_management(&root);
	/* A group across two ports with others between them, and across root buses. */
	port = root_port(&root);
	shared = port.group;
	machine_tree_add(tree, &port);
	card = driven(endpoint(&root, &port, 0x1af4, 0x1041, CLASS_NIC), "<script>alert('1')</script>&\"\x01\x1b[31m");
	card.group = shared;
	card.netdev = "<b>&\"'";
	machine_tree_add(tree, &card);
	port = root_port(&root);
	machine_tree_add(tree, &port);
	card = driven(endpoint(&root, &port, 0x144d, 0xa808, CLASS_NVME), "vfio-pci");
	machine_tree_add(tree, &card);
	port = root_port(&far);
	machine_tree_add(tree, &port);
	card = driven(endpoint(&far, &port, 0x10ec, 0x8168, CLASS_NIC), "r8169");
	card.group = shared;
	card.resets = NULL;
	machine_tree_add(tree, &card);
	/* A function without a parent that is known, and one in no group. */
	card = endpoint(&far, NULL, 0x1234, 0xabcd, 0xff0000);
	card.group = -1;
	card.device = 0x1e;
	machine_tree_add(tree, &card);
}

static const struct {
	const char *name;
	void (*make)(struct machine_tree *tree);
} shapes[] = { { "desktop", make_desktop }, { "server", make_server }, { "odd", make_odd } };

static int usage(void)
{
	fprintf(stderr, "usage: make-tree DIR FUNCTIONS|desktop|server|odd   (FUNCTIONS: 1 to 100000)\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct machine_tree tree;
	void (*make)(struct machine_tree * tree) = NULL;
	char *end;
	unsigned long functions;

	if (argc != 3)
		return usage();
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (!strcmp(argv[2], shapes[i].name))
			make = shapes[i].make;
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
