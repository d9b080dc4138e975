/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm-core: a small virtual machine monitor on KVM. Read this header and you know it.
 *
 * A guest is one process with one struct vm. Two things in it live as long as the process: guest RAM (mapped
 * for the devices' DMA once) and the PCI hierarchy with the devices the guest was given. All of the rest, the KVM
 * machine, its vCPUs, interrupt controllers, memory slots and small devices, lives from power-on to power-off; a
 * guest's reboot is a power-off and a power-on, so that no register can be forgotten. Call order (vmm/main.c):
 *
 *	vm_init()
 *	launch_receive()        what to build, and every descriptor it needs            launch.h
 *	layout_plan()           the address map, from what devices can reach            layout.h
 *	guest_ram_init()        RAM, populated in parallel with the devices' reset      ram.h
 *	cage_enter()            a user, a root and namespaces of its own                cage.h
 *	  ... passthrough maps RAM for DMA and adds its functions to vm->pci ...        pci.h
 *	virtio_set_plug()       emulated devices, of which vm->virtio has been told     virtio/set.h
 *	sandbox_enter()         from here on the guest's image, devices and instructions are handled   sandbox.h
 *	vm_power_on()           KVM machine, slots, irqchip, devices, PCI, ACPI, kernel image, vCPU registers
 *	vm_run()                vCPU threads and the event loop, until the guest ends   vcpu.h, loop.h
 *	vm_power_off()          the reverse of vm_power_on()
 *	  ... again from vm_power_on() when the guest asked for a reset ...
 *	vm_done()
 *
 * Threads: the main thread runs the loop (console input, control socket, device events); each vCPU has one, and each
 * virtio device. vm->lock
 * is held by whoever touches device state: vCPU threads during a trapped access, the main thread in its handlers. KVM's
 * in-kernel APICs, irqfds and mapped BARs need neither.
 *
 *	The machine	vm.c: power-on and -off; vm_run.c: vCPU threads, pause; vm_state.c: the end, may a vCPU run;
 *			vm_status.c: what the control socket tells; vm_translate.c: where a virtual address leads
 *	Processors	vcpu.h, vcpu_exit.h (what a return from KVM_RUN asks for), cpuid.h (the CPU that the guest sees)
 *	Memory		layout.h (the address map), ram.h (guest RAM), memslot.h (KVM's memory slots), reclaim.h (memory
 *			that is taken back, and who holds it), page_walk.h (the guest's own page tables)
 *	Trapped		bus.h (ports and registers), irq.h (interrupt routes)
 *	The process	loop.h (events), control_server.h and control.c (the control socket), kvm.h (what this host's
 *			KVM can do), cage.h (what of the host it sees: cage_root.h, landlock.h), sandbox.h and
 *			sandbox_calls.h (the system calls that are left)
 *	Below		pci/pci.h (PCI Express), boot/boot.h (kernels and ACPI), device/devices.h (small devices),
 *			virtio/virtio.h (disks and the like)
 *
 * What it speaks: KVM API 12 (Documentation/virt/kvm/api.rst). What it needs of KVM is one table, kvm.c. What it does
 * not do: emulate instructions, firmware, legacy disks or displays; know what VFIO is; open any file.
 */
#ifndef VMM_CORE_VM_H
#define VMM_CORE_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "vmm-core/bus.h"
#include "vmm-core/irq.h"
#include "vmm-core/layout.h"
#include "vmm-core/loop.h"
#include "vmm-core/memslot.h"
#include "vmm-core/pci/pci.h"
#include "vmm-core/ram.h"
#include "vmm-core/reclaim.h"
#include "wire/launch.h"

struct acpi_power;
struct cmos;
struct console;
struct control_explanation;
struct control_status;
struct kvm_host;
struct page_walk;
struct sandbox;
struct serial;
struct vcpu;
struct virtio_device;

struct vm {
	/* for the life of the process */
	const struct launch_machine *config;
	int kvm_fd, kernel_fd, initrd_fd; /* initrd_fd -1: none */
	struct layout layout;
	struct guest_ram ram;
	struct reclaim reclaim;
	struct pci_bus pci;
	struct virtio_device *virtio[LIMIT_VIRTIO];
	size_t virtio_count;
	struct loop loop;
	struct console *console; /* NULL: what the guest writes goes nowhere */
	const struct kvm_host *kvm;
	const struct sandbox *sandbox; /* NULL: none */
	pthread_mutex_t lock;
	uint32_t resets;
	uint64_t earlier_slot_changes; /* of machines that were switched off */
	uint64_t start_ns;     /* CLOCK_MONOTONIC of the start of the process, for the time to the first instruction */
	uint64_t first_run_ns; /* of the first KVM_RUN; 0: not yet */
	void (*on_running)(void *opaque); /* by the main thread, once: the first instruction is due; may be NULL */
	void *running_opaque;
	/* Set by whoever plugs devices in: adds their part (DMA maps, devices) to an answer of the control socket. */
	void (*status_more)(void *opaque, struct control_status *status);
	int (*explain_config)(
		void *opaque, const char *device, struct control_explanation *ret_explanation, struct error *err);
	void *status_opaque, *explain_opaque;

	/* from vm_power_on() to vm_power_off() */
	int vm_fd, stats_fd; /* -1: none */
	struct memslots slots;
	struct irq_table irqs;
	struct bus pio, mmio;
	struct vcpu *vcpus; /* config->cpus of them */
	struct serial *serial;
	struct acpi_power *power;
	struct cmos *cmos;

	/* the vCPU threads, and what is wanted of them; run_lock holds for all but attention */
	pthread_mutex_t run_lock;
	pthread_cond_t run_changed;
	_Atomic bool attention; /* a vCPU has to look at the rest before it runs on */
	bool stopping, pausing;
	unsigned int running_count, parked_count;

	/* how it ended; set by vm_end() */
	int end_fd; /* eventfd: wakes the loop */
	pthread_mutex_t end_lock;
	_Atomic enum vm_end end;
	struct error end_error;
};

/* Locks, the loop, nothing of KVM. vm is the caller's storage; vm_done() accepts a zeroed one. */
int vm_init(struct vm *vm, struct error *err);
void vm_done(struct vm *vm);

/*
 * Everything of the KVM machine, up to the registers of the first instruction. On failure nothing is left of it.
 */
int vm_power_on(struct vm *vm, struct error *err);
void vm_power_off(struct vm *vm);

/* Runs the guest to its end, which is returned; vm->end_error says more where there is more to say. */
enum vm_end vm_run(struct vm *vm);

/*
 * End the run: callable from any thread, with or without vm->lock, also while vm_run() has not begun. The first caller
 * decides, except that a reset gives way to any other end; why may be NULL.
 */
void vm_end(struct vm *vm, enum vm_end how, const struct error *why);

/* Stop every vCPU at an instruction boundary, and let them go on. */
void vm_pause(struct vm *vm);
void vm_resume(struct vm *vm);

/* For vCPU threads (vcpu.c): wait while the guest is paused; false when the thread has to end. */
bool vm_vcpu_may_run(struct vm *vm, struct vcpu *vcpu);
void vm_vcpu_begins(struct vm *vm, struct vcpu *vcpu);
void vm_vcpu_ends(struct vm *vm);

/* What the control socket tells (control.h). By the main thread. */
void vm_status(struct vm *vm, struct control_status *ret_status);

/*
 * Where a virtual address leads for a vCPU, through the guest's own page tables (wire/paging.h). By the main thread;
 * the vCPUs stand still for a moment. CODE_USAGE: no such vCPU.
 */
int vm_translate(struct vm *vm, unsigned int vcpu, uint64_t address, struct page_walk *ret_walk, struct error *err);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t vm_now_ns(void);

#endif
