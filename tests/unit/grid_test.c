// SPDX-License-Identifier: GPL-2.0-or-later
/* cli/grid.c: columns, trees, cutting, and what a hostile device name does to a terminal. */
#include "cli/grid.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static int set_locale(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static int reset_locale(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C") ? 0 : -1;
}

static struct grid make_grid(void)
{
	return (struct grid){ .column = { { .heading = "NAME", .tree = true }, { .heading = "N", .right = true },
				      { .heading = "WHAT" } },
		.column_count = 3 };
}

static void add(struct grid *grid, int parent, const char *name, const char *number, const char *what)
{
	int row = grid_add(grid, parent);

	assert_true(row >= 0);
	assert_int_equal(grid_set(grid, row, 0, name, NULL), 0);
	assert_int_equal(grid_set(grid, row, 1, number, NULL), 0);
	assert_int_equal(grid_set(grid, row, 2, what, NULL), 0);
}

static void expect(const struct grid *grid, const struct grid_style *style, const char *wanted)
{
	cleanup_free char *output = NULL;
	size_t size;
	FILE *out = open_memstream(&output, &size);

	assert_int_equal(grid_print(grid, style, out), 0);
	fclose(out);
	assert_string_equal(output, wanted);
}

/* A child is shown below its parent although others came in between. */
static void draws_a_tree(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	add(&grid, -1, "a", "1", "first");
	add(&grid, -1, "b", "22", "second");
	add(&grid, 0, "c", "3", "below a");
	add(&grid, 2, "d", "4", "below c");
	add(&grid, 0, "e", "5", "below a too");
	add(&grid, 4, "f", "6", "below e");
	expect(&grid, &(struct grid_style){ 0 },
		"NAME   N WHAT\n"
		"a      1 first\n"
		"├─c    3 below a\n"
		"│ └─d  4 below c\n"
		"└─e    5 below a too\n"
		"  └─f  6 below e\n"
		"b     22 second\n");
}

static void draws_a_tree_in_ascii(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	add(&grid, -1, "a", "1", "x");
	add(&grid, 0, "b", "2", "y");
	add(&grid, 0, "c", "3", "z");
	expect(&grid, &(struct grid_style){ .no_heading = true }, "a   1 x\n|-b 2 y\n`-c 3 z\n");
}

static void cuts_the_widest_to_the_terminal(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	add(&grid, -1, "0000:00:00.0", "1", "a very long description");
	expect(&grid, &(struct grid_style){ .width = 27, .no_heading = true }, "0000:00:00.0 1 a very long…\n");
	/* No column is cut to nothing, and the tree never. */
	expect(&grid, &(struct grid_style){ .width = 5, .no_heading = true }, "0000:00:00.0 1 a very lo…\n");
	expect(&grid, &(struct grid_style){ .width = 80, .no_heading = true },
		"0000:00:00.0 1 a very long description\n");
}

/* A column keeps the width of its heading, or all headings behind would stand over the wrong cells. */
static void never_cuts_a_heading(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	grid.column[1] = (struct grid_column){ .heading = "A-HEADING-THAT-IS-LONG" };
	add(&grid, -1, "a", "a cell that is longer than its heading", "x");
	expect(&grid, &(struct grid_style){ .width = 20 },
		"NAME A-HEADING-THAT-IS-LONG WHAT\n"
		"a    a cell that is longer… x\n");
	expect(&grid, &(struct grid_style){ .width = 20, .no_heading = true }, "a a cell that is … x\n");
}

