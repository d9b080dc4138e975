/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of sysfs that does something when it is written; used by the fake's own files only. */
#ifndef ATTRIBUTE_H
#define ATTRIBUTE_H

#include "tests/fake/kernel.h"

struct attribute {
	enum node_role role;
	const char *name;
	bool locks;       /* takes the device's lock: of the function that its directory or its text names */
	bool locks_reads; /* to be read as well */
	/* 0 or -errno; object is the directory's owner, function the one that is locked (NULL: none of that name). */
	int (*store)(struct kernel *kernel, void *object, struct function *function, const char *text);
	/* How long the kernel sleeps before it does it. */
	unsigned int (*ms)(const struct function *function, const char *text);
};

/* NULL: a file that only keeps what is written. */
const struct attribute *attribute_of(const struct node *node);

/* What faults and the log call it: "0000:01:00.0/sriov_numvfs", "drivers/igb/bind", "bus/rescan". Returns buf. */
const char *attribute_name(const struct node *node, char *buf, size_t size);

#endif
