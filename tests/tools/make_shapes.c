// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The small machines that pictures are looked at on, by name:
 *
 *	desktop   one socket, a few devices, a group merged by ports without ACS
 *	server    two sockets, some 60 devices, four cards with 64 VFs each
 *	odd       conventional bridges, three levels of switches, VMD, groups across buses, hostile names: no
 *		  machine that there can be
 */
#include "tests/tools/make_parts.h"

#include <stdio.h>
#include <string.h>

static const char *const vf_drivers[] = { NULL, "vfio-pci", NULL };

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
	struct root root = make_root_at(tree, 0, 0, -1);
	struct machine_function port = make_root_port(&root), plain[2], card, sound;

	machine_tree_add(tree, &port);
	card = driven(make_endpoint(&root, &port, 0x10de, 0x1f82, CLASS_VGA), "nouveau");
	card.speed = 2500;
	card.width = card.max_width = 16;
	card.boot_display = card.multifunction = true;
	card.resets = "bus";
	machine_tree_add(tree, &card);
	/* Functions of one device without ACS: they are one group. */
	sound = driven(make_endpoint(&root, &port, 0x10de, 0x10fa, CLASS_AUDIO), "snd_hda_intel");
	sound.group = card.group;
	add_at(&root, sound, 0, 1);
	add_at(&root, driven(make_endpoint(&root, NULL, 0x8086, 0xa36d, CLASS_USB), "xhci_hcd"), 0x14, 0);
	for (int i = 0; i < 2; i++) {
		plain[i] = make_port_at(&root, NULL, 0, 0x1c, ROOT_PORT);
		plain[i].function = (uint8_t)i;
		plain[i].multifunction = true;
		plain[i].acs_enabled = 0x01;
		plain[i].group = 9;
		root.next_bus++;
		machine_tree_add(tree, &plain[i]);
	}
	card = make_nvme(&root, &plain[0], "nvme0n1");
	card.group = 9;
	machine_tree_add(tree, &card);
	card = make_network_card(&root, &plain[1], "enp3s0", 7);
	card.group = 9;
	card.device_id = 0x1533;
	card.driver = "igb";
	machine_tree_add(tree, &card);
	card = make_endpoint(&root, NULL, 0x8086, 0xa305, CLASS_ISA);
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
		struct root root = make_root_at(tree, 0, (unsigned int)socket * 0x80 + bus * 0x20, socket);

		for (unsigned int i = 0; i < sizeof(uncore) / sizeof(uncore[0]); i++)
			add_at(&root,
				driven(make_endpoint(&root, NULL, uncore[i].vendor, uncore[i].device, uncore[i].class),
					uncore[i].driver),
				0, (uint8_t)i);
		if (bus == 1) {
			make_switch_block(&root, &rest);
		} else {
			struct machine_function port = make_root_port(&root), card;
			char netdev[16];

			snprintf(netdev, sizeof(netdev), "ens%uf%u", (unsigned int)socket + 1, bus);
			machine_tree_add(tree, &port);
			card = make_network_card(&root, &port, netdev, 64);
			if (bus == 2)
				card.width = 4;
			machine_tree_add(tree, &card);
			make_add_vfs(&root, &card, 64, bus ? vf_drivers : owned_vfs);
		}
		if (bus == 0) {
			struct machine_function port = make_root_port(&root), card;

			machine_tree_add(tree, &port);
			card = driven(
				make_endpoint(&root, &port, 0x10de, 0x20b0, 0x030200), socket ? "vfio-pci" : "nvidia");
			card.resets = socket ? "flr bus" : NULL;
			card.width = card.max_width = 16;
			machine_tree_add(tree, &card);
		}
	}
}

static void make_server(struct machine_tree *tree)
{
	struct root root = make_root_at(tree, 0, 0, 0);
	struct machine_function bridge;

	machine_tree_node(tree, 0, 0, 0, 31);
	machine_tree_node(tree, 1, 1, 32, 63);
	server_socket(tree, 0);
	server_socket(tree, 1);
	add_at(&root, driven(make_endpoint(&root, NULL, 0x8086, 0xa1d2, CLASS_SATA), "ahci"), 0x11, 5);
	add_at(&root, driven(make_endpoint(&root, NULL, 0x8086, 0xa1af, CLASS_USB), "xhci_hcd"), 0x14, 0);
	add_at(&root, driven(make_endpoint(&root, NULL, 0x8086, 0xa1c1, CLASS_ISA), NULL), 0x1f, 0);
	add_at(&root, driven(make_endpoint(&root, NULL, 0x8086, 0xa1a3, CLASS_SMBUS), "i801_smbus"), 0x1f, 4);
	root.next_bus = 0x18;
	bridge = make_port_at(&root, NULL, 0, 0x1c, ROOT_PORT);
	bridge.group = tree->next_group++;
	machine_tree_add(tree, &bridge);
	root.next_bus++;
	{
		struct machine_function to_pci = make_port_at(&root, &bridge, 0x18, 0, TO_PCI), vga;

		to_pci.has_acs = false;
		to_pci.driver = NULL;
		to_pci.group = tree->next_group++;
		machine_tree_add(tree, &to_pci);
		vga = driven(make_endpoint(&root, &to_pci, 0x1a03, 0x2000, CLASS_VGA), "ast");
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
	struct machine_function port = make_root_port(root);
	struct machine_function above[8];

	machine_tree_add(root->tree, &port);
	above[0] = port;
	for (unsigned int level = 0; level < 3; level++) {
		struct machine_function *up = &above[1 + 2 * level], *down = up + 1, side, disk;

		*up = make_port_at(root, &above[2 * level], above[2 * level].secondary, 0, UPSTREAM);
		up->group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, up);
		side = make_port_at(root, up, up->secondary, 1, DOWNSTREAM);
		side.has_acs = level != 1;
		side.group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, &side);
		disk = make_nvme(root, &side, NULL);
		if (level == 1)
			disk.group = side.group;
		machine_tree_add(root->tree, &disk);
		*down = make_port_at(root, up, up->secondary, 2, DOWNSTREAM);
		down->group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, down);
	}
	above[7] = make_nvme(root, &above[6], "nvme9n1");
	machine_tree_add(root->tree, &above[7]);
}

