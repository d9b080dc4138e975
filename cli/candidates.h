/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could be meant where a DEVICE is missing. */
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

#include "cli/cli.h"

/*
 * For struct command's suggest: the host's likeliest devices, by the names that people type, as the hint of the error.
 */
void candidates_suggest(const struct cli *cli, struct error *err);

#endif
