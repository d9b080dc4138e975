/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server side of the control socket (control.h), on the machine's loop. Several clients; none of them can block it.
 */
#ifndef VMM_CORE_CONTROL_SERVER_H
#define VMM_CORE_CONTROL_SERVER_H

#include "base/error.h"

enum {
	CONTROL_CLIENT_MAX = 8
};

struct control_server;
struct vm;

/* Takes over the listening SOCK_SEQPACKET socket (closed on failure too). */
int control_server_new(struct control_server **ret_server, struct vm *vm, int listen_fd, struct error *err);
void control_server_free(struct control_server *server);

#endif
