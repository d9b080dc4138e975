// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts of a VFIO device: VFIO_DEVICE_SET_IRQS (include/uapi/linux/vfio.h), nothing but the call. What a guest's
 * MSI-X table makes of them is vfio_msix.c.
 */
#include <linux/vfio.h>
#include <string.h>

#include "base/cleanup.h"
#include "passthrough/vfio_device.h"

static int set_irqs(struct vfio_device *device, struct vfio_irq_set *set)
{
	device->irq_calls++;
	return device->sys->ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set);
}

static int set_eventfds(
	struct vfio_device *device, uint32_t index, uint32_t first, uint32_t count, const int32_t *eventfds)
{
	size_t size = sizeof(struct vfio_irq_set) + count * sizeof(*eventfds);
	cleanup_free struct vfio_irq_set *set = calloc(1, size);

	if (!set) {
		errno = ENOMEM;
		return -1;
	}
	set->argsz = (uint32_t)size;
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = index;
	set->start = first;
	set->count = count;
	memcpy(set->data, eventfds, count * sizeof(*eventfds));
	return set_irqs(device, set);
}

int vfio_msix_set(
	struct vfio_device *device, uint32_t first, uint32_t count, const int32_t *eventfds, struct error *err)
{
	int ret;

	if (count == 0 || first >= device->msix_vectors || count > device->msix_vectors - first)
		return fail(err, EINVAL, "%s: set MSI-X vectors %u to %u of %u", device->name, first, first + count,
			device->msix_vectors);
	ret = set_eventfds(device, VFIO_PCI_MSIX_IRQ_INDEX, first, count, eventfds);
	if (ret < 0)
		return fail(err, errno, "%s: set MSI-X vectors %u to %u", device->name, first, first + count - 1);
	/* With too few, the kernel answers how many it could get, and enables none. */
	if (ret > 0) {
		fail_code(err, CODE_FAILED, ENOSPC, "%s: the host has %d interrupt vectors left, %u are needed",
			device->name, ret, first + count);
		fail_hint(
			err, "take back devices that are not used, or use a kernel with dynamic MSI-X (6.6 and later)");
		return -ENOSPC;
	}
	return 0;
}

int vfio_msix_disable(struct vfio_device *device, struct error *err)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
	};

	/* EINVAL: it is not enabled. */
	if (set_irqs(device, &set) < 0 && errno != EINVAL)
		return fail(err, errno, "%s: disable MSI-X", device->name);
	return 0;
}

int vfio_device_notify(struct vfio_device *device, uint32_t irq_index, int eventfd, struct error *err)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = irq_index };
	int32_t trigger = eventfd;

	/* Not every device and kernel has every notification. */
	if (device->sys->ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0 || info.count == 0)
		return 0;
	if (set_eventfds(device, irq_index, 0, 1, &trigger) < 0)
		return fail(err, errno, "%s: ask for notification %u", device->name, irq_index);
	return 0;
}
