/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of the desired state started, and ended: what is done to one of them in guest_flow.h. Each is kept by a
 * process of its own (guest/keep.h): systemd's, where it has the guest's unit, or one that is left behind.
 */
#ifndef PLAN_GUEST_UP_H
#define PLAN_GUEST_UP_H

#include "assign/host.h"
#include "plan/guest_flow.h"
#include "plan/step.h"

struct guest_up {
	const struct desired *desired;
	const struct host *host;       /* as it is now */
	const struct step_list *found; /* of the journal: what sluice has changed before */
	bool by_unit;                  /* systemd starts it; the files are the host's own */
	const char *user, *command;    /* for the log */
};

/*
 * Start it and wait until it runs. One that runs is left alone: GUEST_DID_NOTHING. So is one that waits to be started
 * again, which has failed unless that is near: then it is waited for. The errors are those of guest_plan_make(),
 * guest_plan_check_host() and guest_start(), and of the end that the guest had.
 */
void guest_up(const struct guest_up *up, const struct desired_guest *guest, struct guest_result *ret_result);

struct keeper;

/* Keep it in this process until it has ended for good (guest_keep()): what a unit's process does. */
int guest_up_here(
	const struct guest_up *up, const struct desired_guest *guest, struct keeper *keeper, struct error *err);

struct guest_down {
	const struct sysroot *root;
	bool force; /* it is not asked */
	const char *user, *command;
};

/* End it for good, and wait until its devices are back. One that does not run: GUEST_DID_NOTHING. */
void guest_down(const struct guest_down *down, const struct desired_guest *guest, struct guest_result *ret_result);

#endif
