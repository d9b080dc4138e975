// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on embedded switches: each device that has one is asked the same questions (sriov/eswitch_health.h). On a
 * kernel without devlink, and on a captured host, whose kernel cannot be asked, nothing is said.
 */
#include "base/cleanup.h"
#include "doctor/checks.h"
#include "sriov/devlink.h"
#include "sriov/eswitch_health.h"

static void ask_one(const struct sysroot *root, struct devlink *devlink, const struct devlink_handle *handle,
	struct findings *findings)
{
	struct eswitch_trouble trouble;
	struct eswitch now;
	int wrong;

	if (eswitch_read(root, devlink, handle, &now, NULL) < 0)
		return;
	wrong = eswitch_health(root, &now, findings->about.code, &trouble);
	if (wrong >= 0) {
		finding_new(findings);
		if (now.has_addr)
			finding_of(findings, now.addr);
		else
			finding_named(findings, handle->name);
	}
	if (wrong > 0) {
		finding_say(findings, CHECK_WARN, "%s", trouble.summary);
		finding_evidence(findings, "%s", trouble.evidence);
		finding_fix(findings, "%s", trouble.fix);
	} else if (!wrong) {
		finding_say(findings, CHECK_OK, "mode %s", eswitch_mode_name(now.is.mode));
	}
	eswitch_done(&now);
}

static void ask_all(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct sysroot *root = &facts->host->root;
	cleanup(devlink_close) struct devlink devlink = { .channel.fd = -1 };
	cleanup_free struct devlink_handle *handles = NULL;
	size_t count = 0;

	(void)device;
	/* Whose tree this is only looks like this host's, if it has a path. */
	if (root->path[0] || devlink_open(root, &devlink, NULL) < 0 ||
		devlink_list_handles(&devlink, &handles, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		ask_one(root, &devlink, &handles[i], findings);
}

const struct check eswitch_checks[] = {
	{ CODE_ESWITCH_LEFT, SECTION_SRIOV, SCOPE_HOST, "Eswitch between modes",
		"VFs may be gone, and the mode is nobody's choice", ask_all },
	{ CODE_ESWITCH_LOST, SECTION_SRIOV, SCOPE_HOST, "Eswitch's mode",
		"representors, and the rules on them, are gone with the mode", ask_all },
	{ CODE_ESWITCH_NO_OFFLOAD, SECTION_SRIOV, SCOPE_HOST, "Offload to the eswitch",
		"every packet goes through this host's processor", ask_all },
	{ CODE_REPRESENTOR_DOWN, SECTION_SRIOV, SCOPE_HOST, "Representors",
		"a VF has the link that its representor has", ask_all },
	{ .run = NULL },
};
