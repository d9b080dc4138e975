// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who looks: getrlimit(2), geteuid(2), landlock_create_ruleset(2). Of a captured host the file capture/limits:
 *
 *	memlock BYTES|unlimited root|user
 *	landlock VERSION
 *
 * What the user may open is not here: doctor/permission.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/asker.h"
#include "os/sysroot.h"

enum {
	LANDLOCK_CREATE_RULESET = 444, /* newer than some headers */
	LANDLOCK_CREATE_RULESET_VERSION = 1,
};

static struct asker this_process(void)
{
	long landlock = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct asker asker = { .landlock = landlock > 0 ? (int)landlock : 0 };
	struct rlimit limit;

	if (!getrlimit(RLIMIT_MEMLOCK, &limit)) {
		asker.user = geteuid() ? ASKER_USER : ASKER_ROOT;
		asker.memlock = limit.rlim_max;
	}
	return asker;
}

static void read_memlock(const char *answer, struct asker *ret)
{
	unsigned long long bytes = RLIM_INFINITY;
	char who[8];

	if (sscanf(answer, "%llu %7s", &bytes, who) != 2 && sscanf(answer, "unlimited %7s", who) != 1)
		return;
	ret->user = strcmp(who, "root") != 0 ? ASKER_USER : ASKER_ROOT;
	ret->memlock = bytes;
}

struct asker asker_read(const struct sysroot *root)
{
	struct asker asker = { .landlock = -1 };
	char answer[48];

	if (!root->captured)
		return this_process();
	if (sysroot_read_answer(root, "limits", "memlock", answer, sizeof(answer)) > 0)
		read_memlock(answer, &asker);
	if (sysroot_read_answer(root, "limits", "landlock", answer, sizeof(answer)) > 0 &&
		sscanf(answer, "%d", &asker.landlock) != 1)
		asker.landlock = -1;
	return asker;
}

void asker_write(const struct asker *asker, FILE *out)
{
	const char *user = asker->user == ASKER_ROOT ? "root" : "user";

	if (asker->user && asker->memlock == RLIM_INFINITY)
		fprintf(out, "memlock unlimited %s\n", user);
	else if (asker->user)
		fprintf(out, "memlock %llu %s\n", (unsigned long long)asker->memlock, user);
	if (asker->landlock >= 0)
		fprintf(out, "landlock %d\n", asker->landlock);
}
