// SPDX-License-Identifier: GPL-2.0-or-later
/* A write with a deadline, in a child that shares nothing which could keep others waiting; see slow.h. */
#include "base/slow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * In the child, async-signal-safe calls only. Every inherited descriptor is closed: a lock or a pipe must not stay held by
 * a process that a driver keeps. The exit status carries errno, which is below 256.
 */
__attribute__((noreturn)) static void write_and_exit(int root_fd, const char *path, const char *text, size_t length)
{
	int fd = openat(root_fd, path, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		_exit(errno);
	if (dup2(fd, 0) < 0)
		_exit(errno);
	close_range(1, ~0u, 0);
	written = write(0, text, length);
	_exit(written < 0 ? errno : (size_t)written == length ? 0 : EIO);
}

/* ^C goes to the whole process group; the write is not to be cut in half by it. */
static pid_t start_writer(int root_fd, const char *path, const char *text)
{
	size_t length = strlen(text);
	sigset_t all;
	sigset_t before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (!pid)
		write_and_exit(root_fd, path, text, length);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int wait_writer(pid_t pid, unsigned int seconds)
{
	cleanup_close int pidfd = pidfd_open(pid, 0);
	struct pollfd watched = { .fd = pidfd, .events = POLLIN };
	int status;
	int ready;

	/* Without a pidfd (kernels before 5.3) there is no deadline. */
	do
		ready = pidfd < 0 ? 1 : poll(&watched, 1, (int)seconds * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0) {
		kill(pid, SIGKILL);
		return -ETIMEDOUT;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int sysroot_write_slow(const struct sysroot *root, const char *text, unsigned int seconds, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	int length;
	pid_t pid;

	va_start(args, fmt);
	length = vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	if (root->captured)
		return -EROFS;
	pid = start_writer(root->fd, path, text);
	return pid < 0 ? -errno : wait_writer(pid, seconds);
}
