/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between settings and the bytes of IFLA_VFINFO_LIST. Used by vf_netlink.c and its tests only. */
#ifndef SRIOV_VF_MESSAGE_H
#define SRIOV_VF_MESSAGE_H

#include <netlink/msg.h>

#include "sriov/vf.h"

/* Append IFLA_VFINFO_LIST with one entry that holds everything that is set. 0, or negative when it does not fit. */
int vf_message_put(struct nl_msg *message, unsigned int index, const struct vf_settings *settings);

/* The entries of a list; short, missing and unknown attributes leave their setting unset. Returns the number of VFs. */
size_t vf_message_parse(struct nlattr *list, struct vf_settings *ret_settings, size_t max);

#endif
