/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device with INTx, MSI (4 vectors with masks, 64 bits) and MSI-X, and the interrupts that a guest has of it: the bed
 * of vfio_interrupts_test.c and vfio_msi_test.c. For the one program that includes it, as fake_kvm.h is.
 */
#ifndef INTERRUPTS_BED_H
#define INTERRUPTS_BED_H

#include "passthrough/vfio_interrupts.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vfio.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	GSI = 17,
	MSI_VECTORS = 4,
	MSI_WIDE = 2 << 1 | PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT, /* 4 vectors */
	ALL_OF_MSI = PCI_MSI_FLAGS_ENABLE | 2 << 4,
};

struct bed {
	struct fake_vfio fake;
	struct vfio_device device;
	struct vfio_capabilities caps;
	struct pci_function fn;
	struct irq_table irqs;
	struct vfio_interrupts interrupts;
	unsigned int failures;
	struct error why;
};

static inline void count_failure(void *opaque, const struct error *why)
{
	struct bed *bed = opaque;

	bed->failures++;
	bed->why = *why;
}

static inline int make(struct bed *bed, struct error *err)
{
	int ret = vfio_device_init(&bed->device, FAKE_VFIO_FD, "0000:01:00.0", &fake_vfio_sys, err);

	if (!ret)
		ret = vfio_config_read(&bed->device, NULL, &bed->fn, &bed->caps, err);
	if (!ret)
		ret = vfio_interrupts_init(&bed->interrupts, &bed->device, &bed->caps, count_failure, bed, err);
	if (ret)
		return ret;
	/* as vfio_pci.c leaves a device that nobody has */
	vfio_device_write_config(&bed->device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	vfio_interrupts_reset(&bed->interrupts, &bed->irqs, GSI);
	return vfio_interrupts_begin(&bed->interrupts, &bed->fn.config, err);
}

static inline void unmake(struct bed *bed)
{
	vfio_interrupts_done(&bed->interrupts);
	assert_false(bed->fake.enabled);
	assert_false(bed->fake.intx.enabled);
	assert_int_equal(the_kvm.connects, the_kvm.disconnects);
}

/* INTx, MSI with 4 vectors, masks and 64 bits, MSI-X; not made yet. */
static inline int prepare(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	*state = bed;
	memset(&the_kvm, 0, sizeof(the_kvm));
	fake_vfio_init(&bed->fake);
	fake_vfio_add_intx(&bed->fake);
	fake_vfio_add_msi(&bed->fake, MSI_WIDE);
	assert_int_equal(irq_init(&bed->irqs, FAKE_KVM_FD, NULL), 0);
	return 0;
}

static inline int put_away(void **state)
{
	struct bed *bed = *state;

	irq_done(&bed->irqs);
	free(bed);
	return 0;
}

static inline int start(void **state)
{
	prepare(state);
	assert_int_equal(make(*state, NULL), 0);
	return 0;
}

static inline int stop(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(bed->failures, 0);
	unmake(bed);
	return put_away(state);
}

/* A guest's write, as the bus hands it on. */
static inline void set(struct bed *bed, unsigned int offset, unsigned int size, uint32_t value)
{
	uint32_t hardware;

	pci_config_guest_write(&bed->fn.config, offset, size, value, &hardware);
	vfio_interrupts_written(&bed->interrupts, &bed->fn.config, offset, size);
}

static inline uint32_t pending(struct bed *bed)
{
	return vfio_interrupts_read(&bed->interrupts, bed->caps.msi_pending, 4, 0xdeadbeef);
}

static inline void write_msi(struct bed *bed, uint32_t data)
{
	set(bed, FAKE_MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee01000);
	set(bed, FAKE_MSI + PCI_MSI_ADDRESS_HI, 4, 0);
	set(bed, FAKE_MSI + PCI_MSI_DATA_64, 2, data);
}

static inline void mask_msi(struct bed *bed, uint32_t bits)
{
	set(bed, FAKE_MSI + PCI_MSI_MASK_64, 4, bits);
}

static inline void enable_msi(struct bed *bed, uint32_t flags)
{
	set(bed, FAKE_MSI + PCI_MSI_FLAGS, 2, flags);
}

static inline void enable_msix(struct bed *bed, bool on)
{
	set(bed, FAKE_MSIX + PCI_MSIX_FLAGS, 2, on ? PCI_MSIX_FLAGS_ENABLE : 0);
}

static inline void write_msix(struct bed *bed, uint32_t data)
{
	struct vfio_msix *msix = &bed->interrupts.msix;

	vfio_msix_table_write(msix, 0, 8, 0xfee02000);
	vfio_msix_table_write(msix, 8, 8, data);
}

static inline void raise_vector(struct bed *bed, uint32_t vector)
{
	if (bed->fake.enabled && bed->fake.trigger[vector] >= 0)
		assert_int_equal(eventfd_write(bed->fake.trigger[vector], 1), 0);
	fake_kvm_poll();
}

static inline void assert_line(struct bed *bed, bool level)
{
	fake_vfio_assert(&bed->fake, level);
	fake_kvm_poll_pins();
}

static inline void end_of_interrupt(struct bed *bed)
{
	fake_kvm_eoi(GSI);
	fake_vfio_poll(&bed->fake);
	fake_kvm_poll_pins();
}

#define bed_test(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define raw_test(name) cmocka_unit_test_setup(name, prepare)

#endif
