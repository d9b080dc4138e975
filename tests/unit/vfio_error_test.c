// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCI Express errors of a passed-through device (passthrough/vfio_pci.c): what they lead to, what of their reporting
 * stays as the host has it, and how a card whose link went down comes back.
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

struct told {
	struct vm *vm;
	unsigned int count;
	enum on_error on_error;
	char msg[512];
};

static void on_failed(void *opaque, const struct pci_function *fn, enum on_error on_error, const struct error *why)
{
	struct told *told = opaque;

	assert_string_equal(fn->name, "0000:01:10.0");
	told->count++;
	told->on_error = on_error;
	snprintf(told->msg, sizeof(told->msg), "%s", why->msg);
	told->vm->loop.stop = true;
}

static void on_end(void *opaque, int fd, uint32_t events)
{
	struct vm *vm = opaque;

	(void)fd;
	(void)events;
	vm->loop.stop = true;
}

/* The eventfd that the kernel was given for errors. */
static int error_trigger(const struct fake_vfio *fake)
{
	for (size_t i = 0; i < fake->irq_call_count; i++)
		if (fake->irq_call[i].index == VFIO_PCI_ERR_IRQ_INDEX)
			return fake->irq_call[i].first_fd;
	return -1;
}

/* What an error leads to is its owner's choice, device by device; it is counted, whatever comes of it. */
static void an_error_is_told_as_chosen(void **state)
{
	struct vfio_pci_watcher watcher = { .failed = on_failed };
	struct control_device status;
	struct told told = { 0 };
	struct bed *bed;

	start(state);
	bed = *state;
	told.vm = &bed->vm;
	watcher.opaque = &told;
	assert_int_equal(loop_init(&bed->vm.loop, NULL), 0);
	pthread_mutex_init(&bed->vm.end_lock, NULL);
	bed->vm.end_fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(loop_add(&bed->vm.loop, bed->vm.end_fd, EPOLLIN, on_end, &bed->vm, NULL), 0);
	assert_int_equal(vfio_pci_watch(bed->pci, &bed->vm, &watcher, NULL), 0);
	for (unsigned int policy = 0; policy < ON_ERROR_COUNT; policy++) {
		vfio_pci_set_on_error(bed->pci, (enum on_error)policy);
		assert_int_equal(eventfd_write(error_trigger(&bed->fake), 2), 0);
		bed->vm.loop.stop = false;
		assert_int_equal(loop_run(&bed->vm.loop, NULL), 0);
		vfio_pci_status(bed->pci, &status);
		assert_int_equal(status.errors, 2 * (policy + 1));
		assert_string_equal(status.on_error, on_error_name((enum on_error)policy));
		if (policy == ON_ERROR_STOP)
			break;
		assert_int_equal(told.count, policy + 1);
		assert_int_equal(told.on_error, policy);
		assert_non_null(strstr(told.msg, "0000:01:10.0 reports a PCI Express error"));
		assert_int_equal(bed->vm.end, VM_END_NONE);
	}
	assert_int_equal(told.count, 2);
	assert_int_equal(bed->vm.end, VM_END_CRASH);
	assert_int_equal(bed->vm.end_error.code, CODE_DEV_LOST);
	loop_remove(&bed->vm.loop, bed->vm.end_fd);
	close(bed->vm.end_fd);
	pthread_mutex_destroy(&bed->vm.end_lock);
	machine_off(bed);
	vfio_pci_free(bed->pci);
	loop_done(&bed->vm.loop);
	pci_bus_done(&bed->vm.pci);
	free(bed);
}

/* What the host has switched on of error reporting stays on, whatever the guest writes. */
static void errors_are_reported_as_the_host_has_it(void **state)
{
	struct bed *bed;

	new_bed(state);
	bed = *state;
	assert_int_equal(pci_bus_init(&bed->vm.pci, 1, NULL), 0);
	fake_set(&bed->fake, PCI_COMMAND, 2, PCI_COMMAND_SERR | PCI_COMMAND_MASTER);
	plug_in(bed);
	machine_on(bed);
	assert_int_equal(
		fake_get(&bed->fake, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_SERR);
	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	set(bed, FAKE_EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	assert_int_equal(
		fake_get(&bed->fake, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_SERR);
	assert_int_equal(stop(state), 0);
	*state = NULL;
}

/* A card whose link is down does nothing, and comes back reset. */
static void a_failed_card_is_reset_when_its_power_comes_back(void **state)
{
	static const uint16_t express = 0x40; /* of the port */
	struct bed *bed = *state;
	struct pci_bus *bus = &bed->vm.pci;

	set(bed, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	pci_bus_fail(bus, 0);
	assert_int_equal(fake_get(&bed->fake, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	assert_int_equal(pci_bus_config_read(bus, VF_BDF, 0, 4), UINT32_MAX);
	pci_bus_config_write(bus, 1 << 3, express + PCI_EXP_SLTCTL, 2, PCI_EXP_SLTCTL_PCC);
	pci_bus_config_write(bus, 1 << 3, express + PCI_EXP_SLTCTL, 2, 0);
	assert_int_equal(bed->fake.resets, 1);
	assert_false(bed->fake.master_at_reset);
	assert_int_equal(get(bed, PCI_COMMAND, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_told_as_chosen),
		cmocka_unit_test(errors_are_reported_as_the_host_has_it),
		cmocka_unit_test_setup_teardown(a_failed_card_is_reset_when_its_power_comes_back, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
