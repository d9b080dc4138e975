// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "DMAR: ..." of drivers/iommu/intel/dmar.c. Forms, by kernel:
 *
 *	to 4.3		dmar: DMAR:[DMA Read] Request device [00:02.0] fault addr 9c000000 \n
 *			DMAR:[fault reason 06] TEXT, or INTR-REMAP: Request device [[f0:1f.0] fault index 20 \n
 *			INTR-REMAP:[fault reason 37] TEXT
 *	to 5.12		[DMA Read] Request device [00:02.0] PASID ffffffff fault addr 9c000000 [fault reason 06] TEXT
 *	5.13, 5.14	[DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x70ad5000 [fault reason 0x07] TEXT
 *	from 5.15	[DMA Write PASID 0x1] Request device [01:10.0] fault addr 0x1000 [fault reason 0x05] TEXT
 *	from 7.x	... Request device [0000:01:10.0] ...
 *	interrupts	[INTR-REMAP] Request device [f0:1f.0] fault index 0x20 [fault reason 0x25] TEXT
 *	invalidation	VT-d detected Invalidation Time-out Error: SID 100, and alike (from 5.15)
 *	status		DRHD: handling fault status reg 40: what older kernels say of invalidations, and all of a unit
 *			that is gone
 *
 * In front of the oldest forms stood nothing before 3.x, and "DMAR: " from 4.2 on; their line break is what the log
 * makes of one, or the message's end: then the reason is not known. Reasons without 0x are decimal, all other numbers
 * hexadecimal. What a reason means is from the VT-d specification's list of fault reason encodings; the address is that
 * of the page.
 */
#include "iommu/fault_intel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const struct reason {
	uint8_t code;
	enum iommu_fault_kind kind;
	const char *text;
} reasons[] = {
	{ 0x01, IOMMU_FAULT_DEVICE_TABLE, "no root entry for the device's bus" },
	{ 0x02, IOMMU_FAULT_DEVICE_TABLE, "no context entry for the device" },
	{ 0x03, IOMMU_FAULT_DEVICE_TABLE, "the device's context entry is invalid" },
	{ 0x04, IOMMU_FAULT_DMA, "the address is wider than the tables translate" },
	{ 0x05, IOMMU_FAULT_DMA, "the address may not be written: not mapped, or mapped read-only" },
	{ 0x06, IOMMU_FAULT_DMA, "the address may not be read: not mapped, or mapped write-only" },
	{ 0x07, IOMMU_FAULT_PAGE_TABLE, "the next page table could not be read" },
	{ 0x08, IOMMU_FAULT_DEVICE_TABLE, "the root table could not be read" },
	{ 0x09, IOMMU_FAULT_DEVICE_TABLE, "the context table could not be read" },
	{ 0x0a, IOMMU_FAULT_DEVICE_TABLE, "reserved bits are set in the root entry" },
	{ 0x0b, IOMMU_FAULT_DEVICE_TABLE, "reserved bits are set in the context entry" },
	{ 0x0c, IOMMU_FAULT_PAGE_TABLE, "reserved bits are set in a page table" },
	{ 0x0d, IOMMU_FAULT_REQUEST, "the device may not ask for translations (ATS), and did" },
	{ 0x20, IOMMU_FAULT_INTERRUPT, "reserved bits are set in the interrupt request" },
	{ 0x21, IOMMU_FAULT_INTERRUPT, "the interrupt's index is beyond the remapping table" },
	{ 0x22, IOMMU_FAULT_INTERRUPT, "the interrupt has no entry in the remapping table" },
	{ 0x23, IOMMU_FAULT_INTERRUPT, "the interrupt remapping table could not be read" },
	{ 0x24, IOMMU_FAULT_INTERRUPT, "reserved bits are set in the interrupt's entry" },
	{ 0x25, IOMMU_FAULT_INTERRUPT, "an interrupt past the remapping (compatibility format) was blocked" },
	{ 0x26, IOMMU_FAULT_INTERRUPT, "the interrupt belongs to another device (source-id check)" },
	{ 0x27, IOMMU_FAULT_INTERRUPT, "the posted-interrupt descriptor could not be read" },
	{ 0x28, IOMMU_FAULT_INTERRUPT, "reserved bits are set in the posted-interrupt descriptor" },
	{ 0x30, IOMMU_FAULT_DEVICE_TABLE, "the root table's address is invalid" },
	{ 0x31, IOMMU_FAULT_REQUEST, "a request with a PASID, while scalable mode is off" },
	{ 0x32, IOMMU_FAULT_REQUEST, "a page request, while scalable mode is off" },
	{ 0x38, IOMMU_FAULT_DEVICE_TABLE, "the root entry could not be read" },
	{ 0x39, IOMMU_FAULT_DEVICE_TABLE, "no root entry for the device's bus" },
	{ 0x3a, IOMMU_FAULT_DEVICE_TABLE, "reserved bits are set in the root entry" },
	{ 0x40, IOMMU_FAULT_DEVICE_TABLE, "the context entry could not be read" },
	{ 0x41, IOMMU_FAULT_DEVICE_TABLE, "no context entry for the device" },
	{ 0x42, IOMMU_FAULT_DEVICE_TABLE, "reserved bits are set in the context entry" },
	{ 0x43, IOMMU_FAULT_DEVICE_TABLE, "the device's context entry is invalid" },
	{ 0x44, IOMMU_FAULT_REQUEST, "the device may not ask for translations (ATS), and did" },
	{ 0x45, IOMMU_FAULT_REQUEST, "the device may not send a PASID, and did" },
	{ 0x46, IOMMU_FAULT_REQUEST, "the PASID is beyond the device's PASID table" },
	{ 0x47, IOMMU_FAULT_REQUEST, "the device may not request pages, and did" },
	{ 0x48, IOMMU_FAULT_DEVICE_TABLE, "the context entry's PASID for plain requests is invalid" },
	{ 0x50, IOMMU_FAULT_DEVICE_TABLE, "the PASID directory could not be read" },
	{ 0x51, IOMMU_FAULT_DEVICE_TABLE, "no PASID directory entry" },
	{ 0x52, IOMMU_FAULT_DEVICE_TABLE, "reserved bits are set in the PASID directory entry" },
	{ 0x58, IOMMU_FAULT_DEVICE_TABLE, "the PASID table could not be read" },
	{ 0x59, IOMMU_FAULT_DEVICE_TABLE, "no PASID table entry: the address space is not set up" },
	{ 0x5a, IOMMU_FAULT_DEVICE_TABLE, "reserved bits are set in the PASID table entry" },
	{ 0x5b, IOMMU_FAULT_DEVICE_TABLE, "the PASID table entry is invalid" },
	{ 0x5c, IOMMU_FAULT_REQUEST, "the PASID may not execute, and the device asked to" },
	{ 0x5d, IOMMU_FAULT_REQUEST, "the PASID has no supervisor rights, and the device asked for them" },
	{ 0x70, IOMMU_FAULT_PAGE_TABLE, "a first-level page table could not be read" },
	{ 0x71, IOMMU_FAULT_DMA, "the address is not mapped (first level)" },
	{ 0x72, IOMMU_FAULT_PAGE_TABLE, "reserved bits are set in a first-level page table" },
	{ 0x73, IOMMU_FAULT_PAGE_TABLE, "the top first-level page table could not be read" },
	{ 0x74, IOMMU_FAULT_PAGE_TABLE, "a first-level table lies beyond what the second level translates" },
	{ 0x75, IOMMU_FAULT_PAGE_TABLE, "the top first-level table may not be read (second level)" },
	{ 0x76, IOMMU_FAULT_PAGE_TABLE, "a first-level table may not be read (second level)" },
	{ 0x77, IOMMU_FAULT_PAGE_TABLE, "a first-level table may not be written (second level)" },
	{ 0x78, IOMMU_FAULT_PAGE_TABLE, "a second-level page table could not be read" },
	{ 0x79, IOMMU_FAULT_DMA, "the address is not mapped for this access (second level)" },
	{ 0x7a, IOMMU_FAULT_PAGE_TABLE, "reserved bits are set in a second-level page table" },
	{ 0x7b, IOMMU_FAULT_PAGE_TABLE, "a second-level page table pointer is invalid" },
	{ 0x7c, IOMMU_FAULT_PAGE_TABLE, "accessed and dirty bits cannot be set (second level)" },
	{ 0x80, IOMMU_FAULT_DMA, "the address is not canonical" },
	{ 0x81, IOMMU_FAULT_DMA, "a user request for a supervisor's page" },
	{ 0x82, IOMMU_FAULT_DMA, "the page may not be executed" },
	{ 0x83, IOMMU_FAULT_DMA, "the address is wider than the hardware's" },
	{ 0x84, IOMMU_FAULT_DMA, "the address is wider than the second level translates" },
	{ 0x85, IOMMU_FAULT_DMA, "the page may not be written" },
	{ 0x86, IOMMU_FAULT_DMA, "the page may not be read" },
	{ 0x87, IOMMU_FAULT_DMA, "the address is an interrupt's, and the request is none" },
	{ 0x90, IOMMU_FAULT_PAGE_TABLE, "accessed and dirty bits cannot be set (first level)" },
};

enum {
	PAGE_BYTES = 4096,
	EXECUTE_REFUSED = 0x5c,
	PAGE_NOT_EXECUTABLE = 0x82,
	NO_PASID = 0xffffffff, /* to 5.12 */
	NO_SOURCE = 0xffff,    /* a register that reads as ones */
};

static const char unit_gone[] = "the unit's registers read as ones: it is off, or gone";

static bool skip(const char **at, const char *word)
{
	if (!text_starts_with(*at, word))
		return false;
	*at += strlen(word);
	return true;
}

/* What pr_fmt puts in front, by the kernel's age. */
static bool skip_prefix(const char **at)
{
	return skip(at, "DMAR: ") || skip(at, "dmar: ");
}

/* "[DMA Read", "[DMA Write NO_PASID", "[DMA Read PASID 0x5", "[INTR-REMAP", then "] Request device [". */
static bool take_heading(const char **at, struct iommu_fault *fault)
{
	uint64_t pasid;

	if (skip(at, "[INTR-REMAP")) {
		fault->kind = IOMMU_FAULT_INTERRUPT;
	} else {
		fault->kind = IOMMU_FAULT_DMA;
		if (skip(at, "[DMA Read"))
			fault->access = IOMMU_ACCESS_READ;
		else if (skip(at, "[DMA Write"))
			fault->access = IOMMU_ACCESS_WRITE;
		else
			return false;
		if (skip(at, " PASID ")) {
			if (!iommu_fault_take_hex(at, &pasid) || pasid > UINT32_MAX)
				return false;
			fault->pasid = (int64_t)pasid;
		} else {
			skip(at, " NO_PASID");
		}
	}
	return skip(at, "] Request device [");
}

/* " PASID ffffffff" of old kernels, then " fault addr 0x…" or " fault index 0x…". */
static bool take_address(const char **at, struct iommu_fault *fault)
{
	uint64_t pasid;

	if (skip(at, " PASID ")) {
		if (!iommu_fault_take_hex(at, &pasid) || pasid > UINT32_MAX)
			return false;
		if (pasid != NO_PASID)
			fault->pasid = (int64_t)pasid;
	}
	if (!skip(at, fault->kind == IOMMU_FAULT_INTERRUPT ? " fault index " : " fault addr "))
		return false;
	fault->has_address = iommu_fault_take_hex(at, &fault->address);
	fault->address_bytes = fault->kind == IOMMU_FAULT_INTERRUPT ? 1 : PAGE_BYTES;
	return fault->has_address;
}

static bool take_reason(const char **at, struct iommu_fault *fault)
{
	uint64_t code;

	if (!skip(at, "[fault reason "))
		return false;
	if (text_starts_with(*at, "0x")) {
		if (!iommu_fault_take_hex(at, &code))
			return false;
	} else {
		char *end;

		code = strtoul(*at, &end, 10);
		if (end == *at)
			return false;
		*at = end;
	}
	if (code > UINT8_MAX || !skip(at, "]"))
		return false;
	fault->reason_code = (int)code;
	return true;
}

static void explain(const char *kernels_words, struct iommu_fault *fault)
{
	if (fault->reason_code == EXECUTE_REFUSED || fault->reason_code == PAGE_NOT_EXECUTABLE)
		fault->access = IOMMU_ACCESS_EXECUTE;
	for (size_t i = 0; i < array_size(reasons); i++)
		if (reasons[i].code == fault->reason_code) {
			fault->kind = reasons[i].kind;
			text_copy(fault->reason, sizeof(fault->reason), reasons[i].text);
			return;
		}
	text_copy(fault->reason, sizeof(fault->reason), kernels_words + (*kernels_words == ' '));
}

static void set(struct iommu_fault *fault, enum iommu_fault_kind kind, const char *reason)
{
	fault->kind = kind;
	text_copy(fault->reason, sizeof(fault->reason), reason);
}

/*
 * What the invalidation queue reports (fault status bits IQE, ITE, ICE; section 11.4.9.9 says whose it was). The number
 * is a source-id, where 0 means that the unit does not say whose, and all ones that it does not answer at all.
 */
static const struct queue_error {
	const char *text;
	uint32_t status; /* the bit that says the same; 0: none */
	enum iommu_fault_kind kind;
	bool has_source;
	const char *reason;
} queue_errors[] = {
	{ "VT-d detected Invalidation Time-out Error: SID ", 1 << 6, IOMMU_FAULT_INVALIDATION, true,
		"an invalidation of its address cache was not answered" },
	{ "VT-d detected Invalidation Completion Error: SID ", 1 << 5, IOMMU_FAULT_INVALIDATION, true,
		"its answer to an invalidation of its address cache was unexpected or invalid" },
	{ "VT-d detected Invalidation Queue Error: Reason ", 1 << 4, IOMMU_FAULT_COMMAND, false,
		"the unit cannot read or understand an invalidation of the kernel" },
	{ "VT-d detected invalid descriptor: ", 0, IOMMU_FAULT_COMMAND, false,
		"the unit cannot read or understand an invalidation of the kernel" },
};

static bool decode_queue_error(const char *text, struct iommu_fault *fault)
{
	for (size_t i = 0; i < array_size(queue_errors); i++) {
		const struct queue_error *error = &queue_errors[i];
		const char *at = text;
		uint64_t source = 0;

		if (!skip(&at, error->text) ||
			(error->has_source && (!iommu_fault_take_hex(&at, &source) || source > UINT16_MAX)))
			continue;
		set(fault, error->kind, error->reason);
		fault->has_device = source && source != NO_SOURCE;
		fault->device = (struct pci_addr){ 0, (uint8_t)(source >> 8), (uint8_t)(source >> 3 & 31), source & 7 };
		if (source == NO_SOURCE)
			set(fault, IOMMU_FAULT_COMMAND, unit_gone);
		return true;
	}
	return false;
}

/* Faults of devices have a message each; what else the fault status register says has not, before 5.15. */
static bool decode_status(const char *at, struct iommu_fault *fault)
{
	uint64_t status;

	if (!skip(&at, "DRHD: handling fault status reg ") || !iommu_fault_take_hex(&at, &status))
		return false;
	if (status == UINT32_MAX) {
		set(fault, IOMMU_FAULT_COMMAND, unit_gone);
		return true;
	}
	for (size_t i = 0; i < array_size(queue_errors); i++)
		if (status & queue_errors[i].status) {
			set(fault, queue_errors[i].kind, queue_errors[i].reason);
			return true;
		}
	return false;
}

/* The second line of a form of before 4.4, which the log may have lost. */
static bool take_old_reason(const char **at, const char *mark, struct iommu_fault *fault)
{
	const char *line = *at + strspn(*at, " ");

	if (!*line) {
		text_copy(fault->reason, sizeof(fault->reason),
			"the log has not kept the reason, which was on a second line");
		return true;
	}
	if (!skip(&line, "\\x0a") && !skip(&line, "\n") && line == *at)
		return false;
	if (!skip(&line, mark) || !take_reason(&line, fault))
		return false;
	explain(line, fault);
	return true;
}

/* As decode_request(), in the two lines of kernels before 4.4. */
static bool decode_old_request(const char *at, struct iommu_fault *fault)
{
	static const char dma[] = "DMAR:", interrupt[] = "INTR-REMAP:";
	bool of_interrupt = skip(&at, interrupt);
	const char *end;

	if (of_interrupt ? !skip(&at, " Request device [[") : !skip(&at, dma) || !take_heading(&at, fault))
		return false;
	if (of_interrupt)
		fault->kind = IOMMU_FAULT_INTERRUPT;
	end = strchr(at, ']');
	if (!end || !iommu_fault_take_device(at, end, fault))
		return false;
	at = end + 1;
	return take_address(&at, fault) && take_old_reason(&at, of_interrupt ? interrupt : dma, fault);
}

/* "DMA Read", an interrupt: what a device asked for, behind "DMAR: ". */
static bool decode_request(const char *at, struct iommu_fault *fault)
{
	const char *end;

	if (!take_heading(&at, fault))
		return false;
	end = strchr(at, ']');
	if (!end || !iommu_fault_take_device(at, end, fault))
		return false;
	at = end + 1;
	if (!take_address(&at, fault) || !skip(&at, " ") || !take_reason(&at, fault))
		return false;
	explain(at, fault);
	return true;
}

/* All forms that have the prefix in front. */
static bool decode_new(const char *at, struct iommu_fault *fault)
{
	return decode_request(at, fault) || decode_queue_error(at, fault) || decode_status(at, fault);
}

bool iommu_fault_decode_intel(const char *text, struct iommu_fault *ret_fault)
{
	struct iommu_fault fault;
	const char *at = text;
	bool prefixed = skip_prefix(&at);

	iommu_fault_start(&fault, IOMMU_FAULT_INTEL, text);
	if (!decode_old_request(at, &fault) && (!prefixed || !decode_new(at, &fault)))
		return false;
	*ret_fault = fault;
	return true;
}
