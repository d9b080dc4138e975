// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_msix.c and vfio_vector.c against the kernel's rules on both sides: no interrupt is lost or sent
 * while masked, and what a guest does to its table costs no more calls than it must.
 */
#include "passthrough/vfio_msix.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	ENABLE = PCI_MSIX_FLAGS_ENABLE,
	MASKALL = PCI_MSIX_FLAGS_MASKALL,
	RANDOM_STEPS = 20000,
};

struct bed {
	struct fake_vfio fake;
	struct vfio_device device;
	struct vfio_capabilities caps;
	struct irq_table irqs;
	struct vfio_msix msix;
	unsigned int failures;
};

static void count_failure(void *opaque, const struct error *why)
{
	struct bed *bed = opaque;

	(void)why;
	bed->failures++;
}

static int start(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	*state = bed;
	memset(&the_kvm, 0, sizeof(the_kvm));
	fake_vfio_init(&bed->fake);
	bed->fake.dynamic = true;
	bed->caps = (struct vfio_capabilities){
		.msix_vectors = FAKE_VECTORS, .table = { 3, 0, FAKE_VECTORS * MSIX_ENTRY_SIZE }, .pba = { 3, 0x2000, 8 }
	};
	assert_int_equal(vfio_device_init(&bed->device, FAKE_VFIO_FD, "vf", &fake_vfio_sys, NULL), 0);
	assert_int_equal(irq_init(&bed->irqs, FAKE_KVM_FD, NULL), 0);
	assert_int_equal(vfio_msix_init(&bed->msix, &bed->device, &bed->caps, NULL), 0);
	bed->msix.vectors.failed = count_failure;
	bed->msix.vectors.failed_opaque = bed;
	vfio_msix_reset(&bed->msix, &bed->irqs);
	the_kvm.route_sets = 0;
	return 0;
}

static int stop(void **state)
{
	struct bed *bed = *state;

	vfio_msix_done(&bed->msix);
	irq_done(&bed->irqs);
	assert_false(bed->fake.enabled);
	assert_int_equal(the_kvm.connects, the_kvm.disconnects);
	free(bed);
	return 0;
}

static void write_entry(struct bed *bed, uint32_t vector, unsigned int dword, uint32_t value)
{
	vfio_msix_table_write(&bed->msix, vector * MSIX_ENTRY_SIZE + 4 * dword, 4, value);
}

/* A message that can be told from others. */
static void program(struct bed *bed, uint32_t vector, uint32_t data)
{
	write_entry(bed, vector, 0, 0xfee01000);
	write_entry(bed, vector, 1, 0);
	write_entry(bed, vector, 2, data);
}

static void set_masked(struct bed *bed, uint32_t vector, bool masked)
{
	write_entry(bed, vector, 3, masked);
}

/* The device raises a vector: what happens depends on the trigger alone. Without one its own table keeps the bit. */
static void raise_vector(struct bed *bed, uint32_t vector)
{
	if (bed->fake.enabled && bed->fake.trigger[vector] >= 0)
		assert_int_equal(eventfd_write(bed->fake.trigger[vector], 1), 0);
	fake_kvm_poll();
}

static uint64_t pending(struct bed *bed)
{
	return vfio_msix_pending_read(&bed->msix, 0, 8);
}

/* As Linux does it: enable with all masked, program, unmask one by one. */
static void linux_brings_up(struct bed *bed)
{
	vfio_msix_control(&bed->msix, ENABLE | MASKALL);
	for (uint32_t i = 0; i < 3; i++)
		program(bed, i, 0x40 + i);
	vfio_msix_control(&bed->msix, ENABLE);
	for (uint32_t i = 0; i < 3; i++)
		set_masked(bed, i, false);
}

static void enabled_on_the_device_at_once(void **state)
{
	struct bed *bed = *state;

	vfio_msix_control(&bed->msix, ENABLE | MASKALL);
	assert_true(bed->fake.enabled);
	assert_int_equal(bed->fake.irq_call_count, 1);
	assert_int_equal(bed->fake.irq_call[0].count, 1);
	assert_int_equal(bed->fake.irq_call[0].first_fd, -1);
	assert_int_equal(the_kvm.connects, 0);
}

