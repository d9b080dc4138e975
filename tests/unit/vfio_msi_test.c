// SPDX-License-Identifier: GPL-2.0-or-later
/* passthrough/vfio_msi.c: MSI's registers as vectors, and what waits behind their masks. */
#include "tests/unit/interrupts_bed.h"

static void msi_has_a_message_for_each_vector(void **state)
{
	struct bed *bed = *state;

	write_msi(bed, 0x47);
	enable_msi(bed, ALL_OF_MSI);
	assert_int_equal(bed->fake.kind, VFIO_PCI_MSI_IRQ_INDEX);
	assert_int_equal(bed->fake.allocated, MSI_VECTORS);
	assert_string_equal(vfio_interrupts_name(&bed->interrupts), "msi");
	assert_int_equal(vfio_interrupts_live_count(&bed->interrupts), MSI_VECTORS);
	for (uint32_t i = 0; i < MSI_VECTORS; i++) {
		raise_vector(bed, i);
		assert_int_equal(the_kvm.injected_data[i], 0x44 + i);
	}
	/* INTx: trigger, unmasking, off; all of MSI: one call */
	assert_int_equal(bed->fake.irq_call_count, 3 + 1);
	assert_int_equal(the_kvm.route_sets, 1 + 1);
}

static void msi_uses_as_many_vectors_as_are_enabled(void **state)
{
	struct bed *bed = *state;

	write_msi(bed, 0x47);
	enable_msi(bed, PCI_MSI_FLAGS_ENABLE);
	assert_int_equal(bed->fake.allocated, 1);
	raise_vector(bed, 0);
	assert_int_equal(the_kvm.injected_data[0], 0x47);
	enable_msi(bed, PCI_MSI_FLAGS_ENABLE | 1 << 4);
	assert_int_equal(bed->fake.allocated, 2);
	raise_vector(bed, 1);
	assert_int_equal(the_kvm.injected_data[1], 0x47);
	/* more than it has, which no guest may ask for */
	enable_msi(bed, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	assert_int_equal(bed->fake.allocated, MSI_VECTORS);
}

static void a_masked_msi_waits_in_its_eventfd(void **state)
{
	struct bed *bed = *state;
	size_t calls;

	mask_msi(bed, 0xf);
	write_msi(bed, 0x40);
	enable_msi(bed, ALL_OF_MSI);
	assert_int_equal(the_kvm.connects - the_kvm.disconnects, 0);
	calls = bed->fake.irq_call_count;
	raise_vector(bed, 1);
	raise_vector(bed, 3);
	raise_vector(bed, 3);
	assert_int_equal(the_kvm.injected_count, 0);
	assert_int_equal(pending(bed), 0xa);
	assert_int_equal(vfio_interrupts_read(&bed->interrupts, bed->caps.msi_pending - 2, 4, 0x12345678), 0x000a5678);
	assert_int_equal(vfio_interrupts_read(&bed->interrupts, bed->caps.msi_pending + 3, 4, 0x12345678), 0x12345600);
	assert_int_equal(vfio_interrupts_read(&bed->interrupts, bed->caps.msi_pending + 4, 4, 0x12345678), 0x12345678);
	mask_msi(bed, 2);
	assert_int_equal(the_kvm.injected_count, 1);
	assert_int_equal(the_kvm.injected_data[0], 0x43);
	assert_int_equal(pending(bed), 2);
	mask_msi(bed, 0);
	assert_int_equal(the_kvm.injected_data[1], 0x41);
	assert_int_equal(pending(bed), 0);
	mask_msi(bed, 2);
	raise_vector(bed, 1);
	enable_msi(bed, 0);
	assert_int_equal(pending(bed), 0);
	enable_msi(bed, ALL_OF_MSI);
	mask_msi(bed, 0);
	assert_int_equal(the_kvm.injected_count, 2);
	assert_int_equal(bed->fake.irq_call_count, calls + 1 + 2 + 1 + 1);
	assert_int_equal(the_kvm.lost_count, 0);
}

/* Linux moves an interrupt that it cannot mask by writing over its message. */
static void a_message_may_change_while_enabled(void **state)
{
	struct bed *bed = *state;

	write_msi(bed, 0x40);
	enable_msi(bed, PCI_MSI_FLAGS_ENABLE);
	write_msi(bed, 0x51);
	raise_vector(bed, 0);
	assert_int_equal(the_kvm.injected_data[0], 0x51);
	/* no interrupt address: silent, and kept */
	set(bed, FAKE_MSI + PCI_MSI_ADDRESS_HI, 4, 1);
	raise_vector(bed, 0);
	assert_int_equal(the_kvm.injected_count, 1);
	set(bed, FAKE_MSI + PCI_MSI_ADDRESS_HI, 4, 0);
	assert_int_equal(the_kvm.injected_count, 2);
}

/* Vectors that the host has not: the device tells its messages apart by their number, so fewer are of no use. */
static void too_few_vectors_for_msi_are_told(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(make(bed, NULL), 0);
	bed->fake.available = 2;
	write_msi(bed, 0x40);
	enable_msi(bed, ALL_OF_MSI);
	assert_int_equal(bed->failures, 1);
	assert_int_equal(bed->why.code, CODE_VECTORS_SHORT);
	assert_non_null(strstr(bed->why.msg, "2 MSI vectors left, 4 are needed"));
	unmake(bed);
	put_away(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(msi_has_a_message_for_each_vector),
		bed_test(msi_uses_as_many_vectors_as_are_enabled),
		bed_test(a_masked_msi_waits_in_its_eventfd),
		bed_test(a_message_may_change_while_enabled),
		raw_test(too_few_vectors_for_msi_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
