// SPDX-License-Identifier: GPL-2.0-or-later
/* view/fault_row.c: whose fault it was, whether memory is there, and what counts as the same fault again. */
#include "view/fault_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/card_tree.h"

#define VF_CHAIN "0000:00:1d.0/0000:03:10.1"

static const struct card pf = { "0000:00:1d.0/0000:03:00.0", 0x020000, 0x8086, 0x1521, 0, 0, "igb", 6, NULL, NULL, NULL,
	0 };
static const struct card vf = { VF_CHAIN, 0x020000, 0x8086, 0x1520, 0, 0, "igbvf", 9, NULL, NULL, NULL, 0 };
static const struct pci_addr vf_addr = { .bus = 3, .device = 0x10, .function = 1 };

struct fixture {
	struct temp_tree tree;
	struct host host;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	card_put(&f->tree, &pf);
	card_put_vf(&f->tree, &vf, pf.chain, 1);
	card_put_vf(&f->tree,
		&(const struct card){
			"0000:00:1d.0/0000:03:10.0", 0x020000, 0x8086, 0x1520, 0, 0, NULL, 8, NULL, NULL, NULL, 0 },
		pf.chain, 0);
	temp_tree_link(&f->tree, "sys/devices/pci0000:00/" VF_CHAIN "/iommu", "../../virtual/iommu/dmar1");
	temp_tree_file(&f->tree, "proc/stat", "cpu  1 2 3\nbtime 1700000000\nprocesses 7\n");
	temp_tree_dir(&f->tree, "run");
	f->host.root = f->tree.root;
	assert_int_equal(pci_inventory_read(&f->host.root, false, &f->host.pci, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pci_inventory_done(&f->host.pci);
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

/* 0x0 to 0x7ffffff is memory, a BAR is not. */
static void memory_is_where_the_guest_has_it(void **state)
{
	static const struct {
		uint64_t address, bytes;
		enum fault_ram ram;
	} cases[] = {
		{ 0, 1, FAULT_RAM_INSIDE },
		{ 0x7ffffff, 1, FAULT_RAM_INSIDE },
		{ 0x8000000, 1, FAULT_RAM_OUTSIDE },
		{ 0x70000000, 4096, FAULT_RAM_OUTSIDE },
		{ 0xfffff000, 4096, FAULT_RAM_OUTSIDE },
		{ 0xe0000000, 1, FAULT_RAM_OUTSIDE },
		{ 0x100000000, 4096, FAULT_RAM_INSIDE },
		{ UINT64_MAX - 4095, 4096, FAULT_RAM_OUTSIDE },
	};
	struct control_status *status = calloc(1, sizeof(*status));

	(void)state;
	status->slot[0] = (struct control_slot){ .gpa = 0, .bytes = 0x8000000, .what = "ram" };
	status->slot[1] = (struct control_slot){ .gpa = 0xe0000000, .bytes = 0x4000, .what = "bar" };
	status->slot[2] = (struct control_slot){ .gpa = 0x100000000, .bytes = 0x1000000, .what = "ram" };
	status->slot_count = 3;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(fault_ram_of(status, cases[i].address, cases[i].bytes), cases[i].ram);
	free(status);
}

/*
 * The guest that has the device now, if it had it then; its process does not answer here, so nothing is said of its
 * memory.
 */
static void a_fault_is_the_guests_of_its_time(void **state)
{
	const struct fixture *f = *state;
	struct fault_guest guest = { .info = { .name = "web1",
					     .started = 1700000100,
					     .device = { { .bus = 3, .device = 0x10, .function = 1 } },
					     .device_count = 1 },
		.asked = true };
	struct fault_view view = { .host = &f->host, .boot = 1700000000, .guests = &guest, .guest_count = 1 };
	struct iommu_fault fault = { .has_device = true, .device = vf_addr, .has_address = true, .address = 0x1000 };
	struct fault_row row;

	fault.microseconds = 150 * 1000000;
	fault_row_fill(&view, &fault, &row);
	assert_string_equal(row.guest, "web1");
	assert_string_equal(row.vf, "0000:03:00.0/1");
	assert_string_equal(row.unit, "dmar1");
	assert_string_equal(row.driver, "igbvf");
	assert_int_equal(row.total, 1);
	assert_int_equal(row.ram, FAULT_RAM_UNKNOWN);
	fault.microseconds = 50 * 1000000; /* 50 s before its start */
	fault_row_fill(&view, &fault, &row);
	assert_string_equal(row.guest, "");
	fault.microseconds = 150 * 1000000;
	fault.device.function = 0;
	fault_row_fill(&view, &fault, &row);
	assert_string_equal(row.guest, "");
	fault.has_device = false;
	fault_row_fill(&view, &fault, &row);
	assert_string_equal(row.guest, "");
	assert_string_equal(row.vf, "");
}

/* Those that the kernel did not print are the guest's, too. */
static void faults_of_a_guest_are_counted(void **state)
{
	const struct fixture *f = *state;
	const struct guest_info guest = { .name = "web1",
		.started = 1700000100,
		.device = { { .bus = 3, .device = 0x10, .function = 1 } },
		.device_count = 1 };
	struct iommu_fault last = { 0 };

	assert_int_equal(fault_count(&f->host.root, &guest, &last), -1);
	temp_tree_file(&f->tree, "dev/kmsg",
		"3,1,50000000,-;DMAR: [DMA Write NO_PASID] Request device [03:10.1] fault addr 0x1000 [fault reason "
		"0x05] x\n"
		"3,2,150000000,-;DMAR: [DMA Write NO_PASID] Request device [03:10.1] fault addr 0x2000 [fault reason "
		"0x05] x\n"
		"4,3,151000000,-;dmar_fault: 893 callbacks suppressed\n");
	assert_int_equal(fault_count(&f->host.root, &guest, &last), 894);
	assert_int_equal(last.address, 0x2000);
}

static void the_boot_time_is_read(void **state)
{
	struct fixture *f = *state;
	struct fault_view view;
	struct error err;

	assert_int_equal(fault_view_open(&view, &f->host, &err), 0);
	assert_int_equal(view.boot, 1700000000);
	fault_view_close(&view);
	temp_tree_file(&f->tree, "proc/stat", "cpu  1 2 3\n");
	assert_int_equal(fault_view_open(&view, &f->host, &err), 0);
	assert_int_equal(view.boot, -1);
	fault_view_close(&view);
}

/* The same again is counted; another address, reason or access is another fault. */
static void repeated_faults_are_one(void **state)
{
	struct fault_row row = {
		.fault = { .has_device = true, .device = vf_addr, .has_address = true, .address = 0x1000 }
	};
	struct fault_row other[4];
	struct fault_list list = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 5; i++) {
		row.fault.microseconds = i;
		assert_int_equal(fault_list_add(&list, &row, NULL), 0);
	}
	assert_int_equal(list.count, 1);
	assert_int_equal(list.rows[0].repeated, 4);
	assert_int_equal(list.rows[0].fault.microseconds, 1);
	for (size_t i = 0; i < array_size(other); i++)
		other[i] = row;
	other[0].fault.address = 0x2000;
	other[1].fault.reason_code = 5;
	other[2].fault.access = IOMMU_ACCESS_WRITE;
	other[3].fault.device.function = 3;
	for (size_t i = 0; i < array_size(other); i++)
		assert_int_equal(fault_list_add(&list, &other[i], NULL), 0);
	assert_int_equal(list.count, 5);
	assert_int_equal(fault_list_add(&list, &row, NULL), 0);
	assert_int_equal(list.rows[0].repeated, 5);
	fault_list_done(&list);
}

/* What the rate limit held back is the latest fault's of that device; of whom nobody knows, a row of its own. */
static void what_was_not_printed_is_counted(void **state)
{
	struct fault_row row = { .fault = { .has_device = true, .device = vf_addr, .kind = IOMMU_FAULT_DMA },
		.total = 1 };
	struct fault_row held = row, nobodys;
	struct fault_list list = { 0 };

	(void)state;
	held.fault.kind = IOMMU_FAULT_HELD_BACK;
	held.held_back = held.total = held.fault.held_back = 2474;
	nobodys = held;
	nobodys.fault.has_device = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(fault_list_add(&list, &row, NULL), 0);
	assert_int_equal(fault_list_add(&list, &held, NULL), 0);
	assert_int_equal(fault_list_add(&list, &held, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.rows[0].repeated, 2);
	assert_int_equal(list.rows[0].held_back, 4948);
	assert_int_equal(list.rows[0].total, 4951);
	assert_int_equal(fault_list_add(&list, &nobodys, NULL), 0);
	assert_int_equal(fault_list_add(&list, &nobodys, NULL), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.rows[1].repeated, 0);
	assert_int_equal(list.rows[1].total, 4948);
	fault_list_done(&list);
	/* Alone, it is a row too. */
	assert_int_equal(fault_list_add(&list, &held, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.rows[0].total, 2474);
	fault_list_done(&list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_is_where_the_guest_has_it),
		TEST(a_fault_is_the_guests_of_its_time),
		TEST(faults_of_a_guest_are_counted),
		TEST(the_boot_time_is_read),
		TEST(repeated_faults_are_one),
		TEST(what_was_not_printed_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
