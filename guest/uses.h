/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What would be lost with a device, running guests included: they are users of their devices, as mounts and routes are.
 * Looks only.
 */
#ifndef GUEST_USES_H
#define GUEST_USES_H

#include "assign/host.h"
#include "use/impact.h"

/*
 * As impact_read(), with the host's graph of uses and its running guests in it. Without privilege /run/sluice is
 * closed, and the answer is not complete.
 */
int guest_impact_read(const struct host *host, const struct pci_device *const *devices, size_t count,
	enum impact_purpose purpose, struct impact *ret_impact, struct error *err);

#endif
