/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of guest_start() that speaks to sluice-vmm. For start.c alone. */
#ifndef GUEST_HANDOVER_H
#define GUEST_HANDOVER_H

#include "guest/start.h"

/*
 * Send everything, LAUNCH_START last. Devices are opened, and so reset, in parallel while sluice-vmm populates the
 * guest's memory. -EPIPE and -ECONNRESET: sluice-vmm has ended, and may have said why.
 */
int launch_hand_over(struct guest_run *run, struct error *err);

/* -ECANCELED when whoever wants the guest (spec->caller_fd) is gone. */
int guest_is_wanted(const struct guest_spec *spec, struct error *err);

#endif
