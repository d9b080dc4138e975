// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/irq.c and memslot.c against KVM in memory: routes staged and committed once, slots that never overlap. */
#include "vmm-core/irq.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_kvm.h"
#include "vmm-core/memslot.h"

static int set_up(void **state)
{
	(void)state;
	memset(&the_kvm, 0, sizeof(the_kvm));
	return 0;
}

static void routes(void **state)
{
	struct msi_message message = { .address_lo = 0xfee00000, .data = 0x41 };
	struct irq_table irqs;
	uint32_t gsi, other;

	(void)state;
	assert_int_equal(irq_init(&irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(the_kvm.route_sets, 1);
	/* the PIT's pin: GSI 0 of the PIC, pin 2 of the IOAPIC */
	assert_int_equal(the_kvm.route[0].u.irqchip.irqchip, KVM_IRQCHIP_IOAPIC);
	assert_int_equal(the_kvm.route[0].u.irqchip.pin, 2);
	assert_int_equal(the_kvm.route[9].u.irqchip.pin, 9);
	assert_int_equal(irq_message_alloc(&irqs, &gsi, NULL), 0);
	assert_int_equal(gsi, IRQ_MESSAGE_FIRST);
	assert_int_equal(irq_message_alloc(&irqs, &other, NULL), 0);
	assert_int_equal(irq_routes_commit(&irqs, NULL), 0);
	assert_int_equal(the_kvm.route_sets, 1);

	irq_message_route(&irqs, gsi, &message);
	irq_message_route(&irqs, other, &message);
	assert_int_equal(irq_routes_commit(&irqs, NULL), 0);
	assert_int_equal(the_kvm.route_sets, 2);
	assert_int_equal(the_kvm.route[gsi].u.msi.data, 0x41);
	irq_message_route(&irqs, gsi, &message);
	assert_int_equal(irq_routes_commit(&irqs, NULL), 0);
	assert_int_equal(the_kvm.route_sets, 2);

	/* Each alone makes the table one that KVM has to be told. */
	irq_message_route(&irqs, gsi, NULL);
	assert_int_equal(irq_routes_commit(&irqs, NULL), 0);
	assert_int_equal(the_kvm.route[gsi].type, 0);
	assert_int_equal(the_kvm.route[other].u.msi.data, 0x41);
	irq_message_free(&irqs, other);
	assert_int_equal(irq_routes_commit(&irqs, NULL), 0);
	assert_int_equal(the_kvm.route[other].type, 0);
	assert_int_equal(irqs.commits, 4);
	/* not ours, or not allocated: nothing happens */
	irq_message_route(&irqs, other, &message);
	irq_message_route(&irqs, 4, &message);
	irq_message_free(&irqs, UINT32_MAX);
	assert_false(irqs.dirty);
	irq_done(&irqs);
}

/* Each pin of each controller has one GSI: KVM tells of an EOI only the one that it was given last. */
static void pins_have_one_gsi_each(void **state)
{
	struct irq_table irqs;

	(void)state;
	assert_int_equal(irq_init(&irqs, FAKE_KVM_FD, NULL), 0);
	for (uint32_t pin = 0; pin < array_size(the_kvm.pic); pin++)
		assert_int_equal(the_kvm.pic_use[pin], 1);
	for (uint32_t gsi = IRQ_PCI_FIRST; gsi < IRQ_PCI_FIRST + IRQ_PCI_COUNT; gsi++) {
		assert_int_equal(the_kvm.ioapic[gsi], gsi);
		assert_int_equal(the_kvm.pic[irq_pci_line(gsi)], gsi);
	}
	/* Masked until somebody sets them up; INTx's pins are levels. */
	for (unsigned int half = 0; half < 2; half++)
		assert_int_equal(the_kvm.pic_state[half].imr, 0xff);
	assert_int_equal(the_kvm.pic_state[0].elcr, 0xe8);
	assert_int_equal(the_kvm.pic_state[1].elcr, 0x5c);
	/* the machine's own: timer, serial, RTC, events */
	for (uint32_t pin = 0; pin < 10; pin += pin == 0 ? 4 : pin == 4 ? 4 : 1)
		assert_int_equal(the_kvm.pic[pin], pin);
	irq_done(&irqs);
}

/* The same as dsdt.asl says: see acpi_test.c. */
static void intx_is_swizzled(void **state)
{
	static const struct {
		unsigned int port, device, pin;
		uint32_t gsi;
	} cases[] = {
		{ 1, 0, 1, 17 },
		{ 1, 0, 4, 20 },
		{ 2, 0, 1, 18 },
		{ 7, 0, 1, 23 },
		{ 8, 0, 1, 16 },
		{ 9, 0, 1, 17 },
		{ 30, 0, 4, 17 },
		{ 1, 1, 1, 18 },
		{ 1, 3, 2, 17 },
		{ 1, 31, 1, 20 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(irq_pci_gsi(cases[i].port, cases[i].device, cases[i].pin), cases[i].gsi);
}

/* An EOI is told to all that share the pin, and the level goes with the last of them. */
static void devices_share_a_pin(void **state)
{
	int trigger[2], resample[2];
	struct irq_table irqs;
	eventfd_t count;

	(void)state;
	assert_int_equal(irq_init(&irqs, FAKE_KVM_FD, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		trigger[i] = eventfd(0, EFD_NONBLOCK);
		resample[i] = eventfd(0, EFD_NONBLOCK);
		assert_int_equal(irq_connect_level(&irqs, 17, trigger[i], resample[i], NULL), 0);
	}
	eventfd_write(trigger[1], 1);
	fake_kvm_poll_pins();
	assert_true(the_kvm.pin[17]);
	fake_kvm_eoi(17);
	assert_int_equal(eventfd_read(resample[0], &count), 0);
	assert_int_equal(eventfd_read(resample[1], &count), 0);
	assert_int_equal(irqs.connects, 2);
	irq_disconnect(&irqs, 17, trigger[0]);
	eventfd_write(trigger[1], 1);
	fake_kvm_poll_pins();
	assert_true(the_kvm.pin[17]);
	irq_disconnect(&irqs, 17, trigger[1]);
	assert_false(the_kvm.pin[17]);
	the_kvm.fail_request = KVM_IRQFD;
	assert_int_equal(irq_connect_level(&irqs, 17, trigger[0], resample[0], NULL), -EIO);
	for (size_t i = 0; i < 2; i++) {
		close(trigger[i]);
		close(resample[i]);
	}
	irq_done(&irqs);
}

static void failed_commit_is_tried_again(void **state)
{
	const struct msi_message message = { .data = 1 };
	struct irq_table irqs;
	uint32_t gsi;

	(void)state;
	assert_int_equal(irq_init(&irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(irq_message_alloc(&irqs, &gsi, NULL), 0);
	irq_message_route(&irqs, gsi, &message);
	the_kvm.fail_request = KVM_SET_GSI_ROUTING;
	assert_int_equal(irq_routes_commit(&irqs, NULL), -EIO);
	the_kvm.fail_request = 0;
	assert_int_equal(irq_routes_commit(&irqs, NULL), 0);
	assert_int_equal(the_kvm.route[gsi].u.msi.data, 1);
	irq_done(&irqs);
}

static void all_messages(void **state)
{
	const struct msi_message message = { .address_lo = 0xfee00000 };
	struct irq_table irqs;
	uint32_t gsi;

	(void)state;
	assert_int_equal(irq_init(&irqs, FAKE_KVM_FD, NULL), 0);
	for (uint32_t i = IRQ_MESSAGE_FIRST; i < IRQ_GSI_MAX; i++) {
		assert_int_equal(irq_message_alloc(&irqs, &gsi, NULL), 0);
		assert_int_equal(gsi, i);
		irq_message_route(&irqs, gsi, &message);
	}
	/* and KVM takes so many, with the pins */
	assert_int_equal(irq_routes_commit(&irqs, NULL), 0);
	assert_int_equal(irq_message_alloc(&irqs, &gsi, NULL), -ENOSPC);
	irq_message_free(&irqs, 100);
	assert_int_equal(irq_message_alloc(&irqs, &gsi, NULL), 0);
	assert_int_equal(gsi, 100);
	irq_done(&irqs);
}

static void slots(void **state)
{
	static const struct {
		uint64_t start, end;
		int ret;
	} cases[] = {
		{ 0, 0x1000, 0 },
		{ 0x2000, 0x4000, 0 },
		{ 0x1000, 0x2000, 0 },
		{ 0x3000, 0x5000, -EEXIST },
		{ 0x5000, 0x5000, -EINVAL },
		{ 0x5000, 0x5800, -EINVAL },
		{ 0x5800, 0x7000, -EINVAL },
		{ 0x6000, 0x5000, -EINVAL },
		{ 0x4000, 0x5000, 0 },
	};
	struct memslots memory = { .vm_fd = FAKE_KVM_FD };
	void *host = (void *)0x10000;

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(
			memslot_add(&memory, (struct range){ cases[i].start, cases[i].end }, host, "ram", NULL),
			cases[i].ret);
	assert_int_equal(memory.changes, 4);
	/* To the byte: what KVM shows beyond it is not the guest's. */
	assert_int_equal(the_kvm.slot.guest_phys_addr, 0x4000);
	assert_int_equal(the_kvm.slot.memory_size, 0x1000);
	assert_int_equal(the_kvm.slot.userspace_addr, (uintptr_t)host);
	assert_int_equal(the_kvm.slot.flags, 0);
	memory.running = true;
	assert_int_equal(memslot_remove(&memory, 0x2000, NULL), 0);
	assert_int_equal(the_kvm.slot.slot, 1);
	assert_int_equal(the_kvm.slot.guest_phys_addr, 0x2000);
	assert_int_equal(the_kvm.slot.memory_size, 0);
	assert_int_equal(memslot_remove(&memory, 0x2000, NULL), -ENOENT);
	assert_int_equal(memory.changes_while_running, 1);
	the_kvm.fail_request = KVM_SET_USER_MEMORY_REGION;
	assert_int_equal(memslot_add(&memory, (struct range){ 0x2000, 0x3000 }, host, "ram", NULL), -EIO);
	the_kvm.fail_request = 0;
	assert_int_equal(memslot_add(&memory, (struct range){ 0x2000, 0x3000 }, host, "ram", NULL), 0);
	assert_int_equal(memslot_add(&memory, (struct range){ 0x9000, 0xa000 }, (void *)0x10800, "ram", NULL), -EINVAL);
	for (uint64_t i = 4; i < MEMSLOT_MAX; i++)
		assert_int_equal(
			memslot_add(&memory, (struct range){ i << 20, (i << 20) + 4096 }, host, "bar", NULL), 0);
	assert_int_equal(memslot_add(&memory, (struct range){ 1ull << 40, 2ull << 40 }, host, "bar", NULL), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(routes, set_up),
		cmocka_unit_test_setup(pins_have_one_gsi_each, set_up),
		cmocka_unit_test_setup(intx_is_swizzled, set_up),
		cmocka_unit_test_setup(devices_share_a_pin, set_up),
		cmocka_unit_test_setup(failed_commit_is_tried_again, set_up),
		cmocka_unit_test_setup(all_messages, set_up),
		cmocka_unit_test_setup(slots, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
