/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU faults as `faults` and `guest` show them: what the kernel reported, and whose device it was. What a guest's
 * device asked for is an address of that guest (sluice maps guest memory for DMA at its guest-physical addresses), and
 * the guest's own process says whether memory is there.
 */
#ifndef VIEW_FAULT_ROW_H
#define VIEW_FAULT_ROW_H

#include "assign/host.h"
#include "base/cleanup.h"
#include "guest/guest.h"
#include "iommu/fault_log.h"
#include "iommu/table.h"
#include "view/view.h"
#include "wire/control.h"

enum fault_ram {
	FAULT_RAM_UNKNOWN,
	FAULT_RAM_INSIDE,  /* the guest has memory there: no permission, or a translation that is out of date */
	FAULT_RAM_OUTSIDE, /* it has none: it gave the device a bad address */
};

struct fault_row {
	struct iommu_fault fault;
	uint64_t repeated;  /* how many more times it was reported */
	uint64_t held_back; /* messages of the same device that the kernel's rate limit held back */
	uint64_t total;     /* all of them: this one, repeated, held back */
	uint64_t last_microseconds;
	int64_t boot;  /* when the host booted, in seconds since the epoch; -1 unknown */
	char unit[16]; /* "dmar0", "ivhd0" */
	char vf[24];   /* "0000:01:00.0/3" */
	char guest[GUEST_NAME_SIZE];
	char guest_device[16]; /* its address in the guest */
	enum fault_ram ram;
	char holder[160]; /* another program that has the device's group open */
	char driver[32];  /* that has the device now, or had it by the kernel's message */
	char place[128];  /* what is special about the address (iommu/fault_place.h), or "" */
};

/* A running guest, asked once. */
struct fault_guest {
	struct guest_info info;
	bool asked;
	struct control_status *status; /* NULL: it does not say; owned */
};

/* What faults are judged by; open again to see newer guests. */
struct fault_view {
	const struct host *host; /* not owned */
	int64_t boot;
	struct fault_guest *guests; /* owned */
	size_t guest_count;
	int holder_group; /* the group that holder was looked up for, since that reads all of /proc; 0 with holder_known false */
	bool holder_known;
	char holder[160];
	struct iommu_table table;  /* nothing in it where it cannot be read */
	struct iommu_group *group; /* the last device's, for its reserved regions; owned */
};

int fault_view_open(struct fault_view *view, const struct host *host, struct error *err);
void fault_view_close(struct fault_view *view);

/* Whose it is. A fault from before the guest's start is not that guest's. */
void fault_row_fill(struct fault_view *view, const struct iommu_fault *fault, struct fault_row *ret_row);

/*
 * Faults of one running guest's devices since it was started, the latest in *ret_last; -1 where the kernel log cannot
 * be read.
 */
int64_t fault_count(const struct sysroot *root, const struct guest_info *guest, struct iommu_fault *ret_last);

/* Is there memory of the guest at the address (of so many bytes)? */
enum fault_ram fault_ram_of(const struct control_status *status, uint64_t address, uint64_t bytes);

struct fault_list {
	struct fault_row *rows; /* owned */
	size_t count, space;
};

/* Add a fault, or count it with the one that it repeats. */
int fault_list_add(struct fault_list *list, const struct fault_row *row, struct error *err);
void fault_list_done(struct fault_list *list);

/* The columns of `faults`. */
extern const struct column fault_columns[];

/* One line: "2026-11-24T19:20:47Z 0000:01:10.0: write of 0x80000000 refused: … (guest web1, …)". */
void fault_row_print(const struct fault_row *row, FILE *out, const char *bold, const char *end);

#endif
