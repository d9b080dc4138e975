/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulated devices of a guest: a table for each kind, and an array in JSON. */
#ifndef CLI_VIRTIO_TABLE_H
#define CLI_VIRTIO_TABLE_H

#include "os/sysroot.h"
#include "view/view.h"
#include "wire/control.h"

struct virtio_rows {
	struct control_virtio disk[CONTROL_VIRTIO_MAX];
	size_t disk_count;
	struct control_virtio net[CONTROL_VIRTIO_MAX];
	size_t net_count;
};

extern const struct column disk_columns[], net_columns[];

/*
 * Those of the status, by kind. What vhost-net moves sluice-vmm does not see: it is counted by the tap, on the host.
 */
void virtio_rows(const struct sysroot *root, const struct control_status *status, struct virtio_rows *ret_rows);

#endif
