/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between vf.c, which knows what a setting is and how to change settings safely, and vf_netlink.c, which carries them
 * to and from the kernel. Used by sriov/ and its tests only.
 */
#ifndef SRIOV_VF_H
#define SRIOV_VF_H

#include "sriov/sriov.h"
#include "sriov/vf_target.h"
#include "sriov/vf_text.h"

/* How settings travel; vf_netlink.c has the real one, tests have drivers that lie. */
struct vf_carrier {
	int (*read_all)(const struct vf_carrier *carrier, struct vf_settings *ret_settings, size_t max,
		size_t *ret_count, struct error *err);
	/* Everything that is set, in one request. */
	int (*write)(const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings,
		struct error *err);
	const char *ifname;
	void *context;
	const struct vf_target *target; /* of those below */
};

/*
 * Of one kind each: false when the target's PF has no such settings. The target stays the caller's, and is used as long
 * as the carrier is; name is how messages call the PF.
 */
bool vf_netlink_carrier(const struct vf_target *target, const char *name, struct vf_carrier *ret_carrier);
bool vf_nvme_carrier(const struct vf_target *target, const char *name, struct vf_carrier *ret_carrier);
bool vf_sysfs_carrier(const struct vf_target *target, const char *name, struct vf_carrier *ret_carrier);

/* vf_settings_write() over any carrier. */
int vf_settings_apply(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err);

/* vf_settings_restore() over any carrier. */
int vf_settings_put_back(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *was, struct error *err);

#endif
