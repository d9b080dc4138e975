/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ending a guest without asking it: its sluice-vmm is killed from outside, by a descriptor of that very process
 * (pidfd), whatever the guest has made of it. The sluice that runs the guest then gives the devices back as after any
 * end.
 */
#ifndef GUEST_FORCE_H
#define GUEST_FORCE_H

#include <stdbool.h>

#include "guest/guest.h"

/*
 * Kill the sluice-vmm of a guest, which guest_read() has just found. The process is killed only where it is the child
 * of the sluice that holds the guest's lock: a process id alone may be another process's by now. -ESRCH when it has
 * ended already.
 */
int guest_force_end(const struct sysroot *root, const struct guest_info *guest, struct error *err);

/* For that sluice: was this end forced, or did sluice-vmm die of itself? */
bool guest_was_forced(const struct guest_dir *dir);

/*
 * Somebody asks the guest to end, by its power button or by force: whoever looks after it does not start it again. A
 * mark that cannot be written is of no consequence to the end.
 */
void guest_mark_stopped(const struct sysroot *root, const char *name);
bool guest_was_stopped(const struct guest_dir *dir);

#endif
