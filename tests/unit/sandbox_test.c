// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/sandbox*.c from inside: children lock themselves in as sluice-vmm does and make one call each. A table of
 * calls with good and bad arguments, every call number with none, every request of KVM's and VFIO's ioctls, the other
 * two system call entries; what threads need still works; capabilities are gone. Needs no /dev/kvm. Skipped under
 * AddressSanitizer, where nothing is filtered.
 */
#include "vmm-core/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <linux/vfio.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "vmm-core/cage.h"
#include "wire/iommufd.h"
#include "wire/launch.h"

enum {
	CALL_NUMBERS = 512, /* more than this kernel has */
	UPROBE_FIRST = 335, /* uretprobe and uprobe: Linux filters neither, and ends whoever calls them himself */
	UPROBE_LAST = 336,
	GIVE_UP_S = 20,
	EXIT_NO_SANDBOX = 99, /* of a child that could not lock itself in */
	THREAD_FLAGS = 0x3d0f00,
};

/* Stands for the child's own id among arguments. */
#define SELF 0x5e1f5e1fL
/* Stands for another process of this user. */
#define OTHER 0x07e307e3L

enum verdict {
	PASSES,
	ENDS,   /* the process, by SIGSYS */
	ABSENT, /* ENOSYS */
};

enum thread {
	MAIN,
	VCPU,
	PLUG,   /* the main thread of a guest that may get more devices */
	WORKER, /* of a virtio device */
};

struct attempt {
	const char *what;
	long number;
	long argument[6];
	enum verdict main, vcpu;
};

static pid_t bystander;

static long argument_of(long value)
{
	return value == SELF ? getpid() : value == OTHER ? bystander : value;
}

/* As main() of sluice-vmm leaves it, and without the handlers of the test's own framework. */
static void as_the_program(void)
{
	static const int faults[] = { SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGSYS };

	for (size_t i = 0; i < array_size(faults); i++)
		signal(faults[i], SIG_DFL);
	mallopt(M_ARENA_MAX, 1);
	alarm(GIVE_UP_S);
}

/* The cage without its other walls: what only the filter keeps from this program must not be kept by them. */
static int give_up_privileges(void)
{
	const struct cage_plan plan = { .launcher = -1 };
	struct cage_report report;

	return cage_enter(&plan, &report, NULL);
}

static void lock_in(enum thread thread)
{
	struct sandbox *sandbox = NULL;
	struct error err = { 0 };

	as_the_program();
	if (give_up_privileges() < 0 || sandbox_enter(&sandbox, thread == PLUG, &err) < 0 ||
		(thread == VCPU && sandbox_enter_vcpu(sandbox, &err) < 0) ||
		(thread == WORKER && sandbox_enter_worker(sandbox, &err) < 0))
		_exit(EXIT_NO_SANDBOX);
}

static void __attribute__((noreturn)) make_call(const struct attempt *attempt, enum thread thread)
{
	long a[6], ret;

	for (size_t i = 0; i < array_size(a); i++)
		a[i] = argument_of(attempt->argument[i]);
	lock_in(thread);
	ret = syscall(attempt->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	_exit(ret < 0 && errno == ENOSYS ? ENOSYS : 0);
}

/* A child that does what function says; its wait status. */
static int status_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_SANDBOX);
	assert_false(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
	return status;
}

static enum verdict verdict_of(const struct attempt *attempt, enum thread thread)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		make_call(attempt, thread);
	status = status_of(pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return ENDS;
	return WIFEXITED(status) && WEXITSTATUS(status) == ENOSYS ? ABSENT : PASSES;
}

/* What ends the main thread need not be tried by a vCPU: the kernel goes by the strictest of a thread's filters. */
static void expect(const struct attempt *attempt)
{
	static const char *const names[] = { [PASSES] = "passes", [ENDS] = "ends the process", [ABSENT] = "is absent" };
	const enum verdict wanted[] = { [MAIN] = attempt->main, [VCPU] = attempt->vcpu };

	for (enum thread thread = MAIN; thread <= (attempt->main == ENDS ? MAIN : VCPU); thread++) {
		enum verdict got = verdict_of(attempt, thread);

		if (got != wanted[thread])
			fail_msg("%s, %s thread: %s, wanted: %s", attempt->what, thread == MAIN ? "main" : "vCPU",
				names[got], names[wanted[thread]]);
	}
}

