/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving devices away and taking them back, with every protection: nothing that this host or another guest uses, no
 * bridges; a lease is written before the change. All functions that change something want host_lock() held.
 */
#ifndef ASSIGN_ASSIGN_H
#define ASSIGN_ASSIGN_H

#include "assign/host.h"
#include "assign/lease.h"

/*
 * May the device be given away? Changes nothing. CODE_DEV_BRIDGE, CODE_DEV_IN_USE naming who uses it. A device that is with
 * vfio-pci already is not asked about host users other than those of VFIO itself. CODE_DEV_MOVED when its lease is another card's.
 */
int assign_check(const struct host *host, const struct pci_device *device, struct error *err);

/*
 * Bind the device to driver. guest NULL: for the operator, until `release`; else for that guest, until assign_end().
 * What it had is kept in the lease, also over several takers. The caller has called assign_check().
 */
int assign_take(const struct host *host, const struct pci_device *device, const char *driver, const char *guest,
	struct error *err);

enum assign_result {
	ASSIGN_RESTORED,    /* it has the driver back that it had */
	ASSIGN_STILL_BOUND, /* the guest is gone, the operator's `bind` holds on */
	ASSIGN_NO_LEASE,    /* nothing was written down: the override was cleared and the kernel chose a driver */
	ASSIGN_UNTOUCHED,   /* nothing to do: no lease, and not with vfio-pci */
};

/* After a guest's end: back to the operator's binding, or to the driver it had. */
int assign_end(const struct host *host, struct pci_addr addr, enum assign_result *ret_result, struct error *err);

/*
 * `release`: back to the driver that the device had before the first taker, whoever died in between; works without a lease
 * too. CODE_DEV_IN_USE while a running guest has it, CODE_DEV_MOVED when the lease is another card's.
 */
int assign_release(
	const struct host *host, const struct pci_device *device, enum assign_result *ret_result, struct error *err);

/* Drop the lease, and leave the device as it is: it is for a card that is gone. CODE_DEV_IN_USE while a running guest has it. */
int assign_forget(const struct host *host, struct pci_addr addr, struct error *err);

/* Give /dev/vfio/GROUP to a user, so that the user's own programs can open it; -1 as uid gives it back to root. */
int assign_chown_group(const struct host *host, int group, int64_t uid, struct error *err);

#endif
