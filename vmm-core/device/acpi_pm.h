/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI's fixed hardware (ACPI 6.5, 4.8.3): PM1a event and control blocks, the power management timer, the reset
 * register. How a guest switches itself off and restarts, and how it is told that somebody pressed the power button.
 */
#ifndef VMM_CORE_DEVICE_ACPI_PM_H
#define VMM_CORE_DEVICE_ACPI_PM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "vmm-core/bus.h"

/* Ports, as the FADT names them. */
#define ACPI_PM_BASE 0x600
enum {
	ACPI_PM_EVENT = 0x0, /* status 2 bytes, enable 2 bytes */
	ACPI_PM_CONTROL = 0x4,
	ACPI_PM_TIMER = 0x8,
	ACPI_PM_RESET = 0xc,
	ACPI_PM_BYTES = 0x10,
	ACPI_PM_RESET_VALUE = 1,
	ACPI_PM_S5_TYPE = 5, /* as \_S5 in dsdt.asl says */
	ACPI_SCI_IRQ = 9,
};

struct acpi_pm;

struct acpi_pm_wires {
	void (*interrupt)(void *opaque, int level); /* the SCI */
	void (*power_off)(void *opaque);
	void (*reset)(void *opaque);
	uint64_t (*now_ns)(void *opaque); /* monotonic */
	void *opaque;
};

int acpi_pm_new(struct acpi_pm **ret_pm, const struct acpi_pm_wires *wires, struct error *err);
void acpi_pm_free(struct acpi_pm *pm);

/* opaque is the struct acpi_pm; ACPI_PM_BYTES from ACPI_PM_BASE. */
extern const struct bus_ops acpi_pm_bus_ops;

/* Press the power button, under the machine's lock. False when the guest has not asked to be told about it. */
bool acpi_pm_power_button(struct acpi_pm *pm);

#endif
