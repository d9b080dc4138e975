/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walls of sluice-vmm's cage, as it reports them to sluice before it looks at the guest's first byte: which of them
 * stand, and why the others do not. What the kernel of a host lacks is a weakness that is told, and no reason to run no
 * guest; without the walls that every kernel has (no capabilities, no new privileges, not dumpable) none is run.
 */
#ifndef WIRE_CAGE_H
#define WIRE_CAGE_H

#include <stdbool.h>
#include <stdint.h>

/* In the order in which they are put up. */
enum cage_wall {
	CAGE_PROCESSES, /* a PID namespace: it sees no other process */
	CAGE_NETWORK,   /* a network namespace without an interface */
	CAGE_IPC,       /* System V IPC and POSIX message queues */
	CAGE_HOSTNAME,  /* host and domain name (UTS) */
	CAGE_CGROUPS,   /* where it is in the tree of control groups */
	CAGE_ROOT,      /* its root is an empty file system */
	CAGE_USER,      /* it is not root: a user of its own, or the one who started it */
	CAGE_LANDLOCK,  /* no path, TCP port, abstract socket or signal beyond it, whatever namespaces do */
	CAGE_CALLS,     /* system calls are filtered */
	CAGE_WALL_COUNT
};

enum cage_root {
	CAGE_ROOT_HOST,    /* that of the host */
	CAGE_ROOT_EMPTY,   /* an empty, read-only tmpfs in a mount namespace of its own */
	CAGE_ROOT_REMOVED, /* a directory that was removed: nothing can be made in it */
	CAGE_ROOT_COUNT
};

struct cage_report {
	uint32_t root;                    /* enum cage_root */
	uint32_t landlock_abi;            /* of the kernel; 0: it has none */
	int32_t missing[CAGE_WALL_COUNT]; /* 0: the wall stands; else the errno that says why not */
};

/* As JSON has it: "processes"; what of the host is within reach without that wall, for people. */
const char *cage_wall_name(enum cage_wall wall);
const char *cage_wall_weakness(enum cage_wall wall);

/* "host", "empty", "removed". */
const char *cage_root_name(enum cage_root root);

/* Everything in its range? It comes from a process that may be anybody's. */
bool cage_report_is_valid(const struct cage_report *report);

#endif
