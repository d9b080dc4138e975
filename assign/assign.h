/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transactions: several devices taken, ended or released. Each checks inside the lock, since it asks for a struct change; writes
 * a lease before a device is changed; reads back what came of it. When it fails, err says what is left of each device (left.h).
 */
#ifndef ASSIGN_ASSIGN_H
#define ASSIGN_ASSIGN_H

#include "assign/change.h"
#include "assign/check.h"
#include "assign/lease.h"

/* What is wanted of the devices. */
struct assign_wish {
	const struct pci_addr *addr;
	size_t count;
	const char *driver; /* "vfio-pci" */
	const char *guest;  /* NULL: for the operator, until a release; else for that guest, until assign_end_all() */
	const struct pci_addr *unclean_ok; /* accepted although their last reset failed (clean.h) */
	size_t unclean_ok_count;
	int64_t uid; /* this user may open the devices' VFIO nodes; -1: only root */
};

/*
 * Check all devices, then bind all to the driver. What each had is kept in its lease, also over several takers. When one cannot be had
 * those before it are put back: CODE_ROLLED_BACK or another of that exit status, CODE_HALF_DONE when something is left. Before
 * anything is changed: CODE_DEV_LOST, CODE_USAGE for one that is named twice, those of assign_check(), CODE_DEV_NOT_CLEAN, CODE_NO_GROUP, CODE_IOMMU_OFF.
 */
int assign_take_all(const struct change *change, const struct assign_wish *wish, struct error *err);

enum assign_result {
	ASSIGN_RESTORED,    /* it has the driver back that it had */
	ASSIGN_STILL_BOUND, /* the guest is gone, the operator's `bind` holds on */
	ASSIGN_NO_LEASE,    /* nothing was written down: the override was cleared and the kernel chose a driver */
	ASSIGN_UNTOUCHED,   /* nothing to do: no lease, and not with vfio-pci */
};

/* After a guest's end: back to the operator's binding, or to the driver it had. All are tried. */
int assign_end_all(const struct change *change, const struct pci_addr *addr, size_t count, struct error *err);

/*
 * `release`: back to the driver that the device had before the first taker, whoever died in between; works without a lease too. All are
 * checked before one is changed: CODE_DEV_IN_USE while a running guest or another program has it, CODE_DEV_MOVED when the lease is
 * another card's. ret_results has one for each device.
 */
int assign_release_all(const struct change *change, const struct pci_addr *addr, size_t count,
	enum assign_result *ret_results, struct error *err);

/* Drop the lease, and leave the device as it is: it is for a card that is gone. CODE_DEV_IN_USE while a running guest has it. */
int assign_forget(const struct change *change, struct pci_addr addr, struct error *err);

#endif
