// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a passed-through device's configuration space and turning it into what its guest sees, by the tables of
 * vfio_config_rows.c. Chains of capabilities are walked with bounds and without loops; what contradicts itself is
 * refused; what is made of each register is noted down with its reason.
 */
#include "passthrough/vfio_config.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>

#include "base/cleanup.h"
#include "passthrough/vfio_config_rows.h"
#include "passthrough/vfio_face.h"

enum {
	INTX_PIN_MAX = 4,
	EXT_FIRST = 0x100,
	CAP_HEADER = 2, /* bytes: its id, and where the next one is */
	EXT_CAP_HEADER = 4,
};

static void show_fields(struct face *face, unsigned int base, const struct shown_fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct shown_field *field = &fields->field[i];
		unsigned int at = base + field->offset;
		uint32_t value = field->fixed;

		if (field->shown)
			value |= face_read(face, at, field->size) & field->shown;
		pci_config_set(face->config, at, field->size, value, field->writable);
		if (field->passed)
			pci_config_pass(face->config, at, field->size, field->passed, field->through);
		face_note(face, at, field->size, field->name, field->why);
	}
}

static bool has_part(const struct face *face, unsigned int at, const struct shown_part *part)
{
	uint32_t bits;

	if (face->found.bytes[at + PCI_CAP_LIST_ID] != part->id || at + PCI_CAP_FLAGS + 2 > STD_SIZE)
		return false;
	bits = snapshot_get(&face->found, at + PCI_CAP_FLAGS, 2) & part->mask;
	return bits >= part->least && bits <= part->most;
}

static int check_capability(const struct face *face, unsigned int at, const struct shown_cap *cap,
	unsigned int *ret_size, struct error *err)
{
	unsigned int size = cap->min_size;
	size_t count;
	const struct shown_part *parts = vfio_shown_parts(&count);

	for (size_t i = 0; i < count; i++)
		if (has_part(face, at, &parts[i]) && parts[i].min_size > size)
			size = parts[i].min_size;
	if (cap->own_length && at + 3 <= STD_SIZE && face->found.bytes[at + 2] > size)
		size = face->found.bytes[at + 2];
	if (at + size > STD_SIZE)
		return vfio_malformed(face->found.device, err, "a capability runs past the end", at);
	*ret_size = size;
	return 0;
}

static void show_capability(struct face *face, unsigned int at, const struct shown_cap *cap, unsigned int size)
{
	size_t count;
	const struct shown_part *parts = vfio_shown_parts(&count);

	pci_config_set(face->config, at + PCI_CAP_LIST_ID, 1, cap->id, 0);
	face_note(face, at, CAP_HEADER, cap->name, cap->why);
	show_fields(face, at, &cap->fields);
	for (size_t i = 0; i < count; i++)
		if (has_part(face, at, &parts[i]))
			show_fields(face, at, &parts[i].fields);
	for (unsigned int i = PCI_CAP_FLAGS; cap->own_length && i < size; i++)
		pci_config_set(face->config, at + i, 1, face->found.bytes[at + i], 0);
}

static int take_bytes(struct face *face, unsigned int at, unsigned int size, struct error *err)
{
	for (unsigned int i = at; i < at + size; i++) {
		if (face->taken[i])
			return vfio_malformed(face->found.device, err, "capabilities overlap", i);
		face->taken[i] = true;
	}
	return 0;
}

static int find_once(struct face *face, unsigned int at, uint16_t id, struct error *err)
{
	const struct {
		uint16_t id;
		unsigned int *at;
	} places[] = {
		{ PCI_CAP_ID_EXP, &face->caps->express },
		{ PCI_CAP_ID_MSI, &face->caps->msi },
		{ PCI_CAP_ID_MSIX, &face->caps->msix },
		{ PCI_CAP_ID_AF, &face->caps->af },
		{ PCI_CAP_ID_VPD, &face->caps->vpd },
	};

	for (size_t i = 0; i < array_size(places); i++) {
		if (places[i].id != id)
			continue;
		if (*places[i].at)
			return vfio_malformed(face->found.device, err, "a capability is there twice", at);
		*places[i].at = at;
	}
	return 0;
}

/*
 * An endpoint integrated into the root complex has no link, and in version 1 no room for its registers (PCI Express
 * Base 6.0, 7.5.3): others may lie there.
 */
static bool lacks_link(const struct face *face, unsigned int at)
{
	uint32_t flags = at + PCI_EXP_FLAGS + 2 <= STD_SIZE ? snapshot_get(&face->found, at + PCI_EXP_FLAGS, 2) : 0;

	return (flags & PCI_EXP_FLAGS_TYPE) >> 4 == PCI_EXP_TYPE_RC_END && (flags & PCI_EXP_FLAGS_VERS) < 2;
}

