// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf`: the list of its commands. */
#include "cli/commands.h"
#include "cli/commands_vf.h"

static const struct command *const group[] = { &cmd_vf_list, &cmd_vf_create, &cmd_vf_set, &cmd_vf_destroy,
	&cmd_vf_capacity, NULL };

const struct command cmd_vf = {
	.name = "vf",
	.summary = "virtual functions: list, create, set, destroy, capacity",
	.group = group,
};
