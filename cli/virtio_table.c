// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of a guest's emulated devices; see virtio_table.h. */
#include "cli/virtio_table.h"

#include <string.h>

#include "base/text.h"

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

static json_t *mac_text(const void *row, const void *context)
{
	struct mac_addr mac;
	char text[MAC_TEXT_SIZE];

	(void)context;
	memcpy(mac.octet, ((const struct control_virtio *)row)->mac, sizeof(mac.octet));
	return json_text(mac_to_text(&mac, text));
}

const struct column net_columns[] = {
	{ "NET", "tap", "tap interface on this host", COLUMN_SHOWN, VIRTIO(label) },
	{ "IN-GUEST", "guest_address", "PCI address in the guest", COLUMN_SHOWN, VIRTIO(guest_address) },
	{ "MAC", "mac", "its address", COLUMN_SHOWN, .get = mac_text },
	{ "STATE", "state", "idle: no driver; runs; needs-reset: its driver broke the rules", COLUMN_SHOWN,
		VIRTIO(state) },
	{ "TROUBLE", "trouble", "what its driver did wrong, or what it has lost", 0, VIRTIO(trouble) },
	{ "BY", "backend", "who moves the frames: vhost, or a thread", COLUMN_SHOWN, VIRTIO(backend) },
	{ "FRAMES", "frames", "frames in and out", COLUMN_SHOWN | COLUMN_RIGHT, VIRTIO(requests) },
	{ "IN", "bytes_in", "bytes to the guest", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE, VIRTIO(bytes_in) },
	{ "OUT", "bytes_out", "bytes from the guest", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE, VIRTIO(bytes_out) },
	{ "ERRORS", "errors", "frames that were lost", COLUMN_SHOWN | COLUMN_RIGHT, VIRTIO(errors) },
	{ "KICKS", "notifications", "notifications by the guest, unless vhost has them", 0, VIRTIO(notifications) },
	{ "INTERRUPTS", "interrupts", "interrupts to the guest, unless by vhost", 0, VIRTIO(interrupts) },
	{ NULL },
};

static uint64_t statistic(const struct sysroot *root, const char *tap, const char *name)
{
	uint64_t value = 0;
	char text[32];

	if (sysroot_read_text(root, text, sizeof(text), "sys/class/net/%s/statistics/%s", tap, name) > 0) {
		text_chomp(text);
		text_to_u64(text, UINT64_MAX, &value);
	}
	return value;
}

/* What the tap sends the guest receives. Its name comes from the guest's process: it is no path. */
static void count_by_tap(const struct sysroot *root, struct control_virtio *net)
{
	if (strcmp(net->backend, "vhost") != 0 || strchr(net->label, '/') || net->label[0] == '.')
		return;
	net->requests = statistic(root, net->label, "tx_packets") + statistic(root, net->label, "rx_packets");
	net->bytes_in = statistic(root, net->label, "tx_bytes");
	net->bytes_out = statistic(root, net->label, "rx_bytes");
	net->errors = statistic(root, net->label, "tx_dropped") + statistic(root, net->label, "rx_dropped");
}

void virtio_rows(const struct sysroot *root, const struct control_status *status, struct virtio_rows *ret_rows)
{
	ret_rows->disk_count = ret_rows->net_count = 0;
	for (uint32_t i = 0; i < status->virtio_count && i < CONTROL_VIRTIO_MAX; i++) {
		const struct control_virtio *virtio = &status->virtio[i];

		if (!strcmp(virtio->kind, "disk"))
			ret_rows->disk[ret_rows->disk_count++] = *virtio;
		if (strcmp(virtio->kind, "net") != 0)
			continue;
		ret_rows->net[ret_rows->net_count] = *virtio;
		count_by_tap(root, &ret_rows->net[ret_rows->net_count++]);
	}
}
