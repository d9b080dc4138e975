// SPDX-License-Identifier: GPL-2.0-or-later
/* base/error.c and base/code.c: failures keep their cause, and every code has a row. */
#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

static void one_expression(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(fail(&err, ENOENT, "open '%s'", "/dev/kvm"), -ENOENT);
	assert_string_equal(err.msg, "open '/dev/kvm': No such file or directory");
	assert_int_equal(err.code, CODE_FAILED);
	assert_int_equal(fail_hint(&err, "load %s", "kvm"), -ENOENT);
	assert_string_equal(err.hint, "load kvm");
	assert_int_equal(fail_in(&err, "guest '%s'", "a"), -ENOENT);
	assert_string_equal(err.msg, "guest 'a': open '/dev/kvm': No such file or directory");
	assert_string_equal(err.hint, "load kvm");
}

static void codes_keep_their_message(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(fail_code(&err, CODE_NO_GROUP, ENODEV, "%s is in no group", "x"), -ENODEV);
	assert_string_equal(err.msg, "x is in no group");
	assert_int_equal(err.code, CODE_NO_GROUP);
	assert_int_equal(code_info(err.code)->status, STATUS_NOT_READY);
}

/* Scripts go by these numbers: docs/cli.md promises them. */
static void codes_end_commands_as_promised(void **state)
{
	static const struct {
		enum code code;
		int status;
	} promised[] = {
		{ CODE_NONE, 0 },
		{ CODE_FAILED, 1 },
		{ CODE_NOT_ROOT, 1 },
		{ CODE_USAGE, 2 },
		{ CODE_NO_SUCH_DEVICE, 3 },
		{ CODE_AMBIGUOUS_DEVICE, 3 },
		{ CODE_NO_SUCH_GUEST, 3 },
		{ CODE_NO_SUCH_VF, 3 },
		{ CODE_IOMMU_OFF, 4 },
		{ CODE_IOMMU_NO_INTREMAP, 4 },
		{ CODE_LEASE_STALE, 4 },
		{ CODE_DEV_IN_USE, 6 },
		{ CODE_GROUP_NOT_VIABLE, 6 },
		{ CODE_GROUP_SHARED, 6 },
		{ CODE_DEV_RESERVED_MEMORY, 6 },
		{ CODE_NO_RESET, 6 },
		{ CODE_READ_ONLY, 6 },
		{ CODE_ROLLED_BACK, 7 },
		{ CODE_HALF_DONE, 8 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(promised); i++)
		assert_int_equal(code_info(promised[i].code)->status, promised[i].status);
}

static void never_success(void **state)
{
	(void)state;
	assert_int_equal(fail(NULL, 0, "x"), -EIO);
	assert_int_equal(fail(NULL, -5, "x"), -EIO);
	assert_true(fail_hint(NULL, "x") < 0);
	assert_true(fail_in(NULL, "x") < 0);
}

static void long_text_is_cut(void **state)
{
	struct error err = { 0 };
	char text[2 * sizeof(err.msg)];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fail(&err, EIO, "%s", text);
	fail_in(&err, "%s", text);
	fail_hint(&err, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
}

/* A code without a row, with a name that is not one, or twice the same name, would break `sluice explain`. */
static void every_code_has_a_row(void **state)
{
	(void)state;
	for (int i = 1; i < CODE_COUNT; i++) {
		const struct code_info *info = code_info((enum code)i);

		assert_non_null(info->name);
		assert_non_null(info->summary);
		assert_in_range(info->status, 1, 9);
		for (const char *c = info->name; *c; c++)
			assert_true(isupper((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-');
		assert_int_equal(code_find(info->name), i);
	}
	assert_int_equal(code_find("dev-in-use"), CODE_DEV_IN_USE);
	assert_int_equal(code_find("NO-SUCH-CODE"), CODE_NONE);
	assert_ptr_equal(code_info((enum code)12345), code_info(CODE_FAILED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_expression),
		cmocka_unit_test(codes_keep_their_message),
		cmocka_unit_test(codes_end_commands_as_promised),
		cmocka_unit_test(never_success),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(every_code_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
