// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_scrub.c: of a device that keeps its registers over a reset, the next guest finds none; of others
 * nothing is touched.
 */
#include "passthrough/vfio_scrub.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "tests/unit/vfio_bed.h"

enum {
	TAG = 0x5a,
	TAG_WORD = 0x5a5a5a5a,
};

static int tagged(void **state)
{
	struct fake_vfio *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	fake_vfio_init(fake);
	memset(fake->bar_bytes[0], TAG, sizeof(fake->bar_bytes[0]));
	*state = fake;
	return 0;
}

static int untagged(void **state)
{
	free(*state);
	return 0;
}

static uint32_t reg(const struct fake_vfio *fake, unsigned int offset)
{
	uint32_t value;

	memcpy(&value, fake->bar_bytes[0] + offset, sizeof(value));
	return le32toh(value);
}

/*
 * What a tenant can leave (tests/guest/bare/tenant.c finds them on the emulated card), and what the next one must
 * find.
 */
static const struct {
	unsigned int offset;
	uint32_t value;
} expected[] = {
	{ 0x800, 0 },
	{ 0x83c, 0 },
	{ 0x152c, 0 },
	{ 0x1530, 0 },
	{ 0x1680, 0 },
	{ 0x1688, 0 },
	{ 0x1700, 0 },
	{ 0x1740, 0 },
	{ 0x1524, 0 },
	{ 0x1528, ~0u },
	{ 0x2800, 0 },
	{ 0x2804, 0 },
	{ 0x2808, 0 },
	{ 0x280c, 0 },
	{ 0x2810, 0 },
	{ 0x2818, 0 },
	{ 0x2828, 1 << 16 },
	{ 0x2900, 0 },
	{ 0x2904, 0 },
	{ 0x2918, 0 },
	{ 0x2928, 1 << 16 },
	{ 0x3800, 0 },
	{ 0x3804, 0 },
	{ 0x3808, 0 },
	{ 0x3810, 0 },
	{ 0x3814, 0x2a00 },
	{ 0x3818, 0 },
	{ 0x3828, 0 },
	{ 0x3838, 0 },
	{ 0x383c, 0 },
	{ 0x3900, 0 },
	{ 0x3914, 0x2a00 },
	{ 0x3928, 0 },
	{ 0x3938, 0 },
	{ 0x393c, 0 },
};

static void assert_clean(const struct fake_vfio *fake)
{
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(reg(fake, expected[i].offset), expected[i].value);
}

static void a_guest_finds_no_tags(void **state)
{
	struct fake_vfio *fake = *state;
	struct vfio_pci *pci;

	assert_int_equal(vfio_pci_new(&pci, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_clean(fake);
	vfio_pci_free(pci);
}

/*
 * A reset switches queues on, or interrupts off: what it does is not touched, nor registers that the table does not
 * name.
 */
static void nothing_else_is_written(void **state)
{
	struct fake_vfio *fake = *state;
	struct vfio_device device;

	assert_int_equal(vfio_device_init(&device, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_true(vfio_scrub(&device) >= sizeof(expected) / sizeof(expected[0]));
	assert_int_equal(reg(fake, 0x0), TAG_WORD);   /* CTRL: a write could reset it */
	assert_int_equal(reg(fake, 0xc40), TAG_WORD); /* the mailbox's flags */
	assert_int_equal(reg(fake, 0x840), TAG_WORD);
	assert_int_equal(reg(fake, 0x2a00), TAG_WORD);
	vfio_device_done(&device);
}

static void others_are_left_alone(void **state)
{
	static const uint32_t ids[] = { 0x10c98086, 0x10ca1af4, 0x15218086, 0x00008086 };
	struct fake_vfio *fake = *state;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct vfio_device device;

		fake_set(fake, 0, 4, ids[i]);
		assert_int_equal(vfio_device_init(&device, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
		assert_int_equal(vfio_scrub(&device), 0);
		vfio_device_done(&device);
	}
	for (unsigned int i = 0; i < sizeof(fake->bar_bytes[0]); i++)
		assert_int_equal(fake->bar_bytes[0][i], TAG);
}

/* A device may have a smaller BAR than its ids promise. */
static void a_small_bar_is_not_left(void **state)
{
	struct fake_vfio *fake = *state;
	struct vfio_device device;

	fake->bar[0].size = 0x1000;
	assert_int_equal(vfio_device_init(&device, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	vfio_scrub(&device);
	assert_int_equal(reg(fake, 0x800), 0);
	assert_int_equal(reg(fake, 0x2800), TAG_WORD);
	assert_int_equal(fake->outside, 0);
	vfio_device_done(&device);
}

/* What a guest's kernel left is nothing that its next one should find. */
static void a_reboot_scrubs(void **state)
{
	struct bed *bed = *state;

	assert_clean(&bed->fake);
	memset(bed->fake.bar_bytes[0], TAG, sizeof(bed->fake.bar_bytes[0]));
	machine_off(bed);
	machine_on(bed);
	assert_int_equal(bed->fake.resets, 1);
	assert_clean(&bed->fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_guest_finds_no_tags, tagged, untagged),
		cmocka_unit_test_setup_teardown(nothing_else_is_written, tagged, untagged),
		cmocka_unit_test_setup_teardown(others_are_left_alone, tagged, untagged),
		cmocka_unit_test_setup_teardown(a_small_bar_is_not_left, tagged, untagged),
		cmocka_unit_test_setup_teardown(a_reboot_scrubs, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
