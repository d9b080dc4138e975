/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest-physical address map, decided before anything is created.
 *
 * Pure: from the RAM size, the number of PCI Express ports, the addresses that the guest's devices can reach (the IOVA
 * ranges of their DMA space) and the width of guest-physical addresses, it computes where RAM, the PCI windows and
 * ECAM lie. A device's hole inside RAM (an RMRR, AMD's HyperTransport hole at 1 TiB) splits RAM; a hole that leaves
 * no valid map is an error that names it. RAM regions are the memory slots and the DMA maps: one below 3 GiB, one from
 * 4 GiB up, more only where holes force them.
 *
 *	0            1 MiB              3 GiB    3.5 GiB  ECAM              4 GiB
 *	| low, 640 KiB hole is reserved | RAM ... | 32-bit PCI | .. IOAPIC, LAPIC | RAM ... | 64-bit PCI window
 */
#ifndef VMM_CORE_LAYOUT_H
#define VMM_CORE_LAYOUT_H

#include <stddef.h>

#include "base/error.h"
#include "wire/addr.h"
#include "wire/limits.h"

enum {
	LAYOUT_RAM_MAX = LIMIT_RAM_REGIONS,
	LAYOUT_IOVA_MAX = 32,
};

#define LAYOUT_LOW_RAM_END (3 * GIB)
#define LAYOUT_HIGH_RAM_START (4 * GIB)
#define LAYOUT_PCI32_START 0xc0000000ull
#define LAYOUT_PCI32_END 0xe0000000ull
_Static_assert(LAYOUT_PCI32_END - LAYOUT_PCI32_START == LIMIT_PCI32_BYTES, "what guest/check.c counts with");
#define LAYOUT_ECAM 0xe0000000ull    /* 1 MiB a bus, up to 256 buses */
#define LAYOUT_PORTS_START 0x1000ull /* below it are the machine's own ports */
#define LAYOUT_PORTS_END 0x10000ull
#define LAYOUT_IOAPIC 0xfec00000ull
#define LAYOUT_LAPIC 0xfee00000ull

struct ram_region {
	struct range at;      /* guest-physical; 2 MiB aligned, 1 GiB aligned where RAM starts at 0 or 4 GiB */
	uint64_t file_offset; /* in the RAM memfd, congruent to at.start modulo the page size of the backing */
};

struct layout {
	struct ram_region ram[LAYOUT_RAM_MAX];
	size_t ram_count;
	struct range pci32; /* non-prefetchable and 32-bit BARs */
	struct range pci64; /* 64-bit prefetchable BARs, above all RAM */
	struct range ports; /* I/O BARs */
	struct range ecam;
	unsigned int bus_count; /* buses 0 to bus_count - 1 */
};

struct layout_request {
	uint64_t ram_bytes;      /* multiple of page_bytes */
	uint64_t page_bytes;     /* of the backing: 4 KiB, 2 MiB or 1 GiB */
	unsigned int port_count; /* PCI Express root ports, one bus each */
	unsigned int gpa_bits;   /* guest-physical width, from CPUID 0x80000008 */
	uint64_t pci64_bytes;    /* what the devices' 64-bit BARs need, alignment included */
	const struct range
		*reachable; /* sorted IOVA ranges that devices can use; reachable_count 0: no devices, no limits */
	size_t reachable_count;
};

/* Fails with CODE_LAYOUT, naming the range that does not fit. */
int layout_plan(const struct layout_request *request, struct layout *ret_layout, struct error *err);

#endif
