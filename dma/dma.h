/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMA spaces: what a guest's devices can reach, as the IOMMU's second-level tables. One space per guest, shared by
 * all its devices, filled with the guest's RAM regions and nothing else: a device reaches its guest's memory, no other
 * guest's, no other device's registers.
 *
 * A back end is one const struct dma_ops: VFIO type1v2 on a container (type1.c), room is left for iommufd. All
 * ioctls go through `int (*ioctl)(int, unsigned long, void *)` so that tests can make each of them fail.
 */
#ifndef DMA_DMA_H
#define DMA_DMA_H

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

struct dma_map {
	uint64_t iova, bytes;
	void *host;
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
	struct dma_map map[DMA_MAP_MAX];
	size_t map_count;
	uint64_t map_calls, unmap_calls;
};

/* Takes over a container that already has its groups and VFIO_TYPE1v2_IOMMU set. ioctl NULL: the real one. */
void dma_space_init_type1(struct dma_space *space, int container_fd, dma_ioctl_fn ioctl_fn);

/* Read the reachable ranges before laying out memory. */
int dma_space_ranges(
	struct dma_space *space, struct dma_range *ret_ranges, size_t max, size_t *ret_count, struct error *err);

/* Page-aligned memory of this process, present and pinned from then on, readable and writable by the devices. */
int dma_space_map(struct dma_space *space, uint64_t iova, void *host, uint64_t bytes, struct error *err);

/* Unmaps everything in reverse order and closes the descriptor. Accepts a zeroed space. */
void dma_space_done(struct dma_space *space);

#endif
