// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/bus.c: overlaps refused, accesses routed, everything else reads as ones. */
#include "vmm-core/bus.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static uint64_t read_offset(void *opaque, uint64_t offset, unsigned int size)
{
	return *(uint64_t *)opaque + offset * 16 + size;
}

static void write_value(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	*(uint64_t *)opaque = offset << 32 | size << 16 | value;
}

static const struct bus_ops ops = { .name = "test", .read = read_offset, .write = write_value };

static void overlaps(void **state)
{
	static const struct {
		uint64_t start, size;
		int ret;
	} cases[] = {
		{ 0x100, 0x10, 0 },
		{ 0x110, 0x10, 0 },
		{ 0xf0, 0x10, 0 },
		{ 0x100, 1, -EEXIST },
		{ 0x11f, 1, -EEXIST },
		{ 0x80, 0x1000, -EEXIST },
		{ 0x120, 1, 0 },
		{ 0x90, 0, -EINVAL },
		{ UINT64_MAX, 2, -EINVAL },
		{ UINT64_MAX - 1, 2, 0 },
		{ 0xef, 2, -EEXIST },
	};
	struct bus bus = { .name = "port" };
	uint64_t opaque = 0;

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(bus_add(&bus, cases[i].start, cases[i].size, &ops, &opaque, NULL), cases[i].ret);
	for (size_t i = 1; i < bus.count; i++)
		assert_true(bus.range[i - 1].start + bus.range[i - 1].size <= bus.range[i].start);
}

static void accesses(void **state)
{
	static const struct {
		uint64_t address;
		unsigned int size;
		uint64_t value;
	} cases[] = {
		{ 0x100, 1, 0x1001 },
		{ 0x107, 1, 0x1071 },
		{ 0x104, 4, 0x1044 },
		{ 0x100, 8, 0x1008 },
		{ 0x106, 4, UINT64_MAX },
		{ 0xff, 2, UINT64_MAX },
		{ 0x108, 1, UINT64_MAX },
		{ 0, 1, UINT64_MAX },
		{ 0x100, 3, UINT64_MAX },
		{ 0x100, 16, UINT64_MAX },
	};
	struct bus bus = { .name = "port" };
	uint64_t opaque = 0x1000;

	(void)state;
	assert_int_equal(bus_read(&bus, 0x100, 1), UINT64_MAX);
	assert_int_equal(bus_add(&bus, 0x100, 8, &ops, &opaque, NULL), 0);
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(bus_read(&bus, cases[i].address, cases[i].size), cases[i].value);
	assert_int_equal(bus.range[0].reads, 4);
	assert_int_equal(bus.unclaimed, 1 + 6);
	bus_write(&bus, 0x102, 2, 0xabc);
	assert_int_equal(opaque, 2ull << 32 | 2 << 16 | 0xabc);
	bus_write(&bus, 0x107, 2, 1);
	assert_int_equal(opaque, 2ull << 32 | 2 << 16 | 0xabc);
}

static void removal(void **state)
{
	struct bus bus = { .name = "port" };
	uint64_t opaque = 0;

	(void)state;
	bus_add(&bus, 0x100, 8, &ops, &opaque, NULL);
	bus_add(&bus, 0x200, 8, &ops, &opaque, NULL);
	bus_remove(&bus, 0x104);
	assert_int_equal(bus.count, 2);
	bus_remove(&bus, 0x100);
	assert_int_equal(bus.count, 1);
	assert_int_equal(bus.range[0].start, 0x200);
	bus_remove(&bus, 0x50);
	assert_int_equal(bus.count, 1);
}

static void full(void **state)
{
	struct bus bus = { .name = "port" };
	struct error err = { 0 };

	(void)state;
	for (uint64_t i = 0; i < BUS_RANGE_MAX; i++)
		assert_int_equal(bus_add(&bus, (i * 37 % BUS_RANGE_MAX) * 8, 8, &ops, NULL, &err), 0);
	assert_int_equal(bus_add(&bus, 1 << 20, 8, &ops, NULL, &err), -ENOSPC);
	for (size_t i = 0; i < bus.count; i++)
		assert_int_equal(bus.range[i].start, i * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlaps),
		cmocka_unit_test(accesses),
		cmocka_unit_test(removal),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
