// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * take-memory PID ADDRESS BYTES: make another process give memory back, by madvise(MADV_DONTNEED) in its own name
 * (ptrace(2)). To a guest's memory that is what a balloon does that nobody keeps from pinned pages: its processors find
 * new memory there, its devices go on reaching the old. tests/hil/second-levels.test has `sluice verify` find it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

enum {
	SYSCALL_BYTES = 2, /* of the instruction, behind which a process waits in a system call */
};

static int die(const char *what)
{
	perror(what);
	return 1;
}

/* The process stands behind its own system call instruction: it is run once more, for this call. */
static int call_madvise(pid_t pid, unsigned long long address, unsigned long long bytes, long long *ret_result)
{
	struct user_regs_struct was, regs;
	int status;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &was))
		return -1;
	regs = was;
	regs.rip -= SYSCALL_BYTES;
	regs.orig_rax = ~0ull; /* no restart of the call that was interrupted */
	regs.rax = SYS_madvise;
	regs.rdi = address;
	regs.rsi = bytes;
	regs.rdx = MADV_DONTNEED;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) ||
		waitpid(pid, &status, 0) != pid || ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		return -1;
	*ret_result = (long long)regs.rax;
	return ptrace(PTRACE_SETREGS, pid, NULL, &was) ? -1 : 0;
}

int main(int argc, char **argv)
{
	long long result = 0;
	int status;
	pid_t pid;

	if (argc != 4) {
		fprintf(stderr, "usage: take-memory PID ADDRESS BYTES\n");
		return 2;
	}
	pid = atoi(argv[1]);
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) || waitpid(pid, &status, 0) != pid)
		return die("attach");
	if (call_madvise(pid, strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0), &result))
		return die("call madvise");
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL))
		return die("detach");
	printf("madvise returned %lld\n", result);
	return result != 0;
}
