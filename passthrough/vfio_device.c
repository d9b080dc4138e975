// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The VFIO device (include/uapi/linux/vfio.h): what the kernel says about it, checked; its reset. See vfio_device.h.
 * Interrupts are in vfio_irq.c, accesses to its regions in vfio_region.c.
 */
#include "passthrough/vfio_device.h"

#include <endian.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	PAGE_BYTES = 4096,
	REGION_INFO_MAX = 16384, /* what a capability chain may grow to */
	CAP_CHAIN_MAX = 16,
	CONFIG_SIZE_PCI = 256,
	CONFIG_SIZE_PCIE = 4096,
};

#define BAR_SIZE_MAX (1ull << 47)

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

const struct vfio_sys vfio_sys_kernel = { kernel_ioctl, pread, pwrite, mmap, munmap };

static int malformed(const struct vfio_device *device, struct error *err, const char *what, unsigned int index)
{
	return fail_code(err, CODE_DEV_MALFORMED, EPROTO,
		"%s: the kernel's description of region %u makes no sense: %s", device->name, index, what);
}

static bool area_is_sane(const struct vfio_region *region, const struct vfio_area *area, size_t before)
{
	if (area->offset % PAGE_BYTES || area->size % PAGE_BYTES || area->size == 0)
		return false;
	if (area->offset > region->size || area->size > region->size - area->offset)
		return false;
	/* Sorted, so that comparing neighbours proves them disjoint. */
	return before == 0 || region->area[before - 1].offset + region->area[before - 1].size <= area->offset;
}

/* cap points at a sparse mmap capability, of which room bytes are ours. */
static int read_sparse(const struct vfio_device *device, struct vfio_region *region, unsigned int index,
	const char *cap, size_t room, struct error *err)
{
	struct vfio_region_info_cap_sparse_mmap sparse;

	if (room < sizeof(sparse))
		return malformed(device, err, "its list of areas is cut short", index);
	memcpy(&sparse, cap, sizeof(sparse));
	if (sparse.nr_areas > (room - sizeof(sparse)) / sizeof(struct vfio_region_sparse_mmap_area))
		return malformed(device, err, "its list of areas is cut short", index);
	if (sparse.nr_areas > VFIO_AREA_MAX)
		return malformed(device, err, "it has too many areas", index);
	region->area_count = 0;
	for (uint32_t i = 0; i < sparse.nr_areas; i++) {
		struct vfio_region_sparse_mmap_area said;
		struct vfio_area area;

		memcpy(&said, cap + sizeof(sparse) + i * sizeof(said), sizeof(said));
		area = (struct vfio_area){ said.offset, said.size };
		if (area.size == 0)
			continue;
		if (!area_is_sane(region, &area, region->area_count))
			return malformed(device, err, "an area lies outside it or over another", index);
		region->area[region->area_count++] = area;
	}
	return 0;
}

/* Kernels before 6.6 do not align capabilities, so they are copied. */
static int read_region_caps(const struct vfio_device *device, struct vfio_region *region,
	const struct vfio_region_info *info, size_t size, struct error *err)
{
	size_t at = info->cap_offset;

	for (unsigned int count = 0; at != 0; count++) {
		struct vfio_info_cap_header cap;
		int ret = 0;

		if (count == CAP_CHAIN_MAX || at < sizeof(*info) || at > size - sizeof(cap))
			return malformed(device, err, "its capability chain leads nowhere", info->index);
		memcpy(&cap, (const char *)info + at, sizeof(cap));
		if (cap.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP && cap.version == 1)
			ret = read_sparse(device, region, info->index, (const char *)info + at, size - at, err);
		if (ret)
			return ret;
		at = cap.next;
	}
	return 0;
}

/* The kernel says in argsz how much it has to say; ask again with that much room. */
static int get_region_info(const struct vfio_device *device, unsigned int index, struct vfio_region_info **ret_info,
	size_t *ret_size, struct error *err)
{
	size_t size = sizeof(struct vfio_region_info);

	for (;;) {
		cleanup_free struct vfio_region_info *info = calloc(1, size);

		if (!info)
			return fail(err, ENOMEM, "%s: read region %u", device->name, index);
		info->argsz = (uint32_t)size;
		info->index = index;
		if (device->sys->ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, info) < 0)
			return fail(err, errno, "%s: VFIO_DEVICE_GET_REGION_INFO of region %u", device->name, index);
		if (info->argsz <= size) {
			*ret_info = take_ptr(info);
			*ret_size = size;
			return 0;
		}
		if (info->argsz > REGION_INFO_MAX || size > sizeof(*info))
			return malformed(device, err, "its description does not end", index);
		size = info->argsz;
	}
}

