/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of sluice-vmm's main thread: descriptors and who handles them, on one epoll instance. vCPUs have
 * threads of their own; nothing of a device's data path comes through here.
 */
#ifndef VMM_CORE_LOOP_H
#define VMM_CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/limits.h"

enum {
	LOOP_OWN_SOURCES = 32, /* the launcher, signals, the end; console and control socket with their clients */
	LOOP_SOURCE_MAX = LOOP_OWN_SOURCES + LIMIT_DEVICES * LIMIT_DEVICE_SOURCES
};

struct loop_source {
	int fd;
	void (*ready)(void *opaque, int fd, uint32_t events);
	void *opaque;
};

struct loop {
	int epoll_fd;
	bool stop;
	struct loop_source source[LOOP_SOURCE_MAX];
};

int loop_init(struct loop *loop, struct error *err);
void loop_done(struct loop *loop);

/* Level-triggered. The descriptor stays the caller's; remove it before closing it. */
int loop_add(struct loop *loop, int fd, uint32_t events, void (*ready)(void *opaque, int fd, uint32_t events),
	void *opaque, struct error *err);
void loop_remove(struct loop *loop, int fd);

/* Change what a source is watched for; 0 leaves hang-ups and errors only. */
void loop_events(struct loop *loop, int fd, uint32_t events);

/* Dispatches until loop->stop. */
int loop_run(struct loop *loop, struct error *err);

#endif
