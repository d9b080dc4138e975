/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of guest_start() that speaks to sluice-vmm. For launch_guest.c alone. */
#ifndef HOST_LAUNCH_HANDOVER_H
#define HOST_LAUNCH_HANDOVER_H

#include "host/launch_guest.h"

/*
 * Send everything, LAUNCH_START last. Devices are opened, and so reset, in parallel while sluice-vmm populates the guest's
 * memory. -EPIPE and -ECONNRESET: sluice-vmm has ended, and may have said why.
 */
int launch_hand_over(const struct guest_run *run, struct error *err);

#endif
