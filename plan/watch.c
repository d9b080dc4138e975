// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waiting for a confirmation; see watch.h. The time is CLOCK_BOOTTIME's, which neither an administrator nor a suspend
 * changes.
 */
#include "plan/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	LOOK_MS = 500,
	TRIES = 5,
	TRY_SECONDS = 5,
	FD_MAX = 1024,
};

#define SYSTEMD_RUN "/usr/bin/systemd-run"

static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

/* A unit that systemd keeps, whatever becomes of the session: 1, or 0 where there is no systemd. */
static int start_unit(const struct sysroot *root, const char *program, const char *id)
{
	char unit[64];
	char *const arguments[] = { SYSTEMD_RUN, "--quiet", "--collect", unit,
		"--description=sluice: undo unless confirmed", "--property=DefaultDependencies=no", "--",
		(char *)program, "recover", "--watch", (char *)id, NULL };
	int status;
	pid_t pid;

	if (!sysroot_exists(root, "run/systemd/system") || access(SYSTEMD_RUN, X_OK))
		return 0;
	snprintf(unit, sizeof(unit), "--unit=sluice-watch-%.36s", id);
	if (posix_spawn(&pid, SYSTEMD_RUN, NULL, NULL, arguments, environment))
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Out of the session's control group, where the host has one hierarchy of them: what ends the session may end those. */
static void leave_cgroup(void)
{
	cleanup_close int fd = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY | O_CLOEXEC);

	/* The root of it takes processes only while it does not control: then they stay where they are. */
	if (fd >= 0 && write(fd, "0", 1) != 1)
		return;
}

/* In the child: nothing of the parent's is left but the word that it started. */
static void become(const char *program, const char *id, int told)
{
	char *const arguments[] = { "sluice", "recover", "--watch", (char *)id, NULL };
	int null;
	sigset_t none;

	setsid();
	leave_cgroup();
	if (chdir("/"))
		_exit(1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < FD_MAX; fd++)
		if (fd != told)
			close(fd);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(program, arguments, environment);
	if (write(told, "", 1) != 1)
		_exit(2);
	_exit(1);
}

/* Two forks, so that init is its parent; the pipe closes when it runs as another program, or says that it does not. */
static int start_process(const char *program, const char *id, struct error *err)
{
	int told[2], status = 0;
	char byte;
	pid_t pid;
	ssize_t got;

	if (pipe2(told, O_CLOEXEC))
		return fail(err, errno, "start the process that would undo this");
	pid = fork();
	if (!pid) {
		pid = fork();
		if (!pid)
			become(program, id, told[1]);
		_exit(pid < 0);
	}
	close(told[1]);
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	got = pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) ? 1 : read(told[0], &byte, 1);
	close(told[0]);
	return got ? fail_code(err, CODE_FAILED, ECHILD, "the process that would undo this could not be started") : 0;
}

int watch_start(const struct sysroot *root, const char *id, struct error *err)
{
	char program[512];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length < 0)
		return fail(err, errno, "find this program");
	program[length] = '\0';
	return start_unit(root, program, id) ? 0 : start_process(program, id, err);
}

/* Is it time? One that is not complete is a dead one's while nobody, or who asks, has the lock. */
static bool is_time(const struct sysroot *root, const char *id, bool have_lock)
{
	struct journal_entry entry = { 0 };
	enum journal_mark *marks = NULL;
	struct timespec now;
	bool is_over = false;

	if (journal_pending(root, &entry, &marks, NULL) != 1)
		return false;
	clock_gettime(CLOCK_BOOTTIME, &now);
	if (!strcmp(entry.id, id))
		is_over = entry.complete ? now.tv_sec >= (time_t)entry.deadline : have_lock || !host_lock_is_held(root);
	journal_entry_done(&entry);
	free(marks);
	return is_over;
}

static bool is_pending(const struct sysroot *root, const char *id)
{
	char now[40];

	if (!journal_is_pending(root))
		return false;
	journal_pending_id(root, now, sizeof(now));
	return !strcmp(now, id);
}

/* Inside the lock it may have been confirmed meanwhile, or another one be pending. */
static int undo(const struct sysroot *root, const char *id, const struct apply_how *how, struct error *err)
{
	cleanup_change struct change *change = NULL;
	enum apply_recovered recovered;
	int ret = change_begin(root, &change, err);

	if (ret < 0)
		return ret;
	if (!is_pending(root, id) || !is_time(root, id, true))
		return is_pending(root, id) ? -EAGAIN : 0;
	return apply_recover(change, how, true, &recovered, err);
}

int watch_run(const struct sysroot *root, const char *id, const struct apply_how *how, struct error *err)
{
	const struct timespec step = { .tv_nsec = LOOK_MS * 1000000L };
	const struct timespec pause = { .tv_sec = TRY_SECONDS };
	int tries = 0;

	while (is_pending(root, id)) {
		int ret = is_time(root, id, false) ? undo(root, id, how, err) : -EAGAIN;

		if (ret >= 0)
			return 0;
		if (ret != -EAGAIN && ++tries >= TRIES)
			return ret;
		nanosleep(ret == -EAGAIN ? &step : &pause, NULL);
	}
	return 0;
}
