// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on IOMMU faults: what the kernel log of this boot has of them (iommu/fault.h). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "doctor/checks.h"
#include "iommu/fault_log.h"

static size_t count_faults(struct iommu_fault_log *log, struct iommu_fault *ret_last)
{
	struct iommu_fault fault;
	size_t count = 0;

	while (iommu_fault_log_next(log, &fault)) {
		count += fault.held_back ? (size_t)fault.held_back : 1;
		*ret_last = fault;
	}
	return count;
}

static void describe(const struct iommu_fault *last, size_t count, struct check_result *result)
{
	char name[PCI_ADDR_TEXT_SIZE] = "the IOMMU itself";

	if (last->has_device)
		pci_addr_text(last->device, name);
	check_say(result, CHECK_WARN, "%zu IOMMU fault%s since boot, the last of %s: %s", count, count == 1 ? "" : "s",
		name, last->reason);
	check_evidence(result, "kernel log, %" PRIu64 ".%06" PRIu64 " s: %.200s", last->microseconds / 1000000,
		last->microseconds % 1000000, last->raw);
	check_fix(result,
		"'sluice faults' shows whose device it was and, for a guest's, whether the address was in its memory");
}

/* The rate limit and the log's size hide faults, so a log without any is no proof where something is missing in it. */
void check_iommu_faults(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	cleanup_free struct iommu_fault_log *log = calloc(1, sizeof(*log));
	struct iommu_fault last;
	struct error err = { 0 };
	size_t count;

	(void)device;
	if (!doctor->host->iommu.translating)
		return;
	if (!log || iommu_fault_log_open(&doctor->host->root, IOMMU_FROM_KMSG, false, log, &err) < 0) {
		check_say(result, CHECK_UNMEASURED, "cannot tell whether there were IOMMU faults");
		check_evidence(result, "%.255s", err.msg);
		return;
	}
	count = count_faults(log, &last);
	if (count) {
		describe(&last, count, result);
	} else {
		check_say(result, CHECK_OK, "no IOMMU fault in the kernel log");
		check_evidence(result, "kernel log: %" PRIu64 " messages, %" PRIu64 " before them not there any more",
			log->records, log->kmsg.earlier);
	}
	iommu_fault_log_close(log);
}
