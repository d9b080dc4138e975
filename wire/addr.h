/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address spaces of a guest, as types that do not mix.
 *
 * A guest-physical address (gpa_t) and a device's I/O virtual address (iova_t) are one-member structs: handing one
 * over as the other, or as a number, does not compile. For a guest's RAM they are equal by construction, since the
 * second-level tables of CPU and IOMMU describe the same memory; gpa_to_iova() is the one place that says so.
 * Guest memory is reached through guest_ptr() (ram.h) only.
 */
#ifndef WIRE_ADDR_H
#define WIRE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	uint64_t value;
} gpa_t;

typedef struct {
	uint64_t value;
} iova_t;

static inline gpa_t gpa(uint64_t value)
{
	return (gpa_t){ value };
}

static inline iova_t gpa_to_iova(gpa_t address)
{
	return (iova_t){ address.value };
}

/* [start, end), end exclusive; empty when they are equal. The top byte of the space cannot be described. */
struct range {
	uint64_t start, end;
};

static inline uint64_t range_size(struct range r)
{
	return r.end - r.start;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.start < b.end && b.start < a.end;
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return outer.start <= inner.start && inner.end <= outer.end;
}

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

#endif
