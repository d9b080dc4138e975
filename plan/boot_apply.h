/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot's apply: what boot.h chooses, done as apply.h does it. */
#ifndef PLAN_BOOT_APPLY_H
#define PLAN_BOOT_APPLY_H

#include "plan/apply.h"
#include "plan/boot.h"

/*
 * how says who asks; guard, sources and restores are filled here. *ret_plan has what was done, and is ended by the
 * caller in every case. CODE_BOOT_REFUSED; the errors of config_load(), plan_prepare() and apply_plan().
 */
int boot_apply(struct change *change, const struct apply_how *how, enum boot_choice *ret_choice, struct plan *ret_plan,
	struct apply_done *ret_done, struct error *err);

#endif
