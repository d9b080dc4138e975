/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock of this host: one sluice changes it at a time (drivers, VFs, leases, guests' directories). It is an OFD lock
 * (fcntl(2)) on /run/sluice/.lock, which the kernel frees when the process dies.
 *
 * Every function that changes something takes a struct host_lock in place of a root, and only host_lock_take() makes
 * one: nothing can be changed without holding it. What such a change is judged by is read inside the lock:
 * assign/change.h.
 */
#ifndef OS_HOST_LOCK_H
#define OS_HOST_LOCK_H

#include "os/sysroot.h"

struct host_lock;

/*
 * Waits up to 30 s. root is borrowed. CODE_NOT_ROOT, CODE_READ_ONLY (a captured host), CODE_FAILED when another keeps
 * it.
 */
int host_lock_take(const struct sysroot *root, struct host_lock **ret_lock, struct error *err);

/*
 * The lock of this user's guests: the host's for who may take that, for others one in their own place (run_dir.h),
 * under which nothing of the host can be changed.
 */
int host_lock_take_guests(const struct sysroot *root, struct host_lock **ret_lock, struct error *err);

/* Does anybody hold the host's lock now? An answer that is old when it is read. */
bool host_lock_is_held(const struct sysroot *root);

/* Accepts NULL. */
void host_lock_drop(struct host_lock *lock);

/* The host that may be changed. */
const struct sysroot *host_lock_root(const struct host_lock *lock);

#endif
