// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest/verify.c and guest/frames.c: a guest that agrees, and each way in which it may not; what changes while it is
 * looked at; answers of a sluice-vmm that lies.
 */
#include "guest/verify.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "base/text.h"
#include "tests/unit/made_up_guest.h"

struct bed {
	struct made_up_guest *guest;
	struct verify_report report;
	struct error err;
	unsigned int asked;
	uint64_t changes_until; /* the guest is another at each question before this one */
	void (*on_ask)(struct bed *bed);
};

static int ask(void *opaque, struct control_status *ret_status, struct error *err)
{
	struct bed *bed = opaque;

	(void)err;
	bed->asked++;
	if (bed->asked < bed->changes_until)
		bed->guest->status.generation++;
	if (bed->on_ask)
		bed->on_ask(bed);
	*ret_status = bed->guest->status;
	return 0;
}

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	bed->guest = made_up_new();
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	made_up_free(bed->guest);
	free(bed);
	return 0;
}

static int verify(struct bed *bed)
{
	made_up_write(bed->guest);
	return guest_verify_with(&bed->guest->tree.root, &bed->guest->info, ask, bed, &bed->report, &bed->err);
}

static const struct difference *only_difference(struct bed *bed, const char *kind)
{
	const struct difference_list *list = &bed->report.device[0].differences;

	assert_int_equal(verify(bed), 0);
	assert_false(bed->report.agree);
	assert_int_equal(list->range_count, 1);
	assert_string_equal(verify_kind(&bed->report, &list->item[0]), kind);
	assert_non_null(verify_meaning(&bed->report, &list->item[0], true));
	return &list->item[0];
}

static void a_guest_that_agrees(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_int_equal(bed->report.tries, 1);
	assert_int_equal(bed->report.ram_bytes, MADE_UP_PAGES * 4096);
	assert_int_equal(bed->report.present_bytes, MADE_UP_PAGES * 4096);
	assert_int_equal(bed->report.ram_count, 2);
	assert_true(bed->report.maps_compared);
	assert_int_equal(bed->report.device_count, 1);
	assert_true(bed->report.device[0].shown);
	assert_int_equal(bed->report.device[0].leaves[REAL_LEAF_4K], MADE_UP_PAGES);
}

static void one_page_leads_elsewhere(void **state)
{
	struct bed *bed = *state;
	const struct difference *found;

	bed->guest->reach[MADE_UP_LOW_PAGES + 3] = 0x77777;
	found = only_difference(bed, "elsewhere");
	assert_int_equal(found->from, MADE_UP_HIGH + 0x3000);
	assert_int_equal(found->bytes, 4096);
	assert_int_equal(found->found, 0x77777000);
	assert_int_equal(found->wanted, bed->guest->frame[MADE_UP_LOW_PAGES + 3] * 4096);
	assert_int_equal(bed->report.tries, 2);
}

/* Two pages exchanged: all memory is reached, and twice at the wrong address. */
static void pages_are_exchanged(void **state)
{
	struct bed *bed = *state;
	uint64_t first = bed->guest->reach[10];

	bed->guest->reach[10] = bed->guest->reach[11];
	bed->guest->reach[11] = first;
	assert_int_equal(only_difference(bed, "elsewhere")->bytes, 8192);
}

static void memory_was_taken_from_the_guest_alone(void **state)
{
	struct bed *bed = *state;
	const struct difference *found;

	for (unsigned int i = 512; i < 1024; i++)
		bed->guest->frame[i] = 0;
	found = only_difference(bed, "stale");
	assert_int_equal(found->from, 2 << 20);
	assert_int_equal(found->bytes, 2 << 20);
	assert_int_equal(bed->report.present_bytes, (MADE_UP_PAGES - 512) * 4096);
}

static void a_page_is_not_reached(void **state)
{
	struct bed *bed = *state;

	bed->guest->reach[MADE_UP_LOW_PAGES - 1] = 0;
	assert_int_equal(only_difference(bed, "missing")->from, (8 << 20) - 4096);
}

static void a_page_may_not_be_written(void **state)
{
	struct bed *bed = *state;

	bed->guest->read_only[0] = true;
	assert_int_equal(only_difference(bed, "read-only")->from, 0);
}

