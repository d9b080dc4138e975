// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which registers of a passed-through device its guest sees (PCI Express Base 6.0, 7.5 to 7.9; PCI Local Bus 3.0, 6.2),
 * as tables. Default is deny: no row, not shown.
 *
 * What is not shown, and why: VPD, AF and Enhanced Allocation (writes have effects outside the guest, or move
 * BARs); of the extended capabilities all that speak about other functions or about the path to them: SR-IOV, ARI, ACS,
 * ATS, PRI, PASID, AER, DPC, VC, LTR, TPH, L1 substates, resizable BARs.
 *
 * The host owns link, payload sizes and error reporting. A guest gets registers of its own for them: it can write what
 * it likes and reads it back. Two things of its configuration space reach the hardware: bus mastering, and the reset
 * that it may ask for in DEVCTL, which vfio_pci.c turns into VFIO_DEVICE_RESET.
 */
#include "passthrough/vfio_config.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	STD_SIZE = 256,
	STD_FIRST = 0x40,
	INTX_PIN_MAX = 4,
	MEMORY_BAR_MIN = 16, /* by the format of the register */
	PORTS_BAR_MIN = 4,
	PORTS_BAR_MAX = 0x8000, /* the largest that the guest's ports have a place for */
	EXT_FIRST = 0x100,
	MSI_SHAPE = PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT, /* what decides where its registers are */
};

/* One register. Bits of the device in `shown` are copied, `fixed` bits are set; both are emulated from then on. */
struct shown_field {
	uint8_t offset, size;
	uint32_t shown, fixed;
	uint32_t writable; /* by the guest, of its own copy */
	uint32_t passed;   /* read from the device each time */
	uint32_t through;  /* of those, written to the device */
};

struct shown_cap {
	uint16_t id;
	uint16_t min_size; /* bytes that must lie inside the space */
	const struct shown_field *fields;
	size_t field_count;
	bool own_length; /* the third byte says how long it is, and all of it is shown */
};

static const struct shown_field header_fields[] = {
	{ PCI_VENDOR_ID, 2, 0xffff, 0, 0, 0, 0 },
	{ PCI_DEVICE_ID, 2, 0xffff, 0, 0, 0, 0 },
	{ PCI_COMMAND, 2, 0, 0,
		PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE,
		PCI_COMMAND_MASTER, PCI_COMMAND_MASTER },
	{ PCI_STATUS, 2, 0, PCI_STATUS_CAP_LIST, 0, PCI_STATUS_INTERRUPT, 0 },
	{ PCI_CLASS_REVISION, 4, 0xffffffff, 0, 0, 0, 0 },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0, 0xff, 0, 0 },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, 0xffff, 0, 0, 0, 0 },
	{ PCI_SUBSYSTEM_ID, 2, 0xffff, 0, 0, 0, 0 },
	{ PCI_INTERRUPT_LINE, 1, 0, 0, 0xff, 0, 0 },
};

/* The device stays in D0: with No_Soft_Reset a guest cannot tell. A BAR of a sleeping device would be a trap for it. */
static const struct shown_field pm_fields[] = {
	{ PCI_PM_PMC, 2, 0, 3, 0, 0, 0 },
	{ PCI_PM_CTRL, 2, 0, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK, 0, 0 },
};

static const struct shown_field msi_fields[] = {
	{ PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_QMASK | PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT, 0,
		PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, 0, 0 },
	{ PCI_MSI_ADDRESS_LO, 4, 0, 0, 0xfffffffc, 0, 0 },
};

static const struct shown_field msi32_fields[] = {
	{ PCI_MSI_DATA_32, 2, 0, 0, 0xffff, 0, 0 },
};

static const struct shown_field msi64_fields[] = {
	{ PCI_MSI_ADDRESS_HI, 4, 0, 0, 0xffffffff, 0, 0 },
	{ PCI_MSI_DATA_64, 2, 0, 0, 0xffff, 0, 0 },
};

/* Pending bits come from vfio_interrupts.c. Mask bits of vectors that are not there: see show_msi(). */
static const struct shown_field msi32_mask_fields[] = {
	{ PCI_MSI_MASK_32, 4, 0, 0, 0xffffffff, 0, 0 },
	{ PCI_MSI_PENDING_32, 4, 0, 0, 0, 0xffffffff, 0 },
};

static const struct shown_field msi64_mask_fields[] = {
	{ PCI_MSI_MASK_64, 4, 0, 0, 0xffffffff, 0, 0 },
	{ PCI_MSI_PENDING_64, 4, 0, 0, 0, 0xffffffff, 0 },
};

