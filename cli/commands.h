/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, one per file cmd_*.c; main.c lists them. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

#endif
