// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The PCI transport (virtio 1.2, 4.1); see virtio.h. One 32-bit memory BAR of four pages:
 *
 *	0x0000	common configuration, 0x100: ISR status, 0x200: the device's own configuration
 *	0x1000	notifications, four bytes a queue; KVM takes them, only what PCI_CFG writes comes here
 *	0x2000	MSI-X table and pending bits
 *
 * An access of 64 bits is two of 32.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "vmm-core/virtio/notify.h"
#include "vmm-core/virtio/registers.h"
#include "vmm-core/virtio/virtio.h"
#include "vmm-core/vm.h"

enum {
	VENDOR_ID = 0x1af4,
	DEVICE_ID_FIRST = 0x1040, /* and the device's type (4.1.2.1) */
	REVISION = 1,
	BAR = 0,
	BAR_SIZE = 0x4000,
	ISR_AT = 0x100,
	CONFIG_AT = 0x200,
	NOTIFY_AT = 0x1000,
	NOTIFY_STEP = 4,
	MSIX_AT = 0x2000,
	/* capabilities, in the order in which drivers look for them */
	CAP_COMMON = 0x40,
	CAP_ISR = 0x50,
	CAP_NOTIFY = 0x60,
	CAP_CONFIG = 0x74,
	CAP_PCI_CFG = 0x84,
	CAP_MSIX = 0x98,
	CAP_SIZE = 16,
	PCI_CFG_DATA = CAP_PCI_CFG + CAP_SIZE,
};

#define FEATURE(bit) (1ull << (bit))

static struct virtio_device *device_of(struct pci_function *fn)
{
	return (struct virtio_device *)((char *)fn - offsetof(struct virtio_device, fn));
}

static uint64_t config_read(const struct virtio_device *device, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	if (offset + size <= device->config_size)
		memcpy(&value, &device->config[offset], size);
	return value;
}

static uint64_t registers_read(void *opaque, uint64_t offset, unsigned int size)
{
	struct virtio_device *device = opaque;

	virtio_registers_settle(device);
	if (offset >= CONFIG_AT)
		return config_read(device, offset - CONFIG_AT, size);
	if (offset == ISR_AT)
		return atomic_exchange(&device->isr, 0);
	if (size == 8)
		return virtio_common_read(device, offset, 4) | (uint64_t)virtio_common_read(device, offset + 4, 4)
								       << 32;
	return virtio_common_read(device, offset, size);
}

static void registers_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct virtio_device *device = opaque;

	virtio_registers_settle(device);
	/* What a driver says to a device that is still being reset is lost; it has been told to wait. */
	if (device->resetting)
		return;
	virtio_common_write(device, offset, size == 8 ? 4 : size, (uint32_t)value);
	if (size == 8)
		virtio_common_write(device, offset + 4, 4, (uint32_t)(value >> 32));
}

static void notify_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct virtio_device *device = opaque;

	(void)size, (void)value;
	if (offset / NOTIFY_STEP < device->queue_count)
		eventfd_write(device->kick[offset / NOTIFY_STEP], 1);
}

/* The guest would wait for ever for an interrupt that cannot be set up. */
static void check_interrupts(struct virtio_device *device, int ret, const struct error *why)
{
	if (ret < 0)
		vm_end(device->vm, VM_END_CRASH, why);
}

static uint64_t msix_read(void *opaque, uint64_t offset, unsigned int size)
{
	const struct virtio_device *device = opaque;

	return pci_msix_read(&device->msix, offset, size);
}

static void msix_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct virtio_device *device = opaque;
	struct error why;
	int ret = pci_msix_write(&device->msix, offset, size, value, &why);

	check_interrupts(device, ret, &why);
}

static const struct bar_part {
	uint64_t offset, size;
	struct bus_ops ops;
} bar_parts[] = {
	{ 0, NOTIFY_AT, { "virtio", registers_read, registers_write } },
	{ NOTIFY_AT, MSIX_AT - NOTIFY_AT, { "virtio-notify", NULL, notify_write } },
	{ MSIX_AT, PCI_MSIX_PAGE_SIZE, { "virtio-msix", msix_read, msix_write } },
};

static const struct bar_part *find_part(uint64_t offset, unsigned int size)
{
	for (size_t i = 0; i < array_size(bar_parts); i++)
		if (offset >= bar_parts[i].offset && offset + size <= bar_parts[i].offset + bar_parts[i].size)
			return &bar_parts[i];
	return NULL;
}

static void disconnect_notifications(struct virtio_device *device, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		notify_disconnect(device->vm->vm_fd, device->notify_at + i * NOTIFY_STEP, device->kick[i]);
	device->notify_at = 0;
}

