// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Items, fields and flaws of a firmware table, and the header that all tables share (ACPI 6.5, section 5.2.6). What the
 * items behind the header are is dmar.c's and ivrs.c's business.
 */
#include "iommu/acpi.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	LENGTH_OFFSET = 4,
	CHECKSUM_OFFSET = 9,
};

void acpi_flaw_add(struct acpi_table *table, uint32_t offset, bool malformed, const char *fmt, ...)
{
	table->malformed_count += malformed;
	if (table->flaw_count < ACPI_FLAW_MAX) {
		struct acpi_flaw *flaw = &table->flaw[table->flaw_count];
		va_list args;

		flaw->offset = offset;
		flaw->malformed = malformed;
		va_start(args, fmt);
		vsnprintf(flaw->text, sizeof(flaw->text), fmt, args);
		va_end(args);
	}
	table->flaw_count++;
}

uint64_t acpi_load(const struct acpi_table *table, uint32_t offset, uint32_t bytes)
{
	uint64_t value = 0;

	for (uint32_t i = bytes; i-- > 0;)
		value = value << 8 | table->data[offset + i];
	return value;
}

bool acpi_is_zero(const struct acpi_table *table, uint32_t offset, uint32_t end)
{
	while (offset < end)
		if (table->data[offset++])
			return false;
	return true;
}

const struct acpi_kind *acpi_kind_find(const struct acpi_kind *kinds, uint32_t type)
{
	while (kinds->name && kinds->type != type)
		kinds++;
	return kinds;
}

int64_t acpi_item_add(struct acpi_table *table, const struct acpi_kind *kind, uint32_t type, uint32_t offset,
	uint32_t length, uint32_t parent, struct error *err)
{
	if (table->item_count == table->item_space) {
		size_t space = table->item_space ? table->item_space * 2 : 64;
		struct acpi_item *grown = reallocarray(table->item, space, sizeof(*grown));

		if (!grown)
			return fail(err, ENOMEM, "decode %s", table->signature);
		table->item = grown;
		table->item_space = space;
	}
	table->item[table->item_count] = (struct acpi_item){ kind, type, offset, length,
		parent == ACPI_OWN ? (uint32_t)table->item_count : parent };
	if (length < kind->fixed)
		acpi_flaw_add(table, offset, true, "%s has %" PRIu32 " bytes, not %" PRIu32 " or more",
			kind->name ? kind->name : "item", length, kind->fixed);
	return (int64_t)table->item_count++;
}

static void check_sum(struct acpi_table *table)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < table->size; i++)
		sum = (uint8_t)(sum + table->data[i]);
	if (sum)
		acpi_flaw_add(table, CHECKSUM_OFFSET, false, "checksum is 0x%02x, should be 0x%02x",
			table->data[CHECKSUM_OFFSET], (uint8_t)(table->data[CHECKSUM_OFFSET] - sum));
}

static int malformed(struct error *err, unsigned int offset, const char *why)
{
	fail_code(err, CODE_ACPI_MALFORMED, EBADMSG, "malformed table at offset 0x%x: %s", offset, why);
	return fail_hint(err, "'iasl -d FILE' is a second opinion; a table cut off was copied badly");
}

/* The length that the header gives, when the bytes are at least that and it covers the fixed part. */
static int check_header(const uint8_t *bytes, size_t size, uint32_t fixed, uint32_t *ret_length, struct error *err)
{
	char why[120];
	uint32_t length;

	if (size < ACPI_HEADER_SIZE) {
		snprintf(why, sizeof(why), "%zu bytes, a table's header alone has %d", size, ACPI_HEADER_SIZE);
		return malformed(err, (unsigned int)size, why);
	}
	length = (uint32_t)bytes[LENGTH_OFFSET] | (uint32_t)bytes[LENGTH_OFFSET + 1] << 8 |
		 (uint32_t)bytes[LENGTH_OFFSET + 2] << 16 | (uint32_t)bytes[LENGTH_OFFSET + 3] << 24;
	if (length < fixed || length > size) {
		snprintf(why, sizeof(why),
			"length %" PRIu32 ", although the header has %" PRIu32 " bytes and there are %zu", length,
			fixed, size);
		return malformed(err, LENGTH_OFFSET, why);
	}
	*ret_length = length;
	return 0;
}

