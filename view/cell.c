// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cells of a table: a column's value as JSON for programs, by jansson, and as text for people. Both come from the
 * same column_value(), so that they cannot disagree.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "view/view.h"

enum {
	CELL_SIZE = 512
};

static void duration_to_text(int64_t seconds, char *buf, size_t size)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t first = 0;

	while (first < array_size(units) - 1 && seconds < units[first].seconds)
		first++;
	if (first == array_size(units) - 1)
		snprintf(buf, size, "%llds", (long long)seconds);
	else
		snprintf(buf, size, "%lld%c %lld%c", (long long)(seconds / units[first].seconds), units[first].unit,
			(long long)(seconds % units[first].seconds / units[first + 1].seconds), units[first + 1].unit);
}

static void number_to_text(unsigned int flags, int64_t value, char *buf, size_t size)
{
	if (flags & COLUMN_SIZE)
		size_to_text((uint64_t)value, buf, size);
	else if (flags & COLUMN_DURATION)
		duration_to_text(value, buf, size);
	else
		snprintf(buf, size, "%lld", (long long)value);
}

/* One scalar; an object within an array is shown as JSON, which is ugly and true. */
static void scalar_to_text(unsigned int flags, const json_t *value, char *buf, size_t size)
{
	if (!value || json_is_null(value)) {
		text_copy(buf, size, "-");
	} else if (json_is_string(value)) {
		text_copy(buf, size, json_string_value(value));
	} else if (json_is_boolean(value)) {
		text_copy(buf, size, json_is_true(value) ? "yes" : "no");
	} else if (json_is_integer(value)) {
		number_to_text(flags, json_integer_value(value), buf, size);
	} else if (json_is_real(value)) {
		snprintf(buf, size, "%.1f", json_real_value(value));
	} else {
		size_t length = json_dumpb(value, buf, size - 1, JSON_COMPACT);

		buf[length < size ? length : size - 1] = '\0';
	}
}

static void value_to_text(unsigned int flags, const json_t *value, char *buf, size_t size)
{
	size_t used = 0;
	const json_t *item;
	size_t i;

	if (!json_is_array(value) || !json_array_size(value)) {
		scalar_to_text(flags, json_is_array(value) ? NULL : value, buf, size);
		return;
	}
	json_array_foreach(value, i, item)
	{
		char one[CELL_SIZE];

		scalar_to_text(flags, item, one, sizeof(one));
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "," : "", one);
	}
}

const char *table_cell_text(const struct column *column, const void *row, const void *context, char *buf, size_t size)
{
	json_t *value;

	if (column->text) {
		column->text(row, context, buf, size);
		return buf;
	}
	value = column_value(column, row, context);
	value_to_text(column->flags, value, buf, size);
	json_decref(value);
	return buf;
}

json_t *table_row_json(const struct table *table, const void *row)
{
	json_t *object = json_object();

	for (const struct column *column = table->columns; object && column->name; column++)
		if (!(column->flags & COLUMN_ASKED))
			json_object_set_new(object, column->key, column_value(column, row, table->context));
	return object;
}

json_t *table_json(const struct table *table, const struct table_row *rows, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, table_row_json(table, rows[i].data));
	return array;
}
