/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults of AMD's IOMMU, in the words of drivers/iommu/amd/iommu.c. */
#ifndef IOMMU_FAULT_AMD_H
#define IOMMU_FAULT_AMD_H

#include "iommu/fault.h"

/* "vfio-pci 0000:01:00.0: AMD-Vi: Event logged [...]", a whole message; false for no fault. */
bool iommu_fault_decode_amd(const char *text, struct iommu_fault *ret_fault);

#endif
