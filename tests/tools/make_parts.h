/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What made-up machines are made of (make-tree.c, make_shapes.c): places on root buses, ports, cards, switches. Each
 * function gets a group of its own unless its maker says otherwise.
 */
#ifndef MAKE_PARTS_H
#define MAKE_PARTS_H

#include "tests/unit/machine_tree.h"

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
};

/* A place on a root bus: bus numbers are handed out behind it. */
struct root {
	struct machine_tree *tree;
	char name[32];
	uint32_t domain;
	unsigned int bus, next_bus, next_slot;
	int node;
};

/* What is still to be made, and how much there is of what. */
struct rest {
	size_t left;
	unsigned int cards, disks;
};

struct root make_root_at(struct machine_tree *tree, uint32_t domain, unsigned int bus, int node);
struct machine_function make_port_at(
	struct root *root, const struct machine_function *parent, uint8_t bus, uint8_t device, uint8_t express);
struct machine_function make_root_port(struct root *root);
struct machine_function make_endpoint(
	struct root *root, const struct machine_function *parent, uint16_t vendor, uint16_t device, uint32_t class);
void make_add_vfs(struct root *root, struct machine_function *pf, unsigned int count, const char *const *drivers);
struct machine_function make_network_card(
	struct root *root, const struct machine_function *port, const char *netdev, unsigned int total_vfs);
struct machine_function make_nvme(struct root *root, const struct machine_function *port, const char *block);
void make_switch_block(struct root *root, struct rest *rest);

/* Small machines by name: NULL when there is none. */
typedef void (*make_fn)(struct machine_tree *tree);
make_fn make_shape(const char *name);

#endif
