/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: is this host ready to give devices to guests? Lists of checks, each with a stable code, and for each the
 * evidence: the file that was read and what it said. Nothing is changed, nothing is guessed: what could not be read is
 * "unmeasured", with the reason.
 *
 *	doctor.c	runs the checks; the report
 *	list.c		the files that have checks, and sections
 *	checks.h	what a check is
 *	finding.c	what checks append to
 *	facts.c		what checks know of the host beside its devices; facts_device.c: of devices, where they share it
 *	device_index.c	the functions by kind and number, and VFs by their PF
 *	numa.c, vectors.c, framebuffer.c	NUMA nodes, interrupt vectors, framebuffers of the boot: facts too
 *	cause.c		which finding is the consequence of which
 *	fold.c		findings that are alike as one, and what is to do
 *	fix.c		remedies that several checks give
 *	fault_read.c	IOMMU faults of the kernel's logs, counted: a fact too
 *
 * Files of checks, by what they ask about:
 *
 *	cpu.c		where this is, kernel, processor, KVM
 *	memory.c	locked memory, huge pages, NUMA
 *	iommu.c		IOMMU, its table
 *	vfio.c		VFIO and its options
 *	permission.c	what this user may open
 *	cage.c		what keeps guests in
 *	advice.c	kernel arguments, modules and blacklists that guides spread
 *	boot_binding.c	devices that vfio-pci is to take at boot
 *	sriov.c		cards to be split
 *	vf_resources.c	memory windows and bus numbers for their VFs
 *	eswitch.c	their embedded switches
 *	rival.c		who else acts on devices
 *	group.c, device.c, link.c	one device
 *	verdict.c	what the verdict on a device holds against it
 *	identity.c	the card itself, since it was last seen
 *	log.c		what the kernel said
 *	fault.c		IOMMU faults, counted, with who is to blame
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "assign/host.h"
#include "doctor/finding.h"

struct doctor_report {
	struct findings findings;
	size_t counts[CHECK_STATE_COUNT];
	bool of_devices; /* only what concerns the devices that were named */
};

/*
 * All checks of the host and of its devices that are meant for guests; or, with device_count, those of these devices
 * only. The report is the caller's: doctor_report_done().
 */
int doctor_run(const struct host *host, const struct pci_device *const *devices, size_t device_count,
	struct doctor_report *ret_report, struct error *err);
void doctor_report_done(struct doctor_report *report);

/* No failure; with strict, no warning either. What was not measured is no failure. */
bool doctor_report_is_ready(const struct doctor_report *report, bool strict);

/* The heading of a section. */
const char *doctor_section_title(enum check_section section);

#endif
