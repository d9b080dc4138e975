// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/virtio/queue.c with a driver that breaks every rule: whatever it writes into its rings, each buffer that
 * comes out lies in its memory, chains end, and what is wrong is said once. The program's argument is how many random
 * steps are taken (make soak: 10^7).
 */
#include "vmm-core/virtio/queue.h"

#include <errno.h>
#include <linux/virtio_ring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

enum {
	SIZE = 8,
	RAM_BYTES = 0x10000,
	DESC_AT = 0x1000,
	AVAIL_AT = 0x2000,
	USED_AT = 0x3000,
	TABLE_AT = 0x4000,
	DATA_AT = 0x8000,
	STEPS_DEFAULT = 100000,
};

#define FEATURES (1ull << VIRTIO_RING_F_INDIRECT_DESC | 1ull << VIRTIO_RING_F_EVENT_IDX)
/* A second part of the guest's memory, far from the first: what lies between is nobody's. */
#define HIGH_AT (4 * GIB)

static unsigned long steps_wanted = STEPS_DEFAULT;

struct driver {
	struct layout layout;
	struct guest_ram ram;
	struct virtqueue queue;
	struct virtq_chain chain;
	uint8_t *memory;
	struct vring_desc *desc, *table;
	struct vring_avail *avail;
	struct vring_used *used;
	unsigned int random;
};

static int build(void **state)
{
	struct driver *driver = calloc(1, sizeof(*driver));

	assert_non_null(driver);
	driver->memory = calloc(1, 2 * RAM_BYTES);
	driver->layout.ram_count = 2;
	driver->layout.ram[0] = (struct ram_region){ { 0, RAM_BYTES }, 0 };
	driver->layout.ram[1] = (struct ram_region){ { HIGH_AT, HIGH_AT + RAM_BYTES }, RAM_BYTES };
	driver->ram = (struct guest_ram){ .memfd = -1, .host = driver->memory, .layout = &driver->layout };
	driver->desc = (void *)(driver->memory + DESC_AT);
	driver->table = (void *)(driver->memory + TABLE_AT);
	driver->avail = (void *)(driver->memory + AVAIL_AT);
	driver->used = (void *)(driver->memory + USED_AT);
	driver->queue.size_max = SIZE;
	virtqueue_reset(&driver->queue);
	driver->random = 1;
	*state = driver;
	return 0;
}

static int start_with(struct driver *driver, uint64_t features)
{
	virtqueue_reset(&driver->queue);
	memset(driver->memory, 0, 2 * RAM_BYTES);
	driver->queue.desc_at = DESC_AT;
	driver->queue.driver_at = AVAIL_AT;
	driver->queue.device_at = USED_AT;
	return virtqueue_start(&driver->queue, &driver->ram, features, NULL);
}

static int start(void **state)
{
	build(state);
	assert_int_equal(start_with(*state, FEATURES), 0);
	return 0;
}

static int stop(void **state)
{
	struct driver *driver = *state;

	free(driver->memory);
	free(driver);
	return 0;
}

static void offer(struct driver *driver, uint16_t head)
{
	driver->avail->ring[driver->avail->idx % SIZE] = head;
	driver->avail->idx++;
}

static void a_chain_is_what_the_driver_made(void **state)
{
	struct driver *driver = *state;
	const struct vring_desc chain[] = {
		{ DATA_AT, 16, VRING_DESC_F_NEXT, 3 },
		{ 0 },
		{ HIGH_AT + RAM_BYTES - 1, 1, VRING_DESC_F_WRITE, 0 },
		{ HIGH_AT, 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 2 },
	};

	memcpy(driver->desc, chain, sizeof(chain));
	assert_int_equal(virtqueue_pop(&driver->queue, &driver->chain), 0);
	offer(driver, 0);
	assert_int_equal(virtqueue_pop(&driver->queue, &driver->chain), 1);
	assert_int_equal(driver->chain.out_count, 1);
	assert_int_equal(driver->chain.in_count, 2);
	assert_int_equal(driver->chain.out_bytes, 16);
	assert_int_equal(driver->chain.in_bytes, 513);
	assert_ptr_equal(driver->chain.iov[0].iov_base, driver->memory + DATA_AT);
	assert_ptr_equal(driver->chain.iov[1].iov_base, driver->memory + RAM_BYTES);
	assert_ptr_equal(virtq_chain_take_last(&driver->chain), driver->memory + 2 * RAM_BYTES - 1);
	assert_int_equal(virtqueue_pop(&driver->queue, &driver->chain), 0);
	virtqueue_push(&driver->queue, 0, 513);
	assert_int_equal(driver->used->idx, 1);
	assert_int_equal(driver->used->ring[0].len, 513);
}

