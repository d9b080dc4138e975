/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFs while their eswitch changes: how many there are, and who drives them. On PCI their making is pf.c's, with all
 * that it knows; on another bus it is a write to sriov_numvfs, read back. Used by eswitch_change.c and its tests only.
 */
#ifndef SRIOV_ESWITCH_VFS_H
#define SRIOV_ESWITCH_VFS_H

#include "os/host_lock.h"
#include "sriov/eswitch.h"

/* pf: of a PCI function, else NULL. count 0: none. The number that it has already is left alone. */
int eswitch_vfs_set(const struct host_lock *lock, const struct devlink_handle *handle, const struct pci_device *pf,
	unsigned int count, struct error *err);

/* How many there are now; 0 where the bus has none. */
unsigned int eswitch_vfs_count(const struct sysroot *root, const struct devlink_handle *handle);

/* All VFs of *before that have a driver lose it; all are tried, *err is the first that kept it. */
int eswitch_vfs_unbind(const struct host_lock *lock, const struct eswitch *before, struct error *err);

/*
 * Each VF of *before that had a driver has that again, also where the VFs are new ones at the same addresses;
 * driver_override is afterwards what it is now, or the driver where *before had one of VFIO's.
 */
int eswitch_vfs_bind(const struct host_lock *lock, const struct eswitch *before, struct error *err);

#endif
