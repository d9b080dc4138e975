/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's NUMA nodes and their reserved huge pages (Documentation/ABI/stable/sysfs-devices-node), read once for all
 * devices.
 */
#ifndef DOCTOR_NUMA_H
#define DOCTOR_NUMA_H

#include "os/sysroot.h"

struct numa_pages {
	uint64_t free, total; /* of all sizes */
};

struct numa_node {
	int id;
	int64_t memory_kb; /* -1: cannot be read */
	bool cpus_known;
	char cpus[128]; /* "0-7,16-23"; "" for none */
	struct numa_pages hugepages;
};

struct numa {
	struct numa_node *node; /* owned */
	size_t count;           /* 0 where sysfs does not say */
	struct numa_pages hugepages;
	char hugepage_dir[32]; /* "hugepages-2048kB": the size of which some are reserved, else the smallest */
};

int numa_read(const struct sysroot *root, struct numa *ret_numa, struct error *err);
void numa_done(struct numa *numa);

/* NULL: the host has no such node. */
const struct numa_node *numa_find(const struct numa *numa, int id);

#endif
