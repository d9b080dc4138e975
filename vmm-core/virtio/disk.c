// SPDX-License-Identifier: GPL-2.0-or-later
/* The kind of a disk is chosen here, and the rest goes to it; see disk.h. */
#include "vmm-core/virtio/disk.h"

#include <stddef.h>

int disk_open(struct disk **ret_disk, const struct disk_file *file, struct error *err)
{
	/* Why there is no ring does not matter: seccomp, sysctl kernel.io_uring_disabled, an old kernel. */
	if (disk_uring_open(ret_disk, file, NULL) == 0)
		return 0;
	return disk_plain_open(ret_disk, file, err);
}

void disk_free(struct disk *disk)
{
	if (disk)
		disk->ops->free(disk);
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
	disk->under_way++;
	disk->ops->submit(disk, request);
}

void disk_wait(struct disk *disk)
{
	if (!disk->done)
		disk->ops->wait(disk, true);
}

void disk_wait_done(struct disk *disk)
{
	while (!disk->done && disk->under_way)
		disk->ops->wait(disk, false);
}

struct disk_request *disk_done(struct disk *disk)
{
	struct disk_request *request = disk->done;

	if (!request)
		return NULL;
	disk->done = request->next;
	disk->under_way--;
	return request;
}
