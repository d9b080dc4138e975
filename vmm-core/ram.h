/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest RAM, mapped once, for as long as the process lives: it outlives the KVM machine that uses it, so that a guest's
 * reboot maps nothing again. Two kinds:
 *
 *	RAM_PRIVATE	anonymous memory in transparent huge pages, which a host as distributions ship it gives to
 *			whoever asks
 *	RAM_FILE	a sealed shared memfd, hugetlb for pages of 2 MiB and 1 GiB: what another process can map, and
 *			iommufd pin by its folios. With 4 KiB pages it is made of just those, unless the host's
 *			shmem_enabled says more
 *
 * Which of them a guest has, vmm/main.c decides.
 */
#ifndef VMM_CORE_RAM_H
#define VMM_CORE_RAM_H

#include "base/error.h"
#include "vmm-core/layout.h"

enum ram_kind {
	RAM_PRIVATE,
	RAM_FILE,
};

struct guest_ram {
	int memfd;     /* -1: RAM_PRIVATE */
	uint8_t *host; /* file offset 0; aligned to 1 GiB, or to the page size where that is larger */
	uint64_t bytes;
	uint64_t page_bytes;
	const struct layout *layout;
};

/*
 * Creates and maps the memory, without touching it. page_bytes 4 KiB also asks for transparent huge pages, and is what
 * RAM_PRIVATE has. Where the guest sees it need not be known yet.
 */
int guest_ram_init(struct guest_ram *ram, enum ram_kind kind, uint64_t bytes, uint64_t page_bytes, struct error *err);

/* The guest sees it as layout says, which is borrowed. */
int guest_ram_place(struct guest_ram *ram, const struct layout *layout, struct error *err);
void guest_ram_done(struct guest_ram *ram);

/*
 * Fault every page in, with one worker per available CPU, so that neither KVM nor the DMA map has to. Fails with
 * CODE_HUGEPAGES_SHORT or ENOMEM, never half silently.
 */
int guest_ram_populate(struct guest_ram *ram, struct error *err);

/* Host address of a region of the layout. */
void *guest_ram_region(const struct guest_ram *ram, size_t index);

/* Host address of [address, address + size), or NULL when that is not wholly inside one region of RAM. */
void *guest_ptr(const struct guest_ram *ram, gpa_t address, uint64_t size);

#endif
