/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a boot makes of this host: the configuration that was last applied, not the one that somebody is about to write.
 * In /var/lib/sluice/boot, as copies of the files:
 *
 *	waiting.json	applied, and not confirmed yet
 *	next.json	applied: what the next boot does
 *	before.json	what it did before that: where `undo` goes back to
 *	good.json	what the last boot did that was found good
 *	refused.json	what a boot did that nobody found good: it is not done again until it is applied again
 *	begun		the boot that has begun, and not been found good yet
 *
 * A boot is good when something says so (`sluice confirm --boot`, by a unit that waits for the network). One that never
 * was is taken for one that cut its machine off: the next boot does what good.json says, and nothing when there is
 * none.
 *
 * Each file is whole or absent, and each of these functions leaves, killed at any instruction, what was there or what
 * was to be.
 */
#ifndef PLAN_BOOT_H
#define PLAN_BOOT_H

#include <stdbool.h>

#include "os/host_lock.h"
#include "plan/place.h"

/* sources was applied; waits: until it is confirmed, nothing changes for the next boot. */
int boot_keep(const struct host_lock *lock, const struct source_list *sources, bool waits, struct error *err);

/* What waited was confirmed, was taken back, was undone after that. With nothing there, nothing happens. */
int boot_keep_confirmed(const struct host_lock *lock, struct error *err);
int boot_keep_dropped(const struct host_lock *lock, struct error *err);
int boot_keep_undone(const struct host_lock *lock, struct error *err);

/* Everything was released: the next boot does nothing. */
int boot_forget(const struct host_lock *lock, struct error *err);

enum boot_choice {
	BOOT_NOTHING,  /* nothing was ever applied */
	BOOT_NEXT,     /* what was applied last */
	BOOT_FALLBACK, /* what was good before: the last boot was not found good */
	BOOT_REFUSED,  /* nothing: it was not found good, and there is nothing that was */
};

/*
 * This boot begins, or is asked again. *ret_sources (with BOOT_NEXT and BOOT_FALLBACK) are the texts to apply, under
 * their files' names; the caller frees them with source_list_free().
 */
int boot_begin(const struct host_lock *lock, enum boot_choice *ret_choice, struct source_list **ret_sources,
	struct error *err);

/*
 * This boot is good. *ret_noted: it had begun, and was not known to be so yet. CODE_BOOT_UNPROVEN for a host that has
 * no default route and had one when the configuration was applied, but for without_route.
 */
int boot_good(const struct host_lock *lock, bool without_route, bool *ret_noted, struct error *err);

/* For `status`: looks only. */
struct boot_state {
	bool has_next, has_refused;
	bool is_unproven; /* this boot has begun, and nobody has found it good yet */
};

void boot_state_read(const struct sysroot *root, struct boot_state *ret_state);

/* Is what the next boot would do other than these texts? False, too, when nothing was applied. */
bool boot_differs(const struct sysroot *root, const struct source_list *sources);

#endif
