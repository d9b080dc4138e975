/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a guest that has ended started again, and when? A rule and a count; no clock, no process. The delay doubles from
 * one restart to the next, and begins anew once the guest has held for RESTART_HOLDS_SECONDS.
 */
#ifndef GUEST_RESTART_H
#define GUEST_RESTART_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RESTART_DELAY_MAX = 300,     /* seconds */
	RESTART_HOLDS_SECONDS = 600, /* a guest that ran so long was a good start */
};

enum restart_when {
	RESTART_NEVER,
	RESTART_ON_FAILURE, /* it crashed, or could not be started again */
	RESTART_ALWAYS,     /* also when it powered off */
};

struct restart_rule {
	enum restart_when when;
	uint32_t delay_seconds; /* before the first; a longer one than RESTART_DELAY_MAX stays what it is */
	uint32_t limit;         /* restarts in a row, none of which held; 0: none */
};

struct restart_count {
	uint32_t in_a_row, total;
};

/*
 * The guest has ended by itself, after ran_seconds (0: it could not be started): how long to wait before it is started
 * again, which is counted; -1: it is not.
 */
int64_t restart_after(const struct restart_rule *rule, struct restart_count *count, bool failed, uint64_t ran_seconds);

/* Has the rule given up, rather than never asked for a restart? */
bool restart_gave_up(const struct restart_rule *rule, const struct restart_count *count, bool failed);

#endif
