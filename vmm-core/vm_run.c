// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a guest: vCPU threads, the loop, pause, and the end; see vm.h. An end may be asked for anywhere: it is noted
 * and an eventfd wakes the main thread, which alone stops and joins vCPU threads.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "vmm-core/kvm.h"
#include "vmm-core/vcpu.h"
#include "vmm-core/vm.h"
#include "wire/control.h"

static void on_end(void *opaque, int fd, uint32_t events)
{
	struct vm *vm = opaque;
	uint64_t count;

	(void)events;
	if (read(fd, &count, sizeof(count)) == sizeof(count))
		vm->loop.stop = vm->end != VM_END_NONE;
}

static void kick_all(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->config->cpus; i++)
		vcpu_kick(&vm->vcpus[i]);
}

/* Change what is wanted of the vCPUs, and make them look. */
static void want(struct vm *vm, bool stopping, bool pausing)
{
	pthread_mutex_lock(&vm->run_lock);
	vm->stopping = stopping;
	vm->pausing = pausing;
	vm->attention = stopping || pausing;
	pthread_cond_broadcast(&vm->run_changed);
	pthread_mutex_unlock(&vm->run_lock);
	if (stopping || pausing)
		kick_all(vm);
}

void vm_pause(struct vm *vm)
{
	want(vm, vm->stopping, true);
	pthread_mutex_lock(&vm->run_lock);
	while (vm->parked_count < vm->running_count && !vm->stopping)
		pthread_cond_wait(&vm->run_changed, &vm->run_lock);
	pthread_mutex_unlock(&vm->run_lock);
}

void vm_resume(struct vm *vm)
{
	want(vm, vm->stopping, false);
}

static int start_vcpus(struct vm *vm, struct error *err)
{
	for (unsigned int i = 0; i < vm->config->cpus; i++) {
		int ret;

		pthread_mutex_lock(&vm->run_lock);
		vm->running_count++;
		pthread_mutex_unlock(&vm->run_lock);
		ret = vcpu_start(&vm->vcpus[i], err);
		if (ret < 0) {
			vm_vcpu_ends(vm);
			return ret;
		}
	}
	return 0;
}

enum vm_end vm_run(struct vm *vm)
{
	struct error err = { 0 };
	int ret;

	vm->stopping = vm->pausing = vm->attention = false;
	vm->loop.stop = vm->end != VM_END_NONE;
	vm->slots.running = true;
	ret = loop_add(&vm->loop, vm->end_fd, EPOLLIN, on_end, vm, &err);
	if (ret == 0 && !vm->loop.stop)
		ret = start_vcpus(vm, &err);
	if (ret == 0 && !vm->loop.stop && vm->on_running) {
		vm->on_running(vm->running_opaque);
		vm->on_running = NULL;
	}
	if (ret == 0)
		ret = loop_run(&vm->loop, &err);
	if (ret < 0)
		vm_end(vm, VM_END_FAILED, &err);
	want(vm, true, false);
	for (unsigned int i = 0; i < vm->config->cpus; i++)
		vcpu_join(&vm->vcpus[i]);
	loop_remove(&vm->loop, vm->end_fd);
	vm->slots.running = false;
	return vm->end;
}
