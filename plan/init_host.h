/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A card that gets a name in the draft although its kind gets none. Used by plan/init_*.c only. */
#ifndef PLAN_INIT_HOST_H
#define PLAN_INIT_HOST_H

#include "plan/init.h"

/* -ENOMEM. Ends pointers to cards. */
int draft_add(struct draft *draft, const struct host *host, const struct pci_device *device);

#endif
