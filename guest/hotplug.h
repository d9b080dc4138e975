/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that a guest gets and gives back while it runs: the side of the process that looks after it. Requests come by
 * attach.h, one at a time; the others wait in the socket.
 *
 *	give		lock, check, lease and binding, unlock; open (the kernel resets the device); to sluice-vmm,
 *			which puts it into a free port
 *	take back	sluice-vmm asks the guest; when that has not let go in time, the device is pulled. Then it gets
 *			back the driver that it had
 *	the host wants	somebody has unbound the device: as if it had been taken back
 *
 * What fails is undone: the device then has its driver back, unless the error is CODE_HALF_DONE.
 */
#ifndef GUEST_HOTPLUG_H
#define GUEST_HOTPLUG_H

#include <poll.h>

#include "guest/attach.h"
#include "guest/start.h"

enum hotplug_state {
	HOTPLUG_IDLE,
	HOTPLUG_COMING, /* sluice-vmm has been sent it */
	HOTPLUG_ASKED,  /* the guest has been asked to let go of it */
	HOTPLUG_PULLED, /* sluice-vmm has been told to close it whatever the guest does */
};

enum {
	HOTPLUG_POLL_COUNT = 2,
};

struct guest_hotplug {
	struct guest_run *run;    /* borrowed */
	int listen_fd, client_fd; /* client_fd -1: nobody waits for an answer */
	enum hotplug_state state;
	struct pci_addr addr; /* of which device, unless idle */
	/* COMING: all functions of the card, addr the first; and their numbers in the guest */
	struct pci_addr coming[LAUNCH_FUNCTION_MAX];
	uint32_t function[LAUNCH_FUNCTION_MAX];
	size_t coming_count;
	struct attach_answer answer;
	int64_t deadline_ms;                      /* CLOCK_MONOTONIC; of the present state */
	struct pci_addr wanted[GUEST_DEVICE_MAX]; /* by the host, for later */
	size_t wanted_count;
};

/* run is a guest that was started. The object must not move. */
int hotplug_open(struct guest_hotplug *hotplug, struct guest_run *run, struct error *err);
void hotplug_close(struct guest_hotplug *hotplug);

/* What to poll for, and what came of it. */
void hotplug_poll(const struct guest_hotplug *hotplug, struct pollfd ret_polled[static HOTPLUG_POLL_COUNT]);
void hotplug_ready(struct guest_hotplug *hotplug, const struct pollfd polled[static HOTPLUG_POLL_COUNT]);

/* When hotplug_expired() is due, on CLOCK_MONOTONIC; 0: never. */
int64_t hotplug_deadline_ms(const struct guest_hotplug *hotplug);
void hotplug_expired(struct guest_hotplug *hotplug);

/* GUEST_EVENT_PLUGGED, _UNPLUGGED or _WANTED has come. */
void hotplug_event(struct guest_hotplug *hotplug, enum guest_event event);

#endif
