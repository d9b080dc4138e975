/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's ACPI tables (ACPI 6.5): RSDP, XSDT, FADT, FACS, MADT, MCFG, DSDT, SSDT, a full platform with fixed
 * hardware. The DSDT is static (dsdt.asl, compiled at build); what depends on the machine, the host bridge's windows
 * and buses, is an SSDT of two resource lists, written here. All of it lies where firmware has its place, and the RSDP
 * comes first.
 */
#ifndef VMM_CORE_BOOT_ACPI_H
#define VMM_CORE_BOOT_ACPI_H

#include "base/error.h"
#include "vmm-core/layout.h"
#include "vmm-core/ram.h"
#include "wire/cpu.h"

#define ACPI_TABLES_START 0xe0000ull
#define ACPI_TABLES_END 0xff000ull

/* Write the tables for those processors into guest memory; the RSDP is at ACPI_TABLES_START. */
int acpi_write(
	const struct guest_ram *ram, const struct layout *layout, const struct cpu_shape *cpus, struct error *err);

#endif
