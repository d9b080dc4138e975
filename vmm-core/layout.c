// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest-physical address map; see layout.h. Pure computation: RAM fills, from the bottom up, what devices can
 * reach of the two zones below 3 GiB and from 4 GiB; the 64-bit PCI window follows above. Edges of holes are rounded
 * away from the hole, so that no large page of either second level has to be split.
 */
#include "vmm-core/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define WINDOW64_LEAST (1 * GIB)
#define ECAM_BYTES_PER_BUS (1 * MIB)
enum {
	BUS_MAX = 256,
	GPA_BITS_LEAST = 36,
	GPA_BITS_MOST = 52,
};

static uint64_t align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return align_down(value + align - 1, align);
}

static uint64_t power_of_two_above(uint64_t value)
{
	uint64_t power = 1;

	while (power < value)
		power <<= 1;
	return power;
}

static int check_request(const struct layout_request *request, struct error *err)
{
	uint64_t page = request->page_bytes;
	char text[32];

	if (page != 4 * KIB && page != 2 * MIB && page != GIB)
		return fail_code(
			err, CODE_LAYOUT, EINVAL, "guest memory cannot be made of pages of %" PRIu64 " bytes", page);
	if (!request->ram_bytes || request->ram_bytes % page)
		return fail_code(err, CODE_LAYOUT, EINVAL,
			"guest memory of %" PRIu64 " bytes is not a number of %s pages", request->ram_bytes,
			size_to_text(page, text, sizeof(text)));
	if (request->gpa_bits < GPA_BITS_LEAST || request->gpa_bits > GPA_BITS_MOST)
		return fail_code(err, CODE_LAYOUT, EINVAL, "guest-physical addresses of %u bits are not supported",
			request->gpa_bits);
	if (request->ram_bytes >> request->gpa_bits || request->pci64_bytes >> request->gpa_bits) {
		fail_code(err, CODE_LAYOUT, E2BIG, "guest memory of %s does not fit into addresses of %u bits",
			size_to_text(request->ram_bytes, text, sizeof(text)), request->gpa_bits);
		return fail_hint(err, "give the guest less memory");
	}
	if (request->port_count >= BUS_MAX)
		return fail_code(err, CODE_LAYOUT, EINVAL, "%u root ports need more than %d buses", request->port_count,
			BUS_MAX);
	return 0;
}

/* Where the next region may begin in the RAM file: congruent to its address for pages as large as the alignment. */
static uint64_t next_file_offset(const struct layout *layout, uint64_t align)
{
	const struct ram_region *last;

	if (!layout->ram_count)
		return 0;
	last = &layout->ram[layout->ram_count - 1];
	return align_up(last->file_offset + range_size(last->at), align);
}

/* Put as much of *left as fits into the part of zone that devices reach through one of their ranges. */
static int fill(struct layout *layout, struct range zone, const struct range *reach, uint64_t align, uint64_t *left,
	struct error *err)
{
	struct range at = zone;

	if (reach->start > zone.start)
		at.start = align_up(reach->start, align);
	if (reach->end < zone.end)
		at.end = align_down(reach->end, align);
	if (!*left || at.start < zone.start || at.start >= at.end)
		return 0;
	if (range_size(at) > *left)
		at.end = at.start + *left;
	if (layout->ram_count == LAYOUT_RAM_MAX)
		return fail_code(err, CODE_LAYOUT, ENOSPC,
			"holes in what the devices can reach split guest memory into more than %d parts, the last at "
			"0x%" PRIx64,
			LAYOUT_RAM_MAX, at.start);
	layout->ram[layout->ram_count] =
		(struct ram_region){ .at = at, .file_offset = next_file_offset(layout, align) };
	layout->ram_count++;
	*left -= range_size(at);
	return 0;
}

static int too_small(const struct layout_request *request, uint64_t left, struct error *err)
{
	uint64_t end = request->reachable_count ? request->reachable[request->reachable_count - 1].end
						: 1ull << request->gpa_bits;
	char all[32], rest[32];

	fail_code(err, CODE_LAYOUT, ENOSPC,
		"guest memory of %s does not fit: %s is left over, usable addresses end at 0x%" PRIx64,
		size_to_text(request->ram_bytes, all, sizeof(all)), size_to_text(left, rest, sizeof(rest)), end);
	return fail_hint(err, "give the guest less memory, or leave out the device with the narrowest addresses");
}

static int plan_ram(const struct layout_request *request, struct layout *layout, struct error *err)
{
	const struct range everything = { 0, 1ull << request->gpa_bits };
	const struct range *reach = request->reachable_count ? request->reachable : &everything;
	size_t count = request->reachable_count ? request->reachable_count : 1;
	uint64_t align = request->page_bytes > 2 * MIB ? request->page_bytes : 2 * MIB;
	const struct range zone[] = {
		{ 0, LAYOUT_LOW_RAM_END },
		{ LAYOUT_HIGH_RAM_START, everything.end },
	};
	uint64_t left = request->ram_bytes;

	for (size_t z = 0; z < sizeof(zone) / sizeof(zone[0]); z++) {
		for (size_t i = 0; i < count; i++) {
			int ret = fill(layout, zone[z], &reach[i], align, &left, err);

			if (ret < 0)
				return ret;
		}
	}
	if (left)
		return too_small(request, left, err);
	if (layout->ram[0].at.start)
		return fail_code(err, CODE_LAYOUT, ENOSPC,
			"the devices cannot reach 0x0-0x%" PRIx64 ", where the guest's first memory has to be",
			layout->ram[0].at.start);
	return 0;
}

static int plan_pci64(const struct layout_request *request, struct layout *layout, struct error *err)
{
	uint64_t bytes = align_up(request->pci64_bytes, WINDOW64_LEAST);
	uint64_t end = 1ull << request->gpa_bits;
	uint64_t top = layout->ram[layout->ram_count - 1].at.end;
	uint64_t start;
	char text[32];

	if (!bytes)
		bytes = WINDOW64_LEAST;
	if (top < LAYOUT_HIGH_RAM_START)
		top = LAYOUT_HIGH_RAM_START;
	/* A BAR is aligned to its size: the window's start must not cost the largest of them its place. */
	start = align_up(top, power_of_two_above(bytes));
	if (start < end && bytes <= end - start) {
		layout->pci64 = (struct range){ start, start + bytes };
		return 0;
	}
	if (!request->pci64_bytes)
		return 0;
	fail_code(err, CODE_LAYOUT, ENOSPC,
		"the devices' 64-bit BARs need %s above 0x%" PRIx64 ", guest-physical addresses end at 0x%" PRIx64,
		size_to_text(bytes, text, sizeof(text)), top, end);
	return fail_hint(err, "give the guest fewer devices or less memory");
}

int layout_plan(const struct layout_request *request, struct layout *ret_layout, struct error *err)
{
	struct layout layout = { 0 };
	int ret = check_request(request, err);

	if (ret == 0)
		ret = plan_ram(request, &layout, err);
	if (ret == 0)
		ret = plan_pci64(request, &layout, err);
	if (ret < 0)
		return ret;
	layout.bus_count = request->port_count + 1;
	layout.pci32 = (struct range){ LAYOUT_PCI32_START, LAYOUT_PCI32_END };
	layout.ports = (struct range){ LAYOUT_PORTS_START, LAYOUT_PORTS_END };
	layout.ecam = (struct range){ LAYOUT_ECAM, LAYOUT_ECAM + layout.bus_count * ECAM_BYTES_PER_BUS };
	*ret_layout = layout;
	return 0;
}
