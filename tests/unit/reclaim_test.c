// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/reclaim.c: memory goes back to the host when nobody holds it, and never while somebody does. */
#include "vmm-core/reclaim.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#define LOW_BYTES (4 * MIB)
#define HIGH_BYTES (2 * MIB)
#define PAGE (4 * KIB)

enum {
	TAG = 0x5a,
	ROUNDS = 3000,
};

struct bed {
	struct layout layout;
	struct guest_ram ram;
	struct reclaim reclaim;
};

static int start_with(void **state, enum ram_kind kind)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	bed->layout.ram[0] = (struct ram_region){ .at = { 0, LOW_BYTES } };
	bed->layout.ram[1] = (struct ram_region){ .at = { 4 * GIB, 4 * GIB + HIGH_BYTES }, .file_offset = LOW_BYTES };
	bed->layout.ram_count = 2;
	assert_int_equal(guest_ram_init(&bed->ram, kind, LOW_BYTES + HIGH_BYTES, PAGE, NULL), 0);
	assert_int_equal(guest_ram_place(&bed->ram, &bed->layout, NULL), 0);
	memset(bed->ram.host, TAG, bed->ram.bytes);
	reclaim_init(&bed->reclaim);
	*state = bed;
	return 0;
}

static int start(void **state)
{
	return start_with(state, RAM_FILE);
}

static int start_private(void **state)
{
	return start_with(state, RAM_PRIVATE);
}

static int stop(void **state)
{
	struct bed *bed = *state;

	reclaim_done(&bed->reclaim);
	guest_ram_done(&bed->ram);
	free(bed);
	return 0;
}

static int take(struct bed *bed, uint64_t address, uint64_t bytes, struct error *err)
{
	return reclaim_take(&bed->reclaim, &bed->ram, gpa(address), bytes, err);
}

/* How many bytes of [address, address + bytes) are as the guest wrote them. */
static uint64_t kept(const struct bed *bed, uint64_t address, uint64_t bytes)
{
	const uint8_t *host = guest_ptr(&bed->ram, gpa(address), bytes);
	uint64_t count = 0;

	for (uint64_t i = 0; i < bytes; i++)
		count += host[i] == TAG;
	return count;
}

static void what_is_taken_is_the_hosts_again(void **state)
{
	struct bed *bed = *state;
	struct stat before, after;

	fstat(bed->ram.memfd, &before);
	assert_int_equal(take(bed, 4 * GIB, HIGH_BYTES, NULL), 0);
	fstat(bed->ram.memfd, &after);
	assert_true(before.st_blocks - after.st_blocks >= (long)(HIGH_BYTES / 512));
	assert_int_equal(kept(bed, 4 * GIB, HIGH_BYTES), 0);
	assert_int_equal(kept(bed, 0, LOW_BYTES), LOW_BYTES);
	assert_int_equal(bed->reclaim.taken_bytes, HIGH_BYTES);
}

static void just_those_pages(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(take(bed, MIB, 2 * PAGE, NULL), 0);
	assert_int_equal(kept(bed, MIB, 2 * PAGE), 0);
	assert_int_equal(kept(bed, 0, LOW_BYTES), LOW_BYTES - 2 * PAGE);
	assert_int_equal(kept(bed, 4 * GIB, HIGH_BYTES), HIGH_BYTES);
}

static void nothing_while_somebody_holds(void **state)
{
	struct bed *bed = *state;
	struct error err = { 0 };

	reclaim_hold(&bed->reclaim);
	reclaim_hold(&bed->reclaim);
	assert_int_equal(take(bed, 0, PAGE, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "pinned"));
	reclaim_let_go(&bed->reclaim);
	assert_int_equal(take(bed, 0, PAGE, NULL), -EBUSY);
	assert_int_equal(kept(bed, 0, LOW_BYTES), LOW_BYTES);
	assert_int_equal(bed->reclaim.refused, 2);
	assert_int_equal(bed->reclaim.taken_bytes, 0);
	reclaim_let_go(&bed->reclaim);
	assert_int_equal(take(bed, 0, PAGE, NULL), 0);
	assert_int_equal(kept(bed, 0, PAGE), 0);
}

static void what_is_no_whole_page_of_ram_is_refused(void **state)
{
	static const struct {
		uint64_t address, bytes;
	} wrong[] = {
		{ 0, 0 },
		{ 0, PAGE / 2 },
		{ 512, PAGE },
		{ LOW_BYTES - PAGE, 2 * PAGE },
		{ LOW_BYTES, PAGE },
		{ 4 * GIB + HIGH_BYTES, PAGE },
		{ 3 * GIB, GIB + PAGE },
		{ UINT64_MAX - PAGE + 1, PAGE },
		{ 0, UINT64_MAX - PAGE + 1 },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(take(bed, wrong[i].address, wrong[i].bytes, NULL), -EINVAL);
	assert_int_equal(kept(bed, 0, LOW_BYTES), LOW_BYTES);
	assert_int_equal(kept(bed, 4 * GIB, HIGH_BYTES), HIGH_BYTES);
}

struct race {
	struct bed *bed;
	_Atomic bool over;
	_Atomic unsigned int taken;
};

static void *take_again_and_again(void *opaque)
{
	struct race *race = opaque;

	while (!race->over)
		if (take(race->bed, 0, PAGE, NULL) == 0)
			race->taken++;
	return NULL;
}

/* A device comes while a balloon is blown up: what is written under the hold is there until it ends. */
static void a_hold_waits_for_what_is_on_its_way(void **state)
{
	struct race race = { .bed = *state };
	volatile uint8_t *host = race.bed->ram.host;
	unsigned int lost = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, take_again_and_again, &race), 0);
	while (!race.taken)
		;
	for (int i = 0; i < ROUNDS; i++) {
		reclaim_hold(&race.bed->reclaim);
		*host = TAG;
		for (int look = 0; look < 100; look++)
			lost += *host != TAG;
		reclaim_let_go(&race.bed->reclaim);
	}
	race.over = true;
	pthread_join(thread, NULL);
	assert_int_equal(lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_taken_is_the_hosts_again, start, stop),
		cmocka_unit_test_setup_teardown(just_those_pages, start, stop),
		cmocka_unit_test_setup_teardown(just_those_pages, start_private, stop),
		cmocka_unit_test_setup_teardown(nothing_while_somebody_holds, start, stop),
		cmocka_unit_test_setup_teardown(nothing_while_somebody_holds, start_private, stop),
		cmocka_unit_test_setup_teardown(what_is_no_whole_page_of_ram_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(a_hold_waits_for_what_is_on_its_way, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
