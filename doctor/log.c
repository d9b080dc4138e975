// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on what the kernel said, in this boot and in up to three before it: findings of distro/kernel_finding.h,
 * by code. Where there are none, how much of the logs was read. Faults of IOMMUs are fault.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/kernel_log.h"
#include "doctor/checks.h"
#include "doctor/vectors.h"
#include "pci/detail.h"

enum {
	FIX_SIZE = 512
};

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
static bool still_holds(const struct facts *facts, const struct kernel_finding *message)
{
	const struct sysroot *root = &facts->host->root;
	const struct pci_device *device =
		message->has_device ? pci_inventory_find(&facts->host->pci, message->device) : NULL;

	if (message->cause->lasting == MESSAGE_ALWAYS || (message->boot < 0 && device))
		return true;
	if (!device)
		return false;
	switch (message->cause->lasting) {
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

/* Who has the interrupt that the message names, in this boot: "; /proc/interrupts: 16-fasteoi ehci_hcd", or "". */
static const char *line_users(const struct facts *facts, const struct kernel_finding *message, char *buf, size_t size)
{
	const char *digits = message->last + strcspn(message->last, "0123456789");
	char users[160];

	buf[0] = '\0';
	if (message->cause->names_line && !message->boot && *digits &&
		vectors_users(&facts->host->root, (unsigned int)strtoul(digits, NULL, 10), users, sizeof(users)))
		snprintf(buf, size, "; /proc/interrupts: %s", users);
	return buf;
}

static void say_finding(const struct facts *facts, const struct kernel_finding *message, struct findings *findings)
{
	const struct message_cause *cause = message->cause;
	char when[48], name[PCI_ADDR_TEXT_SIZE], fix[FIX_SIZE], users[192];
	bool gone = message->has_device && !pci_inventory_find(&facts->host->pci, message->device);

	log_boot_name(message->boot, when, sizeof(when));
	if (message->has_device)
		finding_of(findings, message->device);
	else if (message->name[0])
		finding_named(findings, message->name);
	finding_say(findings, CHECK_WARN, "%s%s (%zu time%s, %s)%s%s", gone ? "a device that is not here now: " : "",
		cause->means, message->count, message->count == 1 ? "" : "s", when, cause->why ? "; " : "",
		cause->why ? cause->why : "");
	finding_evidence(findings, "kernel log of %s: %s%s", when, message->last,
		line_users(facts, message, users, sizeof(users)));
	if (message->has_device && !gone)
		pci_addr_text(message->device, name);
	message_fix(cause, message->has_device && !gone ? name : NULL, fix, sizeof(fix));
	finding_fix(findings, "%s", fix);
}

static size_t count_whole(const struct kernel_findings *log)
{
	size_t whole = 0;

	for (int i = 1; i <= log->previous_boots && i <= KERNEL_BOOTS_BEFORE; i++)
		whole += log->reach[i].from_start;
	return whole;
}

bool log_say_unread(const struct facts *facts, struct findings *findings)
{
	const struct kernel_findings *log = &facts->log;

	if (log->error < 0) {
		finding_say(findings, CHECK_UNMEASURED, "/dev/kmsg cannot be read: %s", strerror(-log->error));
		return true;
	}
	if (log->reach[0].from_start)
		return false;
	finding_say(findings, CHECK_UNMEASURED, "none in what is left of this boot's log; its beginning is gone");
	finding_evidence(findings, "/dev/kmsg: %zu messages of the kernel, without its first", log->reach[0].messages);
	finding_fix(findings, "journalctl -k -b has the whole boot, if a journal is kept; log_buf_len=4M keeps more");
	return true;
}

struct last_words {
	const char *const *beginning; /* of messages; ended by NULL */
	char *buf;
	size_t size;
	bool found;
};

static bool keep_words(const struct kernel_message *message, void *context)
{
	struct last_words *words = context;

	for (size_t i = 0; words->beginning[i]; i++)
		if (text_starts_with(message->text, words->beginning[i])) {
			text_copy(words->buf, words->size, message->text);
			words->found = true;
		}
	return true;
}

void log_fix_iommu(const struct facts *facts, struct findings *findings, const char *otherwise)
{
	static const char *const beginning[] = { "DMAR: ", "DMAR-IR: ", "AMD-Vi: ", NULL };
	char text[256];
	struct last_words words = { beginning, text, sizeof(text), false };

	if (kernel_log_each(&facts->host->root, keep_words, &words) < 0 ||
		(!words.found && !facts->log.reach[0].from_start)) {
		finding_fix(findings, "see what the kernel says, as root: dmesg | grep -e DMAR -e AMD-Vi; a line with "
				      "'Failed', 'disabled' or "
				      "'Firmware Bug' is the reason");
		return;
	}
	if (words.found)
		finding_fix(findings, "the kernel's last words on it: %s; %s", text, otherwise);
	else
		finding_fix(findings,
			"the kernel's log of this boot has no word of DMAR or AMD-Vi, its driver did not run; %s",
			otherwise);
}

/* Nothing was found: in which logs it was looked. */
static void say_nothing(const struct facts *facts, struct findings *findings)
{
	const struct kernel_findings *log = &facts->log;
	size_t whole = count_whole(log);
	size_t read = (size_t)log->previous_boots;

	if (log_say_unread(facts, findings))
		return;
	if (!read)
		finding_say(findings, CHECK_OK, "none in this boot; earlier ones are not kept here");
	else if (whole == read)
		finding_say(findings, CHECK_OK, "none in this boot and %zu before it", read);
	else
		finding_say(findings, CHECK_OK,
			"none in this boot and %zu before it, %zu of them without their beginning", read, read - whole);
	finding_evidence(findings, "/dev/kmsg; %s", read ? "the journal" : "no journal of earlier boots can be read");
}

static void check_log(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	size_t found = 0;

	for (size_t i = 0; i < facts->log.count; i++) {
		const struct kernel_finding *message = &facts->log.item[i];

		if (message->cause->code != findings->about.code || !still_holds(facts, message) ||
			(device && (!message->has_device || pci_addr_compare(message->device, device->addr))))
			continue;
		found++;
		finding_new(findings);
		say_finding(facts, message, findings);
	}
	if (!found)
		say_nothing(facts, findings);
}

const struct check log_checks[] = {
	{ CODE_FIRMWARE_BUG, SECTION_LOG, SCOPE_LOG, "Firmware bugs",
		"the kernel works around them, or leaves things off", check_log },
	{ CODE_BAR_CONFLICT, SECTION_LOG, SCOPE_LOG, "Register windows", "a device without its registers does not work",
		check_log },
	{ CODE_VF_CREATE_FAILED, SECTION_LOG, SCOPE_LOG, "VFs that could not be made",
		"the kernel had no place for them", check_log },
	{ CODE_PROBE_FAILED, SECTION_LOG, SCOPE_LOG, "Drivers that failed",
		"the device has no driver, and works for nobody", check_log },
	{ CODE_VFIO_REFUSED, SECTION_LOG, SCOPE_LOG, "Refusals of VFIO",
		"the kernel said why it did not give a device away", check_log },
	{ CODE_VFIO_NOIOMMU, SECTION_LOG, SCOPE_LOG, "Given away without IOMMU",
		"whoever had the device had all of the host's memory", check_log },
	{ CODE_DEV_LOST, SECTION_LOG, SCOPE_LOG, "Devices that did not answer",
		"a device that is gone works for nobody", check_log },
	{ CODE_PCIE_ERRORS, SECTION_LOG, SCOPE_LOG, "PCI Express errors in the log",
		"errors on the link lose data, and fatal ones the device", check_log },
	{ CODE_RESET_FAILED, SECTION_LOG, SCOPE_LOG, "Resets that failed", "the device may need the host's power cycle",
		check_log },
	{ CODE_MSI_DENIED, SECTION_LOG, SCOPE_LOG, "Interrupts that were denied", "a device without interrupts is deaf",
		check_log },
	{ .run = NULL },
};
