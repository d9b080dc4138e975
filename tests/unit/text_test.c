// SPDX-License-Identifier: GPL-2.0-or-later
/* base/text.c: what people write, accepted and refused. */
#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "4095", 0, 4095 },
		{ "0xfff", 0, 4095 },
		{ "0Xa", 0, 10 },
		{ "4096", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "on", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		uint64_t value = 77;

		assert_int_equal(text_to_u64(cases[i].text, 4095, &value), cases[i].ret);
		assert_int_equal(value, cases[i].ret ? 77 : cases[i].value);
	}
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t bytes;
	} cases[] = {
		{ "4096", 0, 4096 },
		{ "1K", 0, 1024 },
		{ "512M", 0, 512ull << 20 },
		{ "2g", 0, 2ull << 30 },
		{ "1GiB", 0, 1ull << 30 },
		{ "1MB", 0, 1ull << 20 },
		{ "10B", 0, 10 },
		{ "16T", 0, 16ull << 40 },
		{ "16777216T", -ERANGE, 0 },
		{ "1.5G", -EINVAL, 0 },
		{ "1iB", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "1Mx", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		uint64_t bytes = 77;

		assert_int_equal(text_to_size(cases[i].text, &bytes), cases[i].ret);
		assert_int_equal(bytes, cases[i].ret ? 77 : cases[i].bytes);
	}
}

static void spans_of_time(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t seconds;
	} cases[] = {
		{ "0", 0, 0 },
		{ "90", 0, 90 },
		{ "90s", 0, 90 },
		{ "10m", 0, 600 },
		{ "2h", 0, 7200 },
		{ "7d", 0, 604800 },
		{ "10min", -EINVAL, 0 },
		{ "m", -EINVAL, 0 },
		{ "1.5h", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "4294967296d", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		uint64_t seconds = 77;

		assert_int_equal(text_to_seconds(cases[i].text, &seconds), cases[i].ret);
		assert_int_equal(seconds, cases[i].ret ? 77 : cases[i].seconds);
	}
}

static void sizes_shown(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1 KiB" },
		{ 192ull << 20, "192 MiB" },
		{ 3ull << 29, "1.5 GiB" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_string_equal(size_to_text(cases[i].bytes, buf, sizeof(buf)), cases[i].text);
}

static void macs(void **state)
{
	static const char *const bad[] = { "", "02", "02:00:00:00:00", "02:00:00:00:00:0", "02:00:00:00:00:00:00",
		"0g:00:00:00:00:00", "02.00.00.00.00.00", "0200:00:00:00:00", "02:00:00:00:00:00 " };
	char buf[MAC_TEXT_SIZE];
	struct mac_addr mac;

	(void)state;
	assert_int_equal(text_to_mac("02:aB-0c:0d:0e:0f", &mac), 0);
	assert_string_equal(mac_to_text(&mac, buf), "02:ab:0c:0d:0e:0f");
	assert_false(mac_is_zero(&mac));
	assert_false(mac_is_multicast(&mac));
	for (size_t i = 0; i < array_size(bad); i++)
		assert_int_equal(text_to_mac(bad[i], &mac), -EINVAL);
	assert_int_equal(text_to_mac("01:00:5e:00:00:01", &mac), 0);
	assert_true(mac_is_multicast(&mac));
	assert_int_equal(text_to_mac("00:00:00:00:00:00", &mac), 0);
	assert_true(mac_is_zero(&mac));
}

static void names(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "web1", true },
		{ "a", true },
		{ "a.b-c_d", true },
		{ "0123456789012345678901234567890", true },
		{ "01234567890123456789012345678901", false },
		{ "", false },
		{ ".hidden", false },
		{ "../../etc", false },
		{ "a/b", false },
		{ "a b", false },
		{ "a\n", false },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(text_is_name(cases[i].text), cases[i].good);
}

static void copies(void **state)
{
	char buf[4] = "xxx";

	(void)state;
	assert_true(text_copy(buf, sizeof(buf), "abc"));
	assert_string_equal(buf, "abc");
	assert_false(text_copy(buf, sizeof(buf), "abcd"));
	assert_string_equal(buf, "abc");
	assert_true(text_copy(buf, sizeof(buf), ""));
	assert_string_equal(buf, "");
	assert_false(text_copy(buf, 0, "a"));
}

static void distances(void **state)
{
	(void)state;
	assert_int_equal(text_distance("list", "list"), 0);
	assert_int_equal(text_distance("lits", "list"), 2);
	assert_int_equal(text_distance("relese", "release"), 1);
	assert_int_equal(text_distance("", "run"), 3);
	assert_int_equal(text_distance("run", ""), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),
		cmocka_unit_test(spans_of_time),
		cmocka_unit_test(sizes_shown),
		cmocka_unit_test(macs),
		cmocka_unit_test(names),
		cmocka_unit_test(copies),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
