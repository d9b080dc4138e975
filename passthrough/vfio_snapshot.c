// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration space as it was found (PCI Local Bus 3.0, 6.1 and 6.2.5.1); see vfio_snapshot.h. */
#include "passthrough/vfio_snapshot.h"

#include <errno.h>
#include <linux/pci_regs.h>

enum {
	MEMORY_BAR_MIN = 16, /* by the format of the register */
	PORTS_BAR_MIN = 4,
	PORTS_BAR_MAX = 0x8000, /* the largest that the guest's ports have a place for */
};

uint32_t snapshot_get(const struct snapshot *snapshot, unsigned int offset, unsigned int size)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint32_t)snapshot->bytes[offset + i] << (8 * i);
	return value;
}

int vfio_malformed(const struct vfio_device *device, struct error *err, const char *what, uint64_t where)
{
	return fail_code(err, CODE_DEV_MALFORMED, EPROTO, "%s: configuration space: %s (0x%llx)", device->name, what,
		(unsigned long long)where);
}

int snapshot_take(const struct vfio_device *device, struct snapshot *ret_snapshot, struct error *err)
{
	ret_snapshot->device = device;
	for (unsigned int at = 0; at < STD_SIZE; at += 4) {
		uint32_t value = vfio_device_read_config(device, at, 4);

		for (unsigned int i = 0; i < 4; i++)
			ret_snapshot->bytes[at + i] = (uint8_t)(value >> (8 * i));
	}
	if (snapshot_get(ret_snapshot, PCI_VENDOR_ID, 4) == UINT32_MAX)
		return fail_code(
			err, CODE_DEV_LOST, ENODEV, "%s does not answer: its registers read as ones", device->name);
	if ((ret_snapshot->bytes[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_NORMAL)
		return vfio_malformed(
			device, err, "not the header of an endpoint", ret_snapshot->bytes[PCI_HEADER_TYPE]);
	return 0;
}

static int read_memory_bar(
	const struct snapshot *snapshot, unsigned int index, uint32_t value, struct pci_bar *ret_bar, struct error *err)
{
	const struct vfio_region *region = &snapshot->device->bar[index];
	bool is_64bit = (value & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
	bool prefetchable = value & PCI_BASE_ADDRESS_MEM_PREFETCH;

	if (region->size < MEMORY_BAR_MIN)
		return vfio_malformed(snapshot->device, err, "a memory BAR is too small", region->size);
	if (is_64bit && (index + 1 == PCI_BAR_COUNT || snapshot->device->bar[index + 1].size))
		return vfio_malformed(snapshot->device, err, "a 64-bit BAR has no room for its upper half", index);
	if (!is_64bit && region->size > 1ull << 31)
		return vfio_malformed(snapshot->device, err, "a 32-bit BAR is too large", region->size);
	if (is_64bit)
		ret_bar->kind = prefetchable ? PCI_BAR_MEM64_PREFETCHABLE : PCI_BAR_MEM64;
	else
		ret_bar->kind = prefetchable ? PCI_BAR_MEM32_PREFETCHABLE : PCI_BAR_MEM32;
	ret_bar->size = region->size;
	return 0;
}

int snapshot_read_bar(const struct snapshot *snapshot, unsigned int index, struct pci_bar *ret_bar, struct error *err)
{
	const struct vfio_region *region = &snapshot->device->bar[index];
	uint32_t value = snapshot_get(snapshot, PCI_BASE_ADDRESS_0 + 4 * index, 4);

	*ret_bar = (struct pci_bar){ PCI_BAR_NONE };
	if (region->size == 0)
		return 0;
	if (region->size & (region->size - 1))
		return vfio_malformed(snapshot->device, err, "the size of a BAR is no power of two", region->size);
	if (!(value & PCI_BASE_ADDRESS_SPACE_IO))
		return read_memory_bar(snapshot, index, value, ret_bar, err);
	if (region->size < PORTS_BAR_MIN || region->size > PORTS_BAR_MAX)
		return vfio_malformed(snapshot->device, err, "an I/O BAR of a size that there is not", region->size);
	*ret_bar = (struct pci_bar){ .kind = PCI_BAR_IO, .size = region->size };
	return 0;
}
