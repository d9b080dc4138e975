// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An IOMMU's real tables; see real_table.h. A line of Intel's file is a leaf with its way from the root:
 *
 *	IOVA_PFN                PML5E           PML4E           PDPE            PDE             PTE
 *	0x0000000000200 |       0x0…            0x…5003         0x…6003         0x…c000083
 *
 * The last entry that is not zero is the leaf: older kernels print the levels below it as zeros, newer ones not at all.
 * Bit 1 of it lets the device write, in first-level tables as in second-level ones (VT-d 9.8, 9.9), and bits 12 to 51
 * are the address. Blocks begin with "Device NAME", those of PASIDs with "Device NAME with pasid N".
 */
#include "iommu/real_table.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define ENTRY_WRITE (1ull << 1)
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define FRAME_MOST (UINT64_MAX >> 12)

enum {
	LEVELS = 5,
	PAGE_SHIFT = 12,
	LINE_BYTES = 256,
};

#define DEBUGFS "sys/kernel/debug/iommu"

/* Of a leaf in this column, from PML5E on; 0: there are no pages so large. */
static const unsigned int leaf_shift[LEVELS] = { 0, 0, 30, 21, PAGE_SHIFT };

void real_table_done(struct real_table *table)
{
	extent_list_done(&table->extents);
	*table = (struct real_table){ .leaves = { 0 } };
}

int real_table_line(const char *line, struct real_leaf *ret_leaf)
{
	uint64_t frame, entry[LEVELS] = { 0 };
	int at = 0, used, last = -1;
	unsigned int shift;

	if (sscanf(line, "0x%" SCNx64 " |%n", &frame, &at) != 1 || !at)
		return 0;
	for (int i = 0; i < LEVELS && sscanf(line + at, " 0x%" SCNx64 "%n", &entry[i], &used) == 1; i++) {
		at += used;
		last = entry[i] ? i : last;
	}
	shift = last < 0 ? 0 : leaf_shift[last];
	if (!shift || frame > FRAME_MOST || frame & ((1ull << (shift - PAGE_SHIFT)) - 1))
		return -EPROTO;
	*ret_leaf = (struct real_leaf){
		.iova = frame << PAGE_SHIFT,
		.machine = entry[last] & ENTRY_ADDRESS & ~((1ull << shift) - 1),
		.bytes = 1ull << shift,
		.writable = entry[last] & ENTRY_WRITE,
	};
	return 1;
}

/* "Device 0000:01:10.0 @0x…": do the lines that follow belong to this device, and to no PASID of it but 0? */
static bool begins_block_of(const char *line, const char *device)
{
	unsigned int pasid = 0;
	char name[32];

	if (sscanf(line, "Device %31s with pasid %x", name, &pasid) < 1)
		return false;
	return !strcmp(name, device) && !pasid;
}

typedef int (*leaf_fn)(void *opaque, const struct real_leaf *leaf);

static int each_leaf(FILE *file, const char *device, leaf_fn take, void *opaque)
{
	char line[LINE_BYTES];
	bool ours = false;
	int ret = 0;

	while (ret >= 0 && fgets(line, sizeof(line), file)) {
		struct real_leaf leaf;

		if (text_starts_with(line, "Device ")) {
			ours = begins_block_of(line, device);
			continue;
		}
		ret = ours ? real_table_line(line, &leaf) : 0;
		if (ret > 0)
			ret = take(opaque, &leaf);
	}
	return ret < 0 ? ret : ferror(file) ? -EIO : 0;
}

/* -ENOENT: not shown. */
static int open_tables(const struct sysroot *root, const char *device)
{
	int fd = sysroot_open_file(root, O_RDONLY, DEBUGFS "/intel/%s/domain_translation_struct", device);

	return fd == -ENOENT ? sysroot_open_file(root, O_RDONLY, DEBUGFS "/intel/domain_translation_struct") : fd;
}

static int walk(const struct sysroot *root, const char *device, leaf_fn take, void *opaque)
{
	cleanup_file FILE *file = NULL;
	int fd = open_tables(root, device);

	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		close_fd(&fd);
		return -ENOMEM;
	}
	return each_leaf(file, device, take, opaque);
}

static int add_leaf(void *opaque, const struct real_leaf *leaf)
{
	struct real_table *table = opaque;

	table->leaves[leaf->bytes == 1 << 12 ? REAL_LEAF_4K : leaf->bytes == 1 << 21 ? REAL_LEAF_2M : REAL_LEAF_1G]++;
	return extent_list_add(&table->extents,
		&(struct extent){
			.from = leaf->iova, .to = leaf->machine, .bytes = leaf->bytes, .writable = leaf->writable });
}

static const char *why_not_shown(const struct sysroot *root, int ret)
{
	if (ret == -EACCES || ret == -EPERM)
		return "only root may look";
	if (sysroot_exists(root, DEBUGFS "/amd"))
		return "the kernel shows no page tables of AMD's IOMMUs";
	if (sysroot_exists(root, "sys/kernel/debug/kvm") || sysroot_exists(root, DEBUGFS))
		return "not shown by this kernel";
	return "no debugfs at /sys/kernel/debug";
}

int real_table_read(const struct sysroot *root, const char *device, struct real_table *ret_table, const char **ret_why,
	struct error *err)
{
	cleanup_real_table struct real_table table = { .leaves = { 0 } };
	int ret = walk(root, device, add_leaf, &table);

	if (ret == -ENOENT || ret == -EACCES || ret == -EPERM) {
		*ret_why = why_not_shown(root, ret);
		return 0;
	}
	if (ret == -EPROTO || ret == -EINVAL)
		return fail_code(err, CODE_FAILED, EPROTO, "the IOMMU's tables of %s, as the kernel shows them, %s",
			device, ret == -EPROTO ? "have a leaf that cannot be" : "are not in order");
	if (ret < 0)
		return fail(err, -ret, "read the IOMMU's tables of %s", device);
	*ret_table = table;
	table.extents = (struct extent_list){ .item = NULL };
	return 1;
}

struct wanted_leaf {
	uint64_t iova;
	struct real_leaf leaf;
	bool found;
};

static int look_at_leaf(void *opaque, const struct real_leaf *leaf)
{
	struct wanted_leaf *wanted = opaque;

	if (wanted->iova - leaf->iova < leaf->bytes) {
		wanted->leaf = *leaf;
		wanted->found = true;
	}
	return 0;
}

int real_table_leaf(const struct sysroot *root, const char *device, uint64_t iova, struct real_leaf *ret_leaf)
{
	struct wanted_leaf wanted = { .iova = iova };
	int ret = walk(root, device, look_at_leaf, &wanted);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	if (wanted.found)
		*ret_leaf = wanted.leaf;
	return wanted.found;
}
