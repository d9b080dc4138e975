// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire/limits.h: a machine with as much of everything as the table allows works. Thirty devices with their memory slots
 * and event sources, every group's descriptor in one message, all message interrupts.
 */
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "passthrough/vfio_pci.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"
#include "vmm-core/vm.h"
#include "wire/launch.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

struct full {
	struct fake_vfio fake;
	struct vm vm;
	struct vfio_pci *device[LIMIT_DEVICES];
	int own[LOOP_OWN_SOURCES];
};

static void nothing(void *opaque, int fd, uint32_t events)
{
	(void)opaque;
	(void)fd;
	(void)events;
}

static void add_devices(struct full *full)
{
	struct vm *vm = &full->vm;
	struct error err = { 0 };

	assert_int_equal(pci_bus_init(&vm->pci, LIMIT_DEVICES, &err), 0);
	for (size_t i = 0; i < LIMIT_DEVICES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "0000:%02zx:00.0", i + 1);
		assert_int_equal(vfio_pci_new(&full->device[i], FAKE_VFIO_FD, name, &fake_vfio_sys, &err), 0);
		assert_int_equal(pci_bus_add_behind_port(&vm->pci, vfio_pci_function(full->device[i]), &err), 0);
	}
}

/* Each is cut into as many pieces as one may be. */
static void thirty_devices(void **state)
{
	static const struct vfio_pci_watcher watcher = { 0 };
	struct full *full = calloc(1, sizeof(*full));
	struct vm *vm = &full->vm;
	struct error err = { 0 };
	size_t slots = 0;

	(void)state;
	memset(&the_kvm, 0, sizeof(the_kvm));
	fake_vfio_init(&full->fake);
	full->fake.bar[0].area_count = 4;
	for (size_t i = 0; i < 4; i++)
		full->fake.bar[0].area[i] = (struct vfio_area){ i * 0x1000, 0x1000 };
	vm->layout.pci32 = (struct range){ 0xc0000000, 0xe0000000 };
	vm->layout.pci64 = (struct range){ 0x800000000, 0x900000000 };
	vm->layout.bus_count = LIMIT_DEVICES + 1;
	vm->layout.ecam = (struct range){ 0xe0000000, 0xe0000000 + (LIMIT_DEVICES + 1) * MIB };
	add_devices(full);
	vm->vm_fd = vm->slots.vm_fd = FAKE_KVM_FD;
	assert_int_equal(irq_init(&vm->irqs, FAKE_KVM_FD, &err), 0);
	assert_int_equal(pci_bus_power_on(&vm->pci, vm, &err), 0);
	for (size_t i = 0; i < MEMSLOT_MAX; i++)
		slots += range_size(vm->slots.slot[i].at) > 0;
	assert_int_equal(slots, LIMIT_DEVICES * (4 + 2));

	assert_int_equal(loop_init(&vm->loop, &err), 0);
	for (size_t i = 0; i < LOOP_OWN_SOURCES; i++) {
		full->own[i] = eventfd(0, EFD_CLOEXEC);
		assert_int_equal(loop_add(&vm->loop, full->own[i], 0, nothing, NULL, &err), 0);
	}
	for (size_t i = 0; i < LIMIT_DEVICES; i++)
		assert_int_equal(vfio_pci_watch(full->device[i], vm, &watcher, &err), 0);

	pci_bus_power_off(&vm->pci);
	for (size_t i = 0; i < LIMIT_DEVICES; i++)
		vfio_pci_free(full->device[i]);
	for (size_t i = 0; i < LOOP_OWN_SOURCES; i++)
		close(full->own[i]);
	irq_done(&vm->irqs);
	loop_done(&vm->loop);
	pci_bus_done(&vm->pci);
	free(full);
}

/* A device that would take other devices' slots is refused when it is opened, by name. */
static void one_device_in_too_many_pieces(void **state)
{
	struct fake_vfio *fake = calloc(1, sizeof(*fake));
	struct vfio_pci *device = NULL;
	struct error err = { 0 };

	(void)state;
	fake_vfio_init(fake);
	for (unsigned int bar = 0; bar <= 3; bar += 3) {
		fake->bar[bar].size = 16 * 0x1000;
		fake->bar[bar].area_count = 8;
		for (size_t i = 0; i < 8; i++)
			fake->bar[bar].area[i] = (struct vfio_area){ 2 * i * 0x1000, 0x1000 };
	}
	assert_int_equal(vfio_pci_new(&device, FAKE_VFIO_FD, "0000:01:00.0", &fake_vfio_sys, &err), -E2BIG);
	assert_int_equal(err.code, CODE_LAYOUT);
	assert_non_null(strstr(err.msg, "0000:01:00.0"));
	assert_int_equal(fake->mapped_bytes, 0);
	free(fake);
}

static void every_group_in_one_message(void **state)
{
	struct launch_message sent = { .type = LAUNCH_DMA, .dma.kind = LAUNCH_DMA_TYPE1 }, got;
	struct error err = { 0 };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (sent.fd_count = 0; sent.fd_count < 1 + LIMIT_GROUPS; sent.fd_count++)
		sent.fd[sent.fd_count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(launch_send(pair[0], &sent, &err), 0);
	assert_int_equal(launch_receive(pair[1], &got, &err), 1);
	assert_int_equal(got.fd_count, 1 + LIMIT_GROUPS);
	launch_message_done(&got);
	launch_message_done(&sent);
	close(pair[0]);
	close(pair[1]);
}

static void every_message_interrupt(void **state)
{
	struct irq_table irqs;
	struct error err = { 0 };
	uint32_t gsi;

	(void)state;
	assert_int_equal(irq_init(&irqs, FAKE_KVM_FD, &err), 0);
	for (uint32_t i = 0; i < LIMIT_MESSAGES; i++)
		assert_int_equal(irq_message_alloc(&irqs, &gsi, &err), 0);
	assert_int_equal(gsi, IRQ_GSI_MAX - 1);
	assert_int_equal(irq_message_alloc(&irqs, &gsi, &err), -ENOSPC);
	irq_done(&irqs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thirty_devices),
		cmocka_unit_test(one_device_in_too_many_pieces),
		cmocka_unit_test(every_group_in_one_message),
		cmocka_unit_test(every_message_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
