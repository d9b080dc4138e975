// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sluice: gives PCI devices and SR-IOV virtual functions to virtual machines. The list of its commands, and the one
 * place where an error is printed and becomes an exit status.
 */
#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "base/code.h"
#include "cli/cli.h"
#include "cli/commands.h"

/* As --help shows them: looking, devices, guests. */
static const struct command *const commands[] = {
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
	&cmd_bind,
	&cmd_release,
	&cmd_vf,
	&cmd_run,
	&cmd_ps,
	&cmd_guest,
	&cmd_stop,
	&cmd_pause,
	&cmd_resume,
	&cmd_reset,
	&cmd_console,
	NULL,
};

/* A result that could not be written (a full disk) is a failure, although the command did its work. */
static int finish_output(FILE *out, struct error *err)
{
	if (fflush(out) || ferror(out))
		return fail(err, errno ? errno : EIO, "write the result");
	return 0;
}

int main(int argc, char **argv)
{
	struct cli cli = { .out = stdout };
	struct error err = { 0 };
	int ret;

	setlocale(LC_CTYPE, "");
	ret = command_dispatch(commands, &cli, argc ? argc - 1 : 0, argv + 1, &err);
	if (ret >= 0 && finish_output(stdout, &err) < 0)
		ret = -EIO;
	if (ret >= 0)
		return ret;
	fflush(stdout);
	cli_print_error(stderr, cli.color && isatty(STDERR_FILENO), &err);
	return code_info(err.code)->status;
}
