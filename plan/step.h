/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A step of a plan: one thing of this host (a kind of plan/kind.h and a target) goes from one state to another. Undoing
 * it is the same step with both exchanged, so a list of steps read backwards is the way back.
 *
 * States are one line of text, as the kind's look says them. STEP_ABSENT is the state of what is not there, since what
 * carries it is not: a VF before its PF was split, and after.
 */
#ifndef PLAN_STEP_H
#define PLAN_STEP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

struct kind;

#define STEP_ABSENT "-"

enum {
	STEP_MAX = 65536,       /* of one list */
	STEP_TARGET_SIZE = 128, /* longest, with its end */
	STEP_WHY_SIZE = 512,
};

struct step {
	const struct kind *kind;
	char *target, *from, *to; /* owned; never NULL */
	char *why;                /* "/etc/sluice/sluice.yaml:12:3"; owned; never NULL */
	bool reboot;              /* it takes effect at the next one */
};

struct step_list {
	struct step *step; /* owned */
	size_t count, room;
};

void step_list_done(struct step_list *list);

/* Copies the texts. On failure the list is as before. */
int step_list_add(struct step_list *list, const struct kind *kind, const char *target, const char *from, const char *to,
	const char *why, struct error *err);

/* The same steps, backwards, each the other way. */
int step_list_reverse(const struct step_list *list, struct step_list *ret_list, struct error *err);

/* By a thing's name: the first step of it, or NULL. */
const struct step *step_list_find(const struct step_list *list, const struct kind *kind, const char *target);

static inline bool step_is_absent(const char *state)
{
	return !strcmp(state, STEP_ABSENT);
}

/*
 * [{kind, target, from, to, why, reboot}], and back. What was read is checked: kinds that there are, texts of a length,
 * no control characters, at most STEP_MAX; -EBADMSG.
 */
json_t *step_list_json(const struct step_list *list);
int step_list_from_json(const json_t *array, struct step_list *ret_list, struct error *err);

#endif