static int read_region(
	const struct vfio_device *device, unsigned int index, struct vfio_region *ret_region, struct error *err)
{
	cleanup_free struct vfio_region_info *info = NULL;
	struct vfio_region region = { 0 };
	size_t size = 0;
	int ret = get_region_info(device, index, &info, &size, err);

	if (ret)
		return ret;
	if (info->size > BAR_SIZE_MAX || info->offset > INT64_MAX - BAR_SIZE_MAX)
		return malformed(device, err, "it is too large", index);
	region.size = info->size;
	region.file_offset = (off_t)info->offset;
	region.readable = info->flags & VFIO_REGION_INFO_FLAG_READ;
	region.writable = info->flags & VFIO_REGION_INFO_FLAG_WRITE;
	region.mappable = region.size && (info->flags & VFIO_REGION_INFO_FLAG_MMAP);
	if (region.mappable) {
		/* A BAR smaller than a page is mappable only where the kernel keeps the rest of the page free. */
		region.area[0].size = (region.size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
		region.area_count = 1;
	}
	if (info->flags & VFIO_REGION_INFO_FLAG_CAPS)
		ret = read_region_caps(device, &region, info, size, err);
	if (!ret)
		*ret_region = region;
	return ret;
}

static int read_device(struct vfio_device *device, struct error *err)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret = 0;

	if (device->sys->ioctl(device->fd, VFIO_DEVICE_GET_INFO, &info) < 0)
		return fail(err, errno, "%s: VFIO_DEVICE_GET_INFO", device->name);
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) || info.num_regions <= VFIO_PCI_CONFIG_REGION_INDEX ||
		info.num_irqs <= VFIO_PCI_MSIX_IRQ_INDEX)
		return fail_code(
			err, CODE_DEV_MALFORMED, EPROTO, "%s: VFIO does not describe it as a PCI device", device->name);
	device->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	for (unsigned int i = 0; i < VFIO_BAR_COUNT && !ret; i++)
		ret = read_region(device, VFIO_PCI_BAR0_REGION_INDEX + i, &device->bar[i], err);
	if (!ret)
		ret = read_region(device, VFIO_PCI_CONFIG_REGION_INDEX, &device->config, err);
	if (!ret)
		ret = read_region(device, VFIO_PCI_ROM_REGION_INDEX, &device->rom, err);
	if (ret)
		return ret;
	if (device->config.size != CONFIG_SIZE_PCI && device->config.size != CONFIG_SIZE_PCIE)
		return malformed(device, err, "configuration space has another size", VFIO_PCI_CONFIG_REGION_INDEX);
	return vfio_irq_read(device, err);
}

int vfio_device_init(
	struct vfio_device *device, int fd, const char *name, const struct vfio_sys *sys, struct error *err)
{
	int ret;

	*device = (struct vfio_device){ .sys = sys ? sys : &vfio_sys_kernel, .fd = fd };
	text_copy(device->name, sizeof(device->name), name);
	ret = read_device(device, err);
	if (ret)
		vfio_device_done(device);
	return ret;
}

void vfio_device_done(struct vfio_device *device)
{
	/* A zeroed device holds nothing; 0 is never a device's descriptor. */
	if (device->sys)
		close_fd(&device->fd);
	device->sys = NULL;
}

int vfio_device_reset(struct vfio_device *device, struct error *err)
{
	if (!device->can_reset)
		return fail_code(err, CODE_NO_RESET, ENOTSUP, "%s cannot be reset", device->name);
	if (device->sys->ioctl(device->fd, VFIO_DEVICE_RESET, NULL) < 0) {
		int errnum = errno;

		fail_code(err, CODE_DEV_NOT_CLEAN, errnum, "%s: VFIO_DEVICE_RESET: %s", device->name, strerror(errnum));
		return fail_hint(err, "the host's kernel log (`dmesg`) says how the reset failed");
	}
	device->resets++;
	return 0;
}
