// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACPI's fixed hardware; see acpi_pm.h. Registers as in ACPI 6.5, 4.8.3. Always in ACPI mode: there is no SMI command
 * port and SCI_EN reads as one. The timer is 32 bits wide, its carry raises no interrupt (nobody waits for it: it is
 * polled).
 */
#include "vmm-core/device/acpi_pm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	STATUS_POWER_BUTTON = 1 << 8,
	STATUS_WAKE = 1 << 15,
	ENABLE_WRITABLE = 1 << 0 | 1 << 5 | 1 << 8 | 1 << 10, /* timer, global lock, power button, RTC */
	CONTROL_SCI_ENABLE = 1 << 0,
	CONTROL_SLEEP_TYPE_SHIFT = 10,
	CONTROL_SLEEP_TYPE_MASK = 7,
	CONTROL_SLEEP_ENABLE = 1 << 13, /* write only */
	TIMER_HZ = 3579545,
	NS_PER_S = 1000000000,
};

struct acpi_pm {
	struct acpi_pm_wires wires;
	uint16_t status, enable, control;
	uint64_t start_ns;
	int level; /* of the SCI */
};

int acpi_pm_new(struct acpi_pm **ret_pm, const struct acpi_pm_wires *wires, struct error *err)
{
	struct acpi_pm *pm = calloc(1, sizeof(*pm));

	if (!pm)
		return fail(err, ENOMEM, "create the ACPI registers");
	pm->wires = *wires;
	pm->start_ns = wires->now_ns(wires->opaque);
	*ret_pm = pm;
	return 0;
}

void acpi_pm_free(struct acpi_pm *pm)
{
	free(pm);
}

static void update_sci(struct acpi_pm *pm)
{
	int level = (pm->status & pm->enable) != 0;

	if (level == pm->level)
		return;
	pm->level = level;
	pm->wires.interrupt(pm->wires.opaque, level);
}

bool acpi_pm_power_button(struct acpi_pm *pm)
{
	pm->status |= STATUS_POWER_BUTTON;
	update_sci(pm);
	return pm->enable & STATUS_POWER_BUTTON;
}

static uint32_t timer_value(const struct acpi_pm *pm)
{
	uint64_t ns = pm->wires.now_ns(pm->wires.opaque) - pm->start_ns;

	return (uint32_t)(ns / NS_PER_S * TIMER_HZ + ns % NS_PER_S * TIMER_HZ / NS_PER_S);
}

/* The block as bytes, so that any width and alignment reads what the registers hold. */
static uint64_t bus_read_pm(void *opaque, uint64_t offset, unsigned int size)
{
	const struct acpi_pm *pm = opaque;
	uint8_t block[ACPI_PM_BYTES] = { 0 };
	uint16_t control = pm->control | CONTROL_SCI_ENABLE;
	uint32_t timer = timer_value(pm);
	uint64_t value = 0;

	memcpy(&block[ACPI_PM_EVENT], &pm->status, sizeof(pm->status));
	memcpy(&block[ACPI_PM_EVENT + 2], &pm->enable, sizeof(pm->enable));
	memcpy(&block[ACPI_PM_CONTROL], &control, sizeof(control));
	memcpy(&block[ACPI_PM_TIMER], &timer, sizeof(timer));
	memcpy(&value, &block[offset], size);
	return value;
}

static void write_control(struct acpi_pm *pm, uint16_t value)
{
	unsigned int type = value >> CONTROL_SLEEP_TYPE_SHIFT & CONTROL_SLEEP_TYPE_MASK;

	pm->control = value & ~CONTROL_SLEEP_ENABLE;
	/* S5 is the only sleep that the tables offer. */
	if (value & CONTROL_SLEEP_ENABLE && type == ACPI_PM_S5_TYPE)
		pm->wires.power_off(pm->wires.opaque);
}

/* One byte of the block: written[] says which bits a guest's ones clear, set or start. */
static void write_byte(struct acpi_pm *pm, uint64_t offset, uint8_t value)
{
	unsigned int shift = offset % 2 * 8;
	uint16_t mask = (uint16_t)(0xff << shift), wide = (uint16_t)(value << shift);

	switch (offset / 2 * 2) {
	case ACPI_PM_EVENT:
		pm->status &= (uint16_t)~wide;
		break;
	case ACPI_PM_EVENT + 2:
		pm->enable = (pm->enable & ~mask) | (wide & ENABLE_WRITABLE);
		break;
	case ACPI_PM_CONTROL:
		write_control(pm, (uint16_t)((pm->control & ~mask) | wide));
		break;
	case ACPI_PM_RESET:
		if (offset == ACPI_PM_RESET && value == ACPI_PM_RESET_VALUE)
			pm->wires.reset(pm->wires.opaque);
		break;
	default:
		break;
	}
}

static void bus_write_pm(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct acpi_pm *pm = opaque;

	for (unsigned int i = 0; i < size; i++)
		write_byte(pm, offset + i, (uint8_t)(value >> (8 * i)));
	update_sci(pm);
}

const struct bus_ops acpi_pm_bus_ops = {
	.name = "acpi-pm",
	.read = bus_read_pm,
	.write = bus_write_pm,
};
