// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes with a deadline, in a child that shares nothing which could keep others waiting; see timed_write.h. */
#include "os/timed_write.h"

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

enum {
	ROOT_FD = 0 /* in the child, where nothing else is open */
};

static int write_one(const struct timed_write *one)
{
	int fd = openat(ROOT_FD, one->path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(one->text);
	ssize_t written;
	int ret;

	if (fd < 0)
		return errno;
	written = write(fd, one->text, length);
	ret = written < 0 ? errno : (size_t)written == length ? 0 : EIO;
	close(fd);
	return ret;
}

/*
 * In the child, async-signal-safe calls only. Every inherited descriptor is closed: a lock or a pipe must not stay held
 * by a process that a driver keeps. The exit status carries errno, which is below 256.
 */
__attribute__((noreturn)) static void write_and_exit(int root_fd, const struct timed_write *writes, size_t count)
{
	int ret = 0;

	if (dup2(root_fd, ROOT_FD) < 0)
		_exit(errno);
	close_range(ROOT_FD + 1, ~0u, 0);
	for (size_t i = 0; i < count; i++) {
		int one = ret && !writes[i].always ? 0 : write_one(&writes[i]);

		if (!ret)
			ret = one;
	}
	_exit(ret);
}

/* ^C goes to the whole process group; the work is not to be cut in half by it. */
static pid_t start_writer(int root_fd, const struct timed_write *writes, size_t count)
{
	sigset_t all;
	sigset_t before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (!pid)
		write_and_exit(root_fd, writes, count);
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

/* The same order of events as in the child, for roots that are no kernel. */
static int write_here(const struct sysroot *root, const struct timed_write *writes, size_t count)
{
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		int one = ret && !writes[i].always ? 0 : root->write(root, writes[i].path, writes[i].text);

		if (!ret)
			ret = one;
	}
	return ret;
}

int sysroot_write_timed_all(
	const struct sysroot *root, const struct timed_write *writes, size_t count, unsigned int seconds)
{
	pid_t pid;

	if (root->captured)
		return -EROFS;
	if (root->write)
		return write_here(root, writes, count);
	pid = start_writer(root->fd, writes, count);
	return pid < 0 ? -errno : wait_writer(pid, seconds);
}

int sysroot_write_timed(const struct sysroot *root, const char *text, unsigned int seconds, const char *fmt, ...)
{
	char path[PATH_MAX];
	const struct timed_write one = { .path = path, .text = text };
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	return sysroot_write_timed_all(root, &one, 1, seconds);
}
