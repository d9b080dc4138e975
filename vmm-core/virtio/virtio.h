/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio: paravirtual devices (Virtual I/O Device version 1.2), the modern PCI transport only.
 *
 * A device has a front end, which the guest sees, and a back end, which does the work on what sluice opened for it:
 *
 *	transport.c	front end of all: PCI function, its capabilities and BAR, MSI-X by irqfd; virtio.h is its
 *			header. notify.h: notifications by ioeventfd, without an exit
 *	registers.h	status, features, queues: what driver and device agree on
 *	queue.h		split virtqueues on memory that a hostile driver writes to
 *	worker.h	the thread of a device: start, stop, an end that waits for what is under way
 *	blk.h		disks: requests of the guest; disk.h is their back end, disk_uring.c and disk_plain.c its two
 *			kinds, disk_request.c what both do with a request
 *	net.h		network cards on a tap: net_vhost.c, where the kernel moves the frames, net_tap.c, where a
 *			thread does
 *	rng.h		random numbers
 *	set.h		the devices of one guest, from the messages of the launch protocol
 *
 * Who does what: vCPU threads touch registers, with vm->lock held. The driver's queues and features are frozen when it
 * says DRIVER_OK, and then belong to the device's own thread, which takes no lock of the machine: notifications come to
 * it as eventfds, interrupts leave as eventfds. A reset waits for that thread; if it is held up by slow storage the
 * driver sees that the reset is not done yet (4.1.4.3.1: it has to wait for status 0).
 *
 * A driver that breaks the rules gets DEVICE_NEEDS_RESET and an interrupt, and nothing more until it resets the device.
 *
 * What it does not do: legacy and MMIO transports, packed rings, INTx (a guest without MSI-X polls), IOMMU of its own.
 */
#ifndef VMM_CORE_VIRTIO_VIRTIO_H
#define VMM_CORE_VIRTIO_VIRTIO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "vmm-core/pci/msix.h"
#include "vmm-core/pci/pci.h"
#include "vmm-core/virtio/queue.h"

struct control_virtio;
struct virtio_device;

enum {
	VIRTIO_QUEUE_MAX = 4,
	VIRTIO_CONFIG_MAX = 64, /* bytes of device-specific configuration */
};

/* What a kind of device is. All but `failed` with vm->lock held. */
struct virtio_ops {
	const char *kind;    /* "disk" */
	uint16_t id;         /* 5: Device Types */
	uint32_t class_code; /* PCI */
	/* The machine is switched on or off: threads begin and end. After power_off nothing touches guest memory. */
	int (*power_on)(struct virtio_device *device, struct vm *vm, struct error *err);
	void (*power_off)(struct virtio_device *device);
	/* The driver is ready: queues and features hold from now on. On failure the device needs a reset. */
	int (*start)(struct virtio_device *device, struct error *err);
	/* A reset begins; is it done? It may be asked for how long it takes, and must not be waited for. */
	void (*stop)(struct virtio_device *device);
	bool (*is_stopped)(struct virtio_device *device);
	void (*status)(const struct virtio_device *device, struct control_virtio *ret_status);
	void (*free)(struct virtio_device *device);
};

struct virtio_device {
	const struct virtio_ops *ops;
	struct pci_function fn;
	struct pci_msix msix;
	struct vm *vm;
	uint64_t offered; /* features */
	uint8_t config[VIRTIO_CONFIG_MAX];
	unsigned int config_size;
	unsigned int queue_count;
	struct virtqueue queue[VIRTIO_QUEUE_MAX];
	int kick[VIRTIO_QUEUE_MAX]; /* eventfds, blocking: the driver has notified. One too many does no harm */
	uint64_t notify_at;         /* where in the guest's memory notifications go; 0: nowhere */
	/* the driver's registers */
	uint64_t features;
	uint32_t feature_select, driver_feature_select;
	uint16_t queue_select, config_vector;
	_Atomic uint8_t status, isr;
	bool started, resetting;
};

/*
 * Fill a zeroed device: ops, offered, config, queue_count and each queue's size_max are the caller's to set before. On
 * failure virtio_device_done() takes back what there is.
 */
int virtio_device_init(struct virtio_device *device, const char *name, struct error *err);
void virtio_device_done(struct virtio_device *device);

/* By any thread: the driver's queue has news, the device has failed. */
void virtio_device_interrupt(struct virtio_device *device, unsigned int queue);
void virtio_device_failed(struct virtio_device *device);

bool virtio_device_has(const struct virtio_device *device, unsigned int feature);

#endif
