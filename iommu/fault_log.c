// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults out of the kernel log (os/kmsg.h) and of the trace buffer, which is text too; tracing/trace is read without
 * consuming it.
 */
#include "iommu/fault_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/fault_decode.h"

enum {
	STATUS_OVERFLOW = 1, /* fault status register, PFO: faults were dropped */
	STATUS_GONE = 0xffffffff,
};

static const char trace_buffer[] = "sys/kernel/tracing/trace";
static const char trace_event[] = "sys/kernel/tracing/events/iommu/io_page_fault";

static int open_failed(int ret, const struct sysroot *root, const char *path, struct error *err)
{
	fail(err, -ret, "read %s/%s", root->path, path);
	if (ret == -EACCES || ret == -EPERM)
		return fail_hint(err, "run this as root, for example with sudo");
	if (root->captured && ret == -ENOENT)
		return fail_hint(err, "this captured host was taken without its kernel log");
	return ret;
}

static int check_trace(const struct sysroot *root, struct error *err)
{
	uint64_t enabled = 0;

	if (root->captured || (!sysroot_read_u64(root, &enabled, "%s/enable", trace_event) && enabled))
		return 0;
	if (!sysroot_exists(root, "%s", trace_event))
		return open_failed(geteuid() ? -EACCES : -ENOENT, root, trace_event, err);
	fail_code(err, CODE_FAILED, ENODATA, "the kernel does not trace IOMMU faults");
	return fail_hint(err, "'echo 1 > /%s/enable' switches that on", trace_event);
}

int iommu_fault_log_open(const struct sysroot *root, enum iommu_fault_source source, bool from_now,
	struct iommu_fault_log *ret_log, struct error *err)
{
	int ret = source == IOMMU_FROM_TRACE ? check_trace(root, err) : 0;

	memset(ret_log, 0, sizeof(*ret_log));
	ret_log->kmsg.lines.fd = -1;
	ret_log->source = source;
	if (ret < 0)
		return ret;
	if (source == IOMMU_FROM_TRACE)
		ret = lines_open(&ret_log->kmsg.lines, root, from_now, trace_buffer);
	else
		ret = kmsg_open(&ret_log->kmsg, root, from_now);
	return ret ? open_failed(ret, root, source == IOMMU_FROM_TRACE ? trace_buffer : "dev/kmsg", err) : 0;
}

void iommu_fault_log_close(struct iommu_fault_log *log)
{
	kmsg_close(&log->kmsg);
}

/* Faults that no message of their own will tell: the unit had no room for them. */
static void count_overflow(struct iommu_fault_log *log, const char *text)
{
	uint64_t status;

	if (sscanf(text, "%*4[DMARdmar]: DRHD: handling fault status reg %8" SCNx64, &status) == 1)
		log->overflows += status != STATUS_GONE && (status & STATUS_OVERFLOW);
	else if (!strcmp(text, "AMD-Vi: IOMMU event log overflow") ||
		 !strcmp(text, "AMD-Vi: IOMMU Event log restarting"))
		log->overflows++;
}

/*
 * Whose the messages were that the rate limit held back: those of all faults before its report, if there is one such
 * device.
 */
static void judge_held_back(struct iommu_fault_log *log, struct iommu_fault *fault)
{
	if (fault->kind == IOMMU_FAULT_HELD_BACK) {
		log->suppressed += fault->held_back;
		fault->has_device = log->has_last && !log->mixed && log->last.has_device;
		fault->device = log->last.device;
		log->reported = true;
		return;
	}
	if (log->reported)
		log->mixed = false;
	else if (log->has_last &&
		 (log->last.has_device != fault->has_device || pci_addr_compare(log->last.device, fault->device)))
		log->mixed = true;
	log->reported = false;
	log->last = *fault;
	log->has_last = true;
}

static bool take_record(struct iommu_fault_log *log, const struct kmsg_record *record, struct iommu_fault *ret_fault)
{
	log->records++;
	count_overflow(log, record->text);
	if (!iommu_fault_decode(record->text, ret_fault))
		return false;
	ret_fault->microseconds = record->microseconds;
	judge_held_back(log, ret_fault);
	return true;
}

static bool next_traced(struct iommu_fault_log *log, struct iommu_fault *ret_fault)
{
	char *line;

	while ((line = lines_next(&log->kmsg.lines)))
		if (iommu_fault_decode_trace(line, ret_fault))
			return true;
	return false;
}

bool iommu_fault_log_next(struct iommu_fault_log *log, struct iommu_fault *ret_fault)
{
	struct kmsg_record record;

	if (log->source == IOMMU_FROM_TRACE)
		return next_traced(log, ret_fault);
	while (kmsg_next(&log->kmsg, &record))
		if (take_record(log, &record, ret_fault))
			return true;
	return false;
}
