// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every write that a guest can make to a device's configuration space, on devices with every capability that there is:
 * each of 4,096 offsets, in every size, with several values, through the bus as a guest's writes come. What reaches the
 * device is compared with a list that is written down here, not with the tables that make it so.
 *
 *	vfio_config_writes_test [VALUES]	how many beside the fixed ones (default 32; make soak: 256)
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "passthrough/vfio_pci.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"
#include "vmm-core/vm.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	CARD = 0x100,
	STD_CAPS = 0x15,
	EXT_CAPS = 0x32,
	EXT_CAP_SPACE = 0x40,
	DECODE = PCI_COMMAND_IO | PCI_COMMAND_MEMORY,
};

static unsigned int more_values;

struct bed {
	struct fake_vfio fake;
	struct vm vm;
	struct vfio_pci *pci;
};

/* Four bytes of Vital Product Data are asked for: never to be written. */
static bool is_vpd_request(const struct fake_vfio *fake, const struct fake_write *write)
{
	return fake->config[FAKE_VPD] == PCI_CAP_ID_VPD && write->region == VFIO_PCI_CONFIG_REGION_INDEX &&
	       write->offset == FAKE_VPD + PCI_VPD_ADDR && write->size == 2 && !(write->value & (PCI_VPD_ADDR_F | 3));
}

