/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel grants whoever looks at this host. No file has it, so a captured host has it as answers
 * (capture/limits), and these functions know both.
 */
#ifndef OS_ASKER_H
#define OS_ASKER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

struct sysroot;

enum asker_user {
	ASKER_UNKNOWN, /* captured without it */
	ASKER_ROOT,
	ASKER_USER,
};

struct asker {
	enum asker_user user;
	rlim_t memlock; /* RLIMIT_MEMLOCK's hard limit in bytes, or RLIM_INFINITY; of no meaning where user is not known */
	int landlock; /* newest version of its interface: landlock_create_ruleset(2); 0: none; -1: not known */
};

/* Of this process, or of the one that captured the host. */
struct asker asker_read(const struct sysroot *root);

/* The same as the lines of capture/limits, for asker_read() of the bundle. What is not known has no line. */
void asker_write(const struct asker *asker, FILE *out);

#endif
