// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest/vmm_process.c: what a guest's process is given, and what it is not. This program takes sluice-vmm's place
 * itself, called by that name: it tells what it finds, and waits for its end.
 */
#include "guest/vmm_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wire/launch.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	FD_MAX = 200,
	DEATH_MS = 5000,
};

struct facts {
	pid_t pid, session;
	uid_t user;
	bool namespaces; /* it is the first process of its own */
	int death_signal;
	struct rlimit core, locked;
	unsigned int variables; /* of its environment */
	bool open[FD_MAX];
	bool signals_blocked;
};

static int be_the_vmm(char **environment)
{
	struct facts facts = { .pid = getpid(), .session = getsid(0), .user = getuid() };
	sigset_t blocked;

	facts.namespaces = getpid() == 1;
	prctl(PR_GET_PDEATHSIG, &facts.death_signal);
	getrlimit(RLIMIT_CORE, &facts.core);
	getrlimit(RLIMIT_MEMLOCK, &facts.locked);
	while (environment[facts.variables])
		facts.variables++;
	for (int fd = 0; fd < FD_MAX; fd++)
		facts.open[fd] = fcntl(fd, F_GETFD) >= 0;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int number = 1; number < SIGRTMIN; number++) /* the kernel fills a part of the set only */
		facts.signals_blocked |= sigismember(&blocked, number) == 1;
	if (write(LAUNCH_SOCKET_FD, &facts, sizeof(facts)) != sizeof(facts))
		return 1;
	for (;;)
		pause();
}

/* Starts it; our end of its socket. */
static int start(pid_t *ret_pid, int *ret_socket, int *ret_errnum)
{
	struct vmm_process process = { .memory_bytes = 1 << 20 };
	cleanup_close int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct error err = { 0 };
	int pair[2];
	int ret;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	process.socket = pair[1];
	process.log = log;
	setenv("SLUICE_VMM", "/proc/self/exe", 1);
	ret = vmm_process_start(&process, ret_pid, ret_errnum, &err);
	close(pair[1]);
	*ret_socket = pair[0];
	return ret;
}

static void it_gets_a_socket_and_nothing_else(void **state)
{
	cleanup_close int socket = -1;
	sigset_t mask, before;
	struct facts facts;
	char how[64];
	int missing;
	int secret = fcntl(STDERR_FILENO, F_DUPFD, FD_MAX / 2); /* a careless library's: not close-on-exec */
	pid_t pid;

	(void)state;
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &before);
	assert_int_equal(start(&pid, &socket, &missing), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(read(socket, &facts, sizeof(facts)), sizeof(facts));
	assert_int_equal(facts.pid, missing ? pid : 1);
	assert_int_equal(facts.namespaces, !missing);
	for (int fd = 0; fd < FD_MAX; fd++)
		assert_int_equal(facts.open[fd], fd <= STDERR_FILENO || fd == LAUNCH_SOCKET_FD);
	assert_int_equal(facts.variables, 0);
	/* ^C on the operator's terminal is not for it. */
	assert_int_equal(facts.session, facts.pid);
	assert_false(facts.signals_blocked);
	/* Guest memory is nothing for a core dump. */
	assert_int_equal(facts.core.rlim_cur, 0);
	assert_int_equal(facts.core.rlim_max, 0);
	vmm_process_end(pid, 0, how, sizeof(how));
	assert_non_null(strstr(how, "signal 9"));
	close(secret);
}

/* Whoever started it, and is killed before it runs its loop, takes it along: nobody else would end it. */
static void it_dies_with_who_started_it(void **state)
{
	struct pollfd end = { .events = POLLIN };
	cleanup_close int told = -1;
	struct facts facts;
	int ends[2];
	pid_t starter;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	starter = fork();
	if (!starter) {
		int socket, missing;
		pid_t pid;

		if (start(&pid, &socket, &missing) || read(socket, &facts, sizeof(facts)) != sizeof(facts))
			_exit(1);
		facts.pid = pid; /* as it is called here */
		/* The socket stays open here, so that its end is not what ends the process. */
		if (write(ends[1], &facts, sizeof(facts)) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ends[1]);
	told = ends[0];
	assert_int_equal(read(told, &facts, sizeof(facts)), sizeof(facts));
	assert_int_equal(facts.death_signal, SIGKILL);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(kill(starter, SIGKILL), 0);
	assert_int_equal(waitpid(starter, NULL, 0), starter);
	end.fd = (int)syscall(SYS_pidfd_open, facts.pid, 0);
	if (end.fd >= 0)
		assert_int_equal(poll(&end, 1, DEATH_MS), 1);
	/* The child of a child is ours to bury, since the one between is gone. */
	waitpid(facts.pid, NULL, 0);
	close_fd(&end.fd);
}

int main(int argc, char **argv, char **environment)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gets_a_socket_and_nothing_else),
		cmocka_unit_test(it_dies_with_who_started_it),
	};

	if (argc == 1 && !strcmp(argv[0], "sluice-vmm"))
		return be_the_vmm(environment);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
