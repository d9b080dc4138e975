/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mappings of a process, as /proc/PID/smaps has them (Documentation/filesystems/proc.rst). Where its pages lie in
 * this machine is frames.h.
 */
#ifndef GUEST_SMAPS_H
#define GUEST_SMAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "os/sysroot.h"

/* [from, to) and all counts in bytes. */
struct smaps_mapping {
	uint64_t from, to;
	char permissions[5];  /* "rw-p" */
	uint64_t resident;    /* Rss: without what is of hugetlbfs */
	uint64_t transparent; /* of it, mapped in pieces of 2 MiB */
	uint64_t hugetlb;
	uint64_t page; /* KernelPageSize: 4 KiB, or the size of hugetlbfs's pages */
};

/* False: no more of them. */
typedef bool (*smaps_fn)(const struct smaps_mapping *mapping, void *context);

/* Call fn for each mapping, from the lowest on. 0, or -errno where the process cannot be looked at. */
int smaps_each(const struct sysroot *root, pid_t pid, smaps_fn fn, void *context);

#endif
