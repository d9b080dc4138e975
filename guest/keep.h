/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeping a guest: start it, look after it until it ends, start it again as its rule says (restart.h). The process that
 * does this is the guest's supervisor (supervise.h) all the time; what it does is in keeper.h's files.
 *
 * SIGTERM, SIGINT and SIGHUP end the guest for good: its power button, force when its time is over, and not before,
 * however many ask. A guest that was ended by `stop` is not started again either.
 */
#ifndef GUEST_KEEP_H
#define GUEST_KEEP_H

#include "guest/keeper.h"
#include "guest/start.h"
#include "guest/supervise.h"

/* A change of the guest, for logs: "down" to "running", "running" to "crashed"; why: of a failure, else NULL. */
typedef void (*keep_tell_fn)(
	void *context, const struct keeper *keeper, const char *from, const char *to, const struct error *why);

struct keep_how {
	struct restart_rule rule;
	uint32_t stop_seconds;
	int caller_fd; /* as in guest_spec, for the first start; closed once the guest runs, or cannot. 0: none */
	keep_tell_fn tell;
	/* May it be started again now, after this time? Its devices may have been changed meanwhile. NULL: always. */
	int (*check)(void *context, struct error *err);
	void *context;
};

/*
 * Returns when the guest has ended for good: 0 when it switched itself off or was asked to, else why it ended so. A
 * guest that cannot be started the first time is not tried again. spec is borrowed; its console is a socket.
 */
int guest_keep(struct keeper *keeper, const struct sysroot *root, const struct guest_spec *spec,
	const struct keep_how *how, struct error *err);

/*
 * How a life of a guest ended that the supervisor has seen to its end; its directory is still there. *ret_asked:
 * somebody wanted it so, by a signal or `stop`; it is not started again then.
 */
enum keeper_end keep_end_of(const struct supervisor *supervisor, const struct launch_ended *ended, bool *ret_asked);

#endif
