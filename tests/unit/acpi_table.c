// SPDX-License-Identifier: GPL-2.0-or-later
/* A firmware table put together byte by byte, by a test: header, parts, length and checksum. */
#include "tests/unit/acpi_table.h"

#include <stdlib.h>
#include <string.h>

void acpi_bytes_start(struct acpi_bytes *bytes, const char *signature)
{
	memset(bytes, 0, sizeof(*bytes));
	memcpy(bytes->byte, signature, 4);
	bytes->size = 48;
}

void acpi_bytes_add(struct acpi_bytes *bytes, const void *data, size_t size)
{
	if (size > sizeof(bytes->byte) - bytes->size)
		abort();
	memcpy(bytes->byte + bytes->size, data, size);
	bytes->size += size;
}

void acpi_bytes_set(struct acpi_bytes *bytes, size_t offset, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		bytes->byte[offset + i] = (uint8_t)(value >> i * 8);
}

void acpi_bytes_finish(struct acpi_bytes *bytes)
{
	uint8_t sum = 0;

	acpi_bytes_set(bytes, 4, 4, bytes->size);
	bytes->byte[9] = 0;
	for (size_t i = 0; i < bytes->size; i++)
		sum = (uint8_t)(sum + bytes->byte[i]);
	bytes->byte[9] = (uint8_t)-sum;
}
