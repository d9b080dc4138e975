/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up machine as the kernel shows one, function by function: sysfs with configuration space, buses, groups,
 * drivers, links, virtual functions and NUMA nodes, so that every looking command (and lspci -O sysfs.path=) runs on
 * it.
 *
 * Plain C library, no cmocka: unit tests and tests/tools/make-tree.c share it. Whatever cannot be written ends the
 * program.
 */
#ifndef MACHINE_TREE_H
#define MACHINE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MACHINE_NO_EXPRESS = 0x10, /* express: a conventional function */
	MACHINE_ACS_ALL = 0x5f,    /* SV, TB, RR, CR, UF and direct translated */
	MACHINE_BARS = 6,
	MACHINE_CONFIG_SIZE = 4096,
};

struct machine_bar {
	uint64_t start, size; /* size 0: none */
	bool prefetchable;    /* and of 64 bits */
};

struct machine_tree {
	int fd; /* the directory below which the machine is made; owned */
	size_t functions;
	int next_group;
};

/* One function. What is zero is left out, but for the address, group and node. */
struct machine_function {
	uint32_t domain;
	uint8_t bus, device, function;
	const char *root_bus;                  /* "pci0000:00"; used without parent */
	const struct machine_function *parent; /* the bridge above, which was added before; or, with root_bus, VMD */
	uint16_t vendor_id, device_id;
	uint32_t subsystem; /* vendor << 16 | device; 0: 1af4:1100 */
	uint8_t revision;
	uint32_t class;
	uint8_t express; /* the port's or function's type */
	bool multifunction;
	bool has_acs;
	uint16_t acs_supported, acs_enabled;
	bool no_slot;                   /* a port for what is built in */
	bool ari_can, ari_on;           /* a port: ARI forwarding supported, enabled */
	bool acs_wide;                  /* its control register is at 8 and not at 6 (Intel 100 and 200 series) */
	uint8_t secondary, subordinate; /* buses behind a bridge */
	const char *driver;
	int group; /* -1: none */
	int node;  /* -1: none */
	const char *resets;
	unsigned int speed, max_speed; /* MT/s */
	unsigned int width, max_width;
	unsigned int vectors; /* of MSI-X; 0: 4 */
	bool no_msix;
	bool lost; /* it does not answer: its configuration space reads as ones */
	struct machine_bar bar[MACHINE_BARS];
	struct machine_bar vf_bar[MACHINE_BARS]; /* of all its VFs together */
	uint16_t word_at;                        /* a word of configuration space that is its own; 0: none */
	uint32_t word;
	uint64_t serial; /* device serial number; 0: none */
	unsigned int total_vfs;
	const struct machine_function *pf; /* this is its VF number vf_index */
	unsigned int vf_index;
	bool boot_display;
	const char *netdev, *block;

	char path[256]; /* filled: "sys/devices/pci0000:00/0000:00:01.0/..." */
};

/* dir is made if it is not there; what is in it stays. */
void machine_tree_open(struct machine_tree *tree, const char *dir);
void machine_tree_close(struct machine_tree *tree);

/* Adds the function and fills its path. */
void machine_tree_add(struct machine_tree *tree, struct machine_function *function);

/* Its configuration space, as far as it decides about groups, interrupts and identity. Returns the size. */
size_t machine_function_config(const struct machine_function *function, uint8_t config[static MACHINE_CONFIG_SIZE]);

/* A NUMA node with processors first to last of one socket. */
void machine_tree_node(struct machine_tree *tree, int node, int socket, int first_cpu, int last_cpu);

/* An IOMMU unit of Intel's, which remaps interrupts. */
void machine_tree_iommu(struct machine_tree *tree);

/* Any file or link. */
void machine_tree_file(struct machine_tree *tree, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void machine_tree_link(struct machine_tree *tree, const char *target, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* "0000:01:10.0"; returns buf. */
const char *machine_function_name(const struct machine_function *function, char *buf, size_t size);

#endif
