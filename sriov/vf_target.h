/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of one VF, whatever kind of device it is of: network settings through the PF's network device, NVMe
 * resources through the PF's controller, files of sysfs. One schema for all; a setting that this VF cannot have is
 * refused by name, before anything is changed.
 */
#ifndef SRIOV_VF_TARGET_H
#define SRIOV_VF_TARGET_H

#include "os/host_lock.h"
#include "pci/pci.h"
#include "sriov/sriov.h"

struct vf_target {
	const struct sysroot *root;
	const struct pci_device *pf;
	int index; /* of the VF */
};

/*
 * What every carrier reports of the PF's VFs, at most max, by index; unset where none does. Returns how many VFs were
 * answered for. Looks only, and what may not be read by this user is unset.
 */
size_t vf_target_read_all(
	const struct sysroot *root, const struct pci_device *pf, struct vf_settings *ret_settings, size_t max);

/* The same of one VF. False: nobody reports anything of it. */
bool vf_target_read(const struct vf_target *target, struct vf_settings *ret_settings);

/*
 * Write what is set, read it back, and undo all of it on failure. CODE_USAGE for an address that is no station's or is
 * taken on this host, CODE_VF_REJECTED, CODE_HALF_DONE, CODE_NO_SUCH_VF.
 */
int vf_target_write(const struct host_lock *lock, const struct vf_target *target, const struct vf_settings *settings,
	struct error *err);

/* Back to what vf_target_read() said before. 1 when something was written, 0 when nothing differs, or -errno. */
int vf_target_restore(
	const struct host_lock *lock, const struct vf_target *target, const struct vf_settings *was, struct error *err);

#endif