static void memory_where_the_guest_has_none(void **state)
{
	struct bed *bed = *state;

	bed->guest->more_leaves = "0x0000000900000 |\t0x0\t0x5003\t0x6003\t0x7003\t0x0000000012345003\n";
	assert_int_equal(only_difference(bed, "extra")->found, 0x12345000);
}

static void a_map_of_other_memory(void **state)
{
	struct bed *bed = *state;

	bed->guest->status.map[1].hva += 4096;
	assert_int_equal(verify(bed), 0);
	assert_false(bed->report.agree);
	assert_int_equal(bed->report.maps.range_count, 1);
	assert_string_equal(verify_kind(&bed->report, &bed->report.maps.item[0]), "elsewhere");
	assert_int_equal(bed->report.maps.item[0].bytes, 8 << 20);
	bed->guest->status.map_count = 1;
	bed->guest->status.map[0].bytes -= 8192;
	assert_int_equal(verify(bed), 0);
	assert_int_equal(bed->report.maps.range_count, 2);
	assert_string_equal(verify_kind(&bed->report, &bed->report.maps.item[0]), "missing");
}

static void tables_that_nobody_shows(void **state)
{
	struct bed *bed = *state;

	bed->guest->tables_shown = false;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_false(bed->report.device[0].shown);
	assert_string_equal(bed->report.device[0].why_not, "no debugfs at /sys/kernel/debug");
}

static void who_is_not_root_is_told_so(void **state)
{
	struct bed *bed = *state;

	bed->guest->hidden = true;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_false(bed->report.device[0].shown);
	assert_string_equal(bed->report.device[0].why_not, "only root may look");
}

static void without_devices_nothing_is_compared(void **state)
{
	struct bed *bed = *state;

	bed->guest->status.device_count = bed->guest->status.map_count = 0;
	bed->guest->info.device_count = 0;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_false(bed->report.maps_compared);
	/* One that sluice has on record, and sluice-vmm does not tell of, is not left out. */
	bed->guest->info.device_count = 1;
	bed->guest->status.map_count = 2;
	assert_int_equal(verify(bed), 0);
	assert_int_equal(bed->report.device_count, 1);
	assert_false(bed->report.device[0].shown);
}

/* A sluice-vmm that hides a device has its tables looked at all the same. */
static void a_device_that_the_guest_hides(void **state)
{
	struct bed *bed = *state;
	struct verify_device *device = &bed->report.device[0];

	temp_tree_link(&bed->guest->tree, "sys/bus/pci/devices/" MADE_UP_DEVICE "/driver", "../../../drivers/vfio-pci");
	bed->guest->status.device_count = bed->guest->status.map_count = 0;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_true(device->untold && device->shown);
	/* It reaches less than the guest has: it may be on its way out. */
	bed->guest->reach[1] = 0;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	bed->guest->reach[1] = bed->guest->frame[1] + 1;
	assert_string_equal(verify_kind(&bed->report, only_difference(bed, "elsewhere")), "elsewhere");
}

/* Devices that a sluice-vmm tells of instead leave no room for the one that it hides. */
static void devices_that_are_told_to_hide_one(void **state)
{
	struct bed *bed = *state;
	struct control_status *status = &bed->guest->status;

	bed->guest->reach[1] = bed->guest->frame[1] + 1;
	status->device_count = CONTROL_DEVICE_MAX;
	for (uint32_t i = 0; i < CONTROL_DEVICE_MAX; i++)
		snprintf(status->device[i].host_address, sizeof(status->device[i].host_address), "0000:ee:%02x.0", i);
	assert_int_equal(verify(bed), -EPROTO);
	assert_non_null(strstr(bed->err.msg, "more devices than it was given"));
	for (uint32_t i = 0; i < CONTROL_DEVICE_MAX; i++)
		strcpy(status->device[i].host_address, "0000:ee:00.0");
	assert_int_equal(verify(bed), -EPROTO);
	assert_int_equal(bed->err.code, CODE_GUEST_DEAF);
	/* One beside it that is not in the record is looked at, and hides nothing. */
	status->device_count = 1;
	assert_int_equal(verify(bed), 0);
	assert_int_equal(bed->report.device_count, 2);
}

