// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/table.c, view/column.c and cli/output.c: one value for people and programs, of every kind of field; unknown is
 * null; errors in their three lines.
 */
#include "cli/cli.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef fail /* cmocka's; here it is base/error.h's */

#include "base/cleanup.h"

struct thing {
	const char *name;
	int64_t bytes, seconds, number;
	const char *list[3];
	bool good;
};

static json_t *get_number(const void *row, const void *context)
{
	return json_integer(((const struct thing *)row)->number + *(const int *)context);
}

static json_t *get_list(const void *row, const void *context)
{
	json_t *array = json_array();

	(void)context;
	for (const char *const *item = ((const struct thing *)row)->list; *item; item++)
		json_array_append_new(array, json_string(*item));
	return array;
}

static json_t *get_object(const void *row, const void *context)
{
	(void)row;
	(void)context;
	return json_pack("{s:i}", "x", 1);
}

static void object_text(const void *row, const void *context, char *buf, size_t size)
{
	(void)row;
	(void)context;
	snprintf(buf, size, "x is 1");
}

static const struct column columns[] = {
	{ "NAME", "name", "name", COLUMN_SHOWN | COLUMN_TREE, FIELD(struct thing, name) },
	{ "SIZE", "size", "size", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE, FIELD(struct thing, bytes) },
	{ "TIME", "time", "time", COLUMN_DURATION, FIELD(struct thing, seconds) },
	{ "NUMBER", "number", "number", 0, .get = get_number },
	{ "LIST", "items", "list", 0, .get = get_list },
	{ "OBJECT", "object", "object", 0, .get = get_object, .text = object_text },
	{ "GOOD", "good", "good", 0, FIELD(struct thing, good) },
	{ "DEAR", "dear", "costs a look at each, so it is asked for", COLUMN_ASKED, .get = get_number },
	{ NULL },
};
static const int one = 1;
static const struct table table = { .payload = "things", .columns = columns, .context = &one };

static const struct thing things[] = {
	{ "card", 1536ll << 20, 7265, 41, { "a", "b", NULL }, true },
	{ "part", -1, 59, -1, { NULL }, false },
};
static const struct table_row rows[] = { { &things[0], -1 }, { &things[1], 0 } };

static int print(const struct table_options *options, bool json, char **ret_output, struct error *err)
{
	size_t size;
	struct cli cli = { .json = json, .out = open_memstream(ret_output, &size) };
	int ret;

	if (options)
		cli.table = *options;
	ret = table_print(&cli, &table, rows, array_size(rows), err);
	fclose(cli.out);
	return ret;
}

static void tables(void **state)
{
	static const struct {
		struct table_options options;
		const char *output;
	} cases[] = {
		{ { .raw = true }, "NAME SIZE\ncard 1.5\\x20GiB\npart -\n" },
		{ { .raw = true, .no_heading = true }, "card 1.5\\x20GiB\npart -\n" },
		{ { .columns = "NAME,TIME", .raw = true, .no_heading = true }, "card 2h\\x201m\npart 59s\n" },
		{ { .columns = "+number", .raw = true, .no_heading = true }, "card 1.5\\x20GiB 42\npart - 0\n" },
		{ { .columns = "items,Object", .raw = true, .no_heading = true },
			"a,b x\\x20is\\x201\n- x\\x20is\\x201\n" },
		{ { .columns = "GOOD,DEAR", .raw = true, .no_heading = true }, "yes 42\nno 0\n" },
		{ { .columns = "name", .no_heading = true }, "card\n`-part\n" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		cleanup_free char *output = NULL;
		struct error err;

		assert_int_equal(print(&cases[i].options, false, &output, &err), 0);
		assert_string_equal(output, cases[i].output);
	}
}

static void no_such_column(void **state)
{
	static const char *const wrong[] = { "NAME,BOGUS", "+x", "SIZES", "," };

	(void)state;
	for (size_t i = 0; i < array_size(wrong); i++) {
		const struct table_options options = { .columns = wrong[i] };
		cleanup_free char *output = NULL;
		struct error err = { 0 };

		assert_true(print(&options, false, &output, &err) < 0);
		assert_int_equal(err.code, CODE_USAGE);
		assert_string_equal(err.hint, "the columns are: NAME, SIZE, TIME, NUMBER, LIST, OBJECT, GOOD, DEAR");
		assert_string_equal(output, "");
	}
}

static void json(void **state)
{
	cleanup_free char *output = NULL;
	struct error err;
	json_t *object, *list, *first, *second;

	(void)state;
	assert_int_equal(print(NULL, true, &output, &err), 0);
	object = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "format_version")), "1.0");
	list = json_object_get(object, "things");
	assert_int_equal(json_array_size(list), 2);
	first = json_array_get(list, 0);
	second = json_array_get(list, 1);
	assert_int_equal(json_integer_value(json_object_get(first, "size")), 1536ll << 20);
	assert_int_equal(json_integer_value(json_object_get(first, "time")), 7265);
	assert_int_equal(json_array_size(json_object_get(first, "items")), 2);
	assert_true(json_is_true(json_object_get(first, "good")));
	assert_true(json_is_false(json_object_get(second, "good")));
	assert_null(json_object_get(first, "dear"));
	assert_true(json_is_null(json_object_get(second, "size")));
	assert_true(json_is_array(json_object_get(second, "items")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(second, "object"), "x")), 1);
	json_decref(object);
}

