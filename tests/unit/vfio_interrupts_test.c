// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_interrupts.c and vfio_intx.c against the kernel's rules on both sides: VFIO never holds two kinds,
 * every order of kinds works, a level comes back until its cause is gone, and no failure leaves anything behind.
 */
#include <dirent.h>

#include "tests/unit/interrupts_bed.h"

enum {
	RANDOM_STEPS = 20000,
};

static void a_device_begins_with_intx(void **state)
{
	struct bed *bed = *state;

	assert_true(bed->fake.intx.enabled);
	assert_false(bed->fake.intx.held);
	assert_int_equal(pci_config_get(&bed->fn.config, PCI_INTERRUPT_PIN, 1), 1);
	assert_int_equal(pci_config_get(&bed->fn.config, PCI_INTERRUPT_LINE, 1), irq_pci_line(GSI));
	assert_string_equal(vfio_interrupts_name(&bed->interrupts), "intx");
	assert_int_equal(vfio_interrupts_count(&bed->interrupts), 1);
	assert_int_equal(vfio_interrupts_live_count(&bed->interrupts), 1);
	/* its trigger, and who unmasks it */
	assert_int_equal(bed->fake.irq_call_count, 2);
}

/* A level: as long as its cause is there it comes back, and nobody here takes part. */
static void a_level_comes_back_until_its_cause_is_gone(void **state)
{
	struct bed *bed = *state;

	assert_line(bed, true);
	assert_true(the_kvm.pin[GSI]);
	assert_true(bed->fake.intx.masked);
	end_of_interrupt(bed);
	assert_true(the_kvm.pin[GSI]);
	assert_int_equal(the_kvm.asserts, 2);
	fake_vfio_assert(&bed->fake, false);
	end_of_interrupt(bed);
	assert_false(the_kvm.pin[GSI]);
	assert_false(bed->fake.intx.masked);
	assert_line(bed, true);
	assert_int_equal(the_kvm.asserts, 3);
	assert_int_equal(bed->fake.irq_call_count, 2);
}

