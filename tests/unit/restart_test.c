// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/restart.c: who is started again, after how long, and when it is enough. */
#include "guest/restart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cleanup.h"

static void who_is_started_again(void **state)
{
	static const struct {
		enum restart_when when;
		bool failed, again;
	} rows[] = {
		{ RESTART_NEVER, false, false },
		{ RESTART_NEVER, true, false },
		{ RESTART_ON_FAILURE, false, false },
		{ RESTART_ON_FAILURE, true, true },
		{ RESTART_ALWAYS, false, true },
		{ RESTART_ALWAYS, true, true },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		const struct restart_rule rule = { rows[i].when, 1, 0 };
		struct restart_count count = { 0 };

		assert_int_equal(restart_after(&rule, &count, rows[i].failed, 0) >= 0, rows[i].again);
		assert_int_equal(count.total, rows[i].again);
	}
}

static void the_delay_doubles_up_to_five_minutes(void **state)
{
	static const int64_t wanted[] = { 7, 14, 28, 56, 112, 224, 300, 300, 300 };
	const struct restart_rule rule = { RESTART_ON_FAILURE, 7, 0 };
	struct restart_count count = { 0 };

	(void)state;
	for (size_t i = 0; i < array_size(wanted); i++)
		assert_int_equal(restart_after(&rule, &count, true, RESTART_HOLDS_SECONDS - 1), wanted[i]);
	for (int i = 0; i < 100; i++)
		assert_int_equal(restart_after(&rule, &count, true, 0), 300);
	assert_int_equal(count.total, 109);
}

static void a_longer_delay_stays_what_it_is(void **state)
{
	const struct restart_rule rule = { RESTART_ALWAYS, 86400, 0 };
	struct restart_count count = { 0 };

	(void)state;
	assert_int_equal(restart_after(&rule, &count, false, 0), 86400);
	assert_int_equal(restart_after(&rule, &count, false, 0), 86400);
}

static void one_that_held_begins_anew(void **state)
{
	const struct restart_rule rule = { RESTART_ON_FAILURE, 2, 3 };
	struct restart_count count = { 0 };

	(void)state;
	assert_int_equal(restart_after(&rule, &count, true, 0), 2);
	assert_int_equal(restart_after(&rule, &count, true, 0), 4);
	assert_int_equal(restart_after(&rule, &count, true, RESTART_HOLDS_SECONDS), 2);
	assert_int_equal(count.in_a_row, 1);
	assert_int_equal(count.total, 3);
}

static void the_limit_ends_it(void **state)
{
	const struct restart_rule rule = { RESTART_ON_FAILURE, 1, 2 };
	struct restart_count count = { 0 };

	(void)state;
	assert_int_equal(restart_after(&rule, &count, true, 0), 1);
	assert_false(restart_gave_up(&rule, &count, true));
	assert_int_equal(restart_after(&rule, &count, true, 0), 2);
	assert_int_equal(restart_after(&rule, &count, true, 0), -1);
	assert_true(restart_gave_up(&rule, &count, true));
	assert_false(restart_gave_up(&rule, &count, false));
	assert_int_equal(count.total, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_started_again),
		cmocka_unit_test(the_delay_doubles_up_to_five_minutes),
		cmocka_unit_test(a_longer_delay_stays_what_it_is),
		cmocka_unit_test(one_that_held_begins_anew),
		cmocka_unit_test(the_limit_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