static void all_vectors_are_taken_where_none_can_be_added(void **state)
{
	struct bed *bed = *state;

	bed->device.irq[VFIO_PCI_MSIX_IRQ_INDEX].dynamic = bed->fake.dynamic = false;
	linux_brings_up(bed);
	assert_int_equal(bed->fake.irq_call[0].count, FAKE_VECTORS);
	assert_int_equal(bed->fake.irq_call_count, 4);
	assert_int_equal(bed->failures, 0);
	raise_vector(bed, 2);
	assert_int_equal(the_kvm.injected_data[0], 0x42);
}

static void bringing_up_costs_no_more_than_it_must(void **state)
{
	struct bed *bed = *state;

	linux_brings_up(bed);
	/* enable, and one trigger for each vector; one commit each, for Linux unmasks one after the other */
	assert_int_equal(bed->fake.irq_call_count, 1 + 3);
	assert_int_equal(the_kvm.route_sets, 3);
	assert_int_equal(the_kvm.connects, 3);
	assert_int_equal(vfio_vectors_live_count(&bed->msix.vectors), 3);
	for (uint32_t i = 0; i < 3; i++) {
		raise_vector(bed, i);
		assert_int_equal(the_kvm.injected_data[i], 0x40 + i);
	}
	assert_int_equal(bed->failures, 0);
}

/* Unmasked under the function's mask: all become live at once. */
static void one_commit_and_one_call_for_a_burst(void **state)
{
	struct bed *bed = *state;

	vfio_msix_control(&bed->msix, ENABLE | MASKALL);
	for (uint32_t i = 1; i < 4; i++) {
		program(bed, i, i);
		set_masked(bed, i, false);
	}
	assert_int_equal(the_kvm.connects, 0);
	vfio_msix_control(&bed->msix, ENABLE);
	assert_int_equal(the_kvm.route_sets, 1);
	assert_int_equal(bed->fake.irq_call_count, 2);
	assert_int_equal(bed->fake.irq_call[1].start, 1);
	assert_int_equal(bed->fake.irq_call[1].count, 3);
}

static void programmed_before_enabling_is_one_call(void **state)
{
	struct bed *bed = *state;

	for (uint32_t i = 0; i < 3; i++) {
		program(bed, i, i + 7);
		set_masked(bed, i, false);
	}
	assert_int_equal(bed->fake.irq_call_count, 0);
	vfio_msix_control(&bed->msix, ENABLE);
	assert_int_equal(bed->fake.irq_call_count, 1);
	assert_int_equal(bed->fake.irq_call[0].count, 3);
	raise_vector(bed, 1);
	assert_int_equal(the_kvm.injected_data[0], 8);
}

/* A kernel that can add none, a host that has not all: as many as needed, later more, and nothing lost on the way. */
static void vectors_that_come_later_of_a_kernel_that_adds_none(void **state)
{
	struct bed *bed = *state;

	bed->device.irq[VFIO_PCI_MSIX_IRQ_INDEX].dynamic = bed->fake.dynamic = false;
	bed->fake.available = 4;
	for (uint32_t i = 0; i < FAKE_VECTORS; i++)
		program(bed, i, 0x40 + i);
	set_masked(bed, 0, false);
	vfio_msix_control(&bed->msix, ENABLE);
	assert_int_equal(bed->fake.allocated, 1);
	assert_int_equal(bed->fake.irq_call_count, 2);
	/* 1 more: twice as many are taken, and vector 0 is signalled for what it may have missed */
	set_masked(bed, 1, false);
	assert_int_equal(bed->fake.allocated, 2);
	assert_int_equal(bed->fake.irq_call_count, 2 + 2);
	fake_kvm_poll();
	assert_int_equal(the_kvm.injected_count, 1);
	assert_int_equal(the_kvm.injected_data[0], 0x40);
	/* a masked vector keeps it */
	set_masked(bed, 1, true);
	set_masked(bed, 2, false);
	assert_int_equal(bed->fake.allocated, 4);
	assert_int_equal(pending(bed), 1 << 1);
	fake_kvm_poll();
	set_masked(bed, 3, false);
	assert_int_equal(bed->fake.irq_call_count, 2 + 2 + 2 + 1);
	assert_int_equal(bed->failures, 0);
	the_kvm.injected_count = 0;
	raise_vector(bed, 3);
	assert_int_equal(the_kvm.injected_data[0], 0x43);
	/* the fifth is one too many for the host */
	set_masked(bed, 4, false);
	assert_int_equal(bed->failures, 1);
}

