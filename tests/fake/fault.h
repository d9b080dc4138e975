/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults of the fake kernel: what happens to the Nth access to a file, or the Nth message of a kind.
 *
 *	fault write|read|any PATTERN [text=PATTERN] [nth=N] [errno=NAME] [hang] [ms=N] [log=TEXT]
 *		[kill=before|after] [only=writer]
 *
 * PATTERN is of fnmatch(3), against "0000:01:00.0/sriov_numvfs", "drivers/igb/unbind", "bus/drivers_probe" as in the
 * log, or "netlink/eth0/mac" for a message; nth counts accesses that match, and without it all of them are meant.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stddef.h>

struct kernel;

enum fault_access {
	FAULT_WRITE,
	FAULT_READ,
	FAULT_ANY,
};

/* What is to happen; zero: nothing. */
struct fault_effect {
	int errnum;
	bool hang;
	bool kill_before, kill_after;
	bool only_writer; /* dies, and not its process group */
	unsigned int ms;  /* it takes so long */
	char log[160];    /* the kernel says so */
};

struct fault {
	enum fault_access access;
	char path[96], text[64]; /* patterns */
	unsigned int nth;        /* from 1; 0: each */
	unsigned int seen;
	struct fault_effect effect;
};

/* The words of a line after "fault". 0 or -EINVAL. */
int fault_parse(struct fault *fault, char *const *words, size_t count);

/* One access happens: which effect it has. */
struct fault_effect fault_match(struct kernel *kernel, enum fault_access access, const char *path, const char *text);

/* errno of a name, 0 for none. */
int errno_of(const char *name);

#endif
