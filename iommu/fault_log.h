/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults of this boot, one after the other: out of the kernel log (os/kmsg.h), or out of the trace buffer. */
#ifndef IOMMU_FAULT_LOG_H
#define IOMMU_FAULT_LOG_H

#include "iommu/fault.h"
#include "os/kmsg.h"

/* Where reading stands, and what is known to be missing. Open with iommu_fault_log_open(). */
struct iommu_fault_log {
	struct kmsg kmsg; /* or the trace buffer's lines */
	enum iommu_fault_source source;
	uint64_t records; /* of the kernel, looked at */
	uint64_t suppressed, overflows;
	/* Faults since the rate limit's last report: whose they are. */
	struct iommu_fault last; /* the latest */
	bool has_last, mixed;    /* there is one; they are of several devices */
	bool reported;           /* none since that report: those before it still count */
};

/*
 * Open this boot's kernel log, from its first record or with from_now from its end; or the trace buffer, in which there
 * are faults only while the event iommu:io_page_fault is enabled. -EACCES and -EPERM with a hint where root is needed.
 */
int iommu_fault_log_open(const struct sysroot *root, enum iommu_fault_source source, bool from_now,
	struct iommu_fault_log *ret_log, struct error *err);
void iommu_fault_log_close(struct iommu_fault_log *log);
#define cleanup_fault_log cleanup(iommu_fault_log_close)

/*
 * The next fault, or report of the rate limit (IOMMU_FAULT_HELD_BACK). False: there are no more now. The kernel reports
 * what it held back before it prints again, so when all faults since its last report are of one device, what was held
 * back is taken for that device's, too.
 *
 * suppressed sums up the messages held back (also those that were no faults), overflows how often an Intel unit said
 * that it had to drop faults; kmsg.earlier and kmsg.lines.overwritten are what the log had lost before this was called.
 */
bool iommu_fault_log_next(struct iommu_fault_log *log, struct iommu_fault *ret_fault);

#endif
