/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps by kind and target, sorted: for lists of thousands. Borrows the list, which must not change meanwhile. */
#ifndef PLAN_DIFF_INDEX_H
#define PLAN_DIFF_INDEX_H

#include "plan/step.h"

struct step_index {
	const struct step **step; /* owned */
	size_t count;
};

int step_index_make(struct step_index *index, const struct step_list *list, struct error *err);
void step_index_done(struct step_index *index);

/* NULL: there is none. */
const struct step *step_index_find(const struct step_index *index, const struct kind *kind, const char *target);

#endif
