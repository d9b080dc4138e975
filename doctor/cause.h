/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which finding is the consequence of which: a table. What a cause explains is told with the cause, and needs no remedy
 * of its own.
 */
#ifndef DOCTOR_CAUSE_H
#define DOCTOR_CAUSE_H

#include "doctor/finding.h"

/* Sets cause and cause_index of every finding that another one explains. */
int causes_find(struct findings *findings, struct error *err);

#endif