static void values(void **state)
{
	json_t *value;

	(void)state;
	value = json_text("");
	assert_true(json_is_null(value));
	json_decref(value);
	/* What a device calls itself may be anything: no answer at all would be worse than null. */
	value = json_text("\xff\xfe");
	assert_true(json_is_null(value));
	json_decref(value);
	value = json_hex(0x8086, 4);
	assert_string_equal(json_string_value(value), "0x8086");
	json_decref(value);
	value = json_hex(0xa, 4);
	assert_string_equal(json_string_value(value), "0x000a");
	json_decref(value);
	value = json_number(-1);
	assert_true(json_is_null(value));
	json_decref(value);
}

/* Takes the value. */
static void assert_json(json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	assert_string_equal(text, expected);
	free(text);
	json_decref(value);
}

struct fields {
	char text[8];
	const char *string;
	struct pci_addr address;
	bool yes, known;
	int8_t small;
	int on;
	uint16_t id;
	uint64_t wide;
	struct {
		int32_t inner;
	} nested;
};

struct outer {
	int before;
	const struct fields *to;
};

/* What COLUMN_KIND() makes of each type, and what each kind becomes. */
static void fields(void **state)
{
	static const struct fields full = { "abc", "def", { .domain = 1, .bus = 2, .device = 3, .function = 4 }, true,
		true, 127, 1, 0x8086, 1ull << 40, { 7 } };
	static const struct fields empty = { .small = -1, .on = -1, .nested.inner = -1 };
	static const struct outer outer = { 5, &full }, nowhere = { 5, NULL };
	static const struct {
		struct column column;
		const char *full, *empty;
	} cases[] = {
		{ { FIELD(struct fields, text) }, "\"abc\"", "null" },
		{ { FIELD(struct fields, string) }, "\"def\"", "null" },
		{ { FIELD(struct fields, address) }, "\"0001:02:03.4\"", "\"0000:00:00.0\"" },
		{ { FIELD(struct fields, yes) }, "true", "false" },
		{ { FIELD(struct fields, yes), KNOWN_IF(struct fields, known) }, "true", "null" },
		{ { FIELD(struct fields, small) }, "127", "null" },
		{ { FIELD(struct fields, on), .as = COLUMN_AS_SWITCH }, "true", "null" },
		{ { FIELD(struct fields, id) }, "32902", "0" },
		{ { FIELD(struct fields, id), .as = COLUMN_AS_NONZERO }, "32902", "null" },
		{ { FIELD(struct fields, id), .digits = 6 }, "\"0x008086\"", "\"0x000000\"" },
		{ { FIELD(struct fields, wide) }, "1099511627776", "0" },
		{ { FIELD(struct fields, nested.inner) }, "7", "null" },
	};
	static const struct column behind = { FIELD_OF(struct outer, to, struct fields, text) };

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		assert_json(column_value(&cases[i].column, &full, NULL), cases[i].full);
		assert_json(column_value(&cases[i].column, &empty, NULL), cases[i].empty);
	}
	assert_json(column_value(&behind, &outer, NULL), "\"abc\"");
	assert_json(column_value(&behind, &nowhere, NULL), "null");
}

static void errors(void **state)
{
	cleanup_free char *output = NULL;
	size_t size;
	FILE *out = open_memstream(&output, &size);
	struct error err;

	(void)state;
	fail_code(&err, CODE_DEV_IN_USE, EBUSY, "0000:02:00.0 is in use");
	fail_hint(&err, "unmount it");
	cli_print_error(out, false, &err);
	fail(&err, ENOENT, "open 'x'");
	cli_print_error(out, false, &err);
	fclose(out);
	assert_string_equal(output, "sluice: error: 0000:02:00.0 is in use\nhint: unmount it\n"
				    "code: DEV-IN-USE (sluice explain DEV-IN-USE)\n"
				    "sluice: error: open 'x': No such file or directory\n"
				    "code: FAILED (sluice explain FAILED)\n");
}

static void says_nothing_to_programs(void **state)
{
	static const struct {
		bool json, quiet, verbose;
		const char *output;
	} cases[] = {
		{ false, false, false, "a\n" },
		{ false, false, true, "a\nb\n" },
		{ true, false, true, "" },
		{ false, true, true, "" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		cleanup_free char *output = NULL;
		size_t size;
		struct cli cli = { .json = cases[i].json, .quiet = cases[i].quiet, .verbose = cases[i].verbose };

		cli.out = open_memstream(&output, &size);
		cli_say(&cli, "a");
		cli_say_more(&cli, "b");
		fclose(cli.out);
		assert_string_equal(output, cases[i].output);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(no_such_column),
		cmocka_unit_test(json),
		cmocka_unit_test(values),
		cmocka_unit_test(fields),
		cmocka_unit_test(errors),
		cmocka_unit_test(says_nothing_to_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
