// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The record of a fault: its names, and the numbers and addresses that decoders find in the kernel's words. See
 * fault.h.
 */
#include "iommu/fault.h"

#include <ctype.h>
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
	[IOMMU_FAULT_HELD_BACK] = "suppressed",
};

static const char *const access_names[IOMMU_ACCESS_COUNT] = {
	[IOMMU_ACCESS_READ] = "read",
	[IOMMU_ACCESS_WRITE] = "write",
	[IOMMU_ACCESS_EXECUTE] = "execute",
};

static const char *const vendor_names[] = {
	[IOMMU_FAULT_INTEL] = "intel",
	[IOMMU_FAULT_AMD] = "amd",
	[IOMMU_FAULT_VIRTIO] = "virtio",
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
	return (unsigned int)vendor < array_size(vendor_names) ? vendor_names[vendor] : NULL;
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
void iommu_fault_blank_controls(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

void iommu_fault_start(struct iommu_fault *fault, enum iommu_fault_vendor vendor, const char *raw)
{
	*fault = (struct iommu_fault){
		.vendor = vendor,
		.kind = IOMMU_FAULT_OTHER,
		.pasid = -1,
		.reason_code = -1,
		.address_bytes = 1,
	};
	text_copy(fault->raw, sizeof(fault->raw), raw);
	iommu_fault_blank_controls(fault->raw);
}
