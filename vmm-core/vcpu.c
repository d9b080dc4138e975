// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vCPUs and their threads; see vcpu.h. Speaks KVM_CREATE_VCPU, KVM_SET_CPUID2, KVM_SET_MSRS, KVM_SET_(S)REGS and
 * KVM_RUN. Application processors stay as KVM creates them, waiting for INIT and SIPI in the kernel's local APIC.
 */
#include "vmm-core/vcpu.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "vmm-core/boot/boot.h"
#include "vmm-core/cpuid.h"
#include "vmm-core/kvm.h"
#include "vmm-core/sandbox.h"
#include "vmm-core/vcpu_exit.h"
#include "vmm-core/vm.h"

enum {
	STACK_BYTES = 128 * 1024,
	MSR_IA32_MISC_ENABLE = 0x1a0,
	MISC_ENABLE_FAST_STRING = 1 << 0,
	MSR_MTRR_DEF_TYPE = 0x2ff,
	MTRR_ENABLE = 1 << 11,
	MTRR_WRITE_BACK = 6,
	CR0_PROTECTED = 1 << 0,
	CR0_EXTENSION_TYPE = 1 << 4,
	CR4_PAE = 1 << 5,
	EFER_LONG_MODE = 1 << 8 | 1 << 10, /* enabled, active */
	RFLAGS_FIXED = 1 << 1,
	SEGMENT_CODE = 0xb, /* execute, read, accessed */
	SEGMENT_DATA = 0x3, /* read, write, accessed */
	SEGMENT_TSS = 0xb,  /* 32-bit task state, busy */
};

#define CR0_PAGING (1u << 31)

/* Outside the range of signals that libc keeps for itself, and a real-time one: it queues. */
static int kick_signal(void)
{
	return SIGRTMIN;
}

static void on_kick(int signal)
{
	(void)signal;
}

int vcpu_prepare_signal(struct error *err)
{
	/* Without SA_RESTART: KVM_RUN has to return. */
	struct sigaction action = { .sa_handler = on_kick };

	if (sigaction(kick_signal(), &action, NULL) < 0)
		return fail(err, errno, "prepare the signal that stops vCPUs");
	return 0;
}

static int set_cpuid(struct vcpu *vcpu, struct error *err)
{
	const struct vm *vm = vcpu->vm;
	cleanup_free struct kvm_cpuid2 *cpuid = NULL;
	int ret = cpuid_for_vcpu(vm->kvm->cpuid, &vm->config->cpu, vcpu->id, vm->kvm->tsc_deadline, &cpuid, err);

	if (ret < 0)
		return ret;
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0)
		return fail(err, errno, "set the features of vCPU %u", vcpu->id);
	return 0;
}

/* All vCPUs alike, as firmware would leave them: memory is write-back by default, fast string moves are on. */
static int set_msrs(struct vcpu *vcpu, struct error *err)
{
	static const struct kvm_msr_entry wanted[] = {
		{ .index = MSR_MTRR_DEF_TYPE, .data = MTRR_ENABLE | MTRR_WRITE_BACK },
		{ .index = MSR_IA32_MISC_ENABLE, .data = MISC_ENABLE_FAST_STRING },
	};
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[array_size(wanted)];
	} msrs = { .head.nmsrs = array_size(wanted) };
	int done;

	memcpy(msrs.entry, wanted, sizeof(wanted));
	done = ioctl(vcpu->fd, KVM_SET_MSRS, &msrs);
	if (done >= 0 && (size_t)done < array_size(wanted))
		return fail(err, EINVAL, "set MSR 0x%x of vCPU %u", wanted[done].index, vcpu->id);
	return done < 0 ? fail(err, errno, "set the MSRs of vCPU %u", vcpu->id) : 0;
}

int vcpu_init(struct vcpu *vcpu, struct vm *vm, unsigned int id, struct error *err)
{
	int ret;

	*vcpu = (struct vcpu){ .vm = vm, .id = id, .fd = -1, .stats_fd = -1, .run_bytes = vm->kvm->run_bytes };
	/* KVM's name for a vCPU is its APIC id. */
	vcpu->fd = ioctl(vm->vm_fd, KVM_CREATE_VCPU, (unsigned long)cpu_apic_id(&vm->config->cpu.shape, id));
	if (vcpu->fd < 0)
		return fail(err, errno, "create vCPU %u", id);
	vcpu->run = mmap(NULL, vcpu->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		ret = fail(err, errno, "map the shared page of vCPU %u", id);
	} else {
		ret = set_cpuid(vcpu, err);
	}
	if (ret == 0)
		ret = set_msrs(vcpu, err);
	if (ret < 0)
		vcpu_done(vcpu);
	else if (vm->kvm->stats)
		vcpu->stats_fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	return ret;
}

