/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do a guest's two second levels agree? Three maps of the same memory are compared, page by page:
 *
 *	memory slots	the CPU's side: guest-physical addresses to sluice-vmm's memory, which KVM makes EPT or NPT of
 *	DMA maps	what VFIO or iommufd was asked for: device addresses to sluice-vmm's memory
 *	real tables	what the IOMMU of each device walks, where the kernel shows it (iommu/real_table.h), beside the
 *			machine addresses of the guest's pages (frames.h)
 *
 * A guest runs on meanwhile, devices come and go: sluice-vmm is asked for its maps before and after, and what was read
 * counts only when nothing has changed between (control_status.generation). A difference is told when a second look
 * has found it again.
 */
#ifndef GUEST_VERIFY_H
#define GUEST_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/guest.h"
#include "iommu/extent.h"
#include "iommu/real_table.h"
#include "wire/addr.h"
#include "wire/control.h"

/* One device's real tables. */
struct verify_device {
	char address[PCI_ADDR_TEXT_SIZE];
	bool untold;         /* sluice's record has it and the guest does not say so: it may reach nothing else */
	bool shown;          /* its tables were read and compared */
	const char *why_not; /* static text */
	uint64_t leaves[REAL_LEAF_SIZES];
	struct difference_list differences; /* from: device addresses; to: machine addresses */
};

struct verify_report {
	bool agree;
	unsigned int tries; /* looks that it took */
	uint64_t generation;
	uint64_t ram_bytes, present_bytes; /* present: known with a device only; else 0 */
	struct range ram[CONTROL_SLOT_MAX];
	size_t ram_count;
	uint32_t map_count;
	bool maps_compared;          /* false: it has no device, and so one second level alone */
	struct difference_list maps; /* DMA maps beside memory slots; to: addresses in sluice-vmm */
	struct verify_device device[GUEST_DEVICE_MAX];
	size_t device_count;
};

/* For tests: how a guest is asked; the control socket is. */
typedef int (*verify_ask_fn)(void *opaque, struct control_status *ret_status, struct error *err);

/* One guest. An error is a guest that cannot be looked at; differences are in *ret_report. */
int guest_verify(
	const struct sysroot *root, const struct guest_info *info, struct verify_report *ret_report, struct error *err);
int guest_verify_with(const struct sysroot *root, const struct guest_info *info, verify_ask_fn ask, void *opaque,
	struct verify_report *ret_report, struct error *err);

/* A difference's kind in output: "missing", "elsewhere", "stale", "extra", "read-only"; and what it means. */
const char *verify_kind(const struct verify_report *report, const struct difference *difference);
const char *verify_meaning(const struct verify_report *report, const struct difference *difference, bool of_device);

#endif
