// SPDX-License-Identifier: GPL-2.0-or-later
/* iommu/unit.c and iommu/group.c: what the IOMMU is judged to do, with its evidence, and which groups are viable. */
#include "base/cleanup.h"
#include "iommu/iommu.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
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

static struct iommu_host look(const struct fake_sysfs *fake)
{
	struct iommu_host host;

	assert_int_equal(iommu_host_read(&fake->root, &host, NULL), 0);
	return host;
}

/* Each case adds to a tree of its own; evidence must name what was read. */
static void judges_interrupt_remapping(void **state)
{
	static const struct {
		const char *unit, *ecap, *interrupts;
		enum iommu_answer answer;
		const char *evidence;
	} cases[] = {
		{ "dmar0", "f020de", " 0: 9 IR-IO-APIC 2-edge timer\n 25: 1 IR-PCI-MSIX-0000:01:00.0 0-edge eth0\n",
			IOMMU_YES, "IR-IO-APIC" },
		{ "dmar0", "f020de", " 0: 9 IO-APIC 2-edge timer\n 24: 0 DMAR-MSI 0-edge dmar0\n", IOMMU_NO,
			"IO-APIC" },
		{ "dmar0", "f020d6", NULL, IOMMU_NO, "ecap" },
		{ "dmar0", "f020de", NULL, IOMMU_UNKNOWN, "cannot be read" },
		{ "dmar0", "f020de", "  CPU0\nNMI: 0\n", IOMMU_UNKNOWN, "no interrupt chip" },
		{ "ivhd0", NULL, " 25: 1 IR-PCI-MSI 5-edge eth0\n", IOMMU_YES, "IR-PCI-MSI" },
		{ "ivhd0", NULL, " 25: 1 PCI-MSI 5-edge eth0\n", IOMMU_NO, "PCI-MSI" },
		{ NULL, NULL, " 0: 9 IO-APIC 2-edge timer\n", IOMMU_NO, "/sys/class/iommu" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct fake_sysfs *fake = fake_sysfs_new(true);
		struct iommu_host host;

		if (cases[i].unit)
			fake_dir(fake, "sys/class/iommu/%s", cases[i].unit);
		if (cases[i].ecap)
			fake_file(fake, cases[i].ecap, "sys/class/iommu/%s/intel-iommu/ecap", cases[i].unit);
		if (cases[i].interrupts)
			fake_file(fake, cases[i].interrupts, "proc/interrupts");
		host = look(fake);
		assert_int_equal(host.interrupt_remapping, cases[i].answer);
		assert_non_null(strstr(host.evidence, cases[i].evidence));
		fake_sysfs_free(fake);
	}
}

static void counts_units_and_groups(void **state)
{
	struct fake_sysfs *fake = *state;
	struct iommu_host host = look(fake);

	assert_int_equal(host.unit_count, 0);
	assert_string_equal(host.vendor, "");
	assert_false(host.translating || host.firmware_table || host.unsafe_interrupts);
	/* The firmware has one, the kernel was not told to use it. */
	fake_file(fake, "DMAR", "sys/firmware/acpi/tables/DMAR");
	host = look(fake);
	assert_true(host.firmware_table);
	assert_string_equal(host.vendor, "intel");
	assert_false(host.translating);
	fake_dir(fake, "sys/class/iommu/dmar0");
	fake_dir(fake, "sys/class/iommu/dmar1");
	fake_dir(fake, "sys/kernel/iommu_groups");
	assert_false(look(fake).translating);
	fake_dir(fake, "sys/kernel/iommu_groups/0/devices");
	fake_file(fake, "Y\n", "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	host = look(fake);
	assert_int_equal(host.unit_count, 2);
	assert_true(host.translating && host.unsafe_interrupts);
}

static void reads_groups(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device one = { "0000:01:00.1", 0x8086, 1, 0x020000, NULL, 7, 0 };
	const struct fake_device two = { "0000:01:00.0", 0x8086, 1, 0x020000, NULL, 7, 0 };
	struct iommu_group group;
	struct error err = { 0 };

	fake_pci(fake, &one);
	fake_pci(fake, &two);
	fake_file(fake, "DMA-FQ\n", "sys/kernel/iommu_groups/7/type");
	fake_file(fake,
		"0x00000000000e0000 0x00000000000fffff direct\n0x00000000fee00000 0x00000000feefffff msi\nnonsense\n",
		"sys/kernel/iommu_groups/7/reserved_regions");
	fake_link(fake, "../../../../devices/platform/thing", "sys/kernel/iommu_groups/7/devices/thing");
	assert_int_equal(iommu_group_read(&fake->root, 7, &group, NULL), 0);
	assert_int_equal(group.device_count, 2);
	assert_int_equal(group.device[0].function, 0);
	assert_string_equal(group.type, "DMA-FQ");
	assert_int_equal(group.reserved_count, 2);
	assert_int_equal(group.reserved[0].start, 0xe0000);
	assert_int_equal(group.reserved[0].end, 0xfffff);
	assert_string_equal(group.reserved[1].kind, "msi");
	assert_true(iommu_group_read(&fake->root, 8, &group, &err) < 0);
	assert_int_equal(err.code, CODE_NO_GROUP);
}

static void judges_viability(void **state)
{
	static const struct {
		const char *driver; /* of the second member */
		unsigned int class;
		bool viable;
	} cases[] = {
		{ NULL, 0x040300, true }, { "vfio-pci", 0x040300, true }, { "mlx5_vfio_pci", 0x020000, true },
		{ "pci-stub", 0x040300, true }, { "pcieport", 0x060400, true }, { "shpchp", 0x060400, true },
		{ "snd_hda_intel", 0x040300, false },
		{ "lpc_ich", 0x060100, false }, /* an ISA bridge is a device like others */
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct fake_sysfs *fake = fake_sysfs_new(true);
		const struct fake_device wanted = { "0000:01:00.0", 0x10de, 1, 0x030000, "vfio-pci", 7, 0 };
		const struct fake_device other = { "0000:01:00.1", 0x10de, 2, cases[i].class, cases[i].driver, 7, 0 };
		struct pci_inventory inventory;
		struct iommu_group group;
		struct error err = { 0 };
		int ret;

		fake_pci(fake, &wanted);
		fake_pci(fake, &other);
		inventory = fake_inventory(fake);
		assert_int_equal(iommu_group_read(&fake->root, 7, &group, NULL), 0);
		ret = iommu_group_check_viable(&fake->root, &inventory, &group, &err);
		assert_int_equal(ret == 0, cases[i].viable);
		if (ret) {
			char wanted_text[160];

			snprintf(wanted_text, sizeof(wanted_text),
				"0000:01:00.0 cannot be given away: IOMMU group 7 also holds 0000:01:00.1 (driver %s)",
				cases[i].driver);
			assert_int_equal(err.code, CODE_GROUP_NOT_VIABLE);
			assert_string_equal(err.msg, wanted_text);
			assert_true(err.hint[0]);
		}
		pci_inventory_done(&inventory);
		fake_sysfs_free(fake);
	}
}

static void a_newcomer_is_not_overlooked(void **state)
{
	struct fake_sysfs *fake = *state;
	const struct fake_device wanted = { "0000:01:00.0", 0x10de, 1, 0x030000, "vfio-pci", 7, 0 };
	const struct fake_device late = { "0000:01:00.1", 0x10de, 2, 0x040300, "snd_hda_intel", 7, 0 };
	struct pci_inventory inventory;
	struct iommu_group group;
	struct error err = { 0 };

	fake_pci(fake, &wanted);
	inventory = fake_inventory(fake);
	fake_pci(fake, &late);
	assert_int_equal(iommu_group_read(&fake->root, 7, &group, NULL), 0);
	assert_true(iommu_group_check_viable(&fake->root, &inventory, &group, &err) < 0);
	assert_non_null(strstr(err.msg, "0000:01:00.1 (driver snd_hda_intel)"));
	pci_inventory_done(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_interrupt_remapping),
		cmocka_unit_test_setup_teardown(counts_units_and_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_groups, set_up, tear_down),
		cmocka_unit_test(judges_viability),
		cmocka_unit_test_setup_teardown(a_newcomer_is_not_overlooked, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