void vcpu_done(struct vcpu *vcpu)
{
	/* A zeroed vCPU was never created. */
	if (!vcpu->vm)
		return;
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_bytes);
	close_fd(&vcpu->stats_fd);
	close_fd(&vcpu->fd);
	memset(vcpu, 0, sizeof(*vcpu));
}

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type)
{
	return (struct kvm_segment){
		.limit = 0xffffffff, .selector = selector, .type = type, .present = 1, .db = 1, .s = 1, .g = 1
	};
}

/* 64-bit code, and the page tables that it needs. */
static void enter_long_mode(struct kvm_sregs *sregs, uint64_t cr3)
{
	sregs->cs.l = 1;
	sregs->cs.db = 0;
	sregs->cr3 = cr3;
	sregs->cr4 = CR4_PAE;
	sregs->efer = EFER_LONG_MODE;
	sregs->cr0 |= CR0_PAGING;
}

int vcpu_boot(struct vcpu *vcpu, const struct boot_entry *entry, struct error *err)
{
	struct kvm_segment data = flat_segment(BOOT_GDT_DATA, SEGMENT_DATA);
	struct kvm_regs regs = { .rip = entry->rip, .rbx = entry->rbx, .rsi = entry->rsi, .rflags = RFLAGS_FIXED };
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return fail(err, errno, "read the registers of vCPU %u", vcpu->id);
	sregs.cs = flat_segment(BOOT_GDT_CODE, SEGMENT_CODE);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.tr = (struct kvm_segment){ .limit = 0x67, .selector = BOOT_GDT_TSS, .type = SEGMENT_TSS, .present = 1 };
	sregs.gdt.base = BOOT_GDT;
	sregs.gdt.limit = BOOT_GDT_BYTES - 1;
	sregs.idt.base = 0;
	sregs.idt.limit = 0;
	sregs.cr0 = CR0_PROTECTED | CR0_EXTENSION_TYPE;
	sregs.cr4 = 0;
	sregs.efer = 0;
	if (entry->cr3)
		enter_long_mode(&sregs, entry->cr3);
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		return fail(err, errno, "set the registers of vCPU %u", vcpu->id);
	return 0;
}

/*
 * A request (vm->stopping, vm->pausing) is made before immediate_exit is set, and looked at here after it was cleared:
 * either it is seen, or immediate_exit is still set and KVM_RUN returns at once. No wake-up can be lost.
 */
static bool may_run(struct vcpu *vcpu)
{
	__atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	return vm_vcpu_may_run(vcpu->vm, vcpu);
}

static void *vcpu_thread(void *opaque)
{
	struct vcpu *vcpu = opaque;
	struct error why = { 0 };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, kick_signal());
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	if (sandbox_enter_vcpu(vcpu->vm->sandbox, &why) < 0)
		vm_end(vcpu->vm, VM_END_FAILED, &why);

	vm_vcpu_begins(vcpu->vm, vcpu);
	while (may_run(vcpu)) {
		if (ioctl(vcpu->fd, KVM_RUN, NULL) == 0) {
			vcpu->user_exits++;
			vcpu_exit(vcpu);
		} else if (errno == EINTR || errno == EAGAIN) {
			vcpu->interrupts++;
		} else {
			vcpu_run_failed(vcpu, errno);
			break;
		}
	}
	vm_vcpu_ends(vcpu->vm);
	return NULL;
}

int vcpu_start(struct vcpu *vcpu, struct error *err)
{
	pthread_attr_t attr;
	int errnum;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	errnum = pthread_create(&vcpu->thread, &attr, vcpu_thread, vcpu);
	pthread_attr_destroy(&attr);
	if (errnum)
		return fail(err, errnum, "start the thread of vCPU %u", vcpu->id);
	vcpu->started = true;
	return 0;
}

void vcpu_kick(struct vcpu *vcpu)
{
	if (!vcpu->started)
		return;
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(vcpu->thread, kick_signal());
}

void vcpu_join(struct vcpu *vcpu)
{
	if (!vcpu->started)
		return;
	pthread_join(vcpu->thread, NULL);
	vcpu->started = false;
}
