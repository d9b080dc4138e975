/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File, journal and host compared: what is not as the file says, and what is known of how that came. Looks only.
 */
#ifndef PLAN_DRIFT_H
#define PLAN_DRIFT_H

#include "plan/desired.h"
#include "plan/diff.h"
#include "plan/journal.h"

/* One thing that is not as it should be: a step of the plan, and who made it so. */
struct drift_item {
	const struct step *step; /* of the plan */
	char who[768];           /* "sluice set it at …; it was changed since, by something else"; "" nothing known */
};

enum drift_pending {
	DRIFT_SETTLED,
	DRIFT_UNCONFIRMED, /* a plan is done, and waits to be confirmed */
	DRIFT_BROKEN,      /* one was killed on the way, or could not be undone */
};

struct drift {
	bool has_file;
	struct plan plan;        /* where there is a file */
	struct drift_item *item; /* one a step; owned */
	enum drift_pending pending;
};

/* desired may be NULL: there is no file. On success the caller ends *ret_drift. */
int drift_read(const struct host *host, const struct desired *desired, struct drift *ret_drift, struct error *err);
void drift_done(struct drift *drift);

#endif
