// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DMA spaces on an I/O address space (IOAS) of iommufd (Documentation/userspace-api/iommufd.rst). Every device is
 * attached already: the kernel's list of ranges is final, and a map is entered into the IOMMU's tables by the call
 * itself.
 *
 * Guest RAM is a sealed memfd: Linux from 6.13 on pins its folios as they are in the file (IOMMU_IOAS_MAP_FILE),
 * instead of page by page through this process's page tables.
 *
 * Pinned pages count for this process when `sluice` could set IOMMU_OPTION_RLIMIT_MODE, else for the user, together
 * with what other programs of that user have pinned.
 */
#include <errno.h>

#include "dma/dma.h"
#include "wire/iommufd.h"

enum {
	PAGE_BYTES = 4096,
	MAP_FLAGS = IOMMUFD_MAP_FIXED | IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE,
};

static int check_ranges(const struct iommufd_ranges *answer, struct error *err)
{
	if (answer->count > DMA_RANGE_MAX)
		return fail(err, EPROTO, "the kernel's list of DMA addresses has %u entries in a place for %d",
			answer->count, DMA_RANGE_MAX);
	if (answer->out_alignment > PAGE_BYTES)
		return fail_code(err, CODE_LAYOUT, ENOTSUP, "the IOMMU has no 4 KiB pages");
	return 0;
}

static int iommufd_ranges(
	struct dma_space *space, struct dma_range *ret_ranges, size_t max, size_t *ret_count, struct error *err)
{
	struct iommufd_range range[DMA_RANGE_MAX] = { 0 };
	struct iommufd_ranges answer = {
		.size = sizeof(answer),
		.ioas = space->ioas,
		.count = DMA_RANGE_MAX,
		.ranges = (uintptr_t)range,
	};
	size_t count = 0;
	int ret;

	if (space->ioctl(space->fd, IOMMUFD_IOAS_RANGES, &answer) < 0) {
		if (errno == EMSGSIZE)
			return fail_code(
				err, CODE_LAYOUT, E2BIG, "devices reach more than %d separate ranges", DMA_RANGE_MAX);
		return fail(err, errno, "IOMMU_IOAS_IOVA_RANGES");
	}
	ret = check_ranges(&answer, err);
	for (uint32_t i = 0; i < answer.count && !ret; i++)
		ret = dma_add_range(range[i].first, range[i].last, ret_ranges, max, &count, err);
	if (!ret)
		*ret_count = count;
	return ret;
}

static int fail_map(const struct dma_space *space, const struct dma_map *map, int errnum, struct error *err)
{
	if (errnum == ENOMEM)
		return dma_fail_locked(space, map, err);
	fail(err, errnum, "map 0x%llx bytes of guest memory for DMA at 0x%llx", (unsigned long long)map->bytes,
		(unsigned long long)map->iova);
	if (errnum == EFAULT)
		fail_hint(err, "the kernel cannot pin that memory: too few huge pages, or memory that is no RAM");
	else if (errnum == EINVAL || errnum == ENOENT)
		fail_hint(err, "the address is outside what the IOMMU translates, or reserved by the firmware");
	return -errnum;
}

/* 1 when it is mapped, 0 when this kernel maps no files, -errno. */
static int map_file(struct dma_space *space, const struct dma_map *map, struct error *err)
{
	struct iommufd_map_file request = {
		.size = sizeof(request),
		.flags = MAP_FLAGS,
		.ioas = space->ioas,
		.fd = map->file,
		.offset = map->file_offset,
		.bytes = map->bytes,
		.iova = map->iova,
	};

	if (map->file < 0 || space->no_files)
		return 0;
	if (space->ioctl(space->fd, IOMMUFD_IOAS_MAP_FILE, &request) < 0) {
		if (errno != ENOTTY)
			return fail_map(space, map, errno, err);
		space->no_files = true;
		return 0;
	}
	return 1;
}

static int map_memory(struct dma_space *space, const struct dma_map *map, struct error *err)
{
	struct iommufd_map request = {
		.size = sizeof(request),
		.flags = MAP_FLAGS,
		.ioas = space->ioas,
		.address = (uintptr_t)map->host,
		.bytes = map->bytes,
		.iova = map->iova,
	};

	if (space->ioctl(space->fd, IOMMUFD_IOAS_MAP, &request) < 0)
		return fail_map(space, map, errno, err);
	return 0;
}

static int iommufd_map(struct dma_space *space, const struct dma_map *map, struct error *err)
{
	int ret = map_file(space, map, err);

	/* The question whether a kernel knows files maps nothing: it is not counted. */
	space->map_calls++;
	if (ret)
		return ret < 0 ? ret : 0;
	return map_memory(space, map, err);
}

static int iommufd_unmap(struct dma_space *space, const struct dma_map *map, struct error *err)
{
	struct iommufd_unmap request = {
		.size = sizeof(request),
		.ioas = space->ioas,
		.iova = map->iova,
		.bytes = map->bytes,
	};

	space->unmap_calls++;
	if (space->ioctl(space->fd, IOMMUFD_IOAS_UNMAP, &request) < 0)
		return fail(err, errno, "unmap DMA at 0x%llx", (unsigned long long)map->iova);
	/* Success with less than was asked for: something was not mapped that should have been. */
	if (request.bytes != map->bytes)
		return fail(err, EIO, "unmap DMA at 0x%llx: 0x%llx of 0x%llx bytes", (unsigned long long)map->iova,
			(unsigned long long)request.bytes, (unsigned long long)map->bytes);
	return 0;
}

static const struct dma_ops iommufd_ops = {
	.name = "iommufd",
	.map = iommufd_map,
	.unmap = iommufd_unmap,
	.ranges = iommufd_ranges,
};

void dma_space_init_iommufd(struct dma_space *space, int iommufd, uint32_t ioas, dma_ioctl_fn ioctl_fn)
{
	*space = (struct dma_space){
		.ops = &iommufd_ops,
		.ioctl = ioctl_fn ? ioctl_fn : dma_kernel_ioctl,
		.fd = iommufd,
		.ioas = ioas,
	};
}
