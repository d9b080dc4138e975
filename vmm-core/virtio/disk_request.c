// SPDX-License-Identifier: GPL-2.0-or-later
/* What both kinds of disk do with a request: how far it has come, and its end; see disk.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stddef.h>

#include "vmm-core/virtio/disk.h"

void disk_finish(struct disk *disk, struct disk_request *request, int result)
{
	request->result = result;
	request->next = NULL;
	if (!disk->done)
		disk->done_end = &disk->done;
	*disk->done_end = request;
	disk->done_end = &request->next;
}

static void skip(struct disk_request *request, uint64_t bytes)
{
	request->offset += bytes;
	request->bytes -= bytes;
	for (; request->iov_count && bytes >= request->iov->iov_len; request->iov_count--, request->iov++)
		bytes -= request->iov->iov_len;
	if (!request->iov_count)
		return;
	request->iov->iov_base = (uint8_t *)request->iov->iov_base + bytes;
	request->iov->iov_len -= bytes;
}

bool disk_advance(struct disk_request *request, int64_t moved, int *ret_result)
{
	*ret_result = moved < 0 ? (int)moved : moved == 0 && request->bytes ? -EIO : 0;
	if (*ret_result == -EINTR || *ret_result == -EAGAIN)
		return false;
	if (*ret_result || (uint64_t)moved >= request->bytes)
		return true;
	skip(request, (uint64_t)moved);
	return false;
}

int disk_fallocate_mode(const struct disk_request *request)
{
	if (request->op == DISK_DISCARD || request->unmap)
		return FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	return FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
}
