/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a text to a fault: which of the forms of 3.x to 7.x a kernel message has, or a line of the trace. */
#ifndef IOMMU_FAULT_DECODE_H
#define IOMMU_FAULT_DECODE_H

#include "iommu/fault.h"

/*
 * The text of a kernel message (without time and level); false when it reports no fault. What the rate limit says of
 * messages about faults ("dmar_fault: 893 callbacks suppressed") is IOMMU_FAULT_HELD_BACK, without a device.
 */
bool iommu_fault_decode(const char *text, struct iommu_fault *ret_fault);

/* One line of the trace's text: "… 123.456789: io_page_fault: IOMMU:vfio-pci 0000:01:00.0 iova=0x… flags=0x0001". */
bool iommu_fault_decode_trace(const char *line, struct iommu_fault *ret_fault);

#endif
