/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wishes of the host section: kernel arguments, modules, large pages. For wish.c. */
#ifndef PLAN_WISH_HOST_H
#define PLAN_WISH_HOST_H

#include "plan/desired.h"
#include "plan/look.h"
#include "plan/step.h"

/* What the host has already, and not by sluice, needs no file of sluice's. */
int wishes_of_host(const struct desired *desired, struct look *look, const struct step_list *found,
	struct step_list *wishes, struct error *err);

#endif
