// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors that are closed together; see fd_batch.h. */
#include "os/fd_batch.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

static void close_run(const struct fd_run *run)
{
	if (!close_range((unsigned int)run->first, (unsigned int)(run->first + run->count - 1), 0))
		return;
	for (int fd = run->first; fd < run->first + run->count; fd++)
		close(fd);
}

void fd_batch_close(struct fd_batch *batch)
{
	int saved = errno;

	for (int i = 0; i < batch->runs; i++)
		close_run(&batch->run[i]);
	batch->runs = 0;
	batch->count = 0;
	errno = saved;
}

static bool continues(const struct fd_batch *batch, int fd)
{
	const struct fd_run *last;

	if (!batch->runs)
		return false;
	last = &batch->run[batch->runs - 1];
	return fd == last->first + last->count;
}

void fd_batch_add(struct fd_batch *batch, int fd)
{
	if (batch->count == FD_BATCH_MAX || (batch->runs == FD_BATCH_RUNS && !continues(batch, fd)))
		fd_batch_close(batch);
	if (!continues(batch, fd))
		batch->run[batch->runs++] = (struct fd_run){ .first = fd };
	batch->run[batch->runs - 1].count++;
	batch->count++;
}
