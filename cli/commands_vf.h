/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of `sluice vf`, one per file cmd_vf_*.c; cmd_vf.c lists them. */
#ifndef CLI_COMMANDS_VF_H
#define CLI_COMMANDS_VF_H

#include "cli/cli.h"

extern const struct command cmd_vf_list;
extern const struct command cmd_vf_create;
extern const struct command cmd_vf_set;
extern const struct command cmd_vf_destroy;
extern const struct command cmd_vf_capacity;

#endif
