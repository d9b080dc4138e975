// SPDX-License-Identifier: GPL-2.0-or-later
/* iommu/join.c: which unit has which device, by the table or by the kernel's word, and whom reserved memory blocks. */
#include "base/cleanup.h"
#include "iommu/table.h"
#include "tests/unit/acpi_table.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	*state = fake_sysfs_new(true);
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

static void write_bytes(struct fake_sysfs *fake, const char *path, const void *bytes, size_t size)
{
	char full[256];
	FILE *file;

	fake_file(fake, "", "%s", path);
	snprintf(full, sizeof(full), "%s/%s", fake->dir, path);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Display on a unit of its own; a RAID controller and its sibling behind the bridge 00:1c.0; a USB controller. */
static void make_devices(struct fake_sysfs *fake)
{
	static const struct fake_device devices[] = {
		{ "0000:00:02.0", 0x8086, 1, 0x030000, NULL, 1, 0 },
		{ "0000:00:1c.0", 0x8086, 2, 0x060400, NULL, 2, 0 },
		{ "0000:00:1d.0", 0x8086, 3, 0x0c0320, NULL, 3, 0 },
		{ "0000:02:00.0", 0x1000, 4, 0x010400, NULL, 4, 0 },
		{ "0000:02:00.1", 0x1000, 5, 0x010400, NULL, 4, 0 },
		{ "0001:02:00.0", 0x1000, 4, 0x010400, NULL, 5, 0 },
	};
	uint8_t config[64] = { 0 };

	for (size_t i = 0; i < array_size(devices); i++)
		fake_pci(fake, &devices[i]);
	config[0x18] = 0;
	config[0x19] = 2;
	config[0x1a] = 3;
	write_bytes(fake, "sys/bus/pci/devices/0000:00:1c.0/config", config, sizeof(config));
}

static void make_dmar(struct fake_sysfs *fake)
{
	static struct acpi_bytes bytes;

	acpi_bytes_start(&bytes, "DMAR");
	acpi_bytes_set(&bytes, 37, 1, 1);
	acpi_bytes_add(&bytes, "\0\0\x18\0\0\0\0\0\x00\x00\xd9\xfe\0\0\0\0\x01\x08\0\0\0\x00\x02\x00", 24);
	acpi_bytes_add(&bytes, "\0\0\x10\0\x01\0\0\0\x00\x10\xd9\xfe\0\0\0\0", 16);
	acpi_bytes_add(&bytes, "\x01\0\x2a\0\0\0\0\0\x00\0\x01\0\0\0\0\0\xff\x0f\x01\0\0\0\0\0", 24);
	acpi_bytes_add(&bytes, "\x01\x08\0\0\0\x00\x1d\x00\x01\x0a\0\0\0\x00\x1c\x00\x00\x00", 18);
	acpi_bytes_finish(&bytes);
	write_bytes(fake, "sys/firmware/acpi/tables/DMAR", bytes.byte, bytes.size);
}

static struct iommu_table join(const struct fake_sysfs *fake)
{
	struct pci_inventory inventory = fake_inventory(fake);
	struct iommu_table table = { 0 };

	assert_int_equal(iommu_table_read(&fake->root, &inventory, &table, NULL), 0);
	pci_inventory_done(&inventory);
	return table;
}

static const char *devices_text(const struct pci_addr *device, size_t count, char buf[static 256])
{
	buf[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		char text[PCI_ADDR_TEXT_SIZE];

		strcat(buf, i ? " " : "");
		strcat(buf, pci_addr_text(device[i], text));
	}
	return buf;
}

static void follows_scopes_where_the_kernel_is_silent(void **state)
{
	struct fake_sysfs *fake = *state;
	cleanup_iommu_table struct iommu_table table = { 0 };
	char text[256];

	make_devices(fake);
	make_dmar(fake);
	table = join(fake);
	assert_int_equal(table.unit_count, 2);
	assert_string_equal(devices_text(table.unit[0].device, table.unit[0].device_count, text), "0000:00:02.0");
	assert_string_equal(devices_text(table.unit[1].device, table.unit[1].device_count, text),
		"0000:00:1c.0 0000:00:1d.0 0000:02:00.0 0000:02:00.1");
	assert_false(table.unit[0].in_kernel);
	assert_int_equal(table.unit[0].can.address_width, 0);
	assert_int_equal(table.reservation_count, 1);
	assert_string_equal(devices_text(table.reservation[0].device, table.reservation[0].device_count, text),
		"0000:00:1d.0 0000:02:00.0");
	/* A USB controller may be given away all the same; a RAID controller may not. */
	assert_false(table.reservation[0].blocks[0]);
	assert_true(table.reservation[0].blocks[1]);
}

static void believes_the_kernel(void **state)
{
	struct fake_sysfs *fake = *state;
	cleanup_iommu_table struct iommu_table table = { 0 };
	char text[256];

	make_devices(fake);
	make_dmar(fake);
	fake_file(fake, "fed91000\n", "sys/class/iommu/dmar0/intel-iommu/address");
	fake_file(fake, "8d2078c106f0466\n", "sys/class/iommu/dmar0/intel-iommu/cap");
	fake_file(fake, "f020d6\n", "sys/class/iommu/dmar0/intel-iommu/ecap");
	fake_file(fake, "1:0\n", "sys/class/iommu/dmar0/intel-iommu/version");
	fake_dir(fake, "sys/class/iommu/dmar0/devices/0000:02:00.0");
	fake_dir(fake, "sys/class/iommu/dmar0/devices/0000:00:1d.0");
	fake_file(fake, "fed90000\n", "sys/class/iommu/dmar1/intel-iommu/address");
	fake_file(fake, "0xfffffffffffff000 0xffffffffffffffff msi\n0x10000 0x10fff direct\n",
		"sys/kernel/iommu_groups/3/reserved_regions");
	fake_file(fake, "0x10000 0x10fff direct-relaxable\n", "sys/kernel/iommu_groups/4/reserved_regions");
	table = join(fake);
	assert_int_equal(table.unit_count, 2);
	assert_string_equal(table.unit[0].name, "dmar1");
	assert_string_equal(table.unit[1].name, "dmar0");
	assert_true(table.unit[1].in_kernel);
	assert_int_equal(table.unit[1].can.interrupt_remapping, IOMMU_NO);
	assert_int_equal(table.unit[1].can.posted_interrupts, IOMMU_YES);
	assert_int_equal(table.unit[1].can.address_width, 48);
	assert_string_equal(table.unit[1].version, "1:0");
	assert_string_equal(
		devices_text(table.unit[1].device, table.unit[1].device_count, text), "0000:00:1d.0 0000:02:00.0");
	assert_true(table.reservation[0].blocks[0]);
	assert_false(table.reservation[0].blocks[1]);
}

/*
 * Firmware may leave interrupt remapping out of the table's flags: then the kernel does not use it, whatever the unit
 * could do.
 */
static void interrupt_remapping_needs_the_firmwares_word(void **state)
{
	struct fake_sysfs *fake = *state;
	cleanup_iommu_table struct iommu_table table = { 0 };
	static struct acpi_bytes bytes;

	make_devices(fake);
	acpi_bytes_start(&bytes, "DMAR");
	acpi_bytes_set(&bytes, 37, 1, 0);
	acpi_bytes_add(&bytes, "\0\0\x10\0\x01\0\0\0\x00\x10\xd9\xfe\0\0\0\0", 16);
	acpi_bytes_finish(&bytes);
	write_bytes(fake, "sys/firmware/acpi/tables/DMAR", bytes.byte, bytes.size);
	fake_file(fake, "fed91000\n", "sys/class/iommu/dmar0/intel-iommu/address");
	fake_file(fake, "f020de\n", "sys/class/iommu/dmar0/intel-iommu/ecap");
	table = join(fake);
	assert_int_equal(table.unit_count, 1);
	assert_true(table.unit[0].ecap_known && table.unit[0].in_table);
	assert_int_equal(table.unit[0].can.interrupt_remapping, IOMMU_NO);
}

/* The table is root's; what sysfs says is everybody's. */
static void does_without_the_table(void **state)
{
	struct fake_sysfs *fake = *state;
	cleanup_iommu_table struct iommu_table table = { 0 };

	make_devices(fake);
	fake_file(fake, "fed91000\n", "sys/class/iommu/dmar0/intel-iommu/address");
	fake_file(fake, "nonsense\n", "sys/class/iommu/dmar0/intel-iommu/ecap");
	table = join(fake);
	assert_int_equal(table.table_errno, ENOENT);
	assert_int_equal(table.unit_count, 1);
	assert_false(table.unit[0].in_table);
	assert_int_equal(table.unit[0].segment, -1);
	assert_int_equal(table.unit[0].address, 0xfed91000);
	assert_int_equal(table.unit[0].include_all, IOMMU_UNKNOWN);
	assert_int_equal(table.unit[0].can.interrupt_remapping, IOMMU_UNKNOWN);
}

static void joins_amd_by_its_own_function(void **state)
{
	struct fake_sysfs *fake = *state;
	static struct acpi_bytes bytes;
	cleanup_iommu_table struct iommu_table table = { 0 };
	char text[256];

	make_devices(fake);
	acpi_bytes_start(&bytes, "IVRS");
	acpi_bytes_add(&bytes, "\x11\0\x34\0\x02\0\x40\0\x00\x00\xf0\xfd\0\0\0\0\0\0\0\0\0\0\0\0", 24);
	acpi_bytes_add(&bytes, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	acpi_bytes_add(&bytes, "\x03\x08\x00\0\x04\xff\x00\0\x02\x00\x02\0", 12);
	acpi_bytes_add(&bytes, "\x21\x01\x20\0\xe8\x00\0\0\0\0\0\0\0\0\0\0", 16);
	acpi_bytes_add(&bytes, "\x00\x00\x01\0\0\0\0\0\x00\x10\0\0\0\0\0\0", 16);
	acpi_bytes_finish(&bytes);
	write_bytes(fake, "sys/firmware/acpi/tables/IVRS", bytes.byte, bytes.size);
	fake_file(fake, "190b640f\n", "sys/devices/pci0000:00/0000:00:00.2/iommu/ivhd5/amd-iommu/cap");
	fake_file(fake, "0:206d73ef22254ade\n", "sys/devices/pci0000:00/0000:00:00.2/iommu/ivhd5/amd-iommu/features");
	fake_link(fake, "../../devices/pci0000:00/0000:00:00.2/iommu/ivhd5", "sys/class/iommu/ivhd5");
	table = join(fake);
	assert_int_equal(table.unit_count, 1);
	assert_string_equal(table.unit[0].name, "ivhd5");
	assert_int_equal(table.unit[0].address, 0xfdf00000);
	assert_int_equal(table.unit[0].can.x2apic, IOMMU_YES);
	assert_int_equal(table.unit[0].can.pasid_bits, 16);
	assert_string_equal(devices_text(table.unit[0].device, table.unit[0].device_count, text),
		"0000:00:02.0 0000:00:1c.0 0000:00:1d.0 0000:02:00.0");
	assert_string_equal(
		devices_text(table.reservation[0].device, table.reservation[0].device_count, text), "0000:00:1d.0");
	assert_true(table.reservation[0].blocks[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows_scopes_where_the_kernel_is_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(believes_the_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(interrupt_remapping_needs_the_firmwares_word, set_up, tear_down),
		cmocka_unit_test_setup_teardown(does_without_the_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(joins_amd_by_its_own_function, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
