// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The value of a column in one row: the field that the column names (view.h), as JSON. What a field cannot hold, a
 * column's own get() makes.
 */
#include <string.h>

#include "view/view.h"

static const void *field_of(const struct column *column, const void *row)
{
	const char *base = row;

	if (column->pointer)
		memcpy(&base, base + column->pointer - 1, sizeof(base));
	return base ? base + column->offset : NULL;
}

/* The machine is little-endian (x86-64): the low bytes of a wider number are the number. */
static uint64_t read_unsigned(const void *field, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, field, size);
	return value;
}

static int64_t read_signed(const void *field, size_t size)
{
	const unsigned int unused = 64 - 8 * (unsigned int)size;

	return (int64_t)(read_unsigned(field, size) << unused) >> unused;
}

static json_t *signed_value(const struct column *column, int64_t value)
{
	if (value < 0)
		return json_null();
	return column->as == COLUMN_AS_SWITCH ? json_boolean(value) : json_integer(value);
}

static json_t *unsigned_value(const struct column *column, uint64_t value)
{
	if (column->as == COLUMN_AS_NONZERO && !value)
		return json_null();
	return column->digits ? json_hex(value, column->digits) : json_integer((json_int_t)value);
}

static json_t *field_value(const struct column *column, const void *field)
{
	switch (column->kind) {
	case COLUMN_TEXT:
		return json_text(field);
	case COLUMN_STRING:
		return json_text(*(const char *const *)field);
	case COLUMN_ADDRESS:
		return json_pci_addr(*(const struct pci_addr *)field);
	case COLUMN_BOOL:
		return json_boolean(*(const bool *)field);
	case COLUMN_SIGNED:
		return signed_value(column, read_signed(field, column->size));
	case COLUMN_UNSIGNED:
		return unsigned_value(column, read_unsigned(field, column->size));
	case COLUMN_CALLED:
		break;
	}
	return json_null();
}

json_t *column_value(const struct column *column, const void *row, const void *context)
{
	const void *field;

	if (column->get)
		return column->get(row, context);
	if (column->known && !*(const bool *)((const char *)row + column->known - 1))
		return json_null();
	field = field_of(column, row);
	return field ? field_value(column, field) : json_null();
}

json_t *json_text(const char *text)
{
	json_t *value = text && *text ? json_string(text) : NULL;

	/* What the kernel or a device calls itself need not be UTF-8: unknown then, rather than no answer. */
	return value ? value : json_null();
}

json_t *json_number(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

json_t *json_hex(uint64_t value, int digits)
{
	return json_sprintf("0x%0*llx", digits, (unsigned long long)value);
}

json_t *json_pci_addr(struct pci_addr addr)
{
	char text[PCI_ADDR_TEXT_SIZE];

	return json_string(pci_addr_text(addr, text));
}
