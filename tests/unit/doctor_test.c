// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on hosts made of files: each finding has the right state, evidence and remedy; nothing is guessed. */
#include "doctor/doctor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/explain.h"
#include "tests/unit/temp_tree.h"

struct fixture {
	struct temp_tree tree;
	struct host host;
	struct doctor_report report;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	f->tree.root.captured = true;
	temp_tree_dir(&f->tree, "sys/bus/pci/devices");
	temp_tree_dir(&f->tree, "sys/kernel/iommu_groups");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	doctor_report_done(&f->report);
	host_close(&f->host);
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

static void examine(struct fixture *f, const char *device)
{
	const struct pci_device *found = NULL;
	struct error err;

	host_close(&f->host);
	f->host = (struct host){ .root = { .fd = -1 } };
	doctor_report_done(&f->report);
	assert_int_equal(host_open(&f->host, f->tree.path, 0, &err), 0);
	if (device)
		assert_int_equal(pci_select(&f->host.root, &f->host.pci, device, &found, &err), 0);
	assert_int_equal(doctor_run(&f->host, &found, device ? 1 : 0, &f->report, &err), 0);
}

static const struct finding *result(const struct fixture *f, enum code code)
{
	for (size_t i = 0; i < f->report.findings.count; i++)
		if (f->report.findings.item[i].code == code)
			return &f->report.findings.item[i];
	return NULL;
}

static void expect(
	const struct fixture *f, enum code code, enum check_state wanted, const char *summary, const char *fix)
{
	const struct finding *found = result(f, code);

	assert_non_null(found);
	if (found->state != wanted || !strstr(found->summary, summary) || !strstr(found->fix, fix))
		print_message("%s: state %d, \"%s\", fix \"%s\"\n", code_info(code)->name, found->state, found->summary,
			found->fix);
	assert_int_equal(found->state, wanted);
	assert_non_null(strstr(found->summary, summary));
	assert_non_null(strstr(found->fix, fix));
	if (wanted == CHECK_WARN || wanted == CHECK_FAIL)
		assert_string_not_equal(found->evidence, "");
}

static void put_function(const struct fixture *f, const char *name, const char *class, const char *driver, int group)
{
	char path[160], target[160], uevent[256];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/uevent", name);
	snprintf(uevent, sizeof(uevent), "%s%s\nPCI_CLASS=%s\nPCI_ID=8086:10CA\nPCI_SLOT_NAME=%s\n",
		driver ? "DRIVER=" : "", driver ? driver : "", class, name);
	temp_tree_file(&f->tree, path, driver ? uevent : uevent + 1);
	if (driver) {
		snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver", name);
		snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
		temp_tree_link(&f->tree, path, target);
	}
	if (group < 0)
		return;
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/iommu_group", name);
	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d", group);
	temp_tree_link(&f->tree, path, target);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/devices/%s", group, name);
	snprintf(target, sizeof(target), "../../../../bus/pci/devices/%s", name);
	temp_tree_link(&f->tree, path, target);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/reserved_regions", group);
	temp_tree_file(&f->tree, path, "0x00000000fee00000 0x00000000feefffff msi\n");
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/type", group);
	temp_tree_file(&f->tree, path, "DMA-FQ\n");
}

/* A machine where nothing can be read is not ready, and not one fact about it is made up. */
static void an_empty_host(void **state)
{
	struct fixture *f = *state;

	examine(f, NULL);
	expect(f, CODE_CPU_NO_VIRT, CHECK_UNMEASURED, "/proc/cpuinfo", "");
	expect(f, CODE_KVM_NO_DEV, CHECK_UNMEASURED, "no /dev", "");
	expect(f, CODE_KVM_NO_EPT, CHECK_UNMEASURED, "neither", "");
	expect(f, CODE_IOMMU_OFF, CHECK_FAIL, "offers none", "firmware's set-up");
	expect(f, CODE_IOMMU_NO_INTREMAP, CHECK_UNMEASURED, "no IOMMU", "");
	expect(f, CODE_ACS_OVERRIDE, CHECK_UNMEASURED, "/proc/cmdline", "");
	expect(f, CODE_VFIO_NO_MODULE, CHECK_UNMEASURED, "osrelease", "");
	expect(f, CODE_MEMLOCK_LOW, CHECK_UNMEASURED, "", "");
	assert_false(doctor_report_is_ready(&f->report, false));
}

static void processors(void **state)
{
	static const struct {
		const char *cpuinfo;
		enum check_state state;
		const char *summary, *fix;
	} cases[] = {
		{ "flags\t\t: fpu vmx smx\nbogus : vmx\n", CHECK_OK, "Intel VT-x", "" },
		{ "flags\t\t: fpu svm\n", CHECK_OK, "AMD-V", "" },
		{ "flags\t\t: fpu svm_lock nosvm\n", CHECK_FAIL, "shows none", "VT-x (Intel) or SVM (AMD)" },
		{ "flags\t\t: fpu hypervisor\n", CHECK_FAIL, "shows none", "nested virtualization" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		temp_tree_file(&f->tree, "proc/cpuinfo", cases[i].cpuinfo);
		examine(f, NULL);
		expect(f, CODE_CPU_NO_VIRT, cases[i].state, cases[i].summary, cases[i].fix);
	}
}

static void paging(void **state)
{
	static const struct {
		const char *file, *value;
		enum check_state state;
		const char *fix;
	} cases[] = {
		{ "sys/module/kvm_amd/parameters/npt", "1\n", CHECK_OK, "" },
		{ "sys/module/kvm_amd/parameters/npt", "N\n", CHECK_FAIL, "modprobe kvm_amd npt=1" },
		{ "sys/module/kvm_intel/parameters/ept", "Y\n", CHECK_OK, "" },
		{ "sys/module/kvm_intel/parameters/ept", "0\n", CHECK_FAIL, "modprobe kvm_intel ept=1" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		temp_tree_file(&f->tree, cases[i].file, cases[i].value);
		examine(f, NULL);
		expect(f, CODE_KVM_NO_EPT, cases[i].state, "", cases[i].fix);
	}
}

/* The remedy is for this distribution's boot loader, and for the cause at hand. */
static void iommu_not_asked_for(void **state)
{
	static const struct {
		const char *table, *cmdline, *loader, *summary, *fix, *log;
	} cases[] = {
		{ "DMAR", "quiet\n", "usr/sbin/update-grub", "not asked",
			"/^GRUB_CMDLINE_LINUX=/s/\"$/ intel_iommu=on\"/' /etc/default/grub && update-grub", NULL },
		{ "DMAR", "quiet intel_iommu=off\n", "etc/kernel/cmdline", "intel_iommu=off", "remove intel_iommu=off",
			NULL },
		{ "DMAR", "intel_iommu=on\n", "usr/sbin/grubby", "does not use it",
			"dmesg | grep -e DMAR -e AMD-Vi; a line with 'Failed'", NULL },
		{ "DMAR", "intel_iommu=on\n", "usr/sbin/grubby", "does not use it", "last words on it: DMAR: x2; boot",
			"6,0,1,-;Linux version 6\n4,1,2,-;DMAR: x1\n4,2,3,-;DMAR: x2\n12,3,4,-;DMAR: forged\n" },
		{ "DMAR", "intel_iommu=on\n", "usr/sbin/grubby", "does not use it", "has no word of DMAR",
			"6,0,1,-;Linux version 6\n" },
		{ "DMAR", "intel_iommu=on\n", "usr/sbin/grubby", "does not use it", "dmesg | grep -e DMAR",
			"6,90,1,-;usb 1-1: new device\n" },
		{ "DMAR", "intel_iommu=onwards\n", "usr/sbin/grubby", "not asked",
			"grubby --update-kernel=ALL --args=intel_iommu=on", NULL },
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		struct fixture *f;
		char path[64];

		set_up(state);
		f = *state;
		snprintf(path, sizeof(path), "sys/firmware/acpi/tables/%s", cases[i].table);
		temp_tree_file(&f->tree, path, "");
		temp_tree_file(&f->tree, "proc/cmdline", cases[i].cmdline);
		temp_tree_file(&f->tree, cases[i].loader, "");
		if (cases[i].log)
			temp_tree_file(&f->tree, "dev/kmsg", cases[i].log);
		examine(f, NULL);
		expect(f, CODE_IOMMU_OFF, CHECK_FAIL, cases[i].summary, cases[i].fix);
		tear_down(state);
	}
}

static void vfio(void **state)
{
	struct fixture *f = *state;

	temp_tree_file(&f->tree, "proc/sys/kernel/osrelease", "6.12.0\n");
	examine(f, NULL);
	expect(f, CODE_VFIO_NO_MODULE, CHECK_FAIL, "neither", "full set of modules");
	temp_tree_file(&f->tree, "lib/modules/6.12.0/modules.dep", "kernel/drivers/vfio/pci/vfio-pci-core.ko.xz:\n");
	examine(f, NULL);
	expect(f, CODE_VFIO_NO_MODULE, CHECK_FAIL, "neither", "");
	temp_tree_file(&f->tree, "lib/modules/6.12.0/modules.dep", "kernel/drivers/vfio/pci/vfio-pci.ko.xz: x\n");
	examine(f, NULL);
	expect(f, CODE_VFIO_NO_MODULE, CHECK_OK, "loaded when it is needed", "");
	temp_tree_dir(&f->tree, "sys/bus/pci/drivers/vfio-pci");
	examine(f, NULL);
	expect(f, CODE_VFIO_NO_MODULE, CHECK_OK, "loaded or built in", "");
	temp_tree_file(&f->tree, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "4\n");
	temp_tree_file(&f->tree, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n");
	temp_tree_file(&f->tree, "proc/cmdline", "quiet pcie_acs_override=downstream\n");
	examine(f, NULL);
	expect(f, CODE_DMA_LIMIT, CHECK_FAIL, "4 mappings", "dma_entry_limit");
	expect(f, CODE_UNSAFE_INTERRUPTS, CHECK_WARN, "accept", "allow_unsafe_interrupts");
	expect(f, CODE_ACS_OVERRIDE, CHECK_WARN, "kernel argument", "pcie_acs_override=");
}

static void hugepages(void **state)
{
	struct fixture *f = *state;

	examine(f, NULL);
	expect(f, CODE_HUGEPAGES_SHORT, CHECK_UNMEASURED, "none are reserved", "");
	temp_tree_file(&f->tree, "sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
	examine(f, NULL);
	expect(f, CODE_HUGEPAGES_SHORT, CHECK_WARN, "no transparent ones", "echo madvise");
	temp_tree_file(&f->tree, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	examine(f, NULL);
	expect(f, CODE_HUGEPAGES_SHORT, CHECK_OK, "gets transparent ones", "");
	temp_tree_file(&f->tree, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
	temp_tree_file(&f->tree, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0\n");
	examine(f, NULL);
	expect(f, CODE_HUGEPAGES_SHORT, CHECK_WARN, "2048kB: 0 of 8 free", "nr_hugepages");
}

static void a_device_that_shares(void **state)
{
	struct fixture *f = *state;

	put_function(f, "0000:01:10.0", "20000", NULL, 7);
	put_function(f, "0000:01:10.1", "20000", "igbvf", 7);
	put_function(f, "0000:00:01.0", "60400", "pcieport", 7);
	temp_tree_file(&f->tree, "sys/bus/pci/devices/0000:01:10.0/reset_method", "\n");
	examine(f, "01:10.0");
	assert_null(result(f, CODE_KVM_NO_DEV));
	expect(f, CODE_NO_GROUP, CHECK_OK, "group 7", "");
	expect(f, CODE_GROUP_SHARED, CHECK_WARN, "group 7 also holds 0000:01:10.1", "same guest");
	expect(f, CODE_GROUP_NOT_VIABLE, CHECK_FAIL, "0000:01:10.1", "");
	expect(f, CODE_NO_RESET, CHECK_FAIL, "no way", "--allow-no-reset 0000:01:10.0");
	expect(f, CODE_DEV_RESERVED_MEMORY, CHECK_OK, "", "");
	expect(f, CODE_DEV_LOST, CHECK_UNMEASURED, "cannot be read", "");
	assert_false(doctor_report_is_ready(&f->report, false));
}

/* A graphics card and its sound share a group by nature: no complaint when both are given away, one when one is not. */
static void a_card_of_two_functions(void **state)
{
	struct fixture *f = *state;

	put_function(f, "0000:01:00.0", "30000", "vfio-pci", 7);
	put_function(f, "0000:01:00.1", "40300", "vfio-pci", 7);
	examine(f, "01:00.0");
	expect(f, CODE_GROUP_SHARED, CHECK_OK, "0000:01:00.1, for the same guest", "");
}

static void a_card_of_which_one_function_is_given(void **state)
{
	struct fixture *f = *state;

	put_function(f, "0000:01:00.0", "30000", "vfio-pci", 7);
	put_function(f, "0000:01:00.1", "40300", "snd_hda_intel", 7);
	examine(f, "01:00.0");
	expect(f, CODE_GROUP_SHARED, CHECK_WARN, "group 7 also holds 0000:01:00.1", "same guest");
}

static void a_good_device(void **state)
{
	struct fixture *f = *state;

	put_function(f, "0000:01:10.0", "20000", NULL, 7);
	put_function(f, "0000:00:01.0", "60400", "pcieport", 7);
	temp_tree_file(&f->tree, "sys/bus/pci/devices/0000:01:10.0/reset_method", "flr bus\n");
	examine(f, "01:10.0");
	expect(f, CODE_GROUP_SHARED, CHECK_OK, "nobody else", "");
	expect(f, CODE_GROUP_NOT_VIABLE, CHECK_OK, "", "");
	expect(f, CODE_NO_RESET, CHECK_OK, "flr, bus", "");
	assert_true(doctor_report_is_ready(&f->report, true));
	temp_tree_file(&f->tree, "sys/kernel/iommu_groups/7/reserved_regions",
		"0x00000000bd000000 0x00000000bdffffff direct\n");
	examine(f, "01:10.0");
	expect(f, CODE_DEV_RESERVED_MEMORY, CHECK_FAIL, "reserves memory", "another slot");
	temp_tree_file(&f->tree, "sys/kernel/iommu_groups/7/reserved_regions",
		"0x00000000bd000000 0x00000000bdffffff direct-relaxable\n");
	examine(f, "01:10.0");
	expect(f, CODE_DEV_RESERVED_MEMORY, CHECK_OK, "", "");
}

static void bridges_and_strays(void **state)
{
	struct fixture *f = *state;

	put_function(f, "0000:00:01.0", "60400", "pcieport", -1);
	examine(f, "00:01.0");
	expect(f, CODE_DEV_BRIDGE, CHECK_FAIL, "bridge", "stays with the host");
	expect(f, CODE_NO_GROUP, CHECK_FAIL, "no IOMMU group", "sluice doctor");
}

/* What was left behind is found without naming the device. */
static void leftovers(void **state)
{
	struct fixture *f = *state;

	put_function(f, "0000:01:10.0", "20000", NULL, 7);
	put_function(f, "0000:01:10.2", "20000", "vfio-pci", 8);
	temp_tree_file(&f->tree, "sys/bus/pci/devices/0000:01:10.0/driver_override", "vfio-pci\n");
	temp_tree_file(&f->tree, "sys/bus/pci/devices/0000:01:10.2/driver_override", "(null)\n");
	temp_tree_file(&f->tree, "run/sluice/devices/0000:01:10.2", "sluice-lease 1\ndriver=igbvf\nguest=web1\nend\n");
	examine(f, NULL);
	expect(f, CODE_OVERRIDE_STALE, CHECK_WARN, "nothing drives it", "driver_override");
	expect(f, CODE_LEASE_STALE, CHECK_WARN, "'web1' is dead", "sluice release 0000:01:10.2");
	temp_tree_file(&f->tree, "run/sluice/devices/0000:01:10.2", "torn");
	examine(f, NULL);
	expect(f, CODE_LEASE_STALE, CHECK_WARN, "makes no sense", "sluice release 0000:01:10.2");
}

/* Whatever the doctor or an error names can be explained, and nothing else is in docs/explain. */
static void every_code_is_explained(void **state)
{
	(void)state;
	for (int code = CODE_NONE + 1; code < CODE_COUNT; code++) {
		const char *text = explain_text((enum code)code);

		if (!text)
			print_message("docs/explain/%s.md is missing\n", code_info((enum code)code)->name);
		assert_non_null(text);
		assert_non_null(strstr(text, "What to do:"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_host),
		TEST(processors),
		TEST(paging),
		cmocka_unit_test(iommu_not_asked_for),
		TEST(vfio),
		TEST(hugepages),
		TEST(a_device_that_shares),
		TEST(a_good_device),
		TEST(a_card_of_two_functions),
		TEST(a_card_of_which_one_function_is_given),
		TEST(bridges_and_strays),
		TEST(leftovers),
		cmocka_unit_test(every_code_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
