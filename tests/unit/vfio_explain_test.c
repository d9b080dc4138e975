// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * passthrough/vfio_explain.c and the tables behind it: whatever a guest can see or write of a device has a row with a
 * name and a reason that fit the screen, and says what happens.
 */
#include "passthrough/vfio_explain.h"

#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/fake_vfio.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

enum {
	NAME_SHOWN = 20, /* what a line has room for */
	STD_CAPS = 0x15,
	EXT_CAPS = 0x32,
};

struct bed {
	struct fake_vfio fake;
	struct vfio_device device;
	struct pci_function fn;
	struct vfio_capabilities caps;
	struct control_explanation explanation;
};

static int start(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	fake_vfio_init(&bed->fake);
	*state = bed;
	return 0;
}

static int stop(void **state)
{
	free(*state);
	return 0;
}

static void explain(struct bed *bed)
{
	memset(&bed->explanation, 0, sizeof(bed->explanation));
	assert_int_equal(vfio_device_init(&bed->device, FAKE_VFIO_FD, "0000:01:10.0", &fake_vfio_sys, NULL), 0);
	assert_int_equal(vfio_config_read(&bed->device, NULL, &bed->fn, &bed->caps, NULL), 0);
	pci_bar_registers_init(&bed->fn);
	vfio_explain(&bed->device, &bed->fn, &bed->caps.rows, &bed->explanation);
}

static const struct control_register *find(const struct bed *bed, unsigned int offset)
{
	for (uint32_t i = 0; i < bed->explanation.register_count; i++)
		if (bed->explanation.reg[i].offset == offset)
			return &bed->explanation.reg[i];
	return NULL;
}

