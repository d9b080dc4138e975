// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See vfio_scrub.h. Registers as in the data sheets of Intel's 82576 (8.26, "Virtual Function Device Registers") and
 * I350: a VF's reset switches its queues and interrupts off, and leaves the other registers as they were. The address
 * that a queue's head is written back to (TDWBAL) is in force as soon as the next driver switches that queue on, and
 * most drivers never write it.
 */
#include "passthrough/vfio_scrub.h"

#include "base/cleanup.h"

enum {
	VENDOR_INTEL = 0x8086,
	DEVICE_82576_VF = 0x10ca,
	DEVICE_I350_VF = 0x1520,
	REGISTER_BYTES = 4,
};

/* count registers from offset on, each stride behind the one before. */
struct scrub {
	uint16_t offset, stride, count;
	uint32_t value;
};

/* Queues first: what is off does not look at its addresses. */
static const struct scrub intel_vf[] = {
	{ 0x2828, 0x100, 2, 1 << 16 },     /* RXDCTL: off, its threshold as after power-on */
	{ 0x3828, 0x100, 2, 0 },           /* TXDCTL: off */
	{ 0x1528, 4, 1, UINT32_MAX },      /* EIMC: no interrupts */
	{ 0x1524, 4, 1, 0 },               /* EIMS: nothing on a card; QEMU's shows what was written last */
	{ 0x152c, 4, 2, 0 },               /* EIAC, EIAM */
	{ 0x1680, 4, 3, 0 },               /* EITR: how often */
	{ 0x1700, 4, 1, 0 },               /* IVAR: which vector for which queue */
	{ 0x1740, 4, 1, 0 },               /* IVAR_MISC: which for the mailbox */
	{ 0x0f04, 4, 1, 0 },               /* PBACL */
	{ 0x0f0c, 4, 1, 0 },               /* PSRTYPE: how frames are split */
	{ 0x3838, 0x100, 2, 0 },           /* TDWBAL: where the head is written to */
	{ 0x383c, 0x100, 2, 0 },           /* TDWBAH */
	{ 0x2800, 0x100, 2, 0 },           /* RDBAL */
	{ 0x2804, 0x100, 2, 0 },           /* RDBAH */
	{ 0x2808, 0x100, 2, 0 },           /* RDLEN */
	{ 0x280c, 0x100, 2, 0 },           /* SRRCTL */
	{ 0x2810, 0x100, 2, 0 },           /* RDH */
	{ 0x2818, 0x100, 2, 0 },           /* RDT */
	{ 0x3800, 0x100, 2, 0 },           /* TDBAL */
	{ 0x3804, 0x100, 2, 0 },           /* TDBAH */
	{ 0x3808, 0x100, 2, 0 },           /* TDLEN */
	{ 0x3810, 0x100, 2, 0 },           /* TDH */
	{ 0x3814, 0x100, 2, 0x2a00 },      /* DCA_TXCTRL: no hints, relaxed ordering as after power-on */
	{ 0x3818, 0x100, 2, 0 },           /* TDT */
	{ 0x0800, REGISTER_BYTES, 16, 0 }, /* VMBMEM: words of the mailbox */
};

static const struct {
	uint16_t vendor, device;
	uint8_t bar;
	const struct scrub *row;
	size_t count;
} known[] = {
	{ VENDOR_INTEL, DEVICE_82576_VF, 0, intel_vf, array_size(intel_vf) },
	{ VENDOR_INTEL, DEVICE_I350_VF, 0, intel_vf, array_size(intel_vf) },
};

static unsigned int scrub(const struct vfio_device *device, unsigned int bar, const struct scrub *row)
{
	for (unsigned int i = 0; i < row->count; i++)
		vfio_bar_write(device, bar, row->offset + (uint64_t)i * row->stride, REGISTER_BYTES, row->value);
	return row->count;
}

unsigned int vfio_scrub(const struct vfio_device *device)
{
	uint32_t vendor = vfio_device_read_config(device, 0, 2), id = vfio_device_read_config(device, 2, 2);
	unsigned int written = 0;

	for (size_t i = 0; i < array_size(known); i++) {
		if (known[i].vendor != vendor || known[i].device != id)
			continue;
		for (size_t row = 0; row < known[i].count; row++)
			written += scrub(device, known[i].bar, &known[i].row[row]);
	}
	return written;
}
