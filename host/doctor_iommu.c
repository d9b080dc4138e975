// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on IOMMU and VFIO: what iommu/host_unit.c found, the kernel's command line, modules and their parameters. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/doctor_checks.h"

enum {
	MODULES_DEP_SIZE = 4 << 20,
	DMA_ENTRIES_WANTED = 64,
};

/* The kernel has a firmware table to go by, and does not use it: by its command line, or for a reason in its log. */
static void iommu_not_used(const struct doctor *doctor, struct check_result *result)
{
	static const char *const off[] = { "intel_iommu=off", "amd_iommu=off", "iommu=off" };
	bool intel = !strcmp(doctor->host->iommu.vendor, "intel");

	check_evidence(result, "/sys/kernel/iommu_groups is empty, ACPI has %s, command line: %.120s",
		intel ? "DMAR" : "IVRS", doctor->cmdline);
	for (size_t i = 0; i < array_size(off); i++)
		if (doctor_has_argument(doctor, off[i])) {
			check_say(result, CHECK_FAIL, "switched off by the kernel argument %s", off[i]);
			check_fix(result, "remove %s %s, then reboot", off[i], doctor->loader.argument_fix);
			return;
		}
	if (intel && !doctor_has_argument(doctor, "intel_iommu=on")) {
		check_say(result, CHECK_FAIL, "the firmware offers one, the kernel was not asked to use it");
		check_fix(result, "add intel_iommu=on %s, then reboot", doctor->loader.argument_fix);
		return;
	}
	check_say(result, CHECK_FAIL, "the firmware offers one, and the kernel does not use it");
	check_fix(result, "look for DMAR, IVRS or AMD-Vi in the kernel's log: dmesg");
}

void check_iommu_on(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct iommu_host *iommu = &doctor->host->iommu;

	(void)device;
	if (iommu->translating) {
		check_say(result, CHECK_OK, "on, %zu unit%s%s%s", iommu->unit_count, iommu->unit_count == 1 ? "" : "s",
			iommu->vendor[0] ? ", " : "", iommu->vendor);
		check_evidence(
			result, "/sys/kernel/iommu_groups has groups, /sys/class/iommu %zu units", iommu->unit_count);
		return;
	}
	if (!sysroot_exists(&doctor->host->root, "sys/kernel")) {
		check_say(result, CHECK_UNMEASURED, "/sys/kernel cannot be read");
		return;
	}
	if (iommu->firmware_table) {
		iommu_not_used(doctor, result);
		return;
	}
	check_evidence(result, "no DMAR or IVRS in /sys/firmware/acpi/tables, /sys/kernel/iommu_groups is empty");
	check_say(result, CHECK_FAIL, "the firmware offers none");
	check_fix(result,
		"switch VT-d (Intel), or IOMMU or AMD-Vi (AMD), on in the firmware's set-up; in a virtual machine "
		"its hypervisor has to offer one");
}

void check_interrupt_remapping(
	const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct iommu_host *iommu = &doctor->host->iommu;

	(void)device;
	if (!iommu->translating) {
		check_say(result, CHECK_UNMEASURED, "no IOMMU is on");
		return;
	}
	check_evidence(result, "%s", iommu->evidence);
	if (iommu->interrupt_remapping == IOMMU_YES) {
		check_say(result, CHECK_OK, "on");
		return;
	}
	if (iommu->interrupt_remapping == IOMMU_UNKNOWN) {
		check_say(result, CHECK_UNMEASURED, "no evidence either way");
		return;
	}
	check_say(result, CHECK_FAIL, "off: interrupts of devices are not confined");
	if (doctor_has_argument(doctor, "intremap=off") || doctor_has_argument(doctor, "nointremap"))
		check_fix(result, "remove intremap=off or nointremap %s, then reboot", doctor->loader.argument_fix);
	else
		check_fix(result, "switch x2APIC or interrupt remapping on in the firmware's set-up");
}

void check_unsafe_interrupts(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const char file[] = "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
	char value[8];

	(void)device;
	if (sysroot_read_text(&doctor->host->root, value, sizeof(value), "%s", file) <= 0) {
		check_say(result, CHECK_UNMEASURED, "vfio_iommu_type1 is not loaded");
		return;
	}
	check_evidence(result, "/%s: %s", file, value);
	if (!doctor->host->iommu.unsafe_interrupts) {
		check_say(result, CHECK_OK, "not accepted");
		return;
	}
	check_say(result, CHECK_WARN, "VFIO was told to accept them");
	check_fix(result, "remove allow_unsafe_interrupts from /etc/modprobe.d%s%s, and: echo 0 > /%s",
		doctor->loader.initramfs_fix[0] ? ", " : "", doctor->loader.initramfs_fix, file);
}

