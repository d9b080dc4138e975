// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system calls of sluice-vmm after its lock-in, by number and arguments; see sandbox_calls.h. Speaks seccomp(2)
 * through libseccomp. Several rows of one call are alternatives; all arguments of one row have to match.
 *
 * A filter sees registers and not the memory they point to. So a call whose pointer decides what it reaches is not here
 * at all: no sendmsg, which carries descriptors away, no path names (newfstatat looks one up whatever its flags are).
 * clone3 keeps its flags in memory and is answered like on a kernel without it; the C library then uses clone.
 *
 * int arguments are compared by their low 32 bits, which is what the kernel looks at.
 */
#include "vmm-core/sandbox_calls.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <sched.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wire/iommufd.h"
#include "wire/launch.h"

enum {
	ARGUMENT_MAX = 3,
	/* Newer than the C library's header: how glibc from 2.42 on guards a thread's stack. */
	GUARD_INSTALL = 102,
	GUARD_REMOVE = 103,
	FUTEX_VARIANTS = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME,
	MAP_FLAGS = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
	THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS |
		       CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
	CALL_PRIORITY_MOST = 255,
};

/* Filters add up: what a thread of its own may do the main thread, which starts it, may do as well. */
enum who {
	BOTH,   /* device models run on vCPUs' threads and on the main one */
	MAIN,   /* the loop, its sockets, starting the machine anew when the guest restarts */
	PLUG,   /* the same thread, of a guest that may get more devices */
	WORKER, /* the thread of a virtio device */
	ALL,    /* every kind */
};

struct call {
	int number;
	enum who who;
	const char *why;
	bool own_process;                           /* argument 0 is this process's id */
	struct scmp_arg_cmp argument[ARGUMENT_MAX]; /* ended by one without a comparison */
};

/* clang-format off */
#define IS(n, value)        { .arg = (n), .op = SCMP_CMP_EQ, .datum_a = (value) }
#define IS_INT(n, value)    { .arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = (uint32_t)(value) }
#define BITS_OF(n, allowed) { .arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = ~(scmp_datum_t)(allowed), .datum_b = 0 }
#define FUTEX_IS(operation) { .arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX & ~FUTEX_VARIANTS, .datum_b = (operation) }
#define CALL(name, whose, reason, ...) { .number = SCMP_SYS(name), .who = (whose), .why = (reason), __VA_ARGS__ }
#define IOCTL(request, whose, reason) CALL(ioctl, whose, reason, .argument = { IS_INT(1, request) })
/* clang-format on */