/* The largest table: a call to each side for all of it, and pending bits of its last word. */
static void all_of_2048_vectors(void **state)
{
	const struct rlimit limit = { 4096, 4096 };
	const uint32_t last = VFIO_VECTOR_MAX - 1;
	struct bed *bed = *state;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	vfio_msix_done(&bed->msix);
	bed->fake.vectors = bed->device.irq[VFIO_PCI_MSIX_IRQ_INDEX].count = VFIO_VECTOR_MAX;
	bed->caps.msix_vectors = VFIO_VECTOR_MAX;
	bed->caps.table.size = VFIO_VECTOR_MAX * MSIX_ENTRY_SIZE;
	assert_int_equal(vfio_msix_init(&bed->msix, &bed->device, &bed->caps, NULL), 0);
	vfio_msix_reset(&bed->msix, &bed->irqs);
	vfio_msix_control(&bed->msix, ENABLE | MASKALL);
	for (uint32_t i = 0; i <= last; i++) {
		program(bed, i, i);
		set_masked(bed, i, false);
	}
	assert_int_equal(the_kvm.route_sets, 0);
	bed->fake.irq_call_count = 0;
	vfio_msix_control(&bed->msix, ENABLE);
	assert_int_equal(the_kvm.route_sets, 1);
	assert_int_equal(bed->fake.irq_call_count, 1);
	assert_int_equal(vfio_vectors_live_count(&bed->msix.vectors), VFIO_VECTOR_MAX);
	raise_vector(bed, last);
	assert_int_equal(the_kvm.injected_data[0], last);
	set_masked(bed, last, true);
	raise_vector(bed, last);
	assert_int_equal(vfio_msix_pending_read(&bed->msix, last / 64 * 8, 8), 1ull << 63);
	set_masked(bed, last, false);
	assert_int_equal(the_kvm.injected_count, 2);
	assert_int_equal(the_kvm.route_sets, 1);
}

static void masking_holds_an_interrupt_and_touches_no_trigger(void **state)
{
	struct bed *bed = *state;
	size_t calls;

	linux_brings_up(bed);
	calls = bed->fake.irq_call_count;
	the_kvm.route_sets = 0;
	set_masked(bed, 1, true);
	assert_int_equal(pending(bed), 0);
	raise_vector(bed, 1);
	raise_vector(bed, 1);
	assert_int_equal(the_kvm.injected_count, 0);
	assert_int_equal(pending(bed), 1 << 1);
	set_masked(bed, 1, false);
	assert_int_equal(the_kvm.injected_count, 1);
	assert_int_equal(the_kvm.injected_data[0], 0x41);
	assert_int_equal(pending(bed), 0);
	assert_int_equal(bed->fake.irq_call_count, calls);
	assert_int_equal(the_kvm.route_sets, 0);
	assert_int_equal(the_kvm.lost_count, 0);
}

/* An interrupt is moved to another CPU behind a mask: what came meanwhile goes to the new place. */
static void a_moved_interrupt_arrives_at_the_new_place(void **state)
{
	struct bed *bed = *state;

	linux_brings_up(bed);
	set_masked(bed, 0, true);
	raise_vector(bed, 0);
	program(bed, 0, 0x99);
	set_masked(bed, 0, false);
	assert_int_equal(the_kvm.injected_count, 1);
	assert_int_equal(the_kvm.injected_data[0], 0x99);
	set_masked(bed, 0, false);
	program(bed, 0, 0x99);
	assert_int_equal(the_kvm.route_sets, 4);
}

