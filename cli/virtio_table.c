// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of a guest's emulated devices; see virtio_table.h. */
#include "cli/virtio_table.h"

#include <string.h>

#define VIRTIO(member) FIELD(struct control_virtio, member)

const struct column disk_columns[] = {
	{ "DISK", "file", "file or device on this host", COLUMN_SHOWN, VIRTIO(label) },
	{ "IN-GUEST", "guest_address", "PCI address in the guest", COLUMN_SHOWN, VIRTIO(guest_address) },
	{ "SIZE", "size", "size", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE, VIRTIO(size_bytes) },
	{ "READ-ONLY", "read_only", "the guest cannot write to it", COLUMN_SHOWN, VIRTIO(read_only) },
	{ "STATE", "state", "idle: no driver; runs; needs-reset: its driver broke the rules", COLUMN_SHOWN,
		VIRTIO(state) },
	{ "TROUBLE", "trouble", "what its driver did wrong", 0, VIRTIO(trouble) },
	{ "BY", "backend", "how it is served: io_uring, or a thread", COLUMN_SHOWN, VIRTIO(backend) },
	{ "REQUESTS", "requests", "requests of the guest", COLUMN_SHOWN | COLUMN_RIGHT, VIRTIO(requests) },
	{ "READ", "bytes_read", "bytes that it read", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE, VIRTIO(bytes_in) },
	{ "WRITTEN", "bytes_written", "bytes that it wrote", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE,
		VIRTIO(bytes_out) },
	{ "ERRORS", "errors", "requests that failed", COLUMN_SHOWN | COLUMN_RIGHT, VIRTIO(errors) },
	{ "KICKS", "notifications", "notifications by the guest", COLUMN_SHOWN | COLUMN_RIGHT, VIRTIO(notifications) },
	{ "INTERRUPTS", "interrupts", "interrupts to the guest", COLUMN_SHOWN | COLUMN_RIGHT, VIRTIO(interrupts) },
	{ NULL },
};

void virtio_rows(const struct control_status *status, struct virtio_rows *ret_rows)
{
	ret_rows->disk_count = 0;
	for (uint32_t i = 0; i < status->virtio_count && i < CONTROL_VIRTIO_MAX; i++)
		if (!strcmp(status->virtio[i].kind, "disk"))
			ret_rows->disk[ret_rows->disk_count++] = status->virtio[i];
}
