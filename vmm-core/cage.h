/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cage of sluice-vmm: who the process is and what of the host it can see, once it has its memory and before it
 * touches a device or the guest's image. Afterwards sandbox.h leaves it the system calls that it needs.
 *
 *	sluice, at fork		a PID namespace; for a user who is not root, a user namespace too (guest/vmm_process.c)
 *	here			network, IPC, host name and control group namespaces of its own, an empty root, limits,
 *				a user of its own, no capabilities, nothing to gain them by, no memory to read, Landlock
 *
 * The first line takes a new process. All of the rest a process does to itself: with the capabilities it was started
 * with, or with those that a user namespace of its own gives it; it ends without any.
 */
#ifndef VMM_CORE_CAGE_H
#define VMM_CORE_CAGE_H

#include <stdint.h>

#include "base/error.h"
#include "wire/cage.h"

enum {
	CAGE_ALL_WALLS = (1 << CAGE_WALL_COUNT) - 1,
};

struct cage_plan {
	uint32_t uid, gid; /* to become; 0: it stays who it is */
	uint32_t walls;    /* bits 1 << enum cage_wall: those that are tried; tests leave some out */
	int launcher; /* the socket whose other end its parent has: gone when the parent is. Negative: not watched */
};

/*
 * One thread, which is the only one. Walls that this kernel does not give are told in *ret_report, CAGE_CALLS among
 * them: that one is sandbox.h's. An error is what every kernel gives, and this one did not: no guest may run then.
 */
int cage_enter(const struct cage_plan *plan, struct cage_report *ret_report, struct error *err);

#endif
