/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What devlink says, as text: a captured host has it in capture/eswitches in place of a kernel to ask. A line for each
 * eswitch, port and rate: what it is, whose ("pci/0000:01:00.0"), and KEY=VALUE for what the driver says of it. Numbers
 * are the kernel's. Parameters and resources are not in it.
 */
#ifndef SRIOV_DEVLINK_TEXT_H
#define SRIOV_DEVLINK_TEXT_H

#include <stdio.h>

#include "sriov/devlink.h"

#define DEVLINK_TEXT_FILE "capture/eswitches"

/* Does the captured host have such a file? Those of older sluices have none. */
bool devlink_text_is_there(const struct sysroot *root);

void devlink_text_put_eswitch(const struct devlink_handle *handle, const struct devlink_eswitch *eswitch, FILE *out);
void devlink_text_put_port(const struct devlink_port *port, FILE *out);
void devlink_text_put_rate(const struct devlink_rate *rate, FILE *out);

/* As the functions of devlink.h that ask the kernel. The caller frees the lists. */
int devlink_text_handles(
	const struct sysroot *root, struct devlink_handle **ret_handles, size_t *ret_count, struct error *err);
int devlink_text_eswitch(const struct sysroot *root, const struct devlink_handle *handle,
	struct devlink_eswitch *ret_eswitch, struct error *err);
int devlink_text_ports(const struct sysroot *root, const struct devlink_handle *handle, struct devlink_port **ret_ports,
	size_t *ret_count, struct error *err);
int devlink_text_rates(const struct sysroot *root, const struct devlink_handle *handle, struct devlink_rate **ret_rates,
	size_t *ret_count, struct error *err);

#endif
