// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on the IOMMU: what iommu/unit.c found, the firmware's table (iommu/table.h), the kernel's command line,
 * its build's configuration, and what it said at boot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "iommu/dmar.h"
#include "os/place.h"

enum {
	CONFIG_SIZE = 1 << 20,
	PAGE_2M_BIT = 21,
	X2APIC_CPUS = 255, /* without it no interrupt reaches processors from this number on */
};

/* CONFIG_NAME=y in boot/config-RELEASE: 1, 0; -1 where that file is not there. */
static int kernel_config(const struct doctor *doctor, const char *name)
{
	cleanup_free char *text = calloc(1, CONFIG_SIZE);
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\n%s=y", name);
	if (!text || !doctor->release[0] ||
		sysroot_read_text(&doctor->host->root, text, CONFIG_SIZE, "boot/config-%s", doctor->release) <= 0)
		return -1;
	return strstr(text, wanted) != NULL;
}

/* The kernel has a firmware table to go by, and does not use it: by its command line, or for a reason in its log. */
static void iommu_not_used(const struct doctor *doctor, struct check_result *result)
{
	static const char *const off[] = { "intel_iommu=off", "amd_iommu=off", "iommu=off" };
	bool intel = !strcmp(doctor->host->iommu.vendor, "intel");
	int built = kernel_config(doctor, intel ? "CONFIG_INTEL_IOMMU" : "CONFIG_AMD_IOMMU");
	int by_default = kernel_config(doctor, "CONFIG_INTEL_IOMMU_DEFAULT_ON");
	const struct kernel_finding *why = kernel_finding_stops(&doctor->log, MESSAGE_STOPS_IOMMU);

	check_evidence(result, "/sys/kernel/iommu_groups is empty, ACPI has %s, /proc/cmdline: %.200s",
		intel ? "DMAR" : "IVRS", doctor->cmdline);
	for (size_t i = 0; i < array_size(off); i++)
		if (doctor_has_argument(doctor, off[i])) {
			check_say(result, CHECK_FAIL, "switched off by the kernel argument %s", off[i]);
			check_fix_drop_argument(doctor, result, off[i]);
			return;
		}
	if (built == 0) {
		check_say(result, CHECK_FAIL, "the firmware offers one, and this kernel was built without support");
		check_evidence(
			result, "/boot/config-%s has no CONFIG_%s_IOMMU=y", doctor->release, intel ? "INTEL" : "AMD");
		check_fix(result, "boot the distribution's own kernel, or build it with CONFIG_%s_IOMMU",
			intel ? "INTEL" : "AMD");
	} else if (intel && by_default != 1 && !doctor_has_argument(doctor, "intel_iommu=on")) {
		check_say(result, CHECK_FAIL, "the firmware offers one, the kernel was not asked to use it");
		check_fix_add_argument(doctor, result, "intel_iommu=on");
	} else if (why) {
		check_say(result, CHECK_FAIL, "the firmware offers one, and the kernel gave it up: %s",
			why->cause->means);
		check_evidence(result, "kernel log: %s", why->last);
		check_fix(result, "%s; 'sluice iommu' shows what the firmware's table says", why->cause->fix);
	} else {
		check_say(result, CHECK_FAIL, "the firmware offers one, and the kernel does not use it");
		check_fix(result, "look for DMAR, IVRS or AMD-Vi in the kernel's log: dmesg");
	}
}

static void iommu_not_offered(const struct doctor *doctor, struct check_result *result)
{
	struct place place;

	place_read(&doctor->host->root, &place);
	if (place.is_container && !sysroot_exists(&doctor->host->root, "sys/firmware/acpi/tables")) {
		check_say(result, CHECK_UNMEASURED, "this container does not show the firmware's tables");
		check_evidence(result, "/sys/firmware/acpi/tables does not exist; %s", place.container_evidence);
		return;
	}
	check_evidence(result, "no DMAR or IVRS in /sys/firmware/acpi/tables, /sys/kernel/iommu_groups is empty");
	check_say(result, CHECK_FAIL, "the firmware offers none");
	if (doctor_has_argument(doctor, "acpi=off")) {
		check_say(result, CHECK_FAIL, "the firmware's tables are ignored by the kernel argument acpi=off");
		check_fix_drop_argument(doctor, result, "acpi=off");
		return;
	}
	if (doctor_has_argument(doctor, "intel_iommu=on"))
		check_say(result, CHECK_FAIL, "the kernel was asked to use it, and the firmware offers none");
	if (place.is_guest) {
		check_say(result, CHECK_FAIL, "%s offers none to this guest", place.name);
		check_evidence(result,
			"%s; no DMAR or IVRS in /sys/firmware/acpi/tables, /sys/kernel/iommu_groups is empty",
			place.evidence);
		check_fix(result, "%s", place.iommu_fix);
		return;
	}
	check_fix(result, "switch VT-d (Intel), or IOMMU or AMD-Vi (AMD), on in the firmware's set-up");
}

