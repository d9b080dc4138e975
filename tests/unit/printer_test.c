// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/printer.c and the errors of cli/output.c: what others named reaches standard output without control characters,
 * whatever pieces it comes in; own colours pass while colour is on, and only those.
 */
#include "cli/cli.h"
#include "cli/printer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

/* What comes out when the pieces are printed, each with a flush of its own. */
static const char *printed(const char *const *pieces, size_t count, bool color)
{
	static char out[512];
	struct printer printer;
	int ends[2];
	FILE *stream;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	stream = printer_open(&printer, ends[1], &color, false);
	assert_non_null(stream);
	for (size_t i = 0; i < count; i++) {
		fputs(pieces[i], stream);
		fflush(stream);
	}
	assert_int_equal(fclose(stream), 0);
	close(ends[1]);
	got = read(ends[0], out, sizeof(out) - 1);
	close(ends[0]);
	assert_true(got >= 0);
	out[got] = '\0';
	return out;
}

#define PRINTED(color, ...)                                                                                            \
	printed((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *),   \
		color)

static void test_controls(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(false, "a\tb\n\xc3\xa9 \xe2\x80\xa6\n"), "a\tb\n\xc3\xa9 \xe2\x80\xa6\n");
	assert_string_equal(PRINTED(false, "a\033[2Jb\r\b"), "a\\x1b[2Jb\\x0d\\x08");
	assert_string_equal(PRINTED(false, "\xc2\x9b"
					   "1m \x9b \xe2\x80\xae"),
		"\\xc2\\x9b1m \\x9b \\xe2\\x80\\xae");
	assert_string_equal(PRINTED(false, "\033[31mred\033[0m"), "\\x1b[31mred\\x1b[0m");
}

static void test_pieces(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(false, "\xc3", "\xa9\n"), "\xc3\xa9\n");
	assert_string_equal(PRINTED(false, "\xe2", "\x80", "\xae"), "\\xe2\\x80\\xae");
	assert_string_equal(PRINTED(false, "end \xe2\x80"), "end \\xe2\\x80");
	assert_string_equal(PRINTED(false, "\xe2\x80", "x"), "\\xe2\\x80x");
	assert_string_equal(PRINTED(true, "\033[3", "1mred\033", "[0m"), "\033[31mred\033[0m");
	assert_string_equal(PRINTED(true, "\033[3", "1;5m"), "\\x1b[31;5m");
	assert_string_equal(PRINTED(true, "\033"), "\\x1b");
}

static void test_colors(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(true, cli_color(true, "bold"), "x", cli_color_end(true)), "\033[1mx\033[0m");
	assert_string_equal(PRINTED(true, "\033[2J\033]0;t\007\033[31m"), "\\x1b[2J\\x1b]0;t\\x07\033[31m");
}

static void test_full_disk(void **state)
{
	struct printer printer;
	bool color = false;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	FILE *stream = printer_open(&printer, fd, &color, false);

	(void)state;
	assert_non_null(stream);
	fputs("x\n", stream);
	assert_int_equal(fclose(stream), EOF);
	close(fd);
}

/* A name with a line end in it makes no line that looks like ours. */
static void test_error_is_one_line(void **state)
{
	struct error err;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fail_code(&err, CODE_FAILED, EIO, "volume 'a\nhint: run\033[31m rm'");
	fail_hint(&err, "look\nthere");
	cli_print_error(out, false, &err);
	fclose(out);
	assert_string_equal(text, "sluice: error: volume 'a\\x0ahint: run\\x1b[31m rm'\nhint: look\\x0athere\n"
				  "code: FAILED (sluice explain FAILED)\n");
	free(text);
}

/* Lines of a file are lines, and what is in them is cleaned like all else. */
static void test_error_with_excerpt(void **state)
{
	struct error err;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fail_code(&err, CODE_CONFIG, EINVAL, "a.yaml:2:1: the file has no key 'sriovv'");
	fail_excerpt(&err, "    sriovv\033[31m: {}\n    ^~~~~~\n");
	fail_hint(&err, "did you mean 'sriov'?");
	cli_print_error(out, false, &err);
	fclose(out);
	assert_string_equal(text, "sluice: error: a.yaml:2:1: the file has no key 'sriovv'\n"
				  "    sriovv\\x1b[31m: {}\n    ^~~~~~\n"
				  "hint: did you mean 'sriov'?\ncode: CONFIG (sluice explain CONFIG)\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_colors),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_error_is_one_line),
		cmocka_unit_test(test_error_with_excerpt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
