// SPDX-License-Identifier: GPL-2.0-or-later
/* See reclaim.h. madvise(2): MADV_REMOVE for memory of a file, MADV_DONTNEED for memory of this process alone. */
#include "vmm-core/reclaim.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

void reclaim_init(struct reclaim *reclaim)
{
	*reclaim = (struct reclaim){ 0 };
	pthread_mutex_init(&reclaim->lock, NULL);
}

void reclaim_done(struct reclaim *reclaim)
{
	pthread_mutex_destroy(&reclaim->lock);
}

void reclaim_hold(struct reclaim *reclaim)
{
	pthread_mutex_lock(&reclaim->lock);
	reclaim->holders++;
	pthread_mutex_unlock(&reclaim->lock);
}

void reclaim_let_go(struct reclaim *reclaim)
{
	pthread_mutex_lock(&reclaim->lock);
	reclaim->holders--;
	pthread_mutex_unlock(&reclaim->lock);
}

static int take(struct reclaim *reclaim, const struct guest_ram *ram, void *host, uint64_t bytes, struct error *err)
{
	if (reclaim->holders > 0) {
		reclaim->refused++;
		return fail(err, EBUSY, "take %" PRIu64 " bytes of guest memory back: devices have all of it pinned",
			bytes);
	}
	if (madvise(host, bytes, ram->memfd >= 0 ? MADV_REMOVE : MADV_DONTNEED) < 0)
		return fail(err, errno, "take %" PRIu64 " bytes of guest memory back", bytes);
	reclaim->taken_bytes += bytes;
	return 0;
}

int reclaim_take(struct reclaim *reclaim, const struct guest_ram *ram, gpa_t address, uint64_t bytes, struct error *err)
{
	void *host = guest_ptr(ram, address, bytes);
	int ret;

	if (!host || !bytes || (address.value | bytes) % ram->page_bytes)
		return fail(err, EINVAL, "take 0x%" PRIx64 " bytes of guest memory back at 0x%" PRIx64, bytes,
			address.value);
	/* Locked until it is gone: nobody begins to pin it meanwhile. */
	pthread_mutex_lock(&reclaim->lock);
	ret = take(reclaim, ram, host, bytes, err);
	pthread_mutex_unlock(&reclaim->lock);
	return ret;
}
