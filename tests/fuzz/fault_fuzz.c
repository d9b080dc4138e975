// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing the decoders of IOMMU faults: the bytes as one message, as one line of the trace, and as a whole log.
 * Whatever they are, decoding ends, stays inside them, and what it found is text.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "iommu/fault_decode.h"
#include "iommu/fault_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must_be_text(const struct iommu_fault *fault)
{
	if (!memchr(fault->reason, '\0', sizeof(fault->reason)) || !memchr(fault->raw, '\0', sizeof(fault->raw)) ||
		!memchr(fault->unit, '\0', sizeof(fault->unit)) || !memchr(fault->event, '\0', sizeof(fault->event)) ||
		!iommu_fault_kind_name(fault->kind) || (fault->has_device && fault->device.device > 31))
		abort();
}

static void read_as_log(const uint8_t *bytes, size_t size)
{
	cleanup_free struct iommu_fault_log *log = calloc(1, sizeof(*log));
	struct iommu_fault fault;

	log->kmsg.lines.fd = memfd_create("log", MFD_CLOEXEC);
	if (log->kmsg.lines.fd < 0 || write(log->kmsg.lines.fd, bytes, size) != (ssize_t)size ||
		lseek(log->kmsg.lines.fd, 0, SEEK_SET) < 0)
		abort();
	while (iommu_fault_log_next(log, &fault))
		must_be_text(&fault);
	iommu_fault_log_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	cleanup_free char *text = calloc(1, size + 1);
	struct iommu_fault fault;

	memcpy(text, bytes, size);
	if (iommu_fault_decode(text, &fault))
		must_be_text(&fault);
	if (iommu_fault_decode_trace(text, &fault))
		must_be_text(&fault);
	read_as_log(bytes, size);
	return 0;
}
