// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's machine from power-on to power-off; see vm.h. The running of it is vm_run.c. Everything made by
 * vm_power_on() is made in the order of one list and unmade in the reverse order, also when it fails half way.
 */
#include "vmm-core/vm.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "vmm-core/boot/acpi.h"
#include "vmm-core/boot/boot.h"
#include "vmm-core/device/devices.h"
#include "vmm-core/kvm.h"
#include "vmm-core/vcpu.h"

/* Four pages that KVM needs for itself on Intel CPUs without unrestricted guest mode: between the APICs and 4 GiB. */
#define IDENTITY_MAP_ADDRESS 0xfffbc000ull
#define TSS_ADDRESS 0xfffbd000ull

int vm_init(struct vm *vm, struct error *err)
{
	int ret;

	memset(vm, 0, sizeof(*vm));
	vm->kvm_fd = vm->kernel_fd = vm->initrd_fd = vm->vm_fd = vm->stats_fd = -1;
	vm->ram.memfd = -1;
	pthread_mutex_init(&vm->lock, NULL);
	pthread_mutex_init(&vm->run_lock, NULL);
	pthread_mutex_init(&vm->end_lock, NULL);
	pthread_cond_init(&vm->run_changed, NULL);
	reclaim_init(&vm->reclaim);
	vm->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->end_fd < 0)
		return fail(err, errno, "create the machine");
	ret = loop_init(&vm->loop, err);
	if (ret < 0)
		close_fd(&vm->end_fd);
	return ret;
}

void vm_done(struct vm *vm)
{
	if (vm->end_fd <= 0)
		return;
	guest_ram_done(&vm->ram);
	loop_done(&vm->loop);
	close_fd(&vm->end_fd);
	reclaim_done(&vm->reclaim);
	pthread_cond_destroy(&vm->run_changed);
	pthread_mutex_destroy(&vm->end_lock);
	pthread_mutex_destroy(&vm->run_lock);
	pthread_mutex_destroy(&vm->lock);
}

static int machine_on(struct vm *vm, struct error *err)
{
	uint64_t identity_map = IDENTITY_MAP_ADDRESS;

	vm->vm_fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0UL);
	if (vm->vm_fd < 0)
		return fail(err, errno, "create a KVM machine");
	if (vm->kvm->stats)
		vm->stats_fd = ioctl(vm->vm_fd, KVM_GET_STATS_FD, NULL);
	if (ioctl(vm->vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) < 0 ||
		ioctl(vm->vm_fd, KVM_SET_TSS_ADDR, TSS_ADDRESS) < 0)
		return fail(err, errno, "place KVM's own pages at 0x%llx", IDENTITY_MAP_ADDRESS);
	return 0;
}

static void machine_off(struct vm *vm)
{
	close_fd(&vm->stats_fd);
	close_fd(&vm->vm_fd);
}

static int interrupts_on(struct vm *vm, struct error *err)
{
	/* KVM answers port 0x61 too, by which guests gate the timer that they measure their clocks with. */
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };

	if (ioctl(vm->vm_fd, KVM_CREATE_IRQCHIP, NULL) < 0)
		return fail(err, errno, "create the guest's interrupt controllers");
	if (ioctl(vm->vm_fd, KVM_CREATE_PIT2, &pit) < 0)
		return fail(err, errno, "create the guest's interval timer");
	return irq_init(&vm->irqs, vm->vm_fd, err);
}

static void interrupts_off(struct vm *vm)
{
	irq_done(&vm->irqs);
}

static int memory_on(struct vm *vm, struct error *err)
{
	vm->slots = (struct memslots){ .vm_fd = vm->vm_fd };
	for (size_t i = 0; i < vm->layout.ram_count; i++) {
		int ret = memslot_add(&vm->slots, vm->layout.ram[i].at, guest_ram_region(&vm->ram, i), "ram", err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The slots go with the machine that they belong to, which is a change too. */
static void memory_off(struct vm *vm)
{
	vm->earlier_slot_changes += vm->slots.changes + 1;
	memset(&vm->slots, 0, sizeof(vm->slots));
}

static int vcpus_on(struct vm *vm, struct error *err)
{
	unsigned int count = vm->config->cpus;

	if (count > vm->kvm->vcpu_max)
		return fail_code(err, CODE_FAILED, E2BIG, "the guest wants %u vCPUs, KVM of this host gives at most %u",
			count, vm->kvm->vcpu_max);
	vm->vcpus = calloc(count, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		return fail(err, ENOMEM, "create %u vCPUs", count);
	for (unsigned int i = 0; i < count; i++) {
		int ret = vcpu_init(&vm->vcpus[i], vm, i, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void vcpus_off(struct vm *vm)
{
	for (unsigned int i = 0; vm->vcpus && i < vm->config->cpus; i++)
		vcpu_done(&vm->vcpus[i]);
	free(take_ptr(vm->vcpus));
}

static int buses_on(struct vm *vm, struct error *err)
{
	vm->pio = (struct bus){ .name = "port" };
	vm->mmio = (struct bus){ .name = "mmio" };
	return devices_power_on(vm, err);
}

static int pci_on(struct vm *vm, struct error *err)
{
	return pci_bus_power_on(&vm->pci, vm, err);
}

static void pci_off(struct vm *vm)
{
	pci_bus_power_off(&vm->pci);
}

static int image_on(struct vm *vm, struct error *err)
{
	const struct boot_request request = {
		.kernel_fd = vm->kernel_fd,
		.initrd_fd = vm->initrd_fd,
		.cmdline = vm->config->cmdline,
		.layout = &vm->layout,
		.ram = &vm->ram,
		.rsdp = ACPI_TABLES_START,
	};
	struct boot_entry entry;
	int ret = acpi_write(&vm->ram, &vm->layout, &vm->config->cpu.shape, err);

	if (ret == 0)
		ret = boot_load(&request, &entry, err);
	if (ret == 0 && !entry.config_ports)
		pci_bus_hide_ports(&vm->pci);
	return ret < 0 ? ret : vcpu_boot(&vm->vcpus[0], &entry, err);
}

/* Each off accepts what its on left half done. */
static const struct power_step {
	int (*on)(struct vm *vm, struct error *err);
	void (*off)(struct vm *vm);
} power_steps[] = {
	{ machine_on, machine_off },
	{ interrupts_on, interrupts_off },
	{ memory_on, memory_off },
	{ vcpus_on, vcpus_off },
	{ buses_on, devices_power_off },
	{ pci_on, pci_off },
	{ image_on, NULL },
};

static void power_off_from(struct vm *vm, size_t count)
{
	while (count-- > 0)
		if (power_steps[count].off)
			power_steps[count].off(vm);
}

int vm_power_on(struct vm *vm, struct error *err)
{
	pthread_mutex_lock(&vm->end_lock);
	/* The reset that led here is done; any other end still holds. */
	if (vm->end == VM_END_RESET)
		vm->end = VM_END_NONE;
	pthread_mutex_unlock(&vm->end_lock);
	for (size_t i = 0; i < array_size(power_steps); i++) {
		int ret = power_steps[i].on(vm, err);

		if (ret < 0) {
			power_off_from(vm, i + 1);
			return ret;
		}
	}
	return 0;
}

void vm_power_off(struct vm *vm)
{
	power_off_from(vm, array_size(power_steps));
}
