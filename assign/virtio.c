// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The feature VIRTIO_F_ACCESS_PLATFORM of virtio functions (Virtual I/O Device 1.2, 4.1.4 and 6; linux/virtio_pci.h);
 * see virtio.h. Sets no status and negotiates nothing: a driver that comes later begins with a reset of its own.
 */
#include "assign/virtio.h"

#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	VIRTIO_VENDOR = 0x1af4,
	FIRST_ID = 0x1000, /* 4.1.2 */
	LAST_ID = 0x107f,
	CAPS_MAX = 48, /* as many as there is room for behind the header */
	SELECT_HIGH = 1,
};

/* A part of the device as VFIO shows it. */
struct window {
	int fd;
	off_t at;
	uint64_t size;
};

static bool is_virtio(const struct pci_device *device)
{
	return device->vendor_id == VIRTIO_VENDOR && device->device_id >= FIRST_ID && device->device_id <= LAST_ID;
}

/* The function's one virtio device, "virtio3". */
static bool find_child(const struct sysroot *root, const char *name, char *buf, size_t size)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/bus/pci/devices/%s", name);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (text_starts_with(entry->d_name, "virtio"))
			return text_copy(buf, size, entry->d_name);
	return false;
}

/*
 * Bits that were offered and taken, 0 first. A driver cannot but take this one; that of a balloon drops it all the
 * same, since it gives away pages, which it names by their addresses: what the device has offered is not known then.
 */
enum virtio_dma virtio_dma_read(const struct sysroot *root, const struct pci_device *device)
{
	char name[PCI_ADDR_TEXT_SIZE], child[32], features[80], driver[64];

	if (!is_virtio(device))
		return VIRTIO_DMA_CONFINED;
	pci_addr_text(device->addr, name);
	if (!find_child(root, name, child, sizeof(child)) ||
		sysroot_read_link_name(root, driver, sizeof(driver), "sys/bus/pci/devices/%s/%s/driver", name, child) <
			0 ||
		sysroot_read_text(root, features, sizeof(features), "sys/bus/pci/devices/%s/%s/features", name,
			child) <= VIRTIO_F_ACCESS_PLATFORM)
		return VIRTIO_DMA_UNKNOWN;
	if (features[VIRTIO_F_ACCESS_PLATFORM] == '1')
		return VIRTIO_DMA_CONFINED;
	return strcmp(driver, "virtio_balloon") ? VIRTIO_DMA_UNCONFINED : VIRTIO_DMA_UNKNOWN;
}

static int open_window(const struct vfio_host *vfio, int fd, uint32_t index, const char *name,
	struct window *ret_window, struct error *err)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (vfio->ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info) < 0)
		return fail(err, errno, "%s: VFIO_DEVICE_GET_REGION_INFO of region %u", name, index);
	*ret_window = (struct window){ fd, (off_t)info.offset, info.size };
	return 0;
}

/* Little-endian; false when there is nothing at that place, or nobody answers. */
static bool get(const struct window *window, uint64_t offset, unsigned int size, uint32_t *ret_value)
{
	uint32_t value = 0;

	if (offset > window->size || size > window->size - offset ||
		pread(window->fd, &value, size, window->at + (off_t)offset) != (ssize_t)size)
		return false;
	*ret_value = le32toh(value);
	return true;
}

static bool put(const struct window *window, uint64_t offset, unsigned int size, uint32_t value)
{
	uint32_t bytes = htole32(value);

	return offset <= window->size && size <= window->size - offset &&
	       pwrite(window->fd, &bytes, size, window->at + (off_t)offset) == (ssize_t)size;
}

/* Where the structure with the feature bits lies (VIRTIO_PCI_CAP_COMMON_CFG); false: none, as before virtio 1.0. */
static bool find_common(const struct window *config, uint32_t *ret_bar, uint32_t *ret_offset)
{
	uint32_t status, at, id, next, kind;

	if (!get(config, PCI_STATUS, 2, &status) || !(status & PCI_STATUS_CAP_LIST) ||
		!get(config, PCI_CAPABILITY_LIST, 1, &at))
		return false;
	for (unsigned int i = 0; i < CAPS_MAX && at >= PCI_STD_HEADER_SIZEOF; i++, at = next) {
		at &= ~3u;
		if (!get(config, at + PCI_CAP_LIST_ID, 1, &id) || !get(config, at + PCI_CAP_LIST_NEXT, 1, &next))
			return false;
		if (id == PCI_CAP_ID_VNDR && get(config, at + VIRTIO_PCI_CAP_CFG_TYPE, 1, &kind) &&
			kind == VIRTIO_PCI_CAP_COMMON_CFG)
			return get(config, at + VIRTIO_PCI_CAP_BAR, 1, ret_bar) && *ret_bar < PCI_STD_NUM_BARS &&
			       get(config, at + VIRTIO_PCI_CAP_OFFSET, 4, ret_offset);
	}
	return false;
}

/* Feature bits 32 to 63. */
static bool read_features(const struct window *config, const struct window *bar, uint32_t offset, uint32_t *ret_bits)
{
	uint32_t command;
	bool ok;

	if (!get(config, PCI_COMMAND, 2, &command) || !put(config, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY))
		return false;
	ok = put(bar, (uint64_t)offset + VIRTIO_PCI_COMMON_DFSELECT, 4, SELECT_HIGH) &&
	     get(bar, (uint64_t)offset + VIRTIO_PCI_COMMON_DF, 4, ret_bits) && *ret_bits != UINT32_MAX;
	put(config, PCI_COMMAND, 2, command);
	return ok;
}

int virtio_check_opened(const struct vfio_host *vfio, const struct pci_device *device, int device_fd, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	struct window config, bar;
	uint32_t index, offset, bits = 0;
	int ret;

	if (!is_virtio(device))
		return 0;
	pci_addr_text(device->addr, name);
	ret = open_window(vfio, device_fd, VFIO_PCI_CONFIG_REGION_INDEX, name, &config, err);
	if (ret < 0)
		return ret;
	if (find_common(&config, &index, &offset)) {
		ret = open_window(vfio, device_fd, VFIO_PCI_BAR0_REGION_INDEX + index, name, &bar, err);
		if (ret < 0)
			return ret;
		if (!read_features(&config, &bar, offset, &bits))
			return fail_code(err, CODE_DEV_LOST, EIO, "%s: its virtio registers do not answer", name);
	}
	if (bits & 1u << (VIRTIO_F_ACCESS_PLATFORM - 32))
		return 0;
	fail_code(err, CODE_DEV_IOMMU_BYPASS, EPERM, "%s %s", name, VIRTIO_UNCONFINED_TEXT);
	return fail_hint(err,
		"where a hypervisor makes it, switch its IOMMU feature on there (QEMU: iommu_platform=on); a physical "
		"device "
		"is confined all the same: --allow-iommu-bypass %s",
		name);
}
