/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that come and go while the guest runs, at sluice's word (wire/launch.h): the messages, and what the guest
 * does with its slots (vmm-core/pci/slot.h). A device leaves when it shall and the guest has switched its slot's power
 * off, or when it is pulled; one whose slot the guest switches off unasked stays its own. One that reports an error is
 * pulled too, or the guest is made to take it out and put it in again (wire/on_error.h); sluice-vmm's log says so.
 */
#ifndef VMM_HOTPLUG_H
#define VMM_HOTPLUG_H

#include "vmm/assigned.h"

struct hotplug {
	struct vm *vm;
	struct assigned *assigned;
	int socket;                    /* to sluice; borrowed */
	int switched_fd;               /* eventfd: a vCPU has noted a port in switched_off */
	_Atomic uint32_t switched_off; /* bit of each port that has lost its power */
	uint32_t asked, wanted;        /* of the main thread: bits of ports */
	bool skipping;                 /* a function of a card could not be had: nor are those that follow */
};

/* On vm->loop; before assigned_watch(). hotplug must not move. */
int hotplug_init(struct hotplug *hotplug, struct vm *vm, struct assigned *assigned, int socket, struct error *err);
void hotplug_done(struct hotplug *hotplug);

/* A message of sluice to a guest that runs; what it has taken of the descriptors is no longer in message. */
int hotplug_message(struct hotplug *hotplug, struct launch_message *message, struct error *err);

#endif
