// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing what reads devlink's answers: the bytes as datagrams, each behind its length, that answer whatever is asked;
 * and as the lines of a rule file. Whatever they are, reading ends, stays inside them, and what it found is text.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sriov/devlink.h"
#include "sriov/eswitch_rule.h"
#include "sriov/representor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct stream {
	const uint8_t *bytes;
	size_t size;
	uint32_t sequence;
};

static int stream_send(struct devlink_channel *channel, const void *bytes, size_t size, bool may_hang)
{
	struct stream *stream = channel->context;

	(void)size;
	(void)may_hang;
	stream->sequence = ((const struct nlmsghdr *)bytes)->nlmsg_seq;
	return 0;
}

/* The first message of each datagram is an answer to what was asked; else nothing would be looked at. */
static ssize_t stream_receive(struct devlink_channel *channel, void *buf, size_t size)
{
	struct stream *stream = channel->context;
	size_t length;

	if (stream->size < 2)
		return -ETIMEDOUT;
	length = (size_t)(stream->bytes[0] | stream->bytes[1] << 8);
	length = length < stream->size - 2 ? length : stream->size - 2;
	length = length < size ? length : size;
	memcpy(buf, stream->bytes + 2, length);
	stream->bytes += 2 + length;
	stream->size -= 2 + length;
	if (length >= sizeof(struct nlmsghdr))
		((struct nlmsghdr *)buf)->nlmsg_seq = stream->sequence;
	return (ssize_t)length;
}

static void stream_close(struct devlink_channel *channel)
{
	(void)channel;
}

static void must_be_text(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

static void look_at_all(struct devlink *devlink)
{
	const struct devlink_handle handle = { "pci", "0000:01:00.0" };
	cleanup_free struct devlink_handle *handles = NULL;
	cleanup_free struct devlink_port *ports = NULL;
	cleanup_free struct devlink_rate *rates = NULL;
	cleanup_free struct devlink_param *params = NULL;
	cleanup_free struct devlink_resource *resources = NULL;
	struct devlink_eswitch eswitch;
	size_t count = 0;

	if (devlink_ports_read(devlink, &handle, &ports, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++) {
			must_be_text(ports[i].netdev, sizeof(ports[i].netdev));
			must_be_text(devlink_flavour_name(ports[i].flavour), 16);
		}
	if (devlink_rates_read(devlink, &handle, &rates, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++)
			must_be_text(rates[i].parent, sizeof(rates[i].parent));
	if (devlink_params_read(devlink, &handle, &params, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++)
			must_be_text(params[i].value[0], sizeof(params[i].value[0]));
	if (devlink_resources_read(devlink, &handle, &resources, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++)
			must_be_text(resources[i].name, sizeof(resources[i].name));
	if (devlink_eswitch_read(devlink, &handle, &eswitch, NULL) == 0)
		must_be_text(eswitch_mode_name(eswitch.mode), 32);
	devlink_list_handles(devlink, &handles, &count, NULL);
}

static void read_as_rules(const uint8_t *bytes, size_t size)
{
	cleanup_free char *text = calloc(1, size + 1);
	struct representor_port port;
	struct eswitch_rules rules;
	struct error err = { 0 };

	memcpy(text, bytes, size);
	representor_port_parse(text, &port);
	if (eswitch_rules_parse(text, "rules", &rules, &err) == 0)
		eswitch_rules_done(&rules);
	else if (err.code == CODE_USAGE && strncmp(err.msg, "rules:", 6) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct stream stream = { bytes, size, 0 };
	struct devlink devlink = {
		.channel = { .send = stream_send,
			.receive = stream_receive,
			.close = stream_close,
			.fd = -1,
			.context = &stream },
		.family = 28,
	};

	/* Each of the looks gets the whole stream from where the one before left it. */
	while (stream.size > 2) {
		size_t left = stream.size;

		look_at_all(&devlink);
		if (stream.size == left)
			break;
	}
	read_as_rules(bytes, size);
	return 0;
}