static void command_holds_the_line(void **state)
{
	struct bed *bed = *state;

	set(bed, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	assert_true(bed->fake.intx.held);
	assert_int_equal(vfio_interrupts_live_count(&bed->interrupts), 0);
	assert_line(bed, true);
	assert_false(the_kvm.pin[GSI]);
	/* an EOI of another device on the pin does not let it through */
	end_of_interrupt(bed);
	assert_int_equal(the_kvm.asserts, 0);
	set(bed, PCI_COMMAND + 1, 1, 0);
	fake_kvm_poll_pins();
	assert_true(the_kvm.pin[GSI]);
	assert_int_equal(bed->fake.irq_call_count, 2);
}

static void registers_take_any_size(void **state)
{
	static const struct {
		unsigned int offset, size;
		uint32_t on, off;
	} ways[] = {
		{ FAKE_MSI + 2, 2, PCI_MSI_FLAGS_ENABLE, 0 },
		{ FAKE_MSI + 2, 1, PCI_MSI_FLAGS_ENABLE, 0 },
		{ FAKE_MSI, 4, PCI_MSI_FLAGS_ENABLE << 16, 0 },
		{ FAKE_MSI + 1, 2, PCI_MSI_FLAGS_ENABLE << 8, 0 },
		{ FAKE_MSIX + 3, 1, PCI_MSIX_FLAGS_ENABLE >> 8, 0 },
		{ FAKE_MSIX, 4, (uint32_t)PCI_MSIX_FLAGS_ENABLE << 16, 0 },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(ways); i++) {
		set(bed, ways[i].offset, ways[i].size, ways[i].on);
		assert_true(bed->fake.enabled);
		assert_false(bed->fake.intx.enabled);
		set(bed, ways[i].offset, ways[i].size, ways[i].off);
		assert_false(bed->fake.enabled);
		assert_true(bed->fake.intx.enabled);
	}
	/* a message byte by byte */
	enable_msi(bed, PCI_MSI_FLAGS_ENABLE);
	for (unsigned int i = 0; i < 4; i++)
		set(bed, FAKE_MSI + PCI_MSI_ADDRESS_LO + i, 1, 0xfee01000u >> (8 * i));
	set(bed, FAKE_MSI + PCI_MSI_DATA_64, 1, 0x33);
	raise_vector(bed, 0);
	assert_int_equal(the_kvm.injected_data[0], 0x33);
}

/* The registers of a kind that is to be in force, and one interrupt of it. */
static void go_to(struct bed *bed, enum vfio_interrupt_kind kind)
{
	enable_msix(bed, kind == VFIO_INTERRUPT_MSIX);
	enable_msi(bed, kind == VFIO_INTERRUPT_MSI ? ALL_OF_MSI : 0);
}

/* Enabled before the old one is disabled, as no driver should. */
static void go_carelessly_to(struct bed *bed, enum vfio_interrupt_kind kind)
{
	if (kind == VFIO_INTERRUPT_MSI)
		enable_msi(bed, ALL_OF_MSI);
	go_to(bed, kind);
}

static void expect_interrupt(struct bed *bed, enum vfio_interrupt_kind kind)
{
	the_kvm.injected_count = the_kvm.asserts = 0;
	assert_line(bed, kind == VFIO_INTERRUPT_INTX);
	raise_vector(bed, 0);
	if (kind == VFIO_INTERRUPT_INTX) {
		assert_int_equal(the_kvm.asserts, 1);
		assert_false(bed->fake.enabled);
		assert_line(bed, false);
		end_of_interrupt(bed);
		return;
	}
	assert_false(bed->fake.intx.enabled);
	assert_int_equal(the_kvm.injected_count, 1);
	assert_int_equal(the_kvm.injected_data[0], kind == VFIO_INTERRUPT_MSI ? 0x40 : 0x60);
}

static void every_order_of_kinds(void **state)
{
	static void (*const ways[])(struct bed * bed, enum vfio_interrupt_kind kind) = { go_to, go_carelessly_to };
	struct bed *bed = *state;

	write_msi(bed, 0x40);
	write_msix(bed, 0x60);
	for (unsigned int order = 0; order < 2 * 3 * 3 * 3 * 3; order++) {
		for (unsigned int rest = order / 2, step = 0; step < 4; step++, rest /= 3) {
			enum vfio_interrupt_kind kind = VFIO_INTERRUPT_INTX + rest % 3;

			ways[order % 2](bed, kind);
			assert_int_equal(bed->interrupts.kind, kind);
			expect_interrupt(bed, kind);
		}
	}
	assert_int_equal(the_kvm.lost_count, 0);
}

/* A guest has so many messages for all its devices, and one kind of each at a time. */
static void a_kind_gives_its_messages_to_the_next(void **state)
{
	struct bed *bed = *state;
	uint32_t gsi = 0;

	write_msi(bed, 0x40);
	write_msix(bed, 0x60);
	go_to(bed, VFIO_INTERRUPT_MSIX);
	go_to(bed, VFIO_INTERRUPT_MSI);
	assert_int_equal(irq_message_alloc(&bed->irqs, &gsi, NULL), 0);
	assert_int_equal(gsi, IRQ_MESSAGE_FIRST + MSI_VECTORS);
	irq_message_free(&bed->irqs, gsi);
}

/* The kernel gives a device its INTx back with the end of MSI: who goes away then must hold it. */
static void nobody_is_left_with_an_asserted_line(void **state)
{
	struct bed *bed = *state;

	write_msi(bed, 0x40);
	enable_msi(bed, ALL_OF_MSI);
	fake_vfio_assert(&bed->fake, true);
	vfio_interrupts_reset(&bed->interrupts, NULL, 0);
	assert_true(bed->fake.intx.device_bit);
	assert_true(bed->fake.intx.held);
}

static void a_reset_begins_anew(void **state)
{
	struct bed *bed = *state;

	write_msi(bed, 0x40);
	enable_msi(bed, ALL_OF_MSI);
	mask_msi(bed, 1);
	raise_vector(bed, 0);
	vfio_interrupts_reset(&bed->interrupts, &bed->irqs, GSI + 1);
	pci_config_set(&bed->fn.config, FAKE_MSI + PCI_MSI_FLAGS, 2, MSI_WIDE, ALL_OF_MSI);
	assert_int_equal(vfio_interrupts_begin(&bed->interrupts, &bed->fn.config, NULL), 0);
	assert_true(bed->fake.intx.enabled);
	assert_line(bed, true);
	assert_true(the_kvm.pin[GSI + 1]);
	assert_false(the_kvm.pin[GSI]);
}

static void intx_that_cannot_be_had_is_not_shown(void **state)
{
	struct bed *bed = *state;

	bed->fake.fail_intx = EBUSY;
	assert_int_equal(make(bed, NULL), 0);
	assert_int_equal(pci_config_get(&bed->fn.config, PCI_INTERRUPT_PIN, 1), 0);
	assert_string_equal(vfio_interrupts_name(&bed->interrupts), "none");
	assert_true(bed->fake.intx.held);
	write_msi(bed, 0x40);
	enable_msi(bed, ALL_OF_MSI);
	raise_vector(bed, 0);
	assert_int_equal(the_kvm.injected_count, 1);
	enable_msi(bed, 0);
	assert_int_equal(bed->failures, 0);
	assert_true(bed->fake.intx.device_bit);
	unmake(bed);
	put_away(state);
}

static void intx_alone_that_cannot_be_had_is_refused(void **state)
{
	static const struct {
		int errnum;
		enum code code;
		const char *says;
	} cases[] = {
		{ EBUSY, CODE_DEV_INTX_BUSY, "cannot mask its INTx" },
		{ ENODEV, CODE_FAILED, "no interrupt line" },
		{ EPERM, CODE_FAILED, "INTx vectors 0 to 0" },
	};
	struct bed *bed = *state;

	fake_vfio_remove_msix(&bed->fake);
	bed->fake.msi_vectors = 0;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct error err = { 0 };

		bed->fake.fail_intx = cases[i].errnum;
		assert_int_equal(make(bed, &err), -cases[i].errnum);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.msg, cases[i].says));
		unmake(bed);
	}
	put_away(state);
}

