/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of VFs as text, which a captured host has in capture/vf_settings: "LINK/INDEX mac=... vlan=...". */
#ifndef SRIOV_VF_TEXT_H
#define SRIOV_VF_TEXT_H

#include "os/sysroot.h"
#include "sriov/sriov.h"

enum {
	VF_TEXT_SIZE = 512,
	VF_SETTINGS_MAX = 256, /* of one PF; others are not shown */
};

/* What is set, as vf_settings_parse() takes it, and the statistics. Returns buf. */
const char *vf_settings_to_text(const struct vf_settings *settings, char *buf, size_t size);
int vf_settings_from_text(const char *text, struct vf_settings *ret_settings);

/*
 * Of all VFs of the PF with that network device, in the order of their numbers: from the kernel, or of a captured host.
 */
int vf_settings_look(const struct sysroot *root, const char *ifname, struct vf_settings *ret_settings, size_t max,
	size_t *ret_count);

/* Of one of them. */
int vf_settings_look_at(const struct sysroot *root, const char *ifname, unsigned int index,
	struct vf_settings *ret_settings, struct error *err);

#endif
