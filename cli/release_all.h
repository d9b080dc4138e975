/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sluice release --all`: this host as it was before sluice first changed it by a plan. */
#ifndef CLI_RELEASE_ALL_H
#define CLI_RELEASE_ALL_H

#include "cli/cli.h"
#include "os/sysroot.h"

/* As a command's run(). */
int release_all(const struct cli *cli, const struct sysroot *root, const struct option_list *lose, struct error *err);

#endif
