// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on what the kernel said, in this boot and in up to three before it: findings of distro/kernel_finding.h,
 * by code. Where there are none, how much of the logs was read. Faults of IOMMUs are fault.c's.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "pci/detail.h"

/* A BAR without an address, of the function itself or of its VFs. */
static bool is_unplaced(const struct sysroot *root, const struct pci_device *device, bool of_vfs)
{
	struct pci_bar bars[PCI_BAR_MAX];
	size_t count = pci_bars_read(root, device->addr, bars);

	for (size_t i = 0; i < count; i++)
		if (!bars[i].address && !bars[i].is_io && bars[i].index != PCI_BAR_ROM &&
			(bars[i].index >= PCI_BAR_VF) == of_vfs)
			return true;
	return false;
}

/* In this boot what was reported may have passed. It never holds for what is no device of this host. */
static bool still_holds(const struct doctor *doctor, const struct kernel_finding *finding)
{
	const struct sysroot *root = &doctor->host->root;
	const struct pci_device *device =
		finding->has_device ? pci_inventory_find(&doctor->host->pci, finding->device) : NULL;

	if (finding->cause->lasting == MESSAGE_ALWAYS || (finding->boot < 0 && device))
		return true;
	if (!device)
		return false;
	switch (finding->cause->lasting) {
	case MESSAGE_WHILE_DRIVERLESS:
		return !device->driver[0];
	case MESSAGE_WHILE_UNPLACED:
		return is_unplaced(root, device, false);
	case MESSAGE_UNLESS_VF_UNPLACED:
		return !is_unplaced(root, device, true);
	default:
		return true;
	}
}

void log_boot_name(int boot, char *buf, size_t size)
{
	if (boot)
		snprintf(buf, size, "boot %d, before this one", boot);
	else
		text_copy(buf, size, "this boot");
}

static void say_finding(const struct doctor *doctor, const struct kernel_finding *finding, struct check_result *result)
{
	const struct message_cause *cause = finding->cause;
	char when[48], name[PCI_ADDR_TEXT_SIZE];
	bool gone = finding->has_device && !pci_inventory_find(&doctor->host->pci, finding->device);

	log_boot_name(finding->boot, when, sizeof(when));
	if (finding->has_device)
		text_copy(result->subject, sizeof(result->subject), pci_addr_text(finding->device, name));
	else if (finding->name[0])
		text_copy(result->subject, sizeof(result->subject), finding->name);
	check_say(result, CHECK_WARN, "%s%s (%zu time%s, %s)%s%s", gone ? "a device that is not here now: " : "",
		cause->means, finding->count, finding->count == 1 ? "" : "s", when, cause->why ? "; " : "",
		cause->why ? cause->why : "");
	check_evidence(result, "kernel log of %s: %s", when, finding->last);
	message_fix(cause, finding->has_device && !gone ? name : NULL, result->fix, sizeof(result->fix));
}

static size_t count_whole(const struct kernel_findings *log)
{
	size_t whole = 0;

	for (int i = 1; i <= log->previous_boots && i <= KERNEL_BOOTS_BEFORE; i++)
		whole += log->reach[i].from_start;
	return whole;
}

bool log_say_unread(const struct doctor *doctor, struct check_result *result)
{
	const struct kernel_findings *log = &doctor->log;

	if (log->error < 0) {
		check_say(result, CHECK_UNMEASURED, "/dev/kmsg cannot be read: %s", strerror(-log->error));
		return true;
	}
	if (log->reach[0].from_start)
		return false;
	check_say(result, CHECK_UNMEASURED, "none in what is left of this boot's log; its beginning is gone");
	check_evidence(result, "/dev/kmsg: %zu messages of the kernel, without its first", log->reach[0].messages);
	check_fix(result, "journalctl -k -b has the whole boot, if a journal is kept; log_buf_len=4M keeps more");
	return true;
}

/* Nothing was found: in which logs it was looked. */
static void say_nothing(const struct doctor *doctor, struct check_result *result)
{
	const struct kernel_findings *log = &doctor->log;
	size_t whole = count_whole(log);
	size_t read = (size_t)log->previous_boots;

	if (log_say_unread(doctor, result))
		return;
	if (!read)
		check_say(result, CHECK_OK, "none in this boot; earlier ones are not kept here");
	else if (whole == read)
		check_say(result, CHECK_OK, "none in this boot and %zu before it", read);
	else
		check_say(result, CHECK_OK, "none in this boot and %zu before it, %zu of them without their beginning",
			read, read - whole);
	check_evidence(result, "/dev/kmsg; %s", read ? "the journal" : "no journal of earlier boots can be read");
}

void check_log(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	size_t found = 0;

	for (size_t i = 0; i < doctor->log.count; i++) {
		const struct kernel_finding *finding = &doctor->log.item[i];

		if (finding->cause->code != result->code || !still_holds(doctor, finding) ||
			(device && (!finding->has_device || pci_addr_compare(finding->device, device->addr))) ||
			!check_turn(result, &found))
			continue;
		say_finding(doctor, finding, result);
	}
	if (!found)
		say_nothing(doctor, result);
}
