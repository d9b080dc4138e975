/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of the process that runs a guest: its events, signals to this process, and its console when that is here.
 *
 * SIGTERM, SIGINT and SIGHUP ask the guest to end, in three steps, each taken when the one before did not help in time
 * or when another signal or ^] comes, unless it is patient: power button, SIGTERM to sluice-vmm, SIGKILL.
 */
#ifndef GUEST_SUPERVISE_H
#define GUEST_SUPERVISE_H

#include "guest/channel.h"
#include "guest/hotplug.h"
#include "guest/start.h"

struct supervisor {
	struct guest_run run;
	struct guest_hotplug hotplug; /* while the guest runs */
	int signal_fd;
	struct channel input, output; /* of the console; descriptors -1 when it is a socket */
	bool running;
	unsigned int end_step;      /* steps taken to end the guest */
	bool asked;                 /* for it: a signal, ^], a caller that is gone; not: its start is late */
	int64_t deadline_ms;        /* of that, or of a step of the start; 0: none */
	bool late;                  /* it was ended because its start took too long */
	int64_t step_ms, notice_ms; /* since when the step of the start lasts; when to say so next, 0: never */
	/* A step of the start (run.info.step) has lasted so many seconds by now; NULL: nobody wants to know. */
	void (*on_wait)(const struct supervisor *supervisor, unsigned int seconds);
	bool patient;           /* who asks again, changes nothing: two that ask are no hurry */
	unsigned int button_ms; /* so long it has for its power button; 0: ten seconds */
	void (*on_end)(const struct supervisor *supervisor); /* it is asked to end for the first time; NULL */
	int caller_fd; /* as in guest_spec, while it matters: the guest ends when the other end is gone. 0: none */
};

/* Blocks the signals and prepares to hear them; call before any thread or guest. */
int supervisor_init(struct supervisor *supervisor, struct error *err);
void supervisor_done(struct supervisor *supervisor);

/*
 * Until the guest runs or has ended. Making memory present and mapping it last as long as they last, minutes for a
 * large guest, and are told meanwhile; a guest that takes two minutes for anything else is ended.
 */
int supervisor_wait_running(struct supervisor *supervisor, struct launch_ended *ret_ended, struct error *err);

/* Until the guest has ended, and what it last wrote is out. */
int supervisor_wait_ended(struct supervisor *supervisor, struct launch_ended *ret_ended, struct error *err);

/* The next step to end the guest. */
void supervisor_end_guest(struct supervisor *supervisor);

#endif
