/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMA spaces: what a guest's devices can reach, as the IOMMU's second-level tables. One space per guest, shared by
 * all its devices, filled with the guest's RAM regions and nothing else: a device reaches its guest's memory, no other
 * guest's, no other device's registers.
 *
 * A back end is one const struct dma_ops: an I/O address space of iommufd (iommufd.c), or VFIO's type1v2 on a container
 * (type1.c). Which of the two, `sluice` has chosen: it opens the devices, and hands over the space with all of them in
 * it. limit.c tells the limits that a map can run into. All ioctls go through `int (*ioctl)(int, unsigned long, void
 * *)` so that tests can make each of them fail.
 */
#ifndef DMA_DMA_H
#define DMA_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	DMA_RANGE_MAX = 32,
	DMA_MAP_MAX = 16,
};

struct dma_range {
	uint64_t start, end; /* [start, end) */
};

/* Page-aligned memory of this process; with file not negative, that memory is this memfd's, from file_offset on. */
struct dma_map {
	uint64_t iova, bytes;
	void *host;
	int file; /* borrowed while it is mapped */
	uint64_t file_offset;
};

struct dma_space;

struct dma_ops {
	const char *name; /* "type1v2", "iommufd" */
	int (*map)(struct dma_space *space, const struct dma_map *map, struct error *err);
	int (*unmap)(struct dma_space *space, const struct dma_map *map, struct error *err);
	/* Sorted, disjoint. */
	int (*ranges)(struct dma_space *space, struct dma_range *ret_ranges, size_t max, size_t *ret_count,
		struct error *err);
};

typedef int (*dma_ioctl_fn)(int fd, unsigned long request, void *argument);

struct dma_space {
	const struct dma_ops *ops;
	dma_ioctl_fn ioctl;
	int fd;        /* container or iommufd; owned */
	uint32_t ioas; /* iommufd */
	bool no_files; /* iommufd: this kernel maps memory of processes only */
	struct dma_map map[DMA_MAP_MAX];
	size_t map_count;
	uint64_t map_calls, unmap_calls;
};

/* Takes over a container that already has its groups and VFIO_TYPE1v2_IOMMU set. ioctl NULL: the real one. */
void dma_space_init_type1(struct dma_space *space, int container_fd, dma_ioctl_fn ioctl_fn);

/* Takes over an iommufd, with an address space in it to which every device is attached already. */
void dma_space_init_iommufd(struct dma_space *space, int iommufd, uint32_t ioas, dma_ioctl_fn ioctl_fn);

/* Read the reachable ranges before laying out memory. */
int dma_space_ranges(
	struct dma_space *space, struct dma_range *ret_ranges, size_t max, size_t *ret_count, struct error *err);

/* The memory is present and pinned from then on, readable and writable by the devices. */
int dma_space_map(struct dma_space *space, const struct dma_map *map, struct error *err);

/* Unmaps everything in reverse order and closes the descriptor. Accepts a zeroed space. */
void dma_space_done(struct dma_space *space);

/* For back ends: the kernel's own ioctl(). */
int dma_kernel_ioctl(int fd, unsigned long request, void *argument);

/*
 * For back ends: one more of the kernel's ranges, [first, last], which come sorted; less than a page of it is lost.
 * EPROTO when it does not come sorted, CODE_LAYOUT when there is no place left.
 */
int dma_add_range(
	uint64_t first, uint64_t last, struct dma_range *ranges, size_t max, size_t *count, struct error *err);

/* For back ends: a map that failed by ENOMEM, which is the limit on locked memory and nothing else that is usual. */
int dma_fail_locked(const struct dma_space *space, const struct dma_map *map, struct error *err);

#endif
