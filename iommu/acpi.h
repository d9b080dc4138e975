/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A firmware table as a list of items: the header, each substructure, and what a substructure consists of (device
 * scopes, device entries). Each kind of item has its fields in a const table, from which comes everything that is ever
 * read of a table: nothing outside an item can be reached, whatever the table says.
 *
 *	acpi_table_open()	header, length, checksum (ACPI 6.5, 5.2.6)
 *	dmar_decode()		dmar.h	or	ivrs_decode()	ivrs.h: the items behind the header
 *	acpi_number() ...	fields of an item, by name
 *	acpi_table_done()
 *
 * Firmware has bugs, and a table with one is still the best there is: a flaw is written down with its offset, and
 * decoding goes on wherever the table's own lengths allow it.
 */
#ifndef IOMMU_ACPI_H
#define IOMMU_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "os/sysroot.h"

enum {
	ACPI_TABLE_MAX = 512 << 10, /* bytes; real tables have a few hundred */
	ACPI_HEADER_SIZE = 36,
	ACPI_FLAW_MAX = 64,
};

enum acpi_format {
	ACPI_NUMBER, /* little endian, 1 to 8 bytes */
	ACPI_TEXT,   /* up to the first zero byte */
	ACPI_BYTES,
	ACPI_PATH, /* pairs of PCI device and function */
};

struct acpi_field {
	const char *name;
	uint32_t offset; /* in its item */
	uint32_t size;   /* bytes; 0: to the item's end */
	enum acpi_format format;
};

struct acpi_kind {
	const char *name; /* "drhd", "scope" */
	uint32_t type;
	uint32_t fixed;                  /* bytes that an item of this kind has at least */
	const struct acpi_field *fields; /* ended by one without name */
};

struct acpi_item {
	const struct acpi_kind *kind;
	uint32_t type; /* as the table has it; kind->type but for unknown ones */
	uint32_t offset, length;
	uint32_t parent; /* index of the substructure that it is part of; its own index for a substructure */
};

struct acpi_flaw {
	uint32_t offset;
	bool malformed; /* a part could not be decoded; else worth knowing only */
	char text[120];
};

struct acpi_table {
	char signature[5];
	uint8_t *data; /* owned, exactly size bytes */
	uint32_t size;
	struct acpi_item *item; /* owned; 0 is the header */
	size_t item_count, item_space;
	struct acpi_flaw flaw[ACPI_FLAW_MAX];
	size_t flaw_count; /* may be more than ACPI_FLAW_MAX: the first ones are kept */
	size_t malformed_count;
};

/*
 * Copies the bytes. CODE_ACPI_MALFORMED when they are no table at all: shorter than a header, or than the length that
 * the header gives. Bytes behind that length, and a wrong checksum, are flaws.
 */
int acpi_table_open(
	struct acpi_table *table, const void *bytes, size_t size, const struct acpi_kind *header, struct error *err);
void acpi_table_done(struct acpi_table *table);
#define cleanup_acpi_table cleanup(acpi_table_done)

/* A file's bytes, up to ACPI_TABLE_MAX. The caller frees *ret_bytes. */
int acpi_file_read(int fd, const char *name, void **ret_bytes, size_t *ret_size, struct error *err);

/* The kind of that type in a list ended by one without name: that last one, for unknown types, when there is none. */
const struct acpi_kind *acpi_kind_find(const struct acpi_kind *kinds, uint32_t type);

/*
 * Add an item; [offset, offset + length) must lie in the table. One that is shorter than its kind's fixed part is
 * written down as malformed, and its missing fields are absent. parent ACPI_OWN: a substructure. Returns its index or
 * -ENOMEM.
 */
#define ACPI_OWN UINT32_MAX
#define ACPI_REST UINT32_MAX /* the type of what lies behind the point where decoding had to stop */
int64_t acpi_item_add(struct acpi_table *table, const struct acpi_kind *kind, uint32_t type, uint32_t offset,
	uint32_t length, uint32_t parent, struct error *err);

void acpi_flaw_add(struct acpi_table *table, uint32_t offset, bool malformed, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Little endian, bytes 1 to 8; the caller has checked that they lie in the table. */
uint64_t acpi_load(const struct acpi_table *table, uint32_t offset, uint32_t bytes);

/* Are these bytes all zero: padding that firmware leaves at the end. */
bool acpi_is_zero(const struct acpi_table *table, uint32_t offset, uint32_t end);

/* A number field by its name: 0 when the item is too short for it. */
uint64_t acpi_number(const struct acpi_table *table, const struct acpi_item *item, const char *name);

/*
 * Bytes of the field that lie in the item: offset in the table and count. False when the item is too short for it (a
 * variable one may have no bytes).
 */
bool acpi_field_place(const struct acpi_table *table, const struct acpi_item *item, const struct acpi_field *field,
	uint32_t *ret_offset, uint32_t *ret_size);

/* Text of a field, without what is not printable ASCII: '?' stands for it. Returns buf. */
const char *acpi_text(
	const struct acpi_table *table, const struct acpi_item *item, const char *name, char *buf, size_t size);

#endif