static const struct attempt attempts[] = {
	/* other processes */
	{ "a signal to itself", SYS_tgkill, { SELF, SELF, 0 }, PASSES, PASSES },
	{ "a signal to another process", SYS_tgkill, { OTHER, OTHER, SIGKILL }, ENDS, ENDS },
	{ "a signal to init", SYS_tgkill, { 1, 1, 0 }, ENDS, ENDS },
	{ "kill", SYS_kill, { OTHER, SIGKILL }, ENDS, ENDS },
	{ "kill itself", SYS_kill, { SELF, 0 }, ENDS, ENDS },
	{ "tkill", SYS_tkill, { OTHER, SIGKILL }, ENDS, ENDS },
	{ "own limits, read", SYS_prlimit64, { 0, 7, 0, 0 }, PASSES, ENDS },
	{ "own limits, set", SYS_prlimit64, { 0, 7, 1, 0 }, ENDS, ENDS },
	{ "another's limits", SYS_prlimit64, { OTHER, 7, 0, 0 }, ENDS, ENDS },
	{ "own affinity, read", SYS_sched_getaffinity, { 0, 0, 0 }, PASSES, ENDS },
	{ "another's affinity", SYS_sched_getaffinity, { OTHER, 0, 0 }, ENDS, ENDS },
	{ "affinity, set", SYS_sched_setaffinity, { 0, 0, 0 }, ENDS, ENDS },
	{ "ptrace", SYS_ptrace, { 16, OTHER }, ENDS, ENDS },
	{ "process_vm_readv", SYS_process_vm_readv, { OTHER }, ENDS, ENDS },
	{ "process_vm_writev", SYS_process_vm_writev, { OTHER }, ENDS, ENDS },
	{ "pidfd_open", SYS_pidfd_open, { OTHER }, ENDS, ENDS },
	/* new processes and namespaces */
	{ "fork", SYS_fork, { 0 }, ENDS, ENDS },
	{ "vfork", SYS_vfork, { 0 }, ENDS, ENDS },
	{ "a process by clone", SYS_clone, { SIGCHLD }, ENDS, ENDS },
	{ "a process that shares memory", SYS_clone, { CLONE_VM | SIGCHLD }, ENDS, ENDS },
	{ "a user namespace", SYS_clone, { CLONE_NEWUSER | SIGCHLD }, ENDS, ENDS },
	{ "a thread with namespaces", SYS_clone, { THREAD_FLAGS | CLONE_NEWNS }, ENDS, ENDS },
	{ "a thread that is traced", SYS_clone, { THREAD_FLAGS | CLONE_PTRACE }, ENDS, ENDS },
	{ "a thread without its own settings", SYS_clone, { THREAD_FLAGS & ~CLONE_SETTLS }, ENDS, ENDS },
	{ "clone3", SYS_clone3, { 0, 0 }, ABSENT, ENDS },
	{ "unshare", SYS_unshare, { CLONE_NEWUSER }, ENDS, ENDS },
	{ "setns", SYS_setns, { 0 }, ENDS, ENDS },
	{ "execve", SYS_execve, { 0 }, ENDS, ENDS },
	/* files and sockets that it was not given */
	{ "newfstatat of a path", SYS_newfstatat, { AT_FDCWD, (long)"/etc/passwd", 0, 0 }, ENDS, ENDS },
	{ "newfstatat of a descriptor", SYS_newfstatat, { 0, (long)"", 0, AT_EMPTY_PATH }, ENDS, ENDS },
	{ "openat", SYS_openat, { AT_FDCWD, (long)"/dev/null", O_RDONLY }, ENDS, ENDS },
	{ "openat2", SYS_openat2, { AT_FDCWD }, ENDS, ENDS },
	{ "memfd_create", SYS_memfd_create, { 0 }, ENDS, ENDS },
	{ "socket", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, ENDS, ENDS },
	{ "connect", SYS_connect, { 0 }, ENDS, ENDS },
	{ "descriptors that come", SYS_recvmsg, { 0, 0, MSG_CMSG_CLOEXEC }, ENDS, ENDS },
	{ "descriptors that sluice sends", SYS_recvmsg, { LAUNCH_SOCKET_FD, 0, MSG_CMSG_CLOEXEC }, PASSES, ENDS },
	{ "descriptors for children", SYS_recvmsg, { LAUNCH_SOCKET_FD, 0, 0 }, ENDS, ENDS },
	{ "descriptors that go", SYS_sendmsg, { 0 }, ENDS, ENDS },
	{ "send", SYS_sendto, { 0, 0, 0, 0, 0, 0 }, PASSES, ENDS },
	{ "send to an address", SYS_sendto, { 0, 0, 0, 0, 1, 0 }, ENDS, ENDS },
	{ "receive", SYS_recvfrom, { 0, 0, 0, 0, 0, 0 }, PASSES, ENDS },
	{ "receive with an address", SYS_recvfrom, { 0, 0, 0, 0, 1, 0 }, ENDS, ENDS },
	{ "accept", SYS_accept4, { 0, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK }, PASSES, ENDS },
	{ "accept, blocking", SYS_accept4, { 0, 0, 0, 0 }, ENDS, ENDS },
	{ "fcntl", SYS_fcntl, { 0, F_GETFL }, ENDS, ENDS },
	{ "dup", SYS_dup, { 0 }, ENDS, ENDS },
	{ "fstat", SYS_fstat, { 0, 0 }, PASSES, ENDS },
	{ "eventfd2", SYS_eventfd2, { 0, EFD_CLOEXEC | EFD_NONBLOCK }, PASSES, PASSES },
	{ "eventfd2, inherited", SYS_eventfd2, { 0, 0 }, ENDS, ENDS },
	/* code */
	{ "mmap", SYS_mmap, { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, PASSES, PASSES },
	{ "mmap, executable", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, ENDS,
		ENDS },
	{ "mmap, growing down", SYS_mmap, { 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0 },
		ENDS, ENDS },
	{ "mprotect", SYS_mprotect, { 0, 0, PROT_READ }, PASSES, ENDS },
	{ "mprotect, executable", SYS_mprotect, { 0, 0, PROT_EXEC }, ENDS, ENDS },
	{ "pkey_mprotect", SYS_pkey_mprotect, { 0, 0, PROT_READ, 0 }, ENDS, ENDS },
	{ "mremap", SYS_mremap, { 0, 0, 0, MREMAP_MAYMOVE }, PASSES, PASSES },
	{ "mremap to an address", SYS_mremap, { 0, 0, 0, MREMAP_MAYMOVE | MREMAP_FIXED, 0 }, ENDS, ENDS },
	{ "madvise, not needed", SYS_madvise, { 0, 0, MADV_DONTNEED }, PASSES, PASSES },
	{ "madvise, bad memory", SYS_madvise, { 0, 0, MADV_HWPOISON }, ENDS, ENDS },
	{ "madvise, mergeable", SYS_madvise, { 0, 0, MADV_MERGEABLE }, ENDS, ENDS },
	{ "personality", SYS_personality, { 0 }, ENDS, ENDS },
	/* the kernel's larger surfaces */
	{ "futex, wake", SYS_futex, { 0, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 0 }, PASSES, PASSES },
	{ "futex, wait with a clock", SYS_futex, { 0, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME }, PASSES, PASSES },
	{ "futex, requeue", SYS_futex, { 0, FUTEX_CMP_REQUEUE }, ENDS, ENDS },
	{ "futex, priorities", SYS_futex, { 0, FUTEX_LOCK_PI }, ENDS, ENDS },
	{ "prctl", SYS_prctl, { 4, 1 }, ENDS, ENDS },
	{ "seccomp, a shorter list", SYS_seccomp, { SECCOMP_SET_MODE_FILTER, 0, 0 }, PASSES, ENDS },
	{ "seccomp, a listener", SYS_seccomp, { SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0 }, ENDS,
		ENDS },
	{ "bpf", SYS_bpf, { 0 }, ENDS, ENDS },
	{ "io_uring_setup", SYS_io_uring_setup, { 0 }, ENDS, ENDS },
	{ "io_uring_register", SYS_io_uring_register, { 0 }, ENDS, ENDS },
	{ "io_uring_enter with signals", SYS_io_uring_enter, { 0, 0, 0, 0, 1 }, ENDS, ENDS },
	{ "userfaultfd", SYS_userfaultfd, { 0 }, ENDS, ENDS },
	{ "perf_event_open", SYS_perf_event_open, { 0 }, ENDS, ENDS },
	{ "epoll_pwait with signals", SYS_epoll_pwait, { 0, 0, 0, 0, 1 }, ENDS, ENDS },
	/* requests */
	{ "KVM_RUN", SYS_ioctl, { -1, KVM_RUN, 0 }, PASSES, PASSES },
	{ "KVM_IRQFD", SYS_ioctl, { -1, KVM_IRQFD, 0 }, PASSES, PASSES },
	{ "KVM_IOEVENTFD", SYS_ioctl, { -1, KVM_IOEVENTFD, 0 }, PASSES, PASSES },
	{ "KVM_SIGNAL_MSI", SYS_ioctl, { -1, KVM_SIGNAL_MSI, 0 }, PASSES, PASSES },
	{ "KVM_CREATE_VM", SYS_ioctl, { -1, KVM_CREATE_VM, 0 }, PASSES, ENDS },
	{ "KVM_CREATE_VM of a type", SYS_ioctl, { -1, KVM_CREATE_VM, 1 }, ENDS, ENDS },
	{ "KVM_CREATE_DEVICE", SYS_ioctl, { -1, (long)KVM_CREATE_DEVICE, 0 }, PASSES, ENDS },
	{ "KVM_SET_MSRS", SYS_ioctl, { -1, KVM_SET_MSRS, 0 }, PASSES, ENDS },
	{ "KVM_ENABLE_CAP", SYS_ioctl, { -1, KVM_ENABLE_CAP, 0 }, ENDS, ENDS },
	{ "KVM_SET_CLOCK", SYS_ioctl, { -1, KVM_SET_CLOCK, 0 }, ENDS, ENDS },
	{ "VFIO_DEVICE_SET_IRQS", SYS_ioctl, { -1, VFIO_DEVICE_SET_IRQS, 0 }, PASSES, PASSES },
	{ "VFIO_IOMMU_UNMAP_DMA", SYS_ioctl, { -1, VFIO_IOMMU_UNMAP_DMA, 0 }, PASSES, ENDS },
	{ "VFIO_IOMMU_MAP_DMA", SYS_ioctl, { -1, VFIO_IOMMU_MAP_DMA, 0 }, ENDS, ENDS },
	{ "IOMMU_IOAS_UNMAP", SYS_ioctl, { -1, IOMMUFD_IOAS_UNMAP, 0 }, PASSES, ENDS },
	{ "IOMMU_IOAS_MAP", SYS_ioctl, { -1, IOMMUFD_IOAS_MAP, 0 }, ENDS, ENDS },
	{ "IOMMU_IOAS_MAP_FILE", SYS_ioctl, { -1, IOMMUFD_IOAS_MAP_FILE, 0 }, ENDS, ENDS },
	{ "another address space for a device", SYS_ioctl, { -1, VFIO_ATTACH_IOAS, 0 }, ENDS, ENDS },
	{ "a terminal's input", SYS_ioctl, { 0, TIOCSTI, 0 }, ENDS, ENDS },
	{ "a terminal's settings", SYS_ioctl, { 0, TCGETS, 0 }, ENDS, ENDS },
};

/* What a guest with free slots may ask for beyond that, and no other. */
static void what_hot_plug_adds(void **state)
{
	static const unsigned long requests[] = { VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO,
		VFIO_DEVICE_GET_IRQ_INFO, VFIO_IOMMU_GET_INFO, VFIO_IOMMU_MAP_DMA, IOMMUFD_IOAS_RANGES,
		IOMMUFD_IOAS_MAP, IOMMUFD_IOAS_MAP_FILE };

	(void)state;
	for (size_t i = 0; i < array_size(requests); i++) {
		const struct attempt attempt = {
			.what = "hot plug", .number = SYS_ioctl, .argument = { -1, (long)requests[i], 0 }
		};

		assert_int_equal(verdict_of(&attempt, PLUG), PASSES);
		assert_int_equal(verdict_of(&attempt, MAIN), ENDS);
		assert_int_equal(verdict_of(&attempt, VCPU), ENDS);
	}
}

/* The thread of a virtio device moves bytes, and asks KVM, VFIO and everybody else for nothing. */
static void what_a_devices_thread_may(void **state)
{
	static const long may[] = { SYS_io_uring_enter, SYS_preadv2, SYS_pwritev2, SYS_fdatasync, SYS_fallocate,
		SYS_poll };
	static const long may_not[] = { SYS_sendto, SYS_clone, SYS_io_uring_setup, SYS_eventfd2, SYS_epoll_ctl,
		SYS_close };
	const struct attempt run = { .what = "KVM_RUN", .number = SYS_ioctl, .argument = { -1, KVM_RUN } };

	(void)state;
	for (size_t i = 0; i < array_size(may); i++)
		assert_int_equal(verdict_of(&(struct attempt){ "", may[i], { -1 }, PASSES, PASSES }, WORKER), PASSES);
	for (size_t i = 0; i < array_size(may_not); i++)
		assert_int_equal(verdict_of(&(struct attempt){ "", may_not[i], { -1 }, ENDS, ENDS }, WORKER), ENDS);
	assert_int_equal(verdict_of(&run, WORKER), ENDS);
}

static void test_arguments(void **state)
{
	(void)state;
	bystander = fork();
	assert_true(bystander >= 0);
	if (!bystander) {
		pause();
		_exit(0);
	}
	for (size_t i = 0; i < array_size(attempts); i++)
		expect(&attempts[i]);
	assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0);
	kill(bystander, SIGKILL);
	waitpid(bystander, NULL, 0);
}

