// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on what the kernel said, in this boot and in up to three before it (distro/kernel_log.h): a table of messages, what
 * they mean, and what to do. A message that no row knows is passed over. Faults are counted here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "pci/detail.h"

enum {
	EARLIER_BOOTS = 3
};

/* What a message said of a device may have passed since: the kernel tries again, another driver comes. */
static bool has_no_driver(const struct sysroot *root, const struct pci_device *device)
{
	(void)root;
	return !device->driver[0];
}

static bool has_no_place(const struct sysroot *root, const struct pci_device *device)
{
	struct pci_bar bars[PCI_BAR_MAX];
	size_t count = pci_bars_read(root, device->addr, bars);

	for (size_t i = 0; i < count; i++)
		if (!bars[i].address && !bars[i].is_io && bars[i].index != PCI_BAR_ROM)
			return true;
	return false;
}

static const struct log_rule {
	enum code code;
	const char *needle, *also; /* both are in the message; also NULL: the first alone */
	const char *means, *fix;
	bool (*still)(const struct sysroot *root, const struct pci_device *device); /* NULL: it counts in any case */
} rules[] = {
	{ CODE_IOMMU_FAULTS, "DMAR: [DMA", "fault addr", "DMA to memory that is not its own was stopped",
		"a driver or guest gives it wrong addresses, or the firmware uses it behind the kernel's back (RMRR)",
		NULL },
	{ CODE_IOMMU_FAULTS, "DMAR: [INTR-REMAP]", NULL, "an interrupt that was not allowed was stopped",
		"the device sends interrupts by itself: reset it, or update its firmware", NULL },
	{ CODE_IOMMU_FAULTS, "AMD-Vi: Event logged [", "IO_PAGE_FAULT", "DMA to memory that is not its own was stopped",
		"a driver or guest gives it wrong addresses, or the firmware uses it behind the kernel's back (IVMD)",
		NULL },
	{ CODE_IOMMU_FAULTS, "AMD-Vi: Event logged [", "ILLEGAL_DEV_TABLE_ENTRY", "it was not set up in the IOMMU",
		"update the firmware: its table may leave the device out", NULL },
	{ CODE_IOMMU_FAULTS, "AMD-Vi: Event logged [", "INVALID_DEVICE_REQUEST",
		"a request that was not allowed was stopped", "update the device's firmware", NULL },

	{ CODE_FIRMWARE_BUG, "[Firmware Bug]", "DMAR", "the firmware's DMAR table is wrong", "update the firmware",
		NULL },
	{ CODE_FIRMWARE_BUG, "[Firmware Bug]", "AMD-Vi", "the firmware's IVRS table is wrong", "update the firmware",
		NULL },
	{ CODE_FIRMWARE_BUG, "[Firmware Bug]", "RMRR", "the firmware reserves memory wrongly", "update the firmware",
		NULL },
	{ CODE_FIRMWARE_BUG, "Your BIOS is broken", "DMAR", "the firmware's DMAR table is wrong", "update the firmware",
		NULL },
	{ CODE_FIRMWARE_BUG, "x2apic", "BIOS has opted out", "the firmware keeps x2APIC off",
		"switch x2APIC on in the firmware's set-up", NULL },
	{ CODE_FIRMWARE_BUG, "an erratum making that feature unstable", NULL,
		"the chipset's interrupt remapping does not work", "no firmware mends this: use other hardware", NULL },

	{ CODE_VF_CREATE_FAILED, "not enough MMIO resources for SR-IOV", NULL, "its VFs' registers have no room",
		"switch SR-IOV and 'above 4G decoding' on in the firmware's set-up, or boot with pci=realloc", NULL },
	{ CODE_VF_CREATE_FAILED, "SR-IOV: bus number out of range", NULL, "its VFs would be on a bus that is not there",
		"make fewer VFs, or boot with pci=assign-busses", NULL },
	{ CODE_VF_CREATE_FAILED, "bus number", "out of range of bridge", "its VFs would be on a bus that is not there",
		"make fewer VFs, or boot with pci=assign-busses", NULL },
	{ CODE_VF_CREATE_FAILED, "no driver bound to device; cannot configure SR-IOV", NULL, "the PF had no driver",
		"give the PF its driver back: sluice release DEVICE", NULL },
	{ CODE_VF_CREATE_FAILED, "driver does not support SR-IOV configuration via sysfs", NULL,
		"the PF's driver cannot make VFs", "use the driver of the card's maker, or its own tool", NULL },
	{ CODE_VF_CREATE_FAILED, "VFs already enabled. Disable before enabling", NULL, "VFs were there already",
		"their number changes from and to 0 only: sluice vf destroy PF first", NULL },

	{ CODE_BAR_CONFLICT, "can't reserve [mem", NULL, "something else has its registers",
		"look for BOOTFB or simplefb in /proc/iomem: another primary display, or unbind simple-framebuffer",
		NULL },
	{ CODE_BAR_CONFLICT, "BAR", "can't assign; no space", "there was no room for its registers",
		"switch 'above 4G decoding' on in the firmware's set-up, or boot with pci=realloc", has_no_place },
	{ CODE_BAR_CONFLICT, "BAR", "failed to assign [mem", "there was no room for its registers",
		"switch 'above 4G decoding' on in the firmware's set-up, or boot with pci=realloc", has_no_place },

	{ CODE_PROBE_FAILED, "probe of ", "failed with error", "its driver failed on it",
		"-22 from vfio-pci: no IOMMU group; else the driver's own lines around that one say why",
		has_no_driver },
	{ CODE_PROBE_FAILED, "probe with driver ", "failed with error", "its driver failed on it",
		"-22 from vfio-pci: no IOMMU group; else the driver's own lines around that one say why",
		has_no_driver },

	{ CODE_VFIO_REFUSED, "ineligible for IOMMU domain attach due to platform RMRR", NULL,
		"the firmware reserves memory for it", "see: sluice explain DEV-RESERVED-MEMORY", NULL },
	{ CODE_VFIO_REFUSED, "rejecting configuring the device without a 1:1 mapping", NULL,
		"the firmware reserves memory for it", "see: sluice explain DEV-RESERVED-MEMORY", NULL },
	{ CODE_VFIO_REFUSED, "No interrupt remapping", "allow_unsafe_interrupts", "interrupts are not remapped",
		"see: sluice explain IOMMU-NO-INTREMAP", NULL },
	{ CODE_VFIO_REFUSED, "vfio", "RLIMIT_MEMLOCK", "the limit on locked memory was too low",
		"see: sluice explain MEMLOCK-LOW", NULL },
	{ CODE_VFIO_REFUSED, "non-zero usage count", NULL, "its driver was still in use",
		"see: sluice explain DRIVER-HELD", NULL },

	{ CODE_RESET_FAILED, "not ready", "after FLR; giving up", "it did not come back from a reset",
		"power the host off and on; try another of its reset_methods, or keep it with one guest", NULL },
	{ CODE_RESET_FAILED, "not ready", "after bus reset; giving up", "it did not come back from a reset",
		"power the host off and on; try another of its reset_methods, or keep it with one guest", NULL },
	{ CODE_RESET_FAILED, "change power state from D3cold", "inaccessible", "it did not wake up",
		"power the host off and on; then: echo 0 > /sys/bus/pci/devices/DEVICE/d3cold_allowed", NULL },
	{ CODE_RESET_FAILED, "change power state from D3hot", "inaccessible", "it did not wake up",
		"power the host off and on; then: echo on > /sys/bus/pci/devices/DEVICE/power/control", NULL },
	{ CODE_RESET_FAILED, "timed out waiting for pending transaction", NULL,
		"it was still at work when it was reset", "end what uses the device before it is given away", NULL },

	{ CODE_MSI_DENIED, "can't enable MSI-X", NULL, "it got no MSI-X", "look at the lines around that one", NULL },
	{ CODE_MSI_DENIED, "Failed to allocate MSI", NULL, "it got no interrupts",
		"have other drivers use fewer queues, or unload what is not needed", NULL },
	{ CODE_MSI_DENIED, "No irq handler for vector", NULL, "an interrupt came that nobody expected",
		"harmless once; if often, update the device's firmware", NULL },
	{ CODE_MSI_DENIED, "vectors", "No space left on device", "the host had no vectors left",
		"have other drivers use fewer queues, or unload what is not needed (irdma)", NULL },
};