static void the_function_mask_holds_all(void **state)
{
	struct bed *bed = *state;

	linux_brings_up(bed);
	vfio_msix_control(&bed->msix, ENABLE | MASKALL);
	raise_vector(bed, 0);
	raise_vector(bed, 2);
	assert_int_equal(pending(bed), 5);
	assert_int_equal(vfio_msix_pending_read(&bed->msix, 0, 1), 5);
	assert_int_equal(vfio_msix_pending_read(&bed->msix, 4, 4), 0);
	vfio_msix_control(&bed->msix, ENABLE);
	assert_int_equal(the_kvm.injected_count, 2);
}

static void never_live_vectors_show_the_devices_own_bit(void **state)
{
	struct bed *bed = *state;

	linux_brings_up(bed);
	bed->fake.bar_bytes[3][0x2000] = 0xff;
	assert_int_equal(pending(bed), 0x18);
}

static void disabling_forgets_what_was_pending(void **state)
{
	struct bed *bed = *state;

	linux_brings_up(bed);
	set_masked(bed, 0, true);
	raise_vector(bed, 0);
	vfio_msix_control(&bed->msix, 0);
	assert_false(bed->fake.enabled);
	assert_int_equal(pending(bed), 0);
	vfio_msix_control(&bed->msix, ENABLE);
	set_masked(bed, 0, false);
	assert_int_equal(the_kvm.injected_count, 0);
	raise_vector(bed, 0);
	assert_int_equal(the_kvm.injected_count, 1);
}

static void an_address_that_is_no_interrupt_is_ignored(void **state)
{
	static const struct {
		uint32_t lo, hi;
	} addresses[] = { { 0, 0 }, { 0xfed00000, 0 }, { 0xfef00000, 0 }, { 0xfee00000, 1 }, { 0x1000, 0 } };
	struct bed *bed = *state;

	vfio_msix_control(&bed->msix, ENABLE);
	for (size_t i = 0; i < array_size(addresses); i++) {
		set_masked(bed, 0, true);
		write_entry(bed, 0, 0, addresses[i].lo);
		write_entry(bed, 0, 1, addresses[i].hi);
		set_masked(bed, 0, false);
		assert_int_equal(the_kvm.connects, the_kvm.disconnects);
		assert_int_equal(vfio_vectors_live_count(&bed->msix.vectors), 0);
	}
	assert_int_equal(the_kvm.route_sets, 0);
}

static void table_takes_aligned_dwords_and_qwords_only(void **state)
{
	struct bed *bed = *state;

	vfio_msix_table_write(&bed->msix, 16, 8, 0x1122334455667788);
	assert_int_equal(vfio_msix_table_read(&bed->msix, 16, 8), 0x1122334455667788);
	assert_int_equal(vfio_msix_table_read(&bed->msix, 17, 4), 0x44556677);
	vfio_msix_table_write(&bed->msix, 16, 1, 0);
	vfio_msix_table_write(&bed->msix, 18, 2, 0);
	vfio_msix_table_write(&bed->msix, 18, 4, 0);
	vfio_msix_table_write(&bed->msix, 20, 8, 0);
	assert_int_equal(vfio_msix_table_read(&bed->msix, 16, 8), 0x1122334455667788);
	write_entry(bed, 0, 3, 0xffffffff);
	assert_int_equal(vfio_msix_table_read(&bed->msix, 12, 4), 1);
}

