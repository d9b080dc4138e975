/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of an eswitch as a transaction: the steps of a plan (eswitch_plan.h) one after the other, each read back;
 * where one fails, those before it and itself are undone in reverse order, and the end is compared with the beginning.
 * What was is written down first (eswitch_note.h). Who uses the VFs and the representors was asked before: by the
 * caller for VFs, by eswitch_check_users() for representors.
 */
#ifndef SRIOV_ESWITCH_CHANGE_H
#define SRIOV_ESWITCH_CHANGE_H

#include "os/host_lock.h"
#include "sriov/eswitch_plan.h"

/*
 * Does the steps of the plan that was made from *before. pf: of a PCI function, else NULL. Errors: that of the first
 * step when nothing had been changed before; CODE_ROLLED_BACK with the cause; CODE_HALF_DONE with what is left;
 * CODE_DRIVER_STUCK for a driver that hangs, after which nothing is undone, since that would hang too.
 */
int eswitch_change(const struct host_lock *lock, struct devlink *devlink, const struct eswitch *before,
	const struct eswitch_plan *plan, const struct pci_device *pf, struct error *err);

/*
 * A representor that is a port of a bridge, bond or the like, or has a VLAN device on it, would go away with this plan:
 * CODE_DEV_IN_USE names it. Representors go when switchdev mode ends, and when VFs are made anew.
 */
int eswitch_check_users(
	const struct sysroot *root, const struct eswitch *now, const struct eswitch_plan *plan, struct error *err);

#endif
