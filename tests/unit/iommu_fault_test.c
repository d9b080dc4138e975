// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommu/fault*.c: lines that real kernels wrote, as people posted them; what only looks like one; and the log they
 * stand in, as the device gives it and as a captured file. Sources are named beside the lines.
 */
#include "iommu/fault_decode.h"
#include "iommu/fault_log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

struct expected {
	const char *text;
	const char *device; /* NULL: none */
	enum iommu_fault_kind kind;
	enum iommu_fault_access access;
	int code;
	uint64_t address;
	int64_t pasid;
	const char *reason; /* part of it */
};

/* pasid 0 stands for none: no line here has that PASID. */
static const struct expected intel[] = {
	/* linux-pci 20221230192042.GA697217@bhelgaas */
	{ "DMAR: [DMA Read NO_PASID] Request device [0b:00.0] fault addr 0xffffe000 [fault reason 0x06] PTE Read "
	  "access is not set",
		"0000:0b:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 6, 0xffffe000, 0, "may not be read" },
	/* sof-test issue 744: 5.13 */
	{ "DMAR: [DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x70ad5000 [fault reason 0x07] Next page "
	  "table ptr is invalid",
		"0000:00:02.0", IOMMU_FAULT_PAGE_TABLE, IOMMU_ACCESS_READ, 7, 0x70ad5000, 0, "next page table" },
	/* i915ovmfPkg issue 16: before 5.13; "fault addr 0" */
	{ "DMAR: [DMA Write] Request device [00:02.0] PASID ffffffff fault addr 0 [fault reason 02] Present bit in "
	  "context entry is clear",
		"0000:00:02.0", IOMMU_FAULT_DEVICE_TABLE, IOMMU_ACCESS_WRITE, 2, 0, 0, "no context entry" },
	/* sonic-marvell-binaries pull request 84 */
	{ "DMAR: [DMA Read] Request device [06:00.0] PASID ffffffff fault addr 1a5e12000 [fault reason 06] PTE Read "
	  "access is not set",
		"0000:06:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 6, 0x1a5e12000, 0, "may not be read" },
	/* OpenNetworkLinux pull request 897: no PASID field at all */
	{ "DMAR: [DMA Write] Request device [00:12.0] fault addr 0 [fault reason 05] PTE Write access is not set",
		"0000:00:12.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_WRITE, 5, 0, 0, "may not be written" },
	/* tt-umd issue 1814: scalable mode */
	{ "DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0x100000 [fault reason 0x71] SM: Present bit "
	  "in first-level paging entry is clear",
		"0000:03:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 0x71, 0x100000, 0, "not mapped (first level)" },
	/* the form of dmar.c in 6.12 and 7.2, with a PASID and with a segment */
	{ "DMAR: [DMA Write PASID 0x4d2] Request device [6f:01.0] fault addr 0x7f0000001000 [fault reason 0x59] SM: "
	  "Present bit in PASID Table Entry is clear",
		"0000:6f:01.0", IOMMU_FAULT_DEVICE_TABLE, IOMMU_ACCESS_WRITE, 0x59, 0x7f0000001000, 0x4d2,
		"no PASID table entry" },
	{ "DMAR: [DMA Read NO_PASID] Request device [0002:01:10.7] fault addr 0x80000000 [fault reason 0x06] PTE Read "
	  "access is not set",
		"0002:01:10.7", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 6, 0x80000000, 0, "may not be read" },
	/* a reason that this table does not have: the kernel's words */
	{ "DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x1000 [fault reason 0x60] Unknown",
		"0000:01:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 0x60, 0x1000, 0, "Unknown" },
	/* interrupts: decimal reasons (mlx5, 2020; f0:1f.0), then hexadecimal ones (VMD) */
	{ "DMAR: [INTR-REMAP] Request device [42:00.2] fault index 1600 [fault reason 37] Blocked a compatibility "
	  "format interrupt request",
		"0000:42:00.2", IOMMU_FAULT_INTERRUPT, IOMMU_ACCESS_UNKNOWN, 0x25, 0x1600, 0, "compatibility format" },
	{ "DMAR: [INTR-REMAP] Request device [0xc9:0x05.0] fault index 0xa00 [fault reason 0x25] Blocked a "
	  "compatibility format interrupt request",
		"0000:c9:05.0", IOMMU_FAULT_INTERRUPT, IOMMU_ACCESS_UNKNOWN, 0x25, 0xa00, 0, "compatibility format" },
	{ "DMAR: [INTR-REMAP] Request device [00:1c.1] fault index 0x20 [fault reason 0x26] Blocked an interrupt "
	  "request due to source-id verification failure",
		"0000:00:1c.1", IOMMU_FAULT_INTERRUPT, IOMMU_ACCESS_UNKNOWN, 0x26, 0x20, 0, "source-id" },
	/* linux-pci, rk3588 as an endpoint: the unit does not say whose; and as it would */
	{ "DMAR: VT-d detected Invalidation Time-out Error: SID 0", NULL, IOMMU_FAULT_INVALIDATION,
		IOMMU_ACCESS_UNKNOWN, -1, 0, 0, "not answered" },
	{ "DMAR: VT-d detected Invalidation Time-out Error: SID 182", "0000:01:10.2", IOMMU_FAULT_INVALIDATION,
		IOMMU_ACCESS_UNKNOWN, -1, 0, 0, "not answered" },
	/*
	 * the other errors of the invalidation queue; a source-id of ones is a unit that is gone, and no device ff:1f.7
	 */
	{ "DMAR: VT-d detected Invalidation Completion Error: SID 182", "0000:01:10.2", IOMMU_FAULT_INVALIDATION,
		IOMMU_ACCESS_UNKNOWN, -1, 0, 0, "unexpected or invalid" },
	{ "DMAR: VT-d detected Invalidation Queue Error: Reason 3", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN, -1,
		0, 0, "invalidation of the kernel" },
	{ "DMAR: VT-d detected Invalidation Time-out Error: SID ffff", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN,
		-1, 0, 0, "read as ones" },
	{ "DMAR: VT-d detected invalid descriptor: qw0 = 12, qw1 = 0", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN,
		-1, 0, 0, "invalidation of the kernel" },
	/* the forms before 4.4: two lines, as /dev/kmsg has them, as a journal has them, and the first alone */
	{ "dmar: DMAR:[DMA Read] Request device [03:00.0] fault addr ffffe000 \\x0aDMAR:[fault reason 06] PTE Read "
	  "access "
	  "is not set",
		"0000:03:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 6, 0xffffe000, 0, "may not be read" },
	{ "DMAR: DMAR:[DMA Write] Request device [00:1f.2] fault addr fff00000 \nDMAR:[fault reason 05] PTE Write "
	  "access "
	  "is not set",
		"0000:00:1f.2", IOMMU_FAULT_DMA, IOMMU_ACCESS_WRITE, 5, 0xfff00000, 0, "may not be written" },
	{ "DMAR:[DMA Read] Request device [28:00.0] fault addr 8", "0000:28:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ,
		-1, 8, 0, "second line" },
	{ "dmar: INTR-REMAP: Request device [[f0:1f.7] fault index 23\\x0aINTR-REMAP:[fault reason 34] Present field "
	  "in "
	  "the IRTE entry is clear",
		"0000:f0:1f.7", IOMMU_FAULT_INTERRUPT, IOMMU_ACCESS_UNKNOWN, 0x22, 0x23, 0, "no entry" },
	{ "dmar: DRHD: handling fault status reg 40", NULL, IOMMU_FAULT_INVALIDATION, IOMMU_ACCESS_UNKNOWN, -1, 0, 0,
		"not answered" },
	/* before 5.15 the status register alone says it */
	{ "DMAR: DRHD: handling fault status reg 40", NULL, IOMMU_FAULT_INVALIDATION, IOMMU_ACCESS_UNKNOWN, -1, 0, 0,
		"not answered" },
	{ "DMAR: DRHD: handling fault status reg 22", NULL, IOMMU_FAULT_INVALIDATION, IOMMU_ACCESS_UNKNOWN, -1, 0, 0,
		"unexpected" },
	{ "DMAR: DRHD: handling fault status reg ffffffff", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN, -1, 0, 0,
		"read as ones" },
};

static const struct expected amd[] = {
	/* Dasharo issue 1134: present, write, permission */
	{ "ath10k_pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d address=0xcff49550 flags=0x0070]",
		"0000:01:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_WRITE, 0x70, 0xcff49550, 0, "does not allow" },
	/* apu2-documentation issue 240: an older kernel, the device in the brackets */
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=02:00.0 domain=0x0017 address=0x00000000be9f9880 flags=0x0010]",
		"0000:02:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 0x10, 0xbe9f9880, 0, "refused" },
	/* ROCm, a guest's GPU: not present, so nobody knows whether it read */
	{ "vfio-pci 0000:c5:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0022 address=0x191c00000 flags=0x0000]",
		"0000:c5:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_UNKNOWN, 0, 0x191c00000, 0, "not mapped" },
	{ "nvidia 0000:41:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0018 address=0x4d7201180 flags=0x0020]",
		"0000:41:00.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_WRITE, 0x20, 0x4d7201180, 0, "not mapped" },
	/* with a segment, as since 6.0 */
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:00:0c.0 domain=0x0000 address=0x7e800000 flags=0x0050]",
		"0000:00:0c.0", IOMMU_FAULT_DMA, IOMMU_ACCESS_READ, 0x50, 0x7e800000, 0, "does not allow" },
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x0000 address=0xfee00000 flags=0x0008]",
		"0000:01:00.0", IOMMU_FAULT_INTERRUPT, IOMMU_ACCESS_UNKNOWN, 8, 0xfee00000, 0, "no entry" },
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x0003 address=0x1000 flags=0x0190]",
		"0000:01:00.0", IOMMU_FAULT_PAGE_TABLE, IOMMU_ACCESS_UNKNOWN, 0x190, 0x1000, 0, "translation request" },
	/* iommu list: an IOAPIC's table entry; and 6.x */
	{ "iommu ivhd0: AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=c0:00.1 pasid=0x00000 "
	  "address=0xfffffffdf8140000 flags=0x0008]",
		"0000:c0:00.1", IOMMU_FAULT_DEVICE_TABLE, IOMMU_ACCESS_UNKNOWN, 8, 0xfffffffdf8140000, 0,
		"table entry" },
	{ "iommu ivhd3: AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=0000:43:00.0 pasid=0x00000 "
	  "address=0x3737b01000 flags=0x0020]",
		"0000:43:00.0", IOMMU_FAULT_DEVICE_TABLE, IOMMU_ACCESS_UNKNOWN, 0x20, 0x3737b01000, 0, "table entry" },
	{ "iommu ivhd1: AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=0000:00:00.0 pasid=0x00000 "
	  "address=0xfffffffdf8000000 flags=0x0a00]",
		"0000:00:00.0", IOMMU_FAULT_REQUEST, IOMMU_ACCESS_UNKNOWN, 0xa00, 0xfffffffdf8000000, 0, "interrupt" },
	/* linux-pci: Radeon Pro W5700 */
	{ "iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=63:00.0 address=0x42b5b01a0]", "0000:63:00.0",
		IOMMU_FAULT_INVALIDATION, IOMMU_ACCESS_UNKNOWN, -1, 0x42b5b01a0, 0, "not answered" },
	/* the other forms of amd/iommu.c in 6.12 */
	{ "iommu ivhd0: AMD-Vi: Event logged [DEV_TAB_HARDWARE_ERROR device=0000:01:00.0 address=0x1000 flags=0x0000]",
		"0000:01:00.0", IOMMU_FAULT_DEVICE_TABLE, IOMMU_ACCESS_UNKNOWN, 0, 0x1000, 0, "could not be read" },
	{ "iommu ivhd0: AMD-Vi: Event logged [PAGE_TAB_HARDWARE_ERROR device=0000:01:00.0 pasid=0x0007 address=0x1000 "
	  "flags=0x0000]",
		"0000:01:00.0", IOMMU_FAULT_PAGE_TABLE, IOMMU_ACCESS_UNKNOWN, 0, 0x1000, 7, "could not be read" },
	{ "iommu ivhd0: AMD-Vi: Event logged [ILLEGAL_COMMAND_ERROR address=0x100040000]", NULL, IOMMU_FAULT_COMMAND,
		IOMMU_ACCESS_UNKNOWN, -1, 0x100040000, 0, "command" },
	{ "iommu ivhd0: AMD-Vi: Event logged [COMMAND_HARDWARE_ERROR address=0x100040000 flags=0x0000]", NULL,
		IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN, 0, 0x100040000, 0, "command" },
	{ "iommu ivhd0: AMD-Vi: Event logged [INVALID_PPR_REQUEST device=0000:01:00.0 pasid=0x00011 address=0x2000 "
	  "flags=0x0400 tag=0x001]",
		"0000:01:00.0", IOMMU_FAULT_REQUEST, IOMMU_ACCESS_UNKNOWN, 0x400, 0x2000, 0x11, "request pages" },
	{ "vfio-pci 0000:01:00.0: AMD-Vi: Event logged [RMP_PAGE_FAULT vmg_tag=0x0000, gpa=0x3000, flags_rmp=0x0001, "
	  "flags=0x0020]",
		"0000:01:00.0", IOMMU_FAULT_OWNERSHIP, IOMMU_ACCESS_UNKNOWN, 0x20, 0x3000, 0, "somebody else" },
	{ "AMD-Vi: Event logged [RMP_HW_ERROR device=0000:01:00.0, vmg_tag=0x0000, spa=0x4000, flags=0x0001]",
		"0000:01:00.0", IOMMU_FAULT_OWNERSHIP, IOMMU_ACCESS_UNKNOWN, 1, 0x4000, 0, "reverse map" },
	{ "iommu ivhd0: AMD-Vi: Event logged [UNKNOWN event[0]=0x00000100 event[1]=0xf0000000 event[2]=0x00000000 "
	  "event[3]=0x00000000",
		NULL, IOMMU_FAULT_OTHER, IOMMU_ACCESS_UNKNOWN, -1, 0, 0, "UNKNOWN" },
	/* what the kernel says of the unit; the second of two records about a device that it has not set up */
	{ "AMD-Vi: Completion-Wait loop timed out", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN, -1, 0, 0,
		"COMPLETION_WAIT" },
	{ "AMD-Vi: IOMMU 0000:00:00.2: Completion-Wait loop timed out", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN,
		-1, 0, 0, "COMPLETION_WAIT" },
	{ "AMD-Vi: Command buffer timeout", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN, -1, 0, 0, "commands" },
	{ "AMD-Vi: No event written to event log", NULL, IOMMU_FAULT_COMMAND, IOMMU_ACCESS_UNKNOWN, -1, 0, 0,
		"wrote none" },
	{ "AMD-Vi:   device=0000:c1:00.0 domain=0x0012", "0000:c1:00.0", IOMMU_FAULT_DEVICE_TABLE, IOMMU_ACCESS_UNKNOWN,
		-1, 0, 0, "no domain" },
	/* 4.19: the event is a record of its own, behind one that ends with "[" */
	{ "iommu ivhd0: IOTLB_INV_TIMEOUT device=63:00.0 address=0x000000042b5b01a0]", "0000:63:00.0",
		IOMMU_FAULT_INVALIDATION, IOMMU_ACCESS_UNKNOWN, -1, 0x42b5b01a0, 0, "not answered" },
	{ "iommu ivhd0: COMMAND_HARDWARE_ERROR address=0x0000000100040000 flags=0x0000]", NULL, IOMMU_FAULT_COMMAND,
		IOMMU_ACCESS_UNKNOWN, 0, 0x100040000, 0, "command" },
};

static const struct expected virtio[] = {
	{ "virtio_iommu virtio0: page fault from EP 8 at 0x12345000 [ W ]", "0000:00:01.0", IOMMU_FAULT_DMA,
		IOMMU_ACCESS_WRITE, -1, 0x12345000, 0, "not mapped" },
	{ "virtio_iommu virtio3: domain fault from EP 256", "0000:01:00.0", IOMMU_FAULT_DEVICE_TABLE,
		IOMMU_ACCESS_UNKNOWN, -1, 0, 0, "no domain" },
};

static void check(const struct expected *expected, enum iommu_fault_vendor vendor)
{
	struct iommu_fault fault;
	char name[PCI_ADDR_TEXT_SIZE];
	size_t length;

	if (!iommu_fault_decode(expected->text, &fault))
		fail_msg("not decoded: %s", expected->text);
	assert_int_equal(fault.vendor, vendor);
	assert_int_equal(fault.has_device, expected->device != NULL);
	if (expected->device)
		assert_string_equal(pci_addr_text(fault.device, name), expected->device);
	if (fault.kind != expected->kind || fault.access != expected->access || fault.reason_code != expected->code ||
		!strstr(fault.reason, expected->reason))
		fail_msg("%s: kind %d, access %d, code %d, \"%s\"", expected->text, (int)fault.kind, (int)fault.access,
			fault.reason_code, fault.reason);
	assert_int_equal(fault.has_address ? fault.address : 0, expected->address);
	assert_int_equal(fault.pasid, expected->pasid ? expected->pasid : -1);
	/* A line break of the message is a blank in what is shown. */
	length = strcspn(expected->text, "\n");
	if (length > sizeof(fault.raw) - 1)
		length = sizeof(fault.raw) - 1;
	assert_int_equal(strncmp(fault.raw, expected->text, length), 0);
	assert_null(strchr(fault.raw, '\n'));
}

static void decodes_intel(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(intel); i++)
		check(&intel[i], IOMMU_FAULT_INTEL);
}

static void decodes_amd(void **state)
{
	struct iommu_fault fault;

	(void)state;
	for (size_t i = 0; i < array_size(amd); i++)
		check(&amd[i], IOMMU_FAULT_AMD);
	assert_true(iommu_fault_decode(amd[8].text, &fault));
	assert_string_equal(fault.unit, "ivhd3");
	assert_true(iommu_fault_decode(amd[2].text, &fault));
	assert_string_equal(fault.driver, "vfio-pci");
	for (size_t i = 0; i < array_size(virtio); i++)
		check(&virtio[i], IOMMU_FAULT_VIRTIO);
}

/* What stands beside faults in a log, what a name could make look like one, and what is cut off. */
static void others_are_no_faults(void **state)
{
	static const char *const texts[] = {
		"",
		"DMAR: ",
		"AMD-Vi: ",
		"DMAR: DRHD: handling fault status reg 2",
		"dmar: DRHD: handling fault status reg 2",
		"dmar: DMAR:[DMA Read] Request device [03:00.0] fault addr ffffe000 and more",
		"dmar: DMAR:[DMA Read] Request device [03:00.0] fault addr ffffe000 \nINTR-REMAP:[fault reason 06] x",
		"dmar: INTR-REMAP: Request device [f0:1f.7] fault index 23\nINTR-REMAP:[fault reason 34] x",
		"DMAR: Dump dmar1 table entries for IOVA 0x1026a4000",
		"DMAR: IOMMU enabled",
		"dmar_fault: 893 callbacks",
		"dmar_fault_x: 893 callbacks suppressed",
		"dmar_fault: 0 callbacks suppressed",
		"pci_bus_read: 893 callbacks suppressed",
		"AMD-Vi: Completion-Wait loop timed out, says a name",
		"DMAR: DRHD: handling fault status reg 3",
		"iommu ivhd0: AMD-Vi: Event logged [",
		"virtio_iommu x: page fault from EP 8",
		"AMD-Vi: Event logged [",
		"AMD-Vi: Event logged [Device not attached to domain properly]",
		"iommu ivhd3: AMD-Vi: Control Reg : 0xc22000142148d",
		"process 'DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x1000 [fault reason 0x06] x' "
		"started with executable stack",
		"process 'x' AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x0000 address=0x0 "
		"flags=0x0000]",
		"a b c: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0000 address=0x0 flags=0x0000]",
		"DMAR: [DMA Read NO_PASID] Request device [01:00.9] fault addr 0x1000 [fault reason 0x06] x",
		"DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x11112222333344445 [fault reason 0x06] "
		"x",
		"DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x1000 [fault reason 0x106] x",
		"DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr  [fault reason 0x06] x",
		"DMAR: [DMA Read PASID 0x1ffffffff] Request device [01:00.0] fault addr 0x1000 [fault reason 0x06] x",
		"DMAR: [DMA Both NO_PASID] Request device [01:00.0] fault addr 0x1000 [fault reason 0x06] x",
		"DMAR: VT-d detected Invalidation Time-out Error: SID 10000",
		"DMAR: VT-d detected Invalidation Time-out Error: SID ",
	};
	struct iommu_fault fault;

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		if (iommu_fault_decode(texts[i], &fault))
			fail_msg("taken for a fault: %s", texts[i]);
}

static void every_cut_line_ends(void **state)
{
	struct iommu_fault fault;
	char text[256];

	(void)state;
	for (size_t i = 0; i < array_size(intel) + array_size(amd); i++) {
		const char *whole = i < array_size(intel) ? intel[i].text : amd[i - array_size(intel)].text;

		for (size_t length = 0; length < strlen(whole); length++) {
			snprintf(text, sizeof(text), "%.*s", (int)length, whole);
			iommu_fault_decode(text, &fault);
		}
	}
}

/* The log --------------------------------------------------------------------------------------------------------- */

#define RECORD_FAULT                                                                                                   \
	"DMAR: [DMA Read NO_PASID] Request device [01:10.0] fault addr 0x80000000 [fault reason 0x06] PTE Read "       \
	"access is not set\n"

static void read_log(const char *text, struct iommu_fault *faults, size_t space, size_t *ret_count,
	struct iommu_fault_log *log, enum iommu_fault_source source)
{
	struct temp_tree tree;
	struct iommu_fault fault;
	struct error err;

	temp_tree_init(&tree);
	tree.root.captured = true;
	temp_tree_file(&tree, source == IOMMU_FROM_TRACE ? "sys/kernel/tracing/trace" : "dev/kmsg", text);
	assert_int_equal(iommu_fault_log_open(&tree.root, source, false, log, &err), 0);
	*ret_count = 0;
	while (iommu_fault_log_next(log, &fault)) {
		assert_true(*ret_count < space);
		faults[(*ret_count)++] = fault;
	}
	iommu_fault_log_close(log);
	temp_tree_done(&tree);
}

/* Facility 1 is what the kernel gives a line that user space wrote with "<3>DMAR: …" into /dev/kmsg. */
static void forged_records_do_not_count(void **state)
{
	struct iommu_fault_log log;
	struct iommu_fault faults[4];
	size_t count;

	(void)state;
	read_log("3,100,1000000,-;" RECORD_FAULT "11,101,2000000,-;" RECORD_FAULT "30,102,3000000,-;" RECORD_FAULT
		 "4,103,4000000,-;" RECORD_FAULT,
		faults, array_size(faults), &count, &log, IOMMU_FROM_KMSG);
	assert_int_equal(count, 2);
	assert_int_equal(faults[0].microseconds, 1000000);
	assert_int_equal(faults[1].microseconds, 4000000);
	assert_int_equal(log.records, 2);
}

static void counts_what_is_missing(void **state)
{
	struct iommu_fault_log log;
	struct iommu_fault faults[4];
	size_t count;

	(void)state;
	read_log("3,1,10,-;DMAR: DRHD: handling fault status reg 3\n3,2,11,-;" RECORD_FAULT
		 "4,3,12,-;dmar_fault: 893 callbacks suppressed\n SUBSYSTEM=pci\n DEVICE=+pci:0000:01:10.0\n"
		 "3,4,13,-;DMAR: DRHD: handling fault status reg 2\n"
		 "12,5,14,-;dmar_fault: 1000 callbacks suppressed\n"
		 "4,6,15,-;amd_iommu_report_page_fault: 7 callbacks suppressed\n"
		 "3,7,16,-;AMD-Vi: IOMMU Event log restarting\n",
		faults, array_size(faults), &count, &log, IOMMU_FROM_KMSG);
	assert_int_equal(count, 3);
	assert_int_equal(faults[1].kind, IOMMU_FAULT_HELD_BACK);
	assert_int_equal(faults[1].held_back, 893);
	assert_int_equal(log.suppressed, 900);
	assert_int_equal(log.overflows, 2);
}

#define RECORD_OTHER                                                                                                   \
	"DMAR: [DMA Read NO_PASID] Request device [02:00.0] fault addr 0x0 [fault reason 0x06] PTE Read access is "    \
	"not set\n"
#define RECORD_HELD "dmar_fault: 5 callbacks suppressed\n"

/* Of one device when all faults since the last report are its; the fault before counts where there was none since. */
static void tells_whose_faults_were_held_back(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		bool known;
		unsigned int bus;
	} cases[] = {
		{ "4,1,1,-;" RECORD_HELD, 0, false, 0 },
		{ "4,1,1,-;" RECORD_FAULT "4,2,2,-;" RECORD_FAULT "4,3,3,-;" RECORD_HELD, 2, true, 1 },
		{ "4,1,1,-;" RECORD_FAULT "4,2,2,-;" RECORD_OTHER "4,3,3,-;" RECORD_HELD, 2, false, 0 },
		{ "4,1,1,-;" RECORD_FAULT "4,2,2,-;" RECORD_HELD "4,3,3,-;" RECORD_HELD, 2, true, 1 },
		{ "4,1,1,-;" RECORD_FAULT "4,2,2,-;" RECORD_HELD "4,3,3,-;" RECORD_OTHER "4,4,4,-;" RECORD_HELD, 3,
			true, 2 },
		{ "4,1,1,-;" RECORD_FAULT "4,2,2,-;" RECORD_OTHER "4,3,3,-;" RECORD_HELD "4,4,4,-;" RECORD_HELD, 3,
			false, 0 },
		{ "4,1,1,-;" RECORD_FAULT "4,2,2,-;" RECORD_OTHER "4,3,3,-;" RECORD_HELD "4,4,4,-;" RECORD_FAULT
		  "4,5,5,-;" RECORD_HELD,
			4, true, 1 },
	};
	struct iommu_fault_log log;
	struct iommu_fault faults[8];
	size_t count;

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		read_log(cases[i].text, faults, array_size(faults), &count, &log, IOMMU_FROM_KMSG);
		assert_int_equal(count, cases[i].at + 1);
		assert_int_equal(faults[cases[i].at].held_back, 5);
		if (faults[cases[i].at].has_device != cases[i].known ||
			(cases[i].known && faults[cases[i].at].device.bus != cases[i].bus))
			fail_msg("case %zu: device %d, bus %x", i, faults[cases[i].at].has_device,
				faults[cases[i].at].device.bus);
	}
}

