/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device of this host an alias of the desired state means. A card is known by what it keeps: its place and kind,
 * and a number of its own where it has one. One that sits elsewhere now, or another one at its place, is an error that
 * names both: nothing is done to a stranger.
 */
#ifndef PLAN_RESOLVE_H
#define PLAN_RESOLVE_H

#include "assign/host.h"
#include "plan/desired.h"

/*
 * CODE_NO_SUCH_DEVICE, CODE_DEV_MOVED, CODE_DEV_ALIKE, with the place in the file. The result is of host's
 * inventory.
 */
int resolve_alias(const struct desired *desired, size_t alias, const struct host *host,
	const struct pci_device **ret_device, struct error *err);

#endif
