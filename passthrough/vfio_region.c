// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses to the regions of a VFIO device (include/uapi/linux/vfio.h): configuration space, BARs, ROM, by reading and
 * writing its descriptor, or mapped. See vfio_device.h.
 */
#include "passthrough/vfio_device.h"

#include <endian.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"

enum {
	PAGE_BYTES = 4096,
	ROM_PIECE = 64 * 1024,
};

#define BAR_MMAP_ALIGN_MAX (1ull << 30)

/* Little-endian bytes of a register; what cannot be read is ones, as on a bus where nobody answers. */
static uint64_t region_read(
	const struct vfio_device *device, const struct vfio_region *region, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	if (offset > region->size || size > region->size - offset ||
		device->sys->pread(device->fd, &value, size, region->file_offset + (off_t)offset) != (ssize_t)size)
		return size >= 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;
	return le64toh(value);
}

static void region_write(const struct vfio_device *device, const struct vfio_region *region, uint64_t offset,
	unsigned int size, uint64_t value)
{
	uint64_t bytes = htole64(value);

	if (offset > region->size || size > region->size - offset)
		return;
	/* A write that fails is lost, as one to a device that is gone; reads tell the guest. */
	if (device->sys->pwrite(device->fd, &bytes, size, region->file_offset + (off_t)offset) < 0)
		return;
}

uint32_t vfio_device_read_config(const struct vfio_device *device, unsigned int offset, unsigned int size)
{
	return (uint32_t)region_read(device, &device->config, offset, size);
}

void vfio_device_write_config(const struct vfio_device *device, unsigned int offset, unsigned int size, uint32_t value)
{
	region_write(device, &device->config, offset, size, value);
}

uint64_t vfio_bar_read(const struct vfio_device *device, unsigned int bar, uint64_t offset, unsigned int size)
{
	return region_read(device, &device->bar[bar], offset, size);
}

void vfio_bar_write(
	const struct vfio_device *device, unsigned int bar, uint64_t offset, unsigned int size, uint64_t value)
{
	region_write(device, &device->bar[bar], offset, size, value);
}

void vfio_rom_read(const struct vfio_device *device, uint8_t *buf, size_t size)
{
	size_t length = size < device->rom.size ? size : (size_t)device->rom.size;

	memset(buf, 0xff, size);
	for (size_t at = 0; at < length;) {
		size_t piece = length - at < ROM_PIECE ? length - at : ROM_PIECE;
		ssize_t got = device->sys->pread(device->fd, buf + at, piece, device->rom.file_offset + (off_t)at);

		if (got <= 0 || (size_t)got > piece)
			return;
		at += (size_t)got;
	}
}

static uint64_t mmap_align(uint64_t size)
{
	uint64_t align = PAGE_BYTES;

	while (align < size && align < BAR_MMAP_ALIGN_MAX)
		align *= 2;
	return align;
}

/*
 * The address in this process has the low bits of the offset in the BAR, and the BAR lies at a multiple of its size in
 * the guest: then the kernel can map it with large pages at both levels.
 */
int vfio_bar_mmap(const struct vfio_device *device, unsigned int bar, uint64_t offset, uint64_t size, void **ret_host,
	struct error *err)
{
	const struct vfio_region *region = &device->bar[bar];
	int protection = (region->readable ? PROT_READ : 0) | (region->writable ? PROT_WRITE : 0);
	uint64_t align = mmap_align(size), skip;
	char *reserved, *host;

	reserved = device->sys->mmap(NULL, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reserved == MAP_FAILED)
		return fail(err, errno, "%s: reserve addresses for BAR %u", device->name, bar);
	skip = (offset - (uintptr_t)reserved) & (align - 1);
	host = device->sys->mmap(reserved + skip, size, protection, MAP_SHARED | MAP_FIXED, device->fd,
		region->file_offset + (off_t)offset);
	if (host == MAP_FAILED) {
		int ret =
			fail(err, errno, "%s: map 0x%llx bytes of BAR %u", device->name, (unsigned long long)size, bar);

		device->sys->munmap(reserved, size + align);
		return ret;
	}
	if (skip)
		device->sys->munmap(reserved, skip);
	if (align > skip)
		device->sys->munmap(host + size, align - skip);
	*ret_host = host;
	return 0;
}

void vfio_bar_munmap(const struct vfio_device *device, void *host, uint64_t size)
{
	device->sys->munmap(host, size);
}
