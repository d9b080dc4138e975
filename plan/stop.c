// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals between steps, by signalfd(2); see stop.h. */
#include "plan/stop.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"

int stop_begin(struct stop *stop, struct error *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t held, heard;

	sigemptyset(&heard);
	sigaddset(&heard, SIGINT);
	sigaddset(&heard, SIGTERM);
	held = heard;
	sigaddset(&held, SIGHUP);
	stop->fd = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
	if (stop->fd < 0)
		return fail(err, errno, "listen to signals");
	sigprocmask(SIG_BLOCK, &held, &stop->before);
	sigaction(SIGPIPE, &ignore, &stop->pipe_before);
	stop->began = true;
	return 0;
}

/* What came meanwhile and was not heard is delivered now. */
void stop_end(struct stop *stop)
{
	if (!stop->began)
		return;
	sigaction(SIGPIPE, &stop->pipe_before, NULL);
	sigprocmask(SIG_SETMASK, &stop->before, NULL);
	close_fd(&stop->fd);
	stop->began = false;
}

int stop_asked(const struct stop *stop, struct error *err)
{
	struct signalfd_siginfo info;

	if (read(stop->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return fail_code(err, CODE_FAILED, EINTR, "stopped by %s", strsignal((int)info.ssi_signo));
}
