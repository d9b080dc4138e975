// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice eswitch`: the list of its commands. */
#include "cli/commands.h"
#include "cli/commands_eswitch.h"

static const struct command *const group[] = { &cmd_eswitch_list, &cmd_eswitch_show, &cmd_eswitch_set,
	&cmd_eswitch_explain, &cmd_eswitch_function, &cmd_eswitch_rate, &cmd_eswitch_node, NULL };

const struct command cmd_eswitch = {
	.name = "eswitch",
	.summary = "embedded switches: mode, representors, functions, rates",
	.group = group,
};