/* The next machine begins with no route, and with as many interrupts to give as the last one had. */
static void a_reset_gives_the_routes_back(void **state)
{
	struct bed *bed = *state;
	uint32_t gsi = 0;

	linux_brings_up(bed);
	vfio_msix_reset(&bed->msix, &bed->irqs);
	assert_int_equal(irq_routes_commit(&bed->irqs, NULL), 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(the_kvm.route[IRQ_MESSAGE_FIRST + i].type, 0);
	assert_int_equal(irq_message_alloc(&bed->irqs, &gsi, NULL), 0);
	assert_int_equal(gsi, IRQ_MESSAGE_FIRST);
	irq_message_free(&bed->irqs, gsi);
}

static void a_failure_is_told(void **state)
{
	struct bed *bed = *state;

	vfio_msix_control(&bed->msix, ENABLE);
	program(bed, 0, 1);
	the_kvm.fail_request = KVM_IRQFD;
	set_masked(bed, 0, false);
	assert_int_equal(bed->failures, 1);
	the_kvm.fail_request = 0;
}

/*
 * Against a model of the specification: an interrupt of an enabled, triggered vector is either delivered or pending,
 * and nothing is delivered that was not raised.
 */
static void random_sequences_lose_nothing(void **state)
{
	struct bed *bed = *state;
	unsigned int seed = 9, raised_unmasked = 0;
	bool wait[FAKE_VECTORS] = { false }; /* raised behind a mask */
	uint16_t control = 0;

	for (uint32_t i = 0; i < FAKE_VECTORS; i++)
		program(bed, i, i);
	for (unsigned int step = 0; step < RANDOM_STEPS; step++) {
		uint32_t vector = (uint32_t)rand_r(&seed) % FAKE_VECTORS;
		uint64_t expected = 0;

		the_kvm.injected_count = 0;
		switch (rand_r(&seed) % 8) {
		case 0:
			control = (uint16_t)((rand_r(&seed) % 8 ? ENABLE : 0) | (rand_r(&seed) & 1 ? MASKALL : 0));
			vfio_msix_control(&bed->msix, control);
			if (!(control & ENABLE))
				memset(wait, 0, sizeof(wait));
			break;
		case 1:
		case 2:
		case 3:
			set_masked(bed, vector, rand_r(&seed) & 1);
			break;
		default:
			if (bed->fake.trigger[vector] < 0)
				break;
			raise_vector(bed, vector);
			wait[vector] = true;
			raised_unmasked++;
		}
		for (uint32_t i = 0; i < FAKE_VECTORS; i++) {
			bool live = control == ENABLE && !bed->msix.vectors.vector[i].masked;

			unsigned int arrived = 0;

			assert_int_equal(live, bed->msix.vectors.vector[i].connected);
			for (size_t k = 0; k < the_kvm.injected_count; k++)
				arrived += the_kvm.injected_data[k] == i;
			assert_int_equal(arrived, live && wait[i]);
			if (live)
				wait[i] = false;
			expected |= (uint64_t)wait[i] << i;
		}
		assert_int_equal(pending(bed), expected);
	}
	assert_int_equal(the_kvm.lost_count, 0);
	assert_int_equal(bed->failures, 0);
	assert_true(raised_unmasked > RANDOM_STEPS / 10);
}

#define bed_test(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(enabled_on_the_device_at_once),
		bed_test(all_vectors_are_taken_where_none_can_be_added),
		bed_test(bringing_up_costs_no_more_than_it_must),
		bed_test(one_commit_and_one_call_for_a_burst),
		bed_test(programmed_before_enabling_is_one_call),
		bed_test(vectors_that_come_later_of_a_kernel_that_adds_none),
		bed_test(all_of_2048_vectors),
		bed_test(masking_holds_an_interrupt_and_touches_no_trigger),
		bed_test(a_moved_interrupt_arrives_at_the_new_place),
		bed_test(the_function_mask_holds_all),
		bed_test(never_live_vectors_show_the_devices_own_bit),
		bed_test(disabling_forgets_what_was_pending),
		bed_test(an_address_that_is_no_interrupt_is_ignored),
		bed_test(table_takes_aligned_dwords_and_qwords_only),
		bed_test(a_reset_gives_the_routes_back),
		bed_test(a_failure_is_told),
		bed_test(random_sequences_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
