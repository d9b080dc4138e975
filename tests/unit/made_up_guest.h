/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running guest as files and an answer say it: memory slots, DMA maps and devices of its status; its process's
 * pagemap and smaps, the IOMMU's tables. Whatever is not changed by a test agrees: 8 MiB at 0 and 2 MiB at 4 GiB,
 * in pages whose frames lie in no order, one device.
 */
#ifndef MADE_UP_GUEST_H
#define MADE_UP_GUEST_H

#include "guest/guest.h"
#include "tests/unit/temp_tree.h"
#include "wire/control.h"

#define MADE_UP_HVA 0x7000000ull
#define MADE_UP_HIGH (4ull << 30)
#define MADE_UP_DEVICE "0000:01:10.0"

enum {
	MADE_UP_LOW_PAGES = 2048,
	MADE_UP_HIGH_PAGES = 512,
	MADE_UP_PAGES = MADE_UP_LOW_PAGES + MADE_UP_HIGH_PAGES,
	MADE_UP_PID = 77,
};

struct made_up_guest {
	struct temp_tree tree;
	struct guest_info info;
	struct control_status status;
	uint64_t frame[MADE_UP_PAGES]; /* of its memory, in the order of sluice-vmm's addresses; 0: not present */
	uint64_t reach[MADE_UP_PAGES]; /* the same as the IOMMU has it; 0: no leaf */
	bool read_only[MADE_UP_PAGES];
	const char *more_leaves; /* lines at the end of the tables */
	bool tables_shown, hidden;
};

/* The guest that agrees, on the heap; made_up_write() puts it into files, made_up_free() removes it. */
struct made_up_guest *made_up_new(void);
void made_up_write(const struct made_up_guest *guest);
void made_up_free(struct made_up_guest *guest);

/* The guest-physical address of a page. */
uint64_t made_up_gpa(unsigned int page);

#endif
