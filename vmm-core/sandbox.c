// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock-in of sluice-vmm; see sandbox.h. Speaks seccomp(2) through libseccomp, capabilities through libcap-ng,
 * prctl(2). Both filters are made while the process may still do everything; a vCPU thread installs its own as ready-made
 * instructions, so that it allocates nothing. ioctl is allowed by the type byte of its request: KVM's and VFIO's.
 */
#include "vmm-core/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

#if defined(__SANITIZE_ADDRESS__)
#define FILTERS false
#else
#define FILTERS true
#endif

enum {
	IOCTL_TYPE_MASK = 0xff00,
	IOCTL_KVM = 0xae00,
	IOCTL_VFIO = ';' << 8,
};

struct sandbox {
	struct sock_filter *vcpu; /* owned */
	unsigned short vcpu_count;
};

struct call {
	int number;
	const char *why;
};

/* What both kinds of threads do: device models run on either. */
static const struct call common_calls[] = {
	{ SCMP_SYS(read), "eventfds, the console, signals" },
	{ SCMP_SYS(write), "eventfds, the console" },
	{ SCMP_SYS(pread64), "a device's registers and configuration space, KVM's statistics, the kernel image" },
	{ SCMP_SYS(pwrite64), "a device's registers and configuration space" },
	{ SCMP_SYS(close), "an interrupt's eventfd, a KVM machine" },
	{ SCMP_SYS(eventfd2), "an interrupt's trigger" },
	{ SCMP_SYS(mmap), "a BAR that the guest moves, allocation; nothing executable, see below" },
	{ SCMP_SYS(munmap), "the same, back" },
	{ SCMP_SYS(mremap), "allocation that grows" },
	{ SCMP_SYS(brk), "allocation" },
	{ SCMP_SYS(madvise), "allocation, and the stack of a thread that ends" },
	{ SCMP_SYS(futex), "the machine's lock" },
	{ SCMP_SYS(rt_sigreturn), "the end of the signal that stops vCPUs" },
	{ SCMP_SYS(rt_sigprocmask), "threads start and end" },
	{ SCMP_SYS(clock_gettime), "where the vDSO cannot tell the time" },
	{ SCMP_SYS(time), "the same" },
	{ SCMP_SYS(gettimeofday), "the same" },
	{ SCMP_SYS(getpid), "sending a signal to a thread" },
	{ SCMP_SYS(gettid), "the same" },
	{ SCMP_SYS(tgkill), "the signal that stops vCPUs, abort()" },
	{ SCMP_SYS(epoll_ctl), "a device starts or stops being listened to" },
	{ SCMP_SYS(poll), "a look at whether interrupts wait in their eventfds" },
	{ SCMP_SYS(restart_syscall), "a wait that a stop of the process interrupted" },
	{ SCMP_SYS(exit), "threads end" },
	{ SCMP_SYS(exit_group), "the process ends" },
};

/* What only the main thread does: the loop, its sockets, and starting the machine anew when the guest restarts. */
static const struct call main_calls[] = {
	{ SCMP_SYS(epoll_wait), "the loop" },
	{ SCMP_SYS(epoll_pwait), "the loop" },
	{ SCMP_SYS(accept4), "clients of the console and the control socket" },
	{ SCMP_SYS(recvfrom), "requests" },
	{ SCMP_SYS(recvmsg), "the end of sluice" },
	{ SCMP_SYS(sendto), "answers, console output" },
	{ SCMP_SYS(sendmsg), "how the guest ended" },
	{ SCMP_SYS(fstat), "the kernel image's size" },
	{ SCMP_SYS(newfstatat), "the same" },
	{ SCMP_SYS(clone3), "vCPU threads" },
	{ SCMP_SYS(clone), "the same, in older C libraries" },
	{ SCMP_SYS(set_robust_list), "a thread starts" },
	{ SCMP_SYS(rseq), "a thread starts" },
	{ SCMP_SYS(rt_sigaction), "the C library, at the first thread" },
	{ SCMP_SYS(mprotect), "a thread's stack; nothing executable, see below" },
	{ SCMP_SYS(sched_getaffinity), "a thread's default attributes" },
	{ SCMP_SYS(prlimit64), "the same" },
	{ SCMP_SYS(seccomp), "a vCPU thread's own, shorter list" },
};

bool sandbox_filters(void)
{
	return FILTERS;
}

