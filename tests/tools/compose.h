/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compose: a captured host made of a description in words (tests/hosts/compose).
 *
 *	compose.c		lines of a description, and who takes them; files and links
 *	compose_function.c	roots, functions and VFs
 *	compose_unit.c		IOMMU units, and which functions they have
 *	compose_group.c		the IOMMU groups that the hardware described gives
 *	compose_child.c		network devices, disks, and what is stacked on them
 *
 * A description is read twice: its functions first, because their groups come from all of them together.
 */
#ifndef COMPOSE_H
#define COMPOSE_H

#include "tests/unit/machine_tree.h"

enum {
	COMPOSE_FUNCTIONS = 1024,
	COMPOSE_WORDS = 40,
	COMPOSE_LINE = 1024,
	COMPOSE_ROOTS = 16,
	COMPOSE_UNITS = 8,
	COMPOSE_LINKS = 64,
};

struct compose_function {
	struct machine_function made; /* the first: a pointer to it is one to this */
	char name[24];
	char lost[16]; /* the power state that it does not wake up from; "" */
	char driver[32], resets[64], unit[16], reserved[64];
	unsigned int offset, stride; /* of VFs */
	bool no_group;
	bool vouched; /* its maker says that its functions are isolated, and the kernel has that in a list */
};

struct compose_root {
	char name[32];
	unsigned int domain, bus;
	int node;
	const struct compose_function *behind; /* the function that makes the bus (VMD); NULL: the machine does */
};

struct compose_unit {
	char name[16], pci[24]; /* pci: of AMD's, the function that it is */
	bool amd, virtio, all;
};

struct compose {
	struct machine_tree tree;
	struct compose_function *function; /* COMPOSE_FUNCTIONS of them: pointers to them stay */
	size_t function_count;
	struct compose_root root[COMPOSE_ROOTS];
	size_t root_count;
	struct compose_unit unit[COMPOSE_UNITS];
	size_t unit_count;
	struct {
		char name[32], path[512];
	} link[COMPOSE_LINKS], disk[COMPOSE_LINKS];
	size_t link_count, disk_count;
	bool building; /* the second reading */
	const char *file;
	unsigned int line_number;
	char *word[COMPOSE_WORDS]; /* of the line: the directive, its arguments, key=value */
	size_t word_count;
};

/* Says which line is wrong, and ends the program. */
_Noreturn void compose_stop(const struct compose *compose, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The value of a key=value of the line; NULL: not given. */
const char *compose_value(const struct compose *compose, const char *key);
bool compose_has(const struct compose *compose, const char *flag);

/* Directives; each says itself in which reading it acts. */
void compose_root(struct compose *compose);
void compose_unit(struct compose *compose);
void compose_function(struct compose *compose);
void compose_vfs(struct compose *compose);
void compose_net(struct compose *compose);
void compose_upper(struct compose *compose);
void compose_disk(struct compose *compose);
void compose_part(struct compose *compose);
void compose_stacked(struct compose *compose);

struct compose_function *compose_find(const struct compose *compose, const char *name);

/* A function's unit and what its group reserves. */
void compose_confine(struct compose *compose, const struct compose_function *function);

/* Between the readings: groups, then the functions themselves. */
void compose_group(struct compose *compose);
void compose_build(struct compose *compose);

/* Files whose text comes line by line, such as proc/partitions. */
void compose_append(const struct compose *compose, const char *path, const char *text);

#endif
