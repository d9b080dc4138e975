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
#include "distro/kernel_log.h"
#include "doctor/checks.h"
#include "iommu/dmar.h"
#include "os/place.h"

enum {
	CONFIG_SIZE = 1 << 20,
	PAGE_2M_BIT = 21,
	X2APIC_CPUS = 255, /* without it no interrupt reaches processors from this number on */
};

static const char virtio[] = "virtio"; /* struct iommu_host's vendor */

/* CONFIG_NAME=y in boot/config-RELEASE: 1, 0; -1 where that file is not there. */
static int kernel_config(const struct facts *facts, const char *name)
{
	cleanup_free char *text = calloc(1, CONFIG_SIZE);
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\n%s=y", name);
	if (!text || !facts->release[0] ||
		sysroot_read_text(&facts->host->root, text, CONFIG_SIZE, "boot/config-%s", facts->release) <= 0)
		return -1;
	return strstr(text, wanted) != NULL;
}

/* The kernel has a firmware table to go by, and does not use it: by its command line, or for a reason in its log. */
static void iommu_not_used(const struct facts *facts, struct findings *findings)
{
	static const char *const off[] = { "intel_iommu=off", "amd_iommu=off", "iommu=off" };
	bool intel = !strcmp(facts->host->iommu.vendor, "intel");
	int built = kernel_config(facts, intel ? "CONFIG_INTEL_IOMMU" : "CONFIG_AMD_IOMMU");
	int by_default = kernel_config(facts, "CONFIG_INTEL_IOMMU_DEFAULT_ON");
	const struct kernel_finding *why = kernel_finding_stops(&facts->log, MESSAGE_STOPS_IOMMU);

	finding_evidence(findings, "/sys/kernel/iommu_groups is empty, ACPI has %s, /proc/cmdline: %.200s",
		intel ? "DMAR" : "IVRS", facts->cmdline);
	for (size_t i = 0; i < array_size(off); i++)
		if (facts_has_argument(facts, off[i])) {
			finding_say(findings, CHECK_FAIL, "switched off by the kernel argument %s", off[i]);
			fix_drop_argument(facts, findings, off[i]);
			return;
		}
	if (built == 0) {
		finding_say(findings, CHECK_FAIL, "the firmware offers one, and this kernel was built without support");
		finding_evidence(
			findings, "/boot/config-%s has no CONFIG_%s_IOMMU=y", facts->release, intel ? "INTEL" : "AMD");
		finding_fix(findings, "boot the distribution's own kernel, or build it with CONFIG_%s_IOMMU",
			intel ? "INTEL" : "AMD");
	} else if (intel && by_default != 1 && !facts_has_argument(facts, "intel_iommu=on")) {
		finding_say(findings, CHECK_FAIL, "the firmware offers one, the kernel was not asked to use it");
		fix_add_argument(facts, findings, "intel_iommu=on");
	} else if (why) {
		finding_say(findings, CHECK_FAIL, "the firmware offers one, and the kernel gave it up: %s",
			why->cause->means);
		finding_evidence(findings, "kernel log: %s", why->last);
		finding_fix(findings, "%s; 'sluice iommu' shows what the firmware's table says", why->cause->fix);
	} else {
		finding_say(findings, CHECK_FAIL, "the firmware offers one, and the kernel does not use it");
		log_fix_iommu(facts, findings, "boot the distribution's own kernel, and update the firmware");
	}
}

/* A virtual IOMMU of virtio's own kind (VIOT table), whose driver is a module that some kernels do not have. */
static void virtio_not_used(const struct facts *facts, struct findings *findings)
{
	bool built = kernel_config(facts, "CONFIG_VIRTIO_IOMMU") != 0;
	struct place place;

	place_read(&facts->host->root, &place);
	finding_evidence(findings, "/sys/kernel/iommu_groups is empty, ACPI has VIOT%s%s%s",
		built ? "" : "; /boot/config-", built ? "" : facts->release,
		built ? "" : " has no CONFIG_VIRTIO_IOMMU=y");
	finding_say(findings, CHECK_FAIL, "%s offers a virtio-iommu, and %s",
		place.name[0] ? place.name : "the firmware",
		built ? "the kernel does not use it" : "this kernel was built without its driver");
	finding_fix(findings, "%s", place.is_guest ? place.iommu_fix : "boot a kernel with CONFIG_VIRTIO_IOMMU");
}

