// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of the commands, as --help shows them: looking, devices, guests. */
#include "cli/commands.h"

#include <stddef.h>

const struct command *const commands[] = {
	&cmd_status,
	&cmd_list,
	&cmd_show,
	&cmd_groups,
	&cmd_why,
	&cmd_iommu,
	&cmd_faults,
	&cmd_topology,
	&cmd_changes,
	&cmd_doctor,
	&cmd_impact,
	&cmd_capture,
	&cmd_explain,
	&cmd_init,
	&cmd_config,
	&cmd_plan,
	&cmd_apply,
	&cmd_confirm,
	&cmd_undo,
	&cmd_recover,
	&cmd_bind,
	&cmd_release,
	&cmd_gc,
	&cmd_vf,
	&cmd_eswitch,
	&cmd_run,
	&cmd_ps,
	&cmd_guest,
	&cmd_stop,
	&cmd_pause,
	&cmd_resume,
	&cmd_reset,
	&cmd_attach,
	&cmd_detach,
	&cmd_console,
	NULL,
};