/*
 * Numbers that pass when all arguments are zero. Whoever adds a call to the sandbox adds it here, or says why not
 * above.
 */
static const short pass_both[] = { SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_close, SYS_mmap, SYS_munmap,
	SYS_brk, SYS_futex, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_clock_gettime, SYS_time, SYS_gettimeofday,
	SYS_getpid, SYS_gettid, SYS_epoll_ctl, SYS_poll, SYS_restart_syscall, SYS_exit, SYS_exit_group };
static const short pass_main[] = { SYS_epoll_wait, SYS_epoll_pwait, SYS_recvfrom, SYS_sendto, SYS_fstat,
	SYS_set_robust_list, SYS_rseq, SYS_rt_sigaction, SYS_mprotect, SYS_sched_getaffinity, SYS_prlimit64,
	SYS_io_uring_enter, SYS_preadv2, SYS_pwritev2, SYS_fdatasync, SYS_fallocate, SYS_getrandom, SYS_readv,
	SYS_writev };

static bool is_in(const short *numbers, size_t count, long number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static void test_every_number(void **state)
{
	(void)state;
	for (long number = 0; number < CALL_NUMBERS; number++) {
		bool both = is_in(pass_both, array_size(pass_both), number);
		bool main = both || is_in(pass_main, array_size(pass_main), number);
		char what[32];

		if (number >= UPROBE_FIRST && number <= UPROBE_LAST)
			continue;
		snprintf(what, sizeof(what), "call %ld", number);
		expect(&(struct attempt){ what, number, { 0 },
			number == SYS_clone3 ? ABSENT
			: main               ? PASSES
					     : ENDS,
			both ? PASSES : ENDS });
	}
}

/* 32-bit entry, 20: getpid. A kernel without it answers with a fault, which ends the process as well. */
static void test_i386(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		long ret = 20;

		lock_in(MAIN);
		__asm__ volatile("int $0x80" : "+a"(ret) : : "memory");
		_exit(0);
	}
	status = status_of(pid);
	assert_true(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV));
}

