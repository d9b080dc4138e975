/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: what people and programs are shown of devices, groups, VFs and faults, as rows, columns of tables, and JSON.
 * Looks only, prints nothing (cli/ does), decides nothing: whether a device may be given away is assign/'s to say.
 *
 *	column.c		a column's value in one row, from the field that it names
 *	cell.c			that value as text for people; rows as JSON
 *	device_row.h		one device, as `list` shows it; device_columns.c: its columns
 *	detail_json.h		what `show` adds about one function
 *	group_row.h		IOMMU groups and the proof of why they are as they are
 *	vf_row.h		physical functions and their VFs
 *	eswitch_row.h		embedded switches, with their VFs, ports and rates; eswitch_json.c: one as JSON
 *	fault_row.h		IOMMU faults and whose they were; fault_columns.c: their columns
 *	iommu_json.h		what `iommu` says beside its table
 *	verdict_json.h		the verdict of assign/ on a device
 *	rival_json.h		other programs that act on a device
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci/pci.h"

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

/* What the field of a row is that a column shows; FIELD() finds it by the field's type. */
enum column_kind {
	COLUMN_CALLED,   /* no field: get() makes the value */
	COLUMN_TEXT,     /* char[]; "" is null */
	COLUMN_STRING,   /* const char *; NULL and "" are null */
	COLUMN_ADDRESS,  /* struct pci_addr */
	COLUMN_BOOL,     /* bool */
	COLUMN_SIGNED,   /* a signed number of any size; negative is null */
	COLUMN_UNSIGNED, /* an unsigned one */
};

/* How a number is shown, where not as a number. */
enum column_as {
	COLUMN_AS_NUMBER,
	COLUMN_AS_SWITCH,  /* signed: negative null, 0 false, else true */
	COLUMN_AS_NONZERO, /* unsigned: 0 null */
};

/*
 * One column, for people and programs, as data: which field of the row it shows (FIELD()), or get() where that takes
 * more than looking. get() returns a new reference to the value as JSON has it: json_null() for unknown, text for
 * addresses, numbers for sizes, arrays never null. The table shows null as "-", true as "yes", an array as its elements
 * with commas; text() is for values that this does not suit (objects).
 */
struct column {
	const char *name; /* heading, and name for -o; upper case */
	const char *key;  /* in JSON */
	const char *help;
	unsigned int flags; /* enum column_flags */

	enum column_kind kind;
	enum column_as as;
	size_t offset, size; /* of the field in the row, or in what the row points to */
	size_t pointer;      /* 1 + offset of that pointer in the row; 0: the field is in the row itself */
	size_t known;        /* 1 + offset of a bool in the row: false makes the value null; 0: always known */
	int digits;          /* nonzero: "0x...", with at least so many digits */
	unsigned int least;  /* so many characters of it stay, where a terminal is narrow; 0: ten */
	unsigned int drop;   /* where a terminal is too narrow it goes, the greater the earlier; 0: only when empty */

	json_t *(*get)(const void *row, const void *context);
	void (*text)(const void *row, const void *context, char *buf, size_t size);
	const char *(*color)(const void *row, const void *context); /* "red", ... or NULL; for people only */
};

/* An array is a "char *" to _Generic: texts that a row owns are arrays, those that it borrows are const. */
#define COLUMN_KIND(type, field)                                                                                       \
	_Generic(((type *)0)->field, char *: COLUMN_TEXT, const char *: COLUMN_STRING, struct pci_addr: COLUMN_ADDRESS, bool: COLUMN_BOOL, \
		signed char: COLUMN_SIGNED, short: COLUMN_SIGNED, int: COLUMN_SIGNED, long: COLUMN_SIGNED, long long: COLUMN_SIGNED,       \
		default: COLUMN_UNSIGNED)

/* The members of a struct column that say: this field of a row of this type. */
#define FIELD(type, field)                                                                                             \
	.kind = COLUMN_KIND(type, field), .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)

/* This field of what the row's pointer leads to. */
#define FIELD_OF(type, to, target, field) FIELD(target, field), .pointer = 1 + offsetof(type, to)

/* Together with FIELD(): null unless this bool of the row is true. Nothing but a bool compiles. */
#define KNOWN_IF(type, field) .known = 1 + offsetof(type, field) + 0 * _Generic(((type *)0)->field, bool : 0)

struct table {
	const char *payload; /* the array's key in JSON */
	const struct column *columns;
	const void *context; /* handed to every get() */
};

struct table_row {
	const void *data;
	int parent; /* index of an earlier row, -1 for none: where the tree branches off */
};

/* The value of one cell, a new reference. */
json_t *column_value(const struct column *column, const void *row, const void *context);

/* One row as an object, and all rows as an array: new references. */
json_t *table_row_json(const struct table *table, const void *row);
json_t *table_json(const struct table *table, const struct table_row *rows, size_t count);

/* What a value looks like in a table. Returns buf. */
const char *table_cell_text(const struct column *column, const void *row, const void *context, char *buf, size_t size);

/* Text or null; number or null when negative; "0x%0*llx". New references. */
json_t *json_text(const char *text);
json_t *json_number(int64_t value);
json_t *json_hex(uint64_t value, int digits);
json_t *json_pci_addr(struct pci_addr addr);

#endif
