// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/device/acpi_power.c and cmos.c: power button, soft-off, reset, time of day. */
#include "vmm-core/device/acpi_power.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "vmm-core/device/cmos.h"

struct wires {
	int level, changes, offs, resets;
};

static void interrupt(void *opaque, int level)
{
	struct wires *wires = opaque;

	assert_int_not_equal(level, wires->level);
	wires->level = level;
	wires->changes++;
}

static void power_off(void *opaque)
{
	((struct wires *)opaque)->offs++;
}

static void reset(void *opaque)
{
	((struct wires *)opaque)->resets++;
}

static struct acpi_power *new_power(struct wires *wires)
{
	const struct acpi_power_wires ends = { interrupt, power_off, reset, wires };
	struct acpi_power *power = NULL;

	assert_int_equal(acpi_power_new(&power, &ends, NULL), 0);
	return power;
}

static uint64_t in(struct acpi_power *power, unsigned int offset, unsigned int size)
{
	return acpi_power_bus_ops.read(power, offset, size);
}

static void out(struct acpi_power *power, unsigned int offset, unsigned int size, uint64_t value)
{
	acpi_power_bus_ops.write(power, offset, size, value);
}

/* The line is up from the press until the guest has looked, whether it listened already or not. */
static void power_button(void **state)
{
	struct wires wires = { 0 };
	struct acpi_power *power = new_power(&wires);

	(void)state;
	assert_int_equal(in(power, ACPI_POWER_HAPPENED, 1), 0);
	assert_false(acpi_power_button(power));
	assert_int_equal(wires.level, 1);
	assert_false(acpi_power_button(power));
	assert_int_equal(wires.changes, 1);
	out(power, ACPI_POWER_HAPPENED, 1, 0xff);
	assert_int_equal(wires.level, 1);
	out(power, ACPI_POWER_LISTENING, 1, 0xff);
	assert_int_equal(in(power, ACPI_POWER_LISTENING, 1), 1);
	assert_int_equal(wires.level, 1);
	assert_int_equal(in(power, ACPI_POWER_HAPPENED, 1), 1);
	assert_int_equal(wires.level, 0);
	assert_int_equal(in(power, ACPI_POWER_HAPPENED, 1), 0);
	assert_true(acpi_power_button(power));
	assert_int_equal(in(power, ACPI_POWER_HAPPENED, 4), 0x0101);
	assert_int_equal(wires.changes, 4);
	acpi_power_free(power);
}

static void soft_off(void **state)
{
	static const struct {
		unsigned int offset, size;
		uint64_t value;
		int offs, resets;
	} cases[] = {
		{ ACPI_POWER_SLEEP, 1, 5 << 2, 0, 0 },
		{ ACPI_POWER_SLEEP, 1, 5 << 2 | 1 << 5, 1, 0 },
		{ ACPI_POWER_SLEEP, 1, 4 << 2 | 1 << 5, 1, 0 },
		{ ACPI_POWER_SLEEP_STATUS, 1, 0x80, 1, 0 },
		{ ACPI_POWER_SLEEP, 2, 0x8000 | 5 << 2 | 1 << 5, 2, 0 },
		{ ACPI_POWER_RESET, 1, 0, 2, 0 },
		{ ACPI_POWER_RESET, 1, ACPI_POWER_RESET_VALUE, 2, 1 },
		{ ACPI_POWER_RESET + 1, 1, ACPI_POWER_RESET_VALUE, 2, 1 },
	};
	struct wires wires = { 0 };
	struct acpi_power *power = new_power(&wires);

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		out(power, cases[i].offset, cases[i].size, cases[i].value);
		assert_int_equal(wires.offs, cases[i].offs);
		assert_int_equal(wires.resets, cases[i].resets);
	}
	assert_int_equal(in(power, ACPI_POWER_SLEEP, 1), 0);
	for (unsigned int size = 1; size <= 8; size *= 2)
		for (unsigned int offset = 0; offset + size <= ACPI_POWER_BYTES; offset++)
			in(power, offset, size);
	acpi_power_free(power);
}

static time_t fixed_time;

static time_t clock_now(time_t *ret_now)
{
	(void)ret_now;
	return fixed_time;
}

static void time_of_day(void **state)
{
	static const struct {
		time_t now;
		uint8_t value[8]; /* century year month day weekday hour minute second */
	} cases[] = {
		{ 0, { 0x19, 0x70, 0x01, 0x01, 0x05, 0x00, 0x00, 0x00 } },
		{ 951782400, { 0x20, 0x00, 0x02, 0x29, 0x03, 0x00, 0x00, 0x00 } },
		{ 951868799, { 0x20, 0x00, 0x02, 0x29, 0x03, 0x23, 0x59, 0x59 } },
		{ 1795469210, { 0x20, 0x26, 0x11, 0x23, 0x02, 0x21, 0x26, 0x50 } },
		{ 4107542399, { 0x21, 0x00, 0x02, 0x28, 0x01, 0x23, 0x59, 0x59 } },
		{ 4107542400, { 0x21, 0x00, 0x03, 0x01, 0x02, 0x00, 0x00, 0x00 } },
	};
	static const uint8_t reg[8] = { CMOS_CENTURY, 9, 8, 7, 6, 4, 2, 0 };
	struct cmos *cmos = NULL;

	(void)state;
	assert_int_equal(cmos_new(&cmos, clock_now, NULL), 0);
	for (size_t i = 0; i < array_size(cases); i++) {
		fixed_time = cases[i].now;
		for (size_t j = 0; j < array_size(reg); j++) {
			cmos_bus_ops.write(cmos, 0, 1, reg[j] | 0x80);
			assert_int_equal(cmos_bus_ops.read(cmos, 1, 1), cases[i].value[j]);
		}
	}
	/* no update in progress, BCD and 24 hours, valid; the time cannot be set, the alarm can */
	cmos_bus_ops.write(cmos, 0, 1, 10);
	assert_int_equal(cmos_bus_ops.read(cmos, 1, 1) & 0x80, 0);
	cmos_bus_ops.write(cmos, 0, 2, 0x4200 | 5);
	assert_int_equal(cmos_bus_ops.read(cmos, 1, 1), 0x42);
	cmos_bus_ops.write(cmos, 0, 2, 0x4200 | 2);
	assert_int_equal(cmos_bus_ops.read(cmos, 1, 1), 0x00);
	for (unsigned int index = 0; index < 256; index++) {
		cmos_bus_ops.write(cmos, 0, 2, 0xff00 | index);
		cmos_bus_ops.read(cmos, 0, 2);
	}
	cmos_free(cmos);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_button),
		cmocka_unit_test(soft_off),
		cmocka_unit_test(time_of_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