void check_acs_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)device;
	if (!doctor->cmdline[0]) {
		check_say(result, CHECK_UNMEASURED, "/proc/cmdline cannot be read");
		return;
	}
	check_evidence(result, "/proc/cmdline: %.200s", doctor->cmdline);
	if (!doctor_has_argument(doctor, "pcie_acs_override=")) {
		check_say(result, CHECK_OK, "not used: groups are what the hardware isolates");
		return;
	}
	check_say(result, CHECK_WARN, "groups are split by a kernel argument, not by hardware");
	check_fix(result, "remove pcie_acs_override= %s, then reboot", doctor->loader.argument_fix);
}

/* Is /kernel/.../vfio-pci.ko named in lib/modules/RELEASE/LIST? */
static bool module_listed(const struct sysroot *root, const char *release, const char *list, const char *module)
{
	cleanup_free char *text = calloc(1, MODULES_DEP_SIZE);
	char file[64];
	ssize_t length =
		text ? sysroot_read_text(root, text, MODULES_DEP_SIZE, "lib/modules/%s/%s", release, list) : -ENOMEM;

	snprintf(file, sizeof(file), "/%s.ko", module);
	return length > 0 && strstr(text, file);
}

void check_vfio_modules(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct sysroot *root = &doctor->host->root;
	char release[128];

	(void)device;
	if (sysroot_exists(root, "sys/bus/pci/drivers/vfio-pci")) {
		check_say(result, CHECK_OK, "vfio-pci is loaded or built in");
		check_evidence(result, "/sys/bus/pci/drivers/vfio-pci exists");
		return;
	}
	if (sysroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") <= 0 ||
		strchr(release, '/')) {
		check_say(result, CHECK_UNMEASURED, "/proc/sys/kernel/osrelease cannot be read");
		return;
	}
	if (module_listed(root, release, "modules.dep", "vfio-pci")) {
		check_say(result, CHECK_OK, "vfio-pci is not loaded yet, and is loaded when it is needed");
		check_evidence(result, "/lib/modules/%s/modules.dep has vfio-pci", release);
		return;
	}
	check_evidence(result, "neither /sys/bus/pci/drivers nor /lib/modules/%s has vfio-pci", release);
	check_say(result, CHECK_FAIL, "vfio-pci is neither loaded nor loadable");
	check_fix(result, "install the kernel's full set of modules; cloud kernels leave VFIO out");
}

void check_vfio_permission(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	cleanup_close int fd = sysroot_open_file(&doctor->host->root, O_RDWR, "dev/vfio/vfio");
	int errnum = fd < 0 ? -fd : 0;

	(void)device;
	if (doctor->host->root.captured) {
		check_say(result, CHECK_UNMEASURED, "a captured host has no users");
	} else if (errnum == ENOENT || errnum == ENODEV) {
		check_say(result, CHECK_UNMEASURED, "/dev/vfio/vfio appears with the module");
	} else if (!errnum) {
		check_say(result, CHECK_OK, "this user may use VFIO");
		check_evidence(result, "open /dev/vfio/vfio: works");
	} else {
		check_say(result, CHECK_WARN, "this user cannot open /dev/vfio/vfio: %s", strerror(errnum));
		check_evidence(result, "open /dev/vfio/vfio: %s", strerror(errnum));
		check_fix(result, "run as root, or: chmod 0666 /dev/vfio/vfio, which gives no device away");
	}
}

void check_dma_limit(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const char file[] = "sys/module/vfio_iommu_type1/parameters/dma_entry_limit";
	uint64_t limit;

	(void)device;
	if (sysroot_read_u64(&doctor->host->root, &limit, "%s", file)) {
		check_say(result, CHECK_UNMEASURED, "vfio_iommu_type1 is not loaded");
		return;
	}
	check_evidence(result, "/%s: %llu", file, (unsigned long long)limit);
	check_say(result, limit < DMA_ENTRIES_WANTED ? CHECK_FAIL : CHECK_OK, "%llu mappings for each guest",
		(unsigned long long)limit);
	if (limit < DMA_ENTRIES_WANTED)
		check_fix(result, "remove dma_entry_limit from /etc/modprobe.d; the default is 65535");
}
