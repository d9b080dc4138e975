/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a check is; each file of checks has an array of them (doctor.h says which files), ended by one without run.
 * list.c has the arrays.
 */
#ifndef DOCTOR_CHECKS_H
#define DOCTOR_CHECKS_H

#include "doctor/facts.h"
#include "doctor/finding.h"
#include "doctor/fix.h"

/* device: NULL for a check of the host. Nothing said: the check does not apply. */
typedef void (*check_fn)(const struct facts *facts, const struct pci_device *device, struct findings *findings);

enum check_scope {
	SCOPE_HOST,
	SCOPE_PF,     /* every device that can be split */
	SCOPE_DEVICE, /* devices that are named, or with vfio-pci */
	SCOPE_ANY,    /* every device */
	SCOPE_LOG,    /* the host, and devices that are named */
};

struct check {
	enum code code;
	enum check_section section;
	enum check_scope scope;
	const char *title, *why; /* why: what goes wrong when this is not in order */
	check_fn run;
};

extern const struct check cpu_checks[];
extern const struct check permission_checks[];
extern const struct check cage_checks[];
extern const struct check memory_checks[];
extern const struct check iommu_checks[];
extern const struct check vfio_checks[];
extern const struct check advice_checks[];
extern const struct check boot_binding_checks[];
extern const struct check sriov_checks[];
extern const struct check vf_resources_checks[];
extern const struct check eswitch_checks[];
extern const struct check rival_checks[];
extern const struct check device_checks[];
extern const struct check identity_checks[];
extern const struct check link_checks[];
extern const struct check group_checks[];
extern const struct check verdict_checks[];
extern const struct check fault_checks[];
extern const struct check log_checks[];

/* "this boot", "boot -1, before this one" */
void log_boot_name(int boot, char *buf, size_t size);

/*
 * This boot's log could not be read, or not from its beginning, so that finding nothing proves nothing: said, and true.
 */
bool log_say_unread(const struct facts *facts, struct findings *findings);

/*
 * The remedy where no known message says why an IOMMU does not run: with the kernel's last words on IOMMUs where they
 * can be read, and the command that shows them where not.
 */
void log_fix_iommu(const struct facts *facts, struct findings *findings, const char *otherwise);

/* The next check in the order of a report: section by section, in each the files' order. NULL begins and ends. */
const struct check *check_next(const struct check *check);

#endif
