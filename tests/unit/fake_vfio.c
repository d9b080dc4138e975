// SPDX-License-Identifier: GPL-2.0-or-later
/* The VFIO device in memory; see fake_vfio.h. One at a time: vfio_sys has no context but the descriptor. */
#include "tests/unit/fake_vfio.h"

#include <errno.h>
#include <linux/kvm.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct fake_vfio *the_device;

void fake_set(struct fake_vfio *fake, unsigned int offset, unsigned int size, uint32_t value)
{
	for (unsigned int i = 0; i < size; i++)
		fake->config[offset + i] = (uint8_t)(value >> (8 * i));
}

uint32_t fake_get(const struct fake_vfio *fake, unsigned int offset, unsigned int size)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint32_t)fake->config[offset + i] << (8 * i);
	return value;
}

static void init_header(struct fake_vfio *fake)
{
	fake_set(fake, PCI_VENDOR_ID, 4, 0x10ca8086);
	fake_set(fake, PCI_STATUS, 2, PCI_STATUS_CAP_LIST | PCI_STATUS_DETECTED_PARITY);
	fake_set(fake, PCI_CLASS_REVISION, 4, 0x02000001);
	fake_set(fake, PCI_HEADER_TYPE, 1, 0x80);
	fake_set(fake, PCI_BASE_ADDRESS_0, 4, PCI_BASE_ADDRESS_MEM_TYPE_64);
	fake_set(fake, PCI_BASE_ADDRESS_3, 4, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	fake_set(fake, PCI_SUBSYSTEM_VENDOR_ID, 4, 0xa03c8086);
	fake_set(fake, PCI_ROM_ADDRESS, 4, 0xfff00001);
	fake_set(fake, PCI_CAPABILITY_LIST, 1, FAKE_PM);
	fake_set(fake, PCI_INTERRUPT_PIN, 1, 1);
}

static void init_capabilities(struct fake_vfio *fake)
{
	fake_set(fake, FAKE_PM, 2, PCI_CAP_ID_PM | 0x50 << 8);
	fake_set(fake, FAKE_PM + PCI_PM_PMC, 2, 0xffff);
	fake_set(fake, FAKE_MSI, 2, PCI_CAP_ID_MSI | FAKE_MSIX << 8);
	fake_set(fake, FAKE_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT);
	fake_set(fake, FAKE_MSIX, 2, PCI_CAP_ID_MSIX | FAKE_EXPRESS << 8);
	fake_set(fake, FAKE_MSIX + PCI_MSIX_FLAGS, 2, FAKE_VECTORS - 1);
	fake_set(fake, FAKE_MSIX + PCI_MSIX_TABLE, 4, 3);
	fake_set(fake, FAKE_MSIX + PCI_MSIX_PBA, 4, 0x2000 | 3);
	fake_set(fake, FAKE_EXPRESS, 2, PCI_CAP_ID_EXP | 0xe0 << 8);
	fake_set(fake, FAKE_EXPRESS + PCI_EXP_FLAGS, 2, 2);
	fake_set(fake, FAKE_EXPRESS + PCI_EXP_DEVCAP, 4, 0x10008fff);
	fake_set(fake, FAKE_EXPRESS + PCI_EXP_LNKCAP, 4, 0xffffffff);
	fake_set(fake, 0xe0, 2, PCI_CAP_ID_VPD);
	/* not in the chain: for tests that let it end here, too late for a whole capability */
	fake_set(fake, 0xfc, 2, PCI_CAP_ID_PM);
	fake_set(fake, 0x100, 4, PCI_EXT_CAP_ID_ERR | 2 << 16 | 0x140u << 20);
	fake_set(fake, 0x140, 4, PCI_EXT_CAP_ID_DSN | 1 << 16 | 0x150u << 20);
	fake_set(fake, 0x144, 4, 0x11223344);
	fake_set(fake, 0x150, 4, PCI_EXT_CAP_ID_ARI | 1 << 16);
}

void fake_vfio_init(struct fake_vfio *fake)
{
	memset(fake, 0, sizeof(*fake));
	init_header(fake);
	init_capabilities(fake);
	fake->bar[0] = (struct fake_region){ .size = 0x4000, .mappable = true };
	fake->bar[3] = (struct fake_region){ .size = 0x4000, .mappable = true, .msix_mappable = true };
	fake->config_region.size = FAKE_CONFIG_SIZE;
	fake->flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	fake->vectors = FAKE_VECTORS;
	fake->has_request = true;
	fake->has_errors = true;
	fake->intx.trigger = fake->intx.unmask = -1;
	for (size_t i = 0; i < VFIO_VECTOR_MAX; i++)
		fake->trigger[i] = -1;
	the_device = fake;
}

void fake_vfio_add_intx(struct fake_vfio *fake)
{
	fake->intx_lines = 1;
}

void fake_vfio_add_msi(struct fake_vfio *fake, uint32_t flags)
{
	fake->msi_vectors = 1u << ((flags & PCI_MSI_FLAGS_QMASK) >> 1);
	fake_set(fake, FAKE_MSI + PCI_MSI_FLAGS, 2, flags);
}

void fake_vfio_remove_msix(struct fake_vfio *fake)
{
	fake->vectors = 0;
	fake_set(fake, FAKE_MSI, 2, PCI_CAP_ID_MSI | FAKE_EXPRESS << 8);
}

/* vfio_intx_handler() */
static void deliver_intx(struct fake_vfio *fake)
{
	uint64_t one = 1;

	if (!fake->intx.asserted || fake->enabled)
		return;
	if (!fake->intx.enabled) {
		fake->intx.unhandled += !fake->intx.device_bit;
		return;
	}
	if (fake->intx.masked || fake->intx.held)
		return;
	fake->intx.masked = fake->intx.device_bit = true;
	if (write(fake->intx.trigger, &one, sizeof(one)) != sizeof(one))
		fake->outside++;
}

/* vfio_pci_intx_unmask_handler() */
static void unmask_intx(struct fake_vfio *fake)
{
	if (!fake->intx.enabled || fake->intx.held)
		return;
	fake->intx.masked = fake->intx.device_bit = false;
	deliver_intx(fake);
}

void fake_vfio_assert(struct fake_vfio *fake, bool level)
{
	fake->intx.asserted = level;
	deliver_intx(fake);
}

void fake_vfio_poll(struct fake_vfio *fake)
{
	uint64_t count;

	if (fake->intx.unmask >= 0 && read(fake->intx.unmask, &count, sizeof(count)) == sizeof(count))
		unmask_intx(fake);
}

/* vfio_basic_config_write(): the device's own bit follows a change of the one that is shown. */
static void command_written(struct fake_vfio *fake)
{
	bool held = fake_get(fake, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE;

	if (held == fake->intx.held)
		return;
	fake->intx.held = fake->intx.device_bit = held;
	if (held)
		fake->intx.masked = true;
	else
		unmask_intx(fake);
}

struct sparse_answer {
	struct vfio_region_info info;
	struct vfio_info_cap_header msix;
	struct vfio_region_info_cap_sparse_mmap sparse;
	struct vfio_region_sparse_mmap_area area[FAKE_AREA_MAX];
};

static void answer_caps(const struct fake_region *region, struct vfio_region_info *info)
{
	struct sparse_answer *answer = (struct sparse_answer *)info;
	size_t room = info->argsz;

	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	info->argsz = sizeof(*answer);
	if (room < sizeof(*answer))
		return;
	info->cap_offset = offsetof(struct sparse_answer, msix);
	answer->msix = (struct vfio_info_cap_header){ .id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, .version = 1 };
	if (!region->msix_mappable)
		answer->msix.id = 77;
	if (region->area_count || region->claimed_areas)
		answer->msix.next = offsetof(struct sparse_answer, sparse);
	if (region->next)
		answer->msix.next = region->next;
	if (region->cap_offset)
		info->cap_offset = region->cap_offset;
	answer->sparse.header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	answer->sparse.header.version = 1;
	answer->sparse.nr_areas = region->claimed_areas ? region->claimed_areas : region->area_count;
	for (uint32_t i = 0; i < region->area_count; i++)
		answer->area[i] = (struct vfio_region_sparse_mmap_area){ region->area[i].offset, region->area[i].size };
}

static int get_region(struct vfio_region_info *info)
{
	const struct fake_region rom = { .size = the_device->rom_region_size };
	static const struct fake_region none;
	const struct fake_region *region = &none;

	if (info->index < VFIO_BAR_COUNT)
		region = &the_device->bar[info->index];
	else if (info->index == VFIO_PCI_CONFIG_REGION_INDEX)
		region = &the_device->config_region;
	else if (info->index == VFIO_PCI_ROM_REGION_INDEX)
		region = &rom;
	info->size = region->size;
	info->offset = (uint64_t)info->index << 40;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (region->mappable)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	if (region->msix_mappable || region->area_count || region->claimed_areas || region->cap_offset)
		answer_caps(region, info);
	else
		info->argsz = sizeof(*info);
	return 0;
}

static int get_irq(struct vfio_irq_info *info)
{
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	info->count = 0;
	if (info->index == VFIO_PCI_MSIX_IRQ_INDEX) {
		info->count = the_device->vectors;
		info->flags |= the_device->dynamic ? 0 : VFIO_IRQ_INFO_NORESIZE;
	} else if (info->index == VFIO_PCI_MSI_IRQ_INDEX) {
		info->count = the_device->msi_vectors;
		info->flags |= VFIO_IRQ_INFO_NORESIZE;
	} else if (info->index == VFIO_PCI_INTX_IRQ_INDEX) {
		info->count = the_device->intx_lines;
		info->flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	} else if (info->index == VFIO_PCI_REQ_IRQ_INDEX) {
		info->count = the_device->has_request;
	} else if (info->index == VFIO_PCI_ERR_IRQ_INDEX) {
		info->count = the_device->has_errors;
	}
	return 0;
}

/* Taking MSI away gives the device its INTx. */
static int disable_vectors(uint32_t index)
{
	if (!the_device->enabled || the_device->kind != index)
		return errno = EINVAL, -1;
	the_device->enabled = false;
	the_device->allocated = 0;
	for (size_t i = 0; i < VFIO_VECTOR_MAX; i++)
		the_device->trigger[i] = -1;
	the_device->intx.device_bit = false;
	deliver_intx(the_device);
	return 0;
}

static int set_vectors(const struct vfio_irq_set *set)
{
	bool dynamic = the_device->dynamic && set->index == VFIO_PCI_MSIX_IRQ_INDEX;
	uint32_t end = set->start + set->count;

	if (set->count == 0 && (set->flags & VFIO_IRQ_SET_DATA_NONE))
		return disable_vectors(set->index);
	if (the_device->intx.enabled || (the_device->enabled && the_device->kind != set->index))
		return errno = EINVAL, -1;
	if (the_device->available && end > the_device->available)
		return the_device->enabled ? (errno = ENOSPC, -1) : (int)the_device->available;
	if (!the_device->enabled) {
		the_device->enabled = the_device->intx.device_bit = true;
		the_device->kind = set->index;
		the_device->allocated = end;
	} else if (!dynamic && end > the_device->allocated) {
		return errno = EINVAL, -1;
	}
	memcpy(&the_device->trigger[set->start], set->data, set->count * sizeof(int32_t));
	return 0;
}

static int enable_intx(int fd)
{
	if (the_device->enabled || the_device->intx.enabled)
		return errno = EINVAL, -1;
	if (the_device->fail_intx)
		return errno = the_device->fail_intx, -1;
	the_device->kind = VFIO_PCI_INTX_IRQ_INDEX;
	the_device->intx.enabled = true;
	the_device->intx.trigger = fd;
	the_device->intx.masked = the_device->intx.device_bit = the_device->intx.held;
	deliver_intx(the_device);
	return 0;
}

static int set_intx(const struct vfio_irq_set *set)
{
	int32_t fd;

	if (set->count == 0) {
		the_device->intx.enabled = false;
		the_device->intx.trigger = the_device->intx.unmask = -1;
		the_device->intx.device_bit = true;
		return 0;
	}
	memcpy(&fd, set->data, sizeof(fd));
	if (set->flags & VFIO_IRQ_SET_ACTION_TRIGGER)
		return enable_intx(fd);
	if (!the_device->intx.enabled || the_device->cannot_unmask)
		return errno = EINVAL, -1;
	the_device->intx.unmask = fd;
	fake_vfio_poll(the_device);
	return 0;
}

/* "config 004 0402" (2 bytes written there), "irqs 2 0+5" (of kind 2, from 0 on, five), "reset". */
__attribute__((format(printf, 1, 2))) static void fake_log(const char *fmt, ...)
{
	size_t used = strlen(the_device->log);
	va_list args;

	va_start(args, fmt);
	vsnprintf(the_device->log + used, sizeof(the_device->log) - used, fmt, args);
	va_end(args);
}

/* vfio_set_irqs_validate_and_prepare() */
static bool is_in_range(const struct vfio_irq_set *set)
{
	const uint32_t counts[] = {
		[VFIO_PCI_INTX_IRQ_INDEX] = the_device->intx_lines,
		[VFIO_PCI_MSI_IRQ_INDEX] = the_device->msi_vectors,
		[VFIO_PCI_MSIX_IRQ_INDEX] = the_device->vectors,
		[VFIO_PCI_ERR_IRQ_INDEX] = the_device->has_errors,
		[VFIO_PCI_REQ_IRQ_INDEX] = the_device->has_request,
	};

	if (set->index >= sizeof(counts) / sizeof(counts[0]))
		return false;
	return set->start < counts[set->index] && set->count <= counts[set->index] - set->start;
}

static int set_irqs(const struct vfio_irq_set *set)
{
	if (!is_in_range(set))
		return errno = EINVAL, -1;
	fake_log("irqs %u %u+%u\n", set->index, set->start, set->count);
	if (the_device->irq_call_count < FAKE_IRQ_CALL_MAX) {
		struct fake_irq_call *call = &the_device->irq_call[the_device->irq_call_count++];

		*call = (struct fake_irq_call){ set->index, set->flags, set->start, set->count, -2 };
		if (set->count)
			memcpy(&call->first_fd, set->data, sizeof(call->first_fd));
	}
	if (set->index == VFIO_PCI_INTX_IRQ_INDEX)
		return set_intx(set);
	return set->index < VFIO_IRQ_KINDS ? set_vectors(set) : 0;
}

/* The KVM-VFIO device is a descriptor that can be seen open and closed. */
static int kvm_ioctl(unsigned long request, void *argument)
{
	struct kvm_create_device *create = argument;
	const struct kvm_device_attr *attr = argument;

	if (request == KVM_CREATE_DEVICE) {
		the_device->kvm_devices++;
		the_device->kvm_device_fd = dup(STDERR_FILENO);
		create->fd = (uint32_t)the_device->kvm_device_fd;
		return 0;
	}
	if (attr->attr == KVM_DEV_VFIO_GROUP_DEL) {
		the_device->kvm_dels++;
		return 0;
	}
	the_device->kvm_adds++;
	the_device->kvm_added_fd = *(const int *)(uintptr_t)attr->addr;
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	struct vfio_device_info *info = argument;

	the_device->ioctls++;
	if (request == KVM_CREATE_DEVICE || request == KVM_SET_DEVICE_ATTR)
		return kvm_ioctl(request, argument);
	if (fd != FAKE_VFIO_FD)
		return errno = EBADF, -1;
	if (the_device->fail_ioctl && the_device->ioctls == the_device->fail_ioctl)
		return errno = EIO, -1;
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		info->flags = the_device->flags;
		info->num_regions = VFIO_PCI_NUM_REGIONS;
		info->num_irqs = VFIO_PCI_NUM_IRQS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region(argument);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq(argument);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(argument);
	case VFIO_DEVICE_RESET:
		if (the_device->fail_reset)
			return errno = EIO, -1;
		fake_log("reset\n");
		the_device->resets++;
		the_device->master_at_reset = the_device->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
		return 0;
	}
	return errno = ENOTTY, -1;
}

static uint8_t *region_bytes(off_t offset, size_t size)
{
	unsigned int region = (unsigned int)(offset >> 40);
	uint64_t at = offset & ((1ull << 40) - 1);

	if (region == VFIO_PCI_CONFIG_REGION_INDEX && at + size <= the_device->config_region.size)
		return &the_device->config[at];
	if (region < VFIO_BAR_COUNT && at + size <= the_device->bar[region].size &&
		at + size <= sizeof(the_device->bar_bytes[region]))
		return &the_device->bar_bytes[region][at];
	the_device->outside++;
	return NULL;
}

/* As much as there is, as read() does. */
static ssize_t read_rom(void *buf, size_t size, uint64_t at)
{
	size_t left = at < FAKE_ROM_SIZE ? FAKE_ROM_SIZE - (size_t)at : 0;

	the_device->rom_reads++;
	if (size > left)
		size = left;
	memcpy(buf, &the_device->rom[at < FAKE_ROM_SIZE ? at : 0], size);
	return (ssize_t)size;
}

static ssize_t fake_pread(int fd, void *buf, size_t size, off_t offset)
{
	const uint8_t *bytes;

	if (fd == FAKE_VFIO_FD && offset >> 40 == VFIO_PCI_ROM_REGION_INDEX)
		return read_rom(buf, size, (uint64_t)offset & ((1ull << 40) - 1));
	bytes = region_bytes(offset, size);

	if (fd != FAKE_VFIO_FD || !bytes)
		return -1;
	memcpy(buf, bytes, size);
	return (ssize_t)size;
}

/* A request is made by its upper byte. */
static void vpd_written(struct fake_vfio *fake, uint64_t offset, size_t size)
{
	uint32_t asked = fake_get(fake, FAKE_VPD + PCI_VPD_ADDR, 2), at = asked & PCI_VPD_ADDR_MASK;

	if (fake->config[FAKE_VPD] != PCI_CAP_ID_VPD || offset > FAKE_VPD + PCI_VPD_ADDR + 1 ||
		offset + size <= FAKE_VPD + PCI_VPD_ADDR + 1)
		return;
	if (asked & PCI_VPD_ADDR_F) {
		fake->vpd_writes++;
		return;
	}
	if (at + 4 > FAKE_VPD_SIZE)
		return;
	memcpy(&fake->config[FAKE_VPD + PCI_VPD_DATA], &fake->vpd[at], 4);
	fake_set(fake, FAKE_VPD + PCI_VPD_ADDR, 2, asked | PCI_VPD_ADDR_F);
}

static ssize_t fake_pwrite(int fd, const void *buf, size_t size, off_t offset)
{
	uint8_t *bytes = region_bytes(offset, size);
	struct fake_write write = { (unsigned int)(offset >> 40), offset & ((1ull << 40) - 1), (unsigned int)size, 0 };

	if (fd != FAKE_VFIO_FD || !bytes)
		return -1;
	memcpy(&write.value, buf, size);
	memcpy(bytes, buf, size);
	if (write.region == VFIO_PCI_CONFIG_REGION_INDEX) {
		fake_log("config %03llx %0*llx\n", (unsigned long long)write.offset, (int)(2 * size),
			(unsigned long long)write.value);
		command_written(the_device);
		vpd_written(the_device, write.offset, size);
	}
	if (the_device->write_count < FAKE_WRITE_MAX)
		the_device->write[the_device->write_count++] = write;
	return (ssize_t)size;
}

static void *fake_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	the_device->mmaps++;
	if (the_device->fail_mmap && the_device->mmaps == the_device->fail_mmap)
		return errno = ENOMEM, MAP_FAILED;
	if (fd == FAKE_VFIO_FD) {
		the_device->mapped_undecoded += !(the_device->config[PCI_COMMAND] & PCI_COMMAND_MEMORY);
		flags = (flags & MAP_FIXED) | MAP_PRIVATE | MAP_ANONYMOUS;
		fd = -1;
		offset = 0;
	}
	/* A fixed mapping lies over a reservation, which is counted already. */
	if (!(flags & MAP_FIXED))
		the_device->mapped_bytes += (int64_t)size;
	return mmap(address, size, protection, flags, fd, offset);
}

static int fake_munmap(void *address, size_t size)
{
	the_device->munmaps++;
	the_device->mapped_bytes -= (int64_t)size;
	return munmap(address, size);
}

const struct vfio_sys fake_vfio_sys = { fake_ioctl, fake_pread, fake_pwrite, fake_mmap, fake_munmap };
