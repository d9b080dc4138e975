/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One address of a guest through the guest's own page tables: how its processor translates (Intel SDM 3A, chapter 4;
 * AMD APM 2, chapter 5), each entry on the way, and where the way ends. What a guest wrote is told as it stands there:
 * an entry that no processor would accept is an end of its own, not an error.
 */
#ifndef WIRE_PAGING_H
#define WIRE_PAGING_H

#include <stdint.h>

enum paging_mode {
	PAGING_OFF,     /* CR0.PG is clear: a virtual address is a guest-physical one */
	PAGING_32_BIT,  /* two levels, pages of 4 KiB and 4 MiB */
	PAGING_PAE,     /* three levels, 4 KiB and 2 MiB */
	PAGING_4_LEVEL, /* 4 KiB, 2 MiB, 1 GiB */
	PAGING_5_LEVEL,
	PAGING_MODE_COUNT
};

enum walk_end {
	WALK_MAPPED,
	WALK_NOT_CANONICAL, /* the address has bits that this mode does not translate */
	WALK_NOT_PRESENT,   /* the last entry's present bit is clear */
	WALK_RESERVED_BIT,  /* the last entry sets bits that must be clear: a processor faults there too */
	WALK_NO_TABLE,      /* the table that comes next lies outside of the guest's memory */
	WALK_END_COUNT
};

enum walk_permission {
	WALK_WRITE = 1 << 0,
	WALK_EXECUTE = 1 << 1,
	WALK_USER = 1 << 2, /* programs may, not only the kernel */
};

enum {
	WALK_LEVEL_MAX = 5,
};

struct walk_entry {
	uint32_t level; /* 1: of pages of 4 KiB */
	uint64_t at;    /* guest-physical; UINT64_MAX: a register of the processor (PAE's PDPTEs) */
	uint64_t value; /* as it was read: 4 or 8 bytes */
};

struct page_walk {
	uint32_t mode;   /* enum paging_mode */
	uint32_t end;    /* enum walk_end */
	uint64_t root;   /* CR3, whole */
	uint64_t table;  /* WALK_NO_TABLE: where it would be */
	uint64_t gpa;    /* of WALK_MAPPED, as are these: */
	uint64_t bytes;  /* of the page: 4 KiB, 2 MiB, 4 MiB, 1 GiB; 0 with PAGING_OFF */
	uint32_t access; /* enum walk_permission: what all levels grant */
	uint32_t entry_count;
	struct walk_entry entry[WALK_LEVEL_MAX]; /* from the root down */
};

#endif
