/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk through a guest's page tables, as its processor does it (wire/paging.h), for looking only: no accessed or
 * dirty bit is set. Pure: registers come in a struct, guest memory through a function. What the guest wrote there is
 * not trusted: a walk reads at most five entries, each once, and nothing outside of the guest's memory.
 *
 * Left out are what depends on who asks: CR0.WP, SMEP, SMAP and protection keys; addresses are taken without tags
 * (LAM, UAI).
 */
#ifndef VMM_CORE_PAGE_WALK_H
#define VMM_CORE_PAGE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/paging.h"

/* What decides how a vCPU translates. */
struct paging {
	uint64_t cr0, cr3, cr4, efer;
	unsigned int address_bits; /* physical, of the guest's CPUID 0x80000008: bits above are reserved */
	bool pages_1g;             /* CPUID 0x80000001: pages of 1 GiB in 64-bit mode */
	bool has_pdptes;           /* PAE: the processor holds the entries of the first level itself */
	uint64_t pdpte[4];
};

/* Read size (4 or 8) bytes of guest memory at a guest-physical address; false: there is none. */
typedef bool (*page_walk_read_fn)(void *opaque, uint64_t gpa, void *buf, size_t size);

enum paging_mode paging_mode(const struct paging *paging);

/* Never fails: how it went is in *ret_walk. */
void page_walk(const struct paging *paging, uint64_t address, page_walk_read_fn read, void *opaque,
	struct page_walk *ret_walk);

#endif
