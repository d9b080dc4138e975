// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the verdict of assign/ holds against a device, as findings: code, text and remedy are the verdict's, so that
 * doctor, list, show and run say the same.
 */
#include <errno.h>

#include "assign/remedy.h"
#include "base/cleanup.h"
#include "doctor/checks.h"

/* Evidence, and what is said of a device that has nothing of it; NULL: then the check does not apply. */
static const struct {
	enum code code;
	const char *evidence, *fine;
} rows[] = {
	{ CODE_GROUP_NOT_VIABLE, "drivers of the devices in the group's directory, /sys/kernel/iommu_groups",
		"no driver of the host is in the way" },
	{ CODE_VFIO_DENYLIST,
		"vfio_pci_dev_in_denylist() of the kernel; /sys/module/vfio_pci/parameters/disable_denylist", NULL },
	{ CODE_VF_OFFLINE, "the PF's list of secondary controllers, or the kernel's log", NULL },
};

static void check_verdict(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct verdict *verdict;
	const struct blocker *blocker;
	char remedy[512];
	struct error err;
	size_t row = 0;

	while (row + 1 < array_size(rows) && rows[row].code != findings->about.code)
		row++;
	verdict = facts_verdict(facts, device, &err);
	if (!verdict) {
		finding_say(findings, CHECK_UNMEASURED, "%.200s", err.msg);
		return;
	}
	blocker = verdict_find(verdict, findings->about.code);
	finding_evidence(findings, "%s", rows[row].evidence);
	if (!blocker) {
		if (rows[row].fine && device->iommu_group >= 0)
			finding_say(findings, CHECK_OK, "%s", rows[row].fine);
		return;
	}
	finding_say(findings, blocker->stops ? CHECK_FAIL : CHECK_UNMEASURED, "it %.240s", blocker->text);
	if (remedies_text(facts->judge, verdict, blocker, remedy, sizeof(remedy))[0])
		finding_fix(findings, "%s", remedy);
}

static void check_group_viable(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	if (device->iommu_group >= 0)
		check_verdict(facts, device, findings);
}

const struct check verdict_checks[] = {
	{ CODE_VFIO_DENYLIST, SECTION_DEVICE, SCOPE_DEVICE, "vfio-pci's own list",
		"vfio-pci refuses what is known to harm hosts", check_verdict },
	{ CODE_VF_OFFLINE, SECTION_DEVICE, SCOPE_DEVICE, "Online",
		"an NVMe VF works once its PF has given it queues and switched it on", check_verdict },
	{ CODE_GROUP_NOT_VIABLE, SECTION_DEVICE, SCOPE_DEVICE, "Group can be used",
		"VFIO refuses a group that the host uses too", check_group_viable },
	{ .run = NULL },
};
