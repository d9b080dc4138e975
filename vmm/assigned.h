/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's assigned devices (device assignment, as KVM and VFIO call it), as one thing: their DMA space, their
 * functions on the guest's PCI bus, their part of the status. Here vmm-core and passthrough meet; vmm-core itself knows
 * nothing of VFIO.
 */
#ifndef VMM_ASSIGNED_H
#define VMM_ASSIGNED_H

#include <stdbool.h>

#include "base/error.h"
#include "dma/dma.h"
#include "passthrough/vfio_pci.h"
#include "vmm-core/vm.h"
#include "wire/control.h"
#include "wire/launch.h"

struct assigned {
	bool has_dma;
	struct dma_space dma;
	struct range reachable[LAYOUT_IOVA_MAX];
	size_t reachable_count; /* 0: no devices, no limits */
	struct vfio_kvm kvm;
	int group[LAUNCH_FD_MAX];
	size_t group_count;
	struct vfio_pci *device[CONTROL_DEVICE_MAX];
	size_t count;
};

/* From LAUNCH_DMA: takes its descriptors, and reads what devices can reach. */
int assigned_init(struct assigned *assigned, struct launch_message *message, struct error *err);

/*
 * From LAUNCH_DEVICE: takes over the VFIO device and puts it behind the next root port. One that cannot be reset is
 * refused, CODE_NO_RESET, unless the message says that this was accepted.
 */
int assigned_add(struct assigned *assigned, struct vm *vm, struct launch_message *message, struct error *err);

/* Show all of the guest's RAM, populated, to all devices. */
int assigned_map(struct assigned *assigned, struct vm *vm, struct error *err);

/* Their part of vm_status(). */
void assigned_status(const struct assigned *assigned, struct control_status *status);

/* Devices' events on vm->loop. */
int assigned_watch(struct assigned *assigned, struct vm *vm, struct error *err);

/* Closes devices, then their DMA space and groups. Accepts a zeroed struct. */
void assigned_done(struct assigned *assigned, struct vm *vm);

#endif
