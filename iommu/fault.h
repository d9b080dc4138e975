/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU faults: what a device wanted and was not given, as the kernel reports it. Reading only.
 *
 *	fault.c		one record of the kernel log, one line of the trace -> struct iommu_fault
 *	fault_intel.c	"DMAR: ..." (VT-d specification, fault reason encodings)
 *	fault_amd.c	"AMD-Vi: Event logged [...]" (AMD I/O Virtualization specification 3.10, section 2.5: events)
 *	fault_log.c	/dev/kmsg, the trace buffer, or a captured file, fault by fault
 *
 * The log's text is input from outside: a guest chooses addresses, a driver names itself, and user space writes into /dev/kmsg.
 * A fault is taken only from a record of the kernel's own facility, and only where the text begins as the kernel begins it.
 */
#ifndef IOMMU_FAULT_H
#define IOMMU_FAULT_H

#include "os/kmsg.h"
#include "os/sysroot.h"
#include "pci/pci.h"

enum iommu_fault_vendor {
	IOMMU_FAULT_INTEL,
	IOMMU_FAULT_AMD,
	IOMMU_FAULT_NO_VENDOR, /* the trace event does not say */
};

/* What stood against the request, not what the request was: a DMA can meet a device-table fault. */
enum iommu_fault_kind {
	IOMMU_FAULT_DMA,          /* no translation or no permission for this address */
	IOMMU_FAULT_INTERRUPT,    /* an interrupt that is not the device's to send */
	IOMMU_FAULT_DEVICE_TABLE, /* the unit's tables do not know the device, or could not be read */
	IOMMU_FAULT_PAGE_TABLE,   /* a page table could not be read, or makes no sense */
	IOMMU_FAULT_REQUEST,      /* a kind of request that the device may not make */
	IOMMU_FAULT_INVALIDATION, /* the device did not answer an invalidation of its address cache */
	IOMMU_FAULT_COMMAND,      /* between the kernel and the unit: no device's fault */
	IOMMU_FAULT_OWNERSHIP,    /* SEV-SNP: the page belongs to somebody else */
	IOMMU_FAULT_OTHER,
	IOMMU_FAULT_KIND_COUNT
};

enum iommu_fault_access {
	IOMMU_ACCESS_UNKNOWN,
	IOMMU_ACCESS_READ,
	IOMMU_ACCESS_WRITE,
	IOMMU_ACCESS_EXECUTE,
	IOMMU_ACCESS_COUNT
};

enum iommu_fault_source {
	IOMMU_FROM_KMSG,
	IOMMU_FROM_TRACE,
};

struct iommu_fault {
	uint64_t microseconds; /* since boot */
	enum iommu_fault_source source;
	enum iommu_fault_vendor vendor;
	enum iommu_fault_kind kind;
	enum iommu_fault_access access;
	bool has_device, has_address;
	struct pci_addr device;
	uint64_t address;       /* as the device sent it; for an interrupt on Intel, its index */
	uint64_t address_bytes; /* how exact the address is: Intel reports the page */
	int64_t pasid;          /* -1: none */
	int reason_code;        /* Intel: the fault reason; AMD: the event's flags; -1: none */
	char event[32];         /* AMD: "IO_PAGE_FAULT"; "" else */
	char unit[16];          /* "ivhd0"; "" where the text does not say */
	char reason[160];
	char raw[320]; /* the kernel's text, cut */
};

/* The names that JSON has. access NULL: unknown. */
const char *iommu_fault_kind_name(enum iommu_fault_kind kind);
const char *iommu_fault_access_name(enum iommu_fault_access access);
const char *iommu_fault_vendor_name(enum iommu_fault_vendor vendor);

/* The text of a kernel message (without time and level); false when it reports no fault. */
bool iommu_fault_decode(const char *text, struct iommu_fault *ret_fault);

/* One line of the trace's text: "… 123.456789: io_page_fault: IOMMU:vfio-pci 0000:01:00.0 iova=0x… flags=0x0001". */
bool iommu_fault_decode_trace(const char *line, struct iommu_fault *ret_fault);

/* For the two above. text begins after "DMAR: ", and after "Event logged " (at its "["). */
bool iommu_fault_decode_intel(const char *text, struct iommu_fault *fault);
bool iommu_fault_decode_amd(const char *text, struct iommu_fault *fault);

/* "01:10.0", "0000:01:10.0", "0x01:0x10.0" up to end (not included): an address, or false. */
bool iommu_fault_take_device(const char *text, const char *end, struct iommu_fault *fault);

/* Hexadecimal digits, with or without 0x, at *at, which moves behind them; false for none or for too many. */
bool iommu_fault_take_hex(const char **at, uint64_t *ret_value);

/* The log ---------------------------------------------------------------------------------------------------------- */

/* Where reading stands, and what is known to be missing. Open with iommu_fault_log_open(). */
struct iommu_fault_log {
	struct kmsg kmsg; /* or the trace buffer's lines */
	enum iommu_fault_source source;
	uint64_t records; /* of the kernel, looked at */
	uint64_t suppressed, overflows;
};

/*
 * Open this boot's kernel log, from its first record or with from_now from its end; or the trace buffer, in which there are faults
 * only while the event iommu:io_page_fault is enabled. -EACCES and -EPERM with a hint where root is needed.
 */
int iommu_fault_log_open(const struct sysroot *root, enum iommu_fault_source source, bool from_now,
	struct iommu_fault_log *ret_log, struct error *err);
void iommu_fault_log_close(struct iommu_fault_log *log);
#define cleanup_fault_log cleanup(iommu_fault_log_close)

/*
 * The next fault. False: there are no more now. suppressed counts the messages that the kernel's rate limit held back (also
 * those that were no faults), overflows how often an Intel unit said that it had to drop faults; kmsg.earlier and
 * kmsg.lines.overwritten are what the log had lost before this was called.
 */
bool iommu_fault_log_next(struct iommu_fault_log *log, struct iommu_fault *ret_fault);

#endif
