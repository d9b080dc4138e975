/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of `sluice eswitch` print: one eswitch, and the steps of a plan. */
#ifndef CLI_ESWITCH_PRINT_H
#define CLI_ESWITCH_PRINT_H

#include "cli/cli.h"
#include "view/eswitch_row.h"

/*
 * The eswitch and its VFs as a table; with --json an object with "eswitch", and "rule" and "steps" where there is a
 * plan (NULL: none). Members of extra (NULL: none) are added to "eswitch"; takes the reference.
 */
int eswitch_print(const struct cli *cli, const struct eswitch *eswitch, const struct eswitch_plan *plan, json_t *extra,
	struct error *err);

/* The steps, a line each; did: they were done. Nothing with --json. */
void eswitch_print_steps(const struct cli *cli, const struct eswitch_plan *plan, bool did);

#endif
