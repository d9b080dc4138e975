// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page walks; see page_walk.h. The modes are one table of levels (Intel SDM 3A, 4.3 to 4.5): from where in an address a
 * level takes its index, whether its entries may be pages, and which of their bits are fixed.
 */
#include "vmm-core/page_walk.h"

#include <string.h>

#define CR0_PG (1ull << 31)
#define CR4_PSE (1ull << 4)
#define CR4_PAE (1ull << 5)
#define CR4_LA57 (1ull << 12)
#define EFER_LMA (1ull << 10)
#define EFER_NXE (1ull << 11)

#define ENTRY_PRESENT (1ull << 0)
#define ENTRY_WRITE (1ull << 1)
#define ENTRY_USER (1ull << 2)
#define ENTRY_LARGE (1ull << 7)
#define ENTRY_NO_EXECUTE (1ull << 63)
#define PAE_PDPTE_RESERVED 0x1e6ull /* bits 1, 2 and 5 to 8 */

#define BITS(high, low) ((~0ull >> (63 - (high))) & (~0ull << (low)))
#define ADDRESS_32 0xffffffffull

enum {
	PAGE_SHIFT = 12,
	SHIFT_4M = 22,
	SHIFT_1G = 30,
	LARGE_PAT = 12, /* of a large page's entry: not part of the address */
	PSE36_LOW = 13, /* 4 MiB pages: bits 13 to 20 are bits 32 to 39 of the address */
	PSE36_BITS = 8,
	PHYSICAL_MOST = 52,
};

/* Levels from the root down. */
static const struct shape {
	unsigned int levels, va_bits, entry_bytes;
	unsigned int shift[WALK_LEVEL_MAX], index_bits[WALK_LEVEL_MAX];
} shapes[PAGING_MODE_COUNT] = {
	[PAGING_32_BIT] = { 2, 32, 4, { 22, 12 }, { 10, 10 } },
	[PAGING_PAE] = { 3, 32, 8, { 30, 21, 12 }, { 2, 9, 9 } },
	[PAGING_4_LEVEL] = { 4, 48, 8, { 39, 30, 21, 12 }, { 9, 9, 9, 9 } },
	[PAGING_5_LEVEL] = { 5, 57, 8, { 48, 39, 30, 21, 12 }, { 9, 9, 9, 9, 9 } },
};

enum paging_mode paging_mode(const struct paging *paging)
{
	if (!(paging->cr0 & CR0_PG))
		return PAGING_OFF;
	if (paging->efer & EFER_LMA)
		return paging->cr4 & CR4_LA57 ? PAGING_5_LEVEL : PAGING_4_LEVEL;
	return paging->cr4 & CR4_PAE ? PAGING_PAE : PAGING_32_BIT;
}

/* Outside of 64-bit mode addresses have 32 bits; in it, those that are not translated repeat the highest that is. */
static bool is_canonical(const struct shape *shape, uint64_t address)
{
	uint64_t above = shape->va_bits == 32 ? address >> 32 : (uint64_t)((int64_t)address >> (shape->va_bits - 1));

	return above == 0 || (shape->va_bits != 32 && above == ~0ull);
}

static uint64_t root_table(const struct paging *paging, enum paging_mode mode)
{
	switch (mode) {
	case PAGING_32_BIT:
		return paging->cr3 & BITS(31, PAGE_SHIFT);
	case PAGING_PAE:
		return paging->cr3 & BITS(31, 5);
	default:
		return paging->cr3 & BITS(PHYSICAL_MOST - 1, PAGE_SHIFT);
	}
}

static bool may_be_page(const struct paging *paging, enum paging_mode mode, unsigned int shift)
{
	switch (shift) {
	case PAGE_SHIFT:
		return true;
	case SHIFT_4M:
		return paging->cr4 & CR4_PSE;
	case SHIFT_1G:
		return mode != PAGING_PAE && paging->pages_1g;
	default:
		return shift == 21;
	}
}

/* Of an entry in 64-bit mode and PAE: what is above the processor's physical addresses, and what its place forbids. */
static uint64_t reserved_bits(const struct paging *paging, enum paging_mode mode, unsigned int shift, bool is_page)
{
	uint64_t bits = 0;

	if (paging->address_bits < PHYSICAL_MOST)
		bits |= BITS(PHYSICAL_MOST - 1, paging->address_bits);
	if (mode == PAGING_PAE)
		bits |= BITS(62, PHYSICAL_MOST);
	if (mode == PAGING_PAE && shift == SHIFT_1G)
		return bits | PAE_PDPTE_RESERVED | ENTRY_NO_EXECUTE;
	if (!(paging->efer & EFER_NXE))
		bits |= ENTRY_NO_EXECUTE;
	if (is_page && shift > PAGE_SHIFT)
		bits |= BITS(shift - 1, LARGE_PAT + 1);
	/* The bit that would make a page of it, where there can be none. */
	if (!is_page && shift > PAGE_SHIFT && !may_be_page(paging, mode, shift))
		bits |= ENTRY_LARGE;
	return bits;
}

