/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults counted: how many of which device in which boot, those included that the kernel did not print. */
#ifndef IOMMU_FAULT_TALLY_H
#define IOMMU_FAULT_TALLY_H

#include "iommu/fault.h"

/* Of one device; or, without one, of the units themselves and of whom nobody knows. */
struct iommu_fault_count {
	int boot; /* 0: this one; -1: the one before it, ... */
	bool has_device;
	struct pci_addr device;
	uint64_t printed, held_back;
	struct iommu_fault last; /* the latest printed; IOMMU_FAULT_HELD_BACK while printed is 0 */
};

struct iommu_fault_tally {
	struct iommu_fault_count *item; /* owned */
	size_t count;
	bool more; /* there are devices that had no room */
};

/* -ENOMEM is the only failure. */
int iommu_fault_tally_add(
	struct iommu_fault_tally *tally, int boot, const struct iommu_fault *fault, struct error *err);

/* When a boot's log has been read: what was held back is its only faulting device's, if there is but one. */
void iommu_fault_tally_settle(struct iommu_fault_tally *tally, int boot);

void iommu_fault_tally_done(struct iommu_fault_tally *tally);

#endif
