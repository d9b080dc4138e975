// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DMA spaces: what is common to the back ends, that is, which maps there are and that they come undone in reverse. See
 * dma.h. What the guest's RAM is, and that its addresses are the devices' addresses, the caller knows.
 */
#include "dma/dma.h"

#include <sys/ioctl.h>

#include "base/cleanup.h"

enum {
	PAGE_BYTES = 4096
};

int dma_kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

int dma_add_range(uint64_t first, uint64_t last, struct dma_range *ranges, size_t max, size_t *count, struct error *err)
{
	uint64_t end = last == UINT64_MAX ? UINT64_MAX : last + 1;
	struct dma_range usable = { (first + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1ull), end & ~(PAGE_BYTES - 1ull) };

	if (last < first || usable.start < first || (*count > 0 && usable.start < ranges[*count - 1].end))
		return fail(err, EPROTO, "the kernel's list of DMA addresses is out of order");
	if (usable.start >= usable.end)
		return 0;
	if (*count == max)
		return fail_code(err, CODE_LAYOUT, E2BIG, "devices reach more than %zu separate ranges", max);
	ranges[(*count)++] = usable;
	return 0;
}

int dma_space_ranges(
	struct dma_space *space, struct dma_range *ret_ranges, size_t max, size_t *ret_count, struct error *err)
{
	return space->ops->ranges(space, ret_ranges, max, ret_count, err);
}

static bool overlaps(const struct dma_map *map, uint64_t iova, uint64_t bytes)
{
	return iova < map->iova + map->bytes && map->iova < iova + bytes;
}

static int check_map(const struct dma_space *space, const struct dma_map *map, struct error *err)
{
	if (map->bytes == 0 || (map->iova | map->bytes | (uintptr_t)map->host) % PAGE_BYTES ||
		map->iova + map->bytes < map->iova || (map->file >= 0 && map->file_offset % PAGE_BYTES))
		return fail(err, EINVAL, "map 0x%llx bytes at 0x%llx for DMA", (unsigned long long)map->bytes,
			(unsigned long long)map->iova);
	if (space->map_count == DMA_MAP_MAX)
		return fail_code(err, CODE_DMA_LIMIT, ENOSPC, "a guest has at most %d DMA maps", DMA_MAP_MAX);
	for (size_t i = 0; i < space->map_count; i++)
		if (overlaps(&space->map[i], map->iova, map->bytes))
			return fail(err, EEXIST, "map 0x%llx bytes at 0x%llx for DMA", (unsigned long long)map->bytes,
				(unsigned long long)map->iova);
	return 0;
}

int dma_space_map(struct dma_space *space, const struct dma_map *map, struct error *err)
{
	int ret = check_map(space, map, err);

	if (!ret)
		ret = space->ops->map(space, map, err);
	if (!ret)
		space->map[space->map_count++] = *map;
	return ret;
}

/* What cannot be unmapped is the kernel's to clean up, when it sees the last descriptor go. */
void dma_space_done(struct dma_space *space)
{
	if (!space->ops)
		return;
	while (space->map_count > 0)
		space->ops->unmap(space, &space->map[--space->map_count], NULL);
	close_fd(&space->fd);
	*space = (struct dma_space){ .fd = -1 };
}
