/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of the desired state as guest/ starts it: names of files become devices of this host, and a pool the list of
 * its members, of which the first that can be taken is chosen inside the host's lock.
 */
#ifndef PLAN_GUEST_SPEC_H
#define PLAN_GUEST_SPEC_H

#include "assign/host.h"
#include "guest/restart.h"
#include "guest/start.h"
#include "plan/desired.h"
#include "plan/step.h"

struct guest_plan {
	struct guest_spec spec; /* points into this object and the desired state: the object must not move */
	struct guest_rules rules;
	char *device[GUEST_DEVICE_MAX]; /* owned */
	struct restart_rule restart;
};

/* The errors are those of resolve_alias() and guest_rules_read(). guest_plan_done() in every case. */
int guest_plan_make(const struct desired *desired, const struct desired_guest *guest, const struct host *host,
	struct guest_plan *ret_plan, struct error *err);
void guest_plan_done(struct guest_plan *plan);

/*
 * Is the host as the files say where it matters to this guest: its cards' VFs, their number and settings? Drivers do
 * not matter: a guest's start sees to them. CODE_GUEST_UNPREPARED, with the first difference.
 */
int guest_plan_check_host(const struct desired *desired, const struct desired_guest *guest, const struct host *host,
	const struct step_list *found, struct error *err);

#endif