static void iommu_not_offered(const struct facts *facts, struct findings *findings)
{
	struct place place;

	place_read(&facts->host->root, &place);
	if (place.is_container && !sysroot_exists(&facts->host->root, "sys/firmware/acpi/tables")) {
		finding_say(findings, CHECK_UNMEASURED, "this container does not show the firmware's tables");
		finding_evidence(findings, "/sys/firmware/acpi/tables does not exist; %s", place.container_evidence);
		return;
	}
	finding_evidence(
		findings, "no DMAR, IVRS or VIOT in /sys/firmware/acpi/tables, /sys/kernel/iommu_groups is empty");
	finding_say(findings, CHECK_FAIL, "the firmware offers none");
	if (facts_has_argument(facts, "acpi=off")) {
		finding_say(findings, CHECK_FAIL, "the firmware's tables are ignored by the kernel argument acpi=off");
		fix_drop_argument(facts, findings, "acpi=off");
		return;
	}
	if (facts_has_argument(facts, "intel_iommu=on"))
		finding_say(findings, CHECK_FAIL, "the kernel was asked to use it, and the firmware offers none");
	if (place.is_guest) {
		finding_say(findings, CHECK_FAIL, "%s offers none to this guest", place.name);
		finding_evidence(findings,
			"%s; no DMAR, IVRS or VIOT in /sys/firmware/acpi/tables, /sys/kernel/iommu_groups is empty",
			place.evidence);
		finding_fix(findings, "%s", place.iommu_fix);
		return;
	}
	finding_fix(findings, "switch VT-d (Intel), or IOMMU or AMD-Vi (AMD), on in the firmware's set-up");
}

/*
 * Xen hides the firmware's table from dom0, and uses the IOMMU itself: neither firmware nor kernel arguments are to
 * blame.
 */
static bool owned_by_xen(const struct facts *facts, struct findings *findings)
{
	struct place place;

	place_read(&facts->host->root, &place);
	if (!place.is_dom0)
		return false;
	finding_say(findings, CHECK_FAIL, "this is dom0: Xen has the IOMMU, and VFIO cannot use it");
	finding_evidence(findings, "%s; /sys/kernel/iommu_groups is empty", place.evidence);
	finding_fix(findings, "%s", place.iommu_fix);
	return true;
}

static void check_iommu_on(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_host *iommu = &facts->host->iommu;

	(void)device;
	if (iommu->translating) {
		finding_say(findings, CHECK_OK, "on, %zu unit%s%s%s", iommu->unit_count,
			iommu->unit_count == 1 ? "" : "s", iommu->vendor[0] ? ", " : "", iommu->vendor);
		finding_evidence(
			findings, "/sys/kernel/iommu_groups has groups, /sys/class/iommu %zu units", iommu->unit_count);
		return;
	}
	if (!sysroot_exists(&facts->host->root, "sys/kernel")) {
		finding_say(findings, CHECK_UNMEASURED, "/sys/kernel cannot be read");
		return;
	}
	if (owned_by_xen(facts, findings))
		return;
	if (iommu->firmware_table && !strcmp(iommu->vendor, virtio)) {
		virtio_not_used(facts, findings);
		return;
	}
	if (iommu->firmware_table) {
		iommu_not_used(facts, findings);
		return;
	}
	iommu_not_offered(facts, findings);
}