static void an_indirect_table_is_a_chain(void **state)
{
	struct driver *driver = *state;
	uint32_t word = 0;

	driver->desc[5] = (struct vring_desc){ TABLE_AT, 2 * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0 };
	driver->table[0] = (struct vring_desc){ DATA_AT, 3, VRING_DESC_F_NEXT, 1 };
	driver->table[1] = (struct vring_desc){ DATA_AT + 8, 5, 0, 0 };
	memcpy(driver->memory + DATA_AT, "abc_____defgh", 13);
	offer(driver, 5);
	assert_int_equal(virtqueue_pop(&driver->queue, &driver->chain), 1);
	assert_int_equal(driver->chain.out_bytes, 8);
	/* A header may be cut anywhere. */
	assert_true(virtq_chain_take(&driver->chain, &word, 4));
	assert_memory_equal(&word, "abcd", 4);
	assert_false(virtq_chain_take(&driver->chain, &word, 5));
	assert_int_equal(driver->chain.out_bytes, 4);
	assert_null(virtq_chain_take_last(&driver->chain));
}

/* Each with what the one descriptor 0, or the table of it, is. */
static void what_breaks_the_rules_breaks_the_queue(void **state)
{
	struct driver *driver = *state;
	const struct {
		const char *what;
		struct vring_desc desc[2], table[2];
		uint16_t head, ahead;
		uint64_t features;
	} cases[] = {
		{ "memory that there is not", { { RAM_BYTES - 1, 2, 0, 0 } }, { { 0 } }, 0, 1, FEATURES },
		{ "an address that wraps", { { UINT64_MAX, 16, 0, 0 } }, { { 0 } }, 0, 1, FEATURES },
		{ "between its two parts", { { HIGH_AT - 1, 1, 0, 0 } }, { { 0 } }, 0, 1, FEATURES },
		{ "a loop", { { DATA_AT, 1, VRING_DESC_F_NEXT, 0 } }, { { 0 } }, 0, 1, FEATURES },
		{ "a loop of nothing", { { DATA_AT, 0, VRING_DESC_F_NEXT, 0 } }, { { 0 } }, 0, 1, FEATURES },
		{ "a next that is none", { { DATA_AT, 1, VRING_DESC_F_NEXT, SIZE } }, { { 0 } }, 0, 1, FEATURES },
		{ "a head that is none", { { DATA_AT, 1, 0, 0 } }, { { 0 } }, SIZE, 1, FEATURES },
		{ "an index far ahead", { { DATA_AT, 1, 0, 0 } }, { { 0 } }, 0, SIZE + 1, FEATURES },
		{ "out behind in", { { DATA_AT, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1 }, { DATA_AT, 1, 0, 0 } },
			{ { 0 } }, 0, 1, FEATURES },
		{ "a table that was not agreed on", { { TABLE_AT, 16, VRING_DESC_F_INDIRECT, 0 } },
			{ { DATA_AT, 1, 0, 0 } }, 0, 1, 0 },
		{ "a table of odd size", { { TABLE_AT, 17, VRING_DESC_F_INDIRECT, 0 } }, { { DATA_AT, 1, 0, 0 } }, 0, 1,
			FEATURES },
		{ "an empty table", { { TABLE_AT, 0, VRING_DESC_F_INDIRECT, 0 } }, { { 0 } }, 0, 1, FEATURES },
		{ "a table elsewhere", { { RAM_BYTES, 16, VRING_DESC_F_INDIRECT, 0 } }, { { 0 } }, 0, 1, FEATURES },
		{ "a table and a next", { { TABLE_AT, 16, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1 } }, { { 0 } },
			0, 1, FEATURES },
		{ "a table in a table", { { TABLE_AT, 16, VRING_DESC_F_INDIRECT, 0 } },
			{ { TABLE_AT + 16, 16, VRING_DESC_F_INDIRECT, 0 }, { DATA_AT, 1, 0, 0 } }, 0, 1, FEATURES },
		{ "beyond the table", { { TABLE_AT, 16, VRING_DESC_F_INDIRECT, 0 } },
			{ { DATA_AT, 1, VRING_DESC_F_NEXT, 1 } }, 0, 1, FEATURES },
		{ "a table that loops", { { TABLE_AT, 32, VRING_DESC_F_INDIRECT, 0 } },
			{ { DATA_AT, 1, VRING_DESC_F_NEXT, 1 }, { DATA_AT, 1, VRING_DESC_F_NEXT, 0 } }, 0, 1,
			FEATURES },
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		assert_int_equal(start_with(driver, cases[i].features), 0);
		memcpy(driver->desc, cases[i].desc, sizeof(cases[i].desc));
		memcpy(driver->table, cases[i].table, sizeof(cases[i].table));
		driver->avail->ring[0] = cases[i].head;
		driver->avail->idx = cases[i].ahead;
		if (virtqueue_pop(&driver->queue, &driver->chain) != -EPROTO || !driver->queue.broken)
			fail_msg("%s was taken", cases[i].what);
		assert_int_equal(virtqueue_pop(&driver->queue, &driver->chain), 0);
		assert_false(virtqueue_listen(&driver->queue));
	}
}

