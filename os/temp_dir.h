/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private directory for one command that goes when the command does, however that ends. It lies in $TMPDIR when that
 * is set, else in memory (/dev/shm), else in /tmp.
 *
 * A child process, the keeper, waits for the end of a pipe whose other end only the command has: when the command
 * returns, fails, is interrupted or killed, the keeper empties the directory and removes it. What a keeper could not
 * (it was killed too, or the power went), the next command of the same user finds by its name and by its lock, which
 * nobody holds, and removes.
 */
#ifndef OS_TEMP_DIR_H
#define OS_TEMP_DIR_H

#include <sys/types.h>

#include "base/error.h"

struct temp_dir {
	int fd;      /* the directory, locked; what is in it is for openat(2) alone. -1: none */
	int base_fd; /* the directory above */
	int alive;   /* the pipe's end: closing it is the word to the keeper */
	pid_t keeper;
	char name[32];
};

/* Makes one of mode 0700. Call it before there are threads. */
int temp_dir_make(struct temp_dir *dir, struct error *err);

/* Removes it and all that is in it, and waits until that is done. */
void temp_dir_remove(struct temp_dir *dir);

#endif