static int connect_notifications(struct virtio_device *device, uint64_t address, struct error *err)
{
	device->notify_at = address;
	for (unsigned int i = 0; i < device->queue_count; i++) {
		int ret = notify_connect(device->vm->vm_fd, address + i * NOTIFY_STEP, device->kick[i], err);

		if (ret < 0) {
			disconnect_notifications(device, i);
			return ret;
		}
	}
	return 0;
}

static int bar_map(struct pci_function *fn, unsigned int index, struct range place, struct error *err)
{
	struct virtio_device *device = device_of(fn);
	int ret = 0;
	size_t done = 0;

	(void)index;
	for (; done < array_size(bar_parts) && ret == 0; done++)
		ret = bus_add(&device->vm->mmio, place.start + bar_parts[done].offset, bar_parts[done].size,
			&bar_parts[done].ops, device, err);
	if (ret == 0)
		ret = connect_notifications(device, place.start + NOTIFY_AT, err);
	else
		done--;
	while (ret < 0 && done-- > 0)
		bus_remove(&device->vm->mmio, place.start + bar_parts[done].offset);
	return ret;
}

static void bar_unmap(struct pci_function *fn, unsigned int index)
{
	struct virtio_device *device = device_of(fn);
	uint64_t start = device->notify_at - NOTIFY_AT;

	(void)index;
	disconnect_notifications(device, device->queue_count);
	for (size_t i = 0; i < array_size(bar_parts); i++)
		bus_remove(&device->vm->mmio, start + bar_parts[i].offset);
}

/* VIRTIO_PCI_CAP_PCI_CFG (4.1.4.9): the BAR through configuration space, for those who cannot reach it yet. */
static const struct bar_part *cfg_target(struct pci_function *fn, uint64_t *ret_offset, unsigned int *ret_size)
{
	uint32_t offset = pci_config_get(&fn->config, CAP_PCI_CFG + offsetof(struct virtio_pci_cap, offset), 4);
	uint32_t size = pci_config_get(&fn->config, CAP_PCI_CFG + offsetof(struct virtio_pci_cap, length), 4);
	uint32_t bar = pci_config_get(&fn->config, CAP_PCI_CFG + offsetof(struct virtio_pci_cap, bar), 1);

	if (bar != BAR || (size != 1 && size != 2 && size != 4) || offset % size || offset >= BAR_SIZE)
		return NULL;
	*ret_offset = offset;
	*ret_size = size;
	return find_part(offset, size);
}

static uint32_t hardware_read(struct pci_function *fn, unsigned int offset, unsigned int size)
{
	uint64_t at;
	unsigned int width;
	const struct bar_part *part = cfg_target(fn, &at, &width);

	(void)size;
	if (!part || !part->ops.read || offset != PCI_CFG_DATA)
		return 0;
	return (uint32_t)part->ops.read(device_of(fn), at - part->offset, width);
}

static void hardware_write(
	struct pci_function *fn, unsigned int offset, unsigned int size, uint32_t value, uint32_t mask)
{
	uint64_t at;
	unsigned int width;
	const struct bar_part *part = cfg_target(fn, &at, &width);

	(void)size, (void)mask;
	if (part && part->ops.write && offset == PCI_CFG_DATA)
		part->ops.write(device_of(fn), at - part->offset, width, value);
}

static void config_written(struct pci_function *fn, unsigned int offset, unsigned int size)
{
	struct virtio_device *device = device_of(fn);
	struct error why;
	int ret = pci_msix_config_written(&device->msix, offset, size, &why);

	check_interrupts(device, ret, &why);
}

static const struct pci_config_field header_fields[] = {
	{ PCI_VENDOR_ID, 2, VENDOR_ID, 0 },
	{ PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0 },
	{ PCI_REVISION_ID, 1, REVISION, 0 },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0xff },
	{ PCI_LATENCY_TIMER, 1, 0, 0xff },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, VENDOR_ID, 0 },
	{ PCI_CAPABILITY_LIST, 1, CAP_COMMON, 0 },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff },
};

static const struct capability {
	uint8_t at, next, size, type;
	uint32_t offset, length; /* length 0: of the device */
} capabilities[] = {
	{ CAP_COMMON, CAP_ISR, CAP_SIZE, VIRTIO_PCI_CAP_COMMON_CFG, 0, VIRTIO_COMMON_SIZE },
	{ CAP_ISR, CAP_NOTIFY, CAP_SIZE, VIRTIO_PCI_CAP_ISR_CFG, ISR_AT, 1 },
	{ CAP_NOTIFY, CAP_CONFIG, CAP_SIZE + 4, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY_AT, NOTIFY_STEP *VIRTIO_QUEUE_MAX },
	{ CAP_CONFIG, CAP_PCI_CFG, CAP_SIZE, VIRTIO_PCI_CAP_DEVICE_CFG, CONFIG_AT, 0 },
	{ CAP_PCI_CFG, CAP_MSIX, CAP_SIZE + 4, VIRTIO_PCI_CAP_PCI_CFG, 0, 0 },
};

