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
#include "distro/kernel_log.h"
#include "doctor/checks.h"
#include "iommu/fault_decode.h"
#include "iommu/fault_log.h"
#include "iommu/fault_place.h"

struct reading {
	struct iommu_fault_tally *tally;
	struct error *err;
	int ret;
};

static bool take_previous(const struct kernel_message *message, void *context)
{
	struct reading *reading = context;
	struct iommu_fault fault;

	if (!iommu_fault_decode(message->text, &fault))
		return true;
	fault.microseconds = message->seconds * 1000000;
	reading->ret = iommu_fault_tally_add(reading->tally, message->boot, &fault, reading->err);
	return !reading->ret;
}

int fault_tally_read(const struct sysroot *root, struct iommu_fault_tally *ret_tally, struct error *err)
{
	cleanup_free struct iommu_fault_log *log = calloc(1, sizeof(*log));
	struct iommu_fault_tally tally = { 0 };
	struct reading reading = { &tally, err, 0 };
	struct iommu_fault fault;

	if (!log)
		return fail(err, ENOMEM, "count IOMMU faults");
	/* A log that cannot be read is told by log_say_unread(). */
	if (!iommu_fault_log_open(root, IOMMU_FROM_KMSG, false, log, NULL)) {
		while (!reading.ret && iommu_fault_log_next(log, &fault))
			reading.ret = iommu_fault_tally_add(&tally, 0, &fault, err);
		iommu_fault_log_close(log);
	}
	if (!reading.ret)
		kernel_log_each_previous(root, KERNEL_BOOTS_BEFORE, take_previous, &reading);
	if (reading.ret < 0) {
		iommu_fault_tally_done(&tally);
		return reading.ret;
	}
	for (int boot = 0; boot >= -KERNEL_BOOTS_BEFORE; boot--)
		iommu_fault_tally_settle(&tally, boot);
	*ret_tally = tally;
	return 0;
}

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

static void look_at_suspect(const struct doctor *doctor, const struct iommu_fault_count *count, struct suspect *suspect)
{
	const struct host *host = doctor->host;
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
	iommu_fault_place(&doctor->table, has_group ? group : NULL, &count->last, &suspect->place);
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
static void fix_driver(const struct suspect *suspect, const char *name, struct check_result *result)
{
	const char *module = suspect->module[0] ? suspect->module : "its module";
	char stop[128] = "";

	if (!suspect->in_use)
		snprintf(stop, sizeof(stop), "'echo %s > /sys/bus/pci/drivers/%s/unbind' stops it; ", name,
			suspect->driver);
	check_fix(result,
		"%supdate the kernel, whose %s gives it wrong addresses%s%s%s; an IOMMU that is switched off would let "
		"it "
		"write there",
		stop, suspect->driver, suspect->in_use ? "" : ", or blacklist ", suspect->in_use ? "" : module,
		suspect->in_use ? "" : " if nobody needs the device");
}

static void fix_address(const struct suspect *suspect, const char *name, struct check_result *result)
{
	if (suspect->guest[0] || pci_driver_is_vfio(suspect->driver))
		check_fix(result, "'sluice faults %s' shows whether the address is in its guest's memory", name);
	else if (suspect->place.kind == IOMMU_PLACE_RESERVED)
		check_fix(result, "update the firmware, or switch off in its set-up what uses that memory (legacy USB, "
				  "management); the device stays with the host");
	else if (!suspect->device)
		check_fix(result,
			"look whose number it is: a bridge asks for devices below it, a card for functions that it "
			"does not show");
	else if (!suspect->driver[0])
		check_fix(result,
			"nothing drives it, so the firmware left it at work: update the firmware, or switch the "
			"device off in its set-up");
	else
		fix_driver(suspect, name, result);
}

static void say_what(const struct iommu_fault_count *count, const struct suspect *suspect, struct check_result *result)
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
	check_say(result, CHECK_WARN, "%" PRIu64 " %s%s%s%s in %s; %s%s%s%s", total,
		count->printed ? "fault" : "message", total == 1 ? "" : "s", held, who, when,
		count->printed ? "the last: " : "", what, last->reason, place[0] ? "; " : "");
	text_copy(result->summary + strlen(result->summary), sizeof(result->summary) - strlen(result->summary), place);
}

static void say_count(const struct doctor *doctor, const struct iommu_fault_count *count, struct check_result *result)
{
	const struct iommu_fault *last = &count->last;
	char name[PCI_ADDR_TEXT_SIZE] = "host", when[48];
	struct suspect suspect;

	look_at_suspect(doctor, count, &suspect);
	log_boot_name(count->boot, when, sizeof(when));
	if (count->has_device)
		pci_addr_text(count->device, name);
	text_copy(result->subject, sizeof(result->subject), name);
	say_what(count, &suspect, result);
	check_evidence(result, "kernel log of %s, %" PRIu64 ".%06" PRIu64 " s: %.200s", when,
		last->microseconds / 1000000, last->microseconds % 1000000, last->raw);
	if (kind_fixes[last->kind])
		check_fix(result, "%s", kind_fixes[last->kind]);
	else
		fix_address(&suspect, name, result);
}

void check_faults(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct iommu_fault_tally *tally = &doctor->faults;
	size_t found = 0;

	for (size_t i = 0; i < tally->count; i++) {
		const struct iommu_fault_count *count = &tally->item[i];

		if (device && (!count->has_device || pci_addr_compare(count->device, device->addr)))
			continue;
		if (check_turn(result, &found))
			say_count(doctor, count, result);
	}
	if (found || !doctor->host->iommu.translating || log_say_unread(doctor, result))
		return;
	check_say(result, CHECK_OK, "no IOMMU fault in the kernel log");
	check_evidence(result, "/dev/kmsg: %zu messages; %d earlier boots", doctor->log.reach[0].messages,
		doctor->log.previous_boots);
}
