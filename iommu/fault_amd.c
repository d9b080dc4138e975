// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "AMD-Vi: Event logged [EVENT key=value ...]" of drivers/iommu/amd/iommu.c. Where the kernel knows the device, its
 * name stands in front and not in the brackets; "device=" has had a segment since 6.0. Events and the bits of their
 * flags: AMD I/O Virtualization specification 3.10, section 2.5 (flags are bits 59:48 of an event's first quadword).
 */
#include "iommu/fault_amd.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Flags of IO_PAGE_FAULT, table "IO_PAGE_FAULT Event Log Buffer Entry Fields". */
enum {
	FLAG_INTERRUPT = 1 << 3,
	FLAG_PRESENT = 1 << 4,
	FLAG_WRITE = 1 << 5,
	FLAG_PERMISSION = 1 << 6,
	FLAG_RESERVED = 1 << 7,
	FLAG_TRANSLATION = 1 << 8,
	TYPE_SHIFT = 9, /* INVALID_DEVICE_REQUEST */
	TYPE_MASK = 7,
	TYPE_INTERRUPT = 5,
};

static const struct event {
	const char *name;
	enum iommu_fault_kind kind;
	const char *text;
} events[] = {
	{ "IO_PAGE_FAULT", IOMMU_FAULT_DMA, NULL },
	{ "ILLEGAL_DEV_TABLE_ENTRY", IOMMU_FAULT_DEVICE_TABLE, "the device's table entry is invalid" },
	{ "DEV_TAB_HARDWARE_ERROR", IOMMU_FAULT_DEVICE_TABLE, "the device table could not be read" },
	{ "PAGE_TAB_HARDWARE_ERROR", IOMMU_FAULT_PAGE_TABLE, "a page table could not be read" },
	{ "INVALID_DEVICE_REQUEST", IOMMU_FAULT_REQUEST, NULL },
	{ "INVALID_PPR_REQUEST", IOMMU_FAULT_REQUEST, "the device may not request pages, and did" },
	{ "IOTLB_INV_TIMEOUT", IOMMU_FAULT_INVALIDATION, "an invalidation of its address cache was not answered" },
	{ "ILLEGAL_COMMAND_ERROR", IOMMU_FAULT_COMMAND, "the unit does not understand a command of the kernel" },
	{ "COMMAND_HARDWARE_ERROR", IOMMU_FAULT_COMMAND, "the unit could not read the kernel's commands" },
	{ "RMP_PAGE_FAULT", IOMMU_FAULT_OWNERSHIP, "the page belongs to somebody else (reverse map table)" },
	{ "RMP_HW_ERROR", IOMMU_FAULT_OWNERSHIP, "the reverse map table could not be read" },
};

/*
 * What the kernel says of the unit itself: in these words, with "IOMMU ADDRESS: " in front from 7.x on. The names are
 * ours.
 */
static const struct unit_trouble {
	const char *text, *name, *reason;
} troubles[] = {
	{ "Completion-Wait loop timed out", "COMPLETION_WAIT",
		"the unit did not finish the kernel's commands in time (COMPLETION_WAIT)" },
	{ "Command buffer timeout", "COMMAND_BUFFER", "the unit does not take the kernel's commands any more" },
	{ "No event written to event log", "EVENT_LOG", "the unit reported an event and wrote none" },
};

/* The value of key in "EVENT key=value key=value"; NULL for none. Values end with a space, a comma or the bracket. */
static const char *value_of(const char *text, const char *end, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = strstr(text, key); at && at < end; at = strstr(at + 1, key))
		if (at > text && (at[-1] == ' ' || at[-1] == ',') && at[length] == '=')
			return at + length + 1;
	return NULL;
}

static bool take_number(const char *text, const char *end, const char *key, uint64_t *ret_value)
{
	const char *at = value_of(text, end, key);

	return at && iommu_fault_take_hex(&at, ret_value);
}

static void take_device(const char *text, const char *end, struct iommu_fault *fault)
{
	const char *at = value_of(text, end, "device");

	if (at)
		iommu_fault_take_device(at, at + strcspn(at, " ,]"), fault);
}

/* Whether the access was a write is defined for a present page; yet the bit is only ever set for one. */
static void judge_page_fault(unsigned int flags, struct iommu_fault *fault)
{
	const char *reason = "the address is not mapped";

	if (flags & FLAG_INTERRUPT) {
		fault->kind = IOMMU_FAULT_INTERRUPT;
		text_copy(fault->reason, sizeof(fault->reason),
			flags & FLAG_PRESENT ? "the interrupt's entry does not allow it"
					     : "the interrupt has no entry in the remapping table");
		return;
	}
	if (flags & FLAG_WRITE)
		fault->access = IOMMU_ACCESS_WRITE;
	else if (flags & FLAG_PRESENT && !(flags & FLAG_TRANSLATION))
		fault->access = IOMMU_ACCESS_READ;
	if (flags & FLAG_RESERVED) {
		fault->kind = IOMMU_FAULT_PAGE_TABLE;
		reason = "reserved bits or a wrong level in a page table";
	} else if (flags & FLAG_PERMISSION) {
		reason = "the page does not allow this access";
	} else if (flags & FLAG_PRESENT) {
		reason = "the page is mapped, and the access was refused";
	}
	snprintf(fault->reason, sizeof(fault->reason), "%s%s", reason,
		flags & FLAG_TRANSLATION ? " (asked by a translation request)" : "");
}

