/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report for people: findings that say the same of several devices as one, consequences with their cause, and what is
 * left to do.
 */
#ifndef DOCTOR_FOLD_H
#define DOCTOR_FOLD_H

#include "doctor/finding.h"

/*
 * Findings that are alike: of one code (what could not be measured: for one reason), differing in addresses and numbers
 * only.
 */
struct fold {
	const struct finding *first;
	const size_t *member; /* indexes of all of them, in order; in folds->member */
	size_t count;
	const size_t *effect; /* of what they explain */
	size_t effect_count;
	bool same_summary, same_fix;
};

struct folds {
	const struct findings *findings; /* not owned */
	struct fold *item;               /* in the order of the findings; owned */
	size_t count;
	size_t *member, *effect; /* owned */
	/*
	 * What is to do: warnings and failures that have a remedy, failures first, each in the order of the report; of
	 * several that have the same remedy the first.
	 */
	const struct fold **thing; /* owned */
	size_t thing_count;
};

/* Of the findings that are no consequence; findings stays where it is as long as they are used. */
int folds_make(const struct findings *findings, struct folds *ret_folds, struct error *err);
void folds_done(struct folds *folds);

/* "0000:01:10.0, 0000:01:10.2" or "0000:01:10.0 to 0000:01:13.6 (32)", the host's name left out. Returns buf. */
const char *fold_subjects(const struct folds *folds, const struct fold *fold, char *buf, size_t size);

/* "CPU virtualization, KVM": the titles, each once, as many as fit. */
const char *fold_titles(const struct folds *folds, const size_t *member, size_t count, char *buf, size_t size);

/*
 * What to do about all of them. A command that differs in the device only becomes a loop of the shell over all devices.
 * Returns buf, or the fix itself when it is one for all.
 */
const char *fold_fix(const struct folds *folds, const struct fold *fold, char *buf, size_t size);

#endif