static void more_than_4_gib_is_no_request(void **state)
{
	struct driver *driver = *state;

	/* All of memory at once, as if it were large: the sum counts. */
	driver->layout.ram[0].at.end = HIGH_AT;
	for (uint16_t i = 0; i < 2; i++)
		driver->desc[i] = (struct vring_desc){ 0, UINT32_MAX - 1, i == 0 ? VRING_DESC_F_NEXT : 0, 1 };
	offer(driver, 0);
	assert_int_equal(virtqueue_pop(&driver->queue, &driver->chain), -EPROTO);
}

static void rings_outside_of_memory_or_askew_do_not_start(void **state)
{
	struct driver *driver = *state;
	static const struct {
		uint64_t desc, avail, used;
		uint16_t size;
	} cases[] = {
		{ DESC_AT + 8, AVAIL_AT, USED_AT, SIZE },
		{ DESC_AT, AVAIL_AT + 1, USED_AT, SIZE },
		{ DESC_AT, AVAIL_AT, USED_AT + 2, SIZE },
		{ RAM_BYTES - 16, AVAIL_AT, USED_AT, SIZE },
		{ DESC_AT, RAM_BYTES - 4, USED_AT, SIZE },
		/* The last word of the used ring is the event index's. */
		{ DESC_AT, AVAIL_AT, RAM_BYTES - 4 - 8 * SIZE, SIZE },
		{ UINT64_MAX - 15, AVAIL_AT, USED_AT, SIZE },
		{ DESC_AT, AVAIL_AT, USED_AT, 0 },
		{ DESC_AT, AVAIL_AT, USED_AT, 6 },
		{ DESC_AT, AVAIL_AT, USED_AT, 2 * SIZE },
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		driver->queue.desc_at = cases[i].desc;
		driver->queue.driver_at = cases[i].avail;
		driver->queue.device_at = cases[i].used;
		driver->queue.size = cases[i].size;
		assert_int_equal(virtqueue_start(&driver->queue, &driver->ram, FEATURES, NULL), -EINVAL);
	}
}

static void interrupts_follow_the_drivers_wish(void **state)
{
	struct driver *driver = *state;
	uint16_t *used_event = &driver->avail->ring[SIZE], *avail_event = (uint16_t *)&driver->used->ring[SIZE];

	*used_event = 1; /* an interrupt, please, when the second is done */
	assert_false(virtqueue_wants_interrupt(&driver->queue));
	virtqueue_push(&driver->queue, 0, 0);
	assert_false(virtqueue_wants_interrupt(&driver->queue));
	virtqueue_push(&driver->queue, 1, 0);
	assert_true(virtqueue_wants_interrupt(&driver->queue));
	assert_false(virtqueue_wants_interrupt(&driver->queue));
	offer(driver, 0);
	assert_true(virtqueue_listen(&driver->queue));
	assert_int_equal(virtqueue_pop(&driver->queue, &driver->chain), 1);
	assert_false(virtqueue_listen(&driver->queue));
	assert_int_equal(*avail_event, 1);

	assert_int_equal(start_with(driver, 0), 0);
	virtqueue_quiet(&driver->queue);
	assert_int_equal(driver->used->flags, VRING_USED_F_NO_NOTIFY);
	assert_false(virtqueue_listen(&driver->queue));
	assert_int_equal(driver->used->flags, 0);
	virtqueue_push(&driver->queue, 0, 0);
	driver->avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	assert_false(virtqueue_wants_interrupt(&driver->queue));
	driver->avail->flags = 0;
	virtqueue_push(&driver->queue, 0, 0);
	assert_true(virtqueue_wants_interrupt(&driver->queue));
}

