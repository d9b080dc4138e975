// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The items of a DMAR table: VT-d specification 4.1, sections 8.1 to 8.9. Lengths are the table's own, and each is
 * checked against what contains it. What the fields mean for this host is table.c's business.
 */
#include "iommu/dmar.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"

enum {
	STRUCTURE_HEADER = 4, /* type and length, 2 bytes each */
	SCOPE_FIXED = 6,
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
	{ "host_address_width", 36, 1, ACPI_NUMBER }, /* bits less one */
	{ "flags", 37, 1, ACPI_NUMBER },
	{ "reserved", 38, 10, ACPI_BYTES },
	{ NULL },
};

#define STRUCTURE_FIELDS                                                                                               \
	{ "type", 0, 2, ACPI_NUMBER },                                                                                 \
	{                                                                                                              \
		"length", 2, 2, ACPI_NUMBER                                                                            \
	}

static const struct acpi_field drhd_fields[] = {
	STRUCTURE_FIELDS,
	{ "flags", 4, 1, ACPI_NUMBER },
	{ "size", 5, 1, ACPI_NUMBER }, /* of the register set, 2^N pages; reserved before VT-d 4.0 */
	{ "segment", 6, 2, ACPI_NUMBER },
	{ "address", 8, 8, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field rmrr_fields[] = {
	STRUCTURE_FIELDS,
	{ "reserved", 4, 2, ACPI_NUMBER },
	{ "segment", 6, 2, ACPI_NUMBER },
	{ "base", 8, 8, ACPI_NUMBER },
	{ "end", 16, 8, ACPI_NUMBER }, /* the last byte */
	{ NULL },
};

/* ATSR and SATC look the same, with flags of their own. */
static const struct acpi_field ats_fields[] = {
	STRUCTURE_FIELDS,
	{ "flags", 4, 1, ACPI_NUMBER },
	{ "reserved", 5, 1, ACPI_NUMBER },
	{ "segment", 6, 2, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field rhsa_fields[] = {
	STRUCTURE_FIELDS,
	{ "reserved", 4, 4, ACPI_NUMBER },
	{ "address", 8, 8, ACPI_NUMBER },
	{ "proximity_domain", 16, 4, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field andd_fields[] = {
	STRUCTURE_FIELDS,
	{ "reserved", 4, 3, ACPI_NUMBER },
	{ "device_number", 7, 1, ACPI_NUMBER },
	{ "device_name", 8, 0, ACPI_TEXT },
	{ NULL },
};

static const struct acpi_field sidp_fields[] = {
	STRUCTURE_FIELDS,
	{ "reserved", 4, 2, ACPI_NUMBER },
	{ "segment", 6, 2, ACPI_NUMBER },
	{ NULL },
};

static const struct acpi_field unknown_fields[] = {
	STRUCTURE_FIELDS,
	{ "bytes", 4, 0, ACPI_BYTES },
	{ NULL },
};

static const struct acpi_field scope_fields[] = {
	{ "type", 0, 1, ACPI_NUMBER },
	{ "length", 1, 1, ACPI_NUMBER },
	{ "flags", 2, 1, ACPI_NUMBER }, /* reserved before VT-d 4.0 */
	{ "reserved", 3, 1, ACPI_NUMBER },
	{ "enumeration_id", 4, 1, ACPI_NUMBER },
	{ "start_bus", 5, 1, ACPI_NUMBER },
	{ "path", 6, 0, ACPI_PATH },
	{ NULL },
};

const struct acpi_kind dmar_header = { "dmar", 0, 48, header_fields };

static const struct acpi_kind kinds[] = {
	{ "drhd", DMAR_DRHD, 16, drhd_fields },
	{ "rmrr", DMAR_RMRR, 24, rmrr_fields },
	{ "atsr", DMAR_ATSR, 8, ats_fields },
	{ "rhsa", DMAR_RHSA, 20, rhsa_fields },
	{ "andd", DMAR_ANDD, 8, andd_fields },
	{ "satc", DMAR_SATC, 8, ats_fields },
	{ "sidp", DMAR_SIDP, 8, sidp_fields },
	{ NULL, 0, 0, NULL },
};
static const struct acpi_kind rest_kind = { "rest", ACPI_REST, 0, unknown_fields };
static const struct acpi_kind unknown_kind = { "unknown", 0, STRUCTURE_HEADER, unknown_fields };
static const struct acpi_kind scope_kind = { "scope", 0, SCOPE_FIXED, scope_fields };

/* By type: does a list of scopes follow the fixed part. */
static const bool has_scopes[] = {
	[DMAR_DRHD] = true,
	[DMAR_RMRR] = true,
	[DMAR_ATSR] = true,
	[DMAR_SATC] = true,
	[DMAR_SIDP] = true,
};

static const char *const scope_names[] = {
	[DMAR_SCOPE_ENDPOINT] = "PCI endpoint",
	[DMAR_SCOPE_BRIDGE] = "PCI sub-hierarchy",
	[DMAR_SCOPE_IOAPIC] = "IOAPIC",
	[DMAR_SCOPE_HPET] = "HPET",
	[DMAR_SCOPE_NAMESPACE] = "ACPI name space device",
};

const char *dmar_scope_name(uint32_t type)
{
	return type < array_size(scope_names) ? scope_names[type] : NULL;
}

static void check_scope(struct acpi_table *table, uint32_t offset, uint32_t type, uint32_t length)
{
	if (!dmar_scope_name(type))
		acpi_flaw_add(table, offset, false, "scope type %" PRIu32 " is unknown", type);
	if (length <= SCOPE_FIXED)
		acpi_flaw_add(table, offset + 1, false, "scope without a path");
	else if ((length - SCOPE_FIXED) % 2)
		acpi_flaw_add(table, offset + 1, false, "scope path of an odd number of bytes");
}

static int decode_scopes(struct acpi_table *table, uint32_t offset, uint32_t end, uint32_t parent, struct error *err)
{
	while (offset < end) {
		uint32_t left = end - offset;
		uint32_t length = left < 2 ? 0 : table->data[offset + 1];

		if (acpi_is_zero(table, offset, end)) {
			acpi_flaw_add(table, offset, false, "%" PRIu32 " bytes of zeros behind the scopes", left);
			return 0;
		}
		if (length < SCOPE_FIXED || length > left)
			acpi_flaw_add(table, offset, true,
				"scope of %" PRIu32 " bytes, where %d to %" PRIu32 " are possible", length, SCOPE_FIXED,
				left);
		if (length < SCOPE_FIXED || left < SCOPE_FIXED)
			return 0;
		if (length > left)
			length = left;
		check_scope(table, offset, table->data[offset], length);
		if (acpi_item_add(table, &scope_kind, table->data[offset], offset, length, parent, err) < 0)
			return -ENOMEM;
		offset += length;
	}
	return 0;
}

static void check_structure(struct acpi_table *table, const struct acpi_item *item)
{
	uint64_t base = acpi_number(table, item, item->type == DMAR_RMRR ? "base" : "address");
	uint64_t end = acpi_number(table, item, "end");

	if (item->type == DMAR_RMRR && item->length >= item->kind->fixed) {
		if (base > end)
			acpi_flaw_add(table, item->offset + 8, false, "reserved memory ends before it begins");
		else if (base % PAGE || (end + 1) % PAGE)
			acpi_flaw_add(table, item->offset + 8, false, "reserved memory is no range of whole pages");
	}
	if (item->type == DMAR_DRHD && item->length >= item->kind->fixed && (!base || base == UINT64_MAX))
		acpi_flaw_add(table, item->offset + 8, false, "unit with registers at 0x%" PRIx64, base);
	if (item->kind == &unknown_kind)
		acpi_flaw_add(table, item->offset, false, "structure type %" PRIu32 " is unknown", item->type);
}

static int decode_structure(
	struct acpi_table *table, uint32_t type, uint32_t offset, uint32_t length, struct error *err)
{
	const struct acpi_kind *kind = acpi_kind_find(kinds, type);
	int64_t index = acpi_item_add(table, kind->name ? kind : &unknown_kind, type, offset, length, ACPI_OWN, err);

	if (index < 0)
		return -ENOMEM;
	check_structure(table, &table->item[index]);
	if (!kind->name || !has_scopes[type] || length <= kind->fixed)
		return 0;
	return decode_scopes(table, offset + kind->fixed, offset + length, (uint32_t)index, err);
}

/* Why the rest cannot be decoded: firmware's padding, or a length that is none. */
static void stop(struct acpi_table *table, uint32_t offset, uint32_t length)
{
	uint32_t left = table->size - offset;

	if (!length && acpi_is_zero(table, offset, table->size))
		acpi_flaw_add(table, offset, false, "%" PRIu32 " bytes of zeros at the end", left);
	else
		acpi_flaw_add(table, offset, true,
			"structure of %" PRIu32 " bytes, where %d to %" PRIu32 " are possible", length,
			STRUCTURE_HEADER, left);
}

int dmar_decode(struct acpi_table *table, struct error *err)
{
	uint32_t offset = dmar_header.fixed;

	while (offset < table->size) {
		uint32_t left = table->size - offset;
		uint32_t length = left < STRUCTURE_HEADER ? 0 : (uint32_t)acpi_load(table, offset + 2, 2);
		int ret;

		if (length < STRUCTURE_HEADER) {
			stop(table, offset, length);
			return acpi_item_add(table, &rest_kind, ACPI_REST, offset, left, ACPI_OWN, err) < 0 ? -ENOMEM
													    : 0;
		}
		if (length > left) {
			acpi_flaw_add(table, offset, true,
				"structure of %" PRIu32 " bytes, where %d to %" PRIu32 " are possible", length,
				STRUCTURE_HEADER, left);
			length = left;
		}
		ret = decode_structure(table, (uint32_t)acpi_load(table, offset, 2), offset, length, err);
		if (ret < 0)
			return ret;
		offset += length;
	}
	return 0;
}
