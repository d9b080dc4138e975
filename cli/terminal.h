/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console on this terminal: raw mode, and bytes carried between descriptors without ever blocking, so that
 * the caller's poll() loop keeps watching the guest and the signals.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/error.h"

/* ^], which no shell or editor uses: telnet's and virsh's escape. */
#define TERMINAL_ESCAPE '\x1d'

struct terminal {
	int fd; /* borrowed; -1: nothing to restore */
	struct termios saved;
};

/* Raw mode, when fd is a terminal; nothing otherwise. */
void terminal_make_raw(struct terminal *terminal, int fd);
/* As it was. Usable as a cleanup function; harmless when nothing was changed. */
void terminal_restore(struct terminal *terminal);

/* One direction: from -> to. A descriptor of -1 is closed; what arrives for a closed `to` is dropped. */
struct channel {
	int from, to; /* borrowed */
	bool escapes; /* look for TERMINAL_ESCAPE; it is not passed on */
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