/* Why interrupts are not remapped although the IOMMU is on: arguments, the firmware's flag, the build, the log. */
static void not_remapped(const struct facts *facts, struct findings *findings)
{
	static const char *const off[] = { "intremap=off", "nointremap" };
	const struct kernel_finding *why = kernel_finding_stops(&facts->log, MESSAGE_STOPS_REMAPPING);
	char evidence[192];
	struct place place;

	text_copy(evidence, sizeof(evidence), facts->host->iommu.evidence);
	finding_say(findings, CHECK_FAIL, "off: interrupts of devices are not confined");
	for (size_t i = 0; i < array_size(off); i++)
		if (facts_has_argument(facts, off[i])) {
			finding_say(findings, CHECK_FAIL, "off, by the kernel argument %s", off[i]);
			finding_evidence(findings, "%s; /proc/cmdline has %s", evidence, off[i]);
			fix_drop_argument(facts, findings, off[i]);
			return;
		}
	if (!facts->table.amd && facts->table.acpi.size && !(facts->table.flags & DMAR_FLAG_INTERRUPT_REMAPPING)) {
		finding_say(findings, CHECK_FAIL, "off: the firmware's table says that it cannot");
		finding_evidence(findings, "%s; DMAR flags 0x%02x: INTR_REMAP is clear", evidence, facts->table.flags);
		finding_fix(findings, "switch interrupt remapping or x2APIC on in the firmware's set-up");
	} else if (kernel_config(facts, "CONFIG_IRQ_REMAP") == 0) {
		finding_evidence(findings, "%s; /boot/config-%s has no CONFIG_IRQ_REMAP=y", evidence, facts->release);
		finding_fix(findings, "boot a kernel that is built with CONFIG_IRQ_REMAP");
	} else if (why) {
		finding_say(findings, CHECK_FAIL, "off: %s", why->cause->means);
		finding_evidence(findings, "%s; kernel log: %.160s", evidence, why->last);
		finding_fix(findings, "%s", why->cause->fix);
	} else {
		finding_fix(findings, "switch x2APIC or interrupt remapping on in the firmware's set-up");
	}
	place_read(&facts->host->root, &place);
	if (place.is_guest)
		finding_fix(findings, "%s", place.iommu_fix);
	if (!strcmp(facts->host->iommu.vendor, virtio)) {
		finding_say(findings, CHECK_FAIL, "off: virtio-iommu does not remap interrupts, and VFIO wants that");
		finding_fix(findings, "replace virtio-iommu by one that does; %s", place.iommu_fix);
	}
}

static void check_interrupt_remapping(
	const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_host *iommu = &facts->host->iommu;

	(void)device;
	if (!iommu->translating) {
		finding_say(findings, CHECK_UNMEASURED, "no IOMMU is on");
		return;
	}
	finding_evidence(findings, "%s", iommu->evidence);
	if (iommu->interrupt_remapping == IOMMU_YES)
		finding_say(findings, CHECK_OK, "on");
	else if (iommu->interrupt_remapping == IOMMU_UNKNOWN)
		finding_say(findings, CHECK_UNMEASURED, "no evidence either way");
	else
		not_remapped(facts, findings);
}

