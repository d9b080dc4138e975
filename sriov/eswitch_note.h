/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notes about eswitches, in /run/sluice/eswitch: what one was before a change, written before the first step and
 * removed after the last, so that one that was cut off (kill -9, a crash) is known and can be put right; and the mode
 * that sluice has put it into, so that a driver that was loaded anew, and has forgotten it, is known.
 */
#ifndef SRIOV_ESWITCH_NOTE_H
#define SRIOV_ESWITCH_NOTE_H

#include "os/host_lock.h"
#include "sriov/devlink.h"

struct eswitch_note {
	bool changing;              /* a change began, and did not end */
	struct devlink_eswitch was; /* before that change */
	unsigned int vfs;           /* as many VFs as there were, or are to be */
	int mode;                   /* that sluice put it into; DEVLINK_UNKNOWN: into none */
};

/* False: there is none, or it is not one of ours. */
bool eswitch_note_read(const struct sysroot *root, const struct devlink_handle *handle, struct eswitch_note *ret_note);

int eswitch_note_write(const struct host_lock *lock, const struct devlink_handle *handle,
	const struct eswitch_note *note, struct error *err);
void eswitch_note_remove(const struct host_lock *lock, const struct devlink_handle *handle);

#endif
