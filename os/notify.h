/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling systemd how a service is: one datagram to the socket that NOTIFY_SOCKET names (sd_notify(3)). */
#ifndef OS_NOTIFY_H
#define OS_NOTIFY_H

#include <stdbool.h>

/* Did systemd start this process, and want to hear from it? */
bool notify_is_wanted(void);

/* "READY=1\nSTATUS=..."; nobody listens: nothing happens. Not handed down: programs that are started do not have it. */
void notify_send(const char *state);

#endif
