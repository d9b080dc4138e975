/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the kernel's devlink interface (include/uapi/linux/devlink.h) that Debian 12's headers lack. They are ABI:
 * a kernel that does not know one ignores it, or refuses it by name. Debian 13's headers have most of them, so these
 * have names of their own.
 */
#ifndef SRIOV_DEVLINK_ABI_H
#define SRIOV_DEVLINK_ABI_H

#include <linux/devlink.h>

enum {
	DL_ATTR_RATE_TX_PRIORITY = 177, /* u32; Linux 6.3 */
	DL_ATTR_RATE_TX_WEIGHT = 178,   /* u32; Linux 6.3 */
	DL_ATTR_MAX = DL_ATTR_RATE_TX_WEIGHT,
};

/* Nested in DEVLINK_ATTR_PORT_FUNCTION. */
enum {
	DL_FUNCTION_HW_ADDR = 1,
	DL_FUNCTION_STATE = 2,
	DL_FUNCTION_OPSTATE = 3,
	DL_FUNCTION_CAPS = 4,       /* struct nla_bitfield32; Linux 6.2 */
	DL_FUNCTION_DEVLINK = 5,    /* nested; Linux 6.7 */
	DL_FUNCTION_MAX_IO_EQS = 6, /* u32; Linux 6.10 */
	DL_FUNCTION_MAX = DL_FUNCTION_MAX_IO_EQS,
};

/* Bits of DL_FUNCTION_CAPS. */
enum {
	DL_CAP_ROCE = 1 << 0,
	DL_CAP_MIGRATABLE = 1 << 1,
	DL_CAP_IPSEC_CRYPTO = 1 << 2,
	DL_CAP_IPSEC_PACKET = 1 << 3,
};

enum {
	DL_MODE_SWITCHDEV_INACTIVE = 2, /* a third value of DEVLINK_ATTR_ESWITCH_MODE; Linux 6.19 */
};

#endif