static uint32_t random_of(struct driver *driver, uint32_t below)
{
	/* xorshift, 32 bits */
	driver->random ^= driver->random << 13;
	driver->random ^= driver->random >> 17;
	driver->random ^= driver->random << 5;
	return driver->random % below;
}

static void random_desc(struct driver *driver, struct vring_desc *desc)
{
	static const uint64_t places[] = { DATA_AT, TABLE_AT, HIGH_AT, RAM_BYTES - 16, HIGH_AT + RAM_BYTES - 16,
		UINT64_MAX - 8, DESC_AT };
	static const uint32_t sizes[] = { 0, 1, 16, 32, 64, 128, 4096, UINT32_MAX };

	desc->addr = places[random_of(driver, array_size(places))] + random_of(driver, 3);
	desc->len = sizes[random_of(driver, array_size(sizes))];
	desc->flags = (uint16_t)random_of(driver, 8);
	desc->next = (uint16_t)random_of(driver, SIZE + 1);
}

static void expect_inside(const struct driver *driver)
{
	uint64_t out = 0, in = 0;

	assert_true(driver->chain.out_count + driver->chain.in_count <= SIZE);
	for (unsigned int i = 0; i < driver->chain.out_count + driver->chain.in_count; i++) {
		const struct iovec *part = &driver->chain.iov[i];
		const uint8_t *from = part->iov_base;

		*(i < driver->chain.out_count ? &out : &in) += part->iov_len;
		if (!part->iov_len)
			continue;
		assert_true(from >= driver->memory && from + part->iov_len <= driver->memory + 2 * RAM_BYTES);
		assert_true(from >= driver->memory + RAM_BYTES || from + part->iov_len <= driver->memory + RAM_BYTES);
	}
	assert_true(out == driver->chain.out_bytes && in == driver->chain.in_bytes);
}

static void nothing_random_leads_out_of_memory(void **state)
{
	struct driver *driver = *state;
	unsigned long taken = 0, broken = 0;

	for (unsigned long step = 0; step < steps_wanted; step++) {
		uint8_t header[16];
		int ret;

		random_desc(driver, random_of(driver, 2) ? &driver->desc[random_of(driver, SIZE)]
							 : &driver->table[random_of(driver, SIZE)]);
		driver->avail->ring[random_of(driver, SIZE + 1)] = (uint16_t)random_of(driver, SIZE + (step % 64 == 0));
		driver->avail->idx = (uint16_t)(driver->avail->idx + (step % 97 ? 1 : random_of(driver, 20)));
		ret = virtqueue_pop(&driver->queue, &driver->chain);
		if (ret > 0) {
			taken++;
			expect_inside(driver);
			virtq_chain_take(&driver->chain, header, sizeof(header));
			if (virtq_chain_take_last(&driver->chain))
				expect_inside(driver);
			virtqueue_push(&driver->queue, driver->chain.head, random_of(driver, UINT32_MAX));
			virtqueue_wants_interrupt(&driver->queue);
			virtqueue_listen(&driver->queue);
		} else if (ret < 0) {
			broken++;
			virtqueue_reset(&driver->queue);
			driver->queue.desc_at = DESC_AT;
			driver->queue.driver_at = AVAIL_AT;
			driver->queue.device_at = USED_AT;
			assert_int_equal(
				virtqueue_start(&driver->queue, &driver->ram, step % 3 ? FEATURES : 0, NULL), 0);
			driver->avail->idx = 0;
		}
	}
	print_message("%lu requests taken, %lu refused\n", taken, broken);
	assert_true(taken > steps_wanted / 50 && broken > steps_wanted / 50);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_chain_is_what_the_driver_made, start, stop),
		cmocka_unit_test_setup_teardown(an_indirect_table_is_a_chain, start, stop),
		cmocka_unit_test_setup_teardown(what_breaks_the_rules_breaks_the_queue, start, stop),
		cmocka_unit_test_setup_teardown(more_than_4_gib_is_no_request, start, stop),
		cmocka_unit_test_setup_teardown(rings_outside_of_memory_or_askew_do_not_start, build, stop),
		cmocka_unit_test_setup_teardown(interrupts_follow_the_drivers_wish, start, stop),
		cmocka_unit_test_setup_teardown(nothing_random_leads_out_of_memory, start, stop),
	};

	if (argc > 1)
		steps_wanted = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