static uint64_t reserved_bits_32(const struct paging *paging, unsigned int shift, bool is_page)
{
	unsigned int high = paging->address_bits > 32 ? paging->address_bits - 32 : 0;

	if (!is_page || shift == PAGE_SHIFT)
		return 0;
	/* Bit 21, and those of the address that the processor does not have. */
	return 1ull << 21 | (high < PSE36_BITS ? BITS(PSE36_LOW + PSE36_BITS - 1, PSE36_LOW + high) : 0);
}

static uint64_t page_address(enum paging_mode mode, unsigned int shift, uint64_t value)
{
	if (mode == PAGING_32_BIT && shift == SHIFT_4M)
		return (value & BITS(31, SHIFT_4M)) | (value >> PSE36_LOW & 0xff) << 32;
	if (mode == PAGING_32_BIT)
		return value & BITS(31, shift);
	return value & BITS(PHYSICAL_MOST - 1, shift);
}

static bool read_entry(const struct paging *paging, const struct shape *shape, unsigned int step, uint64_t address,
	page_walk_read_fn read, void *opaque, struct page_walk *walk, struct walk_entry *entry)
{
	uint64_t index = address >> shape->shift[step] & ((1ull << shape->index_bits[step]) - 1);
	uint32_t half = 0;

	*entry = (struct walk_entry){ .level = shape->levels - step, .at = UINT64_MAX };
	if (walk->mode == PAGING_PAE && step == 0 && paging->has_pdptes) {
		entry->value = paging->pdpte[index];
		return true;
	}
	entry->at = walk->table + index * shape->entry_bytes;
	if (shape->entry_bytes == sizeof(entry->value))
		return read(opaque, entry->at, &entry->value, sizeof(entry->value));
	if (!read(opaque, entry->at, &half, sizeof(half)))
		return false;
	entry->value = half;
	return true;
}

/* PAE's first level grants nothing and takes nothing; two-level entries know no execute bit. */
static uint32_t access_of(const struct walk_entry *entry, enum paging_mode mode)
{
	if (mode == PAGING_PAE && entry->level == 3)
		return WALK_WRITE | WALK_USER | WALK_EXECUTE;
	return (entry->value & ENTRY_WRITE ? WALK_WRITE : 0) | (entry->value & ENTRY_USER ? WALK_USER : 0) |
	       (entry->value & ENTRY_NO_EXECUTE ? 0 : WALK_EXECUTE);
}

/* True when the walk goes on, into walk->table. */
static bool take_entry(const struct paging *paging, unsigned int shift, uint64_t address,
	const struct walk_entry *entry, struct page_walk *walk)
{
	enum paging_mode mode = (enum paging_mode)walk->mode;
	bool is_page = shift == PAGE_SHIFT || (entry->value & ENTRY_LARGE && may_be_page(paging, mode, shift));
	uint64_t reserved = mode == PAGING_32_BIT ? reserved_bits_32(paging, shift, is_page)
						  : reserved_bits(paging, mode, shift, is_page);

	if (!(entry->value & ENTRY_PRESENT)) {
		walk->end = WALK_NOT_PRESENT;
		return false;
	}
	if (entry->value & reserved) {
		walk->end = WALK_RESERVED_BIT;
		return false;
	}
	walk->access &= access_of(entry, mode);
	if (!is_page) {
		walk->table = page_address(mode, PAGE_SHIFT, entry->value);
		return true;
	}
	walk->end = WALK_MAPPED;
	walk->bytes = 1ull << shift;
	walk->gpa = page_address(mode, shift, entry->value) | (address & (walk->bytes - 1));
	return false;
}

static void walk_tables(const struct paging *paging, const struct shape *shape, uint64_t address,
	page_walk_read_fn read, void *opaque, struct page_walk *walk)
{
	walk->table = root_table(paging, (enum paging_mode)walk->mode);
	walk->access = WALK_WRITE | WALK_USER | WALK_EXECUTE;
	for (unsigned int step = 0; step < shape->levels; step++) {
		struct walk_entry *entry = &walk->entry[walk->entry_count];

		if (!read_entry(paging, shape, step, address, read, opaque, walk, entry)) {
			walk->end = WALK_NO_TABLE;
			return;
		}
		walk->entry_count++;
		if (!take_entry(paging, shape->shift[step], address, entry, walk))
			return;
	}
}

void page_walk(
	const struct paging *paging, uint64_t address, page_walk_read_fn read, void *opaque, struct page_walk *ret_walk)
{
	enum paging_mode mode = paging_mode(paging);
	struct page_walk walk = { .mode = mode, .root = paging->cr3, .end = WALK_NOT_CANONICAL };

	if (mode == PAGING_OFF && address <= ADDRESS_32) {
		walk.end = WALK_MAPPED;
		walk.gpa = address;
		walk.access = WALK_WRITE | WALK_USER | WALK_EXECUTE;
	} else if (mode != PAGING_OFF && is_canonical(&shapes[mode], address)) {
		walk_tables(paging, &shapes[mode], address, read, opaque, &walk);
	}
	*ret_walk = walk;
}
