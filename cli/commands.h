/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, one per file cmd_*.c; commands.c lists them. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct command cmd_status;
extern const struct command cmd_list;
extern const struct command cmd_show;
extern const struct command cmd_groups;
extern const struct command cmd_why;
extern const struct command cmd_iommu;
extern const struct command cmd_faults;
extern const struct command cmd_topology;
extern const struct command cmd_vf;
extern const struct command cmd_eswitch;
extern const struct command cmd_changes;
extern const struct command cmd_doctor;
extern const struct command cmd_impact;
extern const struct command cmd_capture;
extern const struct command cmd_explain;
extern const struct command cmd_init;
extern const struct command cmd_config;
extern const struct command cmd_plan, cmd_apply, cmd_confirm, cmd_undo, cmd_recover;
extern const struct command cmd_bind;
extern const struct command cmd_release;
extern const struct command cmd_gc;
extern const struct command cmd_up, cmd_down;
extern const struct command cmd_run;
extern const struct command cmd_ps;
extern const struct command cmd_metrics;
extern const struct command cmd_guest;
extern const struct command cmd_stop;
extern const struct command cmd_pause;
extern const struct command cmd_resume;
extern const struct command cmd_reset;
extern const struct command cmd_console;
extern const struct command cmd_translate, cmd_verify;
extern const struct command cmd_attach;
extern const struct command cmd_detach;

/* All of them; ends with NULL. */
extern const struct command *const commands[];

#endif