int acpi_table_open(
	struct acpi_table *table, const void *bytes, size_t size, const struct acpi_kind *header, struct error *err)
{
	struct acpi_table opened = { 0 };
	uint32_t length = 0;
	int ret = check_header(bytes, size, header->fixed, &length, err);

	if (ret < 0)
		return ret;
	memcpy(opened.signature, bytes, 4);
	opened.data = malloc(length);
	if (!opened.data)
		return fail(err, ENOMEM, "decode %s", opened.signature);
	memcpy(opened.data, bytes, length);
	opened.size = length;
	if (size > length)
		acpi_flaw_add(&opened, length, false, "%zu bytes behind the table are ignored", size - length);
	check_sum(&opened);
	if (acpi_item_add(&opened, header, 0, 0, header->fixed, ACPI_OWN, err) < 0) {
		acpi_table_done(&opened);
		return -ENOMEM;
	}
	*table = opened;
	return 0;
}

void acpi_table_done(struct acpi_table *table)
{
	if (!table)
		return;
	free(table->data);
	free(table->item);
	*table = (struct acpi_table){ 0 };
}

int acpi_file_read(int fd, const char *name, void **ret_bytes, size_t *ret_size, struct error *err)
{
	cleanup_free uint8_t *bytes = malloc(ACPI_TABLE_MAX + 1);
	size_t size = 0;
	ssize_t got;

	if (!bytes)
		return fail(err, ENOMEM, "read %s", name);
	do {
		got = read(fd, bytes + size, ACPI_TABLE_MAX + 1 - size);
		if (got < 0 && errno != EINTR)
			return fail(err, errno, "read %s", name);
		size += got > 0 ? (size_t)got : 0;
	} while (got && size <= ACPI_TABLE_MAX);
	if (size > ACPI_TABLE_MAX)
		return fail_code(err, CODE_ACPI_MALFORMED, EFBIG, "%s is larger than %d bytes: no table of an IOMMU",
			name, ACPI_TABLE_MAX);
	*ret_bytes = take_ptr(bytes);
	*ret_size = size;
	return 0;
}

bool acpi_field_place(const struct acpi_table *table, const struct acpi_item *item, const struct acpi_field *field,
	uint32_t *ret_offset, uint32_t *ret_size)
{
	uint32_t end = field->offset + field->size;

	/* Items lie in the table; this keeps it so should one ever not. */
	if (item->offset > table->size || item->length > table->size - item->offset)
		return false;
	if (end > item->length)
		return false;
	*ret_offset = item->offset + field->offset;
	*ret_size = field->size ? field->size : item->length - field->offset;
	return true;
}

static const struct acpi_field *field_find(const struct acpi_item *item, const char *name)
{
	for (const struct acpi_field *field = item->kind->fields; field && field->name; field++)
		if (!strcmp(field->name, name))
			return field;
	return NULL;
}

uint64_t acpi_number(const struct acpi_table *table, const struct acpi_item *item, const char *name)
{
	const struct acpi_field *field = field_find(item, name);
	uint32_t offset;
	uint32_t size;

	if (!field || !acpi_field_place(table, item, field, &offset, &size) || size > sizeof(uint64_t))
		return 0;
	return acpi_load(table, offset, size);
}

const char *acpi_text(
	const struct acpi_table *table, const struct acpi_item *item, const char *name, char *buf, size_t size)
{
	const struct acpi_field *field = field_find(item, name);
	uint32_t offset;
	uint32_t bytes;
	size_t used = 0;

	if (field && acpi_field_place(table, item, field, &offset, &bytes))
		for (; used < bytes && used + 1 < size && table->data[offset + used]; used++)
			buf[used] = table->data[offset + used] >= 0x20 && table->data[offset + used] < 0x7f
					    ? (char)table->data[offset + used]
					    : ' ';
	buf[used] = '\0';
	return buf;
}
