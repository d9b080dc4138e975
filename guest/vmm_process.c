// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fork() and exec() of sluice-vmm. Between the two only async-signal-safe calls are made. Not posix_spawn(): it has no
 * parent death signal and no resource limits.
 */
#include "guest/vmm_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wire/launch.h"

enum {
	REPORT_FD = LAUNCH_SOCKET_FD + 1,
	FIRST_FREE_FD,
	SAFE_FD = 32, /* above what is put in place below */
};

/* Beside memory: what the kernel's tables and the devices' queues may lock. */
#define MEMLOCK_SLACK (64ull << 20)

static bool is_program(const char *path)
{
	return !access(path, X_OK);
}

/* Beside this program, as in a build directory, or in the libexec directory that belongs to its bin directory. */
static int find_program(char *buf, size_t size, struct error *err)
{
	static const char *const places[] = { "sluice-vmm", "../libexec/sluice/sluice-vmm" };
	const char *named = secure_getenv("SLUICE_VMM"); /* for tests */
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (named) {
		snprintf(buf, size, "%s", named);
		return is_program(buf) ? 0 : fail(err, errno, "start '%s'", named);
	}
	if (length < 0)
		return fail(err, errno, "read /proc/self/exe");
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < array_size(places); i++) {
		int used = snprintf(buf, size, "%s/%s", self, places[i]);

		if (used > 0 && (size_t)used < size && is_program(buf))
			return 0;
	}
	fail_code(err, CODE_FAILED, ENOENT, "the program sluice-vmm is neither in %s nor in %s/../libexec/sluice", self,
		self);
	return fail_hint(err, "install both programs together: make install");
}

/* In the child: say why on REPORT_FD and end. */
static void __attribute__((noreturn)) give_up(int report)
{
	int errnum = errno;

	if (write(report, &errnum, sizeof(errnum)) < 0)
		_exit(126);
	_exit(127);
}

static void raise_limit(int resource, rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return;
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted)
		limit.rlim_cur = wanted;
	if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	if (!setrlimit(resource, &limit))
		return;
	/* Without the right to go above the hard limit: as far as it goes. */
	if (!getrlimit(resource, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(resource, &limit);
	}
}

static void set_limits(const struct vmm_process *process)
{
	const struct rlimit no_core = { 0, 0 };

	raise_limit(RLIMIT_NOFILE, 65536);
	setrlimit(RLIMIT_CORE, &no_core);
	if (process->memory_bytes)
		raise_limit(RLIMIT_MEMLOCK, process->memory_bytes + MEMLOCK_SLACK);
}

static void place_descriptors(const struct vmm_process *process, int report)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(process->log, STDOUT_FILENO) < 0 ||
		dup2(process->log, STDERR_FILENO) < 0)
		give_up(report);
	if (dup2(process->socket, LAUNCH_SOCKET_FD) < 0 || dup3(report, REPORT_FD, O_CLOEXEC) < 0)
		give_up(report);
	if (close_range(FIRST_FREE_FD, ~0U, 0))
		give_up(REPORT_FD);
}

static void __attribute__((noreturn))
become_vmm(const struct vmm_process *process, const char *path, pid_t parent, int report)
{
	char *const argv[] = { (char *)"sluice-vmm", NULL };
	char *const environment[] = { NULL };
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		give_up(report);
	/* A session of its own: ^C on sluice's terminal is sluice's to answer. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	set_limits(process);
	place_descriptors(process, report);
	execve(path, argv, environment);
	give_up(REPORT_FD);
}

int vmm_process_start(const struct vmm_process *process, pid_t *ret_pid, struct error *err)
{
	char path[PATH_MAX * 2];
	int report[2];
	cleanup_close int report_read = -1;
	cleanup_close int report_write = -1;
	struct vmm_process moved = *process;
	cleanup_close int socket = -1;
	cleanup_close int log = -1;
	pid_t parent = getpid();
	pid_t pid;
	int errnum = 0;
	int ret = find_program(path, sizeof(path), err);

	if (ret < 0)
		return ret;
	if (pipe2(report, O_CLOEXEC))
		return fail(err, errno, "start sluice-vmm");
	report_read = report[0];
	report_write = fcntl(report[1], F_DUPFD_CLOEXEC, SAFE_FD);
	close(report[1]);
	moved.socket = socket = fcntl(process->socket, F_DUPFD_CLOEXEC, SAFE_FD);
	moved.log = log = fcntl(process->log, F_DUPFD_CLOEXEC, SAFE_FD);
	if (report_write < 0 || socket < 0 || log < 0)
		return fail(err, errno, "start sluice-vmm");
	pid = fork();
	if (pid < 0)
		return fail(err, errno, "start sluice-vmm");
	if (!pid)
		become_vmm(&moved, path, parent, report_write);
	close_fd(&report_write);
	if (read(report_read, &errnum, sizeof(errnum)) == sizeof(errnum)) {
		waitpid(pid, NULL, 0);
		return fail(err, errnum, "start '%s'", path);
	}
	*ret_pid = pid;
	return 0;
}

void vmm_process_end(pid_t pid, int timeout_ms, char *buf, size_t size)
{
	const struct timespec step = { .tv_nsec = 10 * 1000000L };
	int status = 0;
	pid_t done = waitpid(pid, &status, WNOHANG);

	for (int waited = 0; !done && waited < timeout_ms; waited += 10) {
		nanosleep(&step, NULL);
		done = waitpid(pid, &status, WNOHANG);
	}
	if (!done) {
		kill(pid, SIGKILL);
		done = waitpid(pid, &status, 0);
	}
	buf[0] = '\0';
	if (done == pid && WIFSIGNALED(status))
		snprintf(buf, size, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (done == pid && WEXITSTATUS(status))
		snprintf(buf, size, "exited with status %d", WEXITSTATUS(status));
}
