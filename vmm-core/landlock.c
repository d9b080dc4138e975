// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Landlock (Documentation/userspace-api/landlock.rst), Linux 5.13 and later: a ruleset that handles all rights and
 * allows nothing. Declared here, since the headers of a distribution know the rights of its own kernel alone.
 *
 * A kernel refuses a ruleset with rights that it does not know, so they are asked for by its version. Those of newer
 * versions than the table has are not: they would have to be read up on first.
 */
#include "vmm-core/landlock.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	CREATE_RULESET = 444,
	RESTRICT_SELF = 446,
	CREATE_RULESET_VERSION = 1, /* a flag: say the version instead */
};

struct ruleset {
	uint64_t fs, net, scoped;
};

/* What each version knows: include/uapi/linux/landlock.h. */
static const struct ruleset known[] = {
	{ .fs = 0 }, { .fs = (1 << 13) - 1 },           /* 1: run, read, write, remove, make */
	{ .fs = (1 << 14) - 1 },                        /* 2: link and rename elsewhere */
	{ .fs = (1 << 15) - 1 },                        /* 3: truncate */
	{ .fs = (1 << 15) - 1, .net = 3 },              /* 4: bind and connect by TCP */
	{ .fs = (1 << 16) - 1, .net = 3 },              /* 5: ioctl() on devices opened from now on */
	{ .fs = (1 << 16) - 1, .net = 3, .scoped = 3 }, /* 6: abstract sockets, signals */
};

int landlock_forbid_all(uint32_t *ret_abi)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
	struct ruleset all;
	cleanup_close int ruleset = -1;

	*ret_abi = 0;
	if (abi <= 0)
		return abi < 0 ? errno : EOPNOTSUPP;
	all = known[(size_t)abi < array_size(known) ? (size_t)abi : array_size(known) - 1];
	ruleset = (int)syscall(CREATE_RULESET, &all, sizeof(all), 0);
	if (ruleset < 0 || syscall(RESTRICT_SELF, ruleset, 0) < 0)
		return errno;
	*ret_abi = (uint32_t)abi;
	return 0;
}
