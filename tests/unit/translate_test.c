// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/translate.c: the chain of one address of a made-up guest, each way in which it ends, and when ways disagree. */
#include "guest/translate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "base/cleanup.h"
#include "tests/unit/made_up_guest.h"

static int set_up(void **state)
{
	*state = made_up_new();
	return 0;
}

static int tear_down(void **state)
{
	made_up_free(*state);
	return 0;
}

static void chain(struct made_up_guest *guest, const struct translate_request *request, const struct page_walk *walk,
	struct translation *ret_translation)
{
	made_up_write(guest);
	translate_chain(&guest->tree.root, &guest->info, request, &guest->status, walk, ret_translation);
}

static void expect_spaces(const struct translation *to, const enum chain_space *space, size_t count)
{
	assert_int_equal(to->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(to->link[i].space, space[i]);
}

static const struct page_walk kernel_page = {
	.mode = PAGING_4_LEVEL, .end = WALK_MAPPED, .root = 0x1000, .gpa = 0x5123, .bytes = 4096, .access = WALK_EXECUTE
};

static void all_the_way(void **state)
{
	static const enum chain_space spaces[] = { SPACE_GVA, SPACE_GPA, SPACE_HVA, SPACE_HPA, SPACE_IOVA, SPACE_HPA };
	const struct translate_request request = { .from = SPACE_GVA, .address = 0xffff888000005123 };
	struct made_up_guest *guest = *state;
	uint64_t machine = guest->frame[5] * 4096 + 0x123;
	struct translation to;

	chain(guest, &request, &kernel_page, &to);
	assert_true(to.agree);
	assert_int_equal(to.end.errnum, 0);
	expect_spaces(&to, spaces, array_size(spaces));
	assert_int_equal(to.link[0].address, request.address);
	assert_int_equal(to.link[0].page_bytes, 4096);
	assert_string_equal(to.link[0].permissions, "r-x");
	assert_string_equal(to.link[0].source, "page tables of vCPU 0: 4 levels, CR3 0x1000");
	assert_int_equal(to.link[1].address, 0x5123);
	assert_int_equal(to.link[2].address, MADE_UP_HVA + 0x5123);
	assert_int_equal(to.link[2].page_bytes, 4096);
	assert_string_equal(to.link[2].permissions, "rw-");
	assert_int_equal(to.link[3].address, machine);
	assert_int_equal(to.link[4].address, 0x5123);
	assert_int_equal(to.link[5].address, machine);
	assert_int_equal(to.link[5].page_bytes, 4096);
	assert_true(to.link[5].device);
}

static void from_a_device(void **state)
{
	static const enum chain_space spaces[] = { SPACE_IOVA, SPACE_HPA, SPACE_GPA, SPACE_HVA, SPACE_HPA };
	struct translate_request request = {
		.from = SPACE_IOVA, .address = MADE_UP_HIGH + 7, .device = MADE_UP_DEVICE
	};
	struct made_up_guest *guest = *state;
	struct translation to;

	chain(guest, &request, NULL, &to);
	assert_true(to.agree);
	expect_spaces(&to, spaces, array_size(spaces));
	assert_int_equal(to.link[1].address, guest->frame[MADE_UP_LOW_PAGES] * 4096 + 7);
	assert_int_equal(to.link[4].address, to.link[1].address);
	/* Of another device nothing is said. */
	request.device = "0000:01:10.2";
	chain(guest, &request, NULL, &to);
	assert_int_equal(to.count, 4);
}

static void ways_that_disagree(void **state)
{
	const struct translate_request request = { .from = SPACE_GPA, .address = 0x5123 };
	struct made_up_guest *guest = *state;
	struct translation to;

	guest->reach[5]++; /* the table leads elsewhere */
	chain(guest, &request, NULL, &to);
	assert_false(to.agree);
	guest->reach[5] = 0; /* nowhere */
	chain(guest, &request, NULL, &to);
	assert_false(to.agree);
	guest->reach[5] = guest->frame[5];
	guest->read_only[5] = true;
	chain(guest, &request, NULL, &to);
	assert_false(to.agree);
	guest->read_only[5] = false;
	guest->status.map[1].hva += 4096; /* the map is of other memory */
	chain(guest, &request, NULL, &to);
	assert_false(to.agree);
	guest->status.map[1].hva -= 4096;
	guest->frame[5] = 0; /* the processors have none there any more */
	chain(guest, &request, NULL, &to);
	assert_false(to.agree);
	guest->frame[5] = guest->reach[5];
	guest->status.map_count = 1; /* there is no map, and a leaf */
	chain(guest, &request, NULL, &to);
	assert_false(to.agree);
	guest->status.map_count = 2;
	chain(guest, &request, NULL, &to);
	assert_true(to.agree);
}

/* Registers of one device are not mapped for others, which is as it should be. */
static void registers_are_no_memory(void **state)
{
	const struct translate_request request = { .from = SPACE_GPA, .address = 0xc0001000 };
	struct translation to;

	chain(*state, &request, NULL, &to);
	assert_true(to.agree);
	assert_string_equal(to.link[0].source, "memory slot at 0xc0000000 (bar)");
	assert_int_equal(to.link[1].address, 0x9001000);
}

static void expect_end(struct made_up_guest *guest, const struct translate_request *request,
	const struct page_walk *walk, const char *message)
{
	struct translation to;

	chain(guest, request, walk, &to);
	assert_int_equal(to.end.code, CODE_NOT_MAPPED);
	assert_non_null(strstr(to.end.msg, message));
	assert_true(to.end.hint[0]);
	assert_true(to.count > 0);
}

static void each_end(void **state)
{
	static const struct {
		struct page_walk walk;
		const char *message;
	} walks[] = {
		{ { .mode = PAGING_4_LEVEL, .end = WALK_NOT_CANONICAL }, "no address of a guest with 4 levels" },
		{ { .mode = PAGING_PAE,
			  .end = WALK_NOT_PRESENT,
			  .entry_count = 1,
			  .entry = { { .level = 3, .value = 8 } } },
			"level 3 is not present (0x8)" },
		{ { .mode = PAGING_5_LEVEL, .end = WALK_RESERVED_BIT, .entry_count = 1, .entry = { { .level = 5 } } },
			"level 5 sets reserved bits" },
		{ { .mode = PAGING_32_BIT, .end = WALK_NO_TABLE, .table = 0x99000 }, "a table at 0x99000" },
		{ { .mode = PAGING_OFF, .end = WALK_MAPPED, .gpa = 0xfee00000 }, "no memory slot at 0xfee00000" },
	};
	const struct translate_request virtual = { .from = SPACE_GVA, .address = 0x1234 };
	const struct translate_request unmapped = { .from = SPACE_IOVA, .address = 0x900000, .device = MADE_UP_DEVICE };
	const struct translate_request absent = { .from = SPACE_GPA, .address = 0x3000 };
	struct made_up_guest *guest = *state;

	for (size_t i = 0; i < array_size(walks); i++)
		expect_end(guest, &virtual, &walks[i].walk, walks[i].message);
	expect_end(guest, &unmapped, NULL, "no memory slot at 0x900000");
	guest->frame[3] = 0;
	expect_end(guest, &absent, NULL, "nothing has touched this page");
}

static void who_is_not_root_gets_no_machine_address(void **state)
{
	const struct translate_request request = { .from = SPACE_GPA, .address = 0x3000 };
	struct made_up_guest *guest = *state;
	struct translation to;

	guest->hidden = true;
	guest->tables_shown = false;
	chain(guest, &request, NULL, &to);
	assert_int_equal(to.end.code, CODE_NOT_ROOT);
	assert_true(to.agree);
	assert_int_equal(to.count, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_the_way),
		TEST(from_a_device),
		TEST(ways_that_disagree),
		TEST(registers_are_no_memory),
		TEST(each_end),
		TEST(who_is_not_root_gets_no_machine_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
