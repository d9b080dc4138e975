/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The schema of configuration files: one row a key, with type, range, unit, default, what it means and an example. The
 * reader (config_fill.c), the JSON Schema (schema_json.c), docs/config.md (schema_page.c) and the comments of `sluice
 * init` (init_write.c) are made of these rows and of nothing else.
 *
 *	schema_rows.c	the rows; those of VFs: schema_sriov.c
 *	schema_type.c	the types of single values: what they take, how they are said, and as JSON Schema
 */
#ifndef PLAN_SCHEMA_H
#define PLAN_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/arena.h"
#include "plan/place.h"

enum schema_type {
	/* single values: what the member at row.offset is */
	SCHEMA_TEXT,      /* const char *, at least one character */
	SCHEMA_PATH,      /* const char *, absolute */
	SCHEMA_ROM,       /* const char *, absolute, or "off" */
	SCHEMA_NAME,      /* const char *, text_is_name() */
	SCHEMA_NUMBER,    /* uint32_t, min to max */
	SCHEMA_COUNT,     /* uint64_t, min to max */
	SCHEMA_SIZE,      /* uint64_t, bytes; min to max */
	SCHEMA_SECONDS,   /* uint32_t, min to max */
	SCHEMA_SWITCH,    /* bool */
	SCHEMA_WORD,      /* int: index into words */
	SCHEMA_PAGE_SIZE, /* uint64_t: 2 MiB or 1 GiB */
	SCHEMA_ARGUMENT,  /* const char *: one word of the kernel's command line */
	SCHEMA_MODULE,    /* const char *: '_' for '-' */
	SCHEMA_VALUE,     /* const char *: of a module's option, no white space; a number or a switch too */
	SCHEMA_UUID,      /* const char * */
	SCHEMA_IDS,       /* in struct desired_alias: card and has_ids, has_subsystem */
	SCHEMA_CARD_PATH, /* char[160] of struct pci_identity */
	SCHEMA_CARD_TEXT, /* char[max] of it */
	SCHEMA_FUNCTION,  /* in struct desired_alias */
	SCHEMA_DRIVER,    /* struct desired_driver */
	SCHEMA_ALIAS,     /* struct desired_ref: a function that is named by its alias */
	SCHEMA_DEVICE,    /* struct desired_ref: such a function, or one VF of it */
	SCHEMA_DEVICES,   /* struct desired_ref: such a function, or some VFs of it */
	SCHEMA_VF_RANGE,  /* two int: "3", "0-3", "all" */
	SCHEMA_VF_NUMBER, /* a setting of struct vf_settings by its key: sriov/vf.c; min to max */
	SCHEMA_VF_SWITCH,
	SCHEMA_VF_WORD, /* words */
	SCHEMA_VF_MAC,
	SCHEMA_VF_GUID,
	SCHEMA_VF_LIST,
	/* made of others */
	SCHEMA_STRUCT, /* rows, of members of the same struct that the row's own offset leads to */
	SCHEMA_MAP,    /* each key is a name: an array of elements */
	SCHEMA_LIST,   /* an array of elements */
};

struct schema_row;

/* The array that a MAP or LIST fills. */
struct schema_array {
	size_t element_size, count_offset; /* of the array's length, in the struct that has the array's pointer */
	void (*prepare)(void *element);    /* what holds of one before it is filled; NULL: zeros */
	uint32_t max;                      /* elements */
	enum schema_type key_type;         /* MAP: of keys, and where in the element they go */
	size_t key_offset, key_at;         /* key_at: of a struct place; 0: none */
	const char *key_word;              /* what a key is: "ALIAS" */
	const struct schema_row *value;    /* one row, without key: what each element is */
};

struct schema_row {
	const char *key; /* NULL ends a table */
	enum schema_type type;
	bool required;
	size_t offset;
	size_t at; /* of a struct place that remembers where the value was; NO_PLACE: none */
	uint64_t min, max;
	const char *const *words; /* ends with NULL */
	const char *unit;         /* "seconds", "Mbit/s"; NULL */
	const char *fallback;     /* what holds when it is not said; NULL: it is left alone */
	const char *doc;          /* sentences */
	const char *example;      /* as YAML, on one line */
	const struct schema_row *rows;
	const char *shorthand; /* STRUCT: a single value stands for this key of it */
	const struct schema_array *array;
};

#define NO_PLACE 0 /* no struct begins with one */

/* The file as a whole: a STRUCT, filled into a struct config_raw. */
extern const struct schema_row schema_root;

/* The row of a key; NULL when there is none. */
const struct schema_row *schema_find(const struct schema_row *rows, const char *key);

bool schema_is_single(enum schema_type type);

/* A plain number or switch, which YAML knows as such: not to be quoted. */
bool schema_is_plain(enum schema_type type);

/*
 * Store text at value, which is row's member (of the struct itself for those that are "in" one). -EINVAL: it is no such
 * value; -ENOMEM.
 */
int schema_parse(const struct schema_row *row, struct arena *arena, const char *text, struct place at, void *value);

/* What a value of this row is: "a whole number from 1 to 64", "on or off". Returns buf. */
const char *schema_says(const struct schema_row *row, char *buf, size_t size);

/* The JSON Schema of a single value of this row: a new reference, or NULL without memory. */
json_t *schema_single_json(const struct schema_row *row);

/* Of keys of a MAP: a regular expression (ECMA 262) of the type. */
const char *schema_pattern(enum schema_type type);

/* The whole JSON Schema (draft 7) of a file: a new reference, or NULL without memory. */
json_t *schema_json(void);

/* docs/config.md: text that the caller frees, or NULL without memory. */
char *schema_page(void);

#endif