/* Xen hides the firmware's table from dom0, and uses the IOMMU itself: neither firmware nor kernel arguments are to blame. */
static bool owned_by_xen(const struct doctor *doctor, struct check_result *result)
{
	struct place place;

	place_read(&doctor->host->root, &place);
	if (!place.is_dom0)
		return false;
	check_say(result, CHECK_FAIL, "this is dom0: Xen has the IOMMU, and VFIO cannot use it");
	check_evidence(result, "%s; /sys/kernel/iommu_groups is empty", place.evidence);
	check_fix(result, "%s", place.iommu_fix);
	return true;
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
	if (owned_by_xen(doctor, result))
		return;
	if (iommu->firmware_table) {
		iommu_not_used(doctor, result);
		return;
	}
	iommu_not_offered(doctor, result);
}

/* Why interrupts are not remapped although the IOMMU is on: arguments, the firmware's flag, the build, the log. */
static void not_remapped(const struct doctor *doctor, struct check_result *result)
{
	static const char *const off[] = { "intremap=off", "nointremap" };
	const struct kernel_finding *why = kernel_finding_stops(&doctor->log, MESSAGE_STOPS_REMAPPING);
	char evidence[192];
	struct place place;

	text_copy(evidence, sizeof(evidence), doctor->host->iommu.evidence);
	check_say(result, CHECK_FAIL, "off: interrupts of devices are not confined");
	for (size_t i = 0; i < array_size(off); i++)
		if (doctor_has_argument(doctor, off[i])) {
			check_say(result, CHECK_FAIL, "off, by the kernel argument %s", off[i]);
			check_evidence(result, "%s; /proc/cmdline has %s", evidence, off[i]);
			check_fix_drop_argument(doctor, result, off[i]);
			return;
		}
	if (!doctor->table.amd && doctor->table.acpi.size && !(doctor->table.flags & DMAR_FLAG_INTERRUPT_REMAPPING)) {
		check_say(result, CHECK_FAIL, "off: the firmware's table says that it cannot");
		check_evidence(result, "%s; DMAR flags 0x%02x: INTR_REMAP is clear", evidence, doctor->table.flags);
		check_fix(result, "switch interrupt remapping or x2APIC on in the firmware's set-up");
	} else if (kernel_config(doctor, "CONFIG_IRQ_REMAP") == 0) {
		check_evidence(result, "%s; /boot/config-%s has no CONFIG_IRQ_REMAP=y", evidence, doctor->release);
		check_fix(result, "boot a kernel that is built with CONFIG_IRQ_REMAP");
	} else if (why) {
		check_say(result, CHECK_FAIL, "off: %s", why->cause->means);
		check_evidence(result, "%s; kernel log: %.160s", evidence, why->last);
		check_fix(result, "%s", why->cause->fix);
	} else {
		check_fix(result, "switch x2APIC or interrupt remapping on in the firmware's set-up");
	}
	place_read(&doctor->host->root, &place);
	if (place.is_guest)
		check_fix(result, "%s", place.iommu_fix);
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
	if (iommu->interrupt_remapping == IOMMU_YES)
		check_say(result, CHECK_OK, "on");
	else if (iommu->interrupt_remapping == IOMMU_UNKNOWN)
		check_say(result, CHECK_UNMEASURED, "no evidence either way");
	else
		not_remapped(doctor, result);
}

