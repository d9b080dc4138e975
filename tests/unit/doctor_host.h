/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up host that is in order, for the doctor's tests: Intel, Debian's tools, a card that can be split, two network
 * cards alike, a display; and ways to spoil it.
 */
#ifndef DOCTOR_HOST_H
#define DOCTOR_HOST_H

#include "doctor/doctor.h"
#include "tests/unit/temp_tree.h"

#define PF "0000:01:00.0"
#define TWIN_ONE "0000:02:00.0"
#define TWIN_TWO "0000:03:00.0"
#define GPU "0000:04:00.0"
#define DEV(address, file) "sys/bus/pci/devices/" address "/" file

#define VF(index) "@" DEV(PF, "virtfn" #index "|../0000:01:10." #index)

struct doctor_host {
	struct temp_tree tree;
	struct host host;
	struct doctor_report report;
};

/* Make it, and remove it with its report. */
void doctor_host_make(struct doctor_host *f);
void doctor_host_drop(struct doctor_host *f);

/*
 * One change: "PATH|TEXT" writes a file, "@PATH|TARGET" a link, "-PATH" removes one, "#PATH|OFFSET=BYTES;..." writes
 * configuration space (hexadecimal).
 */
void doctor_host_change(const struct doctor_host *f, const char *change);

/* Its DMAR table, with these flags; second_unit: one more unit, at 0xfed91000, for the display. */
void doctor_host_dmar(const struct doctor_host *f, unsigned int flags, bool second_unit);

/* Let the doctor see it: as a whole, or one device. */
void doctor_host_examine(struct doctor_host *f, const char *device);

#endif
