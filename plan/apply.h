/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans done, as one transaction each. Each step is in the journal before it is begun, and read back after; when one
 * fails, all that were begun are undone, backwards.
 *
 *	apply_plan()	does a plan
 *	apply_undo()	takes the last one back, or the one that waits to be confirmed
 *	apply_confirm()	keeps the one that waits
 *	apply_recover()	after a kill or a cut of power: back to before what was begun
 *
 * What is killed on the way, at whatever instruction, leaves the host as it was, as it should be, or with a pending
 * entry of the journal, from which apply_recover() brings it back.
 */
#ifndef PLAN_APPLY_H
#define PLAN_APPLY_H

#include "assign/change.h"
#include "plan/diff.h"
#include "plan/guard.h"
#include "plan/journal.h"

enum apply_event {
	APPLY_BEGINS,
	APPLY_DONE,
	APPLY_UNDONE,
};

/* What to tell the operator of, while it is done; may be NULL. */
struct apply_listener {
	void (*tell)(void *context, enum apply_event event, const struct step *step, size_t number, size_t count);
	void *context;
};

struct apply_how {
	const char *command, *user; /* for journal and log */
	struct guard guard;
	struct apply_listener listener;
	unsigned int confirm_seconds;      /* 0: it stays at once */
	unsigned int undoes;               /* the generation that it takes back; 0: none */
	bool forgets;                      /* it is the release of everything */
	bool restores;                     /* a boot does again what was applied: no generation of its own */
	const struct source_list *sources; /* the files that it is of, and boots from then on; NULL: of none */
	/* Starts who undoes all at the deadline, before the first step; for confirm_seconds. */
	int (*watch)(const struct sysroot *root, const char *id, struct error *err);
};

struct apply_done {
	unsigned int generation; /* 0: there was nothing to do */
	size_t steps;
	bool reboot; /* some of it waits for a reboot */
};

/*
 * plan->found_after grows by what shows only on the way. CODE_WOULD_LOSE, CODE_APPLY_PENDING, CODE_PLAN_STALE (a
 * thing is not as the plan found it), CODE_ROLLED_BACK, CODE_HALF_DONE with what is left; else what failed, with all
 * as it was.
 */
int apply_plan(struct change *change, struct plan *plan, const struct apply_how *how, struct apply_done *ret_done,
	struct error *err);

/* CODE_NOTHING_TO_UNDO. how->undoes is filled here. */
int apply_undo(struct change *change, const struct apply_how *how, struct apply_done *ret_done, struct error *err);

/* CODE_NOTHING_TO_UNDO when none waits; *ret_generation is that of the one that stays. */
int apply_confirm(struct change *change, unsigned int *ret_generation, struct error *err);

enum apply_recovered {
	RECOVER_NOTHING, /* nothing was pending */
	RECOVER_UNDONE,  /* what was begun is undone */
	RECOVER_KEPT,    /* all was done, and stays */
	RECOVER_WAITS,   /* all was done, and waits to be confirmed */
};

/* force: one that waits to be confirmed is undone, too. CODE_HALF_DONE with what could not be. */
int apply_recover(struct change *change, const struct apply_how *how, bool force, enum apply_recovered *ret_recovered,
	struct error *err);

#endif