static const struct call calls[] = {
	CALL(read, ALL, "eventfds, the console, signals"),
	CALL(write, ALL, "eventfds, the console"),
	CALL(pread64, BOTH, "a device's registers, KVM's statistics, the kernel image"),
	CALL(pwrite64, BOTH, "a device's registers"),
	CALL(close, BOTH, "an interrupt's eventfd, a KVM machine"),
	CALL(eventfd2, BOTH, "an interrupt's trigger", .argument = { IS_INT(1, EFD_CLOEXEC | EFD_NONBLOCK) }),
	CALL(mmap, ALL, "allocation, a vCPU's page; nothing executable",
		.argument = { BITS_OF(2, PROT_READ | PROT_WRITE), BITS_OF(3, MAP_FLAGS) }),
	CALL(munmap, ALL, "the same, back"),
	CALL(mremap, ALL, "allocation that grows", .argument = { IS(3, MREMAP_MAYMOVE) }),
	CALL(brk, ALL, "allocation"),
	CALL(madvise, ALL, "memory that is given back", .argument = { IS_INT(2, MADV_DONTNEED) }),
	CALL(futex, ALL, "locks", .argument = { FUTEX_IS(FUTEX_WAIT) }),
	CALL(futex, ALL, "locks", .argument = { FUTEX_IS(FUTEX_WAKE) }),
	CALL(futex, ALL, "locks, the end of a thread", .argument = { FUTEX_IS(FUTEX_WAIT_BITSET) }),
	CALL(rt_sigreturn, ALL, "the end of the signal that stops vCPUs"),
	CALL(rt_sigprocmask, ALL, "threads start and end"),
	CALL(clock_gettime, ALL, "where the vDSO cannot tell the time"),
	CALL(time, BOTH, "the same"),
	CALL(gettimeofday, BOTH, "the same"),
	CALL(getpid, ALL, "sending a signal to a thread"),
	CALL(gettid, ALL, "the same"),
	CALL(tgkill, ALL, "the signal that stops vCPUs, abort()", .own_process = true),
	CALL(epoll_ctl, BOTH, "a descriptor starts or stops being listened to"),
	CALL(poll, ALL, "a look at whether interrupts wait in their eventfds"),
	CALL(restart_syscall, ALL, "a wait that a stop of the process interrupted"),
	CALL(exit, ALL, "threads end"),
	CALL(exit_group, ALL, "the process ends"),

	CALL(io_uring_enter, WORKER, "a disk's requests, by a ring that takes no others", .argument = { IS(4, 0) }),
	CALL(preadv2, WORKER, "a disk's requests, without a ring"),
	CALL(pwritev2, WORKER, "the same"),
	CALL(fdatasync, WORKER, "the same"),
	CALL(fallocate, WORKER, "the same"),
	CALL(getrandom, WORKER, "random numbers for a guest"),
	CALL(readv, WORKER, "frames from a tap"),
	CALL(writev, WORKER, "frames to a tap"),

	IOCTL(KVM_RUN, BOTH, "the guest"),
	IOCTL(KVM_KVMCLOCK_CTRL, BOTH, "a pause ends"),
	IOCTL(KVM_IRQ_LINE, BOTH, "the interrupt of a small device"),
	IOCTL(KVM_IRQFD, BOTH, "a vector of a passed-through device"),
	IOCTL(KVM_IOEVENTFD, BOTH, "where the notifications of a virtio device go"),
	IOCTL(TUNSETOFFLOAD, BOTH, "the driver of a network card begins"),
	IOCTL(VHOST_SET_FEATURES, BOTH, "the same, by vhost-net"),
	IOCTL(VHOST_SET_VRING_NUM, BOTH, "the same"),
	IOCTL(VHOST_SET_VRING_BASE, BOTH, "the same"),
	IOCTL(VHOST_SET_VRING_ADDR, BOTH, "the same"),
	IOCTL(VHOST_SET_VRING_KICK, BOTH, "the same"),
	IOCTL(VHOST_SET_VRING_CALL, BOTH, "the same"),
	IOCTL(VHOST_NET_SET_BACKEND, BOTH, "the same, and its reset"),
	IOCTL(KVM_SIGNAL_MSI, BOTH, "an event of a PCI Express slot"),
	IOCTL(KVM_SET_GSI_ROUTING, BOTH, "the message of a vector"),
	IOCTL(KVM_SET_USER_MEMORY_REGION, BOTH, "a BAR that the guest moves, RAM at power-on"),
	IOCTL(KVM_GET_REGS, BOTH, "what to say of a crash"),
	IOCTL(KVM_GET_SREGS, BOTH, "the same, the first instruction"),
	IOCTL(VFIO_DEVICE_SET_IRQS, BOTH, "INTx, MSI, MSI-X"),
	IOCTL(VFIO_DEVICE_RESET, BOTH, "a function-level reset by the guest, its reboot"),

	CALL(ioctl, MAIN, "power-on", .argument = { IS_INT(1, KVM_CREATE_VM), IS(2, 0) }),
	IOCTL(KVM_GET_STATS_FD, MAIN, "power-on"),
	IOCTL(KVM_GET_SREGS2, MAIN, "where a virtual address leads"),
	IOCTL(KVM_SET_IDENTITY_MAP_ADDR, MAIN, "power-on"),
	IOCTL(KVM_SET_TSS_ADDR, MAIN, "power-on"),
	IOCTL(KVM_CREATE_IRQCHIP, MAIN, "power-on"),
	IOCTL(KVM_CREATE_PIT2, MAIN, "power-on"),
	IOCTL(KVM_SET_IRQCHIP, MAIN, "power-on"),
	IOCTL(KVM_CREATE_VCPU, MAIN, "power-on"),
	IOCTL(KVM_SET_CPUID2, MAIN, "power-on"),
	IOCTL(KVM_SET_MSRS, MAIN, "power-on"),
	IOCTL(KVM_SET_SREGS, MAIN, "the first instruction"),
	IOCTL(KVM_SET_REGS, MAIN, "the same"),
	IOCTL(KVM_CREATE_DEVICE, MAIN, "telling KVM of VFIO devices"),
	IOCTL(KVM_SET_DEVICE_ATTR, MAIN, "the same"),
	IOCTL(VHOST_SET_MEM_TABLE, MAIN, "what vhost-net can reach of the guest"),
	IOCTL(VFIO_IOMMU_UNMAP_DMA, MAIN, "the end, or that of the last device"),
	IOCTL(IOMMUFD_IOAS_UNMAP, MAIN, "the same, with iommufd"),

	IOCTL(VFIO_DEVICE_GET_INFO, PLUG, "a device that comes"),
	IOCTL(VFIO_DEVICE_GET_REGION_INFO, PLUG, "the same"),
	IOCTL(VFIO_DEVICE_GET_IRQ_INFO, PLUG, "the same"),
	IOCTL(VFIO_IOMMU_GET_INFO, PLUG, "the first device that comes"),
	IOCTL(VFIO_IOMMU_MAP_DMA, PLUG, "the same"),
	IOCTL(IOMMUFD_IOAS_RANGES, PLUG, "the same, with iommufd"),
	IOCTL(IOMMUFD_IOAS_MAP, PLUG, "the same"),
	IOCTL(IOMMUFD_IOAS_MAP_FILE, PLUG, "the same"),

	CALL(epoll_wait, MAIN, "the loop"),
	CALL(epoll_pwait, MAIN, "the loop", .argument = { IS(4, 0) }),
	CALL(accept4, MAIN, "clients of the console and the control socket",
		.argument = { IS(1, 0), IS(2, 0), IS_INT(3, SOCK_CLOEXEC | SOCK_NONBLOCK) }),
	CALL(recvfrom, MAIN, "requests", .argument = { IS(4, 0) }),
	CALL(recvmsg, MAIN, "what sluice says: of all sockets, this one may bring descriptors",
		.argument = { IS_INT(0, LAUNCH_SOCKET_FD), IS_INT(2, MSG_CMSG_CLOEXEC) }),
	CALL(sendto, MAIN, "answers, console output, how the guest ended", .argument = { IS(4, 0) }),
	CALL(fstat, MAIN, "the kernel image's size"),
	CALL(clone, MAIN, "vCPU threads", .argument = { IS(0, THREAD_FLAGS) }),
	CALL(set_robust_list, MAIN, "a thread starts"),
	CALL(rseq, MAIN, "a thread starts"),
	CALL(rt_sigaction, MAIN, "the C library, at the first thread"),
	CALL(mprotect, MAIN, "a thread's stack; nothing executable",
		.argument = { BITS_OF(2, PROT_READ | PROT_WRITE) }),
	CALL(madvise, MAIN, "a thread's stack", .argument = { IS_INT(2, GUARD_INSTALL) }),
	CALL(madvise, MAIN, "a thread's stack", .argument = { IS_INT(2, GUARD_REMOVE) }),
	CALL(sched_getaffinity, MAIN, "a thread's default attributes", .argument = { IS_INT(0, 0) }),
	CALL(prlimit64, MAIN, "the same; reads the own limits, sets none", .argument = { IS_INT(0, 0), IS(2, 0) }),
	CALL(seccomp, MAIN, "a vCPU thread's own, shorter list",
		.argument = { IS_INT(0, SECCOMP_SET_MODE_FILTER), IS_INT(1, 0) }),
};

