// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dma/iommufd.c: a kernel with and without IOMMU_IOAS_MAP_FILE is asked for just the memory that was named, maps and
 * unmaps come in pairs whatever fails, the kernel's list of addresses is not believed blindly.
 */
#include "dma/dma.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<linux/iommufd.h>)
#include <linux/iommufd.h>
#endif

#include "base/cleanup.h"
#include "wire/iommufd.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	IOAS = 5,
	GUEST_MAPS = 3,
	RANGES_MOST = 40,
	RIGHTS = IOMMUFD_MAP_FIXED | IOMMUFD_MAP_WRITEABLE | IOMMUFD_MAP_READABLE,
	MEMFD = 77,
};

#define PAGE 0x1000ull
#define HOST ((void *)0x7f0000000000)

/* As the kernel holds it: where a file was mapped, address is the offset in it. */
struct mapped {
	bool file;
	uint64_t address, bytes, iova;
};

static struct fake_iommufd {
	unsigned int calls, fail_at; /* the nth call, from 1; 0: none */
	int fail_errno;
	bool old; /* knows no files */
	bool short_unmap;
	unsigned int maps, unmaps, file_questions;
	struct mapped mapped[DMA_MAP_MAX];
	struct iommufd_range range[RANGES_MOST];
	uint32_t count, claimed;
	uint64_t alignment;
} fake;

static int get_ranges(struct iommufd_ranges *answer)
{
	uint32_t room = answer->count;

	assert_int_equal(answer->size, sizeof(*answer));
	assert_int_equal(answer->ioas, IOAS);
	assert_int_equal(answer->reserved, 0);
	answer->count = fake.claimed ? fake.claimed : fake.count;
	answer->out_alignment = fake.alignment;
	memcpy((void *)(uintptr_t)answer->ranges, fake.range,
		(fake.count < room ? fake.count : room) * sizeof(fake.range[0]));
	return fake.count > room ? (errno = EMSGSIZE, -1) : 0;
}

static int add(bool file, uint64_t address, uint64_t bytes, uint64_t iova)
{
	fake.mapped[fake.maps++ - fake.unmaps] = (struct mapped){ file, address, bytes, iova };
	return 0;
}

static int map_file(const struct iommufd_map_file *map)
{
	fake.file_questions++;
	if (fake.old)
		return errno = ENOTTY, -1;
	assert_int_equal(map->size, sizeof(*map));
	assert_int_equal(map->flags, RIGHTS);
	assert_int_equal(map->ioas, IOAS);
	assert_int_equal(map->fd, MEMFD);
	return add(true, map->offset, map->bytes, map->iova);
}

static int map_memory(const struct iommufd_map *map)
{
	assert_int_equal(map->size, sizeof(*map));
	assert_int_equal(map->flags, RIGHTS);
	assert_int_equal(map->ioas, IOAS);
	assert_int_equal(map->reserved, 0);
	return add(false, map->address, map->bytes, map->iova);
}

/* The reverse of mapping, and as much. */
static int unmap(struct iommufd_unmap *unmap)
{
	assert_int_equal(unmap->size, sizeof(*unmap));
	assert_int_equal(unmap->ioas, IOAS);
	fake.unmaps++;
	assert_int_equal(unmap->iova, fake.mapped[fake.maps - fake.unmaps].iova);
	assert_int_equal(unmap->bytes, fake.mapped[fake.maps - fake.unmaps].bytes);
	if (fake.short_unmap)
		unmap->bytes -= PAGE;
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	(void)fd;
	fake.calls++;
	if (fake.fail_at && fake.calls == fake.fail_at)
		return errno = fake.fail_errno, -1;
	switch (request) {
	case IOMMUFD_IOAS_RANGES:
		return get_ranges(argument);
	case IOMMUFD_IOAS_MAP_FILE:
		return map_file(argument);
	case IOMMUFD_IOAS_MAP:
		return map_memory(argument);
	case IOMMUFD_IOAS_UNMAP:
		return unmap(argument);
	default:
		return errno = ENOTTY, -1;
	}
}

static int start(void **state)
{
	struct dma_space *space = malloc(sizeof(*space));

	assert_non_null(space);
	fake = (struct fake_iommufd){
		.range = { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } }, .count = 2, .alignment = 1
	};
	dma_space_init_iommufd(space, -1, IOAS, fake_ioctl);
	*state = space;
	return 0;
}

static int stop(void **state)
{
	dma_space_done(*state);
	free(*state);
	return 0;
}

static int ranges_of(struct dma_space *space, struct dma_range *ranges, size_t *count, struct error *err)
{
	return dma_space_ranges(space, ranges, DMA_RANGE_MAX, count, err);
}

