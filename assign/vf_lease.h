/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VF was set to before somebody had it: MAC, VLAN, rates and the like (of an NVMe VF queues, interrupts,
 * namespaces) belong to the PF, so no reset of the VF takes them back, and a guest may change some of them by asking
 * the PF's driver. The lease remembers them twice, since an operator may set up what is bound and then lend it to a
 * guest: as they were at the first taker, and as they were when the guest came.
 */
#ifndef ASSIGN_VF_LEASE_H
#define ASSIGN_VF_LEASE_H

#include "assign/change.h"
#include "assign/lease.h"
#include "sriov/sriov.h"

/* What the VFs of a PF are set to, asked once for all of them: a card answers for all when it is asked for one. */
struct vf_lease_look {
	const struct pci_device *pf;  /* of the change's host; NULL: nobody was asked */
	struct vf_settings *settings; /* owned */
	size_t count;
};

void vf_lease_look_done(struct vf_lease_look *look);

/*
 * Fill in the settings that a new lease remembers, before it is written; guest: it is for a guest. A guest that died
 * without giving its VF back is not asked for what it left: its settings are put back first. look begins as zeros, and
 * is shared by the leases of one transaction.
 */
int vf_lease_begin(
	const struct change *change, struct vf_lease_look *look, struct lease *lease, bool guest, struct error *err);

/*
 * The guest's own settings, once the lease is written: those of wish (NULL: none). A network VF that has no address,
 * and of which nothing is said, gets the stable one, so that a guest has the same at each start. CODE_USAGE for an
 * address that is another's on this host, or for settings of what is no VF; CODE_VF_REJECTED.
 */
int vf_lease_prepare(
	const struct change *change, const struct lease *lease, const struct vf_settings *wish, struct error *err);

/* The guest is gone: back to what it met. */
int vf_lease_end_guest(const struct change *change, struct lease *lease, struct error *err);

/* Nobody has it any more: back to what the first taker met. */
int vf_lease_end(const struct change *change, const struct lease *lease, struct error *err);

#endif
