/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doctor: is this host ready to give devices to guests? A table of checks (doctor.c), each with a stable code, and
 * for each the evidence: the file that was read and what it said. Nothing is changed, nothing is guessed: what could not be
 * read is "unmeasured", with the reason.
 */
#ifndef HOST_DOCTOR_H
#define HOST_DOCTOR_H

#include "host/boot_loader.h"
#include "host/host.h"

enum check_state {
	CHECK_OK,
	CHECK_WARN,
	CHECK_FAIL,
	CHECK_UNMEASURED,
	CHECK_SKIPPED, /* does not apply; never in a report */
	CHECK_STATE_COUNT
};

struct check_result {
	enum code code;
	const char *title;
	const char *why; /* what goes wrong when this is not in order */
	enum check_state state;
	char subject[32]; /* "host", or a device's address */
	char summary[256];
	char evidence[256];
	char fix[384]; /* "" when there is nothing to mend, or no known way */
};

struct doctor_report {
	struct check_result *results; /* owned */
	size_t count;
	size_t counts[CHECK_STATE_COUNT];
};

/* What checks know beside the device. */
struct doctor {
	const struct host *host;
	struct boot_loader loader;
	char cmdline[4096]; /* the running kernel's; "" when it could not be read */
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

/* Does the kernel's command line have this word, or one that begins with it when it ends with '='? */
bool doctor_has_argument(const struct doctor *doctor, const char *word);

#endif