static void conventional(struct root *root)
{
	struct machine_function bridge = make_root_port(root), inner, card;
	int group = bridge.group;

	bridge.express = TO_PCI;
	bridge.has_acs = false;
	bridge.driver = NULL;
	machine_tree_add(root->tree, &bridge);
	for (uint8_t i = 1; i < 3; i++) {
		card = make_endpoint(root, &bridge, 0x8086, 0x100e, CLASS_NIC);
		card.express = MACHINE_NO_EXPRESS;
		card.width = 0;
		card.resets = NULL;
		card.group = group;
		card.driver = i == 1 ? "vfio-pci" : "e1000";
		add_at(root, card, i, 0);
	}
	inner = make_port_at(root, &bridge, bridge.secondary, 3, MACHINE_NO_EXPRESS);
	inner.has_acs = false;
	inner.driver = NULL;
	inner.group = group;
	root->next_bus++;
	machine_tree_add(root->tree, &inner);
	card = make_endpoint(root, &inner, 0x8086, 0x100e, CLASS_NIC);
	card.express = MACHINE_NO_EXPRESS;
	card.width = 0;
	card.group = group;
	add_at(root, card, 1, 0);
}

/* Intel's VMD: a domain of its own behind a function, in whose group it all is. */
static void volume_management(struct root *root)
{
	struct root inner = make_root_at(root->tree, 0x10000, 0xe0, -1);
	struct machine_function vmd = make_endpoint(root, NULL, 0x8086, 0x9a0b, CLASS_VMD);
	struct machine_function port, disk;

	vmd.device = 0x0e;
	vmd.driver = "vmd";
	machine_tree_add(root->tree, &vmd);
	port = make_root_port(&inner);
	port.root_bus = inner.name;
	port.parent = &vmd;
	port.group = vmd.group;
	machine_tree_add(root->tree, &port);
	disk = make_nvme(&inner, &port, "nvme7n1");
	disk.group = vmd.group;
	machine_tree_add(root->tree, &disk);
}

static void make_odd(struct machine_tree *tree)
{
	struct root root = make_root_at(tree, 0, 0, -1);
	struct root far = make_root_at(tree, 1, 0, -1);
	struct machine_function port, card;
	int shared;

	deep_switches(&root);
	conventional(&root);
	volume_management(&root);
	/* A group across two ports with others between them, and across root buses. */
	port = make_root_port(&root);
	shared = port.group;
	machine_tree_add(tree, &port);
	card = driven(
		make_endpoint(&root, &port, 0x1af4, 0x1041, CLASS_NIC), "<script>alert('1')</script>&\"\x01\x1b[31m");
	card.group = shared;
	card.netdev = "<b>&\"'";
	machine_tree_add(tree, &card);
	port = make_root_port(&root);
	machine_tree_add(tree, &port);
	card = driven(make_endpoint(&root, &port, 0x144d, 0xa808, CLASS_NVME), "vfio-pci");
	machine_tree_add(tree, &card);
	port = make_root_port(&far);
	machine_tree_add(tree, &port);
	card = driven(make_endpoint(&far, &port, 0x10ec, 0x8168, CLASS_NIC), "r8169");
	card.group = shared;
	card.resets = NULL;
	machine_tree_add(tree, &card);
	/* A function without a parent that is known, and one in no group. */
	card = make_endpoint(&far, NULL, 0x1234, 0xabcd, 0xff0000);
	card.group = -1;
	card.device = 0x1e;
	machine_tree_add(tree, &card);
}

static const struct {
	const char *name;
	make_fn make;
} shapes[] = { { "desktop", make_desktop }, { "server", make_server }, { "odd", make_odd } };

make_fn make_shape(const char *name)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (!strcmp(name, shapes[i].name))
			return shapes[i].make;
	return NULL;
}