/* Every VFIO and iommufd request: iommufd has the same type byte (';'). */
static void test_every_vfio_request(void **state)
{
	(void)state;
	for (int nr = 0; nr < 256; nr++) {
		long request = _IO(VFIO_TYPE, nr);
		bool both = request == VFIO_DEVICE_SET_IRQS || request == VFIO_DEVICE_RESET;
		bool main = both || request == VFIO_IOMMU_UNMAP_DMA || request == IOMMUFD_IOAS_UNMAP;
		char what[32];

		snprintf(what, sizeof(what), "VFIO request %d", nr);
		expect(&(struct attempt){
			what, SYS_ioctl, { -1, request }, main ? PASSES : ENDS, both ? PASSES : ENDS });
	}
}

/* KVM's requests without the size that belongs to them: none is known by its number alone. */
static void test_every_kvm_number(void **state)
{
	(void)state;
	for (int nr = 0; nr < 256; nr++) {
		unsigned long request = _IO(KVMIO, nr);
		bool both = request == KVM_RUN || request == KVM_KVMCLOCK_CTRL;
		bool main = both || request == KVM_CREATE_VM || request == KVM_CREATE_VCPU ||
			    request == KVM_SET_TSS_ADDR || request == KVM_CREATE_IRQCHIP || request == KVM_GET_STATS_FD;
		char what[32];

		snprintf(what, sizeof(what), "KVM request %d", nr);
		expect(&(struct attempt){
			what, SYS_ioctl, { -1, (long)request }, main ? PASSES : ENDS, both ? PASSES : ENDS });
	}
}