void check_interrupt_sources(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)device;
	if (doctor->host->iommu.interrupt_remapping != IOMMU_YES)
		return;
	if (!doctor->cmdline[0]) {
		check_say(result, CHECK_UNMEASURED, "/proc/cmdline cannot be read");
		return;
	}
	check_evidence(result, "/proc/cmdline: %.200s", doctor->cmdline);
	if (!doctor_has_argument(doctor, "intremap=nosid")) {
		check_say(result, CHECK_OK, "checked");
		return;
	}
	check_say(result, CHECK_WARN, "not checked, by the kernel argument intremap=nosid");
	check_fix_drop_argument(doctor, result, "intremap=nosid");
}

static unsigned int last_cpu(const struct sysroot *root)
{
	char text[256];
	const char *last;

	if (sysroot_read_text(root, text, sizeof(text), "sys/devices/system/cpu/present") <= 0)
		return 0;
	last = text + strlen(text);
	while (last > text && last[-1] >= '0' && last[-1] <= '9')
		last--;
	return (unsigned int)strtoul(last, NULL, 10);
}

void check_x2apic(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	unsigned int cpu = last_cpu(&doctor->host->root);

	(void)device;
	if (doctor->table.amd || (!doctor->table.acpi.size && strcmp(doctor->host->iommu.vendor, "intel") != 0))
		return;
	if (!doctor->table.acpi.size) {
		check_say(result, CHECK_UNMEASURED, "/sys/firmware/acpi/tables/DMAR cannot be read");
		return;
	}
	check_evidence(result, "DMAR flags 0x%02x, last processor %u", doctor->table.flags, cpu);
	if (doctor_has_argument(doctor, "nox2apic")) {
		check_evidence(result, "/proc/cmdline has nox2apic, last processor %u", cpu);
		check_say(result, CHECK_WARN, "switched off by the kernel argument nox2apic");
		check_fix_drop_argument(doctor, result, "nox2apic");
	} else if (!(doctor->table.flags & DMAR_FLAG_X2APIC_OPT_OUT)) {
		check_say(result, CHECK_OK, "the firmware does not stand in its way");
	} else {
		check_say(result, CHECK_WARN, "the firmware asks the kernel not to use it%s",
			cpu >= X2APIC_CPUS ? ", and this host has processors that need it" : "");
		check_fix(result, "switch x2APIC on (or 'X2APIC opt out' off) in the firmware's set-up; or, at your "
				  "own risk: the "
				  "argument intremap=no_x2apic_optout");
	}
}

void check_firmware_table(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct acpi_table *acpi = &doctor->table.acpi;

	(void)device;
	if (doctor->table_error.errnum && doctor->table_error.code == CODE_ACPI_MALFORMED) {
		check_say(result, CHECK_WARN, "%.240s", doctor->table_error.msg);
		check_evidence(result, "/sys/firmware/acpi/tables: %.240s", doctor->table_error.msg);
		check_fix(result, "update the firmware; 'sluice iommu' shows what can be read");
		return;
	}
	if (!acpi->size) {
		if (doctor->host->iommu.firmware_table)
			check_say(result, CHECK_UNMEASURED, "it can be read as root only");
		return;
	}
	check_evidence(result, "/sys/firmware/acpi/tables/%s: %u bytes, %zu parts", acpi->signature, acpi->size,
		acpi->item_count);
	if (!acpi->malformed_count) {
		check_say(result, CHECK_OK, "%s is well-formed", acpi->signature);
		return;
	}
	for (size_t i = 0; i < acpi->flaw_count && i < ACPI_FLAW_MAX; i++)
		if (acpi->flaw[i].malformed) {
			check_evidence(result, "/sys/firmware/acpi/tables/%s, offset 0x%x: %s", acpi->signature,
				acpi->flaw[i].offset, acpi->flaw[i].text);
			break;
		}
	check_say(result, CHECK_WARN, "%s contradicts itself in %zu places", acpi->signature, acpi->malformed_count);
	check_fix(result, "update the firmware; 'sluice iommu' shows all of them");
}

