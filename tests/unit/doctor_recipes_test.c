// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on a made-up host that is in order, and on the same host with one thing spoiled at a time: each recipe
 * must yield its code, the culprit, the file that shows it and a remedy for this distribution; the good host must yield
 * no complaint.
 */
#include "tests/unit/doctor_recipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"

static const struct recipe recipes[] = {
	/* kernel, processor, memory */
	{ CODE_KERNEL_OLD, NULL, CHECK_FAIL, "5.10.0", "osrelease: 5.10.0", "5.15",
		{ "proc/sys/kernel/osrelease|5.10.0-28-amd64\n" } },
	{ CODE_CPU_NO_VIRT, NULL, CHECK_FAIL, "firmware has switched it off", "disabled by BIOS", "VT-x",
		{ "proc/cpuinfo|vendor_id : GenuineIntel\nflags : fpu\n", "-dev/kvm",
			"dev/kmsg|6,1,1,-;x86/cpu: VMX (outside TXT) disabled by BIOS\n" } },
	{ CODE_CPU_NO_VIRT, NULL, CHECK_FAIL, "kernel argument hides", "clearcpuid=vmx", "update-grub",
		{ "proc/cpuinfo|flags : fpu\n", "-dev/kvm", "proc/cmdline|clearcpuid=vmx quiet\n" } },
	{ CODE_CPU_NO_VIRT, NULL, CHECK_FAIL, "shows none", "neither vmx nor svm", "nested=1",
		{ "proc/cpuinfo|flags : fpu hypervisor\n", "-dev/kvm" } },
	{ CODE_KVM_NO_DEV, NULL, CHECK_FAIL, "kvm_intel is blacklisted",
		"/etc/modprobe.d/no.conf:2: blacklist kvm_intel", "modprobe kvm_intel",
		{ "-dev/kvm", "etc/modprobe.d/no.conf|# no guests\nblacklist kvm-intel\n" } },
	{ CODE_KVM_NO_DEV, NULL, CHECK_FAIL, "this kernel has no kvm_intel", "/lib/modules/6.12.0-amd64", "full set",
		{ "-dev/kvm" } },
	{ CODE_KVM_NO_EPT, NULL, CHECK_FAIL, "ept is off", "/etc/modprobe.d/k.conf:1", "remove ept=0",
		{ "sys/module/kvm_intel/parameters/ept|N\n", "etc/modprobe.d/k.conf|options kvm_intel ept=0\n" } },
	{ CODE_LOCKDOWN, NULL, CHECK_WARN, "confidentiality", "security/lockdown: none", "lockdown=integrity",
		{ "sys/kernel/security/lockdown|none integrity [confidentiality]\n" } },
	{ CODE_LOCKDOWN, NULL, CHECK_OK, "integrity", "", "",
		{ "sys/kernel/security/lockdown|none [integrity] confidentiality\n" } },
	{ CODE_MAP_COUNT_LOW, NULL, CHECK_WARN, "1024", "max_map_count: 1024", "65530",
		{ "proc/sys/vm/max_map_count|1024\n" } },

	/* IOMMU */
	{ CODE_IOMMU_OFF, NULL, CHECK_FAIL, "built without support", "no CONFIG_INTEL_IOMMU=y",
		"boot the distribution's", { "-sys/kernel/iommu_groups", "boot/config-6.12.0-amd64|CONFIG_X=y\n" } },
	{ CODE_ACPI_MALFORMED, NULL, CHECK_WARN, "malformed", "/sys/firmware/acpi/tables", "update the firmware",
		{ "sys/firmware/acpi/tables/DMAR|DMAR" } },
	{ CODE_IOMMU_NO_INTREMAP, NULL, CHECK_FAIL, "intremap=off", "IO-APIC", "s/ *\\bintremap=off//",
		{ "proc/interrupts|  CPU0\n 16: 1 IO-APIC 16-fasteoi\n", "proc/cmdline|intremap=off\n" } },
	{ CODE_INTREMAP_NO_SID, NULL, CHECK_WARN, "nosid", "intremap=nosid", "update-grub",
		{ "proc/cmdline|intel_iommu=on intremap=nosid\n" } },
	{ CODE_X2APIC_OPT_OUT, NULL, CHECK_WARN, "nox2apic", "nox2apic", "update-grub",
		{ "proc/cmdline|intel_iommu=on nox2apic\n" } },
	{ CODE_IOMMU_NARROW, NULL, CHECK_WARN, "39 bits, and this host has 600 GiB", "dmar0 addresses 39 bits",
		"below 512 GiB",
		{ "sys/class/iommu/dmar0/intel-iommu/cap|d2008c20660262\n", "proc/meminfo|MemTotal: 629145600 kB\n" } },
	{ CODE_IOMMU_SMALL_PAGES, NULL, CHECK_WARN, "4 KiB only", "dmar0: page sizes 0x1000", "nothing",
		{ "sys/class/iommu/dmar0/intel-iommu/cap|d2008040660462\n" } },
	{ CODE_ACS_OVERRIDE, NULL, CHECK_WARN, "does not know it", "pcie_acs_override", "pcie_acs_override=downstream",
		{ "proc/cmdline|pcie_acs_override=downstream\n", "dev/kmsg|5,1,1,-;Unknown kernel command line "
								 "parameters \"pcie_acs_override=downstream\"\n" } },

	/* VFIO */
	{ CODE_UNSAFE_INTERRUPTS, NULL, CHECK_WARN, "accept them", "/etc/modprobe.d/v.conf:1 to on",
		"remove allow_unsafe_interrupts from /etc/modprobe.d/v.conf:1, then update-initramfs -u",
		{ "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts|Y\n",
			"etc/modprobe.d/v.conf|options vfio_iommu_type1 allow_unsafe_interrupts=1\n" } },
	{ CODE_UNSAFE_INTERRUPTS, NULL, CHECK_WARN, "from the next load", "/proc/cmdline: allow_unsafe_interrupts=on",
		"remove",
		{ "-sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
			"proc/cmdline|vfio_iommu_type1.allow_unsafe_interrupts=1\n" } },
	/* The last line counts, as for modprobe. */
	{ CODE_UNSAFE_INTERRUPTS, NULL, CHECK_OK, "", "/etc/modprobe.d/v.conf:2 to off", "",
		{ "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts|N\n",
			"etc/modprobe.d/v.conf|options vfio_iommu_type1 allow_unsafe_interrupts=1\n"
			"options vfio_iommu_type1 allow_unsafe_interrupts=0\n" } },
	{ CODE_VFIO_NOIOMMU, NULL, CHECK_WARN, "nothing confines", "enable_unsafe_noiommu_mode: Y", "echo 0 >",
		{ "sys/module/vfio/parameters/enable_unsafe_noiommu_mode|Y\n" } },
	{ CODE_VFIO_PCI_OPTIONS, NULL, CHECK_WARN, "disable_denylist is on", "disable_denylist: Y",
		"remove disable_denylist", { "sys/module/vfio_pci/parameters/disable_denylist|Y\n" } },
	{ CODE_VFIO_PCI_OPTIONS, NULL, CHECK_OK, "disable_idle_d3", "", "", { "proc/cmdline|quiet\n" } },
	{ CODE_DMA_LIMIT, NULL, CHECK_FAIL, "4 mappings", "dma_entry_limit: 4", "from /etc/modprobe.d/d.conf:1",
		{ "sys/module/vfio_iommu_type1/parameters/dma_entry_limit|4\n",
			"etc/modprobe.d/d.conf|options vfio_iommu_type1 dma_entry_limit=4\n" } },
	{ CODE_VFIO_NO_MODULE, NULL, CHECK_WARN, "blacklisted", "/run/modprobe.d/b.conf:1", "remove that line",
		{ "-sys/bus/pci/drivers/vfio-pci/bind", "-sys/bus/pci/drivers/vfio-pci",
			"run/modprobe.d/b.conf|blacklist vfio-pci\n" } },

	/* advice */
	{ CODE_CMDLINE_HARMFUL, NULL, CHECK_WARN, "pci=realloc,nomsi: no device gets MSI", "pci=realloc,nomsi",
		"update-grub", { "proc/cmdline|intel_iommu=on pci=realloc,nomsi\n" } },
	{ CODE_CMDLINE_HARMFUL, NULL, CHECK_WARN, "iommu=soft", "iommu=soft", "update-grub",
		{ "proc/cmdline|intel_iommu=on iommu=soft\n" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_WARN, "amd_iommu=on: it is for AMD's IOMMU, and this host has Intel's",
		"/proc/cmdline has amd_iommu=on", "update-grub", { "proc/cmdline|intel_iommu=on amd_iommu=on\n" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_WARN, "intel_iommu=pt: it has no such value", "intel_iommu=pt", "update-grub",
		{ "proc/cmdline|intel_iommu=pt\n" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_WARN, "framebuffer is there all the same", "simple-framebuffer.0",
		"update-grub",
		{ "proc/cmdline|initcall_blacklist=sysfb_init\n", "sys/bus/platform/devices/simple-framebuffer.0|" } },
	{ CODE_CMDLINE_STALE, NULL, CHECK_OK, "none", "", "", { "proc/cmdline|initcall_blacklist=sysfb_init\n" } },
	{ CODE_MODULE_GONE, NULL, CHECK_WARN, "vfio_virqfd is to be loaded", "/etc/initramfs-tools/modules:3",
		"update-initramfs", { "etc/initramfs-tools/modules|# list\nvfio\nvfio_virqfd\n" } },
	{ CODE_MODULE_GONE, NULL, CHECK_WARN, "part of vfio since", "/etc/mkinitcpio.conf:1", "remove vfio_virqfd",
		{ "etc/mkinitcpio.conf|MODULES=(vfio vfio_virqfd)\n" } },
	{ CODE_MODULE_GONE, NULL, CHECK_OK, "none of VFIO's", "2 words", "",
		{ "etc/modules|vfio\nvfio-pci\n#vfio_virqfd\n" } },
	{ CODE_DEV_TWIN, NULL, CHECK_WARN, "takes 2 cards alike: " TWIN_ONE ", " TWIN_TWO,
		"/etc/modprobe.d/vfio.conf:1", "driverctl set-override",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8,8086:10d3\n" } },
	{ CODE_DEV_TWIN, NULL, CHECK_WARN, "takes 2 cards", "/proc/cmdline: ids=8086:10d3", "remove 8086:10d3",
		{ "proc/cmdline|intel_iommu=on vfio-pci.ids=8086:10d3\n" } },
	/* On the command line and in modprobe.d: the remedy names both, the device is asked about where it counts. */
	{ CODE_DEV_TWIN, NULL, CHECK_WARN, "takes 2 cards", "vfio.conf:1",
		"remove 8086:10D3 from /etc/modprobe.d/vfio.conf:1 and vfio-pci.ids= of the kernel's command line",
		{ "proc/cmdline|intel_iommu=on vfio-pci.ids=8086:10d3\n",
			"etc/modprobe.d/vfio.conf|options vfio-pci ids=8086:10D3\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_WARN, "nvidia has " GPU, "/proc/cmdline: ids=10de:1eb8", "softdep nvidia",
		{ "proc/cmdline|intel_iommu=on vfio-pci.ids=10de:1eb8\n",
			"etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n",
			"lib/modules/6.12.0-amd64/modules.builtin|kernel/drivers/vfio/pci/vfio-pci.ko\n" } },
	{ CODE_DEV_TWIN, NULL, CHECK_OK, "each id is one card's", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n" } },
	{ CODE_IDS_STALE, NULL, CHECK_WARN, "1234:5678 is no device", "vfio.conf:1", "remove 1234:5678",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8,1234:5678\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_WARN, "nvidia has " GPU, "driver: nvidia",
		"softdep nvidia pre: vfio-pci' >> /etc/modprobe.d/vfio.conf && echo vfio-pci >> "
		"/etc/initramfs-tools/modules",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_WARN, "built in and reads no modprobe.d", "vfio.conf:1",
		"vfio-pci.ids=10de:1eb8",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n",
			"lib/modules/6.12.0-amd64/modules.builtin|kernel/drivers/vfio/pci/vfio-pci.ko\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_WARN, "although vfio-pci is to come before", "driver: nvidia",
		"update-initramfs",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\nsoftdep nvidia pre: vfio-pci\n" } },
	{ CODE_EARLY_BIND_LOST, NULL, CHECK_OK, "vfio-pci has all 1", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n",
			DEV(GPU, "uevent|DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=10DE:1EB8\n"),
			"@" DEV(GPU, "driver|/x/drivers/vfio-pci") } },
	{ CODE_MODPROBE_IGNORED, NULL, CHECK_WARN, "vfio_pci is built into the kernel", "modules.builtin has vfio_pci",
		"vfio_pci.disable_vga=1",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci disable_vga=1\n",
			"lib/modules/6.12.0-amd64/modules.builtin|kernel/drivers/vfio/pci/vfio-pci.ko\n" } },
	{ CODE_MODPROBE_IGNORED, NULL, CHECK_OK, "read when", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci disable_vga=1\n" } },
	{ CODE_INITRAMFS_STALE, NULL, CHECK_UNMEASURED, "captured", "", "",
		{ "etc/modprobe.d/vfio.conf|options vfio-pci ids=10de:1eb8\n", "boot/initrd.img-6.12.0-amd64|x" } },
	{ CODE_BLACKLIST_HARMS, NULL, CHECK_WARN, "e1000e is blacklisted, which leaves " TWIN_TWO,
		"/etc/modprobe.d/b.conf:1", "driverctl",
		{ "etc/modprobe.d/b.conf|blacklist e1000e\n",
			DEV(TWIN_ONE, "uevent|DRIVER=vfio-pci\nPCI_CLASS=20000\nPCI_ID=8086:10D3\n"),
			"@" DEV(TWIN_ONE, "driver|/x/drivers/vfio-pci"),
			DEV(TWIN_TWO, "uevent|PCI_CLASS=20000\nPCI_ID=8086:10D3\n"), "-" DEV(TWIN_TWO, "driver") } },
	{ CODE_BLACKLIST_HARMS, NULL, CHECK_OK, "no card pays", "1 blacklist", "",
		{ "etc/modprobe.d/b.conf|blacklist e1000e\n", "usr/lib/modprobe.d/d.conf|blacklist pcspkr\n" } },
};

static void each_recipe(void **state)
{
	(void)state;
	recipes_follow(recipes, array_size(recipes));
}

static void complaints(const struct doctor_host *f)
{
	for (size_t i = 0; i < f->report.findings.count; i++) {
		const struct finding *result = &f->report.findings.item[i];

		if (result->state == CHECK_WARN || result->state == CHECK_FAIL)
			fail_msg("%s of %s: %s (%s)", code_info(result->code)->name, result->subject, result->summary,
				result->evidence);
		if (result->state == CHECK_OK)
			assert_string_equal(result->fix, "");
	}
}

/* No false alarm: the host, and each device that nobody uses. */
static void the_good_host(void **state)
{
	static const char *const devices[] = { NULL, PF, TWIN_ONE, TWIN_TWO, GPU };
	struct doctor_host f;

	(void)state;
	for (size_t i = 0; i < array_size(devices); i++) {
		doctor_host_make(&f);
		doctor_host_examine(&f, devices[i]);
		complaints(&f);
		doctor_host_drop(&f);
	}
}

/* What stands on the command line and in modprobe.d is one thing. */
static void nothing_is_told_twice(void **state)
{
	static const enum code codes[] = { CODE_DEV_TWIN, CODE_IDS_STALE, CODE_EARLY_BIND_LOST };
	struct doctor_host f;
	size_t times[array_size(codes)] = { 0 };

	(void)state;
	doctor_host_make(&f);
	doctor_host_change(&f, "proc/cmdline|intel_iommu=on vfio-pci.ids=8086:10d3,1234:5678,10de:1eb8\n");
	doctor_host_change(&f, "etc/modprobe.d/vfio.conf|options vfio-pci ids=8086:10d3,1234:5678,10de:1eb8\n");
	doctor_host_examine(&f, NULL);
	for (size_t i = 0; i < f.report.findings.count; i++)
		for (size_t k = 0; k < array_size(codes); k++)
			times[k] += f.report.findings.item[i].code == codes[k];
	doctor_host_drop(&f);
	assert_int_equal(times[0], 1);
	assert_int_equal(times[1], 1);
	assert_int_equal(times[2], 3); /* two cards of the kind, and the GPU */
}

/* What the table's flags say: the opt-out alone does not keep interrupts from being remapped, a missing flag does. */
static void flags_of_the_table(void **state)
{
	static const struct recipe out = { CODE_X2APIC_OPT_OUT, NULL, CHECK_WARN, "asks the kernel not to use it",
		"flags 0x03", "no_x2apic_optout", { NULL } };
	static const struct recipe off = { CODE_IOMMU_NO_INTREMAP, NULL, CHECK_FAIL, "table says that it cannot",
		"INTR_REMAP is clear", "on in the firmware's set-up", { NULL } };
	static const struct recipe missing = { CODE_IOMMU_UNIT_MISSING, NULL, CHECK_WARN, "0xfed91000 is not running",
		"lists 2", "update the firmware", { NULL } };
	struct doctor_host f;
	bool found[3] = { false };

	(void)state;
	doctor_host_make(&f);
	doctor_host_dmar(&f, 3, true);
	doctor_host_examine(&f, NULL);
	for (size_t i = 0; i < f.report.findings.count; i++) {
		found[0] |= recipe_fits(&out, &f.report.findings.item[i]);
		found[1] |= recipe_fits(&missing, &f.report.findings.item[i]);
	}
	doctor_host_drop(&f);
	doctor_host_make(&f);
	doctor_host_dmar(&f, 0, false);
	doctor_host_change(&f, "proc/interrupts|  CPU0\n 16: 1 IO-APIC 16-fasteoi\n");
	doctor_host_examine(&f, NULL);
	for (size_t i = 0; i < f.report.findings.count; i++)
		found[2] |= recipe_fits(&off, &f.report.findings.item[i]);
	doctor_host_drop(&f);
	assert_true(found[0]);
	assert_true(found[1]);
	assert_true(found[2]);
}

/* On the host itself the times of files count: a setting that is newer than the initramfs is not in it. */
static void older_initramfs(void **state)
{
	static const char *const names[] = { "boot/initrd.img-6.12.0-amd64", "etc/modprobe.d/vfio.conf" };
	static const struct recipe stale = { CODE_INITRAMFS_STALE, NULL, CHECK_WARN,
		"older than /etc/modprobe.d/vfio.conf:1", "after /boot/initrd.img", "update-initramfs -u -k all",
		{ NULL } };
	static const struct recipe fresh = { CODE_INITRAMFS_STALE, NULL, CHECK_OK, "newer", "before", "", { NULL } };

	(void)state;
	for (size_t newer = 0; newer < array_size(names); newer++) {
		struct doctor_host f;
		bool found = false;

		doctor_host_make(&f);
		for (size_t i = 0; i < array_size(names); i++) {
			const struct timespec times[2] = { { 1000 + (i == newer), 0 }, { 1000 + (i == newer), 0 } };

			temp_tree_file(&f.tree, names[i], "options vfio-pci ids=10de:1eb8\n");
			assert_int_equal(utimensat(f.tree.root.fd, names[i], times, 0), 0);
		}
		assert_int_equal(host_open(&f.host, f.tree.path, false, NULL), 0);
		f.host.root.captured = false;
		assert_int_equal(doctor_run(&f.host, NULL, 0, &f.report, NULL), 0);
		for (size_t i = 0; i < f.report.findings.count; i++)
			found |= recipe_fits(newer ? &stale : &fresh, &f.report.findings.item[i]);
		doctor_host_drop(&f);
		assert_true(found);
	}
}

/* No check is without a recipe for a long time: codes with trouble to tell are counted. */
static void enough_codes(void **state)
{
	(void)state;
	assert_true(recipes_codes(recipes, array_size(recipes)) >= 27);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_good_host),
		cmocka_unit_test(each_recipe),
		cmocka_unit_test(nothing_is_told_twice),
		cmocka_unit_test(flags_of_the_table),
		cmocka_unit_test(older_initramfs),
		cmocka_unit_test(enough_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
