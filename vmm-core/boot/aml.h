/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AML of a named resource list, as much of it as the SSDT needs: Scope (\_SB.NAME) { Name (_CRS, Buffer { … }) }.
 * Encodings: ACPI 6.5, 20.2 (AML) and 6.4 (resource descriptors).
 */
#ifndef VMM_CORE_BOOT_AML_H
#define VMM_CORE_BOOT_AML_H

#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"

enum {
	ACPI_AML_MAX = 512 /* of one list, all included */
};

struct acpi_resources {
	uint8_t byte[ACPI_AML_MAX];
	size_t count;
};

void acpi_resource_buses(struct acpi_resources *list, unsigned int count);
void acpi_resource_ports(struct acpi_resources *list, uint16_t start, uint8_t count);
/* A window that a bridge hands on to what is behind it: of ports, of memory. */
void acpi_resource_window_ports(struct acpi_resources *list, struct range at);
void acpi_resource_window32(struct acpi_resources *list, struct range at);
void acpi_resource_window64_prefetchable(struct acpi_resources *list, struct range at);
/* Memory that a device itself takes. */
void acpi_resource_memory32(struct acpi_resources *list, struct range at);

/* The whole term for device (four characters) into buf. Returns its size. */
size_t acpi_resources_emit(const struct acpi_resources *list, const char *device, uint8_t buf[static ACPI_AML_MAX]);

#endif
