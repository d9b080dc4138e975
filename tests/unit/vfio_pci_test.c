// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_pci.c and vfio_bar.c on a whole PCI bus: what is mapped and what traps, how often the device is
 * reset, and that nothing is held when the machine is off.
 */
#include "passthrough/vfio_pci.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"
#include "vmm-core/vm.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	VF_BDF = 0x100,
};

struct bed {
	struct fake_vfio fake;
	struct vm vm;
	struct vfio_pci *pci;
};

static void machine_on(struct bed *bed)
{
	struct vm *vm = &bed->vm;

	memset(&vm->slots, 0, sizeof(vm->slots));
	memset(&vm->pio, 0, sizeof(vm->pio));
	memset(&vm->mmio, 0, sizeof(vm->mmio));
	vm->vm_fd = vm->slots.vm_fd = FAKE_KVM_FD;
	assert_int_equal(irq_init(&vm->irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(pci_bus_power_on(&vm->pci, vm, NULL), 0);
}

static void machine_off(struct bed *bed)
{
	pci_bus_power_off(&bed->vm.pci);
	irq_done(&bed->vm.irqs);
}

static int new_bed(void **state)
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

static int start(void **state)
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

static int stop(void **state)
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

static uint32_t get(struct bed *bed, unsigned int offset, unsigned int size)
{
	return pci_bus_config_read(&bed->vm.pci, VF_BDF, offset, size);
}

static void set(struct bed *bed, unsigned int offset, unsigned int size, uint32_t value)
{
	pci_bus_config_write(&bed->vm.pci, VF_BDF, offset, size, value);
}

static uint64_t bar_address(struct bed *bed, unsigned int index)
{
	return vfio_pci_function(bed->pci)->bar[index].address;
}

static const struct memslot *slot_at(struct bed *bed, uint64_t address)
{
	for (size_t i = 0; i < MEMSLOT_MAX; i++)
		if (bed->vm.slots.slot[i].at.start <= address && address < bed->vm.slots.slot[i].at.end)
			return &bed->vm.slots.slot[i];
	return NULL;
}

/* BAR 0 whole; of BAR 3 all but the pages of the table (0) and of the pending bits (2). */
static void only_the_pages_of_msix_trap(void **state)
{
	struct bed *bed = *state;
	uint64_t bar0 = bar_address(bed, 0), bar3 = bar_address(bed, 3);

	assert_int_equal(range_size(slot_at(bed, bar0)->at), 0x4000);
	assert_null(slot_at(bed, bar3));
	assert_int_equal(range_size(slot_at(bed, bar3 + 0x1000)->at), 0x1000);
	assert_null(slot_at(bed, bar3 + 0x2000));
	assert_int_equal(range_size(slot_at(bed, bar3 + 0x3000)->at), 0x1000);
	assert_int_equal(the_kvm.slot_calls, 3);
	assert_true(bar3 >= bed->vm.layout.pci64.start);
	assert_true(bar0 < bed->vm.layout.pci32.end);
}

static void registers_beside_the_table_are_the_devices(void **state)
{
	struct bed *bed = *state;
	uint64_t bar3 = bar_address(bed, 3), beside = bar3 + FAKE_VECTORS * 16;

	bus_write(&bed->vm.mmio, beside, 4, 0x12345678);
	assert_int_equal(bed->fake.bar_bytes[3][FAKE_VECTORS * 16], 0x78);
	assert_int_equal(bus_read(&bed->vm.mmio, beside, 4), 0x12345678);
	/* the table is not the device's, and an access across its end is nobody's */
	bed->fake.write_count = 0;
	bus_write(&bed->vm.mmio, bar3, 4, 0xfee00000);
	bus_write(&bed->vm.mmio, beside - 2, 4, 0);
	bus_write(&bed->vm.mmio, bar3 + 0x2000, 8, UINT64_MAX);
	assert_int_equal(bed->fake.write_count, 0);
	assert_int_equal(bus_read(&bed->vm.mmio, bar3, 4), 0xfee00000);
	assert_int_equal(bus_read(&bed->vm.mmio, beside, 4), 0x12345678);
	assert_int_equal(bus_read(&bed->vm.mmio, bar3 + 0x2000, 8), 0);
}

static void message_control_works_in_any_size(void **state)
{
	static const struct {
		unsigned int offset, size;
		uint32_t on, off;
	} ways[] = {
		{ FAKE_MSIX + 2, 2, PCI_MSIX_FLAGS_ENABLE, 0 },
		{ FAKE_MSIX, 4, (uint32_t)PCI_MSIX_FLAGS_ENABLE << 16, 0 },
		{ FAKE_MSIX + 3, 1, PCI_MSIX_FLAGS_ENABLE >> 8, 0 },
		{ FAKE_MSIX + 1, 4, (uint32_t)PCI_MSIX_FLAGS_ENABLE << 8, 0 },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(ways); i++) {
		set(bed, ways[i].offset, ways[i].size, ways[i].on);
		assert_true(bed->fake.enabled);
		assert_int_equal(get(bed, FAKE_MSIX + 2, 2), PCI_MSIX_FLAGS_ENABLE | (FAKE_VECTORS - 1));
		set(bed, ways[i].offset, ways[i].size, ways[i].off);
		assert_false(bed->fake.enabled);
	}
}

static void bus_mastering_is_the_guests_and_decoding_is_ours(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(fake_get(&bed->fake, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_int_equal(get(bed, PCI_COMMAND, 2), PCI_COMMAND_MASTER);
	assert_int_equal(fake_get(&bed->fake, PCI_COMMAND, 2),
		PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(the_kvm.slot_calls, 3);
	machine_off(bed);
	assert_int_equal(fake_get(&bed->fake, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	machine_on(bed);
}

/* STATUS has bits that a write of one clears: a write of COMMAND does not touch it, whatever its width. */
static void a_wide_write_leaves_the_neighbours_alone(void **state)
{
	struct bed *bed = *state;

	bed->fake.write_count = 0;
	set(bed, PCI_COMMAND, 4, 0xffff0000 | PCI_COMMAND_MASTER);
	assert_int_equal(bed->fake.write_count, 1);
	assert_int_equal(bed->fake.write[0].offset, PCI_COMMAND);
	assert_int_equal(bed->fake.write[0].size, 1);
}

/* Whatever was done to the device while no guest had it: no DMA before the guest says so, and registers answer. */
static void power_on_silences_the_device(void **state)
{
	struct bed *bed = *state;

	machine_off(bed);
	fake_set(&bed->fake, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_IO);
	machine_on(bed);
	assert_int_equal(fake_get(&bed->fake, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
}

/* A guest's reboot: the device as the last run left it is not given to the next one. */
static void no_power_on_without_a_reset(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };

	machine_off(bed);
	bed->fake.fail_reset = true;
	assert_int_equal(irq_init(&bed->vm.irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(pci_bus_power_on(&bed->vm.pci, &bed->vm, &err), -EIO);
	assert_non_null(strstr(err.msg, "VFIO_DEVICE_RESET"));
	irq_done(&bed->vm.irqs);
	bed->fake.fail_reset = false;
	machine_on(bed);
}

/* A descriptor that stays open keeps the device from the next guest, and from its reset. */
static void a_freed_device_is_closed(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	assert_int_equal(dup2(STDERR_FILENO, FAKE_VFIO_FD), FAKE_VFIO_FD);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "vf", &fake_vfio_sys, NULL), 0);
	vfio_pci_free(bed->pci);
	assert_int_equal(fcntl(FAKE_VFIO_FD, F_GETFD), -1);
	assert_int_equal(dup2(STDERR_FILENO, FAKE_VFIO_FD), FAKE_VFIO_FD);
	bed->fake.fail_ioctl = bed->fake.ioctls + 1;
	assert_int_not_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "vf", &fake_vfio_sys, NULL), 0);
	assert_int_equal(fcntl(FAKE_VFIO_FD, F_GETFD), -1);
	free(bed);
}

static void one_reset_for_each_power_on_but_the_first(void **state)
{
	struct bed *bed = *state;
	struct control_device status;

	assert_int_equal(bed->fake.resets, 0);
	for (unsigned int reboots = 1; reboots <= 3; reboots++) {
		set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
		set(bed, FAKE_MSIX + 2, 2, PCI_MSIX_FLAGS_ENABLE);
		set(bed, PCI_CACHE_LINE_SIZE, 1, 16);
		machine_off(bed);
		assert_false(bed->fake.enabled);
		machine_on(bed);
		assert_int_equal(bed->fake.resets, reboots);
		assert_false(bed->fake.master_at_reset);
		assert_int_equal(get(bed, PCI_CACHE_LINE_SIZE, 1), 0);
		assert_int_equal(get(bed, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
		assert_int_equal(get(bed, FAKE_MSIX + 2, 2), FAKE_VECTORS - 1);
	}
	vfio_pci_status(bed->pci, &status);
	assert_int_equal(status.resets, 3);
	assert_string_equal(status.host_address, "0000:01:10.0");
	assert_string_equal(status.guest_address, "01:00.0");
}

/* Accepted by name before the start: it goes on, without DMA and interrupts, as the guest left it. */
static void a_device_without_reset_survives_a_reboot(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	bed->fake.flags &= ~(uint32_t)VFIO_DEVICE_FLAGS_RESET;
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_false(vfio_pci_can_reset(bed->pci));
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	set(bed, FAKE_MSIX + 2, 2, PCI_MSIX_FLAGS_ENABLE);
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	/* what a guest may ask of it at any time */
	set(bed, FAKE_EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	machine_off(bed);
	assert_int_equal(fake_get(&bed->fake, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	assert_false(bed->fake.enabled);
	machine_on(bed);
	assert_int_equal(bed->fake.resets, 0);
	assert_int_equal(get(bed, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* One KVM-VFIO device for all; what KVM is told is the group's descriptor. */
static void two_functions_share_one_kvm_device(void **state)
{
	struct vfio_pci *second = NULL;
	struct vfio_kvm kvm;
	struct bed *bed;

	new_bed(state);
	bed = *state;
	vfio_kvm_init(&kvm, &fake_vfio_sys);
	bed->vm.layout.ecam.end += MIB;
	bed->vm.layout.bus_count = 3;
	assert_int_equal(pci_bus_init(&bed->vm.pci, 2, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "one", &fake_vfio_sys, NULL), 0);
	assert_int_equal(vfio_pci_new(&second, FAKE_VFIO_FD, "two", &fake_vfio_sys, NULL), 0);
	vfio_pci_tell_kvm(bed->pci, &kvm, 7);
	vfio_pci_tell_kvm(second, &kvm, 7);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(second), NULL), 0);
	for (unsigned int boots = 1; boots <= 2; boots++) {
		machine_on(bed);
		assert_int_equal(bed->fake.kvm_devices, boots);
		assert_int_equal(bed->fake.kvm_adds, boots);
		assert_int_equal(bed->fake.kvm_added_fd, 7);
		assert_int_equal(fcntl(bed->fake.kvm_device_fd, F_GETFD), 0);
		machine_off(bed);
		assert_int_equal(fcntl(bed->fake.kvm_device_fd, F_GETFD), -1);
	}
	vfio_pci_free(second);
	vfio_pci_free(bed->pci);
	pci_bus_done(&bed->vm.pci);
	free(bed);
}

/* One that is unplugged leaves the device to the others; a group is forgotten with its last function. */
static void kvm_forgets_what_is_unplugged(void **state)
{
	struct fake_vfio fake = { 0 };
	struct vfio_kvm kvm;

	(void)state;
	fake_vfio_init(&fake);
	vfio_kvm_init(&kvm, &fake_vfio_sys);
	assert_int_equal(vfio_kvm_join(&kvm, FAKE_KVM_FD, 7, NULL), 0);
	assert_int_equal(vfio_kvm_join(&kvm, FAKE_KVM_FD, 8, NULL), 0);
	assert_int_equal(vfio_kvm_join(&kvm, FAKE_KVM_FD, 7, NULL), 0);
	assert_int_equal(fake.kvm_adds, 2);
	vfio_kvm_leave(&kvm, 7);
	assert_int_equal(fake.kvm_dels, 0);
	vfio_kvm_leave(&kvm, 7);
	assert_int_equal(fake.kvm_dels, 1);
	assert_int_equal(fcntl(kvm.device_fd, F_GETFD), 0);
	vfio_kvm_leave(&kvm, 7);
	vfio_kvm_leave(&kvm, 8);
	assert_int_equal(kvm.device_fd, -1);
	assert_int_equal(fake.kvm_devices, 1);
	assert_int_equal(vfio_kvm_join(&kvm, FAKE_KVM_FD, 8, NULL), 0);
	assert_int_equal(fake.kvm_devices, 2);
	vfio_kvm_leave(&kvm, 8);
}

/* As pci_reset_function() of a guest's kernel does it: save, FLR, restore. No memory slot changes. */
static void a_reset_by_the_guest(void **state)
{
	struct bed *bed = *state;
	uint32_t bars[PCI_BAR_COUNT];
	unsigned int slot_calls;

	for (unsigned int i = 0; i < PCI_BAR_COUNT; i++)
		bars[i] = get(bed, PCI_BASE_ADDRESS_0 + 4 * i, 4);
	set(bed, FAKE_MSIX + 2, 2, PCI_MSIX_FLAGS_ENABLE);
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	slot_calls = the_kvm.slot_calls;
	set(bed, FAKE_EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	assert_int_equal(bed->fake.resets, 1);
	assert_false(bed->fake.enabled);
	assert_false(bed->fake.master_at_reset);
	assert_int_equal(get(bed, FAKE_EXPRESS + PCI_EXP_DEVCTL, 2), 0);
	assert_int_equal(get(bed, PCI_COMMAND, 2), 0);
	assert_int_equal(get(bed, PCI_BASE_ADDRESS_0, 4), PCI_BASE_ADDRESS_MEM_TYPE_64);
	for (unsigned int i = 0; i < PCI_BAR_COUNT; i++)
		set(bed, PCI_BASE_ADDRESS_0 + 4 * i, 4, bars[i]);
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	assert_int_equal(the_kvm.slot_calls, slot_calls);
	/* other bits of the register do not reset */
	set(bed, FAKE_EXPRESS + PCI_EXP_DEVCTL, 2, 0x7fff);
	assert_int_equal(bed->fake.resets, 1);
}

/* The other register that asks for it: conventional devices have Advanced Features. */
static void a_reset_by_advanced_features(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	fake_set(&bed->fake, 0xe0, 2, PCI_CAP_ID_AF);
	fake_set(&bed->fake, 0xe2, 2, 6 | (PCI_AF_CAP_TP | PCI_AF_CAP_FLR) << 8);
	bed->fake.config_region.size = 256;
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	assert_int_equal(get(bed, 0xe0 + PCI_AF_CAP, 1), PCI_AF_CAP_TP | PCI_AF_CAP_FLR);
	set(bed, 0xe0 + PCI_AF_CTRL, 1, 0xfe);
	assert_int_equal(bed->fake.resets, 0);
	set(bed, 0xe0 + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR);
	assert_int_equal(bed->fake.resets, 1);
	assert_int_equal(get(bed, 0xe0 + PCI_AF_CTRL, 1), 0);
	assert_int_equal(get(bed, PCI_COMMAND, 2), 0);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/*
 * A guest that has its device at work asks for a reset, and later reboots. Each time bus mastering is off and interrupts
 * are taken away before the device is reset, and it decodes again before anybody touches it; over a reboot bus mastering
 * is what goes first, since the guest's memory is about to be used again.
 */
static void everything_in_order(void **state)
{
	static const char at_work[] = "config 004 06\n"
				      "irqs 2 0+5\n";
	static const char flr[] = "irqs 2 0+0\n"
				  "config 004 0402\n"
				  "reset\n"
				  "config 004 0402\n";
	static const char off[] = "config 004 0402\n"
				  "irqs 2 0+0\n";
	static const char on[] = "reset\n"
				 "config 004 0402\n";
	struct bed *bed = *state;

	bed->fake.log[0] = '\0';
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	set(bed, FAKE_MSIX + 2, 2, PCI_MSIX_FLAGS_ENABLE);
	assert_string_equal(bed->fake.log, at_work);
	bed->fake.log[0] = '\0';
	set(bed, FAKE_EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	assert_string_equal(bed->fake.log, flr);
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	set(bed, FAKE_MSIX + 2, 2, PCI_MSIX_FLAGS_ENABLE);
	bed->fake.log[0] = '\0';
	machine_off(bed);
	assert_string_equal(bed->fake.log, off);
	bed->fake.log[0] = '\0';
	machine_on(bed);
	assert_string_equal(bed->fake.log, on);
}

static void a_bar_that_cannot_be_mapped_traps_whole(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	bed->fake.bar[0].mappable = false;
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	assert_null(slot_at(bed, bar_address(bed, 0)));
	bus_write(&bed->vm.mmio, bar_address(bed, 0) + 0x3ffc, 4, 0xabcdef01);
	assert_int_equal(bed->fake.bar_bytes[0][0x3ffc], 0x01);
	assert_int_equal(bus_read(&bed->vm.mmio, bar_address(bed, 0) + 0x3ffc, 4), 0xabcdef01);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* BAR 2 has 1 KiB of memory, of which the kernel lets us map the page; BAR 5 has 32 ports. */
static struct bed *start_small(void **state, bool mappable)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	bed->fake.bar[2] = (struct fake_region){ .size = 0x400, .mappable = mappable };
	bed->fake.bar[5] = (struct fake_region){ .size = 0x20 };
	fake_set(&bed->fake, PCI_BASE_ADDRESS_5, 4, PCI_BASE_ADDRESS_SPACE_IO);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	return bed;
}

static void ports_reach_the_device(void **state)
{
	struct bed *bed = start_small(state, true);
	uint64_t port = bar_address(bed, 5);

	assert_true(range_contains(bed->vm.layout.ports, (struct range){ port, port + 0x20 }));
	bus_write(&bed->vm.pio, port + 0x10, 2, 0xabcd);
	assert_int_equal(bed->fake.bar_bytes[5][0x10], 0xcd);
	assert_int_equal(bed->fake.bar_bytes[5][0x11], 0xab);
	bed->fake.bar_bytes[5][0x1f] = 0x77;
	assert_int_equal(bus_read(&bed->vm.pio, port + 0x1f, 1), 0x77);
	/* not past its end, and not at its old place */
	assert_int_equal(bus_read(&bed->vm.pio, port + 0x20, 1), UINT64_MAX);
	set(bed, PCI_BASE_ADDRESS_5, 4, 0xe000);
	assert_int_equal(bus_read(&bed->vm.pio, 0xe01f, 1), 0x77);
	assert_int_equal(bus_read(&bed->vm.pio, port + 0x1f, 1), UINT64_MAX);
	assert_int_equal(bed->fake.outside, 0);
	/* The device decodes its ports, whatever the guest says. */
	set(bed, PCI_COMMAND, 2, 0);
	assert_int_equal(
		fake_get(&bed->fake, PCI_COMMAND, 2), PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

static void a_small_bar_is_a_slot_or_traps(void **state)
{
	for (unsigned int mappable = 0; mappable < 2; mappable++) {
		struct bed *bed = start_small(state, mappable);
		uint64_t address = bar_address(bed, 2);

		assert_int_equal(slot_at(bed, address) != NULL, mappable);
		if (mappable)
			assert_int_equal(range_size(slot_at(bed, address)->at), 0x1000);
		/* Moved to where no page begins, it traps, and ends where it should. */
		set(bed, PCI_BASE_ADDRESS_2, 4, 0xd8000c00);
		assert_null(slot_at(bed, 0xd8000c00));
		bus_write(&bed->vm.mmio, 0xd8000ffc, 4, 0x12345678);
		assert_int_equal(bed->fake.bar_bytes[2][0x3ff], 0x12);
		assert_int_equal(bus_read(&bed->vm.mmio, 0xd8000c00 + 0x400, 4), UINT64_MAX);
		set(bed, PCI_BASE_ADDRESS_2, 4, (uint32_t)address);
		assert_int_equal(slot_at(bed, address) != NULL, mappable);
		if (!mappable)
			assert_int_equal(bus_read(&bed->vm.mmio, address + 0x3fc, 4), 0x12345678);
		assert_int_equal(bed->fake.outside, 0);
		assert_int_equal(stop(state), 0);
		*state = NULL;
	}
}

/* The table in a BAR smaller than a page, registers around it. */
static void msix_in_a_small_bar(void **state)
{
	struct bed *bed = start_small(state, true);
	uint64_t address;

	machine_off(bed);
	vfio_pci_free(bed->pci);
	pci_bus_done(&bed->vm.pci);
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_TABLE, 4, 0x100 | 2);
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_PBA, 4, 0x1f8 | 2);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	address = bar_address(bed, 2);
	assert_null(slot_at(bed, address));
	for (unsigned int offset = 0; offset < 0x400; offset += 4) {
		bool table = offset >= 0x100 && offset < 0x100 + FAKE_VECTORS * 16,
		     pending = offset == 0x1f8 || offset == 0x1fc;

		bus_write(&bed->vm.mmio, address + offset, 4, 0xa5a5a5a4);
		assert_int_equal(bed->fake.bar_bytes[2][offset], table || pending ? 0 : 0xa4);
	}
	assert_int_equal(bus_read(&bed->vm.mmio, address + 0x108, 4), 0xa5a5a5a4);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* Sparse areas, the table in the middle of one, and what lies between them trapped. */
static void areas_are_cut_where_they_must_be(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	bed->fake.bar[3].area[0] = (struct vfio_area){ 0, 0x3000 };
	bed->fake.bar[3].area_count = 1;
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_TABLE, 4, 0x1800 | 3);
	fake_set(&bed->fake, FAKE_MSIX + PCI_MSIX_PBA, 4, 0x1f00 | 3);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	assert_int_equal(vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(pci_bus_add_behind_port(&bed->vm.pci, vfio_pci_function(bed->pci), NULL), 0);
	machine_on(bed);
	for (unsigned int page = 0; page < 4; page++)
		assert_int_equal(slot_at(bed, bar_address(bed, 3) + page * 0x1000) != NULL, page == 0 || page == 2);
	bus_write(&bed->vm.mmio, bar_address(bed, 3) + 0x3008, 4, 0x55);
	assert_int_equal(bed->fake.bar_bytes[3][0x3008], 0x55);
	bus_write(&bed->vm.mmio, bar_address(bed, 3) + 0x1808, 4, 0x66);
	assert_int_equal(bus_read(&bed->vm.mmio, bar_address(bed, 3) + 0x1808, 4), 0x66);
	assert_int_equal(bed->fake.bar_bytes[3][0x1808], 0);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

static void every_failing_call_of_new_leaves_nothing(void **state)
{
	struct bed *bed;
	unsigned int nth;

	new_bed(state);
	bed = *state;
	for (nth = 1;; nth++) {
		fake_vfio_init(&bed->fake);
		bed->fake.fail_ioctl = nth;
		if (vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "vf", &fake_vfio_sys, NULL) == 0)
			break;
		assert_int_equal(bed->fake.mapped_bytes, 0);
	}
	assert_true(nth > 9);
	vfio_pci_free(bed->pci);
	for (nth = 1;; nth++) {
		fake_vfio_init(&bed->fake);
		bed->fake.fail_mmap = nth;
		if (vfio_pci_new(&bed->pci, FAKE_VFIO_FD, "vf", &fake_vfio_sys, NULL) == 0)
			break;
		assert_int_equal(bed->fake.mapped_bytes, 0);
	}
	assert_int_equal(nth, 2 * 3 + 1);
	vfio_pci_free(bed->pci);
	vfio_pci_free(NULL);
	free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_the_pages_of_msix_trap, start, stop),
		cmocka_unit_test_setup_teardown(registers_beside_the_table_are_the_devices, start, stop),
		cmocka_unit_test_setup_teardown(message_control_works_in_any_size, start, stop),
		cmocka_unit_test_setup_teardown(bus_mastering_is_the_guests_and_decoding_is_ours, start, stop),
		cmocka_unit_test_setup_teardown(one_reset_for_each_power_on_but_the_first, start, stop),
		cmocka_unit_test_setup_teardown(a_reset_by_the_guest, start, stop),
		cmocka_unit_test_setup_teardown(a_wide_write_leaves_the_neighbours_alone, start, stop),
		cmocka_unit_test_setup_teardown(power_on_silences_the_device, start, stop),
		cmocka_unit_test_setup_teardown(no_power_on_without_a_reset, start, stop),
		cmocka_unit_test_setup_teardown(everything_in_order, start, stop),
		cmocka_unit_test(a_reset_by_advanced_features),
		cmocka_unit_test(a_freed_device_is_closed),
		cmocka_unit_test(a_device_without_reset_survives_a_reboot),
		cmocka_unit_test(two_functions_share_one_kvm_device),
		cmocka_unit_test(kvm_forgets_what_is_unplugged),
		cmocka_unit_test(a_bar_that_cannot_be_mapped_traps_whole),
		cmocka_unit_test(areas_are_cut_where_they_must_be),
		cmocka_unit_test(ports_reach_the_device),
		cmocka_unit_test(a_small_bar_is_a_slot_or_traps),
		cmocka_unit_test(msix_in_a_small_bar),
		cmocka_unit_test(every_failing_call_of_new_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
