// SPDX-License-Identifier: GPL-2.0-or-later
/* A fault as a row of a table, as JSON, and as one line; docs/cli.md has the names. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "view/fault_row.h"
#include "view/group_row.h"

static const struct fault_row *row_of(const void *row)
{
	return row;
}

static const struct iommu_fault *fault_of(const void *row)
{
	return &row_of(row)->fault;
}

/* "2026-11-24T19:20:47Z", or since boot where nobody knows when that was. */
static const char *time_text(const struct fault_row *row, uint64_t microseconds, char *buf, size_t size)
{
	time_t when = (time_t)(row->boot + (int64_t)(microseconds / 1000000));
	struct tm utc;

	if (row->boot < 0 || !gmtime_r(&when, &utc) || !strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &utc))
		snprintf(buf, size, "[%5" PRIu64 ".%06" PRIu64 "]", microseconds / 1000000, microseconds % 1000000);
	return buf;
}

static json_t *time_json(const struct fault_row *row, uint64_t microseconds)
{
	char text[40];

	return row->boot < 0 ? json_null() : json_text(time_text(row, microseconds, text, sizeof(text)));
}

static json_t *get_time(const void *row, const void *context)
{
	(void)context;
	return time_json(row_of(row), fault_of(row)->microseconds);
}

static void text_time(const void *row, const void *context, char *buf, size_t size)
{
	(void)context;
	time_text(row_of(row), fault_of(row)->microseconds, buf, size);
}

static json_t *get_since_boot(const void *row, const void *context)
{
	(void)context;
	return json_real((double)fault_of(row)->microseconds / 1e6);
}

static json_t *get_last_time(const void *row, const void *context)
{
	(void)context;
	return time_json(row_of(row), row_of(row)->last_microseconds);
}

static json_t *get_vendor(const void *row, const void *context)
{
	(void)context;
	return json_text(iommu_fault_vendor_name(fault_of(row)->vendor));
}

static json_t *get_kind(const void *row, const void *context)
{
	(void)context;
	return json_text(iommu_fault_kind_name(fault_of(row)->kind));
}

static json_t *get_access(const void *row, const void *context)
{
	(void)context;
	return json_text(iommu_fault_access_name(fault_of(row)->access));
}

static json_t *get_address(const void *row, const void *context)
{
	(void)context;
	return fault_of(row)->has_address ? json_hex(fault_of(row)->address, 1) : json_null();
}

static json_t *get_pasid(const void *row, const void *context)
{
	(void)context;
	return fault_of(row)->pasid < 0 ? json_null() : json_hex((uint64_t)fault_of(row)->pasid, 1);
}

static json_t *get_reason_code(const void *row, const void *context)
{
	const struct iommu_fault *fault = fault_of(row);

	(void)context;
	if (fault->reason_code < 0)
		return json_null();
	return json_hex((uint64_t)fault->reason_code, fault->vendor == IOMMU_FAULT_AMD ? 4 : 2);
}

/* What a guest's device sends is a guest-physical address; an interrupt's is none of memory. */
static json_t *get_guest_address(const void *row, const void *context)
{
	if (!row_of(row)->guest[0] || fault_of(row)->kind == IOMMU_FAULT_INTERRUPT || fault_of(row)->pasid >= 0)
		return json_null();
	return get_address(row, context);
}

static const char *ram_text(enum fault_ram ram)
{
	static const char *const names[] = {
		[FAULT_RAM_UNKNOWN] = "unknown",
		[FAULT_RAM_INSIDE] = "inside",
		[FAULT_RAM_OUTSIDE] = "outside",
	};

	return names[ram];
}

static json_t *get_ram(const void *row, const void *context)
{
	(void)context;
	return json_string(ram_text(row_of(row)->ram));
}

static json_t *get_source(const void *row, const void *context)
{
	(void)context;
	return json_string(fault_of(row)->source == IOMMU_FROM_TRACE ? "trace" : "kmsg");
}

static void text_reason(const void *row, const void *context, char *buf, size_t size)
{
	const struct fault_row *fault = row_of(row);

	(void)context;
	snprintf(buf, size, "%s%s%s", fault->fault.reason, fault->place[0] ? "; " : "", fault->place);
}

