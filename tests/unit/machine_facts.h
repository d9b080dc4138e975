/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real machine from a file of tests/data/groups: what each of its functions is, and the IOMMU group that its kernel
 * made of it. The format is in tests/data/groups/README.md. Plain C library, as machine_tree.h, which it fills.
 */
#ifndef MACHINE_FACTS_H
#define MACHINE_FACTS_H

#include "tests/unit/machine_tree.h"

enum {
	MACHINE_FACTS_MAX = 512
};

struct machine_facts {
	struct machine_function function[MACHINE_FACTS_MAX];
	char root_bus[MACHINE_FACTS_MAX][24];
	size_t count;
	bool amd;     /* its IOMMU is AMD's */
	char why[96]; /* what is wrong with the file */
};

/* 0, or -1 with the line and the fault in `why`. */
int machine_facts_read(const char *path, struct machine_facts *facts);

/* Write it as sysfs has it: functions above first. */
void machine_facts_write(struct machine_facts *facts, struct machine_tree *tree);

#endif
