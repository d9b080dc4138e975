// SPDX-License-Identifier: GPL-2.0-or-later
/* passthrough/vfio_device.c and vfio_irq.c: what the kernel says is checked, and every failing call is an error. */
#include "passthrough/vfio_device.h"

#include <errno.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/fake_vfio.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

static int start(void **state)
{
	*state = calloc(1, sizeof(struct fake_vfio));
	assert_non_null(*state);
	fake_vfio_init(*state);
	return 0;
}

static int stop(void **state)
{
	free(*state);
	return 0;
}

static int init(struct vfio_device *device, struct error *err)
{
	return vfio_device_init(device, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, err);
}

static void regions_and_interrupts_are_read(void **state)
{
	struct fake_vfio *fake = *state;
	struct vfio_device device;

	fake->bar[3].area[0] = (struct vfio_area){ 0x1000, 0x1000 };
	fake->bar[3].area[1] = (struct vfio_area){ 0x3000, 0x1000 };
	fake->bar[3].area_count = 2;
	fake->bar[5] = (struct fake_region){ .size = 0x100, .mappable = true };
	assert_int_equal(init(&device, NULL), 0);
	assert_true(device.can_reset);
	assert_int_equal(device.irq[VFIO_PCI_MSIX_IRQ_INDEX].count, FAKE_VECTORS);
	assert_false(device.irq[VFIO_PCI_MSIX_IRQ_INDEX].dynamic);
	assert_int_equal(device.bar[0].area_count, 1);
	assert_int_equal(device.bar[0].area[0].size, 0x4000);
	assert_int_equal(device.bar[3].area_count, 2);
	assert_int_equal(device.bar[3].area[1].offset, 0x3000);
	assert_int_equal(device.bar[5].area[0].size, 0x1000);
	assert_int_equal(device.bar[1].size, 0);
}

static void every_failing_call_is_an_error(void **state)
{
	struct fake_vfio *fake = *state;
	unsigned int nth = 1;

	for (;; nth++) {
		struct error err = { 0 };
		struct vfio_device device;

		fake_vfio_init(fake);
		fake->fail_ioctl = nth;
		if (init(&device, &err) == 0)
			break;
		assert_int_equal(err.errnum, EIO);
		assert_null(device.sys);
	}
	/* device, 6 BARs, configuration and ROM, one of them asked twice, three kinds of interrupts */
	assert_int_equal(nth - 1, 1 + 8 + 1 + VFIO_IRQ_KINDS);
}

struct nonsense {
	const char *what;
	struct fake_region region;
};

static const struct nonsense nonsense[] = {
	{ "an area past the end", { .size = 0x4000, .area = { { 0x3000, 0x2000 } }, .area_count = 1 } },
	{ "an area that wraps", { .size = 0x4000, .area = { { 0x1000, UINT64_MAX - 0xfff } }, .area_count = 1 } },
	{ "an area at the end of the world",
		{ .size = 0x4000, .area = { { UINT64_MAX - 0xfff, 0x1000 } }, .area_count = 1 } },
	{ "half a page", { .size = 0x4000, .area = { { 0x800, 0x1000 } }, .area_count = 1 } },
	{ "areas that overlap", { .size = 0x4000, .area = { { 0, 0x2000 }, { 0x1000, 0x1000 } }, .area_count = 2 } },
	{ "areas out of order", { .size = 0x4000, .area = { { 0x2000, 0x1000 }, { 0, 0x1000 } }, .area_count = 2 } },
	{ "more areas than there is room", { .size = 0x4000, .claimed_areas = 0x10000000 } },
	{ "more areas than we take", { .size = 0x4000, .claimed_areas = VFIO_AREA_MAX + 1 } },
	{ "a chain past the end", { .size = 0x4000, .cap_offset = 0x4000 } },
	{ "a chain just past the end", { .size = 0x4000, .cap_offset = 0x3000 } },
	{ "a chain into the header", { .size = 0x4000, .cap_offset = 8 } },
	{ "a chain onto itself", { .size = 0x4000, .cap_offset = 32, .next = 32 } },
	{ "a huge BAR", { .size = 1ull << 60 } },
};