/* Empty columns first, then by rank, as long as the others cannot be cut to fit; what was asked for stays. */
static void drops_what_matters_least(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	grid.column[1] = (struct grid_column){ .heading = "EMPTY" };
	grid.column[2] = (struct grid_column){ .heading = "WHAT", .drop = 2 };
	grid.column[3] = (struct grid_column){ .heading = "MORE", .drop = 5 };
	grid.column[4] = (struct grid_column){ .heading = "MOST" };
	grid.column_count = 5;
	add(&grid, -1, "aaaa", "-", "bbbbbbbbbb");
	assert_int_equal(grid_set(&grid, 0, 3, "cccccccccc", NULL), 0);
	assert_int_equal(grid_set(&grid, 0, 4, "dddddddddddddddddddd", NULL), 0);
	expect(&grid, &(struct grid_style){ .width = 100 },
		"NAME EMPTY WHAT       MORE       MOST\naaaa -     bbbbbbbbbb cccccccccc dddddddddddddddddddd\n");
	expect(&grid, &(struct grid_style){ .width = 0 },
		"NAME EMPTY WHAT       MORE       MOST\naaaa -     bbbbbbbbbb cccccccccc dddddddddddddddddddd\n");
	expect(&grid, &(struct grid_style){ .width = 48 },
		"NAME WHAT       MORE       MOST\naaaa bbbbbbbbbb cccccccccc dddddddddddddddddddd\n");
	expect(&grid, &(struct grid_style){ .width = 40 },
		"NAME WHAT       MORE       MOST\naaaa bbbbbbbbbb cccccccccc dddddddddddd…\n");
	expect(&grid, &(struct grid_style){ .width = 30 },
		"NAME WHAT       MOST\naaaa bbbbbbbbbb ddddddddddddd…\nNo room for MORE: name them with -o.\n");
	expect(&grid, &(struct grid_style){ .width = 16 },
		"NAME MOST\naaaa dddddddddd…\nNo room for WHAT, MORE: name them with -o.\n");
	grid.column[3].keep = true;
	grid.column[1].keep = true;
	expect(&grid, &(struct grid_style){ .width = 40 },
		"NAME EMPTY MORE       MOST\naaaa -     cccccccccc ddddddddddddddddd…\n"
		"No room for WHAT: name them with -o.\n");
}

/* A tree is cut too, behind its branches, when nothing else is left; an address in it never. */
static void cuts_a_wide_tree_last(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	grid.column_count = 3;
	add(&grid, -1, "0000:00:00.0 a device with a very long name indeed", "1", "x");
	add(&grid, 0, "something on it with a name that is even longer than that", "2", "y");
	expect(&grid, &(struct grid_style){ .width = 44, .no_heading = true },
		"0000:00:00.0 a device with a very long … 1 x\n└─something on it with a name that is e… 2 y\n");
}

static void shows_what_is_not_printable(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	add(&grid, -1, "\033[31mred", "\n", "na\xc3\xafve \xff");
	expect(&grid, &(struct grid_style){ .no_heading = true }, "\\x1b[31mred \\x0a naïve \\xff\n");
	expect(&grid, &(struct grid_style){ .no_heading = true, .raw = true }, "\\x1b[31mred \\x0a naïve\\x20\\xff\n");
}

static void counts_columns_of_wide_characters(void **state)
{
	cleanup(grid_done) struct grid grid = make_grid();

	(void)state;
	add(&grid, -1, "日本", "1", "x");
	add(&grid, -1, "abcd", "1", "y");
	expect(&grid, &(struct grid_style){ .no_heading = true }, "日本 1 x\nabcd 1 y\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(draws_a_tree, set_locale, reset_locale),
		cmocka_unit_test(draws_a_tree_in_ascii),
		cmocka_unit_test_setup_teardown(cuts_the_widest_to_the_terminal, set_locale, reset_locale),
		cmocka_unit_test_setup_teardown(never_cuts_a_heading, set_locale, reset_locale),
		cmocka_unit_test_setup_teardown(drops_what_matters_least, set_locale, reset_locale),
		cmocka_unit_test_setup_teardown(cuts_a_wide_tree_last, set_locale, reset_locale),
		cmocka_unit_test_setup_teardown(shows_what_is_not_printable, set_locale, reset_locale),
		cmocka_unit_test_setup_teardown(counts_columns_of_wide_characters, set_locale, reset_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
