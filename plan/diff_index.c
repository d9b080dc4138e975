// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps by kind and target; see diff_index.h. */
#include "plan/diff_index.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int compare_steps(const void *one, const void *other)
{
	const struct step *const *a = one, *const *b = other;

	if ((*a)->kind != (*b)->kind)
		return (uintptr_t)(*a)->kind < (uintptr_t)(*b)->kind ? -1 : 1;
	return strcmp((*a)->target, (*b)->target);
}

int step_index_make(struct step_index *index, const struct step_list *list, struct error *err)
{
	index->step = calloc(list->count + 1, sizeof(*index->step));
	if (!index->step)
		return fail(err, ENOMEM, "make a plan");
	for (size_t i = 0; i < list->count; i++)
		index->step[i] = &list->step[i];
	index->count = list->count;
	qsort(index->step, index->count, sizeof(*index->step), compare_steps);
	return 0;
}

void step_index_done(struct step_index *index)
{
	free(index->step);
	*index = (struct step_index){ 0 };
}

const struct step *step_index_find(const struct step_index *index, const struct kind *kind, const char *target)
{
	const struct step wanted = { .kind = kind, .target = (char *)target };
	const struct step *key = &wanted;
	const struct step **found = NULL;

	if (index->count)
		found = bsearch(&key, index->step, index->count, sizeof(*index->step), compare_steps);
	return found ? *found : NULL;
}
