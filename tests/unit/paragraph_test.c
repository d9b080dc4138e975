// SPDX-License-Identifier: GPL-2.0-or-later
/* cli/paragraph.c: where lines break, what begins where, and the width that is chosen. */
#include "cli/paragraph.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

static void expect(const char *before, const char *text, size_t indent, size_t width, const char *wanted)
{
	cleanup_free char *output = NULL;
	size_t size;
	FILE *out = open_memstream(&output, &size);

	fputs(before, out);
	paragraph_print(out, text, strlen(before), indent, width);
	fclose(out);
	assert_string_equal(output, wanted);
}

static void breaks_between_words(void **state)
{
	(void)state;
	expect("", "", 0, 10, "\n");
	expect("", "one", 0, 10, "one\n");
	expect("", "one two th", 0, 10, "one two th\n");
	expect("", "one two thr", 0, 10, "one two\nthr\n");
	expect("", "a word-that-is-too-long b", 0, 10, "a\nword-that-is-too-long\nb\n");
	expect("", "two  spaces   count as one ", 0, 40, "two spaces count as one\n");
}

/* An option's text stays in its column, and begins below an option that reaches into it. */
static void keeps_the_column(void **state)
{
	(void)state;
	expect("  -a", "one two three", 6, 14, "  -a  one two\n      three\n");
	expect("  --ab", "one two", 6, 14, "  --ab\n      one two\n");
	expect("  --abcdef", "one two", 6, 14, "  --abcdef\n      one two\n");
	expect("  -ab", "one", 6, 14, "  -ab one\n");
}

static size_t width_on_terminal(unsigned short columns)
{
	cleanup_close int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	FILE *out;
	size_t width;

	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	out = fopen(ptsname(master), "w");
	assert_non_null(out);
	assert_int_equal(ioctl(fileno(out), TIOCSWINSZ, &size), 0);
	width = paragraph_width(out);
	fclose(out);
	return width;
}

static void follows_the_terminal(void **state)
{
	static const struct {
		unsigned short columns;
		size_t width;
	} cases[] = { { 0, 80 }, { 10, 40 }, { 60, 60 }, { 80, 80 }, { 100, 100 }, { 200, 100 } };
	FILE *file = tmpfile();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(width_on_terminal(cases[i].columns), cases[i].width);
	assert_int_equal(paragraph_width(file), 80);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaks_between_words),
		cmocka_unit_test(keeps_the_column),
		cmocka_unit_test(follows_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