static void a_row_says_what_happens(void **state)
{
	struct bed *bed = *state;
	const struct control_register *row;

	fake_set(&bed->fake, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	fake_set(&bed->fake, 0xe0, 1, PCI_CAP_ID_EA);
	explain(bed);
	row = find(bed, PCI_COMMAND);
	assert_string_equal(row->name, "COMMAND");
	assert_int_equal(row->hardware, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(row->guest, PCI_COMMAND_MASTER);
	assert_int_equal(row->passed, PCI_COMMAND_MASTER);
	assert_int_equal(row->through, PCI_COMMAND_MASTER);
	assert_true(row->own & PCI_COMMAND_MEMORY);
	assert_false(row->own & row->through);
	row = find(bed, PCI_BASE_ADDRESS_0);
	assert_int_equal(row->own, 0xffffc000);
	assert_int_equal(row->through, 0);
	/* hidden, with what the device has there */
	row = find(bed, 0xe0);
	assert_string_equal(row->name, "enhanced allocation");
	assert_int_equal(row->hardware, PCI_CAP_ID_EA);
	assert_int_equal(row->guest | row->own | row->through, 0);
	assert_string_equal(find(bed, 0x100)->name, "AER");
	assert_string_equal(find(bed, 0x150)->name, "ARI");
	assert_string_equal(find(bed, 0x140)->name, "serial number");
	for (uint32_t i = 1; i < bed->explanation.register_count; i++)
		assert_true(bed->explanation.reg[i - 1].offset <= bed->explanation.reg[i].offset);
}

static bool is_visible(const struct pci_config *config, unsigned int at)
{
	return config->value[at] || config->writable[at] || config->emulated[at] != 0xff;
}

/* All that a guest could notice has a row. Of a vendor's own capability the head stands for what it holds. */
static void check_rows(struct bed *bed, unsigned int vendor_at)
{
	bool told[PCI_CONFIG_SIZE] = { false };

	explain(bed);
	for (uint32_t i = 0; i < bed->explanation.register_count; i++) {
		const struct control_register *row = &bed->explanation.reg[i];
		size_t name = strlen(row->name), why = strlen(row->why);

		assert_true(name > 0 && name <= NAME_SHOWN);
		if (why == 0 || why >= CONTROL_REGISTER_WHY_MAX - 1)
			print_error("%s: %s\n", row->name, row->why);
		assert_true(why > 0 && why < CONTROL_REGISTER_WHY_MAX - 1);
		for (unsigned int b = 0; b < row->size; b++)
			told[row->offset + b] = true;
	}
	for (unsigned int at = 0; at < PCI_CONFIG_SIZE; at++) {
		if (vendor_at && at >= vendor_at && at < vendor_at + 0x20)
			continue;
		if (is_visible(&bed->fn.config, at) && !told[at])
			print_error("nothing is said about 0x%03x\n", at);
		assert_true(told[at] || !is_visible(&bed->fn.config, at));
	}
}

static void nothing_is_left_out(void **state)
{
	struct bed *bed = *state;

	check_rows(bed, 0);
	for (unsigned int id = 1; id <= STD_CAPS; id++) {
		if (id == PCI_CAP_ID_PM || id == PCI_CAP_ID_MSIX || id == PCI_CAP_ID_EXP || id == PCI_CAP_ID_MSI)
			continue;
		fake_vfio_init(&bed->fake);
		memset(&bed->fake.config[0xe0], 0xff, 0x20);
		fake_set(&bed->fake, 0xe0, 2, id);
		fake_set(&bed->fake, 0xe2, 1, 0x14);
		check_rows(bed, id == PCI_CAP_ID_VNDR ? 0xe0 : 0);
	}
	fake_vfio_init(&bed->fake);
	for (unsigned int i = 0; i < EXT_CAPS; i++) {
		unsigned int at = 0x100 + i * 0x40, next = i + 1 < EXT_CAPS ? at + 0x40 : 0;

		fake_set(&bed->fake, at, 4, (i + 1) | 1 << 16 | next << 20);
		fake_set(&bed->fake, at + 4, 4, 0xffffffff);
	}
	check_rows(bed, 0);
}

static void a_capability_is_shown_for_what_it_is_in_the_guest(void **state)
{
	struct bed *bed = *state;

	/* integrated, version 1: no room for a link */
	fake_set(&bed->fake, FAKE_EXPRESS + PCI_EXP_FLAGS, 2, 1 | PCI_EXP_TYPE_RC_END << 4);
	explain(bed);
	assert_int_equal(bed->caps.express, 0);
	assert_int_equal(find(bed, FAKE_EXPRESS)->guest, 0);
	/* integrated, version 2: a link is made up */
	fake_set(&bed->fake, FAKE_EXPRESS + PCI_EXP_FLAGS, 2, 2 | PCI_EXP_TYPE_RC_END << 4);
	fake_set(&bed->fake, FAKE_EXPRESS + PCI_EXP_LNKCAP, 4, 0);
	explain(bed);
	assert_int_equal(find(bed, FAKE_EXPRESS + PCI_EXP_FLAGS)->guest, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	assert_int_equal(find(bed, FAKE_EXPRESS + PCI_EXP_LNKCAP)->guest, 0x11);
	assert_int_equal(find(bed, FAKE_EXPRESS + PCI_EXP_LNKSTA)->guest, 0x11);
	/* of no version */
	fake_set(&bed->fake, FAKE_EXPRESS + PCI_EXP_FLAGS, 2, 0);
	explain(bed);
	assert_int_equal(find(bed, FAKE_EXPRESS + PCI_EXP_FLAGS)->guest, 1);
}

/* BAR 0 has 4 MiB now, of which its capability offers 1 MiB to 512 MiB; BAR 3 has 16 KiB. */
static void resizable_bars_have_one_size(void **state)
{
	static const struct {
		uint32_t control;
		bool shown;
	} rows[] = {
		{ 0 | 1 << PCI_REBAR_CTRL_NBAR_SHIFT | 0xa00, true },
		{ 0 | 7 << PCI_REBAR_CTRL_NBAR_SHIFT, false },
		{ 0 | 0 << PCI_REBAR_CTRL_NBAR_SHIFT, false },
		{ 3 | 1 << PCI_REBAR_CTRL_NBAR_SHIFT, false },
		{ 1 | 1 << PCI_REBAR_CTRL_NBAR_SHIFT, false },
		{ 6 | 1 << PCI_REBAR_CTRL_NBAR_SHIFT, false },
		{ 0 | 2 << PCI_REBAR_CTRL_NBAR_SHIFT, true },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < array_size(rows); i++) {
		fake_vfio_init(&bed->fake);
		bed->fake.bar[0].size = 4 << 20;
		fake_set(&bed->fake, 0x150, 4, PCI_EXT_CAP_ID_REBAR | 1 << 16);
		fake_set(&bed->fake, 0x150 + PCI_REBAR_CAP, 4, 0x3ff0);
		fake_set(&bed->fake, 0x150 + PCI_REBAR_CTRL, 4, rows[i].control);
		explain(bed);
		assert_int_equal(find(bed, 0x150)->guest, rows[i].shown ? PCI_EXT_CAP_ID_REBAR | 1 << 16 : 0);
		if (!rows[i].shown)
			continue;
		assert_int_equal(find(bed, 0x150 + PCI_REBAR_CAP)->guest, 1 << (4 + 2));
		assert_int_equal(find(bed, 0x150 + PCI_REBAR_CTRL)->guest, (rows[i].control & 0xff) | 2 << 8);
		assert_int_equal(find(bed, 0x150 + PCI_REBAR_CTRL)->own, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_row_says_what_happens, start, stop),
		cmocka_unit_test_setup_teardown(nothing_is_left_out, start, stop),
		cmocka_unit_test_setup_teardown(resizable_bars_have_one_size, start, stop),
		cmocka_unit_test_setup_teardown(a_capability_is_shown_for_what_it_is_in_the_guest, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
