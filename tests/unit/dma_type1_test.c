// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dma/dma.c and dma/type1.c: maps and unmaps come in pairs whatever fails, the kernel's list of addresses is not
 * believed blindly, and each errno is told as its cause.
 */
#include "dma/dma.h"

#include <errno.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/limits.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	FAKE_RANGES = 4,
	GUEST_MAPS = 3,
};

#define PAGE 0x1000ull
#define HOST ((void *)0x7f0000000000)

/* The container, as the ioctl function sees it. */
static struct fake_container {
	unsigned int calls, fail_at; /* the nth call, from 1; 0: none */
	int fail_errno;
	unsigned int maps, unmaps;
	struct vfio_iommu_type1_dma_map mapped[DMA_MAP_MAX];
	bool short_unmap;
	uint32_t avail; /* 0: the kernel does not say */
	struct vfio_iova_range range[FAKE_RANGES];
	uint32_t range_count, claimed_count;
	uint32_t cap_offset, next;
	bool no_caps;
} fake;

/* Packed as Linux before 6.6 packs it: the second capability is not aligned. */
struct __attribute__((packed)) answer {
	struct vfio_iommu_type1_info info;
	struct vfio_iommu_type1_info_dma_avail avail;
	struct vfio_iommu_type1_info_cap_iova_range ranges;
	struct vfio_iova_range range[FAKE_RANGES];
};

