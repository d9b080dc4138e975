// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The items of an IVRS table: AMD specification 48882, sections 5.2.1 to 5.2.3. The size of a device entry follows from
 * the upper two bits of its type (4, 8, 16, 32 bytes), but for ACPI devices, which carry the size of their UID.
 */
#include "iommu/ivrs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	BLOCK_HEADER = 4, /* type, flags, and 2 bytes of length */
	ACPI_DEVICE_FIXED = 22,
	UID_LENGTH_OFFSET = 21,
	PAGE = 4096,
};

static const struct acpi_field header_fields[] = {
	{ "signature", 0, 4, ACPI_TEXT },
	{ "length", 4, 4, ACPI_NUMBER },
	{ "revision", 8, 1, ACPI_NUMBER },
	{ "checksum", 9, 1, ACPI_NUMBER },
	{ "oem_id", 10, 6, ACPI_TEXT },
	{ "oem_table_id", 16, 8, ACPI_TEXT },
	{ "oem_revision", 24, 4, ACPI_NUMBER },
	{ "compiler_id", 28, 4, ACPI_TEXT },
	{ "compiler_revision", 32, 4, ACPI_NUMBER },
	{ "virtualization_info", 36, 4, ACPI_NUMBER },
	{ "reserved", 40, 8, ACPI_NUMBER },
	{ NULL },
};

#define BLOCK_FIELDS                                                                                                   \
	{ "type", 0, 1, ACPI_NUMBER }, { "flags", 1, 1, ACPI_NUMBER }, { "length", 2, 2, ACPI_NUMBER },                \
	{                                                                                                              \
		"device_id", 4, 2, ACPI_NUMBER                                                                         \
	}

#define IVHD_FIELDS                                                                                                    \
	BLOCK_FIELDS, { "capability_offset", 6, 2, ACPI_NUMBER }, { "address", 8, 8, ACPI_NUMBER },                    \
		{ "segment", 16, 2, ACPI_NUMBER },                                                                     \
	{                                                                                                              \
		"info", 18, 2, ACPI_NUMBER                                                                             \
	}

