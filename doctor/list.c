// SPDX-License-Identifier: GPL-2.0-or-later
/* The files that have checks, in the order in which a section of the report shows theirs. */
#include "base/cleanup.h"
#include "doctor/checks.h"
#include "doctor/doctor.h"

static const struct check *const lists[] = {
	cpu_checks,
	permission_checks,
	cage_checks,
	memory_checks,
	iommu_checks,
	vfio_checks,
	advice_checks,
	boot_binding_checks,
	sriov_checks,
	vf_resources_checks,
	eswitch_checks,
	rival_checks,
	device_checks,
	identity_checks,
	link_checks,
	group_checks,
	verdict_checks,
	fault_checks,
	log_checks,
};

static const char *const sections[SECTION_COUNT] = {
	[SECTION_CPU] = "Processor and KVM",
	[SECTION_MEMORY] = "Memory",
	[SECTION_IOMMU] = "IOMMU",
	[SECTION_VFIO] = "VFIO",
	[SECTION_SETTINGS] = "Settings of this host",
	[SECTION_SRIOV] = "Cards that can be split",
	[SECTION_DEVICE] = "Devices for guests",
	[SECTION_LOG] = "Kernel log",
};

const struct check *check_next(const struct check *check)
{
	bool behind = !check;

	for (int section = 0; section < SECTION_COUNT; section++)
		for (size_t i = 0; i < array_size(lists); i++)
			for (const struct check *at = lists[i]; at->run; at++) {
				if (at->section != (enum check_section)section)
					continue;
				if (behind)
					return at;
				behind = at == check;
			}
	return NULL;
}

const char *doctor_section_title(enum check_section section)
{
	return sections[section];
}
