/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU faults of this boot and of earlier ones, counted (iommu/fault_tally.h). */
#ifndef DOCTOR_FAULT_READ_H
#define DOCTOR_FAULT_READ_H

#include "iommu/fault_tally.h"
#include "os/sysroot.h"

/* Every IOMMU fault of the logs, counted; -ENOMEM is the only failure. */
int fault_tally_read(const struct sysroot *root, struct iommu_fault_tally *ret_tally, struct error *err);

#endif