/* A line longer than any record, in a file that is no log at all, is passed over; what follows is read. */
static void long_lines_are_passed_over(void **state)
{
	size_t size = 3 * LINES_BUFFER + 7;
	cleanup_free char *text = calloc(1, size + 512);
	struct iommu_fault_log log;
	struct iommu_fault faults[4];
	size_t count;

	(void)state;
	memset(text, 'x', size);
	strcpy(text + size, "\n3,1,10,-;" RECORD_FAULT "3,2,11,-;no line end");
	read_log(text, faults, array_size(faults), &count, &log, IOMMU_FROM_KMSG);
	assert_int_equal(count, 1);
	assert_int_equal(faults[0].microseconds, 10);
}

/* More lines than the buffer holds: none is lost or seen twice where it is refilled. */
static void every_record_is_seen_once(void **state)
{
	enum {
		LINES = 2000
	};
	cleanup_free char *text = calloc(LINES, 256);
	cleanup_free struct iommu_fault *faults = calloc(LINES, sizeof(*faults));
	struct iommu_fault_log log;
	size_t used = 0, count;

	(void)state;
	for (int i = 0; i < LINES; i++)
		used += (size_t)sprintf(text + used, "3,%d,%d,-;%s", i, i, RECORD_FAULT);
	read_log(text, faults, LINES, &count, &log, IOMMU_FROM_KMSG);
	assert_int_equal(count, LINES);
	for (size_t i = 0; i < LINES; i++)
		assert_int_equal(faults[i].microseconds, i);
}

