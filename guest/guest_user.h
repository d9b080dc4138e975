/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user for each running guest: a number that no file, no person and no other guest has. Whoever breaks out of a guest
 * is nobody else then: he owns nothing, may signal nobody, and shares no limit.
 *
 * The range is one that nobody hands out: above the subordinate ids of useradd (to 600100000) and systemd's containers
 * (to 1879048191), below its foreign ids (from 2147352576), and outside what SSSD computes by default (to 2000200000).
 * A number in it that this host has given to somebody all the same is passed over.
 *
 * A number is a guest's from the host's lock on, in which it is written to guest.json, until its directory's lock is
 * free (assign/guest_dir.h) and no process has it any more: one whose sluice was killed takes a moment to follow.
 */
#ifndef GUEST_GUEST_USER_H
#define GUEST_GUEST_USER_H

#include <stdint.h>

#include "os/host_lock.h"
#include "os/sysroot.h"

enum {
	GUEST_USER_FIRST = 2113929216, /* 0x7e000000 */
	GUEST_USER_COUNT = 4096,
};

/*
 * The first free one; its group has the same number. 0: in this container root has no number of the range. Inside the
 * lock, which root holds.
 */
int guest_user_take(const struct host_lock *lock, uint32_t *ret_user, struct error *err);

#endif
