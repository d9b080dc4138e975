/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sluice guest NAME --explain-config DEVICE`: a device's configuration space in its guest, register by register. */
#ifndef CLI_EXPLAIN_CONFIG_H
#define CLI_EXPLAIN_CONFIG_H

#include "cli/cli.h"
#include "guest/guest.h"

/* Ask the guest and print. device_name is a DEVICE argument; CODE_NO_SUCH_DEVICE where the guest does not have it. */
int explain_config(const struct cli *cli, const struct sysroot *root, const struct guest_info *info,
	const char *device_name, struct error *err);

#endif
