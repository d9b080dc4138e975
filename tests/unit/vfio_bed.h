/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine with one port and the fake device behind it, for the test programs about a device on a bus. Definitions:
 * one program includes it once.
 */
#ifndef VFIO_BED_H
#define VFIO_BED_H

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "passthrough/vfio_pci.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"
#include "vmm-core/vm.h"

enum {
	VF_BDF = 0x100,
};

struct bed {
	struct fake_vfio fake;
	struct vm vm;
	struct vfio_pci *pci;
};

static __attribute__((unused)) void machine_on(struct bed *bed)
{
	struct vm *vm = &bed->vm;

	memset(&vm->slots, 0, sizeof(vm->slots));
	memset(&vm->pio, 0, sizeof(vm->pio));
	memset(&vm->mmio, 0, sizeof(vm->mmio));
	vm->vm_fd = vm->slots.vm_fd = FAKE_KVM_FD;
	assert_int_equal(irq_init(&vm->irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(pci_bus_power_on(&vm->pci, vm, NULL), 0);
}

static __attribute__((unused)) void machine_off(struct bed *bed)
{
	pci_bus_power_off(&bed->vm.pci);
	irq_done(&bed->vm.irqs);
}

static __attribute__((unused)) int new_bed(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	*state = bed;
	memset(&the_kvm, 0, sizeof(the_kvm));
	fake_vfio_init(&bed->fake);
	bed->vm.layout.pci32 = (struct range){ 0xc0000000, 0xe0000000 };
	bed->vm.layout.pci64 = (struct range){ 0x800000000, 0x900000000 };
	bed->vm.layout.ports = (struct range){ 0x1000, 0x10000 };
	bed->vm.layout.ecam = (struct range){ 0xe0000000, 0xe0200000 };
	bed->vm.layout.bus_count = 2;
	return 0;
}

static __attribute__((unused)) int start(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	return 0;
}

static __attribute__((unused)) int stop(void **state)
{
	struct bed *bed = *state;

	machine_off(bed);
	for (size_t i = 0; i < MEMSLOT_MAX; i++)
		assert_int_equal(range_size(bed->vm.slots.slot[i].at), 0);
	assert_int_equal(bed->vm.mmio.count, 0);
	assert_int_equal(bed->vm.pio.count, 0);
	assert_int_equal(the_kvm.connects, the_kvm.disconnects);
	vfio_pci_free(bed->pci);
	assert_int_equal(bed->fake.mapped_bytes, 0);
	assert_int_equal(bed->fake.mapped_undecoded, 0);
	pci_bus_done(&bed->vm.pci);
	free(bed);
	return 0;
}

static __attribute__((unused)) uint32_t get(struct bed *bed, unsigned int offset, unsigned int size)
{
	return pci_bus_config_read(&bed->vm.pci, VF_BDF, offset, size);
}

static __attribute__((unused)) void set(struct bed *bed, unsigned int offset, unsigned int size, uint32_t value)
{
	pci_bus_config_write(&bed->vm.pci, VF_BDF, offset, size, value);
}

static __attribute__((unused)) uint64_t bar_address(struct bed *bed, unsigned int index)
{
	return vfio_pci_function(bed->pci)->bar[index].address;
}

static __attribute__((unused)) const struct memslot *slot_at(struct bed *bed, uint64_t address)
{
	for (size_t i = 0; i < MEMSLOT_MAX; i++)
		if (bed->vm.slots.slot[i].at.start <= address && address < bed->vm.slots.slot[i].at.end)
			return &bed->vm.slots.slot[i];
	return NULL;
}

/* A device of the bed, on its bus. */
static inline void plug_in(struct bed *bed)
{
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
}

#endif
