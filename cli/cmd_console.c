// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice console`: a guest's serial console on this terminal. With standard input from a pipe or file it types that,
 * shows what the guest answers, and ends a while after the input's end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "guest/channel.h"
#include "guest/guest.h"

struct console_options {
	uint64_t linger_s;
};

#define CONSOLE(member) offsetof(struct console_options, member)
static const struct option_row options[] = {
	{ "linger", 0, "SECONDS", "after the end of the input, wait for that much silence (default: 1)", OPTION_NUMBER,
		CONSOLE(linger_s), 0, 3600, NULL },
	{ NULL },
};

/* Until ^], the guest's end, or silence after the end of the input. */
static int relay(int socket, uint64_t linger_s, struct error *err)
{
	struct channel input = { .from = STDIN_FILENO, .to = socket, .escapes = isatty(STDIN_FILENO) };
	struct channel output = { .from = socket, .to = STDOUT_FILENO };

	while (!input.escape_count && !channel_is_done(&output)) {
		struct pollfd polled[] = { channel_poll(&input), channel_poll(&output) };
		int timeout_ms = channel_is_done(&input) ? (int)linger_s * 1000 : -1;
		int ready = poll(polled, array_size(polled), timeout_ms);

		if (ready < 0 && errno != EINTR)
			return fail(err, errno, "wait for the console");
		if (ready < 0)
			continue;
		if (!ready)
			break;
		channel_move(&input, polled[0].revents);
		channel_move(&output, polled[1].revents);
	}
	return 0;
}

static int run_console(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct console_options *console = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(terminal_restore) struct terminal terminal = { .fd = -1 };
	cleanup_close int socket = -1;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)count;
	if (!ret)
		ret = guest_connect(&root, args[0], "console", SOCK_STREAM, &socket, err);
	if (ret < 0)
		return ret;
	if (fcntl(socket, F_SETFL, O_NONBLOCK))
		return fail(err, errno, "use the console of guest '%s'", args[0]);
	signal(SIGPIPE, SIG_IGN);
	if (isatty(STDIN_FILENO) && !cli->quiet)
		fprintf(stderr, "sluice: the console of guest '%s'; ^] leaves\n", args[0]);
	terminal_make_raw(&terminal, STDIN_FILENO);
	ret = relay(socket, console->linger_s, err);
	terminal_restore(&terminal);
	return ret;
}

static const char *const details[] = {
	"^] leaves; the guest goes on. Guests have such a console when they were started with --detach or "
	"--console socket.",
	NULL,
};

static const char *const examples[] = {
	"sluice console web1",
	"echo poweroff | sluice console web1 --linger 10",
	NULL,
};

const struct command cmd_console = {
	.name = "console",
	.summary = "use a guest's serial console",
	.arguments = "NAME",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.options_size = sizeof(struct console_options),
	.defaults = &(const struct console_options){ .linger_s = 1 },
	.details = details,
	.examples = examples,
	.run = run_console,
};
