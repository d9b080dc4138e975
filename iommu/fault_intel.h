/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults of VT-d, in the words of drivers/iommu/intel/dmar.c. */
#ifndef IOMMU_FAULT_INTEL_H
#define IOMMU_FAULT_INTEL_H

#include "iommu/fault.h"

/* "DMAR: ...", a whole message; false for no fault. */
bool iommu_fault_decode_intel(const char *text, struct iommu_fault *ret_fault);

#endif