struct log_reading {
	struct log_findings findings;
	bool out_of_memory;
};

static const struct log_rule *rule_of(const char *text, size_t *ret_index)
{
	for (size_t i = 0; i < array_size(rules); i++)
		if (strstr(text, rules[i].needle) && (!rules[i].also || strstr(text, rules[i].also))) {
			*ret_index = i;
			return &rules[i];
		}
	return NULL;
}

static struct log_finding *finding_for(
	struct log_reading *reading, size_t rule, bool has_device, struct pci_addr device, int boot)
{
	struct log_findings *findings = &reading->findings;
	struct log_finding *grown;

	for (size_t i = 0; i < findings->count; i++) {
		struct log_finding *at = &findings->item[i];

		if (rules[at->rule].code == rules[rule].code && at->has_device == has_device && at->boot == boot &&
			!pci_addr_compare(at->device, device))
			return at;
	}
	if (findings->count == LOG_FINDING_MAX)
		return NULL;
	grown = reallocarray(findings->item, findings->count + 1, sizeof(*grown));
	if (!grown) {
		reading->out_of_memory = true;
		return NULL;
	}
	findings->item = grown;
	grown[findings->count] = (struct log_finding){ rule, has_device, device, boot, 0, "" };
	return &grown[findings->count++];
}