static void on_signal(int signal)
{
	(void)signal;
}

static void *small_thread(void *opaque)
{
	const struct sandbox *sandbox = opaque;
	struct error err;
	char *memory;

	if (sandbox_enter_vcpu(sandbox, &err) < 0)
		return NULL;
	memory = malloc(1 << 20);
	memory = memory ? realloc(memory, 4 << 20) : NULL;
	if (memory)
		memset(memory, 1, 4 << 20);
	free(memory);
	return memory ? opaque : NULL;
}

/* What starting, signalling and joining a thread takes of the C library, many times as reboots do. */
static void __attribute__((noreturn)) run_threads(void)
{
	struct sandbox *sandbox = NULL;
	struct error err = { 0 };

	as_the_program();
	signal(SIGRTMIN, on_signal);
	if (give_up_privileges() < 0 || sandbox_enter(&sandbox, false, &err) < 0)
		_exit(EXIT_NO_SANDBOX);
	for (int i = 0; i < 8; i++) {
		pthread_attr_t attr;
		pthread_t thread;
		void *done = NULL;

		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, 128 * 1024);
		if (pthread_create(&thread, &attr, small_thread, sandbox))
			_exit(1);
		pthread_kill(thread, SIGRTMIN);
		if (pthread_join(thread, &done) || !done)
			_exit(2);
	}
	_exit(0);
}

