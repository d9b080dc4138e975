/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody would try who had broken out of a guest, and of the filter of its system calls: paths, networks,
 * processes, other people's IPC, becoming somebody else, the calls that administer a host.
 */
#ifndef CAGE_PROBES_H
#define CAGE_PROBES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CAGE_ABSTRACT "sluice-cage-test" /* the name of an abstract socket on which somebody of the host listens */

enum {
	CAGE_NOBODY = 65534,
	CAGE_SHM_KEY = 0x5106ce11, /* of shared memory of the host's that anybody may read */
};

/* What whoever starts the guest tells the one in the cage. */
struct cage_orders {
	uint32_t user;  /* to become; 0: stay */
	uint32_t walls; /* that are put up, beside that of processes */
	pid_t outside;  /* a process of the host */
	uint16_t port;  /* where somebody listens on the host's loopback */
};

/* A line for each probe: "works make a file" or "refused make a file". Each is tried by a child of its own. */
void cage_try_all(const struct cage_orders *orders, char *buf, size_t size);

#endif