static unsigned int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void live_through_all_kinds(struct bed *bed)
{
	write_msi(bed, 0x40);
	write_msix(bed, 0x60);
	go_to(bed, VFIO_INTERRUPT_MSI);
	mask_msi(bed, 5);
	go_to(bed, VFIO_INTERRUPT_MSIX);
	go_to(bed, VFIO_INTERRUPT_INTX);
	go_to(bed, VFIO_INTERRUPT_MSIX);
	vfio_interrupts_reset(&bed->interrupts, NULL, 0);
}

/* Each VFIO call in turn, then each of KVM's: told, and nothing is left. */
static void every_failing_call(void **state)
{
	static const unsigned long kvm_calls[] = { KVM_IRQFD, KVM_SET_GSI_ROUTING };
	struct bed *bed = *state;
	unsigned int descriptors = open_descriptors(), first, nth;

	assert_int_equal(make(bed, NULL), 0);
	first = bed->fake.ioctls - 2; /* INTx's two calls */
	live_through_all_kinds(bed);
	unmake(bed);
	assert_int_equal(open_descriptors(), descriptors);
	for (nth = first + 1;; nth++) {
		struct error err = { 0 };
		int ret;

		bed->failures = bed->fake.ioctls = 0;
		bed->fake.fail_ioctl = nth;
		ret = make(bed, &err);
		assert_int_equal(ret, 0); /* it has other kinds than INTx */
		live_through_all_kinds(bed);
		if (bed->fake.ioctls < nth)
			break;
		bed->fake.fail_ioctl = 0;
		assert_true(bed->failures > 0 || nth <= first + 2);
		/* what a failed disabling has left goes with the device's descriptor */
		bed->fake.enabled = bed->fake.intx.enabled = false;
		unmake(bed);
		assert_int_equal(open_descriptors(), descriptors);
	}
	assert_true(nth > first + 10);
	unmake(bed);
	for (size_t i = 0; i < array_size(kvm_calls); i++) {
		bed->failures = bed->fake.fail_ioctl = 0;
		assert_int_equal(make(bed, NULL), 0);
		write_msi(bed, 0x41);
		mask_msi(bed, 0xf);
		enable_msi(bed, ALL_OF_MSI);
		the_kvm.fail_request = kvm_calls[i];
		mask_msi(bed, 0);
		assert_int_equal(bed->failures, 1);
		the_kvm.fail_request = 0;
		unmake(bed);
		assert_int_equal(open_descriptors(), descriptors);
	}
	put_away(state);
}

