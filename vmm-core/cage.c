// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cage of sluice-vmm; see cage.h. Speaks unshare(2), pivot_root(2), setresuid(2), setrlimit(2), prctl(2),
 * capabilities through libcap-ng. cage_root.c has the empty root, landlock.c Landlock.
 *
 * Order matters: namespaces and the root take capabilities that the change of user ends, the bounding set cannot be
 * cleared without them either, and a change of user makes the kernel forget that this process dies with its parent.
 */
#include "vmm-core/cage.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "vmm-core/cage_root.h"
#include "vmm-core/landlock.h"
#include "wire/limits.h"

static const struct {
	enum cage_wall wall;
	int flag;
} namespaces[] = {
	{ CAGE_NETWORK, CLONE_NEWNET },
	{ CAGE_IPC, CLONE_NEWIPC },
	{ CAGE_HOSTNAME, CLONE_NEWUTS },
	{ CAGE_CGROUPS, CLONE_NEWCGROUP },
};

/* What the process will never have more of than now, or of its own user's than this. */
static const struct {
	__rlimit_resource_t resource;
	rlim_t most;   /* RLIM_INFINITY: as much as now */
	bool own_user; /* it counts for all processes of the user: only for a user that has no other */
} limits[] = {
	{ RLIMIT_CORE, 0, false },
	{ RLIMIT_MSGQUEUE, 0, false },
	{ RLIMIT_RTPRIO, 0, false },
	{ RLIMIT_NOFILE, RLIM_INFINITY, false },
	{ RLIMIT_MEMLOCK, RLIM_INFINITY, false },
	{ RLIMIT_NPROC, LIMIT_THREADS, true },
};

static bool is_wanted(const struct cage_plan *plan, enum cage_wall wall)
{
	return plan->walls >> wall & 1;
}

static void leave_namespaces(const struct cage_plan *plan, struct cage_report *report)
{
	/* Its first process, since it was started into one: sluice says why it was not. */
	report->missing[CAGE_PROCESSES] = getpid() == 1 ? 0 : EPERM;
	for (size_t i = 0; i < array_size(namespaces); i++) {
		enum cage_wall wall = namespaces[i].wall;

		if (is_wanted(plan, wall))
			report->missing[wall] = unshare(namespaces[i].flag) < 0 ? errno : 0;
	}
}

static int set_limits(const struct cage_plan *plan, struct error *err)
{
	for (size_t i = 0; i < array_size(limits); i++) {
		struct rlimit limit;

		if (limits[i].own_user && !plan->uid)
			continue;
		if (getrlimit(limits[i].resource, &limit) < 0)
			return fail(err, errno, "read the limits of the guest's process");
		if (limit.rlim_cur > limits[i].most)
			limit.rlim_cur = limits[i].most;
		limit.rlim_max = limit.rlim_cur;
		if (setrlimit(limits[i].resource, &limit) < 0)
			return fail(err, errno, "limit the guest's process");
	}
	return 0;
}

static int become_user(const struct cage_plan *plan, struct error *err)
{
	if (!plan->uid)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(plan->gid, plan->gid, plan->gid) < 0 ||
		setresuid(plan->uid, plan->uid, plan->uid) < 0) {
		fail(err, errno, "become user %u, which runs this guest alone", plan->uid);
		return fail_hint(
			err, "sluice needs CAP_SETUID and CAP_SETGID, and these numbers in its user namespace");
	}
	if (setresuid(-1, 0, -1) == 0)
		return fail(err, EPERM, "stay user %u: the guest's process can become root again", plan->uid);
	return 0;
}

static int drop_capabilities(struct error *err)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0 || capng_apply(CAPNG_SELECT_AMBIENT) < 0)
		return fail(err, EPERM, "drop all capabilities");
	capng_get_caps_process();
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		return fail(err, EPERM, "drop all capabilities");
	return 0;
}

/* Without CAP_SETPCAP the bounding set cannot be cleared; then there are no capabilities to bound, either. */
static int drop_bounds(struct error *err)
{
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return 0;
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_BOUNDS) < 0)
		return fail(err, EPERM, "bound the capabilities");
	return 0;
}

static int drop_privileges(const struct cage_plan *plan, struct error *err)
{
	int ret = drop_bounds(err);

	if (ret == 0)
		ret = become_user(plan, err);
	if (ret == 0)
		ret = drop_capabilities(err);
	if (ret < 0)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(err, errno, "give up new privileges");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail(err, errno, "forbid core dumps");
	return 0;
}

/* The kernel has forgotten it with the change of user; a parent that died meanwhile has closed its socket. */
static int die_with_parent(const struct cage_plan *plan, struct error *err)
{
	struct pollfd launcher = { .fd = plan->launcher, .events = POLLRDHUP };

	if (plan->launcher < 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail(err, errno, "end with sluice");
	if (poll(&launcher, 1, 0) > 0 && launcher.revents & (POLLHUP | POLLRDHUP))
		return fail_code(err, CODE_FAILED, EPIPE, "sluice went away while the guest was being prepared");
	return 0;
}

int cage_enter(const struct cage_plan *plan, struct cage_report *ret_report, struct error *err)
{
	struct cage_report report = { .root = CAGE_ROOT_HOST };
	int ret;

	for (size_t i = 0; i < CAGE_WALL_COUNT; i++)
		report.missing[i] = EPERM;
	leave_namespaces(plan, &report);
	if (is_wanted(plan, CAGE_ROOT))
		report.root = cage_root_enter(&report.missing[CAGE_ROOT]);
	ret = set_limits(plan, err);
	if (ret == 0)
		ret = drop_privileges(plan, err);
	if (ret == 0)
		ret = die_with_parent(plan, err);
	if (ret < 0)
		return ret;
	/* In a user namespace everybody may be called 0: there sluice knows better. */
	report.missing[CAGE_USER] = getuid() ? 0 : EPERM;
	if (is_wanted(plan, CAGE_LANDLOCK))
		report.missing[CAGE_LANDLOCK] = landlock_forbid_all(&report.landlock_abi);
	*ret_report = report;
	return 0;
}
