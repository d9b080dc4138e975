// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AML of a resource list; see aml.h. Lengths are always written in their two-byte form: valid for any length up to
 * 4095, so that nothing has to be measured first.
 */
#include "vmm-core/boot/aml.h"

#include <string.h>

enum {
	AML_NAME = 0x08,
	AML_SCOPE = 0x10,
	AML_BUFFER = 0x11,
	AML_WORD = 0x0b,
	AML_ROOT = '\\',
	AML_DUAL_NAME = 0x2e,
	RES_IO = 0x47,
	RES_END = 0x79,
	RES_MEMORY32_FIXED = 0x86,
	RES_DWORD_SPACE = 0x87,
	RES_WORD_SPACE = 0x88,
	RES_QWORD_SPACE = 0x8a,
	SPACE_MEMORY = 0,
	SPACE_PORTS = 1,
	SPACE_BUS = 2,
	SPACE_FIXED = 0x0c, /* least and greatest address are fixed; a producer */
	PORTS_ALL = 0x03,   /* addresses of ISA and all others */
	MEMORY_WRITABLE = 0x01,
	MEMORY_PREFETCHABLE = 0x06,
	LENGTH_BYTES = 2,
};

static void put(struct acpi_resources *list, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size && list->count < sizeof(list->byte); i++)
		list->byte[list->count++] = (uint8_t)(value >> (8 * i));
}

/* One address space descriptor; width is of its five fields. The last byte of [start, end) is its maximum. */
static void put_space(
	struct acpi_resources *list, uint8_t tag, unsigned int width, uint8_t type, uint8_t type_flags, struct range at)
{
	put(list, tag, 1);
	put(list, 3 + 5 * width, 2);
	put(list, type, 1);
	put(list, SPACE_FIXED, 1);
	put(list, type_flags, 1);
	put(list, 0, width); /* granularity */
	put(list, at.start, width);
	put(list, at.end - 1, width);
	put(list, 0, width); /* translation */
	put(list, range_size(at), width);
}

void acpi_resource_buses(struct acpi_resources *list, unsigned int count)
{
	put_space(list, RES_WORD_SPACE, 2, SPACE_BUS, 0, (struct range){ 0, count });
}

void acpi_resource_ports(struct acpi_resources *list, uint16_t start, uint8_t count)
{
	put(list, RES_IO, 1);
	put(list, 1, 1); /* decodes 16 bits */
	put(list, start, 2);
	put(list, start, 2);
	put(list, 1, 1); /* alignment */
	put(list, count, 1);
}

void acpi_resource_window_ports(struct acpi_resources *list, struct range at)
{
	put_space(list, RES_WORD_SPACE, 2, SPACE_PORTS, PORTS_ALL, at);
}

void acpi_resource_window32(struct acpi_resources *list, struct range at)
{
	put_space(list, RES_DWORD_SPACE, 4, SPACE_MEMORY, MEMORY_WRITABLE, at);
}

void acpi_resource_window64_prefetchable(struct acpi_resources *list, struct range at)
{
	put_space(list, RES_QWORD_SPACE, 8, SPACE_MEMORY, MEMORY_WRITABLE | MEMORY_PREFETCHABLE, at);
}

void acpi_resource_memory32(struct acpi_resources *list, struct range at)
{
	put(list, RES_MEMORY32_FIXED, 1);
	put(list, 9, 2);
	put(list, MEMORY_WRITABLE, 1);
	put(list, at.start, 4);
	put(list, range_size(at), 4);
}

/* A package length counts itself. */
static void put_length(struct acpi_resources *out, size_t bytes)
{
	size_t length = bytes + LENGTH_BYTES;

	put(out, 0x40 | (length & 0xf), 1);
	put(out, length >> 4, 1);
}

size_t acpi_resources_emit(const struct acpi_resources *list, const char *device, uint8_t buf[static ACPI_AML_MAX])
{
	enum {
		END_TAG = 2,
		SIZE_TERM = 3,
		NAME_TERM = 5,
		PATH = 10,
	};
	struct acpi_resources out = { 0 };
	size_t resources = list->count + END_TAG;
	size_t buffer = LENGTH_BYTES + SIZE_TERM + resources;

	put(&out, AML_SCOPE, 1);
	put_length(&out, PATH + NAME_TERM + 1 + buffer);
	put(&out, AML_ROOT, 1);
	put(&out, AML_DUAL_NAME, 1);
	for (const char *c = "_SB_"; *c; c++)
		put(&out, (uint8_t)*c, 1);
	for (int i = 0; i < 4; i++)
		put(&out, (uint8_t)device[i], 1);
	put(&out, AML_NAME, 1);
	for (const char *c = "_CRS"; *c; c++)
		put(&out, (uint8_t)*c, 1);
	put(&out, AML_BUFFER, 1);
	put_length(&out, SIZE_TERM + resources);
	put(&out, AML_WORD, 1);
	put(&out, resources, 2);
	for (size_t i = 0; i < list->count; i++)
		put(&out, list->byte[i], 1);
	put(&out, RES_END, 1);
	put(&out, 0, 1); /* no checksum */
	memcpy(buf, out.byte, out.count);
	return out.count;
}
