// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread of a virtio device; see worker.h. */
#include "vmm-core/virtio/worker.h"

#include <sys/eventfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "vmm-core/sandbox.h"

enum {
	STACK_BYTES = 64 * 1024,
	MOMENT_NS = 50 * 1000 * 1000,
	SECOND_NS = 1000 * 1000 * 1000,
};

/*
 * What is wanted is looked at and taken on as one: whoever stops the thread before it has started knows that it will
 * not start any more.
 */
static enum worker_state take_on(struct worker *worker)
{
	enum worker_state wanted;

	pthread_mutex_lock(&worker->lock);
	wanted = worker->wanted;
	if (wanted == WORKER_RUNS)
		worker->now = WORKER_RUNS;
	pthread_mutex_unlock(&worker->lock);
	return wanted;
}

static void reached(struct worker *worker, enum worker_state state)
{
	pthread_mutex_lock(&worker->lock);
	worker->now = state;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
}

static void *worker_thread(void *opaque)
{
	struct worker *worker = opaque;
	enum worker_state state = WORKER_IDLE, wanted;

	/* Without its list it has the main thread's, which is longer: no reason to leave a guest without its device. */
	sandbox_enter_worker(worker->sandbox, NULL);
	while ((wanted = take_on(worker)) != WORKER_ENDS) {
		if (wanted == WORKER_IDLE && state == WORKER_RUNS) {
			worker->ops->drain(worker->opaque);
			reached(worker, WORKER_IDLE);
		}
		state = wanted;
		if (state == WORKER_RUNS)
			worker->ops->work(worker->opaque);
		worker->ops->wait(worker->opaque);
	}
	worker->ops->drain(worker->opaque);
	return NULL;
}

int worker_init(struct worker *worker, const struct worker_ops *ops, void *opaque, struct error *err)
{
	pthread_condattr_t attr;

	*worker = (struct worker){ .ops = ops, .opaque = opaque };
	worker->wake = eventfd(0, EFD_CLOEXEC);
	if (worker->wake < 0)
		return fail(err, errno, "create the thread of a device");
	pthread_mutex_init(&worker->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->changed, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

void worker_done(struct worker *worker)
{
	if (!worker->ops)
		return;
	if (worker->begun) {
		worker_want(worker, WORKER_ENDS);
		pthread_join(worker->thread, NULL);
	}
	close_fd(&worker->wake);
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	*worker = (struct worker){ 0 };
}

int worker_begin(struct worker *worker, const struct sandbox *sandbox, struct error *err)
{
	pthread_attr_t attr;
	int errnum;

	if (worker->begun)
		return 0;
	worker->sandbox = sandbox;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	errnum = pthread_create(&worker->thread, &attr, worker_thread, worker);
	pthread_attr_destroy(&attr);
	if (errnum)
		return fail(err, errnum, "start the thread of a device");
	worker->begun = true;
	return 0;
}

void worker_want(struct worker *worker, enum worker_state state)
{
	pthread_mutex_lock(&worker->lock);
	worker->wanted = state;
	pthread_mutex_unlock(&worker->lock);
	eventfd_write(worker->wake, 1);
}

/* By lock. A thread that has not begun is idle. */
static bool is_idle(const struct worker *worker)
{
	return !worker->begun || worker->now == WORKER_IDLE;
}

bool worker_is_idle(struct worker *worker)
{
	struct timespec until;
	bool idle;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += MOMENT_NS;
	if (until.tv_nsec >= SECOND_NS) {
		until.tv_sec++;
		until.tv_nsec -= SECOND_NS;
	}
	pthread_mutex_lock(&worker->lock);
	while (!is_idle(worker) && !pthread_cond_timedwait(&worker->changed, &worker->lock, &until))
		;
	idle = is_idle(worker);
	pthread_mutex_unlock(&worker->lock);
	return idle;
}

void worker_stop(struct worker *worker)
{
	worker_want(worker, WORKER_IDLE);
	pthread_mutex_lock(&worker->lock);
	while (!is_idle(worker))
		pthread_cond_wait(&worker->changed, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
}
