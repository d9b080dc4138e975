/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: what people and programs are shown of devices, groups, VFs and faults, as rows, columns of tables, and JSON. Looks only,
 * prints nothing (cli/ does), decides nothing: whether a device may be given away is assign/'s to say.
 *
 *	cell.c			one column of one row: its value for programs, its text for people
 *	device_row.h		one device, as `list` shows it; device_columns.c: its columns
 *	detail_json.h		what `show` adds about one function
 *	group_row.h		IOMMU groups and the proof of why they are as they are
 *	vf_row.h		physical functions and their VFs
 *	fault_row.h		IOMMU faults and whose they were; fault_columns.c: their columns
 *	iommu_json.h		what `iommu` says beside its table
 *	rival_json.h		other programs that act on a device
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COLUMNS_MAX = 48,
};

enum column_flags {
	COLUMN_SHOWN = 1 << 0, /* without -o */
	COLUMN_RIGHT = 1 << 1,
	COLUMN_TREE = 1 << 2,
	COLUMN_SIZE = 1 << 3,     /* a number of bytes: "1.5 GiB" for people */
	COLUMN_DURATION = 1 << 4, /* a number of seconds: "2h 5m" for people */
	COLUMN_ASKED = 1 << 5,    /* costs more than others: in JSON too only where -o names it */
};

/*
 * One column, for people and programs. get() returns a new reference to the value as JSON has it: json_null() for
 * unknown, text for addresses, numbers for sizes, arrays never null. The table shows null as "-", true as "yes", an
 * array as its elements with commas; text() is for values that this does not suit (objects).
 */
struct column {
	const char *name; /* heading, and name for -o; upper case */
	const char *key;  /* in JSON */
	const char *help;
	unsigned int flags; /* enum column_flags */
	json_t *(*get)(const void *row, const void *context);
	void (*text)(const void *row, const void *context, char *buf, size_t size);
	const char *(*color)(const void *row, const void *context); /* "red", ... or NULL; for people only */
};

struct table {
	const char *payload; /* the array's key in JSON */
	const struct column *columns;
	const void *context; /* handed to every get() */
};

struct table_row {
	const void *data;
	int parent; /* index of an earlier row, -1 for none: where the tree branches off */
};

/* One row as an object, and all rows as an array: new references. */
json_t *table_row_json(const struct table *table, const void *row);
json_t *table_json(const struct table *table, const struct table_row *rows, size_t count);

/* What a value looks like in a table. Returns buf. */
const char *table_cell_text(const struct column *column, const void *row, const void *context, char *buf, size_t size);

/* Text or null; number or null when negative; "0x%0*llx". New references. */
json_t *json_text(const char *text);
json_t *json_number(int64_t value);
json_t *json_hex(uint64_t value, int digits);

#endif
