// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sleep, reset and the power button; see acpi_power.h. The sleep registers are as in ACPI 6.5, 4.8.3.7; that the guest
 * wakes is never true, since soft-off is the only sleep. There is no power management timer: guests have kvmclock, and
 * a processor's own counter.
 */
#include "vmm-core/device/acpi_power.h"

#include <errno.h>
#include <stdlib.h>

enum {
	BUTTON = 1 << 0,
	LISTENING = 1 << 0,
	SLEEP_TYPE_SHIFT = 2,
	SLEEP_TYPE_MASK = 7,
	SLEEP_ENABLE = 1 << 5,
};

struct acpi_power {
	struct acpi_power_wires wires;
	uint8_t happened, listening;
};

int acpi_power_new(struct acpi_power **ret_power, const struct acpi_power_wires *wires, struct error *err)
{
	struct acpi_power *power = calloc(1, sizeof(*power));

	if (!power)
		return fail(err, ENOMEM, "create the ACPI registers");
	power->wires = *wires;
	*ret_power = power;
	return 0;
}

void acpi_power_free(struct acpi_power *power)
{
	free(power);
}

/* The line stays up until the guest has looked: what comes before its event device listens is not lost. */
static void set_happened(struct acpi_power *power, uint8_t happened)
{
	int before = power->happened != 0, after = happened != 0;

	power->happened = happened;
	if (before != after)
		power->wires.interrupt(power->wires.opaque, after);
}

bool acpi_power_button(struct acpi_power *power)
{
	set_happened(power, BUTTON);
	return power->listening;
}

static uint8_t read_byte(struct acpi_power *power, uint64_t offset)
{
	uint8_t value = 0;

	if (offset == ACPI_POWER_HAPPENED) {
		value = power->happened;
		set_happened(power, 0);
	} else if (offset == ACPI_POWER_LISTENING) {
		value = power->listening;
	}
	return value;
}

static uint64_t bus_read_power(void *opaque, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)read_byte(opaque, offset + i) << (8 * i);
	return value;
}

static void write_byte(struct acpi_power *power, uint64_t offset, uint8_t value)
{
	if (offset == ACPI_POWER_LISTENING)
		power->listening = value & LISTENING;
	else if (offset == ACPI_POWER_SLEEP && value & SLEEP_ENABLE &&
		 (value >> SLEEP_TYPE_SHIFT & SLEEP_TYPE_MASK) == ACPI_POWER_S5_TYPE)
		power->wires.power_off(power->wires.opaque);
	else if (offset == ACPI_POWER_RESET && value == ACPI_POWER_RESET_VALUE)
		power->wires.reset(power->wires.opaque);
}

static void bus_write_power(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	for (unsigned int i = 0; i < size; i++)
		write_byte(opaque, offset + i, (uint8_t)(value >> (8 * i)));
}

const struct bus_ops acpi_power_bus_ops = {
	.name = "acpi-power",
	.read = bus_read_power,
	.write = bus_write_power,
};