static const struct shown_field msix_fields[] = {
	{ PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_QSIZE, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 0, 0 },
	{ PCI_MSIX_TABLE, 4, 0xffffffff, 0, 0, 0, 0 },
	{ PCI_MSIX_PBA, 4, 0xffffffff, 0, 0, 0, 0 },
};

/* Phantom functions would be requesters that the IOMMU does not know; ASPM and L1 belong to the real link. */
static const struct shown_field express_fields[] = {
	{ PCI_EXP_FLAGS, 2, PCI_EXP_FLAGS_VERS, PCI_EXP_TYPE_ENDPOINT << 4, 0, 0, 0 },
	{ PCI_EXP_DEVCAP, 4,
		PCI_EXP_DEVCAP_PAYLOAD | PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_L0S | PCI_EXP_DEVCAP_L1 |
			PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR,
		0, 0, 0, 0 },
	{ PCI_EXP_DEVCTL, 2, 0x7fff, 0, 0x7fff, 0, 0 },
	{ PCI_EXP_DEVSTA, 2, 0, 0, 0, PCI_EXP_DEVSTA_TRPND, 0 },
	{ PCI_EXP_LNKCAP, 4, PCI_EXP_LNKCAP_SLS | PCI_EXP_LNKCAP_MLW, 0, 0, 0, 0 },
	{ PCI_EXP_LNKCTL, 2, 0, 0, PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES, 0, 0 },
	{ PCI_EXP_LNKSTA, 2, PCI_EXP_LNKSTA_CLS | PCI_EXP_LNKSTA_NLW | PCI_EXP_LNKSTA_SLC, 0, 0, 0, 0 },
};

/* What version 2 of the capability adds. */
static const struct shown_field express2_fields[] = {
	{ PCI_EXP_DEVCAP2, 4, PCI_EXP_DEVCAP2_COMP_TMOUT_DIS | 0xf, 0, 0, 0, 0 },
	{ PCI_EXP_DEVCTL2, 2, 0, 0, PCI_EXP_DEVCTL2_COMP_TIMEOUT | PCI_EXP_DEVCTL2_COMP_TMOUT_DIS, 0, 0 },
	{ PCI_EXP_LNKCAP2, 4, 0xfe, 0, 0, 0, 0 },
	{ PCI_EXP_LNKCTL2, 2, PCI_EXP_LNKCTL2_TLS, 0, PCI_EXP_LNKCTL2_TLS, 0, 0 },
};

/* What a capability has where some bits of its 16-bit register at offset 2 are from least to most. */
static const struct shown_part {
	uint16_t id, mask, least, most;
	uint16_t min_size; /* of the capability, with this in it */
	const struct shown_field *fields;
	size_t field_count;
} shown_parts[] = {
	{ PCI_CAP_ID_EXP, PCI_EXP_FLAGS_VERS, 2, PCI_EXP_FLAGS_VERS, PCI_EXP_LNKSTA2 + 2, express2_fields,
		array_size(express2_fields) },
	{ PCI_CAP_ID_MSI, PCI_MSI_FLAGS_64BIT, 0, 0, PCI_MSI_DATA_32 + 2, msi32_fields, array_size(msi32_fields) },
	{ PCI_CAP_ID_MSI, PCI_MSI_FLAGS_64BIT, PCI_MSI_FLAGS_64BIT, PCI_MSI_FLAGS_64BIT, PCI_MSI_DATA_64 + 2,
		msi64_fields, array_size(msi64_fields) },
	{ PCI_CAP_ID_MSI, MSI_SHAPE, PCI_MSI_FLAGS_MASKBIT, PCI_MSI_FLAGS_MASKBIT, PCI_MSI_PENDING_32 + 4,
		msi32_mask_fields, array_size(msi32_mask_fields) },
	{ PCI_CAP_ID_MSI, MSI_SHAPE, MSI_SHAPE, MSI_SHAPE, PCI_MSI_PENDING_64 + 4, msi64_mask_fields,
		array_size(msi64_mask_fields) },
};

static const struct shown_cap shown_caps[] = {
	{ PCI_CAP_ID_PM, PCI_PM_SIZEOF, pm_fields, array_size(pm_fields), false },
	{ PCI_CAP_ID_MSI, PCI_MSI_DATA_32 + 2, msi_fields, array_size(msi_fields), false },
	{ PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF, msix_fields, array_size(msix_fields), false },
	{ PCI_CAP_ID_EXP, PCI_EXP_LNKSTA + 2, express_fields, array_size(express_fields), false },
	/* virtio finds its registers through these. Frozen: what a vendor hides behind live ones nobody knows. */
	{ PCI_CAP_ID_VNDR, 3, NULL, 0, true },
};

