// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/device/serial.c: what Linux's 8250 driver and a line of input rely on. */
#include "vmm-core/device/serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

struct line {
	struct serial *serial;
	uint8_t out[64];
	size_t out_count;
	int level, changes, drained;
};

static void transmit(void *opaque, uint8_t byte)
{
	struct line *line = opaque;

	line->out[line->out_count++ % sizeof(line->out)] = byte;
}

static void interrupt(void *opaque, int level)
{
	struct line *line = opaque;

	assert_int_not_equal(line->level, level);
	line->level = level;
	line->changes++;
}

static void drained(void *opaque)
{
	((struct line *)opaque)->drained++;
}

static int set_up(void **state)
{
	struct line *line = calloc(1, sizeof(*line));
	const struct serial_line ends = { transmit, interrupt, drained, line };

	*state = line;
	return serial_new(&line->serial, &ends, NULL);
}

static int tear_down(void **state)
{
	struct line *line = *state;

	serial_free(line->serial);
	free(line);
	return 0;
}

static uint8_t in(struct line *line, unsigned int reg)
{
	return (uint8_t)serial_bus_ops.read(line->serial, reg, 1);
}

static void out(struct line *line, unsigned int reg, uint8_t value)
{
	serial_bus_ops.write(line->serial, reg, 1, value);
}

static void is_a_16550a(void **state)
{
	struct line *line = *state;

	/* scratch, divisor latch, loop-back and FIFOs: how drivers tell */
	out(line, 7, 0x5a);
	assert_int_equal(in(line, 7), 0x5a);
	out(line, 3, 0x83);
	out(line, 0, 1);
	out(line, 1, 0);
	assert_int_equal(in(line, 0), 1);
	out(line, 3, 0x03);
	assert_int_equal(line->out_count, 0);
	out(line, 4, 0x1a);
	assert_int_equal(in(line, 6) & 0xf0, 0x90);
	out(line, 4, 0x0b);
	assert_int_equal(in(line, 6), 0xb0);
	out(line, 2, 1);
	assert_int_equal(in(line, 2) & 0xc0, 0xc0);
	out(line, 2, 0);
	assert_int_equal(in(line, 2) & 0xc0, 0);
	assert_int_equal(in(line, 5), 0x60);
	out(line, 1, 0xff);
	assert_int_equal(in(line, 1), 0x0f);
}

static void output(void **state)
{
	struct line *line = *state;

	for (const char *c = "hello"; *c; c++)
		out(line, 0, (uint8_t)*c);
	assert_int_equal(line->out_count, 5);
	assert_memory_equal(line->out, "hello", 5);
	assert_int_equal(line->changes, 0);
}

static void transmit_interrupt(void **state)
{
	struct line *line = *state;

	out(line, 1, 2);
	assert_int_equal(line->level, 1);
	assert_int_equal(in(line, 2) & 0x0f, 0x02);
	/* reading the cause takes it away, the next byte brings it back */
	assert_int_equal(line->level, 0);
	assert_int_equal(in(line, 2) & 0x0f, 0x01);
	out(line, 0, 'x');
	assert_int_equal(line->level, 1);
	out(line, 1, 0);
	assert_int_equal(line->level, 0);
}

static void input(void **state)
{
	struct line *line = *state;

	out(line, 1, 1);
	serial_receive(line->serial, (const uint8_t *)"ab", 2);
	assert_int_equal(line->level, 1);
	assert_int_equal(in(line, 2) & 0x0f, 0x04);
	assert_int_equal(in(line, 5) & 1, 1);
	assert_int_equal(in(line, 0), 'a');
	assert_int_equal(line->level, 1);
	assert_int_equal(in(line, 0), 'b');
	assert_int_equal(line->level, 0);
	assert_int_equal(in(line, 5) & 1, 0);
	assert_int_equal(line->drained, 2);
	assert_int_equal(in(line, 0), 0);
}

static void input_is_bounded(void **state)
{
	struct line *line = *state;
	uint8_t bytes[SERIAL_INPUT_MAX + 100];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	serial_receive(line->serial, bytes, 10);
	in(line, 0);
	assert_int_equal(serial_space(line->serial), SERIAL_INPUT_MAX - 9);
	serial_receive(line->serial, bytes + 10, sizeof(bytes) - 10);
	assert_int_equal(serial_space(line->serial), 0);
	for (size_t i = 1; i <= SERIAL_INPUT_MAX; i++)
		assert_int_equal(in(line, 0), bytes[i]);
	assert_int_equal(serial_space(line->serial), SERIAL_INPUT_MAX);
	serial_receive(line->serial, bytes, 10);
	out(line, 2, 3);
	assert_int_equal(serial_space(line->serial), SERIAL_INPUT_MAX);
}

static void loopback(void **state)
{
	struct line *line = *state;

	out(line, 4, 0x10);
	out(line, 0, 'z');
	assert_int_equal(line->out_count, 0);
	assert_int_equal(in(line, 0), 'z');
}

/* Every register, every width: nothing of a hostile guest's accesses may go wrong; sanitizers watch. */
static void any_access(void **state)
{
	struct line *line = *state;
	uint32_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		unsigned int size = 1u << (seed >> 8 & 3);
		unsigned int reg = (seed >> 16) % (SERIAL_PORT_COUNT - size + 1);

		seed = seed * 1664525 + 1013904223;
		if (seed & 1 << 30)
			serial_bus_ops.write(line->serial, reg, size, (uint64_t)seed << 20 | seed);
		else
			serial_bus_ops.read(line->serial, reg, size);
		if (!(seed & 0xff000))
			serial_receive(line->serial, (const uint8_t *)&seed, sizeof(seed));
		assert_true(serial_space(line->serial) <= SERIAL_INPUT_MAX);
	}
}

int main(void)
{
#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		test(is_a_16550a),
		test(output),
		test(transmit_interrupt),
		test(input),
		test(input_is_bounded),
		test(loopback),
		test(any_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