/* Else COMMAND alone is written: bus mastering as the guest says, INTx by who handles interrupts, decoding on. */
static void check_writes(const struct fake_vfio *fake, uint32_t decode)
{
	assert_true(fake->write_count < FAKE_WRITE_MAX);
	for (size_t i = 0; i < fake->write_count; i++) {
		const struct fake_write *write = &fake->write[i];
		uint32_t left = (uint32_t)write->value;

		if (is_vpd_request(fake, write))
			continue;
		assert_int_equal(write->region, VFIO_PCI_CONFIG_REGION_INDEX);
		assert_in_range(write->offset, PCI_COMMAND, PCI_COMMAND + 1);
		assert_true(write->offset + write->size <= PCI_COMMAND + 2);
		left <<= 8 * (write->offset - PCI_COMMAND);
		left &= ~(uint32_t)(PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
		assert_int_equal(left, write->offset == PCI_COMMAND ? decode : 0);
	}
}

static void write_everywhere(struct bed *bed, uint32_t value)
{
	static const unsigned int sizes[] = { 1, 2, 4 };
	uint8_t before[FAKE_CONFIG_SIZE];
	uint32_t decode = fake_get(&bed->fake, PCI_COMMAND, 2) & DECODE;

	memcpy(before, bed->fake.config, sizeof(before));
	for (size_t s = 0; s < array_size(sizes); s++) {
		for (unsigned int at = 0; at < FAKE_CONFIG_SIZE; at++) {
			bed->fake.write_count = 0;
			pci_bus_config_write(&bed->vm.pci, CARD, at, sizes[s], value);
			check_writes(&bed->fake, decode);
		}
	}
	/* All else is as it was; nothing was written in a way that the list of writes missed. */
	memcpy(&before[PCI_COMMAND], &bed->fake.config[PCI_COMMAND], 2);
	if (bed->fake.config[FAKE_VPD] == PCI_CAP_ID_VPD)
		memcpy(&before[FAKE_VPD + PCI_VPD_ADDR], &bed->fake.config[FAKE_VPD + PCI_VPD_ADDR], 6);
	assert_int_equal(bed->fake.vpd_writes, 0);
	assert_memory_equal(bed->fake.config, before, sizeof(before));
	assert_int_equal(bed->fake.outside, 0);
}

static uint32_t value_of(unsigned int index)
{
	static const uint32_t fixed[] = { 0, 0xffffffff, 0x55555555, 0xaaaaaaaa, PCI_COMMAND_MASTER, 0x7fff7fff,
		0xfee00000, 0x80008000 };
	unsigned int seed = index;

	if (index < array_size(fixed))
		return fixed[index];
	index -= array_size(fixed);
	return index < 32 ? 1u << index : (uint32_t)rand_r(&seed) << 16 ^ (uint32_t)rand_r(&seed);
}

static void power_on(struct bed *bed)
{
	struct vm *vm = &bed->vm;

	memset(&the_kvm, 0, sizeof(the_kvm));
	vm->layout.pci32 = (struct range){ 0xc0000000, 0xe0000000 };
	vm->layout.pci64 = (struct range){ 0x800000000, 0x900000000 };
	vm->layout.ports = (struct range){ 0x1000, 0x10000 };
	vm->layout.ecam = (struct range){ 0xe0000000, 0xe0200000 };
	vm->layout.bus_count = 2;
	vm->vm_fd = vm->slots.vm_fd = FAKE_KVM_FD;
	pthread_mutex_init(&vm->end_lock, NULL);
	assert_int_equal(irq_init(&vm->irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(pci_bus_init(&vm->pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:00.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&vm->pci, vfio_pci_function(bed->pci), NULL), 0);
	assert_int_equal(pci_bus_power_on(&vm->pci, vm, NULL), 0);
}

/* The device as it is in bed->fake; consumed. */
static void try_all(struct bed *bed)
{
	power_on(bed);
	for (unsigned int i = 0; i < 8 + more_values; i++)
		write_everywhere(bed, value_of(i));
	assert_true(bed->fake.resets > 0 || !(bed->fake.flags & VFIO_DEVICE_FLAGS_RESET));
	pci_bus_power_off(&bed->vm.pci);
	irq_done(&bed->vm.irqs);
	vfio_pci_free(bed->pci);
	pci_bus_done(&bed->vm.pci);
	free(bed);
}

static struct bed *new_bed(void)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	fake_vfio_init(&bed->fake);
	return bed;
}

static void a_network_card(void **state)
{
	(void)state;
	try_all(new_bed());
}

static void one_with_ports_and_a_rom(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	bed->fake.bar[5] = (struct fake_region){ .size = 0x40 };
	bed->fake.rom_region_size = 0x4000;
	fake_set(&bed->fake, PCI_BASE_ADDRESS_5, 4, PCI_BASE_ADDRESS_SPACE_IO);
	try_all(bed);
}

/* Every capability in turn where that device has MSI and VPD. Contents of ones: whatever can be switched on is. */
static void one_with_each_capability(void **state)
{
	(void)state;
	for (unsigned int id = 1; id <= STD_CAPS; id++) {
		struct bed *bed;

		if (id == PCI_CAP_ID_PM || id == PCI_CAP_ID_MSIX || id == PCI_CAP_ID_EXP || id == PCI_CAP_ID_MSI)
			continue;
		bed = new_bed();
		memset(&bed->fake.config[0xe0], 0xff, 0x20);
		fake_set(&bed->fake, 0xe0, 2, id);
		/* those with a length of their own */
		fake_set(&bed->fake, 0xe2, 1, 0x14);
		try_all(bed);
	}
}

static void one_with_all_extended_capabilities(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	for (unsigned int i = 0; i < EXT_CAPS; i++) {
		unsigned int at = 0x100 + i * EXT_CAP_SPACE, next = i + 1 < EXT_CAPS ? at + EXT_CAP_SPACE : 0;

		memset(&bed->fake.config[at], 0xff, EXT_CAP_SPACE);
		fake_set(&bed->fake, at, 4, (i + 1) | 1 << 16 | next << 20);
	}
	try_all(bed);
}

static void a_conventional_one(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	bed->fake.config_region.size = 256;
	bed->fake.flags = VFIO_DEVICE_FLAGS_PCI;
	fake_set(&bed->fake, FAKE_MSIX, 2, PCI_CAP_ID_MSIX);
	try_all(bed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_card),
		cmocka_unit_test(one_with_ports_and_a_rom),
		cmocka_unit_test(one_with_each_capability),
		cmocka_unit_test(one_with_all_extended_capabilities),
		cmocka_unit_test(a_conventional_one),
	};

	more_values = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 32;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