/* Why a capability that has a row is not shown all the same; NULL: it is. */
static const char *why_not(const struct face *face, unsigned int at, uint16_t id)
{
	const struct vfio_device *device = face->found.device;

	/* An erratum, a kernel without it. */
	if (id == PCI_CAP_ID_MSI && !device->irq[VFIO_PCI_MSI_IRQ_INDEX].count)
		return "the kernel offers no such interrupts of this device";
	if (id == PCI_CAP_ID_MSIX && !device->irq[VFIO_PCI_MSIX_IRQ_INDEX].count)
		return "the kernel offers no such interrupts of this device";
	if (id == PCI_CAP_ID_EXP && lacks_link(face, at))
		return "it has no registers for the link that the guest's port leads to: shown as a conventional "
		       "device";
	return NULL;
}

/* A vendor's own capability says how long it is; 0: one that does not. */
static uint16_t vendor_size(const struct face *face, unsigned int at, uint16_t id)
{
	if (id != PCI_CAP_ID_VNDR || at + 3 > STD_SIZE || face->found.bytes[at + 2] < 3)
		return 0;
	return face->found.bytes[at + 2];
}

static const char by_rule[] = "shown by a rule of the user's";

/* A capability whose registers a rule opens: its head makes the chain, the rest is up to face_apply_rules(). */
static void show_by_rule(struct face *face, unsigned int at, const char *name)
{
	pci_config_set(face->config, at + PCI_CAP_LIST_ID, 1, face->found.bytes[at + PCI_CAP_LIST_ID], 0);
	face_note(face, at, CAP_HEADER, name, by_rule);
}

static int show_by_table(struct face *face, unsigned int at, const struct shown_cap *cap, struct error *err)
{
	unsigned int size = 0;
	int ret = check_capability(face, at, cap, &size, err);

	if (!ret)
		ret = take_bytes(face, at, size, err);
	if (!ret)
		ret = find_once(face, at, cap->id, err);
	if (ret)
		return ret;
	show_capability(face, at, cap, size);
	face_add_cap(
		face, (struct face_cap){
			      .at = (uint16_t)at, .id = cap->id, .size = (uint16_t)size, .vendors = cap->own_length });
	return 0;
}

/* One capability of the chain; *link is where the one before it points from. */
static int add_capability(struct face *face, unsigned int at, unsigned int *link, struct error *err)
{
	uint16_t id = face->found.bytes[at + PCI_CAP_LIST_ID];
	uint8_t action = face_rule(face, RULE_CAPABILITY, id);
	const struct shown_cap *cap = vfio_shown_cap(id);
	const struct hidden_cap *hidden = vfio_hidden_cap(id);
	const char *name = cap ? cap->name : hidden->name;
	const char *why = action == RULE_HIDE ? "hidden by a rule of the user's"
			  : cap               ? why_not(face, at, id)
					      : hidden->why;
	int ret = 0;

	if (action == RULE_SHOW || action == RULE_PASS) {
		show_by_rule(face, at, name);
		face_add_cap(face, (struct face_cap){ .at = (uint16_t)at,
					   .id = id,
					   .size = vendor_size(face, at, id),
					   .vendors = id == PCI_CAP_ID_VNDR,
					   .action = action });
	} else if (why) {
		face_note(face, at, CAP_HEADER, name, why);
		face_add_cap(face, (struct face_cap){ .at = (uint16_t)at, .id = id });
		return 0;
	} else {
		ret = show_by_table(face, at, cap, err);
	}
	if (ret)
		return ret;
	pci_config_put(face->config, *link, 1, at);
	*link = at + PCI_CAP_LIST_NEXT;
	return 0;
}

