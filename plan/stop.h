/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals while a plan is done: SIGINT and SIGTERM are heard between two steps, and then all is undone; SIGHUP is not
 * heard, since the session may have gone with the network device that the plan takes.
 */
#ifndef PLAN_STOP_H
#define PLAN_STOP_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"

struct stop {
	int fd; /* of signalfd(2); owned */
	sigset_t before;
	struct sigaction pipe_before;
	bool began;
};

int stop_begin(struct stop *stop, struct error *err);
void stop_end(struct stop *stop);

/* 0, or CODE_FAILED with EINTR when somebody asked to stop. */
int stop_asked(const struct stop *stop, struct error *err);

#endif
