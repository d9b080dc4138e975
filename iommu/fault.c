// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a text to a fault: which of the forms of 5.15 to 7.x it has, and the older ones that differ by their numbers alone.
 * What begins otherwise is no fault, however much it looks like one further on: a process may choose its name.
 */
#include "iommu/fault.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char *const kind_names[IOMMU_FAULT_KIND_COUNT] = {
	[IOMMU_FAULT_DMA] = "dma",
	[IOMMU_FAULT_INTERRUPT] = "interrupt",
	[IOMMU_FAULT_DEVICE_TABLE] = "device-table",
	[IOMMU_FAULT_PAGE_TABLE] = "page-table",
	[IOMMU_FAULT_REQUEST] = "request",
	[IOMMU_FAULT_INVALIDATION] = "invalidation",
	[IOMMU_FAULT_COMMAND] = "command",
	[IOMMU_FAULT_OWNERSHIP] = "ownership",
	[IOMMU_FAULT_OTHER] = "other",
};

static const char *const access_names[IOMMU_ACCESS_COUNT] = {
	[IOMMU_ACCESS_READ] = "read",
	[IOMMU_ACCESS_WRITE] = "write",
	[IOMMU_ACCESS_EXECUTE] = "execute",
};

const char *iommu_fault_kind_name(enum iommu_fault_kind kind)
{
	return (unsigned int)kind < IOMMU_FAULT_KIND_COUNT ? kind_names[kind] : kind_names[IOMMU_FAULT_OTHER];
}

const char *iommu_fault_access_name(enum iommu_fault_access access)
{
	return (unsigned int)access < IOMMU_ACCESS_COUNT ? access_names[access] : NULL;
}

const char *iommu_fault_vendor_name(enum iommu_fault_vendor vendor)
{
	return vendor == IOMMU_FAULT_INTEL ? "intel" : vendor == IOMMU_FAULT_AMD ? "amd" : NULL;
}

bool iommu_fault_take_hex(const char **at, uint64_t *ret_value)
{
	const char *digits = text_starts_with(*at, "0x") ? *at + 2 : *at;
	size_t count = strspn(digits, "0123456789abcdefABCDEF");

	if (!count || count > 16)
		return false;
	*ret_value = strtoull(digits, NULL, 16);
	*at = digits + count;
	return true;
}

bool iommu_fault_take_device(const char *text, const char *end, struct iommu_fault *fault)
{
	char plain[24];
	size_t used = 0;

	for (; text < end && used + 1 < sizeof(plain); text++) {
		if (text[0] == '0' && text + 1 < end && text[1] == 'x')
			text++;
		else
			plain[used++] = *text;
	}
	plain[used] = '\0';
	fault->has_device = text == end && !pci_addr_parse(plain, &fault->device);
	return fault->has_device;
}

/* The kernel escapes what is not printable; a captured file need not have. */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

static void start(struct iommu_fault *fault, enum iommu_fault_vendor vendor, const char *raw)
{
	*fault = (struct iommu_fault){
		.vendor = vendor,
		.kind = IOMMU_FAULT_OTHER,
		.pasid = -1,
		.reason_code = -1,
		.address_bytes = 1,
	};
	text_copy(fault->raw, sizeof(fault->raw), raw);
	blank_controls(fault->raw);
}

/*
 * Who says it, in front of "AMD-Vi: ": nobody, "iommu ivhd0: ", or the device's driver and the device ("vfio-pci 0000:01:00.0: ").
 * Before 5.6 the driver core wrote "AMD-Vi: " behind either; that is the same.
 */
static const char *skip_speaker(const char *text, struct iommu_fault *fault)
{
	static const char mark[] = ": AMD-Vi: ";
	const char *end = strstr(text, mark);
	const char *space = strchr(text, ' ');

	if (text_starts_with(text, mark + 2))
		return text + strlen(mark + 2);
	if (!end || !space || space > end)
		return NULL;
	if (text_starts_with(text, "iommu ivhd") && (size_t)(end - space - 1) < sizeof(fault->unit)) {
		snprintf(fault->unit, sizeof(fault->unit), "%.*s", (int)(end - space - 1), space + 1);
		return strchr(fault->unit, ' ') ? NULL : end + strlen(mark);
	}
	return iommu_fault_take_device(space + 1, end, fault) ? end + strlen(mark) : NULL;
}

bool iommu_fault_decode(const char *text, struct iommu_fault *ret_fault)
{
	static const char intel[] = "DMAR: ", amd[] = "Event logged ";
	struct iommu_fault fault;
	const char *event;

	if (text_starts_with(text, intel)) {
		start(&fault, IOMMU_FAULT_INTEL, text);
		if (!iommu_fault_decode_intel(text + strlen(intel), &fault))
			return false;
	} else {
		start(&fault, IOMMU_FAULT_AMD, text);
		event = skip_speaker(text, &fault);
		if (!event || !text_starts_with(event, amd) || !iommu_fault_decode_amd(event + strlen(amd), &fault))
			return false;
	}
	blank_controls(fault.reason);
	*ret_fault = fault;
	return true;
}

/* "  123.456789" in front of the colon that ends at `end`. */
static bool take_trace_time(const char *line, const char *end, uint64_t *ret_microseconds)
{
	const char *at = end;
	uint64_t seconds, fraction;

	while (at > line && (isdigit((unsigned char)at[-1]) || at[-1] == '.'))
		at--;
	if (sscanf(at, "%10" SCNu64 ".%6" SCNu64, &seconds, &fraction) != 2)
		return false;
	*ret_microseconds = seconds * 1000000 + fraction;
	return true;
}

/*
 * The task's name stands first in a line of the trace, and may hold anything: so the event is looked for from behind. The kernel makes
 * the rest of the line, where only the driver's name is not its own.
 */
bool iommu_fault_decode_trace(const char *line, struct iommu_fault *ret_fault)
{
	static const char mark[] = ": io_page_fault: IOMMU:";
	const char *event = NULL;
	const char *device, *space, *at;
	struct iommu_fault fault;
	uint64_t flags;

	for (const char *next = strstr(line, mark); next; next = strstr(next + 1, mark))
		event = next;
	start(&fault, IOMMU_FAULT_NO_VENDOR, line);
	fault.source = IOMMU_FROM_TRACE;
	fault.kind = IOMMU_FAULT_DMA;
	if (!event || !take_trace_time(line, event, &fault.microseconds))
		return false;
	device = strchr(event + strlen(mark), ' ');
	space = device ? strchr(device + 1, ' ') : NULL;
	if (!space || !iommu_fault_take_device(device + 1, space, &fault) || !text_starts_with(space, " iova="))
		return false;
	at = space + strlen(" iova=");
	fault.has_address = iommu_fault_take_hex(&at, &fault.address);
	if (!fault.has_address || !text_starts_with(at, " flags="))
		return false;
	at += strlen(" flags=");
	if (!iommu_fault_take_hex(&at, &flags))
		return false;
	fault.access = flags & 1 ? IOMMU_ACCESS_WRITE : IOMMU_ACCESS_READ;
	text_copy(fault.reason, sizeof(fault.reason), "the IOMMU refused it (the trace does not say why)");
	*ret_fault = fault;
	return true;
}
