/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DEVICE arguments of commands that take devices: all that pci_select() knows, and free:PF[+PF...] or free:any, which
 * is a VF that nobody has. A pool of a configuration file is first:DEVICE,DEVICE,...: the first of these that can be
 * taken. Asked inside the lock, so that two commands at once get two VFs: what one takes has a lease when the other
 * looks.
 */
#ifndef ASSIGN_PICK_H
#define ASSIGN_PICK_H

#include "assign/host.h"

/* Is it a device that is chosen when it is taken? */
bool device_pick_is_free(const char *text);

/*
 * Of VFs that would do: first those of a PF near the processors that this process may run on (NUMA), then of one whose
 * link is up, then in the order of the PFs named and of their numbers. One that is free has no lease, no driver, and no
 * user; an NVMe VF is online. taken: devices that this command has picked before. CODE_DEV_IN_USE when there is none,
 * with why the VFs that there are will not do; otherwise as pci_select().
 */
int device_pick(const struct host *host, const char *text, const struct pci_addr *taken, size_t taken_count,
	const struct pci_device **ret_device, struct error *err);

#endif
