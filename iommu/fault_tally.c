// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults counted by device and boot. See fault_tally.h. */
#include "iommu/fault_tally.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum {
	TALLY_MAX = 1024, /* devices and boots; a log has room for no more */
};

static struct iommu_fault_count *find(
	struct iommu_fault_tally *tally, int boot, bool has_device, struct pci_addr device)
{
	for (size_t i = 0; i < tally->count; i++) {
		struct iommu_fault_count *at = &tally->item[i];

		if (at->boot == boot && at->has_device == has_device &&
			(!has_device || !pci_addr_compare(at->device, device)))
			return at;
	}
	return NULL;
}

int iommu_fault_tally_add(struct iommu_fault_tally *tally, int boot, const struct iommu_fault *fault, struct error *err)
{
	struct iommu_fault_count *at = find(tally, boot, fault->has_device, fault->device);

	if (!at) {
		if (tally->count == TALLY_MAX) {
			tally->more = true;
			return 0;
		}
		at = reallocarray(tally->item, tally->count + 1, sizeof(*at));
		if (!at)
			return fail(err, ENOMEM, "count IOMMU faults");
		tally->item = at;
		at += tally->count++;
		*at = (struct iommu_fault_count){
			.boot = boot, .has_device = fault->has_device, .device = fault->device, .last = *fault
		};
	}
	at->held_back += fault->held_back;
	if (fault->held_back)
		return 0;
	if (!at->printed || fault->microseconds >= at->last.microseconds)
		at->last = *fault;
	at->printed++;
	return 0;
}

void iommu_fault_tally_settle(struct iommu_fault_tally *tally, int boot)
{
	struct iommu_fault_count *nobodys = find(tally, boot, false, (struct pci_addr){ 0 });
	struct iommu_fault_count *only = NULL;

	for (size_t i = 0; i < tally->count; i++) {
		struct iommu_fault_count *at = &tally->item[i];

		if (at->boot != boot || !at->has_device)
			continue;
		if (only)
			return;
		only = at;
	}
	if (!nobodys || !only || !nobodys->held_back)
		return;
	only->held_back += nobodys->held_back;
	nobodys->held_back = 0;
	if (!nobodys->printed)
		*nobodys = tally->item[--tally->count];
}

void iommu_fault_tally_done(struct iommu_fault_tally *tally)
{
	free(tally->item);
	*tally = (struct iommu_fault_tally){ 0 };
}
