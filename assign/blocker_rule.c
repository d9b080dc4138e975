// SPDX-License-Identifier: GPL-2.0-or-later
/* Blockers that are found by a look at the device itself: its configuration space and its group's reserved memory. */
#include "assign/blocker_rule.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static int msix_vectors(struct judge *judge, const struct pci_device *device)
{
	if (!device->is_vf)
		return pci_msix_vectors(&judge->host->root, device->addr);
	if (judge->vf_vectors < 0 || pci_addr_compare(judge->vf_pf, device->pf)) {
		judge->vf_pf = device->pf;
		judge->vf_vectors = pci_msix_vectors(&judge->host->root, device->addr);
	}
	return judge->vf_vectors;
}

bool blocker_no_msix(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	if (msix_vectors(judge, verdict->device))
		return false;
	snprintf(blocker->text, sizeof(blocker->text),
		"has no MSI-X, and a guest of 'sluice run' gets no other interrupts");
	return true;
}

/* Firmware reserves memory for functions that are there when the machine starts, and VFs are not. */
bool blocker_reserved_memory(struct judge *judge, const struct verdict *verdict, struct blocker *blocker)
{
	struct iommu_group group = { .id = verdict->device->iommu_group };

	if (!judge->host->iommu.translating || group.id < 0 ||
		(verdict->device->is_vf && !(judge->how & JUDGE_THOROUGHLY)) ||
		iommu_group_read_reserved(&judge->host->root, &group, NULL) < 0)
		return false;
	for (size_t i = 0; i < group.reserved_count; i++) {
		if (strcmp(group.reserved[i].kind, "direct") != 0)
			continue;
		snprintf(blocker->text, sizeof(blocker->text),
			"must always reach memory that the firmware reserves for it: 0x%" PRIx64 "-0x%" PRIx64,
			group.reserved[i].start, group.reserved[i].end);
		return true;
	}
	return false;
}

int blocker_errno(enum code code)
{
	static const struct {
		enum code code;
		int errnum;
	} numbers[] = {
		{ CODE_DEV_BRIDGE, EINVAL },
		{ CODE_DEV_IN_USE, EBUSY },
		{ CODE_DEV_MOVED, ESTALE },
		{ CODE_DEV_LOST, ENODEV },
		{ CODE_IOMMU_OFF, ENODEV },
		{ CODE_NO_GROUP, ENODEV },
		{ CODE_NO_RESET, ENOTSUP },
		{ CODE_DEV_NO_MSIX, ENOTSUP },
	};

	for (size_t i = 0; i < array_size(numbers); i++)
		if (numbers[i].code == code)
			return numbers[i].errnum;
	return EPERM;
}