const struct column fault_columns[] = {
	{ "TIME", "time", "when it was first reported", COLUMN_SHOWN, .get = get_time, .text = text_time },
	{ "SINCE-BOOT", "since_boot", "seconds after the host's start", COLUMN_RIGHT, .get = get_since_boot },
	{ "LAST", "last_time", "when it was last reported", 0, .get = get_last_time },
	{ "DEVICE", "device", "PCI address of the device", COLUMN_SHOWN, FIELD(struct fault_row, fault.device),
		KNOWN_IF(struct fault_row, fault.has_device) },
	{ "VF", "vf", "the device as PF/INDEX, if it is a VF now", 0, FIELD(struct fault_row, vf) },
	{ "UNIT", "unit", "the IOMMU unit", 0, FIELD(struct fault_row, unit) },
	{ "VENDOR", "vendor", "intel or amd", 0, .get = get_vendor },
	{ "KIND", "kind", "what stood against the request", COLUMN_SHOWN, .get = get_kind },
	{ "ACCESS", "access", "read, write or execute", COLUMN_SHOWN, .get = get_access },
	{ "ADDRESS", "address", "address as the device sent it; of an interrupt on Intel, the index",
		COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct fault_row, fault.address),
		KNOWN_IF(struct fault_row, fault.has_address), .digits = 1 },
	{ "PASID", "pasid", "process address space ID", 0, .get = get_pasid },
	{ "EVENT", "event", "AMD's name of the event", 0, FIELD(struct fault_row, fault.event) },
	{ "CODE", "reason_code", "Intel's fault reason, AMD's flags", 0, .get = get_reason_code },
	{ "REASON", "reason", "why it was refused", COLUMN_SHOWN, FIELD(struct fault_row, fault.reason),
		.text = text_reason },
	{ "PLACE", "place", "what is special about the address: reserved memory, beyond the width", 0,
		FIELD(struct fault_row, place) },
	{ "DRIVER", "driver", "the device's driver now, or by the kernel's message", COLUMN_SHOWN,
		FIELD(struct fault_row, driver) },
	{ "GUEST", "guest", "the running guest that has the device", COLUMN_SHOWN, FIELD(struct fault_row, guest) },
	{ "IN-GUEST", "guest_device", "the device's PCI address in the guest", 0,
		FIELD(struct fault_row, guest_device) },
	{ "GPA", "guest_address", "guest-physical address", COLUMN_RIGHT, .get = get_guest_address },
	{ "RAM", "ram", "is the address inside the guest's memory", COLUMN_SHOWN, .get = get_ram },
	{ "HOLDER", "holder", "another program that has the device", 0, FIELD(struct fault_row, holder) },
	{ "REPEATED", "repeated", "how many more times it was reported", COLUMN_RIGHT,
		FIELD(struct fault_row, repeated) },
	{ "SUPPRESSED", "suppressed", "how many more messages of the device the kernel did not print",
		COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct fault_row, held_back) },
	{ "TOTAL", "total", "all of them", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct fault_row, total) },
	{ "SOURCE", "source", "kmsg or trace", 0, .get = get_source },
	{ "RAW", "raw", "the kernel's words", 0, FIELD(struct fault_row, fault.raw) },
	{ NULL },
};

static void print_owner(FILE *out, const struct fault_row *row)
{
	static const char *const ram_words[] = {
		[FAULT_RAM_UNKNOWN] = "",
		[FAULT_RAM_INSIDE] = ", inside its memory",
		[FAULT_RAM_OUTSIDE] = ", outside its memory",
	};

	if (row->guest[0])
		fprintf(out, " (guest %s%s%s%s)", row->guest, row->guest_device[0] ? ", device " : "",
			row->guest_device, ram_words[row->ram]);
	else if (row->holder[0])
		fprintf(out, " (%s)", row->holder);
	else if (row->driver[0])
		fprintf(out, " (driver %s)", row->driver);
}

void fault_row_print(const struct fault_row *row, FILE *out, const char *bold, const char *end)
{
	const char *access = iommu_fault_access_name(row->fault.access);
	char name[PCI_ADDR_TEXT_SIZE] = "unknown device";
	char when[40];

	if (row->fault.has_device)
		pci_addr_text(row->fault.device, name);
	fprintf(out, "%s %s%s%s: ", time_text(row, row->fault.microseconds, when, sizeof(when)), bold, name, end);
	if (row->held_back)
		fprintf(out, "%" PRIu64 " ", row->held_back);
	else
		fprintf(out, "%s", access ? access : iommu_fault_kind_name(row->fault.kind));
	if (row->fault.has_address)
		fprintf(out, " of 0x%" PRIx64, row->fault.address);
	fprintf(out, "%s%s%s%s", row->held_back ? "" : ": ", row->fault.reason, row->place[0] ? "; " : "", row->place);
	print_owner(out, row);
	fputc('\n', out);
}
