/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a file that goes on growing, one after the other: the kernel log, a trace buffer, or a captured file of
 * either. The kernel log gives one record a read and a file whole blocks; cut into lines, both are the same.
 */
#ifndef OS_LINES_H
#define OS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "os/sysroot.h"

enum {
	LINES_BUFFER = 16384, /* twice the longest record of the kernel, which refuses to cut one */
};

struct lines {
	int fd; /* owned; -1: closed */
	char buffer[LINES_BUFFER];
	size_t start, end;    /* what of buffer is still to be looked at */
	bool skipping;        /* inside a line that is too long */
	uint64_t overwritten; /* how often the kernel said that records were gone before they were read */
};

/*
 * From the file's beginning, or from now on. 0 or -errno, and closed then: -EACCES and -EPERM without privilege,
 * -ENOENT also for what is no such file; a captured host has no devices, and one there would be this host's.
 */
int lines_open(struct lines *lines, const struct sysroot *root, bool from_now, const char *path);
void lines_close(struct lines *lines);

/*
 * The next line, terminated, to be changed at will until the next call; NULL when there is none now. One longer than
 * half the buffer is passed over.
 */
char *lines_next(struct lines *lines);

#endif
