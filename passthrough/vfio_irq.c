// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts of a VFIO device: VFIO_DEVICE_GET_IRQ_INFO and VFIO_DEVICE_SET_IRQS (include/uapi/linux/vfio.h), nothing
 * but the calls. What a guest's registers make of them is in vfio_intx.c, vfio_msi.c and vfio_msix.c.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>

#include "base/cleanup.h"
#include "passthrough/vfio_device.h"

static const struct {
	const char *name;
	uint32_t most;  /* the most vectors that the specification has */
	uint32_t flags; /* of VFIO, without which it is of no use */
} kinds[VFIO_IRQ_KINDS] = {
	[VFIO_PCI_INTX_IRQ_INDEX] = { "INTx", 1,
		VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED },
	[VFIO_PCI_MSI_IRQ_INDEX] = { "MSI", VFIO_MSI_MAX, VFIO_IRQ_INFO_EVENTFD },
	[VFIO_PCI_MSIX_IRQ_INDEX] = { "MSI-X", VFIO_VECTOR_MAX, VFIO_IRQ_INFO_EVENTFD },
};

int vfio_irq_read(struct vfio_device *device, struct error *err)
{
	for (uint32_t i = 0; i < VFIO_IRQ_KINDS; i++) {
		struct vfio_irq_info info = { .argsz = sizeof(info), .index = i };

		if (device->sys->ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0)
			return fail(err, errno, "%s: VFIO_DEVICE_GET_IRQ_INFO of %s", device->name, kinds[i].name);
		if (info.count > kinds[i].most)
			return fail_code(err, CODE_DEV_MALFORMED, EPROTO,
				"%s: the kernel counts %u %s vectors, %u is the limit", device->name, info.count,
				kinds[i].name, kinds[i].most);
		if ((info.flags & kinds[i].flags) != kinds[i].flags)
			info.count = 0;
		device->irq[i] = (struct vfio_irq){ info.count, !(info.flags & VFIO_IRQ_INFO_NORESIZE) };
	}
	return 0;
}

static int set_irqs(struct vfio_device *device, struct vfio_irq_set *set)
{
	device->irq_calls++;
	return device->sys->ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set);
}

static int set_eventfds(struct vfio_device *device, uint32_t action, uint32_t index, uint32_t first, uint32_t count,
	const int32_t *eventfds)
{
	size_t size = sizeof(struct vfio_irq_set) + count * sizeof(*eventfds);
	cleanup_free struct vfio_irq_set *set = calloc(1, size);

	if (!set) {
		errno = ENOMEM;
		return -1;
	}
	set->argsz = (uint32_t)size;
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | action;
	set->index = index;
	set->start = first;
	set->count = count;
	memcpy(set->data, eventfds, count * sizeof(*eventfds));
	return set_irqs(device, set);
}

/* The kernel answers how many it could get, or nothing but that it is full; it has enabled none. */
static int too_few(const struct vfio_device *device, uint32_t index, int available, uint32_t needed, struct error *err)
{
	fail_code(err, CODE_VECTORS_SHORT, ENOSPC, "%s: the host has %d %s vectors left, %u are needed", device->name,
		available, kinds[index].name, needed);
	fail_hint(err, "take back devices that are not used, or use a kernel with dynamic MSI-X (6.6 and later)");
	return -ENOSPC;
}

int vfio_irq_trigger(struct vfio_device *device, uint32_t index, uint32_t first, uint32_t count,
	const int32_t *eventfds, struct error *err)
{
	uint32_t have = device->irq[index].count;
	int ret;

	if (count == 0 || first >= have || count > have - first)
		return fail(err, EINVAL, "%s: set %s vectors %u to %u of %u", device->name, kinds[index].name, first,
			first + count, have);
	ret = set_eventfds(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, first, count, eventfds);
	if (ret > 0 || (ret < 0 && errno == ENOSPC))
		return too_few(device, index, ret > 0 ? ret : 0, first + count, err);
	if (ret < 0)
		return fail(err, errno, "%s: set %s vectors %u to %u", device->name, kinds[index].name, first,
			first + count - 1);
	return 0;
}

int vfio_irq_unmask_by(struct vfio_device *device, int eventfd, struct error *err)
{
	int32_t unmask = eventfd;

	if (set_eventfds(device, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &unmask) < 0)
		return fail(err, errno, "%s: have INTx unmasked by an eventfd", device->name);
	return 0;
}

void vfio_irq_hold_intx(const struct vfio_device *device, bool hold)
{
	uint32_t bit = PCI_COMMAND_INTX_DISABLE >> 8;
	uint32_t byte = vfio_device_read_config(device, PCI_COMMAND + 1, 1) & ~bit;

	vfio_device_write_config(device, PCI_COMMAND + 1, 1, hold ? byte | bit : byte);
}

/*
 * Where the kernel takes MSI from a device it gives it INTx, with nobody there to handle it: the line, which host
 * devices may share, would be asserted for ever. VFIO touches the device's own bit only when the one it shows changes.
 */
static void quiet_intx(const struct vfio_device *device)
{
	if (!device->irq[VFIO_PCI_INTX_IRQ_INDEX].count)
		return;
	vfio_irq_hold_intx(device, false);
	vfio_irq_hold_intx(device, true);
}

int vfio_irq_disable(struct vfio_device *device, uint32_t index, struct error *err)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
	};

	/* EINVAL: it is not enabled. */
	if (set_irqs(device, &set) < 0 && errno != EINVAL)
		return fail(err, errno, "%s: disable %s", device->name, kinds[index].name);
	if (index != VFIO_PCI_INTX_IRQ_INDEX)
		quiet_intx(device);
	return 0;
}

int vfio_device_notify(struct vfio_device *device, uint32_t irq_index, int eventfd, struct error *err)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = irq_index };
	int32_t trigger = eventfd;

	/* Not every device and kernel has every notification. */
	if (device->sys->ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0 || info.count == 0)
		return 0;
	if (set_eventfds(device, VFIO_IRQ_SET_ACTION_TRIGGER, irq_index, 0, 1, &trigger) < 0)
		return fail(err, errno, "%s: ask for notification %u", device->name, irq_index);
	return 0;
}
