// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM's exits to user space (struct kvm_run, Documentation/virt/kvm/api.rst 5): port and memory accesses go to the
 * buses under the machine's lock, all other ends of KVM_RUN end the guest with the reason and the registers. There is
 * no instruction emulation here.
 */
#include "vmm-core/vcpu_exit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "vmm-core/vcpu.h"
#include "vmm-core/vm.h"

static const char *const exit_names[] = {
	[KVM_EXIT_UNKNOWN] = "unknown exit",
	[KVM_EXIT_EXCEPTION] = "exception",
	[KVM_EXIT_HLT] = "halt without interrupt controller",
	[KVM_EXIT_SHUTDOWN] = "triple fault",
	[KVM_EXIT_FAIL_ENTRY] = "failed entry",
	[KVM_EXIT_INTERNAL_ERROR] = "internal error",
};

static const char *exit_name(uint32_t reason)
{
	const char *name = reason < array_size(exit_names) ? exit_names[reason] : NULL;

	return name ? name : "unexpected exit";
}

/* As much of the registers as an error message holds. */
static void describe_registers(struct vcpu *vcpu, char *buf, size_t size)
{
	struct kvm_regs regs = { 0 };
	struct kvm_sregs sregs = { 0 };

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) < 0 || ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0) {
		snprintf(buf, size, "registers cannot be read");
		return;
	}
	snprintf(buf, size,
		"rip 0x%llx rsp 0x%llx rflags 0x%llx rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rsi 0x%llx rdi 0x%llx "
		"cr0 0x%llx cr2 0x%llx cr3 0x%llx cr4 0x%llx efer 0x%llx cs 0x%x",
		regs.rip, regs.rsp, regs.rflags, regs.rax, regs.rbx, regs.rcx, regs.rdx, regs.rsi, regs.rdi, sregs.cr0,
		sregs.cr2, sregs.cr3, sregs.cr4, sregs.efer, sregs.cs.selector);
}

static void crash(struct vcpu *vcpu, const char *what, uint64_t detail)
{
	struct error why = { 0 };
	char registers[400];

	describe_registers(vcpu, registers, sizeof(registers));
	fail_code(&why, CODE_GUEST_CRASHED, EIO, "guest crashed on vCPU %u: %s (0x%" PRIx64 "); %s", vcpu->id, what,
		detail, registers);
	fail_hint(&why, "the guest's console shows what it did last");
	vm_end(vcpu->vm, VM_END_CRASH, &why);
}

static uint64_t load(const uint8_t *data, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, data, size);
	return value;
}

static void access_once(struct bus *bus, uint64_t address, unsigned int size, bool write, uint8_t *data)
{
	uint64_t value;

	if (write) {
		bus_write(bus, address, size, load(data, size));
		return;
	}
	value = bus_read(bus, address, size);
	memcpy(data, &value, size);
}

static void handle_port(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned int size = run->io.size;

	/* A string instruction is count accesses to one port. */
	for (uint32_t i = 0; i < run->io.count; i++)
		access_once(&vcpu->vm->pio, run->io.port, size, run->io.direction == KVM_EXIT_IO_OUT, data + i * size);
}

static void handle_memory(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint32_t length = run->mmio.len;

	if (length == 1 || length == 2 || length == 4 || length == 8) {
		access_once(&vcpu->vm->mmio, run->mmio.phys_addr, length, run->mmio.is_write, run->mmio.data);
		return;
	}
	/* Part of an access that crossed a page. */
	for (uint32_t i = 0; i < length && i < sizeof(run->mmio.data); i++)
		access_once(&vcpu->vm->mmio, run->mmio.phys_addr + i, 1, run->mmio.is_write, &run->mmio.data[i]);
}

static void locked(struct vcpu *vcpu, void (*handle)(struct vcpu *vcpu))
{
	pthread_mutex_lock(&vcpu->vm->lock);
	handle(vcpu);
	pthread_mutex_unlock(&vcpu->vm->lock);
}

void vcpu_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		locked(vcpu, handle_port);
		return;
	case KVM_EXIT_MMIO:
		locked(vcpu, handle_memory);
		return;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return;
	case KVM_EXIT_INTERNAL_ERROR:
		crash(vcpu, "KVM could not go on (internal error)", run->internal.suberror);
		return;
	case KVM_EXIT_FAIL_ENTRY:
		crash(vcpu, "KVM could not enter the guest (failed entry)",
			run->fail_entry.hardware_entry_failure_reason);
		return;
	default:
		crash(vcpu, exit_name(run->exit_reason), run->exit_reason);
	}
}

void vcpu_run_failed(struct vcpu *vcpu, int errnum)
{
	char what[96];

	snprintf(what, sizeof(what), "KVM_RUN: %s", strerror(errnum));
	crash(vcpu, what, (uint64_t)errnum);
}