static void ranges_end_before_what_the_kernel_calls_their_end(void **state)
{
	struct dma_range ranges[DMA_RANGE_MAX];
	size_t count = 0;

	assert_int_equal(ranges_of(*state, ranges, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(ranges[0].start, 0);
	assert_int_equal(ranges[0].end, 0xfee00000);
	assert_int_equal(ranges[1].start, 0xfef00000);
	assert_int_equal(ranges[1].end, 0x8000000000);
	/* as many as there is room for */
	fake.count = DMA_RANGE_MAX;
	for (uint32_t i = 0; i < DMA_RANGE_MAX; i++)
		fake.range[i] = (struct iommufd_range){ i * 2 * PAGE, (i * 2 + 1) * PAGE - 1 };
	assert_int_equal(ranges_of(*state, ranges, &count, NULL), 0);
	assert_int_equal(count, DMA_RANGE_MAX);
}

static const struct {
	uint32_t count, claimed;
	uint64_t alignment;
	struct iommufd_range second;
	int ret;
	const char *said;
} nonsense[] = {
	{ 2, DMA_RANGE_MAX + 1, 1, { 0xfef00000, 0x7fffffffff }, -EPROTO, "in a place for" },
	{ 2, 0x20000000, 1, { 0xfef00000, 0x7fffffffff }, -EPROTO, "in a place for" },
	{ DMA_RANGE_MAX + 1, 0, 1, { 0xfef00000, 0x7fffffffff }, -E2BIG, "separate ranges" },
	{ 2, 0, 65536, { 0xfef00000, 0x7fffffffff }, -ENOTSUP, "4 KiB" },
	{ 2, 0, 1, { 0x1000, 0x1fff }, -EPROTO, "out of order" },
	{ 2, 0, 1, { 0xfef00000, 0x1000 }, -EPROTO, "out of order" },
};

static void nonsense_about_ranges_is_refused(void **state)
{
	struct dma_range ranges[DMA_RANGE_MAX];

	for (size_t i = 0; i < array_size(nonsense); i++) {
		struct error err = { 0 };
		size_t count = 77;

		fake.count = nonsense[i].count;
		fake.claimed = nonsense[i].claimed;
		fake.alignment = nonsense[i].alignment;
		fake.range[1] = nonsense[i].second;
		assert_int_equal(ranges_of(*state, ranges, &count, &err), nonsense[i].ret);
		assert_non_null(strstr(err.msg, nonsense[i].said));
		assert_int_equal(count, 77);
	}
}

/*
 * To the byte: a device that reaches one page more reaches somebody else's. Of a file where the kernel can, else of us.
 */
static void the_kernel_is_asked_for_just_the_memory_that_was_named(void **state)
{
	static const struct dma_map asked[] = {
		{ 0, 0xc0000000, HOST, MEMFD, 0 },
		{ 0x100000000, 0x40200000, (void *)0x7f00c0000000, MEMFD, 0xc0000000 },
		{ 0xfef00000, PAGE, (void *)0x7f8000001000, -1, 0 },
	};

	(void)state;
	for (int old = 0; old <= 1; old++) {
		struct dma_space space;

		fake = (struct fake_iommufd){ .old = old, .alignment = 1 };
		dma_space_init_iommufd(&space, -1, IOAS, fake_ioctl);
		for (size_t i = 0; i < array_size(asked); i++) {
			const struct mapped *got = &fake.mapped[i];
			bool file = !old && asked[i].file >= 0;

			assert_int_equal(dma_space_map(&space, &asked[i], NULL), 0);
			assert_int_equal(fake.maps, i + 1);
			assert_int_equal(got->file, file);
			assert_int_equal(got->address, file ? asked[i].file_offset : (uintptr_t)asked[i].host);
			assert_int_equal(got->bytes, asked[i].bytes);
			assert_int_equal(got->iova, asked[i].iova);
		}
		/* a kernel without files is asked once, and that is no map */
		assert_int_equal(fake.file_questions, old ? 1 : 2);
		assert_int_equal(space.map_calls, array_size(asked));
		dma_space_done(&space);
	}
}

static void half_a_page_of_a_file_never_reaches_the_kernel(void **state)
{
	const struct dma_map bad = { 0, PAGE, HOST, MEMFD, 0x800 };

	assert_int_equal(dma_space_map(*state, &bad, NULL), -EINVAL);
	assert_int_equal(fake.calls, 0);
}

static const struct {
	int errnum;
	enum code code;
	const char *hint;
} causes[] = {
	{ ENOMEM, CODE_MEMLOCK_LOW, "12288" },
	{ EFAULT, CODE_FAILED, "pin" },
	{ EINVAL, CODE_FAILED, "IOMMU" },
	{ ENOENT, CODE_FAILED, "IOMMU" },
};

static void each_errno_is_told_as_its_cause(void **state)
{
	struct dma_space *space = *state;
	struct dma_map map = { 0, 2 * PAGE, HOST, MEMFD, 0 };

	assert_int_equal(dma_space_map(space, &map, NULL), 0);
	map = (struct dma_map){ 4 * PAGE, PAGE, HOST, MEMFD, 4 * PAGE };
	for (size_t i = 0; i < array_size(causes) * 2; i++) {
		struct error err = { 0 };

		map.file = i < array_size(causes) ? MEMFD : -1;
		fake.fail_at = fake.calls + 1;
		fake.fail_errno = causes[i % array_size(causes)].errnum;
		assert_int_equal(dma_space_map(space, &map, &err), -fake.fail_errno);
		assert_int_equal(err.code, causes[i % array_size(causes)].code);
		assert_non_null(strstr(err.hint, causes[i % array_size(causes)].hint));
	}
	assert_int_equal(space->map_count, 1);
}

/* A guest's start and end, with the nth call failing, for every n: what was mapped is unmapped, once, in reverse. */
static unsigned int fail_each(bool old)
{
	for (unsigned int nth = 1;; nth++) {
		struct dma_space space;
		struct dma_range ranges[DMA_RANGE_MAX];
		size_t count;
		int ret;

		fake = (struct fake_iommufd){ .range = { { 0, 0xffffffff } },
			.count = 1,
			.alignment = 1,
			.old = old,
			.fail_at = nth,
			.fail_errno = EIO };
		dma_space_init_iommufd(&space, -1, IOAS, fake_ioctl);
		ret = ranges_of(&space, ranges, &count, NULL);
		for (uint64_t i = 0; i < GUEST_MAPS && !ret; i++)
			ret = dma_space_map(&space, &(struct dma_map){ i * PAGE, PAGE, HOST, MEMFD, i * PAGE }, NULL);
		assert_int_equal(ret, fake.calls < nth ? 0 : -EIO);
		fake.fail_at = 0;
		dma_space_done(&space);
		assert_int_equal(fake.maps, fake.unmaps);
		assert_null(space.ops);
		if (!ret)
			return nth - 1;
	}
}

static void every_failing_call_leaves_nothing_mapped(void **state)
{
	(void)state;
	/* the ranges, then the maps; an old kernel is asked once more */
	assert_int_equal(fail_each(false), 1 + GUEST_MAPS);
	assert_int_equal(fail_each(true), 1 + 1 + GUEST_MAPS);
}

static void unmapping_less_is_an_error(void **state)
{
	struct dma_space *space = *state;
	struct error err = { 0 };

	assert_int_equal(dma_space_map(space, &(struct dma_map){ 0, 2 * PAGE, HOST, MEMFD, 0 }, NULL), 0);
	fake.short_unmap = true;
	assert_int_equal(space->ops->unmap(space, &space->map[0], &err), -EIO);
	space->map_count = 0;
}

/* Where this system's headers have them. */
static void requests_are_what_the_kernel_calls_so(void **state)
{
	(void)state;
#ifdef IOMMU_IOAS_MAP
	assert_int_equal(IOMMUFD_IOAS_ALLOC, IOMMU_IOAS_ALLOC);
	assert_int_equal(IOMMUFD_IOAS_RANGES, IOMMU_IOAS_IOVA_RANGES);
	assert_int_equal(IOMMUFD_IOAS_MAP, IOMMU_IOAS_MAP);
	assert_int_equal(IOMMUFD_IOAS_UNMAP, IOMMU_IOAS_UNMAP);
	assert_int_equal(IOMMUFD_SET_OPTION, IOMMU_OPTION);
	assert_int_equal(sizeof(struct iommufd_map), sizeof(struct iommu_ioas_map));
	assert_int_equal(offsetof(struct iommufd_map, iova), offsetof(struct iommu_ioas_map, iova));
	assert_int_equal(sizeof(struct iommufd_option), sizeof(struct iommu_option));
#else
	print_message("skipped: no linux/iommufd.h here\n");
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ranges_end_before_what_the_kernel_calls_their_end, start, stop),
		cmocka_unit_test_setup_teardown(nonsense_about_ranges_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(the_kernel_is_asked_for_just_the_memory_that_was_named, start, stop),
		cmocka_unit_test_setup_teardown(half_a_page_of_a_file_never_reaches_the_kernel, start, stop),
		cmocka_unit_test_setup_teardown(each_errno_is_told_as_its_cause, start, stop),
		cmocka_unit_test_setup_teardown(every_failing_call_leaves_nothing_mapped, start, stop),
		cmocka_unit_test_setup_teardown(unmapping_less_is_an_error, start, stop),
		cmocka_unit_test(requests_are_what_the_kernel_calls_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
