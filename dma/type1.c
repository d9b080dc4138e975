// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DMA spaces on a VFIO container with the type1v2 back end (include/uapi/linux/vfio.h, "API for Type1 VFIO IOMMU"). The
 * container has its groups already; who opened it chose the back end.
 */
#include <linux/vfio.h>
#include <string.h>

#include "base/cleanup.h"
#include "dma/dma.h"
#include "wire/limits.h"

enum {
	INFO_SIZE_MAX = 65536,
	CAP_CHAIN_MAX = 16,
	PAGE_BYTES = 4096,
};

static int get_info(struct dma_space *space, struct vfio_iommu_type1_info **ret_info, struct error *err)
{
	size_t size = sizeof(struct vfio_iommu_type1_info);

	/* The first answer says how much room the second one needs; ranges may have changed in between, once. */
	for (int tries = 0; tries < 3; tries++) {
		cleanup_free struct vfio_iommu_type1_info *info = calloc(1, size);

		if (!info)
			return fail(err, ENOMEM, "read the IOMMU's ranges");
		info->argsz = (uint32_t)size;
		if (space->ioctl(space->fd, VFIO_IOMMU_GET_INFO, info) < 0)
			return fail(err, errno, "VFIO_IOMMU_GET_INFO");
		if (info->argsz <= size) {
			info->argsz = (uint32_t)size;
			*ret_info = take_ptr(info);
			return 0;
		}
		if (info->argsz > INFO_SIZE_MAX)
			break;
		size = info->argsz;
	}
	return fail(err, EPROTO, "VFIO_IOMMU_GET_INFO has no end");
}

/*
 * The capability with that id: *ret_cap gets its first size bytes. Returns where it begins, 0 for none; a chain that
 * leads nowhere ends there. Kernels before 6.6 do not align capabilities, so they are copied.
 */
static size_t find_cap(const struct vfio_iommu_type1_info *info, uint16_t id, void *ret_cap, size_t size)
{
	size_t at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;

	for (int i = 0; i < CAP_CHAIN_MAX && at >= sizeof(*info); i++) {
		struct vfio_info_cap_header cap;

		if (at > info->argsz - sizeof(cap))
			return 0;
		memcpy(&cap, (const char *)info + at, sizeof(cap));
		if (cap.id == id) {
			if (size > info->argsz - at)
				return 0;
			memcpy(ret_cap, (const char *)info + at, size);
			return at;
		}
		at = cap.next;
	}
	return 0;
}

/* `sluice` has looked at the module's parameter before; this is what is left of it for this container. */
static int check_limit(const struct vfio_iommu_type1_info *info, struct error *err)
{
	struct vfio_iommu_type1_info_dma_avail cap;

	if (!find_cap(info, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &cap, sizeof(cap)) || cap.avail >= LIMIT_RAM_REGIONS)
		return 0;
	fail_code(err, CODE_DMA_LIMIT, ENOSPC, "VFIO allows %u DMA maps, a guest needs up to %d", cap.avail,
		LIMIT_RAM_REGIONS);
	return fail_hint(err, "echo 65535 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
}

static int type1_ranges(
	struct dma_space *space, struct dma_range *ret_ranges, size_t max, size_t *ret_count, struct error *err)
{
	cleanup_free struct vfio_iommu_type1_info *info = NULL;
	struct vfio_iommu_type1_info_cap_iova_range cap;
	size_t at, count = 0;
	int ret = get_info(space, &info, err);

	if (!ret)
		ret = check_limit(info, err);
	if (ret)
		return ret;
	if ((info->flags & VFIO_IOMMU_INFO_PGSIZES) && !(info->iova_pgsizes & PAGE_BYTES))
		return fail_code(err, CODE_LAYOUT, ENOTSUP, "the IOMMU has no 4 KiB pages");
	at = find_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &cap, sizeof(cap));
	if (!at || cap.nr_iovas > (info->argsz - at - sizeof(cap)) / sizeof(struct vfio_iova_range)) {
		fail(err, ENOTSUP, "the kernel does not say which addresses the devices reach");
		fail_hint(err, "Linux does from 5.4 on");
		return -ENOTSUP;
	}
	for (uint32_t i = 0; i < cap.nr_iovas && !ret; i++) {
		struct vfio_iova_range range;

		memcpy(&range, (const char *)info + at + sizeof(cap) + i * sizeof(range), sizeof(range));
		ret = dma_add_range(range.start, range.end, ret_ranges, max, &count, err);
	}
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
	if (errnum == ENOSPC) {
		fail_code(err, CODE_DMA_LIMIT, errnum, "VFIO allows no more DMA maps than the %zu there are",
			space->map_count);
		fail_hint(err, "raise dma_entry_limit of the module vfio_iommu_type1");
	} else if (errnum == EFAULT) {
		fail_hint(err, "the kernel cannot pin that memory: too few huge pages, or memory that is no RAM");
	} else if (errnum == EINVAL) {
		fail_hint(err, "the address is outside what the IOMMU translates, or reserved by the firmware");
	}
	return -errnum;
}

static int type1_map(struct dma_space *space, const struct dma_map *map, struct error *err)
{
	struct vfio_iommu_type1_dma_map request = {
		.argsz = sizeof(request),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)map->host,
		.iova = map->iova,
		.size = map->bytes,
	};

	space->map_calls++;
	if (space->ioctl(space->fd, VFIO_IOMMU_MAP_DMA, &request) < 0)
		return fail_map(space, map, errno, err);
	return 0;
}

static int type1_unmap(struct dma_space *space, const struct dma_map *map, struct error *err)
{
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request),
		.iova = map->iova,
		.size = map->bytes,
	};

	space->unmap_calls++;
	if (space->ioctl(space->fd, VFIO_IOMMU_UNMAP_DMA, &request) < 0)
		return fail(err, errno, "unmap DMA at 0x%llx", (unsigned long long)map->iova);
	/* Success with less than was asked for: something was not mapped that should have been. */
	if (request.size != map->bytes)
		return fail(err, EIO, "unmap DMA at 0x%llx: 0x%llx of 0x%llx bytes", (unsigned long long)map->iova,
			(unsigned long long)request.size, (unsigned long long)map->bytes);
	return 0;
}

static const struct dma_ops type1_ops = {
	.name = "type1v2",
	.map = type1_map,
	.unmap = type1_unmap,
	.ranges = type1_ranges,
};

void dma_space_init_type1(struct dma_space *space, int container_fd, dma_ioctl_fn ioctl_fn)
{
	*space = (struct dma_space){
		.ops = &type1_ops,
		.ioctl = ioctl_fn ? ioctl_fn : dma_kernel_ioctl,
		.fd = container_fd,
	};
}
