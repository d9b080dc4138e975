/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a plan may not take away: what carries this host or a guest, by the graph of uses (use/impact.h). There is no
 * switch that allows all; who means it names the very devices to lose.
 */
#ifndef PLAN_GUARD_H
#define PLAN_GUARD_H

#include "plan/look.h"
#include "plan/step.h"

/* lose: devices that are given up; keep: devices that no plan takes, named or not. */
struct guard {
	const struct pci_addr *lose, *keep;
	size_t lose_count, keep_count;
};

/* CODE_WOULD_LOSE says what would be lost with which device, and what to name. */
int guard_check(const struct guard *guard, struct look *look, const struct step_list *steps, struct error *err);

#endif