static void test_threads_work(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (!pid)
		run_threads();
	status = status_of(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A line of /proc/PID/status, as a number of the given base. */
static unsigned long long status_line(pid_t pid, const char *name, int base)
{
	char path[64], line[256];
	unsigned long long value = 12345;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtoull(line + strlen(name) + 1, NULL, base);
	fclose(file);
	return value;
}

static void test_privileges_are_gone(void **state)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	int ready[2], wait[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(wait), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(wait[1]);
		lock_in(MAIN);
		if (write(ready[1], "r", 1) == 1 && read(wait[0], &byte, 1) == 0)
			_exit(0);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	for (size_t i = 0; i < array_size(sets); i++)
		assert_int_equal(status_line(pid, sets[i], 16), 0);
	if (geteuid() == 0)
		assert_int_equal(status_line(pid, "CapBnd", 16), 0);
	assert_int_equal(status_line(pid, "NoNewPrivs", 10), 1);
	assert_int_equal(status_line(pid, "Seccomp", 10), 2);
	close(wait[0]);
	close(wait[1]);
	status = status_of(pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	close(ready[0]);
	close(ready[1]);
}

/*
 * Other processes of its user may not read its memory, nor a crash write it to disk: what belongs to a process that is
 * not dumpable is root's in /proc (proc(5)).
 */
static void test_memory_is_nobodys_to_read(void **state)
{
	enum {
		NOBODY = 65534
	};
	int ready[2], wait[2], status;
	uid_t user = geteuid() ? geteuid() : NOBODY;
	char path[32], byte;
	struct stat info;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(wait), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(wait[1]);
		/* A change of the user makes it undumpable, too: that is undone, so that the sandbox has to do it. */
		if (setresuid(user, user, user) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
			_exit(2);
		lock_in(MAIN);
		if (write(ready[1], "r", 1) == 1 && read(wait[0], &byte, 1) == 0)
			_exit(0);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_uid, 0);
	close(wait[0]);
	close(wait[1]);
	status = status_of(pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	close(ready[0]);
	close(ready[1]);
}

static void nothing_is_filtered(void **state)
{
	(void)state;
	print_message("skipped: a build with AddressSanitizer filters nothing\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(what_hot_plug_adds),
		cmocka_unit_test(what_a_devices_thread_may),
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_i386),
		cmocka_unit_test(test_every_vfio_request),
		cmocka_unit_test(test_every_kvm_number),
		cmocka_unit_test(test_threads_work),
		cmocka_unit_test(test_privileges_are_gone),
		cmocka_unit_test(test_memory_is_nobodys_to_read),
	};

	const struct CMUnitTest none[] = { cmocka_unit_test(nothing_is_filtered) };

	if (!sandbox_filters())
		return cmocka_run_group_tests(none, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
