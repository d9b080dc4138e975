// SPDX-License-Identifier: GPL-2.0-or-later
/* Counting the IOMMU faults of the kernel's logs; see fault_read.h. */
#include "doctor/fault_read.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "distro/kernel_finding.h"
#include "distro/kernel_log.h"
#include "iommu/fault_decode.h"
#include "iommu/fault_log.h"

struct reading {
	struct iommu_fault_tally *tally;
	struct error *err;
	int ret;
};

static bool take_previous(const struct kernel_message *message, void *context)
{
	struct reading *reading = context;
	struct iommu_fault fault;

	if (!iommu_fault_decode(message->text, &fault))
		return true;
	fault.microseconds = message->seconds * 1000000;
	reading->ret = iommu_fault_tally_add(reading->tally, message->boot, &fault, reading->err);
	return !reading->ret;
}

int fault_tally_read(const struct sysroot *root, struct iommu_fault_tally *ret_tally, struct error *err)
{
	cleanup_free struct iommu_fault_log *log = calloc(1, sizeof(*log));
	struct iommu_fault_tally tally = { 0 };
	struct reading reading = { &tally, err, 0 };
	struct iommu_fault fault;

	if (!log)
		return fail(err, ENOMEM, "count IOMMU faults");
	/* A log that cannot be read is told by log_say_unread(). */
	if (!iommu_fault_log_open(root, IOMMU_FROM_KMSG, false, log, NULL)) {
		while (!reading.ret && iommu_fault_log_next(log, &fault))
			reading.ret = iommu_fault_tally_add(&tally, 0, &fault, err);
		iommu_fault_log_close(log);
	}
	if (!reading.ret)
		kernel_log_each_previous(root, KERNEL_BOOTS_BEFORE, take_previous, &reading);
	if (reading.ret < 0) {
		iommu_fault_tally_done(&tally);
		return reading.ret;
	}
	for (int boot = 0; boot >= -KERNEL_BOOTS_BEFORE; boot--)
		iommu_fault_tally_settle(&tally, boot);
	*ret_tally = tally;
	return 0;
}
