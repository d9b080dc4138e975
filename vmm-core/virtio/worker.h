/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that serves a device's queues. It begins with the first power-on, inside the sandbox, with a list of
 * system calls of its own, and ends with the device; in between it runs while the driver does, and otherwise touches
 * nothing of the guest. It takes no lock but its own, so that whoever holds vm->lock may wait for it.
 */
#ifndef VMM_CORE_VIRTIO_WORKER_H
#define VMM_CORE_VIRTIO_WORKER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct sandbox;

/* What the thread does, by nobody else. */
struct worker_ops {
	/* Sleep until there is something to do: notifications, what the back end has done, or `wake` is signalled. */
	void (*wait)(void *opaque);
	/* Do it. Also called once when the driver starts. */
	void (*work)(void *opaque);
	/* Finish what is under way: afterwards nothing is, and nobody touches guest memory. */
	void (*drain)(void *opaque);
};

enum worker_state {
	WORKER_IDLE,
	WORKER_RUNS,
	WORKER_ENDS,
};

struct worker {
	const struct worker_ops *ops;
	void *opaque;
	int wake; /* eventfd, blocking; read by wait() */
	pthread_t thread;
	bool begun;
	const struct sandbox *sandbox;
	pthread_mutex_t lock;
	enum worker_state wanted, now; /* by lock */
	pthread_cond_t changed;
};

int worker_init(struct worker *worker, const struct worker_ops *ops, void *opaque, struct error *err);

/* Accepts a zeroed one. Waits for the thread to end. */
void worker_done(struct worker *worker);

/* Begin the thread, unless that was done before. */
int worker_begin(struct worker *worker, const struct sandbox *sandbox, struct error *err);

/* RUNS is wanted of a thread that is idle only. */
void worker_want(struct worker *worker, enum worker_state state);

/* After IDLE was wanted: is it? Waits a moment for it, long enough for a drain that has nothing to wait for. */
bool worker_is_idle(struct worker *worker);

/* IDLE is wanted, and waited for. */
void worker_stop(struct worker *worker);

#endif
