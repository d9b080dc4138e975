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
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	ROOT_FD = 0, /* in the child, where nothing else is open */
	LOOK_MS = 5,
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

/* What comes late is probed late too: one more step after it is there. */
static void wait_for(int root_fd, const struct timed_write *one)
{
	const struct timespec step = { .tv_nsec = LOOK_MS * 1000000L };

	for (unsigned int ms = 0; one->until_exists && ms < one->until_ms; ms += LOOK_MS) {
		bool is_there = !faccessat(root_fd, one->until_exists, F_OK, AT_SYMLINK_NOFOLLOW);

		if (is_there && !ms)
			return;
		nanosleep(&step, NULL);
		if (is_there)
			return;
	}
}

/*
 * In the child, async-signal-safe calls only. Every inherited descriptor is closed: a lock or a pipe must not stay held
 * by a process that a driver keeps. The exit status carries errno, which is below 256.
 */
__attribute__((noreturn)) static void write_and_exit(
	int root_fd, const struct timed_write *writes, size_t count, size_t *at)
{
	int ret = 0;

	if (dup2(root_fd, ROOT_FD) < 0)
		_exit(errno);
	close_range(ROOT_FD + 1, ~0u, 0);
	for (size_t i = 0; i < count; i++) {
		int one = ret && !writes[i].always ? 0 : write_one(&writes[i]);

		if (!ret)
			*at = i;
		if (!ret)
			ret = one;
		if (!ret)
			wait_for(ROOT_FD, &writes[i]);
	}
	_exit(ret);
}

/* ^C goes to the whole process group; the work is not to be cut in half by it. */
static pid_t start_writer(int root_fd, const struct timed_write *writes, size_t count, size_t *at)
{
	sigset_t all;
	sigset_t before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (!pid)
		write_and_exit(root_fd, writes, count, at);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* The same order of events as in the child, for roots that are no kernel. */
static int write_here(const struct sysroot *root, const struct timed_write *writes, size_t count, size_t *ret_at)
{
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		int one = ret && !writes[i].always ? 0 : root->write(root, writes[i].path, writes[i].text);

		if (!ret)
			*ret_at = i;
		if (!ret)
			ret = one;
		if (!ret)
			wait_for(root->fd, &writes[i]);
	}
	return ret;
}

int timed_write_start(
	const struct sysroot *root, const struct timed_write *writes, size_t count, struct timed_job *ret_job)
{
	struct timed_job job = { .pid = -1, .pidfd = -1 };

	if (root->captured)
		return -EROFS;
	if (root->write) {
		job.result = write_here(root, writes, count, &job.failed_at);
	} else {
		job.at = mmap(NULL, sizeof(*job.at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (job.at == MAP_FAILED)
			return -errno;
		job.pid = start_writer(root->fd, writes, count, job.at);
		if (job.pid < 0) {
			int ret = -errno;

			munmap(job.at, sizeof(*job.at));
			return ret;
		}
		job.pidfd = pidfd_open(job.pid, 0);
	}
	*ret_job = job;
	return 0;
}

int timed_write_wait(struct timed_job *job, unsigned int seconds)
{
	cleanup_close int pidfd = job->pidfd;
	struct pollfd watched = { .fd = pidfd, .events = POLLIN };
	int status = 0;
	int ready;

	if (job->pid < 0)
		return job->result;
	/* Without a pidfd (kernels before 5.3) there is no deadline. */
	do
		ready = pidfd < 0 ? 1 : poll(&watched, 1, (int)seconds * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		kill(job->pid, SIGKILL);
	while (ready > 0 && waitpid(job->pid, &status, 0) < 0)
		if (errno != EINTR)
			ready = -errno;
	job->failed_at = *job->at;
	munmap(job->at, sizeof(*job->at));
	if (ready <= 0)
		return ready ? ready : -ETIMEDOUT;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* Lines are "[<0>] igb_enable_sriov+0x1d3/0x3a0 [igb]", the innermost first. Who only waits tells nothing. */
const char *timed_write_place(const struct sysroot *root, pid_t pid, char *buf, size_t size)
{
	static const char *const waiting[] = { "schedule", "msleep", "wait_for_", "__wait", "__mutex", "mutex_lock",
		"rwsem_", "down_", "usleep", "__switch" };
	char stack[4096], name[64];
	char *rest = NULL;

	buf[0] = '\0';
	if (sysroot_read_text(root, stack, sizeof(stack), "proc/%d/stack", (int)pid) <= 0)
		return buf;
	for (char *line = strtok_r(stack, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t i = 0;

		if (sscanf(line, "[<%*[^>]>] %63[^+]", name) != 1)
			continue;
		while (i < sizeof(waiting) / sizeof(waiting[0]) && strncmp(name, waiting[i], strlen(waiting[i])) != 0)
			i++;
		if (i < sizeof(waiting) / sizeof(waiting[0]))
			continue;
		snprintf(buf, size, "%s", name);
		break;
	}
	return buf;
}

int sysroot_write_timed_all(
	const struct sysroot *root, const struct timed_write *writes, size_t count, unsigned int seconds)
{
	struct timed_job job;
	int ret = timed_write_start(root, writes, count, &job);

	return ret < 0 ? ret : timed_write_wait(&job, seconds);
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
