/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests are asked to give back the VFs of a card, before those go: one request of attach.h for each VF, outside the
 * host's lock, which the processes that look after the guests take for themselves.
 */
#ifndef GUEST_DRAIN_H
#define GUEST_DRAIN_H

#include "assign/guest_dir.h"
#include "assign/host.h"

/* One VF that a guest has given back, or had taken away. */
struct drained {
	struct pci_addr addr;
	char guest[GUEST_NAME_SIZE];
	bool pulled; /* it had not let go of it in time */
};

/*
 * All VFs of these physical functions that running guests have. The caller frees *ret_drained, which is complete as far
 * as it went when this fails.
 */
int guest_drain(const struct host *host, const struct pci_addr *pfs, size_t count, uint32_t timeout_ms,
	struct drained **ret_drained, size_t *ret_count, struct error *err);

#endif
