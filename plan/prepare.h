/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a desired state and a host to the plan between them: what `plan`, `apply` and `status` begin with. Looks only.
 */
#ifndef PLAN_PREPARE_H
#define PLAN_PREPARE_H

#include "plan/desired.h"
#include "plan/diff.h"
#include "plan/guard.h"

/* The errors are those of wishes_make(), journal_found() and plan_make(). On success the caller ends *ret_plan. */
int plan_prepare(const struct host *host, const struct desired *desired, struct plan *ret_plan, struct error *err);

/* Back to how all was first found. */
int plan_prepare_release(const struct host *host, struct plan *ret_plan, struct error *err);

/*
 * What the file's policy keeps for the host, and the devices that `--lose` names; both lists of *ret_guard are owned by
 * the caller, who frees them. desired may be NULL.
 */
int plan_prepare_guard(const struct host *host, const struct desired *desired, const char *const *lose, size_t count,
	struct guard *ret_guard, struct error *err);
void guard_done(struct guard *guard);

#endif
