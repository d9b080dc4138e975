/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console: bytes carried between descriptors without ever blocking, so that the caller's poll() loop keeps
 * watching the guest and the signals.
 */
#ifndef GUEST_CHANNEL_H
#define GUEST_CHANNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* ^], which no shell or editor uses: telnet's and virsh's escape. */
#define CHANNEL_ESCAPE '\x1d'

/* One direction: from -> to. A descriptor of -1 is closed; what arrives for a closed `to` is dropped. */
struct channel {
	int from, to; /* borrowed */
	bool escapes; /* look for CHANNEL_ESCAPE; it is not passed on */
	unsigned int escape_count;
	char buf[4096];
	size_t start, end; /* what was read and not yet written */
};

/* What to poll for: reading, or writing when something is pending. An entry with fd -1 when there is nothing. */
struct pollfd channel_poll(const struct channel *channel);

/* Act on revents. Sets from to -1 at the end of the input. */
void channel_move(struct channel *channel, short revents);

bool channel_is_done(const struct channel *channel);

#endif
