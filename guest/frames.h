/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where memory of a process lies in this machine (HVA to MA), by /proc/PID/pagemap
 * (Documentation/admin-guide/mm/pagemap.rst), and in pages of which size: /proc/kpageflags for the page itself,
 * /proc/PID/smaps for how it is mapped. Looks only; machine addresses are shown to root alone.
 */
#ifndef GUEST_FRAMES_H
#define GUEST_FRAMES_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "iommu/extent.h"
#include "os/sysroot.h"

/*
 * Add what [hva, hva + bytes) of process pid leads to, as extents from `from` on; pages that are not present are left
 * out. hva, bytes and from are page aligned. -EPERM: this user is not told; -ESRCH: the process is gone.
 */
int frames_add(
	const struct sysroot *root, pid_t pid, uint64_t hva, uint64_t bytes, uint64_t from, struct extent_list *list);

enum frame_state {
	FRAME_ABSENT, /* nothing has touched it */
	FRAME_SWAPPED,
	FRAME_PRESENT,
	FRAME_HIDDEN, /* present; this user is not told where */
};

struct frame {
	enum frame_state state;
	uint64_t machine;
	uint64_t page_bytes;   /* of the page of this machine that it lies in; 0: unknown */
	uint64_t mapped_bytes; /* of the piece that the process has it mapped by; 0: unknown */
	char permissions[4];   /* of that mapping: "rw-"; "": unknown */
};

/* Where one address lies. 0, or -errno where the process cannot be looked at. */
int frame_find(const struct sysroot *root, pid_t pid, uint64_t hva, struct frame *ret_frame);

#endif
