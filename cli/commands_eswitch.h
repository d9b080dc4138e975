/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of `sluice eswitch`, one per file cmd_eswitch_*.c; cmd_eswitch.c lists them. */
#ifndef CLI_COMMANDS_ESWITCH_H
#define CLI_COMMANDS_ESWITCH_H

#include "cli/cli.h"

extern const struct command cmd_eswitch_list;
extern const struct command cmd_eswitch_show;
extern const struct command cmd_eswitch_set;
extern const struct command cmd_eswitch_explain;
extern const struct command cmd_eswitch_function;
extern const struct command cmd_eswitch_rate;
extern const struct command cmd_eswitch_node;

#endif
