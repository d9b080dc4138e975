/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hw-tc-offload, the feature of a network device by which rules of traffic control go to its eswitch (ethtool's
 * features; Documentation/networking/netdev-features.rst). Without it an eswitch in switchdev mode forwards nothing by
 * itself: every packet takes the way through this host's processor.
 */
#ifndef SRIOV_ESWITCH_OFFLOAD_H
#define SRIOV_ESWITCH_OFFLOAD_H

#include "os/sysroot.h"

/* 0, 1, or -1 where the device has no such feature, or where the root is not this host's. */
int eswitch_offload_read(const struct sysroot *root, const char *netdev);

/* Set and read back. 0 or -errno; -EOPNOTSUPP where the device did not do it. */
int eswitch_offload_write(const struct sysroot *root, const char *netdev, bool on);

#endif