static int show_capabilities(struct face *face, struct error *err)
{
	const struct snapshot *found = &face->found;
	unsigned int at = found->bytes[PCI_CAPABILITY_LIST], link = PCI_CAPABILITY_LIST;
	bool visited[STD_SIZE] = { false };

	if (!(snapshot_get(found, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	for (at &= ~3u; at != 0; at = found->bytes[at + PCI_CAP_LIST_NEXT] & ~3u) {
		int ret;

		if (at < STD_FIRST || visited[at])
			return vfio_malformed(found->device, err, "the chain of capabilities leads nowhere", at);
		visited[at] = true;
		ret = add_capability(face, at, &link, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* Of a vendor's own extended capability: bits 31 to 20 of the dword after its head. */
static uint16_t extended_size(const struct face *face, unsigned int at, uint16_t id)
{
	if ((id != PCI_EXT_CAP_ID_VNDR && id != PCI_EXT_CAP_ID_DVSEC) || at + 8 > PCI_CONFIG_SIZE)
		return 0;
	return (uint16_t)(face_read(face, at + 4, 4) >> 20);
}

/* 1: shown, 0: it contradicts itself or the kernel, which is no reason to refuse the device. */
static int show_extended_by_table(struct face *face, unsigned int at, const struct shown_cap *cap, struct error *err)
{
	if (at + cap->min_size > PCI_CONFIG_SIZE)
		return vfio_malformed(face->found.device, err, "an extended capability runs past the end", at);
	if (cap->id == PCI_EXT_CAP_ID_REBAR && !face_fit_rebar(face, at)) {
		face_note(face, at, EXT_CAP_HEADER, cap->name, "it speaks of other BARs than the kernel");
		return 0;
	}
	face_note(face, at, EXT_CAP_HEADER, cap->name, cap->why);
	show_fields(face, at, &cap->fields);
	return 1;
}

static int add_extended(struct face *face, unsigned int at, uint32_t header, unsigned int *link, struct error *err)
{
	uint16_t id = PCI_EXT_CAP_ID(header);
	const struct shown_cap *cap = vfio_shown_ext_cap(id);
	const struct hidden_cap *hidden = vfio_hidden_ext_cap(id);
	uint8_t action = face_rule(face, RULE_EXTENDED, id);
	struct face_cap known = { .at = (uint16_t)at, .id = id, .size = extended_size(face, at, id), .extended = true };
	int ret = 1;

	known.vendors = id == PCI_EXT_CAP_ID_VNDR || id == PCI_EXT_CAP_ID_DVSEC;
	known.action = action == RULE_HIDE ? 0 : action;
	face_add_cap(face, known);
	if (action == RULE_HIDE || (!action && !cap)) {
		face_note(face, at, EXT_CAP_HEADER, cap ? cap->name : hidden->name,
			action ? "hidden by a rule of the user's" : hidden->why);
		return 0;
	}
	if (action)
		face_note(face, at, EXT_CAP_HEADER, cap ? cap->name : hidden->name, by_rule);
	else
		ret = show_extended_by_table(face, at, cap, err);
	if (ret <= 0)
		return ret;
	pci_config_set(face->config, at, 4, header & 0xfffff, 0);
	if (at != *link)
		pci_config_put(face->config, *link, 4, pci_config_get(face->config, *link, 4) | at << 20);
	*link = at;
	return 0;
}

/*
 * The chain must begin at 0x100: what is shown first is a capability of no type where the device has something hidden
 * there, and no chain at all where nothing is shown.
 */
static int show_extended(struct face *face, struct error *err)
{
	const struct vfio_device *device = face->found.device;
	bool visited[PCI_CONFIG_SIZE / 4] = { false };
	unsigned int at = EXT_FIRST, link = EXT_FIRST;

	while (at != 0 && device->config.size == PCI_CONFIG_SIZE) {
		uint32_t header = vfio_device_read_config(device, at, 4);
		int ret;

		if (at == EXT_FIRST && (header == 0 || header == UINT32_MAX))
			return 0;
		if (at < EXT_FIRST || visited[at / 4])
			return vfio_malformed(device, err, "the chain of extended capabilities leads nowhere", at);
		visited[at / 4] = true;
		ret = add_extended(face, at, header, &link, err);
		if (ret)
			return ret;
		at = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

static int read_place(
	const struct face *face, uint32_t where, uint64_t size, struct vfio_place *ret_place, struct error *err)
{
	const struct vfio_device *device = face->found.device;
	struct vfio_place place = { where & PCI_MSIX_TABLE_BIR, where & PCI_MSIX_TABLE_OFFSET, size };

	if (place.bar >= PCI_BAR_COUNT || face->bar[place.bar].kind == PCI_BAR_NONE ||
		face->bar[place.bar].kind == PCI_BAR_IO)
		return vfio_malformed(device, err, "MSI-X lies in a BAR that is not there", where);
	if (place.offset + place.size > device->bar[place.bar].size)
		return vfio_malformed(device, err, "MSI-X lies past the end of its BAR", where);
	*ret_place = place;
	return 0;
}

static int read_pin(struct face *face, struct error *err)
{
	const struct vfio_device *device = face->found.device;
	unsigned int pin = face->found.bytes[PCI_INTERRUPT_PIN];

	if (!device->irq[VFIO_PCI_INTX_IRQ_INDEX].count)
		return 0;
	if (pin < 1 || pin > INTX_PIN_MAX)
		return vfio_malformed(device, err, "an interrupt pin that there is not", pin);
	face->caps->pin = pin;
	return 0;
}

/* Mask bits of vectors that are not there are not to be written. */
static int show_msi(struct face *face, struct error *err)
{
	const struct vfio_device *device = face->found.device;
	struct vfio_capabilities *caps = face->caps;
	uint32_t flags, vectors, all;

	if (!caps->msi)
		return 0;
	flags = snapshot_get(&face->found, caps->msi + PCI_MSI_FLAGS, 2);
	vectors = 1u << ((flags & PCI_MSI_FLAGS_QMASK) >> 1);
	if (vectors > device->irq[VFIO_PCI_MSI_IRQ_INDEX].count)
		return vfio_malformed(device, err, "more MSI vectors than the kernel counts", vectors);
	caps->msi_vectors = vectors;
	caps->msi_size = flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_DATA_64 + 2 : PCI_MSI_DATA_32 + 2;
	if (!(flags & PCI_MSI_FLAGS_MASKBIT))
		return 0;
	all = vectors == VFIO_MSI_MAX ? UINT32_MAX : (1u << vectors) - 1;
	caps->msi_pending = caps->msi + (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_PENDING_64 : PCI_MSI_PENDING_32);
	caps->msi_size = caps->msi_pending + 4 - caps->msi;
	pci_config_set(face->config, caps->msi_pending - 4, 4, 0, all);
	return 0;
}

static int read_msix(struct face *face, struct error *err)
{
	const struct vfio_device *device = face->found.device;
	struct vfio_capabilities *caps = face->caps;
	uint64_t pba_size;
	int ret;

	if (!caps->msix)
		return 0;
	caps->msix_vectors = (snapshot_get(&face->found, caps->msix + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
	if (caps->msix_vectors > device->irq[VFIO_PCI_MSIX_IRQ_INDEX].count)
		return vfio_malformed(device, err, "more MSI-X vectors than the kernel counts", caps->msix_vectors);
	pba_size = (caps->msix_vectors + 63) / 64 * 8;
	ret = read_place(face, snapshot_get(&face->found, caps->msix + PCI_MSIX_TABLE, 4),
		(uint64_t)caps->msix_vectors * MSIX_ENTRY_SIZE, &caps->table, err);
	if (!ret)
		ret = read_place(
			face, snapshot_get(&face->found, caps->msix + PCI_MSIX_PBA, 4), pba_size, &caps->pba, err);
	if (ret)
		return ret;
	if (caps->table.bar == caps->pba.bar && caps->table.offset < caps->pba.offset + caps->pba.size &&
		caps->pba.offset < caps->table.offset + caps->table.size)
		return vfio_malformed(device, err, "the MSI-X table overlaps the pending bits", caps->table.offset);
	return 0;
}

/* The bus fills these in; here they are only named. */
static void note_bars(struct face *face)
{
	static const char *const names[PCI_BAR_COUNT] = { "BAR 0", "BAR 1", "BAR 2", "BAR 3", "BAR 4", "BAR 5" };

	for (unsigned int i = 0; i < PCI_BAR_COUNT; i++) {
		enum pci_bar_kind kind = face->bar[i].kind;

		if (kind == PCI_BAR_NONE)
			continue;
		face_note(face, PCI_BASE_ADDRESS_0 + 4 * i, 4, names[i],
			kind == PCI_BAR_IO ? "the guest's address, of the device's size; each access is passed on"
					   : "the guest's address, of the device's size; mapped there");
		if (kind == PCI_BAR_MEM64 || kind == PCI_BAR_MEM64_PREFETCHABLE)
			face_note(face, PCI_BASE_ADDRESS_0 + 4 * (i + 1), 4, names[i + 1],
				"the upper half of that address");
	}
}

static int fill(struct face *face, struct error *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < PCI_BAR_COUNT && !ret; i++)
		ret = snapshot_read_bar(&face->found, i, &face->bar[i], err);
	if (ret)
		return ret;
	show_fields(face, 0, &vfio_header_rows);
	note_bars(face);
	ret = show_capabilities(face, err);
	if (!ret)
		ret = show_extended(face, err);
	if (!ret)
		ret = read_pin(face, err);
	if (!ret)
		ret = show_msi(face, err);
	if (!ret)
		ret = read_msix(face, err);
	if (ret)
		return ret;
	face_fit_express(face);
	face_fit_reset(face);
	return face_apply_rules(face, err);
}

int vfio_config_read(const struct vfio_device *device, const struct vfio_rules *rules, struct pci_function *fn,
	struct vfio_capabilities *ret_caps, struct error *err)
{
	struct vfio_capabilities caps = { 0 };
	struct face face = { .config = &fn->config, .caps = &caps, .rules = rules };
	int ret = snapshot_take(device, &face.found, err);

	if (ret)
		return ret;
	pci_config_init(&fn->config);
	ret = fill(&face, err);
	if (ret)
		return ret;
	memcpy(fn->bar, face.bar, sizeof(face.bar));
	*ret_caps = caps;
	return 0;
}