static const struct acpi_field ivhd10_fields[] = {
	IVHD_FIELDS,
	{ "features", 20, 4, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field ivhd11_fields[] = {
	IVHD_FIELDS,
	{ "attributes", 20, 4, ACPI_NUMBER },
	{ "efr", 24, 8, ACPI_NUMBER },
	{ "efr2", 32, 8, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field ivmd_fields[] = {
	BLOCK_FIELDS,
	{ "end_device_id", 6, 2, ACPI_NUMBER }, /* of a range; "auxiliary data" otherwise */
	{ "segment", 8, 2, ACPI_NUMBER },       /* reserved, as what follows, in the first revisions */
	{ "reserved", 10, 6, ACPI_NUMBER },
	{ "base", 16, 8, ACPI_NUMBER },
	{ "size", 24, 8, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field unknown_fields[] = {
	BLOCK_FIELDS,
	{ "bytes", 6, 0, ACPI_BYTES },
	{ NULL },
};

#define ENTRY_FIELDS                                                                                                   \
	{ "type", 0, 1, ACPI_NUMBER }, { "device_id", 1, 2, ACPI_NUMBER },                                             \
	{                                                                                                              \
		"data_setting", 3, 1, ACPI_NUMBER                                                                      \
	}

static const struct acpi_field entry_fields[] = {
	ENTRY_FIELDS,
	{ NULL },
};

static const struct acpi_field alias_fields[] = {
	ENTRY_FIELDS,
	{ "reserved", 4, 1, ACPI_NUMBER },
	{ "source_device_id", 5, 2, ACPI_NUMBER },
	{ "reserved2", 7, 1, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field extended_fields[] = {
	ENTRY_FIELDS,
	{ "extended_data", 4, 4, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field special_fields[] = {
	ENTRY_FIELDS,
	{ "handle", 4, 1, ACPI_NUMBER },
	{ "source_device_id", 5, 2, ACPI_NUMBER },
	{ "variety", 7, 1, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field acpi_device_fields[] = {
	ENTRY_FIELDS,
	{ "hid", 4, 8, ACPI_TEXT },
	{ "cid", 12, 8, ACPI_TEXT },
	{ "uid_format", 20, 1, ACPI_NUMBER }, /* 0: none, 1: number, 2: text */
	{ "uid_length", 21, 1, ACPI_NUMBER },
	{ "uid", 22, 0, ACPI_TEXT },
	{ NULL },
};

static const struct acpi_field unknown_entry_fields[] = {
	ENTRY_FIELDS,
	{ "bytes", 4, 0, ACPI_BYTES },
	{ NULL },
};

const struct acpi_kind ivrs_header = { "ivrs", 0, 48, header_fields };

static const struct acpi_kind kinds[] = {
	{ "ivhd", IVRS_IVHD_10, 24, ivhd10_fields },
	{ "ivhd", IVRS_IVHD_11, 40, ivhd11_fields },
	{ "ivhd", IVRS_IVHD_40, 40, ivhd11_fields },
	{ "ivmd", IVRS_IVMD_ALL, 32, ivmd_fields },
	{ "ivmd", IVRS_IVMD_SELECT, 32, ivmd_fields },
	{ "ivmd", IVRS_IVMD_RANGE, 32, ivmd_fields },
	{ NULL, 0, 0, NULL },
};
static const struct acpi_kind rest_kind = { "rest", ACPI_REST, 0, unknown_fields };
static const struct acpi_kind unknown_kind = { "unknown", 0, BLOCK_HEADER, unknown_fields };

static const struct acpi_kind entry_kinds[] = {
	{ "entry", IVRS_PAD4, 4, entry_fields },
	{ "entry", IVRS_ALL, 4, entry_fields },
	{ "entry", IVRS_SELECT, 4, entry_fields },
	{ "entry", IVRS_RANGE_START, 4, entry_fields },
	{ "entry", IVRS_RANGE_END, 4, entry_fields },
	{ "entry", IVRS_PAD8, 8, extended_fields },
	{ "entry", IVRS_ALIAS_SELECT, 8, alias_fields },
	{ "entry", IVRS_ALIAS_RANGE, 8, alias_fields },
	{ "entry", IVRS_EXT_SELECT, 8, extended_fields },
	{ "entry", IVRS_EXT_RANGE, 8, extended_fields },
	{ "entry", IVRS_SPECIAL, 8, special_fields },
	{ "entry", IVRS_ACPI_DEVICE, ACPI_DEVICE_FIXED, acpi_device_fields },
	{ NULL, 0, 0, NULL },
};
static const struct acpi_kind unknown_entry = { "entry", 0, 4, unknown_entry_fields };

static const struct {
	uint32_t type;
	const char *name;
} entry_names[] = {
	{ IVRS_PAD4, "padding" },
	{ IVRS_ALL, "all" },
	{ IVRS_SELECT, "select" },
	{ IVRS_RANGE_START, "range start" },
	{ IVRS_RANGE_END, "range end" },
	{ IVRS_PAD8, "padding" },
	{ IVRS_ALIAS_SELECT, "alias select" },
	{ IVRS_ALIAS_RANGE, "alias range start" },
	{ IVRS_EXT_SELECT, "extended select" },
	{ IVRS_EXT_RANGE, "extended range start" },
	{ IVRS_SPECIAL, "special device" },
	{ IVRS_ACPI_DEVICE, "ACPI device" },
};

const char *ivrs_entry_name(uint32_t type)
{
	for (size_t i = 0; i < array_size(entry_names); i++)
		if (entry_names[i].type == type)
			return entry_names[i].name;
	return NULL;
}

bool ivrs_is_ivhd(uint32_t type)
{
	return type == IVRS_IVHD_10 || type == IVRS_IVHD_11 || type == IVRS_IVHD_40;
}

bool ivrs_is_ivmd(uint32_t type)
{
	return type >= IVRS_IVMD_ALL && type <= IVRS_IVMD_RANGE;
}

/* 0 when even the size lies beyond the block. */
static uint32_t entry_length(const struct acpi_table *table, uint32_t offset, uint32_t left)
{
	uint32_t type = table->data[offset];

	if (type == IVRS_ACPI_DEVICE)
		return left < ACPI_DEVICE_FIXED ? 0 : ACPI_DEVICE_FIXED + table->data[offset + UID_LENGTH_OFFSET];
	return 4u << (type >> 6);
}

static int decode_entries(struct acpi_table *table, uint32_t offset, uint32_t end, uint32_t parent, struct error *err)
{
	while (offset < end) {
		uint32_t type = table->data[offset];
		uint32_t length = entry_length(table, offset, end - offset);
		const struct acpi_kind *kind = acpi_kind_find(entry_kinds, type);

		if (!length || length > end - offset) {
			bool padding = acpi_is_zero(table, offset, end);

			acpi_flaw_add(table, offset, !padding,
				"device entry of type %" PRIu32 " reaches beyond its block", type);
			if (padding)
				return 0;
			length = end - offset;
		}
		if (!kind->name) {
			kind = &unknown_entry;
			acpi_flaw_add(table, offset, false, "device entry type %" PRIu32 " is unknown", type);
		}
		if (acpi_item_add(table, kind, type, offset, length, parent, err) < 0)
			return -ENOMEM;
		offset += length;
	}
	return 0;
}

static void check_block(struct acpi_table *table, const struct acpi_item *item)
{
	uint64_t base = acpi_number(table, item, "base");
	uint64_t size = acpi_number(table, item, "size");
	uint64_t address = acpi_number(table, item, "address");

	if (item->kind == &unknown_kind) {
		acpi_flaw_add(table, item->offset, false, "block type 0x%02" PRIx32 " is unknown", item->type);
		return;
	}
	if (item->length < item->kind->fixed)
		return;
	if (ivrs_is_ivmd(item->type) && (!size || base + size - 1 < base))
		acpi_flaw_add(table, item->offset + 24, false, "reserved memory of 0x%" PRIx64 " bytes at 0x%" PRIx64,
			size, base);
	else if (ivrs_is_ivmd(item->type) && (base % PAGE || size % PAGE))
		acpi_flaw_add(table, item->offset + 16, false, "reserved memory is no range of whole pages");
	if (ivrs_is_ivhd(item->type) && (!address || address == UINT64_MAX))
		acpi_flaw_add(table, item->offset + 8, false, "IOMMU with registers at 0x%" PRIx64, address);
}

static int decode_block(struct acpi_table *table, uint32_t offset, uint32_t length, struct error *err)
{
	uint32_t type = table->data[offset];
	const struct acpi_kind *kind = acpi_kind_find(kinds, type);
	int64_t index = acpi_item_add(table, kind->name ? kind : &unknown_kind, type, offset, length, ACPI_OWN, err);

	if (index < 0)
		return -ENOMEM;
	check_block(table, &table->item[index]);
	if (!ivrs_is_ivhd(type) || length <= kind->fixed)
		return 0;
	return decode_entries(table, offset + kind->fixed, offset + length, (uint32_t)index, err);
}

/* Why the rest cannot be decoded: firmware's padding, or a length that is none. */
static void stop(struct acpi_table *table, uint32_t offset, uint32_t length)
{
	uint32_t left = table->size - offset;

	if (!length && acpi_is_zero(table, offset, table->size))
		acpi_flaw_add(table, offset, false, "%" PRIu32 " bytes of zeros at the end", left);
	else
		acpi_flaw_add(table, offset, true, "block of %" PRIu32 " bytes, where %d to %" PRIu32 " are possible",
			length, BLOCK_HEADER, left);
}

int ivrs_decode(struct acpi_table *table, struct error *err)
{
	uint32_t offset = ivrs_header.fixed;

	while (offset < table->size) {
		uint32_t left = table->size - offset;
		uint32_t length = left < BLOCK_HEADER ? 0 : (uint32_t)acpi_load(table, offset + 2, 2);
		int ret;

		if (length < BLOCK_HEADER) {
			stop(table, offset, length);
			return acpi_item_add(table, &rest_kind, ACPI_REST, offset, left, ACPI_OWN, err) < 0 ? -ENOMEM
													    : 0;
		}
		if (length > left) {
			acpi_flaw_add(table, offset, true,
				"block of %" PRIu32 " bytes, where %d to %" PRIu32 " are possible", length,
				BLOCK_HEADER, left);
			length = left;
		}
		ret = decode_block(table, offset, length, err);
		if (ret < 0)
			return ret;
		offset += length;
	}
	return 0;
}
