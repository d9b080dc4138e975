// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel log (Documentation/ABI/testing/dev-kmsg): records "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT", each followed by lines that begin
 * with a space. The device gives one record a read, a captured file all of them: cut into lines, both are the same. The priority's upper
 * bits are the facility, 0 for the kernel alone: what user space writes gets another one whatever it asks for.
 *
 * The trace buffer is text too; tracing/trace is read without consuming it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/host_fault.h"

enum {
	FACILITY_SHIFT = 3,
	STATUS_OVERFLOW = 1, /* fault status register, PFO: faults were dropped */
};

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
	const char *path = source == IOMMU_FROM_TRACE ? "sys/kernel/tracing/trace" : "dev/kmsg";
	int ret = source == IOMMU_FROM_TRACE ? check_trace(root, err) : 0;
	int fd;

	if (ret < 0)
		return ret;
	fd = sysroot_open_file(root, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", path);
	if (fd < 0)
		return open_failed(fd, root, path, err);
	if (from_now)
		lseek(fd, 0, SEEK_END);
	memset(ret_log, 0, sizeof(*ret_log));
	ret_log->fd = fd;
	ret_log->source = source;
	return 0;
}

void iommu_fault_log_close(struct iommu_fault_log *log)
{
	close_fd(&log->fd);
}

/* More bytes behind those that are left; false when there are none now. */
static bool fill(struct iommu_fault_log *log)
{
	ssize_t got;

	if (log->start) {
		memmove(log->buffer, log->buffer + log->start, log->end - log->start);
		log->end -= log->start;
		log->start = 0;
	}
	/* The kernel refuses to cut a record, so there must be room for one: a line that leaves none is given up. */
	if (log->end > sizeof(log->buffer) / 2) {
		log->end = 0;
		log->skipping = true;
	}
	do {
		got = read(log->fd, log->buffer + log->end, sizeof(log->buffer) - log->end);
		log->overwritten += got < 0 && errno == EPIPE;
	} while (got < 0 && (errno == EINTR || errno == EPIPE));
	if (got <= 0)
		return false;
	log->end += (size_t)got;
	return true;
}

/* The next line, terminated, in the buffer; NULL when there is none now. */
static char *next_line(struct iommu_fault_log *log)
{
	for (;;) {
		char *line = log->buffer + log->start;
		char *end = memchr(line, '\n', log->end - log->start);

		if (!end) {
			if (!fill(log))
				return NULL;
			continue;
		}
		log->start = (size_t)(end + 1 - log->buffer);
		*end = '\0';
		if (!log->skipping)
			return line;
		log->skipping = false;
	}
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

/* The first record's number, of whomever it is, says how many there were before it. */
static bool is_kernels(struct iommu_fault_log *log, uint64_t priority, uint64_t sequence)
{
	if (!log->began)
		log->earlier = sequence;
	log->began = true;
	return !(priority >> FACILITY_SHIFT);
}

static bool take_record(struct iommu_fault_log *log, char *line, struct iommu_fault *ret_fault)
{
	uint64_t priority, sequence, microseconds;
	char *text = strchr(line, ';');

	if (!text || sscanf(line, "%6" SCNu64 ",%20" SCNu64 ",%18" SCNu64, &priority, &sequence, &microseconds) != 3 ||
		!is_kernels(log, priority, sequence))
		return false;
	log->records++;
	text++;
	count_missing(log, text);
	if (!iommu_fault_decode(text, ret_fault))
		return false;
	ret_fault->microseconds = microseconds;
	return true;
}

bool iommu_fault_log_next(struct iommu_fault_log *log, struct iommu_fault *ret_fault)
{
	char *line;

	while ((line = next_line(log)))
		if (log->source == IOMMU_FROM_TRACE ? iommu_fault_decode_trace(line, ret_fault)
						    : take_record(log, line, ret_fault))
			return true;
	return false;
}
