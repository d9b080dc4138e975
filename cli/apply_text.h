/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps while they are done: a line each, as they come. */
#ifndef CLI_APPLY_TEXT_H
#define CLI_APPLY_TEXT_H

#include "cli/cli.h"
#include "plan/apply.h"

struct teller {
	const struct cli *cli;
};

/* As struct apply_listener wants it; context is a struct teller. */
void teller_tell(void *context, enum apply_event event, const struct step *step, size_t number, size_t count);

#endif
