// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory slots; see memslot.h. Speaks KVM_SET_USER_MEMORY_REGION. No flags: dirty logging would force 4 KiB pages on
 * the guest, and read-only memory has no user here.
 */
#include "vmm-core/memslot.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#define PAGE_MASK (4 * KIB - 1)

static int change(struct memslots *slots, size_t index, struct range at, uint64_t bytes, void *host)
{
	struct kvm_userspace_memory_region region = {
		.slot = (uint32_t)index,
		.guest_phys_addr = at.start,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)host,
	};

	slots->changes++;
	slots->changes_while_running += slots->running;
	return ioctl(slots->vm_fd, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

int memslot_add(struct memslots *slots, struct range at, void *host, const char *what, struct error *err)
{
	size_t free_index = MEMSLOT_MAX;
	int ret;

	if (at.start >= at.end || (at.start | at.end | (uintptr_t)host) & PAGE_MASK)
		return fail_code(err, CODE_FAILED, EINVAL,
			"memory slot %s 0x%" PRIx64 "-0x%" PRIx64 " is not made of pages", what, at.start, at.end);
	for (size_t i = MEMSLOT_MAX; i-- > 0;) {
		struct memslot *slot = &slots->slot[i];

		if (slot->at.start == slot->at.end)
			free_index = i;
		else if (range_overlaps(slot->at, at))
			return fail_code(err, CODE_FAILED, EEXIST,
				"memory slot %s at 0x%" PRIx64 " overlaps %s at 0x%" PRIx64, what, at.start, slot->what,
				slot->at.start);
	}
	if (free_index == MEMSLOT_MAX)
		return fail_code(err, CODE_FAILED, ENOSPC, "all %d memory slots are taken, none is left for %s",
			MEMSLOT_MAX, what);
	ret = change(slots, free_index, at, range_size(at), host);
	if (ret < 0)
		return fail(err, -ret, "show %s to the guest at 0x%" PRIx64 "-0x%" PRIx64, what, at.start, at.end);
	slots->slot[free_index] = (struct memslot){ .at = at, .host = host, .what = what };
	return 0;
}

int memslot_remove(struct memslots *slots, uint64_t start, struct error *err)
{
	for (size_t i = 0; i < MEMSLOT_MAX; i++) {
		struct memslot *slot = &slots->slot[i];
		int ret;

		if (slot->at.start == slot->at.end || slot->at.start != start)
			continue;
		ret = change(slots, i, slot->at, 0, slot->host);
		if (ret < 0)
			return fail(err, -ret, "take %s at 0x%" PRIx64 " from the guest", slot->what, start);
		*slot = (struct memslot){ 0 };
		return 0;
	}
	return fail_code(err, CODE_FAILED, ENOENT, "no memory slot starts at 0x%" PRIx64, start);
}