/* Anything a guest writes to these registers: VFIO holds what they say, and only that. */
static void random_registers(void **state)
{
	static const unsigned int offsets[] = { PCI_COMMAND, PCI_COMMAND + 1, FAKE_MSI, FAKE_MSI + 2, FAKE_MSI + 3,
		FAKE_MSI + 4, FAKE_MSI + 8, FAKE_MSI + 12, FAKE_MSI + 16, FAKE_MSI + 20, FAKE_MSIX, FAKE_MSIX + 2,
		FAKE_MSIX + 3 };
	struct bed *bed = *state;
	unsigned int seed = 11, seen[4] = { 0 };

	for (unsigned int step = 0; step < RANDOM_STEPS; step++) {
		const struct pci_config *config = &bed->fn.config;
		bool msix, msi;

		set(bed, offsets[(unsigned int)rand_r(&seed) % array_size(offsets)], 1u << rand_r(&seed) % 3,
			(uint32_t)rand_r(&seed) ^ (uint32_t)rand_r(&seed) << 16);
		if (rand_r(&seed) & 1)
			assert_line(bed, rand_r(&seed) & 1);
		raise_vector(bed, (uint32_t)rand_r(&seed) % MSI_VECTORS);
		end_of_interrupt(bed);
		msix = pci_config_get(config, FAKE_MSIX + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE;
		msi = pci_config_get(config, FAKE_MSI + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE;
		assert_int_equal(bed->fake.enabled, msix || msi);
		assert_int_equal(bed->fake.intx.enabled, !msix && !msi);
		if (bed->fake.enabled)
			assert_int_equal(bed->fake.kind, msix ? VFIO_PCI_MSIX_IRQ_INDEX : VFIO_PCI_MSI_IRQ_INDEX);
		else
			assert_int_equal(bed->fake.intx.held,
				(pci_config_get(config, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE) != 0);
		seen[bed->interrupts.kind]++;
	}
	assert_int_equal(the_kvm.lost_count, 0);
	for (unsigned int kind = VFIO_INTERRUPT_INTX; kind <= VFIO_INTERRUPT_MSIX; kind++)
		assert_true(seen[kind] > RANDOM_STEPS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(a_device_begins_with_intx),
		bed_test(a_level_comes_back_until_its_cause_is_gone),
		bed_test(command_holds_the_line),
		bed_test(registers_take_any_size),
		bed_test(every_order_of_kinds),
		bed_test(a_kind_gives_its_messages_to_the_next),
		bed_test(nobody_is_left_with_an_asserted_line),
		bed_test(a_reset_begins_anew),
		raw_test(intx_that_cannot_be_had_is_not_shown),
		raw_test(intx_alone_that_cannot_be_had_is_refused),
		raw_test(every_failing_call),
		bed_test(random_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
