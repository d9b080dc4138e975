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

struct assigned_device {
	struct vfio_pci *pci;
	uint32_t group;    /* index into groups, or LAUNCH_NO_GROUP */
	bool pending;      /* hot plug: not on the bus yet */
	uint32_t function; /* when pending: what it will be */
};

struct assigned {
	bool has_dma;
	bool holds; /* vm->reclaim: memory is pinned */
	struct dma_space dma;
	struct range reachable[LAYOUT_IOVA_MAX];
	size_t reachable_count; /* 0: no devices, no limits */
	struct vfio_kvm kvm;
	int group[LIMIT_GROUPS]; /* -1: none in this place */
	struct assigned_device device[CONTROL_DEVICE_MAX];
	size_t count;
	uint64_t changes;    /* of the list and the DMA space */
	uint32_t last_group; /* of the device that came last: LAUNCH_GROUP_BEFORE */
	struct vfio_pci_watcher watcher;
};

/* Accepted by all below. */
void assigned_prepare(struct assigned *assigned);

/* From LAUNCH_DMA: takes its descriptors, and reads what devices can reach. */
int assigned_init(struct assigned *assigned, struct launch_message *message, struct error *err);

/*
 * From LAUNCH_DEVICE: takes over the VFIO device and puts it behind the next root port. One that cannot be reset is
 * refused, CODE_NO_RESET, unless the message says that this was accepted.
 */
int assigned_add(struct assigned *assigned, struct vm *vm, struct launch_message *message, struct error *err);

/*
 * The same of a guest that runs: into a free port. Its first device, after an assigned_init() in the middle of its
 * life, brings the DMA maps. One with LAUNCH_MORE waits for the other functions of its card: *ret_function is NULL.
 * Else it is the device's place in the guest. On failure nothing is left of it, nor of those that wait.
 */
int assigned_plug(struct assigned *assigned, struct vm *vm, struct launch_message *message,
	const struct pci_function **ret_function, struct error *err);

/*
 * Pull what is behind a port (from 0) and close it; names of its functions, as in LAUNCH_DEVICE, go to ret_names. With
 * the last device the DMA space goes. Returns how many there were.
 */
size_t assigned_unplug(
	struct assigned *assigned, struct vm *vm, unsigned int port, char ret_names[static LAUNCH_FUNCTION_MAX][16]);

/* The device of that name, or NULL. */
const struct pci_function *assigned_find(const struct assigned *assigned, const char *name);

/* Show all of the guest's RAM to all devices. */
int assigned_map(struct assigned *assigned, struct vm *vm, struct error *err);

/* Their part of vm_status(). */
void assigned_status(const struct assigned *assigned, struct control_status *status);

/* Devices' events on vm->loop. */
int assigned_watch(struct assigned *assigned, struct vm *vm, struct error *err);

/* Closes devices, then their DMA space and groups. */
void assigned_done(struct assigned *assigned, struct vm *vm);

#endif
