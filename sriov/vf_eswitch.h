/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of VFs whose PF is in switchdev mode. Then a VF's address is that of the function behind its port, and its
 * rates are a leaf's, both by devlink (eswitch.h): the PF's network device refuses them there, or takes them and does
 * nothing. Whatever else a driver still has for a VF goes to the PF's network device as before; VLANs and checks are
 * rules on the representor in this mode, which drivers answer for.
 */
#ifndef SRIOV_VF_ESWITCH_H
#define SRIOV_VF_ESWITCH_H

#include "sriov/devlink.h"
#include "sriov/vf.h"

struct vf_eswitch {
	struct vf_carrier below; /* of the PF's network device; borrowed name and context */
	const struct sysroot *root;
	struct devlink_handle handle;
	int (*open)(
		const struct sysroot *root, struct devlink *ret_devlink, struct error *err); /* tests have their own */
};

/*
 * True when the network device below.ifname is of a device in switchdev mode: *ret_carrier is one over *vf, which is to
 * live as long. open NULL: the kernel's.
 */
bool vf_eswitch_carrier(struct vf_eswitch *vf, const struct sysroot *root, const struct vf_carrier *below,
	int (*open)(const struct sysroot *root, struct devlink *ret_devlink, struct error *err),
	struct vf_carrier *ret_carrier);

#endif
