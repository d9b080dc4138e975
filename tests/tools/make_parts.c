// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports, cards and switches for made-up machines; see make_parts.h. */
#include "tests/tools/make_parts.h"

#include <stdio.h>

struct machine_function make_port_at(
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
struct machine_function make_root_port(struct root *root)
{
	struct machine_function port =
		make_port_at(root, NULL, (uint8_t)root->bus, (uint8_t)(1 + root->next_slot / 8), ROOT_PORT);

	port.function = (uint8_t)(root->next_slot % 8);
	port.multifunction = true;
	port.group = root->tree->next_group++;
	root->next_slot++;
	root->next_bus++;
	return port;
}

struct machine_function make_endpoint(
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
void make_add_vfs(struct root *root, struct machine_function *pf, unsigned int count, const char *const *drivers)
{
	for (unsigned int i = 0; i < count; i++) {
		struct machine_function vf = make_endpoint(root, pf->parent, pf->vendor_id, 0x154c, CLASS_NIC);

		vf.device = (uint8_t)((i + 1) / 8);
		vf.function = (uint8_t)((i + 1) % 8);
		vf.pf = pf;
		vf.vf_index = i;
		vf.driver = drivers[i % 3];
		vf.width = 0;
		machine_tree_add(root->tree, &vf);
	}
}

struct machine_function make_network_card(
	struct root *root, const struct machine_function *port, const char *netdev, unsigned int total_vfs)
{
	struct machine_function pf = make_endpoint(root, port, 0x8086, 0x158b, CLASS_NIC);

	pf.driver = "i40e";
	pf.netdev = netdev;
	pf.total_vfs = total_vfs;
	return pf;
}

struct machine_function make_nvme(struct root *root, const struct machine_function *port, const char *block)
{
	struct machine_function disk = make_endpoint(root, port, 0x144d, 0xa808, CLASS_NVME);

	disk.driver = "nvme";
	disk.block = block;
	disk.width = disk.max_width = 4;
	return disk;
}

void make_switch_block(struct root *root, struct rest *rest)
{
	struct machine_function port = make_root_port(root);
	struct machine_function up = make_port_at(root, &port, port.secondary, 0, UPSTREAM);

	port.subordinate = (uint8_t)(port.secondary + 5);
	machine_tree_add(root->tree, &port);
	up.group = root->tree->next_group++;
	up.subordinate = (uint8_t)(up.secondary + 4);
	root->next_bus++;
	machine_tree_add(root->tree, &up);
	for (uint8_t i = 0; i < 4; i++) {
		struct machine_function down = make_port_at(root, &up, up.secondary, i, DOWNSTREAM);
		char block[16];
		struct machine_function disk;

		snprintf(block, sizeof(block), "nvme%un1", rest->disks++);
		down.group = root->tree->next_group++;
		root->next_bus++;
		machine_tree_add(root->tree, &down);
		disk = make_nvme(root, &down, block);
		machine_tree_add(root->tree, &disk);
	}
	rest->left -= 10;
}

struct root make_root_at(struct machine_tree *tree, uint32_t domain, unsigned int bus, int node)
{
	struct root root = { .tree = tree, .domain = domain, .bus = bus, .next_bus = bus + 1, .node = node };

	snprintf(root.name, sizeof(root.name), "pci%04x:%02x", domain, bus);
	return root;
}
