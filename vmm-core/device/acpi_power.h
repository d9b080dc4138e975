/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hardware-reduced ACPI (ACPI 6.5, 4.1) has of a platform: the sleep control and reset registers, by which a guest
 * switches itself off and restarts, and the two bytes by which the generic event device (boot/dsdt.asl) tells that
 * somebody pressed the power button.
 */
#ifndef VMM_CORE_DEVICE_ACPI_POWER_H
#define VMM_CORE_DEVICE_ACPI_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "vmm-core/bus.h"

/* Ports, a byte each, as the FADT and the DSDT name them. */
#define ACPI_POWER_BASE 0x600
enum {
	ACPI_POWER_HAPPENED = 0x0,  /* bit 0: the power button; reading clears it */
	ACPI_POWER_LISTENING = 0x1, /* bit 0, written by the guest: its ACPI is at work */
	ACPI_POWER_SLEEP = 0x4,
	ACPI_POWER_SLEEP_STATUS = 0x5,
	ACPI_POWER_RESET = 0xc,
	ACPI_POWER_BYTES = 0x10,
	ACPI_POWER_RESET_VALUE = 1,
	ACPI_POWER_S5_TYPE = 5, /* as \_S5 in dsdt.asl says */
	ACPI_POWER_IRQ = 9,
};

struct acpi_power;

struct acpi_power_wires {
	void (*interrupt)(void *opaque, int level);
	void (*power_off)(void *opaque);
	void (*reset)(void *opaque);
	void *opaque;
};

int acpi_power_new(struct acpi_power **ret_power, const struct acpi_power_wires *wires, struct error *err);
void acpi_power_free(struct acpi_power *power);

/* opaque is the struct acpi_power; ACPI_POWER_BYTES from ACPI_POWER_BASE. */
extern const struct bus_ops acpi_power_bus_ops;

/* Press the power button, under the machine's lock. False when the guest's ACPI is not at work (yet). */
bool acpi_power_button(struct acpi_power *power);

#endif
