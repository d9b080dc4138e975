/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of this host: the lock (os/host_lock.h), and the host as it was read after the lock was taken. Functions
 * that change something ask for a struct change, and only change_begin() makes one: what they judge is never older than
 * the lock.
 */
#ifndef ASSIGN_CHANGE_H
#define ASSIGN_CHANGE_H

#include "assign/host.h"
#include "base/cleanup.h"
#include "os/host_lock.h"

struct change;

/*
 * Takes the lock (host_lock_take()), puts back what a killed sluice left on its way (autoprobe_recover()), then reads
 * the host. root is borrowed for this call only.
 */
int change_begin(const struct sysroot *root, struct change **ret_change, struct error *err);

/* The same for this user's guests: who is not root holds the lock of those alone, and changes nothing of the host. */
int change_begin_guests(const struct sysroot *root, struct change **ret_change, struct error *err);

/*
 * Lets go of the lock. ret_host, when it is not NULL, becomes the owner of the host as it was last read. Accepts NULL.
 */
void change_end(struct change *change, struct host *ret_host);

const struct host *change_host(const struct change *change);
const struct host_lock *change_lock(const struct change *change);

/* Reads the host again, after something was changed: ends pointers into its inventory. */
int change_look_again(struct change *change, struct error *err);

static inline void cleanup_change_end(struct change **change)
{
	change_end(*change, NULL);
}

#define cleanup_change cleanup(cleanup_change_end)

#endif