static bool take_message(const struct kernel_message *message, void *context)
{
	struct log_reading *reading = context;
	struct pci_addr device = { 0 };
	struct log_finding *finding;
	size_t rule;
	bool has_device;

	if (!rule_of(message->text, &rule))
		return true;
	has_device = kernel_message_device(message->text, &device);
	finding = finding_for(reading, rule, has_device, device, message->boot);
	if (!finding)
		return !reading->out_of_memory;
	finding->count++;
	text_copy(finding->last, sizeof(finding->last), message->text);
	return true;
}

int log_findings_read(const struct sysroot *root, struct log_findings *ret_findings, struct error *err)
{
	struct log_reading reading = { .out_of_memory = false };
	int boots;

	reading.findings.error = kernel_log_each(root, take_message, &reading);
	boots = kernel_log_each_previous(root, EARLIER_BOOTS, take_message, &reading);
	if (reading.out_of_memory) {
		log_findings_done(&reading.findings);
		return fail(err, ENOMEM, "read the kernel's log");
	}
	reading.findings.previous_error = boots < 0 ? boots : 0;
	reading.findings.previous_boots = boots < 0 ? 0 : boots;
	*ret_findings = reading.findings;
	return 0;
}

void log_findings_done(struct log_findings *findings)
{
	if (!findings)
		return;
	free(findings->item);
	*findings = (struct log_findings){ 0 };
}

struct log_search {
	const char *const *needles;
	char *buf;
	size_t size;
	bool found;
};

static bool search_message(const struct kernel_message *message, void *context)
{
	struct log_search *search = context;

	for (size_t i = 0; search->needles[i]; i++)
		if (strstr(message->text, search->needles[i])) {
			text_copy(search->buf, search->size, message->text);
			search->found = true;
			return false;
		}
	return true;
}

bool log_find(const struct sysroot *root, const char *const *needles, char *buf, size_t size)
{
	struct log_search search = { needles, buf, size, false };

	kernel_log_each(root, search_message, &search);
	return search.found;
}

static void say_finding(const struct log_finding *finding, struct check_result *result)
{
	const struct log_rule *rule = &rules[finding->rule];
	char when[48] = "this boot", name[PCI_ADDR_TEXT_SIZE];

	if (finding->boot < 0)
		snprintf(when, sizeof(when), "boot %d, before this one", finding->boot);
	if (finding->has_device)
		text_copy(result->subject, sizeof(result->subject), pci_addr_text(finding->device, name));
	check_say(result, CHECK_WARN, "%s (%zu time%s, %s)", rule->means, finding->count,
		finding->count == 1 ? "" : "s", when);
	check_evidence(result, "kernel log of %s: %s", when, finding->last);
	check_fix(result, "%s", rule->fix);
}

/* Nothing was found: in which logs it was looked. */
static void say_nothing(const struct log_findings *log, struct check_result *result)
{
	if (log->error < 0) {
		check_say(result, CHECK_UNMEASURED, "/dev/kmsg cannot be read: %s", strerror(-log->error));
		return;
	}
	if (log->previous_boots)
		check_say(result, CHECK_OK, "none in this boot and %d before it", log->previous_boots);
	else
		check_say(result, CHECK_OK, "none in this boot; earlier ones are not kept here");
	check_evidence(result, "/dev/kmsg; %s",
		log->previous_boots ? "the journal" : "no journal of earlier boots can be read");
}

/* Of this boot, and of a kind that passes: does it still hold? It never does for what is no device of this host. */
static bool counts(const struct doctor *doctor, const struct log_finding *finding)
{
	const struct log_rule *rule = &rules[finding->rule];
	const struct pci_device *device =
		finding->has_device ? pci_inventory_find(&doctor->host->pci, finding->device) : NULL;

	if (!rule->still)
		return true;
	return device && (finding->boot < 0 || rule->still(&doctor->host->root, device));
}

/* Findings of the check's code, of the device when one is named; this_boot: of the running one too. How many. */
static size_t say_findings(
	const struct doctor *doctor, const struct pci_device *device, bool this_boot, struct check_result *result)
{
	const struct log_findings *log = &doctor->log;
	size_t found = 0;

	for (size_t i = 0; i < log->count; i++) {
		const struct log_finding *finding = &log->item[i];

		if (rules[finding->rule].code != result->code || !counts(doctor, finding) ||
			(!finding->boot && !this_boot) ||
			(device && (!finding->has_device || pci_addr_compare(finding->device, device->addr))) ||
			!check_turn(result, &found))
			continue;
		say_finding(finding, result);
	}
	return found;
}

void check_log(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	if (!say_findings(doctor, device, true, result))
		say_nothing(&doctor->log, result);
}

/* Those of this boot are decoded in fault.c, which is about the host as a whole. */
void check_earlier_faults(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	say_findings(doctor, device, device != NULL, result);
}
