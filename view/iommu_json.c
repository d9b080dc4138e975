// SPDX-License-Identifier: GPL-2.0-or-later
/* A decoded DMAR or IVRS table as JSON. Field names of `structures` are those of the decoders' field tables. */
#include "view/iommu_json.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "iommu/dmar.h"
#include "iommu/ivrs.h"

enum {
	PATH_OFFSET = 6,
	BYTES_MAX = 4096, /* of an unknown structure; the rest is counted, not shown */
};

static json_t *path_json(unsigned int device, unsigned int function)
{
	return json_sprintf("%02x.%x", device, function);
}

static json_t *dmar_scope(const struct acpi_table *acpi, const struct acpi_item *scope)
{
	json_t *path = json_array();

	for (uint32_t at = PATH_OFFSET; at + 2 <= scope->length; at += 2)
		json_array_append_new(
			path, path_json(acpi->data[scope->offset + at], acpi->data[scope->offset + at + 1]));
	return json_pack("{s:i, s:o, s:i, s:i, s:i, s:o}", "type", (int)scope->type, "type_name",
		json_text(dmar_scope_name(scope->type)), "flags", (int)acpi_number(acpi, scope, "flags"),
		"enumeration_id", (int)acpi_number(acpi, scope, "enumeration_id"), "start_bus",
		(int)acpi_number(acpi, scope, "start_bus"), "path", path);
}

/* A function as a scope has it. */
static void set_function(json_t *object, uint64_t id)
{
	json_object_set_new(object, "start_bus", json_integer((json_int_t)(id >> 8)));
	json_object_set_new(
		object, "path", json_pack("[o]", path_json((unsigned int)(id >> 3 & 0x1f), (unsigned int)(id & 7))));
}

static void set_acpi_device(json_t *object, const struct acpi_table *acpi, const struct acpi_item *entry)
{
	static const char *const names[] = { "hid", "cid", "uid" };
	char text[256];

	for (size_t i = 0; i < array_size(names); i++)
		json_object_set_new(object, names[i], json_text(acpi_text(acpi, entry, names[i], text, sizeof(text))));
	if (acpi_number(acpi, entry, "uid_format") == 1 && entry->length >= 22 + 8)
		json_object_set_new(object, "uid", json_hex(acpi_load(acpi, entry->offset + 22, 8), 1));
}

static json_t *ivrs_scope(const struct acpi_table *acpi, const struct acpi_item *entry, const struct acpi_item *end)
{
	uint64_t id = acpi_number(acpi, entry, "device_id");
	json_t *object = json_pack("{s:i, s:o, s:o, s:o, s:o}", "type", (int)entry->type, "type_name",
		json_text(ivrs_entry_name(entry->type)), "enumeration_id", json_null(), "device_id", json_hex(id, 4),
		"data_setting", json_hex(acpi_number(acpi, entry, "data_setting"), 2));

	set_function(object, id);
	if (end)
		json_object_set_new(object, "end_device_id", json_hex(acpi_number(acpi, end, "device_id"), 4));
	if (entry->type == IVRS_ALIAS_SELECT || entry->type == IVRS_ALIAS_RANGE || entry->type == IVRS_SPECIAL)
		json_object_set_new(
			object, "source_device_id", json_hex(acpi_number(acpi, entry, "source_device_id"), 4));
	if (entry->type == IVRS_SPECIAL) {
		json_object_set_new(
			object, "enumeration_id", json_integer((json_int_t)acpi_number(acpi, entry, "handle")));
		json_object_set_new(object, "variety", json_integer((json_int_t)acpi_number(acpi, entry, "variety")));
		set_function(object, acpi_number(acpi, entry, "source_device_id"));
	}
	if (entry->type == IVRS_EXT_SELECT || entry->type == IVRS_EXT_RANGE)
		json_object_set_new(object, "extended_data", json_hex(acpi_number(acpi, entry, "extended_data"), 8));
	if (entry->type == IVRS_ACPI_DEVICE)
		set_acpi_device(object, acpi, entry);
	return object;
}

/* The end of a range is the next entry, and told with its start. */
static const struct acpi_item *range_end(const struct acpi_table *acpi, uint32_t index)
{
	const struct acpi_item *entry = &acpi->item[index];

	if (entry->type != IVRS_RANGE_START && entry->type != IVRS_ALIAS_RANGE && entry->type != IVRS_EXT_RANGE)
		return NULL;
	if (index + 1 >= acpi->item_count || entry[1].parent != entry->parent || entry[1].type != IVRS_RANGE_END)
		return NULL;
	return entry + 1;
}

static json_t *ivmd_scope(const struct acpi_table *acpi, const struct acpi_item *item)
{
	uint64_t id = acpi_number(acpi, item, "device_id");
	json_t *object = json_pack("{s:i, s:n}", "type", (int)item->type, "enumeration_id");

	set_function(object, id);
	json_object_set_new(object, "type_name",
		json_string(item->type == IVRS_IVMD_ALL      ? "all"
			    : item->type == IVRS_IVMD_SELECT ? "select"
							     : "range"));
	json_object_set_new(object, "device_id", json_hex(id, 4));
	if (item->type == IVRS_IVMD_RANGE)
		json_object_set_new(object, "end_device_id", json_hex(acpi_number(acpi, item, "end_device_id"), 4));
	return json_pack("[o]", object);
}

