// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of the walls of sluice-vmm's cage; see cage.h. */
#include "wire/cage.h"

#include <stddef.h>

enum {
	ERRNO_MOST = 4095, /* what a system call can return: MAX_ERRNO of the kernel */
};

static const struct {
	const char *name, *weakness;
} walls[CAGE_WALL_COUNT] = {
	[CAGE_PROCESSES] = { "processes", "it sees the host's processes" },
	[CAGE_NETWORK] = { "network", "it is in the host's network" },
	[CAGE_IPC] = { "ipc", "it shares the host's System V IPC and message queues" },
	[CAGE_HOSTNAME] = { "hostname", "it sees the host's name" },
	[CAGE_CGROUPS] = { "cgroups", "it sees the host's control groups" },
	[CAGE_ROOT] = { "root", "it has no file system of its own" },
	[CAGE_USER] = { "user", "it runs as root" },
	[CAGE_LANDLOCK] = { "landlock", "Landlock does not confine it" },
	[CAGE_CALLS] = { "calls", "its system calls are not filtered" },
};

static const char *const roots[CAGE_ROOT_COUNT] = {
	[CAGE_ROOT_HOST] = "host",
	[CAGE_ROOT_EMPTY] = "empty",
	[CAGE_ROOT_REMOVED] = "removed",
};

const char *cage_wall_name(enum cage_wall wall)
{
	return (size_t)wall < CAGE_WALL_COUNT ? walls[wall].name : NULL;
}

const char *cage_wall_weakness(enum cage_wall wall)
{
	return (size_t)wall < CAGE_WALL_COUNT ? walls[wall].weakness : NULL;
}

const char *cage_root_name(enum cage_root root)
{
	return (size_t)root < CAGE_ROOT_COUNT ? roots[root] : NULL;
}

bool cage_report_is_valid(const struct cage_report *report)
{
	if (report->root >= CAGE_ROOT_COUNT)
		return false;
	for (size_t i = 0; i < CAGE_WALL_COUNT; i++)
		if (report->missing[i] < 0 || report->missing[i] > ERRNO_MOST)
			return false;
	return true;
}
