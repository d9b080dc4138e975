/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Something done to several guests of the desired state, in the order that they have: each in a process of its own, and
 * those at the same time that have nothing to do with each other. Starting goes along `after` and `requires`, stopping
 * against it. Which guests, is decided here too; what is done, the caller says.
 */
#ifndef PLAN_GUEST_FLOW_H
#define PLAN_GUEST_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "plan/desired.h"

enum guest_did {
	GUEST_DID_NOTHING, /* it was so already */
	GUEST_DID_IT,
	GUEST_DID_BY_FORCE, /* stopping: it did not hear its power button */
	GUEST_DID_FAIL,
	GUEST_DID_SKIP, /* what it requires failed */
};

struct guest_result {
	bool chosen;
	enum guest_did did;
	struct error error; /* of FAIL and SKIP */
};

enum guest_direction {
	GUEST_FLOW_UP,
	GUEST_FLOW_DOWN,
};

struct guest_flow {
	const struct desired *desired;
	enum guest_direction direction;
	/* One guest, in a process of its own, which ends after it. Fills all of *ret_result but chosen. */
	void (*work)(void *context, const struct desired_guest *guest, struct guest_result *ret_result);
	/* In the caller's process, as the results come; may be NULL. */
	void (*tell)(void *context, const struct desired_guest *guest, const struct guest_result *result);
	void *context;
};

/*
 * result: one for each guest of desired, zeroed; sets chosen. Named ones, and: up, all that they require; down, all
 * that require them. No names: up, those with autostart and what they require; down, all. CODE_NO_SUCH_GUEST.
 */
int guest_flow_choose(const struct desired *desired, enum guest_direction direction, char *const *names,
	size_t name_count, struct guest_result *result, struct error *err);

/*
 * Do it to those that are chosen; whatever becomes of one, the others are gone on with, but for those that require it.
 * Returns -errno only when nothing could be done.
 */
int guest_flow_run(const struct guest_flow *flow, struct guest_result *result, struct error *err);

#endif