static void check_interrupt_sources(
	const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	(void)device;
	if (facts->host->iommu.interrupt_remapping != IOMMU_YES)
		return;
	if (!facts->cmdline[0]) {
		finding_say(findings, CHECK_UNMEASURED, "/proc/cmdline cannot be read");
		return;
	}
	finding_evidence(findings, "/proc/cmdline: %.200s", facts->cmdline);
	if (!facts_has_argument(facts, "intremap=nosid")) {
		finding_say(findings, CHECK_OK, "checked");
		return;
	}
	finding_say(findings, CHECK_WARN, "not checked, by the kernel argument intremap=nosid");
	fix_drop_argument(facts, findings, "intremap=nosid");
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

static void check_x2apic(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	unsigned int cpu = last_cpu(&facts->host->root);

	(void)device;
	if (facts->table.amd || (!facts->table.acpi.size && strcmp(facts->host->iommu.vendor, "intel") != 0))
		return;
	if (!facts->table.acpi.size) {
		finding_say(findings, CHECK_UNMEASURED, "/sys/firmware/acpi/tables/DMAR cannot be read");
		return;
	}
	finding_evidence(findings, "DMAR flags 0x%02x, last processor %u", facts->table.flags, cpu);
	if (facts_has_argument(facts, "nox2apic")) {
		finding_evidence(findings, "/proc/cmdline has nox2apic, last processor %u", cpu);
		finding_say(findings, CHECK_WARN, "switched off by the kernel argument nox2apic");
		fix_drop_argument(facts, findings, "nox2apic");
	} else if (!(facts->table.flags & DMAR_FLAG_X2APIC_OPT_OUT)) {
		finding_say(findings, CHECK_OK, "the firmware does not stand in its way");
	} else {
		finding_say(findings, CHECK_WARN, "the firmware asks the kernel not to use it%s",
			cpu >= X2APIC_CPUS ? ", and this host has processors that need it" : "");
		finding_fix(findings,
			"switch x2APIC on (or 'X2APIC opt out' off) in the firmware's set-up; or, at your "
			"own risk: the "
			"argument intremap=no_x2apic_optout");
	}
}

static void check_firmware_table(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct acpi_table *acpi = &facts->table.acpi;

	(void)device;
	if (facts->table_error.errnum && facts->table_error.code == CODE_ACPI_MALFORMED) {
		finding_say(findings, CHECK_WARN, "%.240s", facts->table_error.msg);
		finding_evidence(findings, "/sys/firmware/acpi/tables: %.240s", facts->table_error.msg);
		finding_fix(findings, "update the firmware; 'sluice iommu' shows what can be read");
		return;
	}
	if (!acpi->size) {
		if (facts->host->iommu.firmware_table)
			finding_say(findings, CHECK_UNMEASURED, "it can be read as root only");
		return;
	}
	finding_evidence(findings, "/sys/firmware/acpi/tables/%s: %u bytes, %zu parts", acpi->signature, acpi->size,
		acpi->item_count);
	if (!acpi->malformed_count) {
		finding_say(findings, CHECK_OK, "%s is well-formed", acpi->signature);
		return;
	}
	for (size_t i = 0; i < acpi->flaw_count && i < ACPI_FLAW_MAX; i++)
		if (acpi->flaw[i].malformed) {
			finding_evidence(findings, "/sys/firmware/acpi/tables/%s, offset 0x%x: %s", acpi->signature,
				acpi->flaw[i].offset, acpi->flaw[i].text);
			break;
		}
	finding_say(
		findings, CHECK_WARN, "%s contradicts itself in %zu places", acpi->signature, acpi->malformed_count);
	finding_fix(findings, "update the firmware; 'sluice iommu' shows all of them");
}

static void check_iommu_units(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_table *table = &facts->table;
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
	if (!facts->host->iommu.translating || !listed)
		return;
	finding_evidence(findings, "%s lists %zu, /sys/class/iommu has %zu", table->acpi.signature, listed, running);
	if (!missing || !running) {
		finding_say(findings, CHECK_OK, "all that have devices are running");
		return;
	}
	finding_say(findings, CHECK_WARN, "the one at 0x%llx is not running, which %s%s is behind",
		(unsigned long long)missing->address, pci_addr_text(missing->device[0], name),
		missing->device_count > 1 ? " (and others)" : "");
	if (facts_has_argument(facts, "intel_iommu=igfx_off") || facts_has_argument(facts, "intel_iommu=on,igfx_off"))
		finding_fix(
			findings, "if it is the graphics' unit: igfx_off on the kernel's command line keeps it off");
	else
		log_fix_iommu(facts, findings, "update the firmware");
}

/* The narrowest and the poorest unit decide, since any device may be behind them. */
static void check_iommu_width(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_unit *narrow = NULL;
	char text[512], size[32];
	const char *total;
	uint64_t memory;

	(void)device;
	for (size_t i = 0; i < facts->table.unit_count; i++) {
		const struct iommu_unit *unit = &facts->table.unit[i];

		if (unit->in_kernel && unit->can.address_width &&
			(!narrow || unit->can.address_width < narrow->can.address_width))
			narrow = unit;
	}
	if (!narrow || sysroot_read_text(&facts->host->root, text, sizeof(text), "proc/meminfo") <= 0)
		return;
	total = strstr(text, "MemTotal:");
	memory = total ? strtoull(total + strlen("MemTotal:"), NULL, 10) << 10 : 0;
	finding_evidence(findings, "%s addresses %u bits; /proc/meminfo: MemTotal %s", narrow->name,
		narrow->can.address_width, size_to_text(memory, size, sizeof(size)));
	if (narrow->can.address_width >= 64 || memory >> narrow->can.address_width == 0) {
		finding_say(findings, CHECK_OK, "%u bits", narrow->can.address_width);
		return;
	}
	finding_say(findings, CHECK_WARN, "%u bits, and this host has %s of memory", narrow->can.address_width,
		size_to_text(memory, size, sizeof(size)));
	finding_fix(findings, "keep guests with devices below %s",
		size_to_text(1ull << narrow->can.address_width, size, sizeof(size)));
}

static void check_iommu_pages(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_unit *poor = NULL;

	(void)device;
	for (size_t i = 0; i < facts->table.unit_count; i++) {
		const struct iommu_unit *unit = &facts->table.unit[i];

		if (unit->in_kernel && unit->can.page_sizes && (!poor || unit->can.page_sizes < poor->can.page_sizes))
			poor = unit;
	}
	if (!poor)
		return;
	finding_evidence(findings, "%s: page sizes 0x%llx", poor->name, (unsigned long long)poor->can.page_sizes);
	if (facts_has_argument(facts, "intel_iommu=sp_off")) {
		finding_evidence(findings, "/proc/cmdline has intel_iommu=sp_off");
		finding_say(findings, CHECK_WARN, "large pages are switched off by a kernel argument");
		fix_drop_argument(facts, findings, "intel_iommu=sp_off");
		return;
	}
	finding_say(findings, poor->can.page_sizes >> PAGE_2M_BIT & 1 ? CHECK_OK : CHECK_WARN, "%s",
		poor->can.page_sizes >> PAGE_2M_BIT & 1 ? "2 MiB and more" : "4 KiB only");
	if (!(poor->can.page_sizes >> PAGE_2M_BIT & 1))
		finding_fix(findings, "nothing on this hardware; expect guests with much memory to start slowly");
}

static void check_acs_override(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char argument[96], log[512];

	(void)device;
	if (!facts->cmdline[0]) {
		finding_say(findings, CHECK_UNMEASURED, "/proc/cmdline cannot be read");
		return;
	}
	finding_evidence(findings, "/proc/cmdline: %.200s", facts->cmdline);
	if (!facts_has_argument(facts, "pcie_acs_override=")) {
		finding_say(findings, CHECK_OK, "not used: groups are what the hardware isolates");
		return;
	}
	if (kernel_log_find(&facts->host->root, "Unknown kernel command line parameters", log, sizeof(log)) &&
		strstr(log, "pcie_acs_override="))
		finding_say(
			findings, CHECK_WARN, "the kernel argument for it does nothing: this kernel does not know it");
	else
		finding_say(findings, CHECK_WARN, "groups are split by a kernel argument, not by hardware");
	facts_argument(facts, "pcie_acs_override=", argument, sizeof(argument));
	fix_drop_argument(facts, findings, argument);
}

const struct check iommu_checks[] = {
	{ CODE_IOMMU_OFF, SECTION_IOMMU, SCOPE_HOST, "IOMMU", "without it a device reaches all of the host's memory",
		check_iommu_on },
	{ CODE_ACPI_MALFORMED, SECTION_IOMMU, SCOPE_HOST, "Firmware table",
		"the kernel confines devices by what the firmware says", check_firmware_table },
	{ CODE_IOMMU_UNIT_MISSING, SECTION_IOMMU, SCOPE_HOST, "IOMMU units",
		"devices of a unit that the kernel does not run are not confined", check_iommu_units },
	{ CODE_IOMMU_NO_INTREMAP, SECTION_IOMMU, SCOPE_HOST, "Interrupt remapping",
		"without it a guest can send the host any interrupt", check_interrupt_remapping },
	{ CODE_INTREMAP_NO_SID, SECTION_IOMMU, SCOPE_HOST, "Interrupt sources",
		"a device could raise the interrupts of another", check_interrupt_sources },
	{ CODE_X2APIC_OPT_OUT, SECTION_IOMMU, SCOPE_HOST, "x2APIC",
		"without it interrupts cost more, and processors above number 254 get none", check_x2apic },
	{ CODE_IOMMU_NARROW, SECTION_IOMMU, SCOPE_HOST, "IOMMU address width",
		"guest memory above what the IOMMU can address is out of devices' reach", check_iommu_width },
	{ CODE_IOMMU_SMALL_PAGES, SECTION_IOMMU, SCOPE_HOST, "IOMMU page sizes",
		"with 4 KiB pages only, DMA is slow to map and slow to translate", check_iommu_pages },
	{ CODE_ACS_OVERRIDE, SECTION_IOMMU, SCOPE_HOST, "ACS override",
		"groups that the hardware does not isolate look isolated", check_acs_override },
	{ .run = NULL },
};
