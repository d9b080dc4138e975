/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the desired state to single wishes about this host: what of which thing should be how, and which line says so.
 * Aliases become devices here. A wish is a step without its beginning: `from` is "".
 */
#ifndef PLAN_WISH_H
#define PLAN_WISH_H

#include "plan/desired.h"
#include "plan/look.h"
#include "plan/step.h"

/*
 * found: what sluice has changed before (journal.h): what the host has of itself is left to whoever made it so, and
 * only what sluice once wrote is sluice's to keep. The errors are those of resolve_alias(); CODE_USAGE for a user
 * that there is not.
 */
int wishes_make(const struct desired *desired, struct look *look, const struct step_list *found,
	struct step_list *ret_wishes, struct error *err);

#endif
