// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clone() and exec() of sluice-vmm. Between the two only async-signal-safe calls are made. Not posix_spawn(): it has no
 * parent death signal, no resource limits and no namespaces.
 *
 * PID and user namespaces (pid_namespaces(7), user_namespaces(7)) are made here, since they take a new process; what a
 * process does to itself is sluice-vmm's own to do (vmm-core/cage.h). A namespace's first process ends by signals of
 * its parent, SIGKILL above all, and of the kernel, as any other does.
 */
#include "guest/vmm_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wire/launch.h"

enum {
	REPORT_FD = LAUNCH_SOCKET_FD + 1,
	PROGRAM_FD,
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

/* What a child says that could not become sluice-vmm. */
struct why_not {
	int errnum;
	bool namespaces; /* it was about these: without them it may */
};

/* In the child: say why on REPORT_FD and end. */
static void __attribute__((noreturn)) give_up_about(int report, bool namespaces)
{
	const struct why_not why = { errno, namespaces };

	if (write(report, &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

static void __attribute__((noreturn)) give_up(int report)
{
	give_up_about(report, false);
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
	if (process->program && dup3(process->program, PROGRAM_FD, O_CLOEXEC) < 0)
		give_up(REPORT_FD);
	if (close_range(process->program ? FIRST_FREE_FD : PROGRAM_FD, ~0U, 0))
		give_up(REPORT_FD);
}

/* The new process's numbers in its user namespace: the caller's own is 0 there, and there is no other. */
struct user_map {
	unsigned long flags; /* of clone() */
	char uid[32], gid[32];
};

static void make_map(const struct vmm_process *process, struct user_map *map)
{
	map->flags = process->own_user || !geteuid() ? CLONE_NEWPID : CLONE_NEWPID | CLONE_NEWUSER;
	snprintf(map->uid, sizeof(map->uid), "0 %u 1", (unsigned int)geteuid());
	snprintf(map->gid, sizeof(map->gid), "0 %u 1", (unsigned int)getegid());
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t size = strlen(text);
	bool done = fd >= 0 && write(fd, text, size) == (ssize_t)size;

	if (fd >= 0)
		close(fd);
	return done;
}

/* Without the right to drop groups, nobody may map one (user_namespaces(7)). */
static bool enter_map(const struct user_map *map)
{
	return !(map->flags & CLONE_NEWUSER) ||
	       (write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/gid_map", map->gid) &&
		       write_file("/proc/self/uid_map", map->uid));
}

/* Only this process has the socket's one end now: a parent that died has closed the other. */
static bool has_parent(void)
{
	struct pollfd parent = { .fd = LAUNCH_SOCKET_FD, .events = POLLRDHUP };

	return poll(&parent, 1, 0) == 0 || !(parent.revents & (POLLHUP | POLLRDHUP));
}

static void __attribute__((noreturn))
become_vmm(const struct vmm_process *process, const char *path, const struct user_map *map, int report)
{
	char *const argv[] = { (char *)"sluice-vmm", NULL };
	char *const environment[] = { NULL };
	sigset_t none;

	if (!enter_map(map))
		give_up_about(report, true);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		give_up(report);
	/* A session of its own: ^C on sluice's terminal is sluice's to answer. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	set_limits(process);
	place_descriptors(process, report);
	if (!has_parent())
		_exit(127);
	if (process->program)
		syscall(SYS_execveat, PROGRAM_FD, "", argv, environment, AT_EMPTY_PATH);
	else
		execve(path, argv, environment);
	give_up(REPORT_FD);
}

/* The child's pid, -errno; with what it said on its pipe in *ret_why. */
static pid_t start_once(
	const struct vmm_process *process, const char *path, const struct user_map *map, struct why_not *ret_why)
{
	cleanup_close int report_read = -1;
	cleanup_close int report_write = -1;
	int report[2];
	pid_t pid;

	*ret_why = (struct why_not){ 0 };
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	report_read = report[0];
	report_write = fcntl(report[1], F_DUPFD_CLOEXEC, SAFE_FD);
	close(report[1]);
	if (report_write < 0)
		return -errno;
	/* Not fork(), which has no namespaces. The C library need not know of a child that runs another program. */
	pid = (pid_t)syscall(SYS_clone, map->flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		become_vmm(process, path, map, report_write);
	if (pid < 0) {
		*ret_why = (struct why_not){ errno, map->flags != 0 };
		return -ret_why->errnum;
	}
	close_fd(&report_write);
	if (read(report_read, ret_why, sizeof(*ret_why)) != sizeof(*ret_why))
		return pid;
	waitpid(pid, NULL, 0);
	return -ret_why->errnum;
}

int vmm_process_find(int *ret_fd, struct error *err)
{
	char path[PATH_MAX * 2];
	int ret = find_program(path, sizeof(path), err);
	int fd = ret < 0 ? -1 : open(path, O_PATH | O_CLOEXEC);

	if (ret < 0)
		return ret;
	if (fd < 0)
		return fail(err, errno, "open '%s'", path);
	*ret_fd = fd;
	return 0;
}

int vmm_process_start(const struct vmm_process *process, pid_t *ret_pid, int *ret_errnum, struct error *err)
{
	char path[PATH_MAX * 2] = "sluice-vmm";
	struct vmm_process moved = *process;
	struct user_map map = { 0 };
	struct why_not why;
	cleanup_close int socket = -1;
	cleanup_close int log = -1;
	cleanup_close int program = -1;
	int missing = 0;
	int ret = process->program ? 0 : find_program(path, sizeof(path), err);

	if (ret < 0)
		return ret;
	if (process->program) {
		moved.program = program = fcntl(process->program, F_DUPFD_CLOEXEC, SAFE_FD);
		if (program < 0)
			return fail(err, errno, "start sluice-vmm");
	}
	moved.socket = socket = fcntl(process->socket, F_DUPFD_CLOEXEC, SAFE_FD);
	moved.log = log = fcntl(process->log, F_DUPFD_CLOEXEC, SAFE_FD);
	if (socket < 0 || log < 0)
		return fail(err, errno, "start sluice-vmm");
	make_map(process, &map);
	ret = start_once(&moved, path, &map, &why);
	if (ret < 0 && why.namespaces) {
		missing = why.errnum;
		map.flags = 0;
		ret = start_once(&moved, path, &map, &why);
	}
	if (ret < 0)
		return fail(err, -ret, "start '%s'", path);
	*ret_errnum = missing;
	*ret_pid = ret;
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
