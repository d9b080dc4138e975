// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two trapped address spaces; see bus.h. A lookup is a binary search in the sorted ranges. Widths that no
 * processor issues and accesses over the end of a range are answered here, so that no device sees them.
 */
#include "vmm-core/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Index of the first range that starts above address. */
static size_t upper_bound(const struct bus *bus, uint64_t address)
{
	size_t low = 0, high = bus->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (bus->range[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int bus_add(struct bus *bus, uint64_t start, uint64_t size, const struct bus_ops *ops, void *opaque, struct error *err)
{
	size_t at = upper_bound(bus, start);
	const struct bus_range *other = NULL;

	if (!size || start + size - 1 < start)
		return fail_code(err, CODE_FAILED, EINVAL, "%s range %s at 0x%" PRIx64 " has no valid size", bus->name,
			ops->name, start);
	if (bus->count == BUS_RANGE_MAX)
		return fail_code(err, CODE_FAILED, ENOSPC, "%s bus is full, no room for %s at 0x%" PRIx64, bus->name,
			ops->name, start);
	if (at > 0 && start - bus->range[at - 1].start < bus->range[at - 1].size)
		other = &bus->range[at - 1];
	else if (at < bus->count && bus->range[at].start - start < size)
		other = &bus->range[at];
	if (other)
		return fail_code(err, CODE_FAILED, EEXIST, "%s range %s at 0x%" PRIx64 " overlaps %s at 0x%" PRIx64,
			bus->name, ops->name, start, other->ops->name, other->start);

	memmove(&bus->range[at + 1], &bus->range[at], (bus->count - at) * sizeof(bus->range[0]));
	bus->range[at] = (struct bus_range){ .start = start, .size = size, .ops = ops, .opaque = opaque };
	bus->count++;
	return 0;
}

void bus_remove(struct bus *bus, uint64_t start)
{
	size_t after = upper_bound(bus, start);

	if (!after || bus->range[after - 1].start != start)
		return;
	memmove(&bus->range[after - 1], &bus->range[after], (bus->count - after) * sizeof(bus->range[0]));
	bus->count--;
}

static struct bus_range *find(struct bus *bus, uint64_t address, unsigned int size)
{
	size_t after = upper_bound(bus, address);
	struct bus_range *range;

	if (after && (size == 1 || size == 2 || size == 4 || size == 8)) {
		range = &bus->range[after - 1];
		if (address - range->start < range->size && size <= range->size - (address - range->start))
			return range;
	}
	bus->unclaimed++;
	return NULL;
}

uint64_t bus_read(struct bus *bus, uint64_t address, unsigned int size)
{
	struct bus_range *range = find(bus, address, size);

	if (!range || !range->ops->read)
		return UINT64_MAX;
	range->reads++;
	return range->ops->read(range->opaque, address - range->start, size);
}

void bus_write(struct bus *bus, uint64_t address, unsigned int size, uint64_t value)
{
	struct bus_range *range = find(bus, address, size);

	if (!range || !range->ops->write)
		return;
	range->writes++;
	range->ops->write(range->opaque, address - range->start, size, value);
}
