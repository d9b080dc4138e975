/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: wishes compared with the host, in the order in which they can be done. What was changed before and is not
 * wished any more goes back to how it was first found. Looks only.
 *
 * The number of a PF's VFs changes through none, and all of them are made anew: their settings and drivers are steps of
 * their own then, so that the way back makes them as they were.
 */
#ifndef PLAN_DIFF_H
#define PLAN_DIFF_H

#include "plan/look.h"
#include "plan/step.h"

struct plan {
	struct step_list steps;
	bool waiting;                 /* what is as it should be in files takes effect at the next boot only */
	struct step_list looked;      /* all that was compared: `from` is how it was, `to` how it should be */
	struct step_list found;       /* found.json as it is */
	struct step_list found_after; /* ... and after the plan; apply adds what only shows on the way */
};

void plan_done(struct plan *plan);

/* found is copied. On success the caller ends *ret_plan. */
int plan_make(struct look *look, const struct step_list *wishes, const struct step_list *found, struct plan *ret_plan,
	struct error *err);

/* Back to how all was first found: wishes for that are found itself. */
int plan_make_release(struct look *look, const struct step_list *found, struct plan *ret_plan, struct error *err);

/* Does any of the steps, or what was done before this boot, wait for a reboot? */
bool plan_waits(const struct plan *plan);

#endif
