/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking back what a plan had begun, backwards; for apply.c and recover.c. */
#ifndef PLAN_ROLLBACK_H
#define PLAN_ROLLBACK_H

#include "plan/apply.h"
#include "plan/audit.h"

struct rollback {
	struct change *change;
	struct journal *journal;
	const struct journal_entry *entry;
	enum journal_mark *mark; /* of each step */
	struct audit *audit;
	const struct apply_listener *listener;
};

/*
 * Undo every step that was begun. All are tried. 0: the host is as before, and the entry is gone from the journal;
 * CODE_HALF_DONE with what is left, and the entry stays.
 */
int rollback_all(const struct rollback *rollback, struct error *err);

/*
 * The same after a failure, which is in err: that becomes CODE_ROLLED_BACK when anything else had been done, or
 * CODE_HALF_DONE. Returns -errnum.
 */
int rollback_failed(const struct rollback *rollback, struct error *err);

#endif