static void set_capability(struct virtio_device *device, const struct capability *cap)
{
	struct pci_config *config = &device->fn.config;
	bool access = cap->type == VIRTIO_PCI_CAP_PCI_CFG;
	uint32_t length = cap->length || access ? cap->length : device->config_size;
	const struct pci_config_field fields[] = {
		{ offsetof(struct virtio_pci_cap, cap_vndr), 1, PCI_CAP_ID_VNDR, 0 },
		{ offsetof(struct virtio_pci_cap, cap_next), 1, cap->next, 0 },
		{ offsetof(struct virtio_pci_cap, cap_len), 1, cap->size, 0 },
		{ offsetof(struct virtio_pci_cap, cfg_type), 1, cap->type, 0 },
		{ offsetof(struct virtio_pci_cap, bar), 1, BAR, access ? 0xff : 0 },
		{ offsetof(struct virtio_pci_cap, offset), 4, cap->offset, access ? UINT32_MAX : 0 },
		{ offsetof(struct virtio_pci_cap, length), 4, length, access ? UINT32_MAX : 0 },
	};

	pci_config_set_fields(config, cap->at, fields, array_size(fields));
	if (cap->type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		pci_config_set(config, cap->at + CAP_SIZE, 4, NOTIFY_STEP, 0);
	if (access)
		pci_config_pass(config, PCI_CFG_DATA, 4, UINT32_MAX, UINT32_MAX);
}

static void set_config_space(struct virtio_device *device, struct vm *vm)
{
	struct pci_config *config = &device->fn.config;

	pci_config_init(config);
	pci_config_set_fields(config, 0, header_fields, array_size(header_fields));
	pci_config_set(config, PCI_DEVICE_ID, 2, DEVICE_ID_FIRST + device->ops->id, 0);
	pci_config_set(config, PCI_SUBSYSTEM_ID, 2, DEVICE_ID_FIRST + device->ops->id, 0);
	pci_config_set(config, PCI_CLASS_PROG, 1, device->ops->class_code & 0xff, 0);
	pci_config_set(config, PCI_CLASS_DEVICE, 2, device->ops->class_code >> 8, 0);
	for (size_t i = 0; i < array_size(capabilities); i++)
		set_capability(device, &capabilities[i]);
	/* A device without a configuration of its own has no capability for it: drivers refuse an empty one. */
	if (!device->config_size)
		pci_config_set(config, CAP_NOTIFY + PCI_CAP_LIST_NEXT, 1, CAP_PCI_CFG, 0);
	pci_msix_power_on(&device->msix, &vm->irqs, CAP_MSIX, 0, BAR, MSIX_AT);
}

static int power_on(struct pci_function *fn, struct vm *vm, struct error *err)
{
	struct virtio_device *device = device_of(fn);

	device->vm = vm;
	virtio_registers_reset(device);
	set_config_space(device, vm);
	return device->ops->power_on(device, vm, err);
}

static void power_off(struct pci_function *fn)
{
	struct virtio_device *device = device_of(fn);

	device->ops->power_off(device);
	pci_msix_power_off(&device->msix);
	virtio_registers_reset(device);
}

static const struct pci_function_ops function_ops = {
	.kind = "virtio",
	.hardware_read = hardware_read,
	.hardware_write = hardware_write,
	.config_written = config_written,
	.bar_map = bar_map,
	.bar_unmap = bar_unmap,
	.power_on = power_on,
	.power_off = power_off,
};

int virtio_device_init(struct virtio_device *device, const char *name, struct error *err)
{
	int ret;

	device->fn.ops = &function_ops;
	snprintf(device->fn.name, sizeof(device->fn.name), "%s", name);
	pci_config_init(&device->fn.config);
	device->fn.bar[BAR] = (struct pci_bar){ .kind = PCI_BAR_MEM32, .size = BAR_SIZE };
	device->offered |=
		FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_RING_F_INDIRECT_DESC) | FEATURE(VIRTIO_RING_F_EVENT_IDX);
	for (unsigned int i = 0; i < VIRTIO_QUEUE_MAX; i++)
		device->kick[i] = -1;
	/* The configuration's vector, and one for each queue. */
	ret = pci_msix_init(&device->msix, &device->fn, (uint16_t)(device->queue_count + 1), err);
	for (unsigned int i = 0; i < device->queue_count && ret == 0; i++) {
		virtqueue_reset(&device->queue[i]);
		device->kick[i] = eventfd(0, EFD_CLOEXEC);
		if (device->kick[i] < 0)
			ret = fail(err, errno, "%s: create the notification of a queue", name);
	}
	return ret;
}

void virtio_device_done(struct virtio_device *device)
{
	pci_msix_done(&device->msix);
	for (unsigned int i = 0; i < device->queue_count; i++)
		close_fd(&device->kick[i]);
}
