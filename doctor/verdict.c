// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the verdict of assign/ holds against a device, as findings: code, text and remedy are the verdict's, so that doctor, list,
 * show and run say the same.
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

void check_verdict(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	cleanup(judge_close) struct judge judge = { 0 };
	cleanup(verdict_done) struct verdict verdict = { 0 };
	const struct blocker *blocker;
	char remedy[sizeof(result->fix)];
	struct error err;
	size_t row = 0;

	while (row + 1 < array_size(rows) && rows[row].code != result->code)
		row++;
	if (judge_open(&judge, doctor->host, JUDGE_THOROUGHLY, NULL, 0, &err) < 0 ||
		verdict_read(&judge, device, &verdict, &err) < 0) {
		check_say(result, CHECK_UNMEASURED, "%.200s", err.msg);
		return;
	}
	blocker = verdict_find(&verdict, result->code);
	if (!blocker) {
		if (rows[row].fine && device->iommu_group >= 0)
			check_say(result, CHECK_OK, "%s", rows[row].fine);
		check_evidence(result, "%s", rows[row].evidence);
		return;
	}
	check_evidence(result, "%s", rows[row].evidence);
	check_say(result, blocker->stops ? CHECK_FAIL : CHECK_UNMEASURED, "it %.240s", blocker->text);
	if (remedies_text(&judge, &verdict, blocker, remedy, sizeof(remedy))[0])
		check_fix(result, "%s", remedy);
}

void check_group_viable(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	if (device->iommu_group >= 0)
		check_verdict(doctor, device, result);
}
