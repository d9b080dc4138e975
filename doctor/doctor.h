/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: is this host ready to give devices to guests? A table of checks (list.c; checks.h says which file has which), each with a stable code, and
 * for each the evidence: the file that was read and what it said. Nothing is changed, nothing is guessed: what could not be
 * read is "unmeasured", with the reason.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "assign/host.h"
#include "distro/boot_loader.h"
#include "distro/kernel_finding.h"
#include "distro/modprobe_conf.h"
#include "distro/rival.h"
#include "iommu/fault_tally.h"
#include "iommu/table.h"
#include "iommu/topology.h"

enum check_state {
	CHECK_OK,
	CHECK_WARN,
	CHECK_FAIL,
	CHECK_UNMEASURED,
	CHECK_SKIPPED, /* does not apply; never in a report */
	CHECK_STATE_COUNT
};

/* What checks are about; a report for people has a heading for each. */
enum check_section {
	SECTION_CPU,
	SECTION_MEMORY,
	SECTION_IOMMU,
	SECTION_VFIO,
	SECTION_SETTINGS,
	SECTION_SRIOV,
	SECTION_DEVICE,
	SECTION_LOG,
	SECTION_COUNT
};

struct check_result {
	enum code code;
	enum check_section section;
	const char *title;
	const char *why; /* what goes wrong when this is not in order */
	enum check_state state;
	char subject[32]; /* "host", or a device's address */
	char summary[256];
	char evidence[320];
	char fix[512]; /* "" when there is nothing to mend, or no known way */

	/* A check that finds several things is run again with the next turn while it sets more. */
	size_t turn;
	bool more;
};

struct doctor_report {
	struct check_result *results; /* owned */
	size_t count;
	size_t counts[CHECK_STATE_COUNT];
	bool of_devices; /* only what concerns the devices that were named */
};

/* What checks know beside the device; read once. */
struct doctor {
	const struct host *host;
	struct boot_loader loader;
	char cmdline[4096];                      /* the running kernel's; "" when it could not be read */
	char release[128];                       /* "6.12.0-amd64"; "" unknown */
	unsigned int kernel_major, kernel_minor; /* 0 unknown */
	struct modprobe_conf modprobe;
	struct rivals rivals;
	struct iommu_table table;
	struct error table_error; /* why there is no table */
	struct topology topology;
	int *topology_group;             /* topology_group()'s answer; owned, NULL without */
	struct kernel_findings log;      /* what the kernel said, of this boot and earlier ones */
	struct iommu_fault_tally faults; /* the same of IOMMU faults */
	bool named;                      /* devices were named */
};

typedef void (*check_fn)(const struct doctor *doctor, const struct pci_device *device, struct check_result *result);

/*
 * All checks of the host and of its devices that are meant for guests; or, with device_count, those of these devices
 * only. The report is the caller's: doctor_report_done().
 */
int doctor_run(const struct host *host, const struct pci_device *const *devices, size_t device_count,
	struct doctor_report *ret_report, struct error *err);
void doctor_report_done(struct doctor_report *report);

/* No failure; with strict, no warning either. What was not measured is no failure. */
bool doctor_report_is_ready(const struct doctor_report *report, bool strict);

/* For the checks: set state and summary, evidence, fix. */
void check_say(struct check_result *result, enum check_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_evidence(struct check_result *result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void check_fix(struct check_result *result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For a check that finds several things, at each of them: is it the one of this turn? Notes whether there are more. */
bool check_turn(struct check_result *result, size_t *found);

/* The fixes that are the boot loader's: "ARGUMENT: COMMANDS; reboot". */
void check_fix_add_argument(const struct doctor *doctor, struct check_result *result, const char *argument);
void check_fix_drop_argument(const struct doctor *doctor, struct check_result *result, const char *argument);

/* The heading of a section. */
const char *check_section_title(enum check_section section);

/* The whole word of the command line that begins so ("iommu=" finds "iommu=soft"), in buf; false for none. */
bool doctor_argument(const struct doctor *doctor, const char *prefix, char *buf, size_t size);

/* Is the running kernel known to be at least this. */
bool doctor_kernel_at_least(const struct doctor *doctor, unsigned int major, unsigned int minor);

/* Is a module listed for the running kernel: modules.dep and modules.builtin. -1: not known. */
int doctor_module_exists(const struct doctor *doctor, const char *module);
int doctor_module_is_builtin(const struct doctor *doctor, const char *module);

/* Does the kernel's command line have this word, or one that begins with it when it ends with '='? */
bool doctor_has_argument(const struct doctor *doctor, const char *word);

#endif