static int add_call(scmp_filter_ctx filter, const struct call *call)
{
	const struct scmp_arg_cmp own = IS_INT(0, getpid());
	unsigned int count = 0;

	if (call->own_process)
		return seccomp_rule_add_exact_array(filter, SCMP_ACT_ALLOW, call->number, 1, &own);
	while (count < ARGUMENT_MAX && call->argument[count].op)
		count++;
	return seccomp_rule_add_exact_array(filter, SCMP_ACT_ALLOW, call->number, count, call->argument);
}

static bool is_allowed(const struct call *call, enum sandbox_thread thread)
{
	switch (call->who) {
	case ALL:
		return true;
	case BOTH:
		return thread != SANDBOX_WORKER;
	case MAIN:
		return thread == SANDBOX_MAIN || thread == SANDBOX_MAIN_PLUG;
	case PLUG:
		return thread == SANDBOX_MAIN_PLUG;
	case WORKER:
		return thread != SANDBOX_VCPU;
	}
	return false;
}

static int add_calls(scmp_filter_ctx filter, enum sandbox_thread thread)
{
	/* Whatever comes from a 32-bit or x32 entry has other numbers: it ends the process, too. */
	int ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; i < array_size(calls) && ret == 0; i++)
		if (is_allowed(&calls[i], thread))
			ret = add_call(filter, &calls[i]);
	if (ret == 0 && (thread == SANDBOX_MAIN || thread == SANDBOX_MAIN_PLUG))
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* KVM_RUN is the one call that is made often; a worker makes no ioctl. */
	return ret < 0 || thread == SANDBOX_WORKER
		       ? ret
		       : seccomp_syscall_priority(filter, SCMP_SYS(ioctl), CALL_PRIORITY_MOST);
}

int sandbox_filter_new(enum sandbox_thread thread, scmp_filter_ctx *ret_filter, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!filter)
		return fail(err, ENOMEM, "make a system call filter");
	ret = add_calls(filter, thread);
	if (ret < 0) {
		seccomp_release(filter);
		return fail(err, -ret, "make a system call filter");
	}
	*ret_filter = filter;
	return 0;
}