static void nonsense_is_refused(void **state)
{
	struct fake_vfio *fake = *state;

	for (size_t i = 0; i < array_size(nonsense); i++) {
		struct error err = { 0 };
		struct vfio_device device;

		fake_vfio_init(fake);
		fake->bar[0] = nonsense[i].region;
		if (init(&device, &err) == 0)
			print_error("%s was taken\n", nonsense[i].what);
		assert_int_equal(err.code, CODE_DEV_MALFORMED);
	}
}

static void what_is_no_pci_device_is_refused(void **state)
{
	struct fake_vfio *fake = *state;
	struct error err = { 0 };
	struct vfio_device device;

	fake->flags = VFIO_DEVICE_FLAGS_PLATFORM;
	assert_int_not_equal(init(&device, &err), 0);
	assert_int_equal(err.code, CODE_DEV_MALFORMED);
	fake_vfio_init(fake);
	fake->vectors = VFIO_VECTOR_MAX + 1;
	assert_int_not_equal(init(&device, &err), 0);
	fake_vfio_init(fake);
	fake->config_region.size = 0;
	assert_int_not_equal(init(&device, &err), 0);
}

static void registers_end_where_the_region_ends(void **state)
{
	struct fake_vfio *fake = *state;
	struct vfio_device device;

	assert_int_equal(init(&device, NULL), 0);
	vfio_bar_write(&device, 0, 0x3ff8, 8, 0x1122334455667788);
	assert_int_equal(vfio_bar_read(&device, 0, 0x3ff8, 8), 0x1122334455667788);
	assert_int_equal(fake->bar_bytes[0][0x3ff8], 0x88);
	assert_int_equal(vfio_bar_read(&device, 0, 0x3ffc, 4), 0x11223344);
	assert_int_equal(vfio_bar_read(&device, 0, 0x3ffe, 4), 0xffffffff);
	assert_int_equal(vfio_bar_read(&device, 0, 0x4000, 2), 0xffff);
	assert_int_equal(vfio_bar_read(&device, 1, 0, 1), 0xff);
	fake->write_count = 0;
	vfio_bar_write(&device, 0, 0x3ffe, 4, 0);
	vfio_bar_write(&device, 0, UINT64_MAX, 1, 0);
	vfio_device_write_config(&device, 4094, 4, 0);
	assert_int_equal(fake->write_count, 0);
	/* The file of the device goes on behind a region: the kernel is not asked for what lies there. */
	assert_int_equal(fake->outside, 0);
}

static void mappings_are_aligned_like_the_bar(void **state)
{
	static const struct vfio_area areas[] = { { 0, 0x4000 }, { 0x1000, 0x1000 }, { 0x1000, 0x3000 },
		{ 0x2000, 0x2000 } };
	struct fake_vfio *fake = *state;
	struct vfio_device device;

	assert_int_equal(init(&device, NULL), 0);
	for (size_t i = 0; i < array_size(areas); i++) {
		uint64_t align = 0x1000;
		void *host = NULL;

		while (align < areas[i].size)
			align *= 2;
		assert_int_equal(vfio_bar_mmap(&device, 0, areas[i].offset, areas[i].size, &host, NULL), 0);
		assert_int_equal(((uintptr_t)host ^ areas[i].offset) % align, 0);
		assert_int_equal(fake->mapped_bytes, areas[i].size);
		*(volatile uint8_t *)host = 1;
		vfio_bar_munmap(&device, host, areas[i].size);
		assert_int_equal(fake->mapped_bytes, 0);
	}
	for (unsigned int nth = 1; nth <= 2; nth++) {
		struct error err = { 0 };
		void *host = NULL;

		fake->mmaps = 0;
		fake->fail_mmap = nth;
		assert_int_equal(vfio_bar_mmap(&device, 0, 0, 0x4000, &host, &err), -ENOMEM);
		assert_int_equal(fake->mapped_bytes, 0);
		assert_null(host);
	}
}

