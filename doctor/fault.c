// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on IOMMU faults of this boot and of earlier ones (iommu/fault_decode.h): for each device how many, the
 * driver that gave it the address, what is special about that, and what to do. The rate limit hides faults: where it
 * alone speaks, that is said.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "iommu/fault_decode.h"
#include "iommu/fault_place.h"

/* What is known of a device beside its faults. */
struct suspect {
	const struct pci_device *device; /* NULL: none of this host */
	char guest[GUEST_NAME_SIZE];     /* that has it now, or "" */
	char driver[32], module[48];     /* "" none; unknown */
	bool in_use;                     /* by this host, or that is not known; in another boot, in any case */
	struct iommu_fault_place place;
};

static bool is_used(const struct host *host, const struct pci_device *device)
{
	struct pci_users users = { 0 };
	bool used;

	if (host_users(host, device, &users, NULL) < 0)
		return true;
	used = users.count || users.incomplete;
	pci_users_done(&users);
	return used;
}

static void look_at_suspect(const struct facts *facts, const struct iommu_fault_count *count, struct suspect *suspect)
{
	const struct host *host = facts->host;
	const struct pci_device *device = count->has_device ? pci_inventory_find(&host->pci, count->device) : NULL;
	cleanup_free struct iommu_group *group = calloc(1, sizeof(*group));
	bool has_group = false;

	*suspect = (struct suspect){ .device = device };
	text_copy(suspect->driver, sizeof(suspect->driver), device ? device->driver : "");
	/* The kernel's message may name the driver of that time. */
	if (count->last.driver[0] && count->boot < 0)
		text_copy(suspect->driver, sizeof(suspect->driver), count->last.driver);
	if (suspect->driver[0] && !strchr(suspect->driver, '/'))
		sysroot_read_link_name(&host->root, suspect->module, sizeof(suspect->module),
			"sys/bus/pci/drivers/%s/module", suspect->driver);
	if (device) {
		lease_guest(&host->root, device->addr, suspect->guest);
		suspect->in_use = count->boot < 0 || is_used(host, device);
		if (group && device->iommu_group >= 0) {
			group->id = device->iommu_group;
			has_group = !iommu_group_read_reserved(&host->root, group, NULL);
		}
	}
	iommu_fault_place(&facts->table, has_group ? group : NULL, &count->last, &suspect->place);
}

/* What kinds of fault that are nobody's wrong address are mended with. */
static const char *const kind_fixes[IOMMU_FAULT_KIND_COUNT] = {
	[IOMMU_FAULT_INTERRUPT] = "update the device's firmware and driver: it sends interrupts that nobody set up",
	[IOMMU_FAULT_DEVICE_TABLE] =
		"update the firmware: its table leaves the device out, or it works under another's number",
	[IOMMU_FAULT_REQUEST] = "update the device's firmware",
	[IOMMU_FAULT_INVALIDATION] = "the device's address cache (ATS) does not answer: seat the card anew, update its "
				     "firmware, or boot with pci=noats",
	[IOMMU_FAULT_COMMAND] =
		"power the host off and on, and update its firmware: until then the IOMMU may confine nothing",
	[IOMMU_FAULT_OWNERSHIP] = "end what uses the device: the memory belongs to an encrypted guest",
	[IOMMU_FAULT_HELD_BACK] = "'sluice faults --follow' shows whose the next ones are",
};

/* A wrong address, of a device that the host drives. */
static void fix_driver(const struct suspect *suspect, const char *name, struct findings *findings)
{
	const char *module = suspect->module[0] ? suspect->module : "its module";
	char stop[128] = "";

	if (!suspect->in_use)
		snprintf(stop, sizeof(stop), "'echo %s > /sys/bus/pci/drivers/%s/unbind' stops it; ", name,
			suspect->driver);
	finding_fix(findings,
		"%supdate the kernel, whose %s gives it wrong addresses%s%s%s; an IOMMU that is switched off would let "
		"it "
		"write there",
		stop, suspect->driver, suspect->in_use ? "" : ", or blacklist ", suspect->in_use ? "" : module,
		suspect->in_use ? "" : " if nobody needs the device");
}

