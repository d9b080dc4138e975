/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPUs: one KVM vCPU and one thread each. A thread runs the guest until the guest ends, answers trapped accesses
 * through the machine's buses, and stops at an instruction boundary when it is asked to.
 *
 *	vcpu_init()	KVM vCPU, its CPUID and fixed MSRs (vm_power_on)
 *	vcpu_boot()	vCPU 0 only: the registers of the first instruction
 *	vcpu_start()	the thread (vm_run)
 *	vcpu_kick()	makes KVM_RUN return soon, also when it has not begun; from any thread
 *	vcpu_join()	after vm->stopping was set and the vCPU kicked
 *	vcpu_done()	(vm_power_off)
 */
#ifndef VMM_CORE_VCPU_H
#define VMM_CORE_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct vm;
struct boot_entry;

struct vcpu {
	struct vm *vm;
	unsigned int id; /* from 0, without gaps; its APIC id may be another */
	int fd, stats_fd;
	struct kvm_run *run; /* shared with the kernel */
	size_t run_bytes;
	pthread_t thread;
	bool started;
	_Atomic uint64_t user_exits; /* KVM_RUN returned with something to do */
	_Atomic uint64_t interrupts; /* KVM_RUN was interrupted */
};

int vcpu_init(struct vcpu *vcpu, struct vm *vm, unsigned int id, struct error *err);
void vcpu_done(struct vcpu *vcpu);

/*
 * At the entry, in flat 32-bit protected mode, or in 64-bit mode where it has page tables; the descriptor table is in
 * guest memory (boot.h).
 */
int vcpu_boot(struct vcpu *vcpu, const struct boot_entry *entry, struct error *err);

int vcpu_start(struct vcpu *vcpu, struct error *err);
void vcpu_kick(struct vcpu *vcpu);
void vcpu_join(struct vcpu *vcpu);

/* Once per process, before the first thread: the signal that kicks interrupts system calls and does nothing else. */
int vcpu_prepare_signal(struct error *err);

#endif
