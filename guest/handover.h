/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of guest_start() and of hot plug that opens devices and speaks to sluice-vmm. For start.c and hotplug.c
 * alone.
 */
#ifndef GUEST_HANDOVER_H
#define GUEST_HANDOVER_H

#include "guest/start.h"

/*
 * Send everything, LAUNCH_START last. Devices are opened, and so reset, in parallel while sluice-vmm populates the
 * guest's memory. Of what was opened only the address space stays, in run->vfio. -EPIPE and -ECONNRESET: sluice-vmm has
 * ended, and may have said why.
 */
int launch_hand_over(struct guest_run *run, struct error *err);

/* A card for a guest that runs: 1 to 8 functions, those of one IOMMU group together. */
struct late_card {
	const struct host *host;     /* as it is now, with the devices */
	const struct pci_addr *addr; /* bound to vfio-pci by now */
	const uint32_t *function;    /* which of the card each is in the guest */
	size_t count;
	bool no_reset_ok, unclean_ok, bypass_ok;
	uint32_t on_error[LAUNCH_FUNCTION_MAX]; /* enum on_error */
};

/* Open it, and send it; whether it worked is said by GUEST_EVENT_PLUGGED. Afterwards vfio_host_keep_space(). */
int launch_hand_over_late(struct guest_run *run, const struct late_card *card, struct error *err);

/* -ECANCELED when whoever wants the guest (spec->caller_fd) is gone. */
int guest_is_wanted(const struct guest_spec *spec, struct error *err);

#endif
