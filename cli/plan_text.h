/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan for people, to be read like a diff, and for programs. */
#ifndef CLI_PLAN_TEXT_H
#define CLI_PLAN_TEXT_H

#include "cli/cli.h"
#include "plan/diff.h"

/* All steps, and what they come to. Nothing with -q but that last line. */
void plan_print(const struct cli *cli, const struct plan *plan, const struct host *host);

/* A step in one line, without its states: "create VFs of eth0 (0000:01:00.0)". Returns buf. */
const char *step_title(const struct step *step, const struct host *host, char *buf, size_t size);

/* "steps" and "summary" into the object. */
void plan_add_json(json_t *object, const struct plan *plan);

#endif
