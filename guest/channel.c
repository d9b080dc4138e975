// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes carried between two descriptors; see channel.h. */
#include "guest/channel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	/* What a terminal or pipe that poll() calls writable takes without blocking. */
	TTY_CHUNK = 256,
};

struct pollfd channel_poll(const struct channel *channel)
{
	if (channel->start < channel->end)
		return (struct pollfd){ .fd = channel->to, .events = POLLOUT };
	return (struct pollfd){ .fd = channel->from, .events = POLLIN };
}

/* Takes escapes out of what was just read. */
static void filter_escapes(struct channel *channel)
{
	size_t kept = 0;

	for (size_t i = 0; i < channel->end; i++) {
		if (channel->buf[i] == CHANNEL_ESCAPE)
			channel->escape_count++;
		else
			channel->buf[kept++] = channel->buf[i];
	}
	channel->end = kept;
}

static void move_in(struct channel *channel)
{
	ssize_t got = read(channel->from, channel->buf, sizeof(channel->buf));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		channel->from = -1;
		return;
	}
	channel->start = 0;
	channel->end = (size_t)got;
	if (channel->escapes)
		filter_escapes(channel);
	if (channel->to < 0)
		channel->start = channel->end = 0;
}

static void move_out(struct channel *channel)
{
	size_t left = channel->end - channel->start;
	size_t chunk = left > TTY_CHUNK && isatty(channel->to) ? TTY_CHUNK : left;
	ssize_t written = write(channel->to, channel->buf + channel->start, chunk);

	if (written < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (written < 0) {
		channel->to = -1;
		channel->start = channel->end = 0;
		return;
	}
	channel->start += (size_t)written;
}

void channel_move(struct channel *channel, short revents)
{
	if (!revents)
		return;
	if (channel->start < channel->end)
		move_out(channel);
	else if (channel->from >= 0)
		move_in(channel);
}

bool channel_is_done(const struct channel *channel)
{
	return channel->from < 0 && channel->start == channel->end;
}