static void vectors_are_bounded(void **state)
{
	struct fake_vfio *fake = *state;
	struct vfio_device device;
	int32_t fds[8] = { 0 };

	assert_int_equal(init(&device, NULL), 0);
	assert_int_equal(vfio_irq_trigger(&device, VFIO_PCI_MSIX_IRQ_INDEX, 0, 0, fds, NULL), -EINVAL);
	assert_int_equal(vfio_irq_trigger(&device, VFIO_PCI_MSIX_IRQ_INDEX, FAKE_VECTORS, 1, fds, NULL), -EINVAL);
	assert_int_equal(vfio_irq_trigger(&device, VFIO_PCI_MSIX_IRQ_INDEX, 1, FAKE_VECTORS, fds, NULL), -EINVAL);
	assert_int_equal(vfio_irq_trigger(&device, VFIO_PCI_MSIX_IRQ_INDEX, UINT32_MAX, 2, fds, NULL), -EINVAL);
	assert_int_equal(fake->irq_call_count, 0);
	assert_int_equal(vfio_irq_trigger(&device, VFIO_PCI_MSIX_IRQ_INDEX, 0, FAKE_VECTORS, fds, NULL), 0);
	assert_int_equal(vfio_irq_disable(&device, VFIO_PCI_MSIX_IRQ_INDEX, NULL), 0);
	assert_int_equal(vfio_irq_disable(&device, VFIO_PCI_MSIX_IRQ_INDEX, NULL), 0);
}

static void a_reset_that_cannot_be_is_refused(void **state)
{
	struct fake_vfio *fake = *state;
	struct error err = { 0 };
	struct vfio_device device;

	fake->flags = VFIO_DEVICE_FLAGS_PCI;
	assert_int_equal(init(&device, NULL), 0);
	assert_int_equal(vfio_device_reset(&device, &err), -ENOTSUP);
	assert_int_equal(err.code, CODE_NO_RESET);
	assert_int_equal(fake->resets, 0);
}

static void a_reset_that_failed_is_told_and_not_counted(void **state)
{
	struct fake_vfio *fake = *state;
	struct error err = { 0 };
	struct vfio_device device;

	assert_int_equal(init(&device, NULL), 0);
	fake->fail_reset = true;
	assert_int_equal(vfio_device_reset(&device, &err), -EIO);
	assert_int_equal(err.code, CODE_DEV_NOT_CLEAN);
	assert_non_null(strstr(err.msg, "VFIO_DEVICE_RESET"));
	assert_int_equal(device.resets, 0);
	fake->fail_reset = false;
	assert_int_equal(vfio_device_reset(&device, &err), 0);
	assert_int_equal(device.resets, 1);
}

static void a_missing_notification_is_no_error(void **state)
{
	struct fake_vfio *fake = *state;
	struct vfio_device device;

	fake->has_errors = false;
	assert_int_equal(init(&device, NULL), 0);
	assert_int_equal(vfio_device_notify(&device, VFIO_PCI_ERR_IRQ_INDEX, 0, NULL), 0);
	assert_int_equal(fake->irq_call_count, 0);
	assert_int_equal(vfio_device_notify(&device, VFIO_PCI_REQ_IRQ_INDEX, 0, NULL), 0);
	assert_int_equal(fake->irq_call_count, 1);
}

#define fake_test(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(regions_and_interrupts_are_read),
		fake_test(every_failing_call_is_an_error),
		fake_test(nonsense_is_refused),
		fake_test(what_is_no_pci_device_is_refused),
		fake_test(registers_end_where_the_region_ends),
		fake_test(mappings_are_aligned_like_the_bar),
		fake_test(vectors_are_bounded),
		fake_test(a_reset_that_cannot_be_is_refused),
		fake_test(a_reset_that_failed_is_told_and_not_counted),
		fake_test(a_missing_notification_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
