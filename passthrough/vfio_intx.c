// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INTx between VFIO (VFIO_IRQ_SET_ACTION_UNMASK by eventfd) and KVM (KVM_IRQFD_FLAG_RESAMPLE); see vfio_intx.h.
 *
 * Command.INTx Disable is never the guest's own bit: it is set on the device except while INTx is enabled and the
 * guest lets it come. VFIO takes a change of it for masking, and does not unmask behind it. A guest that sets it while
 * its pin is asserted gets that one interrupt still, as with a level that goes away.
 */
#include "passthrough/vfio_intx.h"

#include <errno.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"

void vfio_intx_init(struct vfio_intx *intx, struct vfio_device *device)
{
	*intx = (struct vfio_intx){ .device = device, .trigger = -1, .unmask = -1 };
}

void vfio_intx_reset(struct vfio_intx *intx, struct irq_table *irqs, uint32_t gsi)
{
	struct error err;

	/* What holds it in the kernel goes with the descriptors, should disabling fail. */
	vfio_intx_disable(intx, &err);
	intx->irqs = irqs;
	intx->gsi = gsi;
	intx->there = intx->device && intx->device->irq[VFIO_PCI_INTX_IRQ_INDEX].count;
}

static void close_events(struct vfio_intx *intx)
{
	close_fd(&intx->trigger);
	close_fd(&intx->unmask);
}

static int open_events(struct vfio_intx *intx, struct error *err)
{
	intx->trigger = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	intx->unmask = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (intx->trigger < 0 || intx->unmask < 0)
		return fail(err, errno, "%s: create the eventfds of INTx", intx->device->name);
	return 0;
}

/* The kernel says EBUSY for a line that it cannot have alone, and ENODEV for a device without one. */
static int explain(const struct vfio_device *device, int errnum, struct error *err)
{
	if (errnum == EBUSY) {
		fail_code(err, CODE_DEV_INTX_BUSY, EBUSY,
			"%s cannot mask its INTx, so that it needs an interrupt line of the host for itself, but "
			"others are on its line",
			device->name);
		return fail_hint(err,
			"/sys/bus/pci/devices/%s/irq has the line's number, /proc/interrupts who is on it: unbind "
			"those from their drivers, or put the card into another slot",
			device->name);
	}
	if (errnum == ENODEV) {
		fail_code(err, CODE_FAILED, ENODEV, "%s has INTx only, which reaches no interrupt line of this host",
			device->name);
		return fail_hint(err,
			"the firmware has not routed it (\"can't derive routing for PCI INT\" in `dmesg`): take "
			"another slot, or a firmware update");
	}
	return -errnum;
}

/* KVM first: from VFIO's trigger on interrupts come, and who unmasks must be there. */
static int enable(struct vfio_intx *intx, struct error *err)
{
	int32_t trigger;
	int ret = open_events(intx, err);

	if (ret)
		return ret;
	ret = irq_connect_level(intx->irqs, intx->gsi, intx->trigger, intx->unmask, err);
	if (ret)
		return ret;
	trigger = intx->trigger;
	ret = vfio_irq_trigger(intx->device, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &trigger, err);
	if (ret) {
		ret = explain(intx->device, -ret, err);
		goto disconnect;
	}
	ret = vfio_irq_unmask_by(intx->device, intx->unmask, err);
	if (!ret)
		return 0;
	vfio_irq_disable(intx->device, VFIO_PCI_INTX_IRQ_INDEX, NULL);
disconnect:
	irq_disconnect(intx->irqs, intx->gsi, intx->trigger);
	return ret;
}

int vfio_intx_follow(struct vfio_intx *intx, bool held, struct error *err)
{
	if (!intx->irqs || !intx->there)
		return 0;
	if (!intx->enabled) {
		int ret = enable(intx, err);

		if (ret) {
			close_events(intx);
			return ret;
		}
		intx->enabled = intx->held = true;
	}
	if (held != intx->held)
		vfio_irq_hold_intx(intx->device, held);
	intx->held = held;
	return 0;
}

int vfio_intx_disable(struct vfio_intx *intx, struct error *err)
{
	int ret;

	if (!intx->enabled)
		return 0;
	intx->enabled = false;
	vfio_irq_hold_intx(intx->device, true);
	ret = vfio_irq_disable(intx->device, VFIO_PCI_INTX_IRQ_INDEX, err);
	irq_disconnect(intx->irqs, intx->gsi, intx->trigger);
	close_events(intx);
	return ret;
}
