/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remedies that several checks give, as commands of this host's distribution. */
#ifndef DOCTOR_FIX_H
#define DOCTOR_FIX_H

#include "doctor/facts.h"
#include "doctor/finding.h"

/* A kernel argument to be added or removed with this host's boot loader, then a reboot. */
void fix_add_argument(const struct facts *facts, struct findings *findings, const char *argument);
void fix_drop_argument(const struct facts *facts, struct findings *findings, const char *argument);

/* Of all findings: the hypervisor's remedy before the firmware's, where this host is a guest (os/place.h). */
void fix_put_place_first(const struct facts *facts, struct findings *findings);

#endif
