// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on what keeps guests in (docs/security.md): may this user's guests have namespaces of their own, as
 * /proc/sys/user and the restrictions of distributions have it (namespaces(7)), and has this kernel Landlock? What a
 * running guest was given all the same, or not, `sluice guest` says of each.
 */
#include "base/cleanup.h"
#include "doctor/checks.h"
#include "os/asker.h"

/* A setting under which guests lack a wall. */
static const struct setting {
	const char *path;
	uint64_t bad;
	bool users;       /* it is about guests of users alone */
	const char *lack; /* what of the host they see then; NULL: see say_setting() */
	const char *good; /* value that mends it */
} settings[] = {
	{ "proc/sys/user/max_pid_namespaces", 0, false, "the host's processes", "65536" },
	{ "proc/sys/user/max_net_namespaces", 0, false, "the host's network", "65536" },
	{ "proc/sys/user/max_mnt_namespaces", 0, false, "the host's file systems", "65536" },
	{ "proc/sys/user/max_ipc_namespaces", 0, false, "the host's IPC", "65536" },
	{ "proc/sys/user/max_uts_namespaces", 0, false, "the host's name", "65536" },
	{ "proc/sys/user/max_cgroup_namespaces", 0, false, "the host's control groups", "65536" },
	{ "proc/sys/user/max_user_namespaces", 0, true, NULL, "65536" },
	{ "proc/sys/kernel/unprivileged_userns_clone", 0, true, NULL, "1" },
	{ "proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1, true, NULL, "0" },
};

static void say_setting(const struct setting *setting, struct findings *findings)
{
	finding_new(findings);
	finding_evidence(findings, "/%s: %llu", setting->path, (unsigned long long)setting->bad);
	if (setting->users)
		finding_say(findings, CHECK_WARN,
			"guests of users get no user namespace, so they see the host's processes, network and names");
	else
		finding_say(findings, CHECK_WARN, "guests see %s", setting->lack);
	finding_fix(findings, "echo %s > /%s", setting->good, setting->path);
}

static void check_cage(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct sysroot *root = &facts->host->root;
	struct asker asker = asker_read(root);
	size_t known = 0, bad = 0;

	(void)device;
	for (size_t i = 0; i < array_size(settings); i++) {
		uint64_t value;

		if ((settings[i].users && asker.user != ASKER_USER) ||
			sysroot_read_u64(root, &value, "%s", settings[i].path) < 0)
			continue;
		known++;
		if (value != settings[i].bad)
			continue;
		bad++;
		say_setting(&settings[i], findings);
	}
	if (known && !asker.landlock) {
		bad++;
		finding_new(findings);
		finding_say(
			findings, CHECK_WARN, "Landlock does not confine guests: this kernel has it not, or not on");
		finding_fix(findings,
			"a kernel from 5.13 on, with landlock among lsm= on its command line, if there is one");
	}
	if (known && !bad)
		finding_say(findings, CHECK_OK, "guests are kept in by namespaces of their own%s",
			asker.landlock > 0 ? " and by Landlock" : "");
}

const struct check cage_checks[] = {
	{ CODE_CAGE_WEAK, SECTION_CPU, SCOPE_HOST, "Walls around guests",
		"what somebody reaches who breaks out of a guest", check_cage },
	{ .run = NULL },
};