void check_iommu_units(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct iommu_table *table = &doctor->table;
	const struct iommu_unit *missing = NULL;
	size_t listed = 0, running = 0;
	char name[PCI_ADDR_TEXT_SIZE];

	(void)device;
	for (size_t i = 0; i < table->unit_count; i++) {
		listed += table->unit[i].in_table;
		running += table->unit[i].in_kernel;
		/* The kernel leaves units out that no device of this host is behind. */
		if (table->unit[i].in_table && !table->unit[i].in_kernel && table->unit[i].device_count)
			missing = missing ? missing : &table->unit[i];
	}
	if (!doctor->host->iommu.translating || !listed)
		return;
	check_evidence(result, "%s lists %zu, /sys/class/iommu has %zu", table->acpi.signature, listed, running);
	if (!missing || !running) {
		check_say(result, CHECK_OK, "all that have devices are running");
		return;
	}
	check_say(result, CHECK_WARN, "the one at 0x%llx is not running, which %s%s is behind",
		(unsigned long long)missing->address, pci_addr_text(missing->device[0], name),
		missing->device_count > 1 ? " (and others)" : "");
	check_fix(result, "look for DMAR or AMD-Vi in the kernel's log (dmesg), and for intel_iommu=igfx_off");
}

/* The narrowest and the poorest unit decide, since any device may be behind them. */
void check_iommu_width(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct iommu_unit *narrow = NULL;
	char text[512], size[32];
	const char *total;
	uint64_t memory;

	(void)device;
	for (size_t i = 0; i < doctor->table.unit_count; i++) {
		const struct iommu_unit *unit = &doctor->table.unit[i];

		if (unit->in_kernel && unit->can.address_width &&
			(!narrow || unit->can.address_width < narrow->can.address_width))
			narrow = unit;
	}
	if (!narrow || sysroot_read_text(&doctor->host->root, text, sizeof(text), "proc/meminfo") <= 0)
		return;
	total = strstr(text, "MemTotal:");
	memory = total ? strtoull(total + strlen("MemTotal:"), NULL, 10) << 10 : 0;
	check_evidence(result, "%s addresses %u bits; /proc/meminfo: MemTotal %s", narrow->name,
		narrow->can.address_width, size_to_text(memory, size, sizeof(size)));
	if (narrow->can.address_width >= 64 || memory >> narrow->can.address_width == 0) {
		check_say(result, CHECK_OK, "%u bits", narrow->can.address_width);
		return;
	}
	check_say(result, CHECK_WARN, "%u bits, and this host has %s of memory", narrow->can.address_width,
		size_to_text(memory, size, sizeof(size)));
	check_fix(result, "keep guests with devices below %s",
		size_to_text(1ull << narrow->can.address_width, size, sizeof(size)));
}

void check_iommu_pages(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct iommu_unit *poor = NULL;

	(void)device;
	for (size_t i = 0; i < doctor->table.unit_count; i++) {
		const struct iommu_unit *unit = &doctor->table.unit[i];

		if (unit->in_kernel && unit->can.page_sizes && (!poor || unit->can.page_sizes < poor->can.page_sizes))
			poor = unit;
	}
	if (!poor)
		return;
	check_evidence(result, "%s: page sizes 0x%llx", poor->name, (unsigned long long)poor->can.page_sizes);
	if (doctor_has_argument(doctor, "intel_iommu=sp_off")) {
		check_evidence(result, "/proc/cmdline has intel_iommu=sp_off");
		check_say(result, CHECK_WARN, "large pages are switched off by a kernel argument");
		check_fix_drop_argument(doctor, result, "intel_iommu=sp_off");
		return;
	}
	check_say(result, poor->can.page_sizes >> PAGE_2M_BIT & 1 ? CHECK_OK : CHECK_WARN, "%s",
		poor->can.page_sizes >> PAGE_2M_BIT & 1 ? "2 MiB and more" : "4 KiB only");
	if (!(poor->can.page_sizes >> PAGE_2M_BIT & 1))
		check_fix(result, "nothing on this hardware; expect guests with much memory to start slowly");
}

void check_acs_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	char argument[96], log[512];

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
	if (kernel_log_find(&doctor->host->root, "Unknown kernel command line parameters", log, sizeof(log)) &&
		strstr(log, "pcie_acs_override="))
		check_say(result, CHECK_WARN, "the kernel argument for it does nothing: this kernel does not know it");
	else
		check_say(result, CHECK_WARN, "groups are split by a kernel argument, not by hardware");
	doctor_argument(doctor, "pcie_acs_override=", argument, sizeof(argument));
	check_fix_drop_argument(doctor, result, argument);
}
