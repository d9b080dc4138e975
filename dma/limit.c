// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits that a map runs into although `sluice` has looked before (guest/dma_limits.h): somebody else has locked memory
 * in between. RLIMIT_MEMLOCK: getrlimit(2). What counts against it, each back end's file says.
 */
#include <errno.h>
#include <sys/resource.h>

#include "base/text.h"
#include "dma/dma.h"

static uint64_t mapped_bytes(const struct dma_space *space)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < space->map_count; i++)
		bytes += space->map[i].bytes;
	return bytes;
}

int dma_fail_locked(const struct dma_space *space, const struct dma_map *map, struct error *err)
{
	struct rlimit limit = { 0 };
	uint64_t needed = mapped_bytes(space) + map->bytes;
	char needed_text[32], limit_text[32] = "unlimited";

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur != RLIM_INFINITY)
		size_to_text(limit.rlim_cur, limit_text, sizeof(limit_text));
	size_to_text(needed, needed_text, sizeof(needed_text));
	fail_code(err, CODE_MEMLOCK_LOW, ENOMEM,
		"devices need %s of guest memory locked, the limit on locked memory is %s", needed_text, limit_text);
	fail_hint(err, "raise it to %llu bytes or more: RLIMIT_MEMLOCK, in a systemd unit LimitMEMLOCK=",
		(unsigned long long)needed);
	return -ENOMEM;
}