static void a_log_that_cannot_be_read_says_so(void **state)
{
	cleanup_free struct iommu_fault_log *log = calloc(1, sizeof(*log));
	struct temp_tree tree;
	struct error err;

	(void)state;
	temp_tree_init(&tree);
	tree.root.captured = true;
	assert_int_equal(iommu_fault_log_open(&tree.root, IOMMU_FROM_KMSG, false, log, &err), -ENOENT);
	assert_non_null(strstr(err.hint, "kernel log"));
	tree.root.captured = false;
	temp_tree_file(&tree, "sys/kernel/tracing/events/iommu/io_page_fault/enable", "0\n");
	assert_int_equal(iommu_fault_log_open(&tree.root, IOMMU_FROM_TRACE, false, log, &err), -ENODATA);
	assert_non_null(strstr(err.hint, "echo 1"));
	temp_tree_done(&tree);
}

/* "%s %s iova=0x%016llx flags=0x%04x" of include/trace/events/iommu.h; a task may be called as it likes. */
static void decodes_the_trace(void **state)
{
	struct iommu_fault_log log;
	struct iommu_fault faults[4];
	char name[PCI_ADDR_TEXT_SIZE];
	size_t count;

	(void)state;
	read_log("# tracer: nop\n#\n"
		 " irq/25-AMD-Vi-44      [000] .....   123.456789: io_page_fault: IOMMU:vfio-pci 0000:01:00.0 "
		 "iova=0x00000000feed0000 flags=0x0001\n"
		 "   9.5: io_page_fault: IOMMU:a 0000:07:00.0 iova=0x1 flags=0x0000-77 [000] .....     4.000001: "
		 "io_page_fault: IOMMU:igb 0000:01:10.0 iova=0x0000000000001000 flags=0x0000\n"
		 " task-1 [000] .....     5.0: sched_switch: prev_comm=: io_page_fault: IOMMU:igb\n",
		faults, array_size(faults), &count, &log, IOMMU_FROM_TRACE);
	assert_int_equal(count, 2);
	assert_int_equal(faults[0].microseconds, 123456789);
	assert_int_equal(faults[0].access, IOMMU_ACCESS_WRITE);
	assert_int_equal(faults[0].address, 0xfeed0000);
	assert_string_equal(pci_addr_text(faults[1].device, name), "0000:01:10.0");
	assert_int_equal(faults[1].access, IOMMU_ACCESS_READ);
	assert_int_equal(faults[1].microseconds, 4000001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_intel),
		cmocka_unit_test(decodes_amd),
		cmocka_unit_test(others_are_no_faults),
		cmocka_unit_test(every_cut_line_ends),
		cmocka_unit_test(forged_records_do_not_count),
		cmocka_unit_test(counts_what_is_missing),
		cmocka_unit_test(tells_whose_faults_were_held_back),
		cmocka_unit_test(long_lines_are_passed_over),
		cmocka_unit_test(every_record_is_seen_once),
		cmocka_unit_test(a_log_that_cannot_be_read_says_so),
		cmocka_unit_test(decodes_the_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
