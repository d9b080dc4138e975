/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What checks find: a list that they append to. While a check runs, one finding is open: the check says its state, and
 * may add evidence and a remedy. A check that finds several things opens a new one for each. A finding that nothing was
 * said about is dropped.
 */
#ifndef DOCTOR_FINDING_H
#define DOCTOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/code.h"
#include "base/error.h"
#include "pci/pci.h"

enum check_state {
	CHECK_OK,
	CHECK_WARN,
	CHECK_FAIL,
	CHECK_UNMEASURED,
	CHECK_SKIPPED, /* nothing was said: does not apply; never in a report */
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

enum {
	FINDING_SUBJECT_SIZE = 24
};

struct finding {
	enum code code;
	enum check_section section;
	const char *title;
	const char *why; /* what goes wrong when this is not in order */
	enum check_state state;
	bool has_device;
	struct pci_addr device;
	char subject[FINDING_SUBJECT_SIZE];   /* "host", or the device's address */
	const char *summary, *evidence, *fix; /* in the list's memory; "" for none: no fix is known, or needed */
	int group;                            /* the device's IOMMU group; -1 none */
	enum code cause;                      /* it is a consequence of the finding cause_index; CODE_NONE: of none */
	size_t cause_index;
};

struct finding_text;

struct findings {
	struct finding *item; /* owned, as the texts */
	size_t count, space;
	struct finding_text *text;
	struct finding about; /* how findings of the check that runs begin: code, section, title, why, subject */
	struct finding lost;  /* stands for those that there was no memory for */
	bool out_of_memory;
};

void findings_done(struct findings *findings);

/* A check begins, about this device, or about the host (NULL): its first finding is open. */
void findings_begin(struct findings *findings, const struct finding *about, const struct pci_device *device);

/* It has ended. -ENOMEM when a finding was lost. */
int findings_end(struct findings *findings, struct error *err);

/* Opens the next one; the open one while nothing was said of it. */
void finding_new(struct findings *findings);

/*
 * Of the open one: state and summary, evidence, fix; the last word counts. finding_fix_more() adds to what the fix
 * says.
 */
void finding_say(struct findings *findings, enum check_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void finding_evidence(struct findings *findings, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_fix(struct findings *findings, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_fix_more(struct findings *findings, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What a finding of the list says to do, anew, when all checks have run. */
void finding_refix(struct findings *findings, struct finding *finding, const char *fix);

/* The open one is about this device, which need not be one of the host's; or about something with that name. */
void finding_of(struct findings *findings, struct pci_addr device);
void finding_named(struct findings *findings, const char *name);

#endif