static int get_info(struct vfio_iommu_type1_info *info)
{
	struct answer answer = { .info = { .argsz = sizeof(answer), .flags = VFIO_IOMMU_INFO_PGSIZES } };
	size_t room = info->argsz;

	answer.info.iova_pgsizes = PAGE;
	if (!fake.no_caps) {
		answer.info.flags |= VFIO_IOMMU_INFO_CAPS;
		answer.info.cap_offset = fake.cap_offset ? fake.cap_offset : offsetof(struct answer, avail);
	}
	answer.avail.header.id = fake.avail ? VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL : 99;
	answer.avail.header.next = fake.next ? (uint16_t)fake.next : offsetof(struct answer, ranges);
	answer.avail.avail = fake.avail;
	answer.ranges.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	answer.ranges.nr_iovas = fake.claimed_count ? fake.claimed_count : fake.range_count;
	memcpy(answer.range, fake.range, sizeof(answer.range));
	memcpy(info, &answer, room < sizeof(answer) ? room : sizeof(answer));
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	(void)fd;
	fake.calls++;
	if (fake.fail_at && fake.calls == fake.fail_at)
		return errno = fake.fail_errno, -1;
	if (request == VFIO_IOMMU_GET_INFO)
		return get_info(argument);
	if (request == VFIO_IOMMU_MAP_DMA) {
		const struct vfio_iommu_type1_dma_map *map = argument;

		assert_int_equal(map->argsz, sizeof(*map));
		assert_int_equal(map->flags, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
		fake.mapped[fake.maps++ - fake.unmaps] = *map;
		return 0;
	}
	if (request == VFIO_IOMMU_UNMAP_DMA) {
		struct vfio_iommu_type1_dma_unmap *unmap = argument;

		assert_int_equal(unmap->flags, 0);
		/* the reverse of mapping, and as much */
		fake.unmaps++;
		assert_int_equal(unmap->iova, fake.mapped[fake.maps - fake.unmaps].iova);
		assert_int_equal(unmap->size, fake.mapped[fake.maps - fake.unmaps].size);
		if (fake.short_unmap)
			unmap->size -= PAGE;
		return 0;
	}
	return errno = ENOTTY, -1;
}

static int start(void **state)
{
	struct dma_space *space = malloc(sizeof(*space));

	assert_non_null(space);
	fake = (struct fake_container){ .range = { { 0, 0xfedfffff }, { 0xfef00000, 0xffffffffffff } },
		.range_count = 2 };
	dma_space_init_type1(space, -1, fake_ioctl);
	*state = space;
	return 0;
}

static int stop(void **state)
{
	dma_space_done(*state);
	free(*state);
	return 0;
}

struct asked {
	uint64_t iova, bytes;
	void *host;
};

static int map(struct dma_space *space, uint64_t iova, void *host, uint64_t bytes, struct error *err)
{
	return dma_space_map(space, &(struct dma_map){ iova, bytes, host, -1, 0 }, err);
}

static int get_ranges(struct dma_space *space, struct dma_range *ranges, size_t *count, struct error *err)
{
	return dma_space_ranges(space, ranges, DMA_RANGE_MAX, count, err);
}

static void ranges_end_before_what_the_kernel_calls_their_end(void **state)
{
	struct dma_range ranges[DMA_RANGE_MAX];
	size_t count = 0;

	assert_int_equal(get_ranges(*state, ranges, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(ranges[0].end, 0xfee00000);
	assert_int_equal(ranges[1].start, 0xfef00000);
	assert_int_equal(ranges[1].end, 0x1000000000000);
	/* The last page of all cannot be described, and half a page is none. */
	fake.range[0] = (struct vfio_iova_range){ 0x800, 0x17ff };
	fake.range[1] = (struct vfio_iova_range){ 0x2000, UINT64_MAX };
	assert_int_equal(get_ranges(*state, ranges, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(ranges[0].end, UINT64_MAX & ~(PAGE - 1));
}

static void nonsense_about_ranges_is_refused(void **state)
{
	struct dma_range ranges[DMA_RANGE_MAX];
	const struct fake_container good = fake;
	size_t count = 77;

	for (int i = 0; i < 8; i++) {
		struct error err = { 0 };

		fake = good;
		fake.claimed_count = i == 0 ? 0x20000000 : i == 1 ? FAKE_RANGES + 1 : 0;
		fake.no_caps = i == 2;
		fake.cap_offset = i == 3 ? 0xfffffff8 : i == 4 ? 0x7f8 : 0;
		fake.next = i == 5 ? offsetof(struct answer, avail) : 0;
		if (i == 6)
			fake.range[1] = (struct vfio_iova_range){ 0x1000, 0x1fff };
		if (i == 7)
			fake.range[1] = (struct vfio_iova_range){ 0xfef00000, 0x1000 };
		/* A list that is not there is not read; one out of order is. */
		assert_int_equal(get_ranges(*state, ranges, &count, &err), i < 6 ? -ENOTSUP : -EPROTO);
		assert_int_equal(count, 77);
	}
	fake = good;
}

static void a_low_limit_of_maps_is_told_before_anything_is_mapped(void **state)
{
	struct dma_range ranges[DMA_RANGE_MAX];
	struct error err = { 0 };
	size_t count;

	fake.avail = LIMIT_RAM_REGIONS;
	assert_int_equal(get_ranges(*state, ranges, &count, &err), 0);
	fake.avail = LIMIT_RAM_REGIONS - 1;
	assert_int_equal(get_ranges(*state, ranges, &count, &err), -ENOSPC);
	assert_int_equal(err.code, CODE_DMA_LIMIT);
	assert_non_null(strstr(err.hint, "dma_entry_limit"));
}

static void what_cannot_be_a_map_never_reaches_the_kernel(void **state)
{
	static const struct asked bad[] = {
		{ 0, 0, HOST },
		{ 0x800, PAGE, HOST },
		{ 0, PAGE / 2, HOST },
		{ 0, PAGE, (void *)0x7f0000000001 },
		{ UINT64_MAX - PAGE + 1, 2 * PAGE, HOST },
		{ 5 * PAGE, PAGE, HOST },
		{ 3 * PAGE, 3 * PAGE, HOST },
	};
	struct dma_space *space = *state;

	assert_int_equal(map(space, 4 * PAGE, HOST, 2 * PAGE, NULL), 0);
	for (size_t i = 0; i < array_size(bad); i++)
		assert_int_not_equal(map(space, bad[i].iova, bad[i].host, bad[i].bytes, NULL), 0);
	assert_int_equal(fake.maps, 1);
	assert_int_equal(space->map_calls, 1);
	for (uint64_t i = 1; i < DMA_MAP_MAX; i++)
		assert_int_equal(map(space, (8 + i) * PAGE, HOST, PAGE, NULL), 0);
	assert_int_equal(map(space, 80 * PAGE, HOST, PAGE, NULL), -ENOSPC);
}

/* To the byte: a device that reaches one page more reaches somebody else's. */
static void the_kernel_is_asked_for_just_the_memory_that_was_named(void **state)
{
	static const struct asked asked[] = {
		{ 0, 0xc0000000, HOST },
		{ 0x100000000, 0x40200000, (void *)0x7f00c0000000 },
		{ 0xfef00000, PAGE, (void *)0x7f8000001000 },
	};
	struct dma_space *space = *state;

	for (size_t i = 0; i < array_size(asked); i++) {
		const struct vfio_iommu_type1_dma_map *got = &fake.mapped[i];

		assert_int_equal(map(space, asked[i].iova, asked[i].host, asked[i].bytes, NULL), 0);
		assert_int_equal(fake.maps, i + 1);
		assert_int_equal(got->iova, asked[i].iova);
		assert_int_equal(got->size, asked[i].bytes);
		assert_int_equal(got->vaddr, (uintptr_t)asked[i].host);
	}
}

static const struct {
	int errnum;
	enum code code;
	const char *hint;
} causes[] = {
	{ ENOMEM, CODE_MEMLOCK_LOW, "12288" },
	{ ENOSPC, CODE_DMA_LIMIT, "dma_entry_limit" },
	{ EFAULT, CODE_FAILED, "pin" },
	{ EINVAL, CODE_FAILED, "IOMMU" },
};

static void each_errno_is_told_as_its_cause(void **state)
{
	struct dma_space *space = *state;

	assert_int_equal(map(space, 0, HOST, 2 * PAGE, NULL), 0);
	for (size_t i = 0; i < array_size(causes); i++) {
		struct error err = { 0 };

		fake.fail_at = fake.calls + 1;
		fake.fail_errno = causes[i].errnum;
		assert_int_equal(map(space, 4 * PAGE, HOST, PAGE, &err), -causes[i].errnum);
		assert_int_equal(err.code, causes[i].code);
		assert_non_null(strstr(err.hint, causes[i].hint));
	}
	assert_int_equal(space->map_count, 1);
}

/* A guest's start and end, with the nth call failing, for every n: what was mapped is unmapped, once, in reverse. */
static void every_failing_call_leaves_nothing_mapped(void **state)
{
	unsigned int nth = 1;

	(void)state;
	for (;; nth++) {
		struct dma_space space;
		struct dma_range ranges[DMA_RANGE_MAX];
		size_t count;
		int ret;

		fake = (struct fake_container){
			.range = { { 0, 0xffffffff } }, .range_count = 1, .fail_at = nth, .fail_errno = EIO
		};
		dma_space_init_type1(&space, -1, fake_ioctl);
		ret = get_ranges(&space, ranges, &count, NULL);
		for (uint64_t i = 0; i < GUEST_MAPS && !ret; i++)
			ret = map(&space, i * PAGE, HOST, PAGE, NULL);
		if (!ret && fake.calls < nth)
			break;
		if (ret)
			fake.fail_at = 0;
		dma_space_done(&space);
		assert_int_equal(fake.maps, fake.unmaps);
		assert_null(space.ops);
		if (!ret)
			break;
	}
	/* two calls for the ranges, then the maps */
	assert_int_equal(nth, 2 + GUEST_MAPS + 1);
}

static void unmapping_less_is_an_error(void **state)
{
	struct dma_space *space = *state;
	struct error err = { 0 };

	assert_int_equal(map(space, 0, HOST, 2 * PAGE, NULL), 0);
	fake.short_unmap = true;
	assert_int_equal(space->ops->unmap(space, &space->map[0], &err), -EIO);
	space->map_count = 0;
}

static void done_twice_and_zeroed(void **state)
{
	struct dma_space zeroed = { 0 };

	dma_space_done(*state);
	dma_space_done(*state);
	/* does not close descriptor 0 */
	dma_space_done(&zeroed);
	assert_int_equal(zeroed.fd, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ranges_end_before_what_the_kernel_calls_their_end, start, stop),
		cmocka_unit_test_setup_teardown(nonsense_about_ranges_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(a_low_limit_of_maps_is_told_before_anything_is_mapped, start, stop),
		cmocka_unit_test_setup_teardown(what_cannot_be_a_map_never_reaches_the_kernel, start, stop),
		cmocka_unit_test_setup_teardown(the_kernel_is_asked_for_just_the_memory_that_was_named, start, stop),
		cmocka_unit_test_setup_teardown(each_errno_is_told_as_its_cause, start, stop),
		cmocka_unit_test_setup_teardown(every_failing_call_leaves_nothing_mapped, start, stop),
		cmocka_unit_test_setup_teardown(unmapping_less_is_an_error, start, stop),
		cmocka_unit_test_setup_teardown(done_twice_and_zeroed, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
