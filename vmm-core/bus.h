/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two trapped address spaces of a guest: ports (PIO) and memory-mapped registers (MMIO).
 *
 * A bus is a sorted array of ranges, each with handlers; ranges of one bus never overlap. An access that no range
 * claims wholly reads as all ones and is otherwise ignored, as on a real bus. Accesses come from vCPU threads, one at a
 * time: the machine's lock (vm.h) is held. Each range counts its accesses, which is how `sluice guest` can tell where
 * a guest's exits to user space go.
 */
#ifndef VMM_CORE_BUS_H
#define VMM_CORE_BUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/limits.h"

enum {
	BUS_OWN_RANGES = 16, /* small devices, configuration space */
	BUS_RANGE_MAX = BUS_OWN_RANGES + LIMIT_DEVICES * LIMIT_DEVICE_PIECES
};

struct bus_ops {
	const char *name; /* "serial", "pci-config", "msix-table": also the name of the counter */
	/* size is 1, 2, 4 or 8; offset + size lies within the range. */
	uint64_t (*read)(void *opaque, uint64_t offset, unsigned int size);
	void (*write)(void *opaque, uint64_t offset, unsigned int size, uint64_t value);
};

struct bus_range {
	uint64_t start, size;
	const struct bus_ops *ops;
	void *opaque;
	uint64_t reads, writes;
};

struct bus {
	const char *name; /* "port" or "mmio" */
	struct bus_range range[BUS_RANGE_MAX];
	size_t count;
	uint64_t unclaimed; /* accesses that nobody answered */
};

/* -EEXIST when it overlaps one that is there, -ENOSPC when the bus is full. */
int bus_add(struct bus *bus, uint64_t start, uint64_t size, const struct bus_ops *ops, void *opaque, struct error *err);

/* Removes exactly the range that starts there; nothing happens when there is none. */
void bus_remove(struct bus *bus, uint64_t start);

uint64_t bus_read(struct bus *bus, uint64_t address, unsigned int size);
void bus_write(struct bus *bus, uint64_t address, unsigned int size, uint64_t value);

#endif