static void fix_address(const struct suspect *suspect, const char *name, struct findings *findings)
{
	if (suspect->guest[0] || pci_driver_is_vfio(suspect->driver))
		finding_fix(findings, "'sluice faults %s' shows whether the address is in its guest's memory", name);
	else if (suspect->place.kind == IOMMU_PLACE_RESERVED)
		finding_fix(findings,
			"update the firmware, or switch off in its set-up what uses that memory (legacy USB, "
			"management); the device stays with the host");
	else if (!suspect->device)
		finding_fix(findings,
			"look whose number it is: a bridge asks for devices below it, a card for functions that it "
			"does not show");
	else if (!suspect->driver[0])
		finding_fix(findings,
			"nothing drives it, so the firmware left it at work: update the firmware, or switch the "
			"device off in its set-up");
	else
		fix_driver(suspect, name, findings);
}

static void say_what(const struct iommu_fault_count *count, const struct suspect *suspect, struct findings *findings)
{
	const struct iommu_fault *last = &count->last;
	const char *access = iommu_fault_access_name(last->access);
	char when[48], held[64] = "", what[64] = "", place[128], who[96] = "";
	uint64_t total = count->printed + count->held_back;

	log_boot_name(count->boot, when, sizeof(when));
	if (count->held_back && count->printed)
		snprintf(held, sizeof(held), " (%" PRIu64 " of them not printed)", count->held_back);
	if (suspect->guest[0])
		snprintf(who, sizeof(who), " of guest '%s'", suspect->guest);
	else if (suspect->driver[0])
		snprintf(who, sizeof(who), " under its driver %s", suspect->driver);
	if (last->has_address)
		snprintf(what, sizeof(what), "%s of 0x%" PRIx64 ": ",
			access ? access : iommu_fault_kind_name(last->kind), last->address);
	iommu_fault_place_text(&suspect->place, place, sizeof(place));
	finding_say(findings, CHECK_WARN, "%" PRIu64 " %s%s%s%s in %s; %s%s%s%s%s", total,
		count->printed ? "fault" : "message", total == 1 ? "" : "s", held, who, when,
		count->printed ? "the last: " : "", what, last->reason, place[0] ? "; " : "", place);
}

static void say_count(const struct facts *facts, const struct iommu_fault_count *count, struct findings *findings)
{
	const struct iommu_fault *last = &count->last;
	char name[PCI_ADDR_TEXT_SIZE] = "host", when[48];
	struct suspect suspect;

	look_at_suspect(facts, count, &suspect);
	log_boot_name(count->boot, when, sizeof(when));
	if (count->has_device)
		pci_addr_text(count->device, name);
	if (count->has_device)
		finding_of(findings, count->device);
	say_what(count, &suspect, findings);
	finding_evidence(findings, "kernel log of %s, %" PRIu64 ".%06" PRIu64 " s: %.200s", when,
		last->microseconds / 1000000, last->microseconds % 1000000, last->raw);
	if (kind_fixes[last->kind])
		finding_fix(findings, "%s", kind_fixes[last->kind]);
	else
		fix_address(&suspect, name, findings);
}

static void check_faults(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct iommu_fault_tally *tally = &facts->faults;
	size_t found = 0;

	for (size_t i = 0; i < tally->count; i++) {
		const struct iommu_fault_count *count = &tally->item[i];

		if (device && (!count->has_device || pci_addr_compare(count->device, device->addr)))
			continue;
		found++;
		finding_new(findings);
		say_count(facts, count, findings);
	}
	if (found || !facts->host->iommu.translating || log_say_unread(facts, findings))
		return;
	finding_say(findings, CHECK_OK, "no IOMMU fault in the kernel log");
	finding_evidence(findings, "/dev/kmsg: %zu messages; %d earlier boots", facts->log.reach[0].messages,
		facts->log.previous_boots);
}

const struct check fault_checks[] = {
	{ CODE_IOMMU_FAULTS, SECTION_LOG, SCOPE_LOG, "IOMMU faults",
		"what a device was refused, its driver did not get", check_faults },
	{ .run = NULL },
};