/* What its own driver mapped for it again is no matter of the guest's. */
static void a_device_that_this_host_has_again(void **state)
{
	struct bed *bed = *state;

	temp_tree_link(&bed->guest->tree, "sys/bus/pci/devices/" MADE_UP_DEVICE "/driver", "../../../drivers/igb");
	bed->guest->status.device_count = bed->guest->status.map_count = 0;
	bed->guest->reach[1] = bed->guest->frame[1] + 1;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_false(bed->report.device[0].shown);
}

/* The device that leaves: gone from the tables before the answer knows it. */
static void device_goes(struct bed *bed)
{
	if (bed->asked != 2)
		return;
	bed->guest->status.device_count = bed->guest->status.map_count = 0;
	bed->guest->info.device_count = 0;
	bed->guest->status.generation++;
}

static void what_changes_meanwhile_is_no_difference(void **state)
{
	struct bed *bed = *state;

	memset(bed->guest->reach, 0, sizeof(bed->guest->reach));
	bed->on_ask = device_goes;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_int_equal(bed->report.tries, 2);
	assert_int_equal(bed->report.device_count, 0);
}

/* Repaired between two looks, in the same generation: not found twice. */
static void repair(struct bed *bed)
{
	if (bed->asked != 2)
		return;
	memcpy(bed->guest->reach, bed->guest->frame, sizeof(bed->guest->reach));
	made_up_write(bed->guest);
}

static void a_difference_is_found_twice(void **state)
{
	struct bed *bed = *state;

	bed->guest->reach[5] = 0x12345;
	bed->on_ask = repair;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
	assert_int_equal(bed->report.tries, 2);
}

static void a_guest_that_never_rests(void **state)
{
	struct bed *bed = *state;

	bed->changes_until = 1000;
	assert_int_equal(verify(bed), -EBUSY);
	assert_true(bed->asked < 20);
	assert_true(bed->err.hint[0]);
	/* And one that does at last. */
	bed->changes_until = bed->asked + 5;
	assert_int_equal(verify(bed), 0);
	assert_true(bed->report.agree);
}

/* sluice-vmm may have been taken over. */
static void answers_that_cannot_be(void **state)
{
	struct bed *bed = *state;
	struct control_status good = bed->guest->status;
	struct control_status *status = &bed->guest->status;

	status->slot[2].bytes = UINT64_MAX - 4095;
	assert_int_equal(verify(bed), -EPROTO);
	*status = good;
	status->slot[2].bytes += 4096;
	assert_int_equal(verify(bed), -EPROTO);
	*status = good;
	status->slot[0].gpa = 4096;
	assert_int_equal(verify(bed), -EPROTO);
	*status = good;
	status->slot[0].hva++;
	assert_int_equal(verify(bed), -EPROTO);
	*status = good;
	status->map[0].iova = 1 << 20;
	assert_int_equal(verify(bed), -EPROTO);
	*status = good;
	status->map[0].bytes = UINT64_MAX - 4095;
	assert_int_equal(verify(bed), -EPROTO);
	*status = good;
	text_copy(status->device[0].host_address, sizeof(status->device[0].host_address), "../../../etc");
	assert_int_equal(verify(bed), -EPROTO);
	*status = good;
	assert_int_equal(verify(bed), 0);
}

static void a_process_that_is_gone(void **state)
{
	struct bed *bed = *state;

	bed->guest->info.vmm_pid = 78;
	assert_int_equal(verify(bed), -ESRCH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_guest_that_agrees),
		TEST(one_page_leads_elsewhere),
		TEST(pages_are_exchanged),
		TEST(memory_was_taken_from_the_guest_alone),
		TEST(a_page_is_not_reached),
		TEST(a_page_may_not_be_written),
		TEST(memory_where_the_guest_has_none),
		TEST(a_map_of_other_memory),
		TEST(tables_that_nobody_shows),
		TEST(who_is_not_root_is_told_so),
		TEST(without_devices_nothing_is_compared),
		TEST(a_device_that_the_guest_hides),
		TEST(devices_that_are_told_to_hide_one),
		TEST(a_device_that_this_host_has_again),
		TEST(what_changes_meanwhile_is_no_difference),
		TEST(a_difference_is_found_twice),
		TEST(a_guest_that_never_rests),
		TEST(answers_that_cannot_be),
		TEST(a_process_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
