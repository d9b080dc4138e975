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
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"
#include "vmm-core/pci/hotplug.h"
#include "vmm-core/vm.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "tests/unit/vfio_bed.h"

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

/* The fake device with INTx on a bus, not powered on. */
static struct bed *bed_with_intx(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	fake_vfio_add_intx(&bed->fake);
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	return bed;
}

/* At the pin of its port, held as the guest says, on again after a reset, and quiet when the machine is off. */
static void intx_of_a_whole_life(void **state)
{
	struct bed *bed = bed_with_intx(state);
	struct control_device status;

	plug_in(bed);
	machine_on(bed);
	for (unsigned int resets = 0; resets < 2; resets++) {
		assert_int_equal(get(bed, PCI_INTERRUPT_PIN, 1), 1);
		assert_int_equal(get(bed, PCI_INTERRUPT_LINE, 1), irq_pci_line(irq_pci_gsi(1, 0, 1)));
		assert_true(bed->fake.intx.enabled);
		assert_false(bed->fake.intx.held);
		fake_set(&bed->fake, PCI_STATUS, 2, PCI_STATUS_CAP_LIST | PCI_STATUS_INTERRUPT);
		assert_int_equal(get(bed, PCI_STATUS, 2), PCI_STATUS_CAP_LIST | PCI_STATUS_INTERRUPT);
		set(bed, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MEMORY);
		assert_true(bed->fake.intx.held);
		assert_int_equal(get(bed, PCI_COMMAND, 2), PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MEMORY);
		set(bed, FAKE_EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	}
	vfio_pci_status(bed->pci, &status);
	assert_string_equal(status.interrupts, "intx");
	assert_int_equal(status.vectors_enabled, 1);
	machine_off(bed);
	assert_false(bed->fake.intx.enabled);
	assert_true(bed->fake.intx.device_bit);
	machine_on(bed);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* INTx alone, on a line of the host that others have: the guest is not begun, and what was is undone. */
static void intx_that_cannot_be_had_stops_power_on(void **state)
{
	struct bed *bed = bed_with_intx(state);
	struct error err = { 0 };

	fake_vfio_remove_msix(&bed->fake);
	plug_in(bed);
	bed->fake.fail_intx = EBUSY;
	assert_int_equal(irq_init(&bed->vm.irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(pci_bus_power_on(&bed->vm.pci, &bed->vm, &err), -EBUSY);
	assert_int_equal(err.code, CODE_DEV_INTX_BUSY);
	assert_non_null(strstr(err.hint, "/proc/interrupts"));
	irq_done(&bed->vm.irqs);
	assert_int_equal(the_kvm.connects, the_kvm.disconnects);
	bed->fake.fail_intx = 0;
	machine_on(bed);
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

/* As a kernel reads it, and tries to write it. */
static void vital_product_data_can_be_read(void **state)
{
	struct bed *bed = *state;
	unsigned int address = FAKE_VPD + PCI_VPD_ADDR, data = FAKE_VPD + PCI_VPD_DATA;

	for (unsigned int i = 0; i < FAKE_VPD_SIZE; i++)
		bed->fake.vpd[i] = (uint8_t)(0xa0 + i);
	set(bed, address, 2, 8);
	assert_int_equal(get(bed, address, 2), 8 | PCI_VPD_ADDR_F);
	assert_int_equal(get(bed, data, 4), 0xabaaa9a8);
	/* by bytes: the upper one asks */
	set(bed, address, 1, 16);
	assert_int_equal(get(bed, data, 4), 0xabaaa9a8);
	set(bed, address + 1, 1, 0);
	assert_int_equal(get(bed, data, 4), 0xb3b2b1b0);
	/* what does not answer */
	set(bed, address, 2, 0x7ffc);
	assert_int_equal(get(bed, address, 2), 0x7ffc);
	/* a write is done at once, and has not happened */
	bed->fake.write_count = 0;
	set(bed, data, 4, 0x12345678);
	set(bed, address, 2, 8 | PCI_VPD_ADDR_F);
	assert_int_equal(get(bed, address, 2), 8);
	assert_int_equal(bed->fake.write_count, 0);
	assert_int_equal(bed->fake.vpd_writes, 0);
	assert_int_equal(bed->fake.vpd[8], 0xa8);
}

/*
 * A guest that has its device at work asks for a reset, and later reboots. Each time bus mastering is off and
 * interrupts are taken away before the device is reset, and it decodes again before anybody touches it; over a reboot
 * bus mastering goes first, since the guest's memory is about to be used again.
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
		cmocka_unit_test_setup_teardown(message_control_works_in_any_size, start, stop),
		cmocka_unit_test_setup_teardown(bus_mastering_is_the_guests_and_decoding_is_ours, start, stop),
		cmocka_unit_test_setup_teardown(one_reset_for_each_power_on_but_the_first, start, stop),
		cmocka_unit_test_setup_teardown(a_reset_by_the_guest, start, stop),
		cmocka_unit_test_setup_teardown(a_wide_write_leaves_the_neighbours_alone, start, stop),
		cmocka_unit_test_setup_teardown(power_on_silences_the_device, start, stop),
		cmocka_unit_test_setup_teardown(no_power_on_without_a_reset, start, stop),
		cmocka_unit_test_setup_teardown(vital_product_data_can_be_read, start, stop),
		cmocka_unit_test_setup_teardown(everything_in_order, start, stop),
		cmocka_unit_test(a_reset_by_advanced_features),
		cmocka_unit_test(a_freed_device_is_closed),
		cmocka_unit_test(a_device_without_reset_survives_a_reboot),
		cmocka_unit_test(intx_of_a_whole_life),
		cmocka_unit_test(intx_that_cannot_be_had_stops_power_on),
		cmocka_unit_test(two_functions_share_one_kvm_device),
		cmocka_unit_test(kvm_forgets_what_is_unplugged),
		cmocka_unit_test(every_failing_call_of_new_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
