// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The main thread's event loop on epoll(7); see loop.h. A handler may add and remove sources, also its own: an event
 * that epoll reported before is then dropped, because it carries the descriptor that its place in the table had.
 */
#include "vmm-core/loop.h"

#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"

enum {
	EVENTS_AT_ONCE = 8
};

int loop_init(struct loop *loop, struct error *err)
{
	memset(loop, 0, sizeof(*loop));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return fail(err, errno, "create the event loop");
	return 0;
}

void loop_done(struct loop *loop)
{
	/* A zeroed loop holds no descriptor: 0 is never epoll's here, standard input is open. */
	if (loop->epoll_fd > 0)
		close_fd(&loop->epoll_fd);
	memset(loop, 0, sizeof(*loop));
}

static uint64_t source_token(size_t index, int fd)
{
	return (uint64_t)index << 32 | (uint32_t)fd;
}

static struct loop_source *source_of(struct loop *loop, int fd)
{
	for (size_t i = 0; i < LOOP_SOURCE_MAX; i++)
		if (loop->source[i].ready && loop->source[i].fd == fd)
			return &loop->source[i];
	return NULL;
}

int loop_add(struct loop *loop, int fd, uint32_t events, void (*ready)(void *opaque, int fd, uint32_t events),
	void *opaque, struct error *err)
{
	struct epoll_event event = { .events = events };
	size_t i = 0;

	while (i < LOOP_SOURCE_MAX && loop->source[i].ready)
		i++;
	if (i == LOOP_SOURCE_MAX)
		return fail_code(err, CODE_FAILED, ENOSPC, "the event loop is full, %d sources", LOOP_SOURCE_MAX);
	event.data.u64 = source_token(i, fd);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return fail(err, errno, "watch descriptor %d", fd);
	loop->source[i] = (struct loop_source){ .fd = fd, .ready = ready, .opaque = opaque };
	return 0;
}

void loop_events(struct loop *loop, int fd, uint32_t events)
{
	struct loop_source *source = source_of(loop, fd);
	struct epoll_event event = { .events = events };

	if (!source)
		return;
	event.data.u64 = source_token((size_t)(source - loop->source), fd);
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

void loop_remove(struct loop *loop, int fd)
{
	struct loop_source *source = source_of(loop, fd);

	if (!source)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	memset(source, 0, sizeof(*source));
}

int loop_run(struct loop *loop, struct error *err)
{
	struct epoll_event event[EVENTS_AT_ONCE];

	while (!loop->stop) {
		int count = epoll_wait(loop->epoll_fd, event, EVENTS_AT_ONCE, -1);

		if (count < 0 && errno != EINTR)
			return fail(err, errno, "wait for events");
		for (int i = 0; i < count; i++) {
			const struct loop_source *source = &loop->source[event[i].data.u64 >> 32];
			int fd = (int)(uint32_t)event[i].data.u64;

			if (source->ready && source->fd == fd)
				source->ready(source->opaque, fd, event[i].events);
		}
	}
	return 0;
}