static int add_call(scmp_filter_ctx filter, int number)
{
	struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	if (number == SCMP_SYS(mmap) || number == SCMP_SYS(mprotect))
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, not_executable);
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
}

static int add_calls(scmp_filter_ctx filter, const struct call *calls, size_t count)
{
	int ret = 0;

	for (size_t i = 0; i < count && ret == 0; i++)
		ret = add_call(filter, calls[i].number);
	return ret;
}

static int add_ioctls(scmp_filter_ctx filter)
{
	static const unsigned int types[] = { IOCTL_KVM, IOCTL_VFIO };
	int ret = 0;

	for (size_t i = 0; i < array_size(types) && ret == 0; i++)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, IOCTL_TYPE_MASK, types[i]));
	return ret;
}

/* The list of a thread; the caller releases *ret_filter. */
static int make_filter(bool for_main, scmp_filter_ctx *ret_filter, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!filter)
		return fail(err, ENOMEM, "make a system call filter");
	ret = add_calls(filter, common_calls, array_size(common_calls));
	if (ret == 0)
		ret = add_ioctls(filter);
	if (ret == 0 && for_main)
		ret = add_calls(filter, main_calls, array_size(main_calls));
	if (ret < 0) {
		seccomp_release(filter);
		return fail(err, -ret, "make a system call filter");
	}
	*ret_filter = filter;
	return 0;
}

/* libseccomp hands its instructions to a file only. */
static int export_filter(scmp_filter_ctx filter, struct sandbox *sandbox, struct error *err)
{
	cleanup_close int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;
	int ret;

	if (fd < 0)
		return fail(err, errno, "export a system call filter");
	ret = seccomp_export_bpf(filter, fd);
	if (ret < 0)
		return fail(err, -ret, "export a system call filter");
	if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size / (off_t)sizeof(struct sock_filter) > BPF_MAXINSNS)
		return fail(err, errno ? errno : E2BIG, "export a system call filter");
	sandbox->vcpu = malloc((size_t)st.st_size);
	if (!sandbox->vcpu)
		return fail(err, ENOMEM, "export a system call filter");
	sandbox->vcpu_count = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	if (pread(fd, sandbox->vcpu, (size_t)st.st_size, 0) != st.st_size)
		return fail(err, errno ? errno : EIO, "export a system call filter");
	return 0;
}

static int drop_privileges(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(err, errno, "give up new privileges");
	capng_clear(CAPNG_SELECT_ALL);
	/* Without CAP_SETPCAP the bounding set cannot be cleared; then there are no capabilities to bound, either. */
	if (capng_apply(CAPNG_SELECT_ALL) < 0 && capng_apply(CAPNG_SELECT_CAPS) < 0)
		return fail(err, EPERM, "drop all capabilities");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail(err, errno, "forbid core dumps");
	return 0;
}

static int load_filters(struct sandbox *sandbox, struct error *err)
{
	scmp_filter_ctx filter;
	int ret = make_filter(false, &filter, err);

	if (ret < 0)
		return ret;
	ret = export_filter(filter, sandbox, err);
	seccomp_release(filter);
	if (ret < 0)
		return ret;
	ret = make_filter(true, &filter, err);
	if (ret < 0)
		return ret;
	ret = seccomp_load(filter);
	/* Releasing only frees memory, which stays allowed. */
	seccomp_release(filter);
	return ret < 0 ? fail(err, -ret, "load the system call filter") : 0;
}

int sandbox_enter(struct sandbox **ret_sandbox, struct error *err)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	int ret;

	if (!sandbox)
		return fail(err, ENOMEM, "make the sandbox");
	ret = drop_privileges(err);
	if (ret == 0 && FILTERS)
		ret = load_filters(sandbox, err);
	if (ret < 0) {
		sandbox_free(sandbox);
		return ret;
	}
	*ret_sandbox = sandbox;
	return 0;
}

void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	free(sandbox->vcpu);
	free(sandbox);
}

int sandbox_enter_vcpu(const struct sandbox *sandbox, struct error *err)
{
	struct sock_fprog program;

	if (!sandbox || !sandbox->vcpu)
		return 0;
	program = (struct sock_fprog){ .len = sandbox->vcpu_count, .filter = sandbox->vcpu };
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return fail(err, errno, "filter the system calls of a vCPU");
	return 0;
}