static const struct shown_field serial_fields[] = {
	{ 4, 4, 0xffffffff, 0, 0, 0, 0 },
	{ 8, 4, 0xffffffff, 0, 0, 0, 0 },
};

static const struct shown_cap shown_ext_caps[] = {
	{ PCI_EXT_CAP_ID_DSN, PCI_EXT_CAP_DSN_SIZEOF, serial_fields, array_size(serial_fields), false },
};

/* The device as it was found: nothing is decided from a second reading, which might say something else. */
struct snapshot {
	const struct vfio_device *device;
	uint8_t bytes[STD_SIZE];
};

static uint32_t snapshot_get(const struct snapshot *snapshot, unsigned int offset, unsigned int size)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint32_t)snapshot->bytes[offset + i] << (8 * i);
	return value;
}

static int malformed(const struct vfio_device *device, struct error *err, const char *what, uint64_t where)
{
	return fail_code(err, CODE_DEV_MALFORMED, EPROTO, "%s: configuration space: %s (0x%llx)", device->name, what,
		(unsigned long long)where);
}

static int snapshot_take(const struct vfio_device *device, struct snapshot *ret_snapshot, struct error *err)
{
	ret_snapshot->device = device;
	for (unsigned int at = 0; at < STD_SIZE; at += 4) {
		uint32_t value = vfio_device_read_config(device, at, 4);

		for (unsigned int i = 0; i < 4; i++)
			ret_snapshot->bytes[at + i] = (uint8_t)(value >> (8 * i));
	}
	if (snapshot_get(ret_snapshot, PCI_VENDOR_ID, 4) == UINT32_MAX)
		return fail_code(
			err, CODE_DEV_LOST, ENODEV, "%s does not answer: its registers read as ones", device->name);
	if ((ret_snapshot->bytes[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_NORMAL)
		return malformed(device, err, "not the header of an endpoint", ret_snapshot->bytes[PCI_HEADER_TYPE]);
	return 0;
}

static void show_fields(struct pci_config *config, unsigned int base, const struct shown_field *fields, size_t count,
	uint32_t (*read)(const void *source, unsigned int offset, unsigned int size), const void *source)
{
	for (size_t i = 0; i < count; i++) {
		const struct shown_field *field = &fields[i];
		unsigned int at = base + field->offset;
		uint32_t value = field->fixed;

		if (field->shown)
			value |= read(source, at, field->size) & field->shown;
		pci_config_set(config, at, field->size, value, field->writable);
		if (field->passed)
			pci_config_pass(config, at, field->size, field->passed, field->through);
	}
}

static uint32_t read_snapshot(const void *source, unsigned int offset, unsigned int size)
{
	return snapshot_get(source, offset, size);
}

static uint32_t read_device(const void *source, unsigned int offset, unsigned int size)
{
	return vfio_device_read_config(source, offset, size);
}

static const struct shown_cap *find_cap(const struct shown_cap *caps, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++)
		if (caps[i].id == id)
			return &caps[i];
	return NULL;
}

static bool has_part(const struct snapshot *snapshot, unsigned int at, const struct shown_part *part)
{
	uint32_t bits;

	if (snapshot->bytes[at + PCI_CAP_LIST_ID] != part->id || at + PCI_CAP_FLAGS + 2 > STD_SIZE)
		return false;
	bits = snapshot_get(snapshot, at + PCI_CAP_FLAGS, 2) & part->mask;
	return bits >= part->least && bits <= part->most;
}

static int check_capability(const struct snapshot *snapshot, unsigned int at, const struct shown_cap *cap,
	unsigned int *ret_size, struct error *err)
{
	unsigned int size = cap->min_size;

	for (size_t i = 0; i < array_size(shown_parts); i++)
		if (has_part(snapshot, at, &shown_parts[i]) && shown_parts[i].min_size > size)
			size = shown_parts[i].min_size;
	if (cap->own_length && at + 3 <= STD_SIZE && snapshot->bytes[at + 2] > size)
		size = snapshot->bytes[at + 2];
	if (at + size > STD_SIZE)
		return malformed(snapshot->device, err, "a capability runs past the end", at);
	*ret_size = size;
	return 0;
}

static void show_capability(const struct snapshot *snapshot, struct pci_config *config, unsigned int at,
	const struct shown_cap *cap, unsigned int size)
{
	pci_config_set(config, at + PCI_CAP_LIST_ID, 1, cap->id, 0);
	show_fields(config, at, cap->fields, cap->field_count, read_snapshot, snapshot);
	for (size_t i = 0; i < array_size(shown_parts); i++)
		if (has_part(snapshot, at, &shown_parts[i]))
			show_fields(
				config, at, shown_parts[i].fields, shown_parts[i].field_count, read_snapshot, snapshot);
	for (unsigned int i = PCI_CAP_FLAGS; cap->own_length && i < size; i++)
		pci_config_set(config, at + i, 1, snapshot->bytes[at + i], 0);
}

/* Bytes of configuration space that a shown capability already holds. */
struct taken {
	bool byte[STD_SIZE];
};

static int take_bytes(
	const struct snapshot *snapshot, struct taken *taken, unsigned int at, unsigned int size, struct error *err)
{
	for (unsigned int i = at; i < at + size; i++) {
		if (taken->byte[i])
			return malformed(snapshot->device, err, "capabilities overlap", i);
		taken->byte[i] = true;
	}
	return 0;
}

static int find_once(const struct snapshot *snapshot, unsigned int at, uint16_t id, struct vfio_capabilities *caps,
	struct error *err)
{
	const struct {
		uint16_t id;
		unsigned int *at;
	} places[] = {
		{ PCI_CAP_ID_EXP, &caps->express },
		{ PCI_CAP_ID_MSI, &caps->msi },
		{ PCI_CAP_ID_MSIX, &caps->msix },
	};

	for (size_t i = 0; i < array_size(places); i++) {
		if (places[i].id != id)
			continue;
		if (*places[i].at)
			return malformed(snapshot->device, err, "a capability is there twice", at);
		*places[i].at = at;
	}
	return 0;
}

/* A kind of interrupt that the kernel does not offer is not there (an erratum, a kernel without it). */
static bool is_offered(const struct vfio_device *device, uint16_t id)
{
	if (id == PCI_CAP_ID_MSI)
		return device->irq[VFIO_PCI_MSI_IRQ_INDEX].count;
	return id != PCI_CAP_ID_MSIX || device->irq[VFIO_PCI_MSIX_IRQ_INDEX].count;
}

static int show_capabilities(
	const struct snapshot *snapshot, struct pci_config *config, struct vfio_capabilities *caps, struct error *err)
{
	unsigned int at = snapshot->bytes[PCI_CAPABILITY_LIST], link = PCI_CAPABILITY_LIST;
	bool visited[STD_SIZE] = { false };
	struct taken taken = { 0 };

	if (!(snapshot_get(snapshot, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	for (at &= ~3u; at != 0; at = snapshot->bytes[at + PCI_CAP_LIST_NEXT] & ~3u) {
		const struct shown_cap *cap;
		unsigned int size = 0;
		int ret;

		if (at < STD_FIRST || visited[at])
			return malformed(snapshot->device, err, "the chain of capabilities leads nowhere", at);
		visited[at] = true;
		cap = find_cap(shown_caps, array_size(shown_caps), snapshot->bytes[at + PCI_CAP_LIST_ID]);
		if (!cap || !is_offered(snapshot->device, cap->id))
			continue;
		ret = check_capability(snapshot, at, cap, &size, err);
		if (!ret)
			ret = take_bytes(snapshot, &taken, at, size, err);
		if (!ret)
			ret = find_once(snapshot, at, cap->id, caps, err);
		if (ret)
			return ret;
		show_capability(snapshot, config, at, cap, size);
		pci_config_put(config, link, 1, at);
		link = at + PCI_CAP_LIST_NEXT;
	}
	return 0;
}

/*
 * The chain must begin at 0x100: what is shown first is a capability of no type where the device has something hidden
 * there, and no chain at all where nothing is shown.
 */
static int show_extended(const struct vfio_device *device, struct pci_config *config, struct error *err)
{
	bool visited[PCI_CONFIG_SIZE / 4] = { false };
	unsigned int at = EXT_FIRST, link = EXT_FIRST;

	while (at != 0 && device->config.size == PCI_CONFIG_SIZE) {
		uint32_t header = vfio_device_read_config(device, at, 4);
		const struct shown_cap *cap;

		if (at == EXT_FIRST && (header == 0 || header == UINT32_MAX))
			return 0;
		if (at < EXT_FIRST || visited[at / 4])
			return malformed(device, err, "the chain of extended capabilities leads nowhere", at);
		visited[at / 4] = true;
		cap = find_cap(shown_ext_caps, array_size(shown_ext_caps), PCI_EXT_CAP_ID(header));
		if (cap && at + cap->min_size > PCI_CONFIG_SIZE)
			return malformed(device, err, "an extended capability runs past the end", at);
		if (cap) {
			show_fields(config, at, cap->fields, cap->field_count, read_device, device);
			pci_config_set(config, at, 4, header & 0xfffff, 0);
			if (at != link)
				pci_config_put(config, link, 4, pci_config_get(config, link, 4) | at << 20);
			link = at;
		}
		at = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

static int read_memory_bar(
	const struct snapshot *snapshot, unsigned int index, uint32_t value, struct pci_bar *ret_bar, struct error *err)
{
	const struct vfio_region *region = &snapshot->device->bar[index];
	bool is_64bit = (value & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
	bool prefetchable = value & PCI_BASE_ADDRESS_MEM_PREFETCH;

	if (region->size < MEMORY_BAR_MIN)
		return malformed(snapshot->device, err, "a memory BAR is too small", region->size);
	if (is_64bit && (index + 1 == PCI_BAR_COUNT || snapshot->device->bar[index + 1].size))
		return malformed(snapshot->device, err, "a 64-bit BAR has no room for its upper half", index);
	if (!is_64bit && region->size > 1ull << 31)
		return malformed(snapshot->device, err, "a 32-bit BAR is too large", region->size);
	if (is_64bit)
		ret_bar->kind = prefetchable ? PCI_BAR_MEM64_PREFETCHABLE : PCI_BAR_MEM64;
	else
		ret_bar->kind = prefetchable ? PCI_BAR_MEM32_PREFETCHABLE : PCI_BAR_MEM32;
	ret_bar->size = region->size;
	return 0;
}

static int read_bar(const struct snapshot *snapshot, unsigned int index, struct pci_bar *ret_bar, struct error *err)
{
	const struct vfio_region *region = &snapshot->device->bar[index];
	uint32_t value = snapshot_get(snapshot, PCI_BASE_ADDRESS_0 + 4 * index, 4);

	*ret_bar = (struct pci_bar){ PCI_BAR_NONE };
	if (region->size == 0)
		return 0;
	if (region->size & (region->size - 1))
		return malformed(snapshot->device, err, "the size of a BAR is no power of two", region->size);
	if (!(value & PCI_BASE_ADDRESS_SPACE_IO))
		return read_memory_bar(snapshot, index, value, ret_bar, err);
	if (region->size < PORTS_BAR_MIN || region->size > PORTS_BAR_MAX)
		return malformed(snapshot->device, err, "an I/O BAR of a size that there is not", region->size);
	*ret_bar = (struct pci_bar){ .kind = PCI_BAR_IO, .size = region->size };
	return 0;
}

static int read_place(const struct snapshot *snapshot, const struct pci_bar *bars, uint32_t where, uint64_t size,
	struct vfio_place *ret_place, struct error *err)
{
	struct vfio_place place = { where & PCI_MSIX_TABLE_BIR, where & PCI_MSIX_TABLE_OFFSET, size };

	if (place.bar >= PCI_BAR_COUNT || bars[place.bar].kind == PCI_BAR_NONE || bars[place.bar].kind == PCI_BAR_IO)
		return malformed(snapshot->device, err, "MSI-X lies in a BAR that is not there", where);
	if (place.offset + place.size > snapshot->device->bar[place.bar].size)
		return malformed(snapshot->device, err, "MSI-X lies past the end of its BAR", where);
	*ret_place = place;
	return 0;
}

static int read_pin(const struct snapshot *snapshot, struct vfio_capabilities *caps, struct error *err)
{
	unsigned int pin = snapshot->bytes[PCI_INTERRUPT_PIN];

	if (!snapshot->device->irq[VFIO_PCI_INTX_IRQ_INDEX].count)
		return 0;
	if (pin < 1 || pin > INTX_PIN_MAX)
		return malformed(snapshot->device, err, "an interrupt pin that there is not", pin);
	caps->pin = pin;
	return 0;
}

/* Mask bits of vectors that are not there are not to be written. */
static int show_msi(
	const struct snapshot *snapshot, struct pci_config *config, struct vfio_capabilities *caps, struct error *err)
{
	uint32_t flags, vectors, all;

	if (!caps->msi)
		return 0;
	flags = snapshot_get(snapshot, caps->msi + PCI_MSI_FLAGS, 2);
	vectors = 1u << ((flags & PCI_MSI_FLAGS_QMASK) >> 1);
	if (vectors > snapshot->device->irq[VFIO_PCI_MSI_IRQ_INDEX].count)
		return malformed(snapshot->device, err, "more MSI vectors than the kernel counts", vectors);
	caps->msi_vectors = vectors;
	caps->msi_size = flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_DATA_64 + 2 : PCI_MSI_DATA_32 + 2;
	if (!(flags & PCI_MSI_FLAGS_MASKBIT))
		return 0;
	all = vectors == VFIO_MSI_MAX ? UINT32_MAX : (1u << vectors) - 1;
	caps->msi_pending = caps->msi + (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_PENDING_64 : PCI_MSI_PENDING_32);
	caps->msi_size = caps->msi_pending + 4 - caps->msi;
	pci_config_set(config, caps->msi_pending - 4, 4, 0, all);
	return 0;
}

static int read_msix(
	const struct snapshot *snapshot, const struct pci_bar *bars, struct vfio_capabilities *caps, struct error *err)
{
	const struct vfio_device *device = snapshot->device;
	uint64_t pba_size;
	int ret;

	if (!caps->msix)
		return 0;
	caps->msix_vectors = (snapshot_get(snapshot, caps->msix + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
	if (caps->msix_vectors > device->irq[VFIO_PCI_MSIX_IRQ_INDEX].count)
		return malformed(device, err, "more MSI-X vectors than the kernel counts", caps->msix_vectors);
	pba_size = (caps->msix_vectors + 63) / 64 * 8;
	ret = read_place(snapshot, bars, snapshot_get(snapshot, caps->msix + PCI_MSIX_TABLE, 4),
		(uint64_t)caps->msix_vectors * MSIX_ENTRY_SIZE, &caps->table, err);
	if (!ret)
		ret = read_place(snapshot, bars, snapshot_get(snapshot, caps->msix + PCI_MSIX_PBA, 4), pba_size,
			&caps->pba, err);
	if (ret)
		return ret;
	if (caps->table.bar == caps->pba.bar && caps->table.offset < caps->pba.offset + caps->pba.size &&
		caps->pba.offset < caps->table.offset + caps->table.size)
		return malformed(device, err, "the MSI-X table overlaps the pending bits", caps->table.offset);
	return 0;
}

/* A guest may ask for a function level reset where both the device and VFIO can do one. */
static void show_reset(
	const struct vfio_device *device, struct pci_config *config, const struct vfio_capabilities *caps)
{
	unsigned int devcap = caps->express + PCI_EXP_DEVCAP, devctl = caps->express + PCI_EXP_DEVCTL;
	uint32_t abilities;

	if (!caps->express)
		return;
	abilities = pci_config_get(config, devcap, 4);
	if (!device->can_reset)
		pci_config_put(config, devcap, 4, abilities & ~(uint32_t)PCI_EXP_DEVCAP_FLR);
	else if (abilities & PCI_EXP_DEVCAP_FLR)
		pci_config_set(config, devctl, 2, pci_config_get(config, devctl, 2), 0xffff);
}

int vfio_config_read(const struct vfio_device *device, struct pci_function *fn, struct vfio_capabilities *ret_caps,
	struct error *err)
{
	struct pci_bar bars[PCI_BAR_COUNT];
	struct vfio_capabilities caps = { 0 };
	struct snapshot snapshot;
	int ret = snapshot_take(device, &snapshot, err);

	for (unsigned int i = 0; i < PCI_BAR_COUNT && !ret; i++)
		ret = read_bar(&snapshot, i, &bars[i], err);
	if (ret)
		return ret;
	pci_config_init(&fn->config);
	show_fields(&fn->config, 0, header_fields, array_size(header_fields), read_snapshot, &snapshot);
	ret = show_capabilities(&snapshot, &fn->config, &caps, err);
	if (!ret)
		ret = show_extended(device, &fn->config, err);
	if (!ret)
		ret = read_pin(&snapshot, &caps, err);
	if (!ret)
		ret = show_msi(&snapshot, &fn->config, &caps, err);
	if (!ret)
		ret = read_msix(&snapshot, bars, &caps, err);
	if (ret)
		return ret;
	show_reset(device, &fn->config, &caps);
	memcpy(fn->bar, bars, sizeof(bars));
	*ret_caps = caps;
	return 0;
}
