/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that the guest was given, as one thing: their DMA space, the functions on the guest's PCI bus, their part of
 * the status. Where vmm-core and passthrough meet; vmm-core itself knows nothing of VFIO.
 */
#ifndef VMM_PASSED_H
#define VMM_PASSED_H

#include <stdbool.h>

#include "base/error.h"
#include "dma/dma.h"
#include "passthrough/vfio_pci.h"
#include "vmm-core/vm.h"
#include "wire/control.h"
#include "wire/launch.h"

struct passed {
	bool has_dma;
	struct dma_space dma;
	struct range reachable[LAYOUT_IOVA_MAX];
	size_t reachable_count; /* 0: no devices, no limits */
	int group[LAUNCH_FD_MAX];
	size_t group_count;
	struct vfio_pci *device[CONTROL_DEVICE_MAX];
	size_t count;
};

/* From LAUNCH_DMA: takes its descriptors, and reads what devices can reach. */
int passed_init(struct passed *passed, struct launch_message *message, struct error *err);

/* Takes over the VFIO device and puts it behind the next root port. address names it in messages. */
int passed_add(struct passed *passed, struct vm *vm, const char *address, int fd, struct error *err);

/* Show all of the guest's RAM, populated, to all devices. */
int passed_map(struct passed *passed, struct vm *vm, struct error *err);

/* Devices' events on vm->loop, and their part of vm_status(). */
int passed_watch(struct passed *passed, struct vm *vm, struct error *err);

/* Closes devices, then their DMA space and groups. Accepts a zeroed struct. */
void passed_done(struct passed *passed, struct vm *vm);

#endif
