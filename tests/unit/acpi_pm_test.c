// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/device/acpi_pm.c and cmos.c: power button, soft-off, timer, time of day. */
#include "vmm-core/device/acpi_pm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "vmm-core/device/cmos.h"

struct wires {
	int level, offs, resets;
	uint64_t now_ns;
};

static void interrupt(void *opaque, int level)
{
	((struct wires *)opaque)->level = level;
}

static void power_off(void *opaque)
{
	((struct wires *)opaque)->offs++;
}

static void reset(void *opaque)
{
	((struct wires *)opaque)->resets++;
}

static uint64_t now_ns(void *opaque)
{
	return ((struct wires *)opaque)->now_ns;
}

static struct acpi_pm *new_pm(struct wires *wires)
{
	const struct acpi_pm_wires ends = { interrupt, power_off, reset, now_ns, wires };
	struct acpi_pm *pm = NULL;

	assert_int_equal(acpi_pm_new(&pm, &ends, NULL), 0);
	return pm;
}

static uint64_t in(struct acpi_pm *pm, unsigned int offset, unsigned int size)
{
	return acpi_pm_bus_ops.read(pm, offset, size);
}

static void out(struct acpi_pm *pm, unsigned int offset, unsigned int size, uint64_t value)
{
	acpi_pm_bus_ops.write(pm, offset, size, value);
}

static void power_button(void **state)
{
	struct wires wires = { 0 };
	struct acpi_pm *pm = new_pm(&wires);

	(void)state;
	assert_false(acpi_pm_power_button(pm));
	assert_int_equal(wires.level, 0);
	out(pm, ACPI_PM_EVENT + 2, 2, 0x0100);
	assert_int_equal(wires.level, 1);
	assert_int_equal(in(pm, ACPI_PM_EVENT, 2), 0x0100);
	out(pm, ACPI_PM_EVENT, 2, 0x0001);
	assert_int_equal(wires.level, 1);
	out(pm, ACPI_PM_EVENT, 2, 0x0100);
	assert_int_equal(wires.level, 0);
	assert_true(acpi_pm_power_button(pm));
	assert_int_equal(wires.level, 1);
	/* a byte of the enable register changes that byte only */
	out(pm, ACPI_PM_EVENT + 2, 1, 0xff);
	assert_int_equal(in(pm, ACPI_PM_EVENT + 2, 2), 0x0121);
	acpi_pm_free(pm);
}

static void soft_off(void **state)
{
	static const struct {
		unsigned int offset, size;
		uint64_t value;
		int offs, resets;
	} cases[] = {
		{ ACPI_PM_CONTROL, 2, 5 << 10, 0, 0 },
		{ ACPI_PM_CONTROL, 2, 5 << 10 | 1 << 13, 1, 0 },
		{ ACPI_PM_CONTROL, 2, 4 << 10 | 1 << 13, 1, 0 },
		{ ACPI_PM_CONTROL + 1, 1, (5 << 10 | 1 << 13) >> 8, 2, 0 },
		{ ACPI_PM_RESET, 1, 0, 2, 0 },
		{ ACPI_PM_RESET, 1, ACPI_PM_RESET_VALUE, 2, 1 },
		{ ACPI_PM_RESET + 1, 1, ACPI_PM_RESET_VALUE, 2, 1 },
	};
	struct wires wires = { 0 };
	struct acpi_pm *pm = new_pm(&wires);

	(void)state;
	assert_int_equal(in(pm, ACPI_PM_CONTROL, 2), 1); /* SCI_EN */
	for (size_t i = 0; i < array_size(cases); i++) {
		out(pm, cases[i].offset, cases[i].size, cases[i].value);
		assert_int_equal(wires.offs, cases[i].offs);
		assert_int_equal(wires.resets, cases[i].resets);
	}
	/* SLP_EN is never read back */
	assert_int_equal(in(pm, ACPI_PM_CONTROL, 2) & 1 << 13, 0);
	acpi_pm_free(pm);
}

static void timer(void **state)
{
	static const struct {
		uint64_t ns;
		uint32_t ticks;
	} cases[] = {
		{ 0, 0 },
		{ 1000000000, 3579545 },
		{ 1500000000, 5369317 },
		{ 86400ull * 1000000000, 309272688000ull & UINT32_MAX },
		{ 365 * 86400ull * 1000000000, (uint32_t)(365 * 86400ull * 3579545) },
	};
	struct wires wires = { .now_ns = 12345 };
	struct acpi_pm *pm = new_pm(&wires);

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		wires.now_ns = 12345 + cases[i].ns;
		assert_int_equal(in(pm, ACPI_PM_TIMER, 4), cases[i].ticks);
	}
	for (unsigned int size = 1; size <= 8; size *= 2)
		for (unsigned int offset = 0; offset + size <= ACPI_PM_BYTES; offset++)
			in(pm, offset, size);
	acpi_pm_free(pm);
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
		cmocka_unit_test(timer),
		cmocka_unit_test(time_of_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
