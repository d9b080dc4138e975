// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a boot does of what was applied (plan/boot.h): boots one after the other, good ones and others, with what is
 * applied, confirmed and undone between them; copies of files that are none.
 */
#include "plan/boot.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

/* A host that boots. */
struct bed {
	struct fake_sysfs *fake;
	struct host_lock *lock;
	int boots;
};

static void start(struct bed *bed)
{
	char id[24];

	snprintf(id, sizeof(id), "boot-%d\n", ++bed->boots);
	fake_file(bed->fake, id, "proc/sys/kernel/random/boot_id");
}

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	bed->fake = fake_sysfs_new(false);
	fake_dir(bed->fake, "run");
	assert_int_equal(host_lock_take(&bed->fake->root, &bed->lock, NULL), 0);
	start(bed);
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	host_lock_drop(bed->lock);
	fake_sysfs_free(bed->fake);
	free(bed);
	return 0;
}

static struct source_list *sources_of(const char *text)
{
	struct source_list *list = calloc(1, sizeof(*list));

	assert_non_null(list);
	assert_int_equal(source_list_add(list, "/etc/sluice/sluice.yaml", strdup(text), strlen(text)), 0);
	return list;
}

static void keep(struct bed *bed, const char *text, bool waits)
{
	struct source_list *list = sources_of(text);

	assert_int_equal(boot_keep(bed->lock, list, waits, NULL), 0);
	source_list_free(list);
}

/* What this boot is told to do: a text, or NULL. */
static void expect_boot(struct bed *bed, enum boot_choice wanted, const char *text)
{
	struct source_list *list;
	enum boot_choice choice;

	assert_int_equal(boot_begin(bed->lock, &choice, &list, NULL), 0);
	assert_int_equal(choice, wanted);
	assert_int_equal(list != NULL, text != NULL);
	if (!list)
		return;
	assert_int_equal(list->count, 1);
	assert_string_equal(list->source[0].name, "/etc/sluice/sluice.yaml");
	assert_string_equal(list->source[0].text, text);
	source_list_free(list);
}

static void expect_good(struct bed *bed, bool noted)
{
	bool is_noted;

	assert_int_equal(boot_good(bed->lock, false, &is_noted, NULL), 0);
	assert_int_equal(is_noted, noted);
}

static void next_boot(struct bed *bed, enum boot_choice wanted, const char *text)
{
	start(bed);
	expect_boot(bed, wanted, text);
}

static void test_nothing_was_applied(void **state)
{
	struct bed *bed = *state;

	expect_boot(bed, BOOT_NOTHING, NULL);
	expect_good(bed, true);
	expect_good(bed, false);
}

static void test_good_boots(void **state)
{
	struct bed *bed = *state;

	keep(bed, "one", false);
	next_boot(bed, BOOT_NEXT, "one");
	expect_boot(bed, BOOT_NEXT, "one"); /* asked again */
	expect_good(bed, true);
	next_boot(bed, BOOT_NEXT, "one");
	expect_good(bed, true);
	keep(bed, "two", false);
	next_boot(bed, BOOT_NEXT, "two");
}

/* The machine could not be reached after "two": the next boots do "one", and "two" only when it is applied again. */
static void test_falls_back(void **state)
{
	struct bed *bed = *state;
	struct boot_state now;

	keep(bed, "one", false);
	next_boot(bed, BOOT_NEXT, "one");
	expect_good(bed, true);
	keep(bed, "two", false);
	next_boot(bed, BOOT_NEXT, "two");
	next_boot(bed, BOOT_FALLBACK, "one");
	expect_boot(bed, BOOT_FALLBACK, "one");
	boot_state_read(&bed->fake->root, &now);
	assert_true(now.has_refused && now.is_unproven);
	next_boot(bed, BOOT_FALLBACK, "one"); /* not good either: there is nothing better */
	expect_good(bed, true);
	next_boot(bed, BOOT_NEXT, "one");
	expect_good(bed, true);
	keep(bed, "two", false);
	boot_state_read(&bed->fake->root, &now);
	assert_false(now.has_refused || now.is_unproven);
	next_boot(bed, BOOT_NEXT, "two");
}

