// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing the walk through a guest's page tables: registers and memory are the bytes. Whatever they are, the walk ends,
 * reads at most five entries and says how it ended.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vmm-core/page_walk.h"

enum {
	ENTRY_SPREAD = 64, /* tables lie over this many pages: few enough for entries to lead to one another */
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct memory {
	const uint8_t *bytes;
	size_t size;
	unsigned int reads;
};

/* The bytes again and again, so that every table of the first pages has something in it. */
static bool read_memory(void *opaque, uint64_t gpa, void *buf, size_t size)
{
	struct memory *memory = opaque;

	if (gpa % size || (size != 4 && size != 8) || memory->reads == WALK_LEVEL_MAX)
		abort();
	memory->reads++;
	if (gpa / 4096 >= ENTRY_SPREAD || memory->size < size)
		return false;
	memcpy(buf, memory->bytes + gpa % (memory->size - size + 1), size);
	return true;
}

static void must_be_a_walk(const struct page_walk *walk)
{
	if (walk->mode >= PAGING_MODE_COUNT || walk->end >= WALK_END_COUNT || walk->entry_count > WALK_LEVEL_MAX)
		abort();
	if (walk->end == WALK_MAPPED && walk->mode != PAGING_OFF && (!walk->bytes || walk->bytes & (walk->bytes - 1)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct {
		uint64_t cr0, cr3, cr4, efer, pdpte[4], address;
		uint8_t bits, flags;
	} head;
	struct paging paging;
	struct memory memory;
	struct page_walk walk;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, bytes, sizeof(head));
	paging = (struct paging){ .cr0 = head.cr0,
		.cr3 = head.cr3,
		.cr4 = head.cr4,
		.efer = head.efer,
		.address_bits = 32 + head.bits % 21,
		.pages_1g = head.flags & 1,
		.has_pdptes = head.flags & 2 };
	memcpy(paging.pdpte, head.pdpte, sizeof(paging.pdpte));
	memory = (struct memory){ .bytes = bytes + sizeof(head), .size = size - sizeof(head) };
	page_walk(&paging, head.address, read_memory, &memory, &walk);
	must_be_a_walk(&walk);
	return 0;
}
