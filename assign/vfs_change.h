/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another number of VFs where there are some: the kernel knows no way but through none, so the VFs go and come again.
 * Nobody may use one of them; settings, drivers and leases of those that are there before and after are put back.
 */
#ifndef ASSIGN_VFS_CHANGE_H
#define ASSIGN_VFS_CHANGE_H

#include "assign/vfs.h"

/*
 * As vfs_create_all(), also for PFs that have another number of VFs. CODE_DEV_IN_USE, before anything is changed, names
 * who uses their VFs. When it fails later, the old number is there again, with all that was remembered, or the error is
 * CODE_HALF_DONE. *ret_away_ms: how long the VFs were away, 0 when none were.
 */
int vfs_change_all(struct change *change, const struct vfs_wish *wishes, size_t count, unsigned int *ret_away_ms,
	struct error *err);

#endif
