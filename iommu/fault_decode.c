// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which decoder knows a message. What begins otherwise than they know is no fault, however much it looks like one
 * further on: a process may choose its name. Here too: virtio-iommu's few words, the rate limit's, and the trace's.
 */
#include "iommu/fault_decode.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/fault_amd.h"
#include "iommu/fault_intel.h"

/* The functions of the kernel that print faults: by their names the rate limit speaks of them. */
static const struct printer {
	const char *function;
	enum iommu_fault_vendor vendor;
} printers[] = {
	{ "dmar_fault", IOMMU_FAULT_INTEL },
	{ "amd_iommu_report_page_fault", IOMMU_FAULT_AMD },
	{ "amd_iommu_report_rmp_fault", IOMMU_FAULT_AMD },
	{ "amd_iommu_report_rmp_hw_error", IOMMU_FAULT_AMD },
	{ "amd_iommu_report_ppr_err", IOMMU_FAULT_AMD },
	{ "iommu_print_event", IOMMU_FAULT_AMD },
	{ "viommu_fault_handler", IOMMU_FAULT_VIRTIO },
};

/* "dmar_fault: 893 callbacks suppressed" */
static bool decode_held_back(const char *text, struct iommu_fault *ret_fault)
{
	struct iommu_fault fault;
	uint64_t number;

	for (size_t i = 0; i < array_size(printers); i++) {
		const char *at = text + strlen(printers[i].function);
		int end = 0;

		if (!text_starts_with(text, printers[i].function) ||
			sscanf(at, ": %10" SCNu64 " callbacks suppressed%n", &number, &end) != 1 || !end || !number)
			continue;
		iommu_fault_start(&fault, printers[i].vendor, text);
		fault.kind = IOMMU_FAULT_HELD_BACK;
		fault.held_back = number;
		snprintf(fault.reason, sizeof(fault.reason), "messages that the kernel did not print (rate limit)");
		*ret_fault = fault;
		return true;
	}
	return false;
}

/* viommu_fault_handler(): the fault's reason, an endpoint, and where there is one the address with R, W, X. */
static bool decode_virtio(const char *text, struct iommu_fault *ret_fault)
{
	static const struct {
		const char *word;
		enum iommu_fault_kind kind;
		const char *reason;
	} words[] = {
		{ "domain", IOMMU_FAULT_DEVICE_TABLE, "the device is attached to no domain" },
		{ "page", IOMMU_FAULT_DMA, "the address is not mapped for this access" },
		{ "unknown", IOMMU_FAULT_OTHER, "the hypervisor's IOMMU refused it, and does not say why" },
	};
	char word[16], access[4] = "";
	struct iommu_fault fault;
	uint32_t endpoint;

	iommu_fault_start(&fault, IOMMU_FAULT_VIRTIO, text);
	switch (sscanf(text, "virtio_iommu virtio%*u: %15s fault from EP %10" SCNu32 " at %18" SCNx64 " [%3[RWX ]]",
		word, &endpoint, &fault.address, access)) {
	case 3:
	case 4:
		fault.has_address = true;
		break;
	case 2:
		break;
	default:
		return false;
	}
	for (size_t i = 0; i < array_size(words); i++)
		if (!strcmp(words[i].word, word)) {
			fault.kind = words[i].kind;
			text_copy(fault.reason, sizeof(fault.reason), words[i].reason);
		}
	fault.access = strchr(access, 'W')   ? IOMMU_ACCESS_WRITE
		       : strchr(access, 'R') ? IOMMU_ACCESS_READ
					     : fault.access;
	/* Endpoints of PCI have their bus, device and function as number, in all hypervisors that make such units. */
	fault.has_device = endpoint <= UINT16_MAX;
	fault.device = (struct pci_addr){ 0, (uint8_t)(endpoint >> 8), (uint8_t)(endpoint >> 3 & 31), endpoint & 7 };
	*ret_fault = fault;
	return true;
}

bool iommu_fault_decode(const char *text, struct iommu_fault *ret_fault)
{
	struct iommu_fault fault;

	if (!iommu_fault_decode_intel(text, &fault) && !iommu_fault_decode_amd(text, &fault) &&
		!decode_virtio(text, &fault) && !decode_held_back(text, &fault))
		return false;
	iommu_fault_blank_controls(fault.reason);
	iommu_fault_blank_controls(fault.driver);
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
 * The task's name stands first in a line of the trace, and may hold anything: so the event is looked for from behind.
 * The kernel makes the rest of the line, where only the driver's name is not its own.
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
	iommu_fault_start(&fault, IOMMU_FAULT_NO_VENDOR, line);
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
