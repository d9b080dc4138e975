/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What VFs were set to before a change of their eswitch, and its return: in legacy mode by the PF's network device
 * (sriov.h), in switchdev mode by the functions behind devlink's ports and by rates (devlink.h). Of settings of the one
 * mode, what the other has no place for does not go along: VLANs and checks are rules there. Rate nodes too.
 */
#ifndef SRIOV_ESWITCH_KEPT_H
#define SRIOV_ESWITCH_KEPT_H

#include "os/host_lock.h"
#include "sriov/eswitch.h"

struct eswitch_kept;

/* The caller frees *ret_kept. Settings that cannot be read are none. */
int eswitch_kept_read(const struct eswitch *before, struct eswitch_kept **ret_kept, struct error *err);
void eswitch_kept_free(struct eswitch_kept **kept);

/* Whatever the mode is now: what differs is written, and read back. All VFs are tried; *err is the first failure. */
int eswitch_kept_restore(struct eswitch_kept *kept, const struct host_lock *lock, struct devlink *devlink,
	const struct devlink_handle *handle, struct error *err);

/* Every rate node of *before away, children first; those that are gone already are left out. */
int eswitch_rates_remove(struct devlink *devlink, const struct eswitch *before, struct error *err);

/* Every rate node of *before, with its rates and parent, and the leafs' parents and rates; what is so already stays. */
int eswitch_rates_restore(struct devlink *devlink, const struct eswitch *before, struct error *err);

#endif
