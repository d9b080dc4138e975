/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One address of a guest, all the way: by the guest's own page tables to a guest-physical one (wire/paging.h, walked by
 * sluice-vmm), by a memory slot to one of sluice-vmm's, by the pagemap to this machine's memory; and the way
 * of the guest's devices there, by DMA map and, where the kernel shows them, the IOMMU's real tables. Both must end in
 * the same place.
 *
 * The guest runs on: what was found counts only when neither slots nor maps nor devices changed meanwhile.
 */
#ifndef GUEST_TRANSLATE_H
#define GUEST_TRANSLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/guest.h"
#include "wire/control.h"

enum chain_space {
	SPACE_GVA,
	SPACE_GPA,
	SPACE_HVA,
	SPACE_HPA,
	SPACE_IOVA,
	SPACE_COUNT
};

enum {
	CHAIN_MAX = 8 + LIMIT_DEVICES,
};

/* An address, and the page of its space that it lies in. */
struct chain_link {
	enum chain_space space;
	uint64_t address;
	uint64_t page_bytes; /* 0: unknown, or no pages */
	char permissions[5]; /* "rwx", then "u" where programs of the guest may; "": unknown */
	char source[112];    /* what says so */
	bool device;         /* of the devices' way, not the processors' */
};

struct translate_request {
	enum chain_space from; /* SPACE_GVA, SPACE_GPA or SPACE_IOVA */
	uint64_t address;
	unsigned int vcpu;  /* of SPACE_GVA */
	const char *device; /* of SPACE_IOVA: its address on the host; else NULL: all of the guest's */
};

struct translation {
	struct chain_link link[CHAIN_MAX];
	size_t count;
	bool agree;  /* processors and devices come to the same place, as far as both are known */
	bool walked; /* walk is filled */
	struct page_walk walk;
	struct error end; /* errnum 0: it leads to memory; else why the way ends: CODE_NOT_MAPPED */
};

/* An error is a guest that cannot be asked; an address that leads nowhere is in *ret_translation. */
int guest_translate(const struct sysroot *root, const struct guest_info *info, const struct translate_request *request,
	struct translation *ret_translation, struct error *err);

/*
 * The same for an answer that is there already: everything after the guest's own page tables. walk may be NULL but for
 * SPACE_GVA.
 */
void translate_chain(const struct sysroot *root, const struct guest_info *info, const struct translate_request *request,
	const struct control_status *status, const struct page_walk *walk, struct translation *ret_translation);

/* "gva", "gpa", "hva", "hpa", "iova"; "4 levels". */
const char *chain_space_name(enum chain_space space);
const char *paging_mode_text(uint32_t mode);

#endif