/* Type 5 is what people meet; for the others the number leads to the specification's table. */
static void judge_request(unsigned int type, struct iommu_fault *fault)
{
	if (type == TYPE_INTERRUPT)
		text_copy(fault->reason, sizeof(fault->reason),
			"an interrupt, or end of interrupt, that it may not send");
	else
		snprintf(fault->reason, sizeof(fault->reason), "a request that it may not make (type %u)", type);
}

static void explain(const struct event *event, struct iommu_fault *fault)
{
	unsigned int flags = fault->reason_code < 0 ? 0 : (unsigned int)fault->reason_code;

	fault->kind = event->kind;
	if (event->text)
		text_copy(fault->reason, sizeof(fault->reason), event->text);
	else if (event->kind == IOMMU_FAULT_REQUEST)
		judge_request(flags >> TYPE_SHIFT & TYPE_MASK, fault);
	else
		judge_page_fault(flags, fault);
}

/* "[UNKNOWN event[0]=0x… " and whatever later kernels add. */
static void explain_other(const char *name, struct iommu_fault *fault)
{
	snprintf(fault->reason, sizeof(fault->reason), "the unit reported %s", name);
}

static void take_values(const char *text, const char *end, struct iommu_fault *fault)
{
	static const char *const addresses[] = { "address", "gpa", "spa" };
	uint64_t value;

	take_device(text, end, fault);
	for (size_t i = 0; i < array_size(addresses) && !fault->has_address; i++)
		fault->has_address = take_number(text, end, addresses[i], &fault->address);
	if (take_number(text, end, "flags", &value) && value <= UINT16_MAX)
		fault->reason_code = (int)value;
	if (take_number(text, end, "pasid", &value) && value && value <= UINT32_MAX)
		fault->pasid = (int64_t)value;
}

/* What the kernel says of the unit, or in a second record of the device that it does not know. */
static bool decode_unit(const char *text, struct iommu_fault *fault)
{
	static const char unit[] = "IOMMU ", attached[] = "  device=";
	const char *end = strstr(text, ": ");

	if (text_starts_with(text, attached)) {
		text += strlen(attached);
		fault->kind = IOMMU_FAULT_DEVICE_TABLE;
		text_copy(fault->event, sizeof(fault->event), "NOT_ATTACHED");
		text_copy(fault->reason, sizeof(fault->reason), "the device is attached to no domain");
		return iommu_fault_take_device(text, text + strcspn(text, " "), fault);
	}
	if (text_starts_with(text, unit) && end)
		text = end + 2;
	for (size_t i = 0; i < array_size(troubles); i++) {
		if (strcmp(text, troubles[i].text) != 0)
			continue;
		fault->kind = IOMMU_FAULT_COMMAND;
		text_copy(fault->event, sizeof(fault->event), troubles[i].name);
		text_copy(fault->reason, sizeof(fault->reason), troubles[i].reason);
		return true;
	}
	return false;
}

/*
 * An event, at its name: after "Event logged [", or, not in_brackets, where kernels before 5.0 put it into a record of
 * its own.
 */
static bool decode_event(const char *text, bool in_brackets, struct iommu_fault *fault)
{
	const char *end = strchr(text, '\0');
	size_t length;

	length = strcspn(text, " ]");
	if (!length || length >= sizeof(fault->event) || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != length)
		return false;
	snprintf(fault->event, sizeof(fault->event), "%.*s", (int)length, text);
	take_values(text, end, fault);
	for (size_t i = 0; i < array_size(events); i++)
		if (!strcmp(events[i].name, fault->event)) {
			explain(&events[i], fault);
			return true;
		}
	if (!in_brackets)
		return false;
	explain_other(fault->event, fault);
	return true;
}

/*
 * Who says it, in front of "AMD-Vi: ": nobody, "iommu ivhd0: ", or the device's driver and the device ("vfio-pci
 * 0000:01:00.0: "). Before 5.6 the driver core wrote "AMD-Vi: " behind either; that is the same.
 */
static const char *skip_speaker(const char *text, struct iommu_fault *fault)
{
	static const char mark[] = ": AMD-Vi: ";
	const char *end = strstr(text, mark);
	const char *space = strchr(text, ' ');

	if (text_starts_with(text, mark + 2))
		return text + strlen(mark + 2);
	/* Before 5.0 the event's name stood in a record of its own: "iommu ivhd0: IOTLB_INV_TIMEOUT device=…". */
	if (!end && text_starts_with(text, "iommu ivhd"))
		end = strstr(text, ": ");
	if (!end || !space || space > end)
		return NULL;
	if (text_starts_with(text, "iommu ivhd") && (size_t)(end - space - 1) < sizeof(fault->unit)) {
		snprintf(fault->unit, sizeof(fault->unit), "%.*s", (int)(end - space - 1), space + 1);
		if (strchr(fault->unit, ' '))
			return NULL;
		return text_starts_with(end, mark) ? end + strlen(mark) : end + 2;
	}
	snprintf(fault->driver, sizeof(fault->driver), "%.*s", (int)(space - text), text);
	return iommu_fault_take_device(space + 1, end, fault) ? end + strlen(mark) : NULL;
}

bool iommu_fault_decode_amd(const char *text, struct iommu_fault *ret_fault)
{
	static const char logged[] = "Event logged [";
	struct iommu_fault fault;
	const char *event;
	bool found;

	iommu_fault_start(&fault, IOMMU_FAULT_AMD, text);
	event = skip_speaker(text, &fault);
	if (!event)
		return false;
	if (text_starts_with(event, logged))
		found = decode_event(event + strlen(logged), true, &fault);
	else
		found = decode_unit(event, &fault) || (fault.unit[0] && decode_event(event, false, &fault));
	if (found)
		*ret_fault = fault;
	return found;
}
