/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A firmware table put together byte by byte, by a test. */
#ifndef ACPI_TABLE_H
#define ACPI_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct acpi_bytes {
	uint8_t byte[480 << 10];
	size_t size;
};

/* A header of 48 bytes, as DMAR and IVRS have it. */
void acpi_bytes_start(struct acpi_bytes *bytes, const char *signature);
void acpi_bytes_add(struct acpi_bytes *bytes, const void *data, size_t size);

/* A little endian number in place. */
void acpi_bytes_set(struct acpi_bytes *bytes, size_t offset, size_t size, uint64_t value);

/* Length and checksum. */
void acpi_bytes_finish(struct acpi_bytes *bytes);

#endif
