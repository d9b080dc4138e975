/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IOMMU's real tables, as the kernel shows them: where each address of a device leads, read from the very entries
 * that the hardware walks, and so a witness beside what VFIO was asked to map.
 *
 * Intel: /sys/kernel/debug/iommu/intel/DEVICE/domain_translation_struct, before Linux 6.5 one file for all devices
 * (CONFIG_INTEL_IOMMU_DEBUGFS, drivers/iommu/intel/debugfs.c). AMD's debugfs has registers and table entries of
 * devices, but in no kernel the page tables. Reading needs root and a mounted debugfs.
 */
#ifndef IOMMU_REAL_TABLE_H
#define IOMMU_REAL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "iommu/extent.h"
#include "os/sysroot.h"

/* One leaf. */
struct real_leaf {
	uint64_t iova, machine, bytes; /* 4 KiB, 2 MiB or 1 GiB */
	bool writable;
};

enum real_leaf_size {
	REAL_LEAF_4K,
	REAL_LEAF_2M,
	REAL_LEAF_1G,
	REAL_LEAF_SIZES
};

struct real_table {
	struct extent_list extents;       /* iova to machine address */
	uint64_t leaves[REAL_LEAF_SIZES]; /* how many of each size there are */
};

#define cleanup_real_table cleanup(real_table_done)

void real_table_done(struct real_table *table);

/*
 * The tables of one device ("0000:01:10.0"). Returns 1; 0 when this kernel does not show them, with *ret_why saying
 * why in a few words (static text); -EPROTO for tables that contradict themselves; another -errno with err filled.
 */
int real_table_read(const struct sysroot *root, const char *device, struct real_table *ret_table, const char **ret_why,
	struct error *err);

/* The leaf of a table that iova lies in, from the same files: 1, 0 for none or tables that are not shown, -errno. */
int real_table_leaf(const struct sysroot *root, const char *device, uint64_t iova, struct real_leaf *ret_leaf);

/* One line of those files: 1 for a leaf, 0 for something else, -EPROTO for a leaf that cannot be. */
int real_table_line(const char *line, struct real_leaf *ret_leaf);

#endif
