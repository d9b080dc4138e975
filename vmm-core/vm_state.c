// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What vCPUs and devices tell the machine, and ask it, while it runs: that it is to end, whether a vCPU may go on; see
 * vm.h. Nothing here calls back into them.
 */
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "vmm-core/kvm.h"
#include "vmm-core/vcpu.h"
#include "vmm-core/vm.h"

uint64_t vm_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void vm_end(struct vm *vm, enum vm_end how, const struct error *why)
{
	uint64_t one = 1;

	pthread_mutex_lock(&vm->end_lock);
	if (vm->end == VM_END_NONE || (vm->end == VM_END_RESET && how != VM_END_RESET)) {
		vm->end_error = why ? *why : (struct error){ 0 };
		vm->end = how;
	}
	pthread_mutex_unlock(&vm->end_lock);
	/* Full only when nobody has read it for 2^64 ends. */
	if (write(vm->end_fd, &one, sizeof(one)) < 0)
		return;
}

bool vm_vcpu_may_run(struct vm *vm, struct vcpu *vcpu)
{
	bool paused = false, run;

	if (!vm->attention)
		return vm->end == VM_END_NONE;
	pthread_mutex_lock(&vm->run_lock);
	while (vm->pausing && !vm->stopping) {
		paused = true;
		vm->parked_count++;
		pthread_cond_broadcast(&vm->run_changed);
		pthread_cond_wait(&vm->run_changed, &vm->run_lock);
		vm->parked_count--;
	}
	run = !vm->stopping && vm->end == VM_END_NONE;
	pthread_mutex_unlock(&vm->run_lock);
	/* The guest's watchdogs must not take the pause for a hang; a guest without kvmclock has none of this. */
	if (paused && run)
		ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, NULL);
	return run;
}

void vm_vcpu_begins(struct vm *vm, struct vcpu *vcpu)
{
	if (vcpu->id == 0 && !vm->first_run_ns)
		vm->first_run_ns = vm_now_ns();
}

void vm_vcpu_ends(struct vm *vm)
{
	pthread_mutex_lock(&vm->run_lock);
	vm->running_count--;
	pthread_cond_broadcast(&vm->run_changed);
	pthread_mutex_unlock(&vm->run_lock);
}