static void test_nothing_to_fall_back_to(void **state)
{
	struct bed *bed = *state;

	keep(bed, "one", false);
	next_boot(bed, BOOT_NEXT, "one");
	next_boot(bed, BOOT_REFUSED, NULL);
	next_boot(bed, BOOT_REFUSED, NULL);
	keep(bed, "two", false);
	expect_boot(bed, BOOT_NEXT, "two");
	expect_good(bed, true);
	next_boot(bed, BOOT_NEXT, "two");
}

static void test_waits_for_confirmation(void **state)
{
	struct bed *bed = *state;

	keep(bed, "one", false);
	keep(bed, "two", true);
	next_boot(bed, BOOT_NEXT, "one");
	expect_good(bed, true);
	assert_int_equal(boot_keep_confirmed(bed->lock, NULL), 0);
	next_boot(bed, BOOT_NEXT, "two");
	expect_good(bed, true);
	keep(bed, "three", true);
	assert_int_equal(boot_keep_dropped(bed->lock, NULL), 0);
	assert_int_equal(boot_keep_confirmed(bed->lock, NULL), 0);
	next_boot(bed, BOOT_NEXT, "two");
}

static void test_undone(void **state)
{
	struct bed *bed = *state;

	keep(bed, "one", false);
	keep(bed, "two", false);
	keep(bed, "two", false); /* applied again: nothing new */
	assert_int_equal(boot_keep_undone(bed->lock, NULL), 0);
	next_boot(bed, BOOT_NEXT, "one");
	assert_int_equal(boot_keep_undone(bed->lock, NULL), 0);
	expect_good(bed, true);
	next_boot(bed, BOOT_NOTHING, NULL);
	expect_good(bed, true);
	keep(bed, "three", false);
	assert_int_equal(boot_forget(bed->lock, NULL), 0);
	next_boot(bed, BOOT_NOTHING, NULL);
}

#define ROUTES "Iface\tDestination\tGateway\nenp1s0\t0000000A\t00000000\n"

/* It had a way to other hosts when it was applied: without one the boot is not known to be good. */
static void test_no_route(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };
	bool noted;

	fake_file(bed->fake, ROUTES "enp1s0\t00000000\t0202000A\n", "proc/net/route");
	keep(bed, "one", false);
	next_boot(bed, BOOT_NEXT, "one");
	fake_file(bed->fake, ROUTES, "proc/net/route");
	fake_file(bed->fake,
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n",
		"proc/net/ipv6_route");
	assert_true(boot_good(bed->lock, false, &noted, &err) < 0);
	assert_int_equal(err.code, CODE_BOOT_UNPROVEN);
	assert_false(noted);
	fake_file(bed->fake,
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000001 00000000 00450003   enp1s0\n",
		"proc/net/ipv6_route");
	expect_good(bed, true);
	fake_file(bed->fake, "", "proc/net/ipv6_route");
	next_boot(bed, BOOT_NEXT, "one");
	assert_int_equal(boot_good(bed->lock, true, &noted, NULL), 0);
	assert_true(noted);
}

static void test_differs(void **state)
{
	struct bed *bed = *state;
	struct source_list *one = sources_of("one"), *two = sources_of("two");

	assert_false(boot_differs(&bed->fake->root, one));
	keep(bed, "one", false);
	assert_false(boot_differs(&bed->fake->root, one));
	assert_true(boot_differs(&bed->fake->root, two));
	source_list_free(one);
	source_list_free(two);
}

/* Files that are no copies: said, and nothing is applied of them. */
static void test_nonsense(void **state)
{
	static const char *const texts[] = { "", "{", "{}", "[]", "{\"files\": []}", "{\"files\": [1]}",
		"{\"files\": [{\"name\": 1, \"text\": \"x\"}]}", "{\"files\": [{\"name\": \"x\"}]}",
		"{\"files\": [], \"files\": []}" };
	struct bed *bed = *state;
	struct source_list *list;
	enum boot_choice choice;

	keep(bed, "one", false);
	for (size_t i = 0; i < array_size(texts); i++) {
		struct error err = { 0 };

		fake_file(bed->fake, texts[i], "var/lib/sluice/boot/next.json");
		assert_true(boot_begin(bed->lock, &choice, &list, &err) < 0);
		assert_non_null(strstr(err.msg, "/var/lib/sluice/boot/next.json"));
		assert_null(list);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_was_applied),
		TEST(good_boots),
		TEST(falls_back),
		TEST(nothing_to_fall_back_to),
		TEST(waits_for_confirmation),
		TEST(undone),
		TEST(no_route),
		TEST(differs),
		TEST(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
