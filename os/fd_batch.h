/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that are closed together: a program that reads thousands of small files spends a third of its system
 * calls on close(2), and close_range(2) (Linux 5.9) does a few hundred of them at once.
 *
 * Runs of descriptors that follow each other are closed, so nothing that somebody else holds in between ever is. For
 * one thread: another one's descriptor could take a number that was closed.
 */
#ifndef OS_FD_BATCH_H
#define OS_FD_BATCH_H

enum {
	FD_BATCH_MAX = 256, /* well below the usual limit of 1024 open files */
	FD_BATCH_RUNS = 8,
};

struct fd_run {
	int first, count; /* [first, first + count) */
};

struct fd_batch {
	struct fd_run run[FD_BATCH_RUNS];
	int runs, count; /* zeroed: none */
};

/* Takes over fd. */
void fd_batch_add(struct fd_batch *batch, int fd);

/* Close them now. Accepts an empty batch, keeps errno. */
void fd_batch_close(struct fd_batch *batch);
#define cleanup_fd_batch cleanup(fd_batch_close)

#endif
