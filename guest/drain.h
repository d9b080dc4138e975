/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests are asked to give back the VFs of a card before those go, and are given them again when they are there anew:
 * requests of attach.h for each VF, outside the host's lock, which the processes that look after the guests take for
 * themselves.
 */
#ifndef GUEST_DRAIN_H
#define GUEST_DRAIN_H

#include "assign/guest_dir.h"
#include "assign/host.h"
#include "guest/attach.h"
#include "sriov/sriov.h"

/* One VF that a guest has given back, or had taken away. */
struct drained {
	struct pci_addr addr, pf;
	unsigned int index; /* of the VF: its address may change with their number */
	char guest[GUEST_NAME_SIZE];
	uint32_t on_error; /* enum on_error */
	struct attach_accepted accepted;
	bool has_settings;
	struct vf_settings settings; /* as it was, when has_settings */
	bool pulled;                 /* it had not let go of it in time */
	int64_t since_ms;            /* CLOCK_MONOTONIC: when it was asked for it */
	bool is_back;                /* the guest has it again, as: */
	char in_guest[16];
	unsigned int away_ms;
	bool is_gone;   /* there is no such VF any more */
	bool has_ended; /* there is no such guest any more */
};

/*
 * All VFs of these physical functions that running guests have. When one of the guests could not be given its VF again
 * (CODE_USAGE: no slots for hot plug), or somebody else uses a VF (CODE_DEV_IN_USE), none is asked. A guest that ends
 * meanwhile has given its VF back. The caller frees *ret_drained, which is complete as far as it went when this fails.
 */
int guest_drain(const struct host *host, const struct pci_addr *pfs, size_t count, uint32_t timeout_ms,
	struct drained **ret_drained, size_t *ret_count, struct error *err);

/*
 * Each guest has its VF again, set as it was; or it is told that there is none of its number, or no such guest. All are
 * tried: the error is the first, CODE_HALF_DONE.
 */
int guest_undrain(const struct sysroot *root, struct drained *drained, size_t count, struct error *err);

#endif
