// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * base/utf8.c: forms that are no UTF-8, characters that act on a terminal or turn the direction of writing, cleaned
 * text.
 */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static void test_next(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		int length;
		uint32_t character;
	} cases[] = {
		{ "A", 1, 1, 'A' },
		{ "\xc3\xa9", 2, 2, 0xe9 },
		{ "\xe2\x80\xae", 3, 3, 0x202e },
		{ "\xf0\x9f\x98\x80", 4, 4, 0x1f600 },
		{ "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
		{ "\xe2\x80", 2, 0, 0 },      /* cut */
		{ "\xf0", 1, 0, 0 },          /* cut */
		{ "\x80", 1, -1, 0 },         /* a part without its beginning */
		{ "\x9b", 1, -1, 0 },         /* C1 as one byte */
		{ "\xc0\x9b", 2, -1, 0 },     /* too long a form of ESC */
		{ "\xe0\x80\x9b", 3, -1, 0 }, /* the same, longer */
		{ "\xf0\x80\x80\x9b", 4, -1, 0 },
		{ "\xed\xa0\x80", 3, -1, 0 },     /* a surrogate */
		{ "\xf4\x90\x80\x80", 4, -1, 0 }, /* above the last */
		{ "\xff", 1, -1, 0 },
		{ "\xe2(\xa1", 3, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		uint32_t character = 0;

		assert_int_equal(utf8_next(cases[i].text, cases[i].size, &character), cases[i].length);
		if (cases[i].length > 0)
			assert_int_equal(character, cases[i].character);
	}
}

static void test_visible(void **state)
{
	static const uint32_t shown[] = { ' ', '~', 0xa0, 0xe9, 0x2014, 0x2026, 0x2500, 0x4e2d, 0x1f600 };
	static const uint32_t hidden[] = { 0, 7, '\n', '\r', 033, 0x7f, 0x85, 0x9b, 0x9d, 0x61c, 0x200b, 0x200e, 0x200f,
		0x2028, 0x202a, 0x202e, 0x2066, 0x2069, 0xfeff, 0xfffe, 0x1ffff, 0xe0041, 0x110000 };

	(void)state;
	for (size_t i = 0; i < array_size(shown); i++)
		assert_true(utf8_is_visible(shown[i]));
	for (size_t i = 0; i < array_size(hidden); i++)
		assert_false(utf8_is_visible(hidden[i]));
}

static void test_clean(void **state)
{
	static const struct {
		const char *text, *clean;
	} cases[] = {
		{ "", "" },
		{ "eth0 \xc3\xa9", "eth0 \xc3\xa9" },
		{ "a\033]0;title\007b", "a\\x1b]0;title\\x07b" },
		{ "line\nerror: forged", "line\\x0aerror: forged" },
		{ "\xc2\x9b"
		  "31m",
			"\\xc2\\x9b31m" },
		{ "x\xe2\x80\xaey", "x\\xe2\\x80\\xaey" },
		{ "cut \xe2\x80", "cut \\xe2\\x80" },
	};
	char buf[64], small[8];

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_string_equal(utf8_clean(cases[i].text, buf, sizeof(buf)), cases[i].clean);
	/* Never half an escape, never half a character. */
	assert_string_equal(utf8_clean("abcd\033e", small, sizeof(small)), "abcd");
	assert_string_equal(utf8_clean("abcdef\xc3\xa9", small, sizeof(small)), "abcdef");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_visible),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
