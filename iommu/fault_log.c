// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults out of the kernel log (os/kmsg.h) and of the trace buffer, which is text too; tracing/trace is read without
 * consuming it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/fault.h"

enum {
	STATUS_OVERFLOW = 1, /* fault status register, PFO: faults were dropped */
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

/* "dmar_fault: 893 callbacks suppressed", "amd_iommu_report_page_fault: 2 callbacks suppressed". */
static void count_missing(struct iommu_fault_log *log, const char *text)
{
	uint64_t number;

	if (sscanf(text, "dmar_fault: %10" SCNu64 " callbacks suppressed", &number) == 1 ||
		sscanf(text, "amd_iommu_report_page_fault: %10" SCNu64 " callbacks suppressed", &number) == 1)
		log->suppressed += number;
	else if (sscanf(text, "DMAR: DRHD: handling fault status reg %8" SCNx64, &number) == 1)
		log->overflows += number & STATUS_OVERFLOW;
}

static bool take_record(struct iommu_fault_log *log, const struct kmsg_record *record, struct iommu_fault *ret_fault)
{
	log->records++;
	count_missing(log, record->text);
	if (!iommu_fault_decode(record->text, ret_fault))
		return false;
	ret_fault->microseconds = record->microseconds;
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
