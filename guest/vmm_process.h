/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of sluice-vmm: where its program is, how it is started and how it ends. */
#ifndef GUEST_VMM_PROCESS_H
#define GUEST_VMM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct vmm_process {
	int socket;            /* becomes its descriptor 3; borrowed */
	int log;               /* becomes its standard output and error; borrowed */
	int program;           /* the program, from vmm_process_find(); borrowed; 0: it is looked for now */
	uint64_t memory_bytes; /* that it will pin; 0: nothing */
	bool own_user;         /* it will become another user: it needs no user namespace for what it does to itself */
};

/*
 * The program as it is installed now, for starts to come: an upgrade puts another in its place, which may speak another
 * protocol than the sluice that runs. The caller owns *ret_fd.
 */
int vmm_process_find(int *ret_fd, struct error *err);

/*
 * Start it: own session, empty environment, no descriptors but 0 to 3, killed when the calling thread dies, allowed to
 * lock its memory and to open an eventfd per interrupt vector, no core dumps (they would hold the guest's memory).
 *
 * It is the first process of a PID namespace, and, unless it will become another user, root of a user namespace in
 * which the caller is the only user. Where the host gives none, it is started without: *ret_errnum, 0 or why not.
 */
int vmm_process_start(const struct vmm_process *process, pid_t *ret_pid, int *ret_errnum, struct error *err);

/*
 * Wait up to timeout_ms for its end, then kill it. buf gets "was killed by signal 9", "exited with status 1", or "".
 */
void vmm_process_end(pid_t pid, int timeout_ms, char *buf, size_t size);

#endif
