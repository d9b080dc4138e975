/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan in a file: `plan -o FILE`, `apply FILE`. It is done exactly as it was shown, or not at all: the file has all
 * that was looked at, with the cards that were at the addresses, and who applies it compares the host with that first.
 */
#ifndef PLAN_SAVED_H
#define PLAN_SAVED_H

#include "plan/diff.h"

/* The text is the caller's to free; NULL without memory. */
char *saved_to_json(const struct plan *plan, const struct host *host);

/*
 * The plan in a file, when host is as it was: CODE_PLAN_STALE names what is not. CODE_CONFIG for a file that is no
 * plan. On success the caller ends *ret_plan.
 */
int saved_read(const char *path, const struct host *host, struct plan *ret_plan, struct error *err);

#endif
