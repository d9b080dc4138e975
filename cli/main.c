// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sluice: gives PCI devices and SR-IOV virtual functions to virtual machines. The one place where an error is
 * printed and becomes an exit status.
 */
#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "base/code.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/printer.h"

/* A result that could not be written (a full disk) is a failure, although the command did its work. */
static int finish_output(FILE *out, struct error *err)
{
	bool failed = ferror(out);

	if (fclose(out) || failed)
		return fail(err, errno ? errno : EIO, "write the result");
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct error err = { 0 }, unwritten;
	int ret = command_dispatch(commands, cli, argc ? argc - 1 : 0, argv + 1, &err);

	if (finish_output(cli->out, &unwritten) < 0 && ret >= 0) {
		err = unwritten;
		ret = -EIO;
	}
	if (ret >= 0)
		return ret;
	cli_print_error(stderr, cli->color && isatty(STDERR_FILENO), &err);
	return code_info(err.code)->status;
}

/* Nothing in this program reaches a terminal but through these two streams, or as a guest's console. */
int main(int argc, char **argv)
{
	FILE *const given_out = stdout, *const given_err = stderr;
	struct cli cli = { 0 };
	struct printer out, complaints;
	int status;

	setlocale(LC_CTYPE, "");
	cli.out = printer_open(&out, STDOUT_FILENO, &cli.color, false);
	/* The C library's names of streams are variables. */
	stderr = printer_open(&complaints, STDERR_FILENO, &cli.color, true);
	if (!cli.out || !stderr)
		return (int)code_info(CODE_FAILED)->status;
	stdout = cli.out;
	status = run(&cli, argc, argv);
	fclose(stderr);
	stdout = given_out;
	stderr = given_err;
	return status;
}