json_t *iommu_scope_json(const struct iommu_table *table, uint32_t structure)
{
	const struct acpi_table *acpi = &table->acpi;
	json_t *array;

	if (table->amd && ivrs_is_ivmd(acpi->item[structure].type))
		return ivmd_scope(acpi, &acpi->item[structure]);
	array = json_array();
	for (uint32_t i = structure + 1; i < acpi->item_count && acpi->item[i].parent == structure; i++) {
		const struct acpi_item *item = &acpi->item[i];

		if (!table->amd)
			json_array_append_new(array, dmar_scope(acpi, item));
		else if (item->type != IVRS_PAD4 && item->type != IVRS_PAD8)
			json_array_append_new(array, ivrs_scope(acpi, item, range_end(acpi, i)));
		i += table->amd && range_end(acpi, i) != NULL;
	}
	return array;
}

static json_t *bytes_json(const struct acpi_table *acpi, uint32_t offset, uint32_t size)
{
	char text[BYTES_MAX * 2 + 1];
	uint32_t shown = size < BYTES_MAX ? size : BYTES_MAX;

	text[0] = '\0';
	for (uint32_t i = 0; i < shown; i++)
		snprintf(text + i * 2, 3, "%02x", acpi->data[offset + i]);
	return json_string(text);
}

static void add_field(json_t *fields, const char *name, uint32_t offset, uint32_t size, json_t *value)
{
	json_array_append_new(fields, json_pack("{s:s, s:I, s:I, s:o}", "name", name, "offset", (json_int_t)offset,
					      "size", (json_int_t)size, "value", value));
}

static json_t *fields_json(const struct acpi_table *acpi, const struct acpi_item *item)
{
	json_t *fields = json_array();
	uint32_t offset;
	uint32_t size;

	for (const struct acpi_field *field = item->kind->fields; field->name; field++) {
		char text[256];

		if (!acpi_field_place(acpi, item, field, &offset, &size) || !size)
			continue;
		if (field->format == ACPI_TEXT)
			add_field(fields, field->name, offset, size,
				json_string(acpi_text(acpi, item, field->name, text, sizeof(text))));
		else if (field->format == ACPI_NUMBER)
			add_field(fields, field->name, offset, size,
				json_hex(acpi_load(acpi, offset, size), (int)size * 2));
		else if (field->format == ACPI_BYTES)
			add_field(fields, field->name, offset, size, bytes_json(acpi, offset, size));
		for (uint32_t at = 0; field->format == ACPI_PATH && at + 2 <= size; at += 2)
			add_field(fields, field->name, offset + at, 2,
				path_json(acpi->data[offset + at], acpi->data[offset + at + 1]));
	}
	return fields;
}

json_t *iommu_structures_json(const struct iommu_table *table)
{
	const struct acpi_table *acpi = &table->acpi;
	json_t *array = json_array();

	for (uint32_t i = 0; i < acpi->item_count; i++) {
		const struct acpi_item *item = &acpi->item[i];
		json_t *parent = item->parent == i ? json_null() : json_integer(item->parent);

		json_array_append_new(
			array, json_pack("{s:s, s:o, s:I, s:I, s:o, s:o}", "name", item->kind->name, "type",
				       item->type == ACPI_REST ? json_null() : json_integer(item->type), "offset",
				       (json_int_t)item->offset, "length", (json_int_t)item->length, "parent", parent,
				       "fields", fields_json(acpi, item)));
	}
	return array;
}

json_t *iommu_addresses_json(const struct pci_addr *addr, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		char text[PCI_ADDR_TEXT_SIZE];

		json_array_append_new(array, json_string(pci_addr_text(addr[i], text)));
	}
	return array;
}

static json_t *blocked_json(const struct iommu_reservation *reservation)
{
	json_t *array = json_array();

	for (size_t i = 0; i < reservation->device_count; i++) {
		char text[PCI_ADDR_TEXT_SIZE];

		if (reservation->blocks[i])
			json_array_append_new(array, json_string(pci_addr_text(reservation->device[i], text)));
	}
	return array;
}

json_t *iommu_reserved_json(const struct iommu_table *table)
{
	static const char *const kinds[] = {
		[IOMMU_RMRR] = "rmrr",
		[IOMMU_UNITY] = "unity",
		[IOMMU_EXCLUSION] = "exclusion",
	};
	json_t *array = json_array();

	for (size_t i = 0; i < table->reservation_count; i++) {
		const struct iommu_reservation *reservation = &table->reservation[i];

		json_array_append_new(
			array, json_pack("{s:i, s:o, s:o, s:s, s:o, s:o, s:o}", "segment", reservation->segment, "base",
				       json_hex(reservation->base, 1), "end", json_hex(reservation->end, 1), "kind",
				       kinds[reservation->kind], "scope", iommu_scope_json(table, reservation->item),
				       "devices", iommu_addresses_json(reservation->device, reservation->device_count),
				       "blocks", blocked_json(reservation)));
	}
	return array;
}

json_t *iommu_warnings_json(const struct iommu_table *table)
{
	json_t *array = json_array();

	for (size_t i = 0; i < table->acpi.flaw_count && i < ACPI_FLAW_MAX; i++) {
		const struct acpi_flaw *flaw = &table->acpi.flaw[i];

		json_array_append_new(array, json_pack("{s:I, s:b, s:s}", "offset", (json_int_t)flaw->offset,
						     "malformed", flaw->malformed, "text", flaw->text));
	}
	return array;
}

json_t *iommu_flags_json(const struct iommu_table *table)
{
	json_t *array = json_array();
	const char *name;

	for (size_t i = 0; table->acpi.size && (name = iommu_table_flag(table, i)); i++)
		if (*name)
			json_array_append_new(array, json_string(name));
	return array;
}
