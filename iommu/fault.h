/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IOMMU fault: what a device wanted and was not given, as the kernel reports it; and a report of the kernel's rate
 * limit, which says how many messages about faults it did not print. Reading only.
 *
 *	fault.c			the record, its names, numbers and addresses in a text
 *	fault_decode.h		one message of the kernel log, one line of the trace -> struct iommu_fault
 *	fault_intel.h		"DMAR: ..." (VT-d specification, fault reason encodings)
 *	fault_amd.h		"AMD-Vi: Event logged [...]" (AMD I/O Virtualization specification 3.10, section 2.5:
 *				events)
 *	fault_log.h		/dev/kmsg, the trace buffer, or a captured file, fault by fault
 *
 * The log's text is input from outside: a guest chooses addresses, a driver names itself, and user space writes into
 * /dev/kmsg. A fault is taken only from a record of the kernel's own facility, and only where the text begins as the
 * kernel begins it.
 */
#ifndef IOMMU_FAULT_H
#define IOMMU_FAULT_H

#include "pci/pci.h"

enum iommu_fault_vendor {
	IOMMU_FAULT_INTEL,
	IOMMU_FAULT_AMD,
	IOMMU_FAULT_VIRTIO,    /* virtio-iommu, of a hypervisor */
	IOMMU_FAULT_NO_VENDOR, /* the trace event does not say */
};

/* What stood against the request, not what the request was: a DMA can meet a device-table fault. */
enum iommu_fault_kind {
	IOMMU_FAULT_DMA,          /* no translation or no permission for this address */
	IOMMU_FAULT_INTERRUPT,    /* an interrupt that is not the device's to send */
	IOMMU_FAULT_DEVICE_TABLE, /* the unit's tables do not know the device, or could not be read */
	IOMMU_FAULT_PAGE_TABLE,   /* a page table could not be read, or makes no sense */
	IOMMU_FAULT_REQUEST,      /* a kind of request that the device may not make */
	IOMMU_FAULT_INVALIDATION, /* the device did not answer an invalidation of its address cache, or answered it wrongly */
	IOMMU_FAULT_COMMAND,   /* between the kernel and the unit: no device's fault */
	IOMMU_FAULT_OWNERSHIP, /* SEV-SNP: the page belongs to somebody else */
	IOMMU_FAULT_OTHER,
	IOMMU_FAULT_HELD_BACK, /* no fault: the kernel's rate limit says how many messages it did not print */
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
	uint64_t held_back;     /* IOMMU_FAULT_HELD_BACK: so many messages; 0 else */
	int reason_code;        /* Intel: the fault reason; AMD: the event's flags; -1: none */
	char event[32];         /* AMD: "IO_PAGE_FAULT"; "" else */
	char unit[16];          /* "ivhd0"; "" where the text does not say */
	char driver[24];        /* the device's at that time; "" where the text does not say */
	char reason[160];
	char raw[320]; /* the kernel's text, cut */
};

/* The names that JSON has. access NULL: unknown. */
const char *iommu_fault_kind_name(enum iommu_fault_kind kind);
const char *iommu_fault_access_name(enum iommu_fault_access access);
const char *iommu_fault_vendor_name(enum iommu_fault_vendor vendor);

/* A fault of which nothing is known but the kernel's words. */
void iommu_fault_start(struct iommu_fault *fault, enum iommu_fault_vendor vendor, const char *raw);

/* "01:10.0", "0000:01:10.0", "0x01:0x10.0" up to end (not included): an address, or false. */
bool iommu_fault_take_device(const char *text, const char *end, struct iommu_fault *fault);

/* Hexadecimal digits, with or without 0x, at *at, which moves behind them; false for none or for too many. */
bool iommu_fault_take_hex(const char **at, uint64_t *ret_value);

/* What is not printable in a text becomes '?'. */
void iommu_fault_blank_controls(char *text);

#endif
