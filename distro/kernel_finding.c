// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From messages to findings. Logs of earlier boots may come newest message first, so what a message needs of another
 * (which function "nvme2" is, whether a second one says more) is settled when all have been read.
 */
#include "distro/kernel_finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/kernel_log.h"

enum {
	NAMES_MAX = 128,
	SAME_TIME = 120, /* seconds: longer than the kernel waits for any device */
};

/* "nvme nvme2: pci function 0000:01:00.0", in one boot. */
struct name {
	char text[MESSAGE_NAME_SIZE];
	int boot;
	struct pci_addr device;
};

struct reading {
	struct kernel_findings findings;
	struct name names[NAMES_MAX];
	size_t name_count;
	bool out_of_memory;
};

static bool is_same(const struct kernel_finding *a, const struct kernel_finding *b)
{
	return a->cause == b->cause && a->boot == b->boot && a->has_device == b->has_device &&
	       !pci_addr_compare(a->device, b->device) && !strcmp(a->name, b->name);
}

/* Counts the messages of other, and keeps the later one. */
static void merge(struct kernel_finding *finding, const struct kernel_finding *other)
{
	finding->count += other->count;
	if (finding->last[0] && other->seconds < finding->seconds)
		return;
	finding->seconds = other->seconds;
	memcpy(finding->last, other->last, sizeof(finding->last));
}

static void add(struct reading *reading, const struct kernel_finding *finding)
{
	struct kernel_findings *findings = &reading->findings;
	struct kernel_finding *grown;

	for (size_t i = 0; i < findings->count; i++)
		if (is_same(&findings->item[i], finding)) {
			merge(&findings->item[i], finding);
			return;
		}
	if (findings->count == KERNEL_FINDING_MAX) {
		findings->more = true;
		return;
	}
	grown = reallocarray(findings->item, findings->count + 1, sizeof(*grown));
	if (!grown) {
		reading->out_of_memory = true;
		return;
	}
	findings->item = grown;
	grown[findings->count++] = *finding;
}

static void take_reach(struct reading *reading, const struct kernel_message *message)
{
	struct kernel_reach *reach = &reading->findings.reach[-message->boot];

	reach->messages++;
	if (text_starts_with(message->text, "Linux version "))
		reach->from_start = true;
}

static bool take_message(const struct kernel_message *message, void *context)
{
	struct reading *reading = context;
	struct kernel_finding finding = { .boot = message->boot, .count = 1, .seconds = message->seconds };
	struct message_match match;
	struct name *name = &reading->names[reading->name_count];

	if (message->boot > 0 || message->boot < -KERNEL_BOOTS_BEFORE)
		return true;
	take_reach(reading, message);
	if (reading->name_count < NAMES_MAX &&
		message_names_function(message->text, name->text, sizeof(name->text), &name->device)) {
		name->boot = message->boot;
		reading->name_count++;
	}
	if (!message_find(message->text, &match))
		return true;
	finding.cause = match.cause;
	finding.has_device = match.has_device;
	if (match.has_device)
		finding.device = match.device;
	text_copy(finding.name, sizeof(finding.name), match.name);
	text_copy(finding.last, sizeof(finding.last), message->text);
	add(reading, &finding);
	return !reading->out_of_memory;
}

static void remove_at(struct kernel_findings *findings, size_t at)
{
	findings->count--;
	memmove(&findings->item[at], &findings->item[at + 1], (findings->count - at) * sizeof(findings->item[0]));
}

/* Names become the functions that they stand for; what is then the same is one. */
static void settle_names(struct reading *reading)
{
	struct kernel_findings *findings = &reading->findings;

	for (size_t i = 0; i < findings->count; i++) {
		struct kernel_finding *at = &findings->item[i];

		for (size_t k = 0; k < reading->name_count && !at->has_device && at->name[0]; k++)
			if (reading->names[k].boot == at->boot && !strcmp(reading->names[k].text, at->name)) {
				at->has_device = true;
				at->device = reading->names[k].device;
				at->name[0] = '\0';
			}
		for (size_t k = 0; k < i; k++)
			if (is_same(&findings->item[k], at)) {
				merge(&findings->item[k], at);
				remove_at(findings, i--);
				break;
			}
	}
}

/* "probe failed" is no news beside the message that says why. */
static bool is_told_better(const struct kernel_findings *findings, const struct kernel_finding *generic)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct kernel_finding *at = &findings->item[i];

		uint64_t apart = at->seconds > generic->seconds ? at->seconds - generic->seconds
								: generic->seconds - at->seconds;

		if (!at->cause->generic && at->boot == generic->boot && at->has_device && generic->has_device &&
			apart <= SAME_TIME && !pci_addr_compare(at->device, generic->device))
			return true;
	}
	return false;
}

static void drop_generic(struct kernel_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->item[i].cause->generic && is_told_better(findings, &findings->item[i]))
			remove_at(findings, i--);
}

int kernel_findings_read(const struct sysroot *root, struct kernel_findings *ret_findings, struct error *err)
{
	cleanup_free struct reading *reading = calloc(1, sizeof(*reading));
	int boots;

	if (!reading)
		return fail(err, ENOMEM, "read the kernel's log");
	reading->findings.error = kernel_log_each(root, take_message, reading);
	boots = kernel_log_each_previous(root, KERNEL_BOOTS_BEFORE, take_message, reading);
	if (reading->out_of_memory) {
		kernel_findings_done(&reading->findings);
		return fail(err, ENOMEM, "read the kernel's log");
	}
	reading->findings.previous_error = boots < 0 ? boots : 0;
	reading->findings.previous_boots = boots < 0 ? 0 : boots;
	settle_names(reading);
	drop_generic(&reading->findings);
	*ret_findings = reading->findings;
	return 0;
}

void kernel_findings_done(struct kernel_findings *findings)
{
	if (!findings)
		return;
	free(findings->item);
	*findings = (struct kernel_findings){ 0 };
}

const struct kernel_finding *kernel_finding_stops(const struct kernel_findings *findings, enum message_stops stops)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->item[i].cause->stops == stops && !findings->item[i].boot)
			return &findings->item[i];
	return NULL;
}
