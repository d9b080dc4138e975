// SPDX-License-Identifier: GPL-2.0-or-later
/* A disk by preadv2(2), pwritev2(2), fdatasync(2) and fallocate(2), one request after the other; see disk.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "vmm-core/virtio/disk.h"

static int64_t move(const struct disk *disk, const struct disk_request *request)
{
	int flags = request->durable ? RWF_DSYNC : 0;
	int64_t moved =
		request->op == DISK_READ
			? preadv2(disk->file.fd, request->iov, (int)request->iov_count, (off_t)request->offset, 0)
			: pwritev2(disk->file.fd, request->iov, (int)request->iov_count, (off_t)request->offset, flags);

	return moved < 0 ? -errno : moved;
}

static int act(const struct disk *disk, struct disk_request *request)
{
	int ret;

	switch (request->op) {
	case DISK_READ:
	case DISK_WRITE:
		while (!disk_advance(request, move(disk, request), &ret))
			;
		return ret;
	case DISK_FLUSH:
		return fdatasync(disk->file.fd) < 0 ? -errno : 0;
	default:
		return fallocate(disk->file.fd, disk_fallocate_mode(request), (off_t)request->offset,
			       (off_t)request->bytes) < 0
			       ? -errno
			       : 0;
	}
}

static void plain_submit(struct disk *disk, struct disk_request *request)
{
	disk_finish(disk, request, act(disk, request));
}

static void plain_wait(struct disk *disk, bool notifications)
{
	struct pollfd polled[] = { { disk->file.wake, POLLIN, 0 }, { disk->file.kick, POLLIN, 0 } };
	uint64_t count;

	/* Nothing is under way when this is called. */
	if (!notifications || poll(polled, array_size(polled), -1) <= 0)
		return;
	for (size_t i = 0; i < array_size(polled); i++)
		if (polled[i].revents & POLLIN && read(polled[i].fd, &count, sizeof(count)) == sizeof(count) &&
			polled[i].fd == disk->file.kick)
			*disk->file.kicks += count;
}

static void plain_free(struct disk *disk)
{
	free(disk);
}

static const struct disk_ops plain_ops = {
	.name = "thread",
	.submit = plain_submit,
	.wait = plain_wait,
	.free = plain_free,
};

int disk_plain_open(struct disk **ret_disk, const struct disk_file *file, struct error *err)
{
	struct disk *disk = calloc(1, sizeof(*disk));

	if (!disk)
		return fail(err, ENOMEM, "open a disk");
	disk->ops = &plain_ops;
	disk->file = *file;
	*ret_disk = disk;
	return 0;
}
